"""How the frozen types of `bench.model` become JSON and back: one generic pair of functions, driven by type hints.

Tuples of pairs stay lists of pairs, enums become their values, unknown keys of newer versions are ignored.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from bench.errors import StoreError
from bench.store.files import VERIFY_REMEDY, shown

T = TypeVar("T")
_Decoder: typing.TypeAlias = Callable[[Any], Any]


class _Misfit(Exception):  # noqa: N818  # it never leaves this file
    """Data that does not fit its type; `path` grows from the innermost place outwards."""

    def __init__(self, expected: str, data: Any) -> None:
        super().__init__(f"expected {expected}, found {_found(data)}")
        self.path: list[str] = []

    def inside(self, place: str) -> _Misfit:
        """The same misfit seen from one level further out."""
        self.path.append(place)
        return self


def encode(value: Any) -> Any:
    """`value` (dataclass, tuple, enum, scalar) as JSON-ready data; fields that hold their default are left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: encode(item)
            for field in dataclasses.fields(value)
            if (item := getattr(value, field.name)) != field.default or field.name == "schema"
        }
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    return value.value if isinstance(value, StrEnum) else value


def decode(cls: type[T], data: Any, where: str) -> T:
    """`data` as an instance of `cls`; StoreError naming `where` and the field that is missing or of the wrong type."""
    hint: Any = cls  # a class is hashable, whatever its instances are
    try:
        return typing.cast(T, _decoder(hint)(data))
    except _Misfit as error:
        place = "".join(reversed(error.path)).removeprefix(".")
        raise StoreError(
            f"not a valid {cls.__name__} ({place + ': ' if place else ''}{error})", where=where, remedy=VERIFY_REMEDY
        ) from error


@cache
def _decoder(hint: Any) -> _Decoder:
    """The function that decodes one type, made once: a store holds thousands of the same records."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _object(hint)
    origin = typing.get_origin(hint)
    if origin is tuple:
        args = typing.get_args(hint)
        return _list(_decoder(args[0])) if len(args) == 2 and args[1] is ... else _fixed(args)
    if origin in (types.UnionType, typing.Union):
        return _union(typing.get_args(hint))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _enum(hint)
    return _union((hint,))


def _object(cls: type) -> _Decoder:
    hints = typing.get_type_hints(cls)
    decoders = {field.name: _decoder(hints[field.name]) for field in dataclasses.fields(cls)}
    needed = frozenset(
        field.name
        for field in dataclasses.fields(cls)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    )

    def run(data: Any) -> Any:
        if not isinstance(data, dict):
            raise _Misfit("an object", data)
        found = {}
        name = ""
        try:
            for name, decoder in decoders.items():
                if name in data:
                    found[name] = decoder(data[name])
        except _Misfit as error:
            raise error.inside(f".{name}") from None
        for name in sorted(needed - found.keys()):
            raise _Misfit("a value", None).inside(f".{name}")
        return cls(**found)

    return run


def _list(item: _Decoder) -> _Decoder:
    def run(data: Any) -> Any:
        if not isinstance(data, list):
            raise _Misfit("a list", data)
        found: list[Any] = []
        try:
            for one in data:
                found.append(item(one))  # noqa: PERF401  # its length says which item did not fit
        except _Misfit as error:
            raise error.inside(f"[{len(found)}]") from None
        return tuple(found)

    return run


def _fixed(args: tuple[Any, ...]) -> _Decoder:
    decoders = tuple(_decoder(arg) for arg in args)

    def run(data: Any) -> Any:
        if not isinstance(data, list) or len(data) != len(decoders):
            raise _Misfit(f"a list of {len(decoders)}", data)
        found: list[Any] = []
        try:
            for decoder, one in zip(decoders, data, strict=True):
                found.append(decoder(one))
        except _Misfit as error:
            raise error.inside(f"[{len(found)}]") from None
        return tuple(found)

    return run


def _union(args: tuple[Any, ...]) -> _Decoder:
    """The one member of `args` that the data already is; an integer may stand for a float."""
    known = frozenset(args)
    objects = [_decoder(arg) for arg in args if isinstance(arg, type) and dataclasses.is_dataclass(arg)]
    names = " or ".join("nothing" if arg is type(None) else arg.__name__ for arg in args)

    def run(data: Any) -> Any:
        kind = type(data)
        if kind in known:
            return data
        if objects and kind is dict:
            return objects[0](data)
        if kind is int and float in known:
            try:
                return float(data)
            except OverflowError:
                raise _Misfit(names, data) from None
        raise _Misfit(names, data)

    return run


def _enum(hint: type[StrEnum]) -> _Decoder:
    members = {member.value: member for member in hint}

    def run(data: Any) -> Any:
        if not isinstance(data, str) or data not in members:
            raise _Misfit(f"one of {', '.join(members)}", data)
        return members[data]

    return run


def _found(data: Any) -> str:
    if data is None:
        return "nothing"
    if isinstance(data, list):
        return f"a list of {len(data)}"
    return "an object" if isinstance(data, dict) else shown(data) if isinstance(data, str) else repr(data)[:80]
