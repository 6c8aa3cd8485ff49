"""What a comparison says as a whole: one verdict over the metrics that decide (STATISTICS §7).

The primary metrics decide, or all of them where none is primary. "Nothing changed" is an intersection-union test: it
holds when every deciding metric is NO MEANINGFUL CHANGE, and needs no correction (Berger 1982).
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.analyse.result import MetricResult, Verdict


def decisive(metrics: Sequence[MetricResult]) -> tuple[MetricResult, ...]:
    """The primary metrics; all of them where none is primary."""
    return tuple(metric for metric in metrics if metric.primary) or tuple(metrics)


def overall(metrics: Sequence[MetricResult]) -> Verdict:
    """The one verdict of metrics that decide: a regression outweighs an improvement, and either what stayed open."""
    found = {metric.verdict for metric in metrics}
    for verdict in (Verdict.REGRESSED, Verdict.IMPROVED):
        if verdict in found:
            return verdict
    return Verdict.NO_CHANGE if found == {Verdict.NO_CHANGE} else Verdict.INCONCLUSIVE
