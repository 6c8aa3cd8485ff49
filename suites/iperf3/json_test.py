"""Reads one iperf3 JSON document (3.0 to 3.22) into a `Test`, or says why it is not one.

Where the two ends' sums stand: TCP always `sum_sent` and `sum_received`; UDP the same from 3.11 on, before that only
`sum`, which mixes the sender's rate with the receiver's jitter and loss; the reverse direction of `--bidir` has
`_bidir_reverse` behind each. A server does not learn the client's numbers: it prints 0 for them, read as absent.
"""

from __future__ import annotations

import math
from typing import Any

from bench.text import LARGEST

from .documents import Document
from .result import Direction, End, Failure, Interval, Test

_REVERSE = "_bidir_reverse"


def read(document: Document) -> Test | Failure:
    """The test in `document`; a Failure when it breaks off, holds an `error`, or has no totals."""
    content = document.content
    if content is None:
        return Failure(document.line, "a complete JSON document", document.problem)
    if (error := content.get("error")) is not None:
        return Failure(document.line, "a test without error", str(error))
    start, end = _object(content, "start"), _object(content, "end")
    if not end:
        return Failure(document.line, "totals in `end`", "an empty `end`" if "end" in content else "no `end`")
    test_start = _object(start, "test_start")
    bidir = bool(test_start.get("bidir")) or any(key.endswith(_REVERSE) for key in end)
    role = "server" if "accepted_connection" in start else "client"
    directions = _directions(content, end, bidir=bidir, reverse=bool(test_start.get("reverse")), role=role)
    if not any(one.sent or one.received for one in directions):
        return Failure(document.line, "bits_per_second above 0 in the sums of `end`", _excerpt(end))
    cpu = _object(end, "cpu_utilization_percent")
    return Test(
        role=role,
        proto=str(test_start.get("protocol") or ("UDP" if "sum" in end else "TCP")),
        streams=_count(test_start.get("num_streams")) or 1,
        directions=directions,
        version=str(start.get("version", "")).removeprefix("iperf").strip(),
        bidir=bidir,
        cpu_local=_positive(cpu.get("host_total")),
        cpu_remote=_positive(cpu.get("remote_total")),
        line=document.line,
    )


def _directions(
    content: dict[str, Any], end: dict[str, Any], *, bidir: bool, reverse: bool, role: str
) -> tuple[Direction, ...]:
    if not bidir:
        return (_direction(content, end, suffix="", reverse=reverse, sending=None),)
    is_client = role == "client"
    return (
        _direction(content, end, suffix="", reverse=False, sending=is_client),
        _direction(content, end, suffix=_REVERSE, reverse=True, sending=not is_client),
    )


def _direction(
    content: dict[str, Any], end: dict[str, Any], *, suffix: str, reverse: bool, sending: bool | None
) -> Direction:
    sent, received = _end(end.get(f"sum_sent{suffix}")), _end(end.get(f"sum_received{suffix}"))
    mixed = sent is None and received is None
    if mixed:  # UDP before 3.11
        sent = _end(end.get(f"sum{suffix}"))
    return Direction(
        reverse=reverse,
        sent=sent,
        received=received,
        intervals=_intervals(content.get("intervals"), f"sum{suffix}"),
        rtt_us=_mean_rtt(end.get("streams"), sending),
        mixed=mixed,
    )


def _end(data: Any) -> End | None:
    """A sum; None when it counted nothing, which is how an end that is not known is printed."""
    if not isinstance(data, dict):
        return None
    rate, transfer, seconds = (_positive(data.get(key)) for key in ("bits_per_second", "bytes", "seconds"))
    if rate is None or transfer is None or seconds is None:
        return None
    return End(
        rate=rate,
        rate_unit="bit/s",
        transfer=transfer,
        transfer_unit="B",
        seconds=seconds,
        retransmits=_count(data.get("retransmits")),
        jitter_ms=_number(data.get("jitter_ms")),
        lost=_count(data.get("lost_packets")),
        datagrams=_count(data.get("packets")),
    )


def _intervals(data: Any, key: str) -> tuple[Interval, ...]:
    found: list[Interval] = []
    for item in data if isinstance(data, list) else []:
        total = _object(item, key) if isinstance(item, dict) else {}
        end_s, rate = _number(total.get("end")), _number(total.get("bits_per_second"))
        if end_s is not None and rate is not None:
            omitted = bool(total.get("omitted"))
            found.append(Interval(end_s, rate, "bit/s", _count(total.get("retransmits")), omitted))
    return tuple(found)


def _mean_rtt(streams: Any, sending: bool | None) -> float | None:
    """Mean of `mean_rtt` (µs) over the streams; with `--bidir` over those that this end sends or receives."""
    values: list[float] = []
    for item in streams if isinstance(streams, list) else []:
        sender = _object(item, "sender") if isinstance(item, dict) else {}
        if sending is None or sender.get("sender") is sending:
            value = _positive(sender.get("mean_rtt"))
            values += [value] if value is not None else []
    return math.fsum(values) / len(values) if values else None


def _object(data: dict[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float | None:
    """A number that is not negative; None for anything else (null stands for NaN here)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST:
        return None
    return float(value)


def _positive(value: Any) -> float | None:
    return _number(value) or None


def _count(value: Any) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _excerpt(end: dict[str, Any]) -> str:
    return ", ".join(sorted(end)) or "nothing"
