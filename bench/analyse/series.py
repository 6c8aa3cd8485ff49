"""What happened within a trial, second by second? The series of the target that a step hit hardest, one per phase.

Of each phase the trial with the median value of the session with the median level: neither the best nor the worst.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

from bench.analyse.rereading import Chosen, Reread, Rows, middle, reread
from bench.analyse.result import Comparison, MetricKey, TargetResult, Verdict
from bench.config.catalogue import LoadedSuite
from bench.store import StoredRun
from bench.units import convert

MOST_METRICS, MOST_TRIED = 8, 24
"""Metrics whose series are shown, and leading metrics of which is asked whether they have one."""
LEAST_POINTS = 5
"""A series of fewer points says no more than its mean."""

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class SeriesLine:
    """The series of one trial: points are (seconds since its start, value)."""

    tag: str
    session: int
    repetition: int
    points: Points


@dataclass(frozen=True, slots=True)
class MetricSeries:
    """One metric of one target over time; unit: of all values. lines: in the order of the phases."""

    key: MetricKey
    target: str
    unit: str
    lines: tuple[SeriesLine, ...]


def series_of(
    rows: Rows,
    comparisons: Sequence[Comparison],
    tags: Sequence[str],
    runs: Sequence[StoredRun],
    suites: Mapping[str, LoadedSuite],
) -> tuple[MetricSeries, ...]:
    """The series of the metrics that lead, as far as their tools print any, in the order of the comparisons."""
    found: list[MetricSeries] = []
    silent: set[tuple[str, str]] = set()
    for key, target in list(hardest_hit(comparisons).items())[:MOST_TRIED]:
        if len(found) == MOST_METRICS or (key.suite, key.metric) in silent:
            continue
        chosen = _chosen(rows.of(key).get(target, {}), tags)
        said = reread(chosen[:1], runs, suites)
        if not any(one.metric == key.metric for each in said.values() for one in each.series):
            silent.add((key.suite, key.metric))
            continue
        lines = list(_lines(key, chosen, reread(chosen, runs, suites)))
        if len(lines) > 1:
            unit = lines[0][0]
            found.append(MetricSeries(key, target, unit, tuple(_in_unit(one, said, unit) for said, one in lines)))
    return tuple(found)


def hardest_hit(comparisons: Iterable[Comparison]) -> dict[MetricKey, str]:
    """Per leading metric the target that moved most in any step; one that changed its host only where all did."""
    found: dict[MetricKey, tuple[tuple[bool, bool, float], str]] = {}
    for comparison in comparisons:
        for metric in comparison.metrics:
            if metric.primary or metric.headline:
                for one in metric.targets:
                    if one.ratio is not None and one.ratio > 0:
                        rank = _rank(one)
                        if metric.key not in found or rank > found[metric.key][0]:
                            found[metric.key] = (rank, one.target)
    return {key: target for key, (_, target) in found.items()}


def _rank(one: TargetResult) -> tuple[bool, bool, float]:
    moved = one.verdict in (Verdict.IMPROVED, Verdict.REGRESSED)
    return not one.relocated, moved, abs(math.log(one.ratio or 1.0))


def _chosen(tagged: Mapping[str, Mapping[int, list[tuple[float, Chosen]]]], tags: Sequence[str]) -> list[Chosen]:
    """The trial that stands for each phase."""
    found: list[Chosen] = []
    for tag in tags:
        if sessions := tagged.get(tag):
            levels = {session: middle(some) for session, some in sessions.items()}
            level = median_low(value for value, _ in levels.values())
            found.append(next(one for session, (value, one) in sorted(levels.items()) if value == level))
    return found


def _lines(key: MetricKey, chosen: Iterable[Chosen], said: Mapping[Chosen, Reread]) -> Iterable[tuple[str, SeriesLine]]:
    """(unit, line) of every trial that has a series of the metric and part that is long enough."""
    for one in chosen:
        mine = (
            [each for each in said[one].series if (each.metric, each.part) == (key.metric, key.part)]
            if one in said
            else []
        )
        if mine and len(mine[0].points) >= LEAST_POINTS:
            yield mine[0].unit, SeriesLine(one.tag, one.session, one.repetition, mine[0].points)


def _in_unit(line: SeriesLine, unit: str, wanted: str) -> SeriesLine:
    if unit == wanted:
        return line
    points = tuple((time, convert(value, unit, wanted)) for time, value in line.points)
    return SeriesLine(line.tag, line.session, line.repetition, points)
