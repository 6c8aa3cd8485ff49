"""iperf3's output as measurements: JSON (3.0 to 3.22, also `--json-stream`) or text, one test or several in a row.

`throughput` is what arrived at the receiving end and `sent_throughput` what left; they differ by what is in flight or
lost. One that this end does not know is absent. A part says what makes tests incomparable: protocol, direction,
number of streams, and, when one file holds several tests, which one.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.errors import ParseError
from bench.model import Measurement, Parsed, Series
from bench.text import decode
from bench.units import convert

from . import documents, json_test, text
from .result import Direction, Failure, Test


def parse(data: bytes, source: str) -> Parsed:
    """`data` as iperf3 printed it; ParseError when no test in it ended well (empty, cut off, `error`, something else).

    Units: bit/s (JSON) or as printed (text), µs for round trips, ms for jitter, % of one CPU.
    """
    results = tests(data)
    good = [one for one in results if isinstance(one, Test)]
    failures = [one for one in results if isinstance(one, Failure)]
    if not good:
        if not failures:
            raise ParseError(source, expected="iperf3 output (JSON or text)", found=_start(data))
        first = failures[0]
        raise ParseError(source, line=first.line, expected=first.expected, found=first.found)
    warnings = [f"line {one.line}: left out a test, expected {one.expected}, found {one.found}" for one in failures]
    measurements: list[Measurement] = []
    series: list[Series] = []
    for number, test in enumerate(good, start=1):
        for direction in test.directions:
            part = _part(test, direction, number if len(good) > 1 else 0)
            measurements += _measurements(test, direction, part)
            series += _series(direction, part)
            warnings += _warnings(direction, part)
    version = next((test.version for test in good if test.version), "")
    return Parsed(tuple(measurements), tuple(series), version, tuple(warnings))


def tests(data: bytes) -> list[Test | Failure]:
    """Every test in `data`, in order, the failed ones too; JSON wins over text around it. Never raises."""
    clean = decode(data)
    found = documents.find(clean)
    return [json_test.read(one) for one in found] if found else text.find(clean)


def _part(test: Test, direction: Direction, number: int) -> str:
    words = [f"run {number}"] if number else []
    if test.proto != "TCP":
        words.append(test.proto.lower())
    if test.bidir:
        words.append("bidir reverse" if direction.reverse else "bidir forward")
    elif direction.reverse:
        words.append("reverse")
    if test.streams > 1:
        words.append(f"{test.streams} streams")
    return " ".join(words)


def _measurements(test: Test, direction: Direction, part: str) -> Iterator[Measurement]:
    sent, received = direction.sent, direction.received
    if received is not None and received.rate > 0:
        yield Measurement("throughput", received.rate, received.rate_unit, part)
    if sent is not None and sent.rate > 0:
        yield Measurement("sent_throughput", sent.rate, sent.rate_unit, part)
    if sent is not None and sent.retransmits is not None:
        yield Measurement("retransmits", sent.retransmits, "segments", part)
    if direction.rtt_us is not None:
        yield Measurement("rtt", direction.rtt_us, "us", part)
    # Only a receiver can know jitter and loss; a sender that did not learn them prints 0.
    arrival = sent if direction.mixed else received
    if test.proto == "UDP" and arrival is not None and arrival.jitter_ms is not None:
        yield Measurement("jitter", arrival.jitter_ms, "ms", part)
    if test.proto == "UDP" and arrival is not None and arrival.lost is not None:
        yield Measurement("lost", arrival.lost, "datagrams", part)
        if arrival.datagrams:
            yield Measurement("datagrams", arrival.datagrams, "datagrams", part)
            yield Measurement("loss", 100 * arrival.lost / arrival.datagrams, "%", part)
    if direction is test.directions[0]:  # the process serves both directions
        if test.cpu_local is not None:
            yield Measurement("cpu_local", test.cpu_local, "%", part)
        if test.cpu_remote is not None:
            yield Measurement("cpu_remote", test.cpu_remote, "%", part)


def _series(direction: Direction, part: str) -> Iterator[Series]:
    """Per interval, at its end, without what `-O` omits. Text switches units between rows: the first one's is used."""
    counted = [one for one in direction.intervals if not one.omitted]
    if counted:
        unit = counted[0].rate_unit
        yield Series(
            "throughput", unit, tuple((one.end_s, convert(one.rate, one.rate_unit, unit)) for one in counted), part
        )
    retransmits = tuple((one.end_s, float(one.retransmits)) for one in counted if one.retransmits is not None)
    if retransmits:
        yield Series("retransmits", "segments", retransmits, part)


def _warnings(direction: Direction, part: str) -> Iterator[str]:
    where = f"{part}: " if part else ""
    if direction.received is None:
        yield f"{where}what the receiving end counted is not in this file; only `sent_throughput` is known"
    elif direction.received.rate == 0:
        yield f"{where}the receiving end counted 0; it is left out"


def _start(data: bytes) -> str:
    return decode(data[:400]).strip()[:80] or "nothing"
