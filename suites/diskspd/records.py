"""What a DiskSpd output says, as text or XML: results of timespans, and their way to measurements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.errors import ParseError
from bench.model import Distribution, Measurement, Parsed

OPERATIONS = ("read", "write", "total")
"""The parts of a result; the total speaks only where both others did I/O."""

PERCENTILES = (("50", "p50"), ("99", "p99"), ("99.9", "p99.9"), ("99.99", "p99.99"), ("max", "max"))
"""Which percentiles become metrics, and how they are called."""


@dataclass(frozen=True, slots=True)
class Row:
    """One operation of a result; latencies in ms, None where DiskSpd was not asked (-L, -D) or printed N/A."""

    bytes: int
    ios: int
    mib_s: float
    iops: float
    avg_lat_ms: float | None = None
    iops_stddev: float | None = None
    lat_stddev_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One timespan. rows: by operation. percentiles: ("99.9", (read, write, total) in ms), "min" and "max" included."""

    timespan: int
    test_time_s: float
    threads: int | None
    processors: int | None
    cpu_busy: float | None
    rows: tuple[tuple[str, Row], ...]
    percentiles: tuple[tuple[str, tuple[float | None, ...]], ...] = ()

    def row(self, operation: str) -> Row:
        """The row of "read", "write" or "total"."""
        return dict(self.rows)[operation]


def parsed(results: Iterable[Result], version: str, warnings: list[str], source: str) -> Parsed:
    """Every value of `results`; the same timespan in several runs has several values. ParseError without any I/O."""
    found: list[Measurement] = []
    spread: list[Distribution] = []
    for result in results:
        prefix = "" if result.timespan == 1 else f"timespan {result.timespan} "
        busy = [operation for operation, row in result.rows if operation != "total" and row.ios > 0]
        if not busy:
            warnings.append(f"{prefix or 'the run '}did no I/O")
            continue
        for operation in busy if len(busy) < 2 else OPERATIONS:
            found += (value for value in _measurements(result, operation, prefix + operation) if value.value > 0)
            spread += _distributions(result, operation, prefix + operation)
        if result.cpu_busy:
            found.append(Measurement("cpu_busy", result.cpu_busy, "%", prefix.strip()))
    if not found:
        raise ParseError(source, expected="a result of DiskSpd with I/O", found="; ".join(warnings))
    return Parsed(
        tuple(found), tool_version=version, warnings=tuple(dict.fromkeys(warnings)), distributions=tuple(spread)
    )


def _measurements(result: Result, operation: str, part: str) -> Iterator[Measurement]:
    row = result.row(operation)
    yield Measurement("iops", row.iops, "IOPS", part)
    yield Measurement("bandwidth", row.mib_s, "MiB/s", part)
    if row.avg_lat_ms is not None:
        yield Measurement("lat_mean", row.avg_lat_ms, "ms", part)
    table = dict(result.percentiles)
    for percent, name in PERCENTILES:
        values = table.get(percent)
        value = values[OPERATIONS.index(operation)] if values else None
        if value is not None:
            yield Measurement(f"lat_{name}", value, "ms", part)


def _distributions(result: Result, operation: str, part: str) -> Iterator[Distribution]:
    """The table of percentiles that -L prints, without its ends."""
    column = OPERATIONS.index(operation)
    points = tuple(
        (float(percent), value)
        for percent, values in result.percentiles
        if percent not in ("min", "max") and (value := values[column]) is not None
    )
    if points:
        yield Distribution("lat", "Latency", "ms", tuple(sorted(points)), part, result.row(operation).ios)
