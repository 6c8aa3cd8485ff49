"""Adds the rows of one iperf2 test up: which row is a stream's total, and what all streams together did.

The total is just another row, the last one of its stream, from 0 to the end. `[SUM]` is believed only when its bytes
are those of the streams: servers of 2.0.5 to 2.0.10 count the first interval twice. A total that is nan, 0 or
shorter than a tenth of a second is how 2.1 prints a connection that broke (and then exits with 0).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from bench.units import convert

from .result import Block, Direction, End, Failure, Row, Test

_SUM_TOLERANCE = 0.015  # three printed digits are half a per cent at worst, of the sum and of each stream
_SHORTEST_S = 0.1
_INTERVAL_S = 1.05
"""What `-i 1` prints first may be all that is left of a longer test."""


def add_up(block: Block) -> Test | Failure:
    """The test in `block`; a Failure when it went wrong, broke off, or counted nothing."""
    if block.problem:
        return Failure(block.last, "a test without error", block.problem)
    if block.cut:
        return Failure(block.last, "a whole row", block.cut)
    streams = {row.stream: block.streams.get(row.stream, row.stream.startswith("*")) for row in block.rows}
    streams = {stream: reverse for stream, reverse in streams.items() if stream != "SUM" and stream[:2] != "FD"}
    for stream, reverse in block.streams.items():
        if f"*{stream}" not in streams:
            streams.setdefault(stream, reverse)
    if not block.rows:
        return Failure(block.line, "rows of results", "a test that printed none")
    warnings = list(block.notes)
    directions: list[Direction] = []
    for reverse in sorted(set(streams.values())) or [False]:
        ids = [stream for stream, one in streams.items() if one == reverse]
        found = _direction(block, ids, reverse=reverse, alone=len(set(streams.values())) <= 1, warnings=warnings)
        if isinstance(found, Failure):
            return found
        directions.append(found)
    connect_ms = math.fsum(block.connect_ms) / len(block.connect_ms) if block.connect_ms else None
    return Test(block.role or "client", _proto(block), tuple(directions), block.line, connect_ms, tuple(warnings))


def _proto(block: Block) -> str:
    return block.proto or ("UDP" if any(row.jitter_ms is not None for row in block.rows) else "TCP")


def _direction(block: Block, ids: list[str], *, reverse: bool, alone: bool, warnings: list[str]) -> Direction | Failure:
    printed = _by_stream(block, ids)
    own = {stream: _total(rows) for stream, rows in printed.items()}
    totals = [row for row in own.values() if row is not None]
    summed = _total([row for row in block.rows if row.stream == "SUM"]) if alone else None
    if len(totals) < len(ids) and (summed is None or any(printed.values())):
        missing = ", ".join(stream for stream, row in own.items() if row is None)
        return Failure(block.last, "a total (from 0 to the end) of every stream", f"none of stream {missing}")
    if not totals and summed is None:
        return Failure(block.last, "a total (from 0 to the end)", "the end of the rows")
    if bad := next((row for row in [*totals, *([summed] if summed else [])] if not _is_sound(row)), None):
        return Failure(bad.line, "a total above 0 over at least 0.1 s", f"{bad.rate} {bad.rate_unit} to {bad.end_s} s")
    if summed is not None and len(totals) > 1 and not _agrees(summed, totals):
        warnings.append(
            f"line {summed.line}: [SUM] is not the sum of the streams and is left out (iperf 2.0.5 to 2.0.10)"
        )
        summed = None
    if totals and max(row.end_s for row in totals) <= _INTERVAL_S and all(len(rows) == 1 for rows in printed.values()):
        warnings.append(f"line {totals[-1].line}: the only row ends after {totals[-1].end_s:g} s: was the file cut?")
    mine = _end(totals, summed)
    reports = [row for row in block.rows if row.report and row.stream in printed and _is_sound(row)]
    if 0 < len(reports) < len(ids):
        warnings.append(f"{len(reports)} of {len(ids)} server reports are there; they are left out")
        reports = []
    sends = (block.role != "server") != reverse if _proto(block) == "TCP" else mine.datagrams is None
    retransmits = [row.retransmits for row in totals if row.retransmits is not None]
    return Direction(
        reverse=reverse,
        sent=mine if sends else None,
        received=_end(reports, None) if reports else None if sends else mine,
        streams=max(len(totals), 1),
        totals=tuple(totals) or ((summed,) if summed else ()),
        intervals=_intervals(block, ids, alone=alone),
        retransmits=sum(retransmits) if totals and len(retransmits) == len(totals) else None,
    )


def _total(rows: list[Row]) -> Row | None:
    """The total among the rows of one stream; None when the rows break off before it."""
    if not rows or rows[-1].start_s != 0:
        return None
    last = rows[-1]
    if len(rows) == 1:
        return last
    return last if last.end_s >= max(row.end_s for row in rows[:-1]) - 0.05 else None


def _by_stream(block: Block, ids: list[str]) -> dict[str, list[Row]]:
    """What this end printed of each of the streams `ids`, without the server's reports."""
    found: dict[str, list[Row]] = {stream: [] for stream in ids}
    for row in block.rows:
        if row.stream in found and not row.report:
            found[row.stream].append(row)
    return found


def _is_sound(row: Row) -> bool:
    return row.rate is not None and row.rate > 0 and row.end_s - row.start_s >= _SHORTEST_S


def _agrees(summed: Row, totals: Iterable[Row]) -> bool:
    expected = math.fsum(row.transfer_b for row in totals)
    return abs(summed.transfer_b - expected) <= _SUM_TOLERANCE * expected


def _end(totals: list[Row], summed: Row | None) -> End:
    """All streams of one end: the rate of `[SUM]` where it stands, else the sum; jitter is the mean, loss the sum."""
    row = summed or totals[0]
    rows = totals or [row]
    rate = row.rate or 0.0
    if summed is None:
        rate = math.fsum(convert(one.rate or 0.0, one.rate_unit, row.rate_unit) for one in totals)
    jitter = [one.jitter_ms for one in rows if one.jitter_ms is not None]
    lost = [one.lost for one in rows if one.lost is not None]
    datagrams = [one.datagrams for one in rows if one.datagrams is not None]
    return End(
        rate=rate,
        rate_unit=row.rate_unit,
        seconds=row.end_s - row.start_s,
        transfer_b=summed.transfer_b if summed else math.fsum(one.transfer_b for one in totals),
        jitter_ms=math.fsum(jitter) / len(jitter) if jitter and len(jitter) == len(rows) else None,
        lost=sum(lost) if len(lost) == len(rows) else None,
        datagrams=sum(datagrams) if len(datagrams) == len(rows) else None,
        latency_ms=_latency(rows),
    )


def _latency(rows: list[Row]) -> tuple[float, float] | None:
    known = [row.latency_ms for row in rows if row.latency_ms and 0 <= min(row.latency_ms) <= max(row.latency_ms) < 1e9]
    if len(known) < len(rows):
        return None
    return math.fsum(one[0] for one in known) / len(known), max(one[2] for one in known)


def _intervals(block: Block, ids: list[str], *, alone: bool) -> tuple[Row, ...]:
    """The rows before the total, of the only stream or of `[SUM]`; nothing for several streams without it."""
    stream = ids[0] if len(ids) == 1 else "SUM" if alone else ""
    rows = [row for row in block.rows if row.stream == stream and not row.report]
    return tuple(row for row in rows[:-1] if row.rate is not None)
