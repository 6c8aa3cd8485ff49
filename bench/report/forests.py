"""Which rows does a forest plot have? The pooled result, groups, and targets, worst first, the rest counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bench.analyse.result import Comparison, GroupResult, MetricKey, MetricResult, TargetResult
from bench.report import numbers
from bench.report.bars import Axis, axis_for
from bench.report.charts.forest import Forest, ForestRow, forest_chart
from bench.report.fleet_views import Picture
from bench.report.plain import one_line
from bench.report.ratio_rows import rank, worst_first
from bench.report.ratios import LABELS
from bench.report.text import Text
from bench.report.verdicts import counted_targets, ratio_words, result_unit, title
from bench.report.view import Report
from bench.report.words import ORDER, look

MOST_FORESTS = 6
"""Forests of one step."""
MOST_TARGETS, MOST_GROUPS = 12, 8
"""Rows of one forest."""
_SAID = 5
"""Rows that its description says in words."""


def candidates(report: Report, comparison: Comparison) -> list[MetricResult]:
    """The leading metrics of a step that have a ratio of at least two targets, those that moved first."""
    leading = report.leading
    found = [
        metric
        for metric in comparison.metrics
        if metric.key in leading and sum(one.ratio is not None for one in metric.targets) > 1
    ]
    return sorted(found, key=lambda metric: (not metric.primary, ORDER.index(metric.verdict)))


def forest_axis(report: Report) -> Axis:
    """The one axis of all forests of a report: most intervals of single targets are whole in it."""
    return axis_for(
        replace(metric, ratio=one.ratio, interval=one.interval)
        for comparison in report.comparisons
        for metric in candidates(report, comparison)[:MOST_FORESTS]
        for one in metric.targets
        if one.ratio is not None
    )


def forests(
    report: Report, comparison: Comparison, axis: Axis, places: dict[MetricKey, str], text: Text
) -> list[Picture]:
    """A forest for each of the first leading metrics of a step."""
    return [
        _picture(metric, comparison, axis, places[metric.key], text)
        for metric in candidates(report, comparison)[:MOST_FORESTS]
    ]


def _picture(metric: MetricResult, comparison: Comparison, axis: Axis, place: str, text: Text) -> Picture:
    rows = tuple(_rows(metric, comparison, text))
    forest = Forest(
        rows,
        metric.better,
        metric.margin,
        axis,
        text("forest.worse"),
        text("forest.better"),
        text.line(numbers.share("{}")),
    )
    named = f"{title(metric)} ({place})" if place else title(metric)
    counted = counted_targets([one.target for one in metric.targets], text)
    note = text(
        "forest.note", targets=counted, way=text(f"better.{metric.better.value}"), margin=numbers.margin(metric.margin)
    )
    if any(one.relocated for one in metric.targets):
        note = text("forest.moved.note", note=note)
    return Picture(named, note, forest_chart(forest, named, _describe(metric, comparison, rows, text)))


def _rows(metric: MetricResult, comparison: Comparison, text: Text) -> Iterator[ForestRow]:
    pooled = counted_targets([one.target for one in metric.targets if one.pooled], text)
    yield _row("all", text("forest.all", targets=pooled), metric, metric, text)
    effect = metric.controls
    if effect is not None and effect.net is not None:
        net = replace(metric, ratio=effect.net, interval=effect.net_interval)
        yield replace(_row("net", text("forest.net"), net, metric, text), css="net", said=text.line(_percent(net)))
    mine = (one for one in comparison.groups if one.result.key == metric.key)
    parts = (one for one in mine if 1 < len(one.targets) < len(metric.targets))
    groups = sorted(parts, key=lambda one: rank(one.result, metric))
    for group in groups[:MOST_GROUPS]:
        yield _row("group", group_name(group, text), group.result, metric, text)
    yield from _rest("group", [group.result.ratio for group in groups[MOST_GROUPS:]], text)
    ranked = sorted((one for one in metric.targets if one.ratio is not None), key=lambda one: worst_first(one, metric))
    most = MOST_TARGETS if len(ranked) > MOST_TARGETS + 1 else len(ranked)
    for one in ranked[:most]:
        name = one_line(one.target)
        yield _row("target", text("forest.moved", name=name) if one.relocated else name, one, metric, text)
    yield from _rest("rest", [one.ratio for one in ranked[most:]], text)


def _rest(noun: str, ratios: Iterable[float | None], text: Text) -> Iterator[ForestRow]:
    """One row for all that have none of their own: how many, and from where to where their ratios lie."""
    if rest := [ratio for ratio in ratios if ratio is not None]:
        low, high = min(rest), max(rest)
        said = text.line(numbers.share(numbers.spread(f"{low * 100:.0f}", f"{high * 100:.0f}")))
        yield ForestRow("rest", text.number(noun, len(rest)), "same", said, low, low, high)


def group_name(group: GroupResult, text: Text) -> str:
    """A group by its labels and the number of its targets."""
    labels = dict(group.labels)
    named = [one_line(labels[name]) for name in LABELS if labels.get(name)]
    named += [text("table.relocated")] if "host" in labels else []
    if "control" in labels:
        named = [text("forest.controls")]
    return text("forest.group", name=" · ".join(named), number=numbers.count(len(group.targets)))


def _row(kind: str, name: str, result: MetricResult | TargetResult, metric: MetricResult, text: Text) -> ForestRow:
    shown = look(result.verdict)
    low, high = (None, None) if result.interval is None else (result.interval.low, result.interval.high)
    return ForestRow(
        kind, name, shown.css, f"{shown.symbol} {text.line(_said(result, metric))}", result.ratio, low, high
    )


def _said(result: MetricResult | TargetResult, metric: MetricResult) -> str:
    return ratio_words(result, result_unit(metric))


def _percent(result: MetricResult) -> str:
    return numbers.percent(result.ratio, result.interval)


def _describe(metric: MetricResult, comparison: Comparison, rows: Iterable[ForestRow], text: Text) -> str:
    """The forest in words: the verdict over all, then the first rows with their ratios."""
    targets = sorted(metric.targets, key=lambda one: worst_first(one, metric))
    known = [one for one in targets if one.ratio is not None]
    said = text.listed(
        (
            text(
                "forest.row",
                name=one_line(one.target),
                ratio=_said(one, metric),
                interval=numbers.percent_range(one.interval),
                verdict=text(f"verdict.{one.verdict.name}"),
            )
            for one in known[:_SAID]
        ),
        "semicolon",
    )
    more = len(known) - _SAID
    return text(
        "forest.describe.more" if more > 0 else "forest.describe",
        before=one_line(comparison.before),
        after=one_line(comparison.after),
        ratio=_said(metric, metric),
        interval=numbers.percent_range(metric.interval),
        verdict=text(f"verdict.{metric.verdict.name}"),
        targets=said,
        rest=text.number("rest", more),
    )
