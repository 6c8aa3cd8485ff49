"""iperf2's output as measurements: text (also `-e`) or CSV (`-y C`), one test or several in a row.

TCP: `throughput` is what this end counted, which is all there is. UDP: `throughput` is what arrived (the server's
table, or the Server Report in the client's) and `sent_throughput` what left. A part says what makes tests
incomparable: protocol, direction, number of streams, and, when one file holds several tests, which one.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.errors import ParseError
from bench.model import Measurement, Parsed, Series
from bench.text import decode
from bench.units import convert

from . import csv_rows, text
from .result import Direction, Failure, Test
from .totals import add_up


def parse(data: bytes, source: str) -> Parsed:
    """`data` as iperf2 printed it; ParseError when no test in it ended well (empty, cut off, refused, nan).

    Units: as printed (Mbit/s, KiB/s, …), bit/s in CSV, ms for jitter and connecting, µs for round trips.
    """
    results = tests(data)
    good = [one for one in results if isinstance(one, Test)]
    failures = [one for one in results if isinstance(one, Failure)]
    if not good:
        if not failures:
            start = decode(data[:400]).strip()[:80]
            raise ParseError(source, expected="iperf2 output (text or CSV)", found=start or "nothing")
        first = failures[0]
        raise ParseError(source, line=first.line, expected=first.expected, found=first.found)
    warnings = [f"line {one.line}: left out a test, expected {one.expected}, found {one.found}" for one in failures]
    measurements: list[Measurement] = []
    series: list[Series] = []
    for number, test in enumerate(good, start=1):
        warnings += test.warnings
        for direction in test.directions:
            part = _part(test, direction, number if len(good) > 1 else 0)
            measurements += _measurements(test, direction, part)
            series += _series(direction, part)
            if direction.received is None and test.proto == "UDP":
                warnings.append(f"{part}: no server report, so what arrived is not known")
    return Parsed(tuple(measurements), tuple(series), "", tuple(warnings))


def tests(data: bytes) -> list[Test | Failure]:
    """Every test in `data`, in order, the failed ones too; CSV where there is any. Never raises."""
    clean = decode(data)
    return [add_up(block) for block in csv_rows.find(clean) or text.find(clean)]


def _part(test: Test, direction: Direction, number: int) -> str:
    words = [f"run {number}"] if number else []
    if test.proto != "TCP":
        words.append(test.proto.lower())
    if len(test.directions) > 1:
        words.append("bidir reverse" if direction.reverse else "bidir forward")
    elif direction.reverse:
        words.append("reverse")
    if direction.streams > 1:
        words.append(f"{direction.streams} streams")
    return " ".join(words)


def _measurements(test: Test, direction: Direction, part: str) -> Iterator[Measurement]:
    sent, received = direction.sent, direction.received
    if test.proto != "UDP":
        counted = received or sent
        if counted is not None:
            yield Measurement("throughput", counted.rate, counted.rate_unit, part)
        if direction.retransmits is not None:
            yield Measurement("retransmits", direction.retransmits, "segments", part)
        rtt = [row.rtt_us for row in direction.totals if row.rtt_us is not None]
        if rtt and len(rtt) == len(direction.totals):
            yield Measurement("rtt", sum(rtt) / len(rtt), "us", part)
        if test.connect_ms is not None and direction is test.directions[0]:
            yield Measurement("connect_time", test.connect_ms, "ms", part)
        return
    if received is not None:
        yield Measurement("throughput", received.rate, received.rate_unit, part)
        if received.jitter_ms is not None:
            yield Measurement("jitter", received.jitter_ms, "ms", part)
        if received.lost is not None:
            yield Measurement("lost", received.lost, "datagrams", part)
            if received.datagrams:
                yield Measurement("datagrams", received.datagrams, "datagrams", part)
                yield Measurement("loss", 100 * received.lost / received.datagrams, "%", part)
        if received.latency_ms is not None:
            yield Measurement("latency", received.latency_ms[0], "ms", part)
            yield Measurement("latency_max", received.latency_ms[1], "ms", part)
    if sent is not None:
        yield Measurement("sent_throughput", sent.rate, sent.rate_unit, part)


def _series(direction: Direction, part: str) -> Iterator[Series]:
    """Per interval, at its end; rows switch units, the first one's is used. Round trips are the kernel's, with `-e`."""
    rows = direction.intervals
    if not rows:
        return
    unit = rows[0].rate_unit
    yield Series(
        "throughput", unit, tuple((row.end_s, convert(row.rate or 0.0, row.rate_unit, unit)) for row in rows), part
    )
    retransmits = tuple((row.end_s, float(row.retransmits)) for row in rows if row.retransmits is not None)
    if retransmits:
        yield Series("retransmits", "segments", retransmits, part)
    rtt = tuple((row.end_s, row.rtt_us) for row in rows if row.rtt_us is not None)
    if rtt:
        yield Series("rtt", "us", rtt, part)
