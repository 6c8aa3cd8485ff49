"""How the frozen types of `bench.model` become JSON and back: one generic pair of functions, driven by type hints.

Tuples of pairs stay lists of pairs, enums become their values, unknown keys of newer versions are ignored.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from bench.errors import StoreError

T = TypeVar("T")


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


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def decode(cls: type[T], data: Any, where: str) -> T:
    """`data` as an instance of `cls`; StoreError naming `where` when something is missing or of the wrong type."""
    try:
        return typing.cast(T, _decode(cls, data))
    except (TypeError, ValueError, KeyError) as error:
        raise StoreError(
            f"not a valid {cls.__name__} ({error})", where=where, remedy="Run `bench verify` to see what is damaged"
        ) from error


def _decode(hint: Any, data: Any) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(data, dict):
            raise TypeError(f"{hint.__name__} is not an object")
        hints = _hints(hint)
        return hint(**{key: _decode(hints[key], item) for key, item in data.items() if key in hints})
    origin = typing.get_origin(hint)
    if origin is tuple:
        if not isinstance(data, list):
            raise TypeError(f"expected a list, found {type(data).__name__}")
        args = typing.get_args(hint)
        if len(args) == 2 and args[1] is ...:
            return tuple(_decode(args[0], item) for item in data)
        if len(args) != len(data):
            raise ValueError(f"expected {len(args)} items, found {len(data)}")
        return tuple(_decode(arg, item) for arg, item in zip(args, data, strict=True))
    if origin in (types.UnionType, typing.Union):
        return _union(typing.get_args(hint), data)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(data)
    return _scalar(hint, data)


def _union(args: tuple[Any, ...], data: Any) -> Any:
    """The one member of a union of scalars (and None) that `data` already is."""
    if type(data) in args or (data is None and type(None) in args):
        return data
    for arg in args:
        if dataclasses.is_dataclass(arg) and isinstance(data, dict):
            return _decode(arg, data)
    if float in args and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    raise TypeError(f"{type(data).__name__} does not fit")


def _scalar(hint: Any, data: Any) -> Any:
    if hint is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if hint is not Any and type(data) is not hint:
        raise TypeError(f"expected {hint.__name__}, found {type(data).__name__}")
    return data
