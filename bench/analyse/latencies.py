"""How were latencies spread before and after? Percentile curves, the median over sessions and targets per phase.

A percentile is kept only where every trial behind it has at least `BEYOND` values beyond it: the 99.9th percentile of
5,000 values is the fifth largest, and says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.analyse.rereading import Chosen, Reread, Rows, middle, reread
from bench.analyse.result import Comparison, MetricKey, MetricResult, Verdict
from bench.config.catalogue import LoadedSuite
from bench.model import Distribution, Kind, Scale
from bench.store import StoredRun
from bench.units import convert

MOST_CURVES, MOST_FILES = 6, 240
"""Curves of a report, and trials that are read again for them."""
BEYOND = 10
"""Values that must lie beyond a percentile of a trial."""
LEAST_POINTS = 4

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class LatencyLine:
    """One phase: points are (percent, the median over trials), both rising."""

    tag: str
    trials: int
    points: Points


@dataclass(frozen=True, slots=True)
class LatencyCurve:
    """One quantity of one case. key: the metric by which trials were chosen. of: targets that were measured."""

    key: MetricKey
    title: str
    unit: str
    lines: tuple[LatencyLine, ...]
    targets: tuple[str, ...]
    of: int


def latencies_of(
    rows: Rows,
    comparisons: Sequence[Comparison],
    tags: Sequence[str],
    runs: Sequence[StoredRun],
    suites: Mapping[str, LoadedSuite],
) -> tuple[LatencyCurve, ...]:
    """Curves of the cases whose tail latencies are compared, those with a primary metric or a change first."""
    found: list[LatencyCurve] = []
    keys = _tails(comparisons)[:MOST_CURVES]
    for key in keys:
        by_target = rows.of(key)
        everywhere = sorted(target for target, tagged in by_target.items() if all(tag in tagged for tag in tags))
        if not everywhere:
            continue
        sessions = max(len(tagged) for target in everywhere for tagged in by_target[target].values())
        targets = _spread_out(everywhere, max(1, MOST_FILES // (len(keys) * len(tags) * sessions)))
        chosen = [
            middle(some)[1] for target in targets for tag in tags for _, some in sorted(by_target[target][tag].items())
        ]
        curve = _curve(key, chosen, reread(chosen, runs, suites), tags)
        if curve is not None:
            title, unit, lines = curve
            found.append(LatencyCurve(key, title, unit, lines, tuple(targets), len(everywhere)))
    return tuple(found)


def _tails(comparisons: Sequence[Comparison]) -> list[MetricKey]:
    """One tail latency for each suite, case and part that has any, those that matter most first."""
    found: dict[tuple[object, ...], tuple[int, MetricKey]] = {}
    for comparison in comparisons:
        for metric in comparison.metrics:
            key = metric.key
            if metric.kind is Kind.TAIL_LATENCY and metric.scale is Scale.RATIO:
                place = (key.suite, key.case, key.part, key.params)
                rank = _rank(metric)
                if place not in found or rank < found[place][0]:
                    found[place] = (rank, key)
    return [key for _, key in sorted(found.values(), key=lambda pair: pair[0])]


def _rank(metric: MetricResult) -> int:
    moved = metric.verdict in (Verdict.IMPROVED, Verdict.REGRESSED)
    return 0 if metric.primary and moved else 1 if metric.primary else 2 if moved else 3


def _spread_out(names: Sequence[str], most: int) -> list[str]:
    """At most `most` of `names`, evenly spread over their order."""
    if len(names) <= most:
        return list(names)
    return [names[index * len(names) // most] for index in range(most)]


def _curve(
    key: MetricKey, chosen: Sequence[Chosen], said: Mapping[Chosen, Reread], tags: Sequence[str]
) -> tuple[str, str, tuple[LatencyLine, ...]] | None:
    """Title, unit and lines; None where fewer than two phases have a curve."""
    kind = key.metric.rpartition("_")[0]
    first = next((one for each in said.values() for one in each.distributions if _is(one, kind, key)), None)
    if first is None:
        return None
    lines = tuple(
        line
        for tag in tags
        if (line := _line(tag, [said[one] for one in chosen if one.tag == tag and one in said], kind, key, first.unit))
    )
    return (first.title, first.unit, lines) if len(lines) > 1 else None


def _is(one: Distribution, kind: str, key: MetricKey) -> bool:
    return (one.metric, one.part) == (kind, key.part)


def _line(tag: str, trials: Sequence[Reread], kind: str, key: MetricKey, unit: str) -> LatencyLine | None:
    spreads = [_supported(one, unit) for each in trials for one in each.distributions if _is(one, kind, key)]
    if not spreads:
        return None
    shared = set.intersection(*(set(one) for one in spreads))
    points = tuple((percent, median(one[percent] for one in spreads)) for percent in sorted(shared))
    return LatencyLine(tag, len(spreads), points) if len(points) >= LEAST_POINTS else None


def _supported(one: Distribution, unit: str) -> dict[float, float]:
    """The percentiles that enough values stand behind; none where it is not known how many there are."""
    return {
        percent: convert(value, one.unit, unit)
        for percent, value in one.points
        if one.count is not None and value > 0 and one.count * (1 - percent / 100) >= BEYOND * (1 - 1e-9)
    }
