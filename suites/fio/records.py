"""What a fio output says, whatever its form: runs of jobs with a flow per direction, and their way to measurements."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.errors import ParseError
from bench.model import Distribution, Measurement, Parsed

PERCENTILES = ((50.0, "p50"), (99.0, "p99"), (99.9, "p99.9"), (99.99, "p99.99"))
"""Which percentiles become metrics, and how they are called."""

GRID = (
    *(1.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 97.0, 98.0, 99.0, 99.5, 99.8, 99.9),
    *(99.95, 99.98, 99.99, 99.995, 99.998, 99.999, 99.9995, 99.9999),
)
"""Percents at which a histogram is read."""
_TITLES = {"clat": "Completion latency", "lat": "Latency"}


@dataclass(frozen=True, slots=True)
class Latency:
    """One distribution of a flow: `kind` is "slat" (submission), "clat" (completion) or "lat" (both); all in `unit`."""

    kind: str
    unit: str
    mean: float | None
    maximum: float | None
    percentiles: tuple[tuple[float, float], ...] = ()
    bins: tuple[tuple[float, int], ...] = ()
    """json+ has the whole histogram: (value, how many), rising."""

    def percentile(self, wanted: float) -> float | None:
        """The value fio printed for a percentile (99.9), or None."""
        for percent, value in self.percentiles:
            if math.isclose(percent, wanted, abs_tol=1e-6):
                return value
        return None

    def points(self) -> tuple[tuple[float, float], ...]:
        """(percent, value) at round percents, from the histogram where it is, as fio computes them, else as printed."""
        if not self.bins:
            return tuple(sorted(self.percentiles))
        total = sum(count for _, count in self.bins)
        found: list[tuple[float, float]] = []
        percents = iter(GRID)
        percent, seen = next(percents), 0
        for value, count in self.bins:
            seen += count
            while seen >= percent / 100 * total:
                found.append((percent, value))
                if (following := next(percents, None)) is None:
                    return tuple(found)
                percent = following
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Flow:
    """One direction ("read", "write", "trim", "mixed", "sync") of a job; what was not printed is None."""

    direction: str
    iops: float | None
    bandwidth: float | None
    bandwidth_unit: str
    latencies: tuple[Latency, ...]
    runtime_ms: float | None = None
    io_bytes: float | None = None
    total_ios: int | None = None

    def latency(self, kind: str) -> Latency | None:
        """The distribution of that kind, or None."""
        return next((latency for latency in self.latencies if latency.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Job:
    """One entry of fio's result: a job, or with group_reporting all its clones. Directions without I/O are not kept."""

    name: str
    flows: tuple[Flow, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One invocation of fio."""

    version: str
    jobs: tuple[Job, ...]


def parsed(runs: tuple[Run, ...], warnings: Iterable[str], source: str) -> Parsed:
    """Every value of `runs`; a part that occurs in several runs has several values. ParseError when there is none."""
    notes = list(dict.fromkeys(warnings))
    found: list[Measurement] = []
    spread: list[Distribution] = []
    for run in runs:
        labels = _labels(run, notes)
        for job, label in zip(run.jobs, labels, strict=True):
            if not job.flows:
                notes.append(f"job {label!r} did no I/O")
            for flow in job.flows:
                part = f"{label} {flow.direction}"
                values = list(_measurements(flow, part))
                spread += _distributions(flow, part)
                found += (value for value in values if value.value > 0)
                notes += (
                    f"{value.metric} of {part!r} is 0: nothing measured, or below the resolution of this fio"
                    for value in values
                    if value.value <= 0
                )
    if not found:
        raise ParseError(source, expected="at least one fio job that did I/O", found="; ".join(notes))
    versions = dict.fromkeys(run.version for run in runs if run.version)
    return Parsed(
        tuple(found),
        tool_version=", ".join(versions),
        warnings=tuple(dict.fromkeys(notes)),
        distributions=tuple(spread),
    )


def _labels(run: Run, notes: list[str]) -> list[str]:
    """The jobs' names; entries of the same name (clones without group_reporting) are numbered in their order."""
    total = Counter(job.name for job in run.jobs)
    seen: Counter[str] = Counter()
    labels = []
    for job in run.jobs:
        seen[job.name] += 1
        labels.append(job.name if total[job.name] == 1 else f"{job.name} #{seen[job.name]}")
    notes += (
        f"{count} entries are called {name!r}: kept apart as #1 … #{count}; fio adds them up with group_reporting"
        for name, count in total.items()
        if count > 1
    )
    return labels


def _measurements(flow: Flow, part: str) -> Iterator[Measurement]:
    if flow.iops is not None:
        yield Measurement("iops", flow.iops, "IOPS", part)
    if flow.bandwidth is not None:
        yield Measurement("bandwidth", flow.bandwidth, flow.bandwidth_unit, part)
    for latency in flow.latencies:
        if latency.mean is not None:
            yield Measurement(f"{latency.kind}_mean", latency.mean, latency.unit, part)
        if latency.kind == "slat":
            continue
        for percent, name in PERCENTILES:
            value = latency.percentile(percent)
            if value is not None:
                yield Measurement(f"{latency.kind}_{name}", value, latency.unit, part)
        if latency.maximum is not None:
            yield Measurement(f"{latency.kind}_max", latency.maximum, latency.unit, part)


def _distributions(flow: Flow, part: str) -> Iterator[Distribution]:
    """The spread of every latency of which percentiles are known; as many values as there were I/Os."""
    for latency in flow.latencies:
        points = latency.points() if latency.kind in _TITLES else ()
        count = sum(count for _, count in latency.bins) or flow.total_ios
        if points:
            yield Distribution(latency.kind, _TITLES[latency.kind], latency.unit, points, part, count)
