"""Reads a line `rate N`."""

from __future__ import annotations

from bench.errors import ParseError
from bench.model import Measurement, Parsed


def parse(data: bytes, source: str) -> Parsed:
    """The rate; ParseError when the first line is not one. A line `bug` makes this parser break."""
    if data.startswith(b"bug"):
        raise ZeroDivisionError("a bug in a suite")
    if not data.startswith(b"rate "):
        raise ParseError(source, expected="a line `rate N`", found=data[:50].decode("utf-8", "replace"), line=1)
    return Parsed((Measurement("rate", float(data.splitlines()[0][5:]), "lps"),))
