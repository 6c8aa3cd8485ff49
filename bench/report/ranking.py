"""Which metrics are named where only a few can be? The primary ones, those that lead, those that moved most."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence, Set

from bench.analyse.result import Comparison, MetricKey, MetricResult, Verdict
from bench.report.words import moved


def strength(metric: MetricResult, leading: Set[MetricKey]) -> tuple[bool, bool, float]:
    """Primary and leading metrics first, then by how many margins the ratio lies away from 1; mere counts come last."""
    ratio = metric.ratio if metric.ratio is not None and metric.ratio > 0 else 1.0
    margins = abs(math.log(ratio)) / math.log1p(max(metric.margin, 1e-6))
    return not metric.primary, metric.key not in leading, -margins


def worth_naming(comparison: Comparison, leading: Set[MetricKey], most: int) -> list[MetricResult]:
    """At most `most` metrics: primary ones whatever they say, then what moved; without any of these what is open.

    Those that lead their suite come first. What regressed is never left out for something better.
    """
    ranked = sorted(comparison.metrics, key=lambda metric: (not moved(metric), *strength(metric, leading)))
    named = [metric for metric in ranked if metric.primary and metric.before is not None]
    named += [metric for metric in ranked if moved(metric) and metric not in named]
    if not named:
        open_ = [one for one in ranked if one.verdict is Verdict.INCONCLUSIVE and one.before is not None]
        named = _in_turn(open_)
    first = named[:most]
    regressed = next((metric for metric in named if metric.verdict is Verdict.REGRESSED), None)
    if regressed is not None and regressed not in first:
        first[-1] = regressed
    return first


def _in_turn(metrics: Sequence[MetricResult]) -> list[MetricResult]:
    """`metrics` so that each suite has its say before any has a second one."""
    turns: Counter[str] = Counter()
    ranked: list[tuple[int, MetricResult]] = []
    for metric in metrics:
        ranked.append((turns[metric.key.suite], metric))
        turns[metric.key.suite] += 1
    return [metric for _, metric in sorted(ranked, key=lambda pair: pair[0])]
