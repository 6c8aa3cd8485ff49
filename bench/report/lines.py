"""Which lines does a comparison have in a table of text? The same for every output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.analyse.headline import decisive, overall
from bench.analyse.result import Comparison, MetricResult, TargetResult, Verdict
from bench.report import numbers
from bench.report.plain import one_line
from bench.report.ratios import LABELS
from bench.report.sequence import in_words
from bench.report.verdicts import count_verdicts, keys_in_order, places, ratio_words, result_unit, title
from bench.report.words import ORDER, look, verdict_words

FEW_TARGETS = 60
"""Rows of targets that are shown without being asked for."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of text; `target` is "" for the row over all targets."""

    suite: str
    metric: str
    target: str
    labels: tuple[str, ...]
    before: str
    after: str
    unit: str
    ratio: str
    interval: str
    verdict: Verdict
    words: str
    settle: str

    @property
    def symbol(self) -> str:
        """▲ better, ▼ worse, = no meaningful change, ? not decided."""
        return look(self.verdict).symbol


def lines(comparison: Comparison, *, targets: bool | None = None) -> list[Line]:
    """The rows of `comparison`: each metric over all targets, then its targets (None: while they are few)."""
    if targets is None:
        targets = sum(len(metric.targets) for metric in comparison.metrics) <= FEW_TARGETS
    names = places([comparison])
    by_key = {metric.key: metric for metric in comparison.metrics}
    found: list[Line] = []
    for key in keys_in_order([comparison]):
        metric = by_key[key]
        name = f"{title(metric)} ({names[key]})" if names[key] else title(metric)
        found.append(_line(metric, metric, name, ""))
        if targets:
            found += [_line(one, metric, name, one_line(one.target)) for one in metric.targets]
    return found


def _line(result: MetricResult | TargetResult, metric: MetricResult, name: str, target: str) -> Line:
    shown = result_unit(metric)
    labels = dict(result.labels) if isinstance(result, TargetResult) else {}
    return Line(
        suite=one_line(metric.key.suite),
        metric=name,
        target=target,
        labels=tuple(one_line(labels[name]) for name in LABELS if labels.get(name)),
        before=numbers.quantity(result.before, shown),
        after=numbers.quantity(result.after, shown),
        unit=one_line(shown.name),
        ratio=ratio_words(result, shown),
        interval=numbers.percent_range(result.interval),
        verdict=result.verdict,
        words=verdict_words(result.verdict, result.reason),
        settle=one_line(result.settle),
    )


def summary(comparison: Comparison) -> str:
    """The one verdict, and all of them counted: "Overall REGRESSED. 5 metrics: 1 regressed, 4 no meaningful change"."""
    metrics = comparison.metrics
    if not metrics:
        return "no metrics"
    deciding = decisive(metrics)
    said = f"Overall {overall(deciding).value.upper()}"
    if len(deciding) < len(metrics):
        said += f" ({_counted(deciding, 'primary ')})"
    return f"{said}. {_counted(metrics)}"


def _counted(metrics: Sequence[MetricResult], kind: str = "") -> str:
    counts = count_verdicts(metrics)
    said = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in ORDER if counts[verdict])
    return f"{len(metrics)} {kind}{'metric' if len(metrics) == 1 else 'metrics'}: {said}"


def heading(comparison: Comparison) -> str:
    """The tags of a comparison: "before → after"."""
    return f"{one_line(comparison.before)} → {one_line(comparison.after)}"


def remarks(comparison: Comparison) -> list[str]:
    """What must not be missed beside the table: attribution, warnings, exclusions."""
    found: list[str] = []
    judged = comparison.attribution
    if judged is not None:
        found.append(f"{judged.kind.value.upper()}: {one_line(judged.sentence)}")
        if judged.not_observed:
            found.append(f"Declared but not observed: {_joined(judged.not_observed)}")
        if judged.relocated:
            found.append(f"Moved to another host: {_joined(judged.relocated)}")
    if comparison.looks:
        found.append(f"Looks early: {in_words(comparison.looks[-1])}")
    found += [one_line(warning) for warning in comparison.warnings]
    found += [
        f"Excluded: {item.count} × {one_line(item.what)} ({one_line(item.cause)})" for item in comparison.excluded
    ]
    if comparison.details:
        found.append(
            f"{comparison.details} detail metrics are stored but not compared; name one as primary to compare it, "
            "or use `bench export`"
        )
    return found


def settles(rows: Iterable[Line]) -> dict[str, int]:
    """What would settle undecided metrics, with how many metrics each would settle; the most frequent first."""
    counts: dict[str, int] = {}
    for row in rows:
        if row.settle and not row.target:
            counts[row.settle] = counts.get(row.settle, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))


def _joined(names: Iterable[str]) -> str:
    return ", ".join(one_line(name) for name in names)
