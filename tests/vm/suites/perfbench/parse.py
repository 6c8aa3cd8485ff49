"""What `perf bench` (6.1) prints: a heading, the total time, and the rate as `N ops/sec` on a line of its own."""

from __future__ import annotations

import re

from bench.errors import ParseError
from bench.model import Measurement, Parsed
from bench.text import decode

_HEADING = re.compile(r"# Running '[a-z]+/[a-z]+' benchmark:")
_RATE = re.compile(r"^ *([0-9]{1,15}) ops/sec$", re.MULTILINE)


def parse(data: bytes, source: str) -> Parsed:
    """The rate in ops/sec; ParseError when there is not exactly one."""
    text = decode(data)
    if not _HEADING.match(text):
        raise ParseError(source, line=1, expected="# Running '…' benchmark:", found=text[:80])
    rates = _RATE.findall(text)
    if len(rates) != 1 or float(rates[0]) == 0:
        raise ParseError(source, expected="one line `N ops/sec`", found=text[-80:])
    return Parsed((Measurement("rate", float(rates[0]), "ops/sec"),))
