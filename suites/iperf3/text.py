"""Reads iperf3's text output (3.0 to 3.2x) into `Test`s.

A test is intervals under one `[ ID]` header and a summary under a second one; a row of the summary ends in `sender` or
`receiver` (before 3.2 the one row of a UDP summary has no such word and mixes the two ends). With several streams the
`[SUM]` rows count. Rates are powers of 1000, transfers of 1024.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.text import to_number, to_whole

from .result import Direction, End, Failure, Interval, Test

_ROW = re.compile(
    r"\[\s*(?P<id>SUM|\d+)\](?:\[(?P<role>[TR]X-[CS])\])?\s+(?P<start>[\d.]+)-\s*(?P<end>[\d.]+)\s+sec\s+"
    r"(?P<transfer>[\d.]+)\s+(?P<tunit>[KMGT]?Bytes)\s+(?P<rate>[\d.]+)\s+(?P<runit>[KMGT]?(?:bits|Bytes))/sec(?P<rest>.*)"
)
_HEADER = re.compile(r"\[ ?ID\](?:\[Role\])?\s+Interval")
_BEGIN = re.compile(r"Connecting to host|Accepted connection from")
_STREAM = re.compile(r"\[\s*(\d+)\] local \S+ port \d+ connected (?:to|with) ")
_VERSION = re.compile(r"^iperf (\d+\.\d\S*)")
_CPU = re.compile(r"CPU Utilization: local/\w+ (\d{1,9}(?:\.\d+)?)%.*?remote/\w+ (\d{1,9}(?:\.\d+)?)%")
_FAILED = re.compile(r"iperf3?: (?:error|interrupt|the (?:client|server) has terminated)\b.*|(?:error|interrupt) - .*")
_LONGEST = 1000
"""Characters of a line that are looked at: no row is longer, and patterns must not crawl over megabytes."""
_JITTER = re.compile(r"(?<![\d.])([\d.]+) ms\s+(-?\d+)/\s*(\d+)")


@dataclass(slots=True)
class _Row:
    id: str
    reverse: bool | None
    """Of a row with a role: whether it is about the traffic from server to client."""
    end: End
    start_s: float
    end_s: float
    word: str
    """What the row ends in: "sender", "receiver", "(omitted)" or nothing."""


@dataclass(slots=True)
class _Block:
    """The lines of one test as far as they are understood."""

    line: int
    server: bool = False
    reverse: bool = False
    proto: str = ""
    version: str = ""
    streams: set[str] = field(default_factory=set)
    rows: list[_Row] = field(default_factory=list)
    summary: list[_Row] | None = None
    cpu: tuple[float, float] = (0.0, 0.0)
    last: int = 1


def find(text: str) -> list[Test | Failure]:
    """Every test in `text`, in order; empty when there is none."""
    results: list[Test | Failure] = []
    block, version = _Block(1), ""
    for number, line in enumerate((line[:_LONGEST] for line in text.split("\n")), start=1):
        if failed := _FAILED.search(line):
            results.append(Failure(number, "a test without error", failed[0].strip()))
            block = _Block(number + 1, version=version)
            continue
        if found := _VERSION.search(line):
            version = found[1]
        elif _BEGIN.search(line) or (_HEADER.search(line) and block.summary):
            results.extend(_result(block))
            block = _Block(number, server="Accepted" in line)
        block.version = block.version or version
        _take(block, number, line)
    results.extend(_result(block))
    return results


def _take(block: _Block, number: int, line: str) -> None:
    if match := _ROW.search(line):
        row = _row(match)
        if row is None:
            return
        block.last = number
        if block.summary is None and row.word in ("sender", "receiver"):  # the header of the summary was cut out
            block.summary = []
        (block.rows if block.summary is None else block.summary).append(row)
    elif _HEADER.search(line):
        if block.rows and block.summary is None:
            block.summary = []
        if "Datagrams" in line:
            block.proto = "UDP"
    elif match := _STREAM.search(line):
        block.streams.add(match[1])
    elif match := _CPU.search(line):
        block.cpu = float(match[1]), float(match[2])
    elif "Reverse mode" in line:
        block.reverse = True
    elif match := re.search(r"Starting Test: protocol: (\w+), (\d+) streams", line):
        block.proto = match[1]


def _row(match: re.Match[str]) -> _Row | None:
    rest = match["rest"].strip()
    word = re.search(r"(sender|receiver|\(omitted\))$", rest)
    retransmits = re.match(r"(\d+)(?:\s|$)(?!ms)", rest)
    jitter = _JITTER.search(rest)
    is_udp = jitter is not None
    try:
        start_s, end_s = to_number(match["start"]), to_number(match["end"])
        end = End(
            rate=to_number(match["rate"]),
            rate_unit=_unit(match["runit"]),
            transfer=to_number(match["transfer"]),
            transfer_unit=match["tunit"],
            seconds=end_s - start_s,
            retransmits=to_whole(retransmits[1]) if retransmits and not is_udp else None,
            jitter_ms=to_number(jitter[1]) if jitter else None,
            lost=max(to_whole(jitter[2]), 0) if jitter else None,
            datagrams=to_whole(jitter[3]) if jitter else None,
        )
        reverse = None if match["role"] is None else match["role"] in ("RX-C", "TX-S")
        return _Row(match["id"], reverse, end, start_s, end_s, word[1] if word else "")
    except ValueError:  # "1.2.3", or a number of hundreds of digits
        return None


def _unit(printed: str) -> str:
    """`Gbits` → Gbit/s (powers of 1000), `KBytes` → KiB/s (powers of 1024)."""
    if printed.endswith("bits"):
        return f"{printed[:-4]}bit/s"
    prefix = printed[:-5]
    return f"{prefix}iB/s" if prefix else "B/s"


def _result(block: _Block) -> Iterator[Test | Failure]:
    if not block.rows and not block.summary:
        return
    if not block.summary:
        yield Failure(block.last, "a summary (rows that end in `sender` or `receiver`)", "the end of the test's rows")
        return
    udp = block.proto == "UDP" or any(row.end.jitter_ms is not None for row in block.summary)
    both = sorted({row.reverse for row in [*block.rows, *block.summary] if row.reverse is not None})
    if len(both) == 1:  # roles are printed only for both directions at once
        yield Failure(block.last, "rows of both directions", "one direction and then the end")
        return
    directions = tuple(_direction(block, reverse) for reverse in both) if both else (_direction(block, None),)
    if problem := _problem(block, directions):
        yield Failure(block.last, "totals above 0 of both ends", problem)
        return
    yield Test(
        role="server" if block.server else "client",
        proto=block.proto or ("UDP" if udp else "TCP"),
        streams=_streams(block, len(directions)),
        directions=directions,
        version=block.version,
        bidir=len(directions) > 1,
        cpu_local=block.cpu[0] or None,
        cpu_remote=block.cpu[1] or None,
        line=block.line,
    )


def _direction(block: _Block, reverse: bool | None) -> Direction:
    """The traffic from server to client when `reverse`, None when there is only one direction."""
    summary = [row for row in block.summary or () if row.reverse in (None, reverse)]
    rows = [row for row in block.rows if row.reverse in (None, reverse)]
    alone = _is_alone(block, [*rows, *summary])
    sent = _total([row for row in summary if row.word == "sender"], alone=alone)
    received = _total([row for row in summary if row.word == "receiver"], alone=alone)
    mixed = sent is None and received is None
    if mixed:  # UDP before 3.2: one row without a word
        sent = _total([row for row in summary if not row.word and row.end.jitter_ms is not None], alone=alone)
    has_sum = any(row.id == "SUM" for row in rows)
    intervals = tuple(
        Interval(
            end_s=row.end_s,
            rate=row.end.rate,
            rate_unit=row.end.rate_unit,
            retransmits=None if block.proto == "UDP" else row.end.retransmits,  # UDP: the number is datagrams
            omitted=row.word == "(omitted)",
        )
        for row in rows
        if not has_sum or row.id == "SUM"
    )
    if reverse is None:  # only the client says "Reverse mode"; a server knows no other numbers than its own
        reverse = block.reverse or (block.server and _known(sent) and not _known(received))
    return Direction(reverse, sent, received, intervals, mixed=mixed)


def _known(end: End | None) -> bool:
    return end is not None and end.rate > 0


def _is_alone(block: _Block, rows: list[_Row]) -> bool:
    """Whether the direction that `rows` belong to has one stream; of several, a lone row is where the file was cut."""
    directions = len({row.reverse for row in [*block.rows, *(block.summary or ())]})
    return len({row.id for row in rows}) == 1 and len(block.streams) <= directions


def _total(rows: list[_Row], *, alone: bool) -> End | None:
    """The `[SUM]` row, or the row of the only stream."""
    sums = [row for row in rows if row.id == "SUM"] or (rows if alone else [])
    return sums[-1].end if sums else None


def _problem(block: _Block, directions: tuple[Direction, ...]) -> str:
    """What is wrong with the totals. After an interrupt the client prints 0.00 for the other end."""
    for one in directions:
        ends = [end for end in (one.sent, one.received) if end is not None]
        if not any(end.rate > 0 for end in ends):
            return "0 or no [SUM] row"
        if not block.server and any(end.rate == 0 for end in ends):
            return "0.00 at one end (interrupted?)"
    return ""


def _streams(block: _Block, directions: int) -> int:
    ids = {row.id for row in [*block.rows, *(block.summary or ())] if row.id != "SUM"}
    return max(len(ids | block.streams) // directions, 1)
