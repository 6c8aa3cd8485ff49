"""How does one result read? A verdict with its ratio, interval, bar and remark, shared by cards, matrix and tables."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analyse.result import Comparison, MetricKey, MetricResult, TargetResult, Verdict
from bench.model import Better, Pairs, Scale
from bench.report import numbers
from bench.report.bars import Axis, bar
from bench.report.page import VerdictView
from bench.report.plain import one_line
from bench.report.text import Text
from bench.report.view import is_pair
from bench.report.words import ORDER, look, moved, telling_params, where


def ratio_words(result: MetricResult | TargetResult, unit: numbers.Shown) -> str:
    """The ratio in per cent; where it is none or 0 (counts, which can be 0) both values, as in "0 → 12"."""
    if not result.ratio and result.before is not None and result.after is not None:
        return f"{numbers.quantity(result.before, unit)} → {numbers.quantity(result.after, unit)}"
    return numbers.percent(result.ratio, result.interval, moved=moved(result))


def verdict_view(
    result: MetricResult | TargetResult, margin: float, better: Better, axis: Axis, unit: numbers.Shown, text: Text
) -> VerdictView:
    """`result` as it is shown; margin, better and unit are its metric's."""
    shown = look(result.verdict)
    ratio = text.line(ratio_words(result, unit))
    interval = text.line(numbers.percent_range(result.interval))
    label = text("bar.label", ratio=ratio, interval=interval, margin=numbers.margin(margin))
    if result.interval is None:
        label = text("bar.label.none", ratio=ratio, margin=numbers.margin(margin))
    return VerdictView(
        css=shown.css,
        symbol=shown.symbol,
        ratio=ratio,
        interval=interval,
        word=text(f"verdict.{result.verdict.name}"),
        reason=reason_words(result, margin, text),
        settle=text.line(result.settle),
        bar=bar(result, margin, better, axis, label),
    )


def reason_words(result: MetricResult | TargetResult, margin: float, text: Text) -> str:
    """Why a verdict is inconclusive, or how far a clear change goes; "" when there is nothing to add."""
    if result.reason is not None:
        return text(f"reason.{result.reason.name}")
    if isinstance(result, MetricResult) and result.clear and moved(result):
        return text("reason.clear", margin=numbers.share(f"{margin * 100:.3g}"))
    return ""


def unit_line(result: MetricResult, shown: numbers.Shown, text: Text) -> str:
    """The unit and direction of a metric, e.g. "Gbit/s, higher is better"."""
    way = text(f"better.{result.better.value}")
    unit = one_line(shown.name)
    if result.scale is Scale.COUNT:
        return text("unit.count", unit=unit, way=way)
    return text("unit.line", unit=unit, way=way) if unit else way


def result_unit(result: MetricResult) -> numbers.Shown:
    """The one unit for every value of a metric in a comparison."""
    if result.scale is Scale.COUNT:
        return numbers.Shown(result.unit, 1.0, counts=True)
    values = [result.before, result.after]
    for target in result.targets:
        values += [target.before, target.after]
    return numbers.shown_unit(values, result.unit)


def title(result: MetricResult) -> str:
    """The metric's title on one line."""
    return one_line(result.title) or one_line(result.key.metric)


def keys_in_order(comparisons: Sequence[Comparison]) -> list[MetricKey]:
    """Every metric of all comparisons once, by suite, then by where in it; each in the order of first appearance.

    In one place the metrics that speak for their suite come first.
    """
    metrics = [metric for comparison in comparisons for metric in comparison.metrics]
    keys = list(dict.fromkeys(metric.key for metric in metrics))
    leading = {metric.key for metric in metrics if metric.primary or metric.headline}
    suites: dict[str, int] = {}
    spots: dict[tuple[object, ...], int] = {}
    for key in keys:
        suites.setdefault(key.suite, len(suites))
        spots.setdefault((key.suite, key.case, key.part, key.params), len(spots))

    def rank(key: MetricKey) -> tuple[int, int, bool]:
        return suites[key.suite], spots[key.suite, key.case, key.part, key.params], key not in leading

    return sorted(keys, key=rank)


def places(comparisons: Sequence[Comparison]) -> dict[MetricKey, str]:
    """Where each metric was measured (case, part, telling parameters)."""
    keys = keys_in_order(comparisons)
    params: dict[MetricKey, Pairs] = telling_params(keys)
    return {key: where(key, params[key]) for key in keys}


def count_verdicts(metrics: Sequence[MetricResult]) -> dict[Verdict, int]:
    """How many metrics have each verdict."""
    counts = dict.fromkeys(Verdict, 0)
    for metric in metrics:
        counts[metric.verdict] += 1
    return counts


def counted_targets(names: Sequence[str], text: Text) -> str:
    """Targets counted, pairs as such: "2 targets", "1 pair", "2 targets, 1 pair"."""
    pairs = sum(map(is_pair, names))
    parts = [text.number("target", len(names) - pairs)] if len(names) > pairs or not pairs else []
    return text.listed([*parts, text.number("pair", pairs)] if pairs else parts)


def verdicts_in_words(metrics: Sequence[MetricResult], text: Text) -> str:
    """The verdicts counted, e.g. "5 metrics: 1 regressed, 4 no meaningful change."; "" without metrics."""
    counts = count_verdicts(metrics)
    parts = [
        text("trust.reason", number=numbers.count(counts[one]), reason=text(f"verdict.{one.name}"))
        for one in ORDER
        if counts[one]
    ]
    total = text.number("metric", len(metrics))
    return text("card.summary", metrics=total, parts=text.listed(parts)) if parts else ""
