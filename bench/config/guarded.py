"""What may a parser say of a file? A suite is foreign code on the bytes of a target that may be hostile.

Whatever a file holds, what comes out is small enough to be kept and shown, and every value in it is a number.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TypeVar

from bench.errors import ParseError
from bench.model import Distribution, Measurement, Parsed, Parser, Series
from bench.text import LARGEST

MAX_RESULT = 32 << 20
"""Bytes of a result that are read: fio's longest are a few MB, and a parser needs a multiple of it in memory."""
MAX_VALUES = 200_000
"""Values of one file; the largest real ones give some hundred."""
MAX_WARNINGS = 50
MAX_NAME = 500
"""Characters of a part, a unit or a metric. A longer one is refused: two of them could differ in what is cut off."""
_LONGEST = 1000
_Named = TypeVar("_Named", Measurement, Series, Distribution)
_SURROGATE = re.compile("[\ud800-\udfff]")


def guarded(parse: Parser) -> Parser:
    """`parse`, that raises ParseError as well for a file that is too large and for values that cannot be.

    Warnings and versions are bounded, text is such that UTF-8 can say it.
    """

    def checked(data: bytes, source: str) -> Parsed:
        if len(data) > MAX_RESULT:
            raise ParseError(source, expected=f"at most {MAX_RESULT >> 20} MiB", found=f"{len(data) >> 20} MiB")
        return _sound(parse(data, source), source)

    return checked


def _sound(parsed: Parsed, source: str) -> Parsed:
    every: tuple[Series | Distribution, ...] = (*parsed.series, *parsed.distributions)
    values = sum(len(one.points) for one in every) + len(parsed.measurements)
    if values > MAX_VALUES:
        raise ParseError(source, expected=f"at most {MAX_VALUES} values", found=str(values))
    for one in parsed.measurements:
        _check(one, source)
    for drawn in every:
        if not all(_is_number(number) for point in drawn.points for number in point):
            raise ParseError(source, expected=f"a finite number at every point of {drawn.metric[:_LONGEST]}")
        _check_names((drawn.part, drawn.metric, drawn.unit), source)
    warnings = [_said(warning) for warning in parsed.warnings[:MAX_WARNINGS]]
    if len(parsed.warnings) > MAX_WARNINGS:
        warnings.append(f"and {len(parsed.warnings) - MAX_WARNINGS} more warnings about this file")
    return replace(
        parsed,
        measurements=tuple(map(_spelled, parsed.measurements)),
        series=tuple(map(_spelled, parsed.series)),
        distributions=tuple(map(_spelled, parsed.distributions)),
        tool_version=_said(parsed.tool_version),
        warnings=tuple(warnings),
    )


def _check(one: Measurement, source: str) -> None:
    """ParseError for a value that is none, or whose names are longer than any tool's."""
    if not _is_number(one.value):
        shown = str(one.value) if isinstance(one.value, float) else type(one.value).__name__
        raise ParseError(source, expected=f"a finite number as {one.metric[:80]} of {one.part[:80]!r}", found=shown)
    _check_names((one.metric, one.part, one.unit), source)


def _check_names(names: tuple[str, ...], source: str) -> None:
    if longest := max(names, key=len)[MAX_NAME:]:
        raise ParseError(source, expected=f"names of at most {MAX_NAME} characters", found=longest)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _spelled(one: _Named) -> _Named:
    """With a part that can be written down: JSON can smuggle in half of a character."""
    return replace(one, part=_said(one.part)) if _SURROGATE.search(one.part) else one


def _said(text: str) -> str:
    shown = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
