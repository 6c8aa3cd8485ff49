"""Does a parser's time grow with the size of its input, and no faster? Shapes that make careless patterns crawl."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

from bench.config.catalogue import LoadedSuite, load_suite
from bench.errors import ParseError
from tests.chaos.parsers import ROOT, samples

PIECES = (
    b"a", b" ", b"\n", b"\t", b"\r", b"\0", b"9", b"9 ", b"9.", b"1,", b"1;", b"1/", b".", b"-",
    b"[", b"[1] ", b"(", b"{", b'{"',
    b'"', b"\\", b"|", b":", b"<a>", b"&a;", b"\x1b[", b"\x1b[1;", b"nan", b"- nan,", b'{"a":',
    b'{"a":[', b'{"a":1} ', b"s ",
    b'{"start":{', b'{"error":"x"}\n', b'{"event":"start","data":1}\n',
    b'{"event":"interval","data":1}\n', b'{"ntttcps":{}} ',
    b"<ntttcps></ntttcps>", b"<ntttcpr>", b"<Results></Results>", b"<Results>", b'{"fio version":1}', b'{"jobs":[]} ',
    b"fio: x\n", b"WARNING: x\n", b"read:", b"KB/s", b"1 MBytes ", b"(1.0 s, ",
    b"Throughput(KB/s) ", b" Index ", b"error ",
)  # fmt: skip
SLOW_S = 0.25
"""CPU seconds below which a ratio says nothing."""
TIMES = 8
"""How much larger the larger input is: linear time grows by this, quadratic time by its square."""
MOST_TIMES = 3 * TIMES
_DIGITS = re.compile(rb"(\d+)")


@dataclass(frozen=True, slots=True)
class Shape:
    """Inputs of any size: `make(size)`."""

    name: str
    make: Callable[[int], bytes]


def shapes(suite: str, most: int, seed: int = 1) -> list[Shape]:
    """Pieces alone, pieces to the length of a line, and lines of real outputs with their numbers counting up."""
    real = [one for one in samples(suite) if 200 < len(one) < 4000]
    lines = {_DIGITS.sub(b"0", line): line[:300] for one in real for line in one.splitlines(keepends=True)}
    found = [Shape(repr(piece), lambda size, piece=piece: _filled(piece, size)) for piece in PIECES]
    found += [Shape(f"lines of {p!r}", lambda size, p=p: _filled(_filled(p, 480) + b"\n", size)) for p in PIECES]
    found += [Shape(f"counting {one[:50]!r}", lambda size, one=one: _counting(one, size)) for one in lines.values()]
    for one in real:
        cut = one.splitlines(keepends=True)
        found += [
            Shape(f"inside {line[:50]!r}", lambda size, c=cut, at=at, one=line: _inside(c, at, one, size))
            for at, line in enumerate(cut)
        ]
    order = random.Random(seed)  # noqa: S311  # no secret
    return found if len(found) <= most else order.sample(found, most)


def too_slow(suite: str, most: int, small: int) -> Iterator[str]:
    """Shapes whose time grows faster than their size, from `small` bytes on, with the times."""
    loaded = load_suite(ROOT / "suites" / suite)
    for shape in shapes(suite, most):
        large_s = cpu_s(loaded, shape.make(small * TIMES))
        if large_s < SLOW_S:
            continue
        small_s = min(cpu_s(loaded, shape.make(small)) for _ in range(2))
        if large_s > MOST_TIMES * small_s and cpu_s(loaded, shape.make(small * TIMES)) > MOST_TIMES * small_s:
            yield f"{suite}: {shape.name}: {small_s:.3f} s for {small} bytes, {large_s:.3f} s for {TIMES} times that"


def cpu_s(loaded: LoadedSuite, data: bytes) -> float:
    """CPU seconds that the parser takes; what it says is no matter here."""
    start = time.process_time()
    with suppress(ParseError):
        loaded.parse(data, "x")
    return time.process_time() - start


def _filled(piece: bytes, size: int) -> bytes:
    return (piece * (size // len(piece) + 1))[:size]


def _counting(line: bytes, size: int) -> bytes:
    """The line again and again, every number in it another one each time."""
    pieces = _DIGITS.split(line)
    made: list[bytes] = []
    length = 0
    for number in count(1):
        made.append(b"".join(b"%d" % number if at % 2 else piece for at, piece in enumerate(pieces)))
        length += max(len(made[-1]), 1)
        if length >= size:
            return b"".join(made)
    raise AssertionError("count() has no end")


def _inside(lines: list[bytes], at: int, line: bytes, size: int) -> bytes:
    """A real output with one of its lines counting up where it stands."""
    return b"".join((*lines[:at], _counting(line, size), *lines[at:]))
