"""What one run of ntttcp said, whatever form it was printed in, and which metrics that gives."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from bench.errors import ParseError
from bench.model import Better, Kind, Measurement, Metric, Scale, Series

_HIGHER, _LOWER = Better.HIGHER, Better.LOWER
_NET, _CPU, _COUNT = Kind.NETWORK, Kind.CPU, Scale.COUNT

METRICS = (
    Metric("throughput", "throughput", "Mbit/s", _HIGHER, _NET, headline=True),
    Metric("cycles-per-byte", "CPU cycles per byte", "cycles/B", _LOWER, _CPU, headline=True),
    Metric("cpu-busy", "CPU busy", "%", _LOWER, _CPU),
    Metric("retransmits", "retransmitted segments, whole system", "count", _LOWER, _NET, _COUNT),
    Metric("errors", "errors", "count", _LOWER, _NET, _COUNT, detail=True),
    Metric("total-bytes", "data transferred", "MB", _HIGHER, _NET, detail=True),
    Metric("duration", "measured time", "s", _HIGHER, _NET, detail=True),
    Metric("thread-throughput", "throughput of one thread", "Mbit/s", _HIGHER, _NET, detail=True),
    Metric("retransmit-rate", "retransmitted segments per second", "1/s", _LOWER, _NET, _COUNT, detail=True),
    Metric("rtt", "mean TCP round trip time", "us", _LOWER, _NET, detail=True),
    Metric("packets-sent", "packets sent", "count", _HIGHER, _NET, _COUNT, detail=True),
    Metric("packets-received", "packets received", "count", _HIGHER, _NET, _COUNT, detail=True),
    Metric("interrupts", "interrupts per second", "1/s", _LOWER, _CPU, _COUNT, detail=True),
    Metric("packets-per-interrupt", "packets per interrupt", "packets", _HIGHER, _CPU, _COUNT, detail=True),
    Metric("dpcs", "deferred procedure calls per second", "1/s", _LOWER, _CPU, _COUNT, detail=True),
    Metric("packets-per-dpc", "packets per deferred procedure call", "packets", _HIGHER, _CPU, _COUNT, detail=True),
    Metric("frame-size", "mean frame size", "B", _HIGHER, _NET, _COUNT, detail=True),
    Metric("buffers", "buffers per second", "1/s", _HIGHER, _NET, _COUNT, detail=True),
    Metric("cpu-user", "CPU in user mode", "%", _LOWER, _CPU, _COUNT, detail=True),
    Metric("cpu-system", "CPU in the kernel", "%", _LOWER, _CPU, _COUNT, detail=True),
    Metric("cpu-softirq", "CPU in soft interrupts", "%", _LOWER, _CPU, _COUNT, detail=True),
    Metric("cpu-iowait", "CPU waiting for input or output", "%", _LOWER, _CPU, _COUNT, detail=True),
    Metric("cpu-idle", "CPU idle", "%", _HIGHER, _CPU, _COUNT, detail=True),
    Metric("cpu-cores", "CPUs", "count", _HIGHER, _CPU, _COUNT, detail=True),
    Metric("cpu-speed", "clock that cycles are counted with", "MHz", _HIGHER, _CPU, detail=True),
    Metric("cpu-cycles", "CPU cycles", "count", _LOWER, _CPU, detail=True),
    Metric("connections", "connections", "count", _HIGHER, _NET, _COUNT, detail=True),
)
"""Every metric. CPU busy is the process's share of one CPU on Linux (several give above 100 %), of all on Windows."""

_RATIOS = {metric.name for metric in METRICS if metric.scale is Scale.RATIO}
_WRAPPED = 2.0**63  # an unsigned difference of counters that went backwards
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?\Z")
_DIGITS = 40
LONGEST_LINE = 500
"""Characters; a longer line of console text is noise, and would keep the expressions that read it busy."""


@dataclass(slots=True)
class Reading:
    """One run: role ("sender", "receiver", "" unknown), values as (metric, value or None for nan, unit).

    line: where it starts. asked_s: the duration asked for, 0 when not stated.
    """

    line: int
    role: str = ""
    version: str = ""
    values: list[tuple[str, float | None, str]] = field(default_factory=list)
    threads: list[tuple[int, float, str]] = field(default_factory=list)
    series: list[float] = field(default_factory=list)
    """Real-time throughput in Mbit/s, one every half second or so."""
    asked_s: float = 0.0
    warnings: list[str] = field(default_factory=list)

    def value(self, metric: str) -> float | None:
        """The last value read for `metric`."""
        return next((value for name, value, _ in reversed(self.values) if name == metric), None)


def number(text: str) -> float | None:
    """A plain decimal number, None for anything else (nan, inf, nothing)."""
    text = text.strip()
    return float(text) if _NUMBER.match(text) and len(text) <= _DIGITS else None


def measurements(reading: Reading, source: str) -> list[Measurement]:
    """The measurements of a run, adding to its warnings; ParseError when nothing was transferred."""
    throughput = reading.value("throughput")
    if throughput is None or throughput <= 0:
        raise ParseError(
            source, line=reading.line, expected="a throughput above 0", found="none" if throughput is None else "0"
        )
    part = reading.role or "role unknown"
    found = [
        Measurement(metric, value, unit, part)
        for metric, value, unit in reading.values
        if value is not None and _is_usable(reading, metric, value)
    ]
    nan = sorted({metric for metric, value, _ in reading.values if value is None})
    reading.warnings += [f"{metric} is not a number ({part})" for metric in nan]
    found += [
        Measurement("thread-throughput", value, unit, f"{part} thread {index}")
        for index, value, unit in reading.threads
        if value > 0  # Windows prints rows of 0.000 although the totals hold
    ]
    duration = reading.value("duration") or 0.0
    if reading.asked_s and duration < 0.5 * reading.asked_s:
        reading.warnings.append(f"ran {duration:g} s of {reading.asked_s:g} s: it was interrupted ({part})")
    return found


def _is_usable(reading: Reading, metric: str, value: float) -> bool:
    if not math.isfinite(value) or value < 0 or value >= _WRAPPED:
        reading.warnings.append(f"{metric} {value:g} cannot be ({reading.role or 'role unknown'})")
        return False
    if metric in _RATIOS and value == 0:
        reading.warnings.append(f"{metric} 0 means that it could not be measured ({reading.role or 'role unknown'})")
        return False
    return True


def series(reading: Reading) -> list[Series]:
    """Throughput over time. The tool prints no times: its lines are spread evenly over the measured duration."""
    duration = reading.value("duration")
    if not duration or not reading.series:
        return []
    step = duration / len(reading.series)
    points = tuple((round(step * (i + 1), 3), value) for i, value in enumerate(reading.series))
    return [Series("throughput", "Mbit/s", points, reading.role or "role unknown")]
