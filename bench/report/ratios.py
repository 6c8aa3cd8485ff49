"""Where did it move? Every step in numbers: each metric over all targets, by group, and per target, worst first."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import groupby

from bench.analyse.result import Comparison, ControlEffect, Flag, GroupResult, MetricKey, MetricResult, TargetResult
from bench.model import Pairs
from bench.report import numbers
from bench.report.bars import Axis, bar
from bench.report.matrix import MANY_METRICS
from bench.report.page import RatioBlock, RatioRow, RatioTable, VerdictView
from bench.report.plain import one_line
from bench.report.text import Text
from bench.report.verdicts import (
    counted_targets,
    keys_in_order,
    places,
    result_unit,
    title,
    unit_line,
    verdict_view,
    verdicts_in_words,
)
from bench.report.view import Report, is_pair
from bench.report.words import ORDER

LABELS = ("region", "size")
"""Labels that get a column of their own, where a target has them."""

MOST_TARGETS, LEAST_TARGETS, MOST_ROWS = 40, 3, 1500
"""Targets shown per metric, at most and at least, and rows of targets on the page; the others are in the CSV."""


@dataclass(frozen=True, slots=True)
class _Step:
    """What the tables of one step share: its number, the place and number of every metric, and how to show them."""

    number: int
    comparison: Comparison
    places: dict[MetricKey, str]
    numbers: dict[MetricKey, int]
    label_names: tuple[str, ...]
    most: int
    axis: Axis
    text: Text

    def labels(self, found: Pairs) -> tuple[str, ...]:
        """The label columns of a target or group."""
        known = dict(found)
        return tuple(one_line(known.get(name, "")) for name in self.label_names)


def ratio_tables(report: Report, axis: Axis, text: Text) -> tuple[RatioTable, ...]:
    """One table per step of the report."""
    names = places(report.comparisons)
    order = {key: number for number, key in enumerate(keys_in_order(report.comparisons))}
    blocks = sum(len(comparison.metrics) for comparison in report.comparisons)
    most = max(LEAST_TARGETS, min(MOST_TARGETS, MOST_ROWS // max(1, blocks)))
    return tuple(
        _table(report, _Step(number, one, names, order, _label_names(one), most, axis, text))
        for number, one in enumerate(report.comparisons)
    )


def _label_names(comparison: Comparison) -> tuple[str, ...]:
    present = {name for metric in comparison.metrics for target in metric.targets for name, _ in target.labels}
    return tuple(name for name in LABELS if name in present)


def _table(report: Report, step: _Step) -> RatioTable:
    metrics = sorted(step.comparison.metrics, key=lambda metric: step.numbers[metric.key])
    groups = tuple(
        (one_line(report.suite_title(suite)), tuple(_block(metric, step) for metric in some))
        for suite, some in groupby(metrics, key=lambda metric: metric.key.suite)
    )
    return RatioTable(
        anchor=f"s{step.number}",
        before=one_line(step.comparison.before),
        after=one_line(step.comparison.after),
        label_names=step.label_names,
        groups=groups,
        summary=verdicts_in_words(metrics, step.text),
        open=step.number == 0 and len(metrics) <= MANY_METRICS,
    )


def _block(metric: MetricResult, step: _Step) -> RatioBlock:
    shown = result_unit(metric)
    number = len(metric.targets)
    counted = counted_targets([one.target for one in metric.targets if not one.control], step.text)
    rows = [_row("all", step.text("table.all", targets=counted), metric, (), metric, step)]
    if metric.controls is not None:
        rows.append(_net(metric, metric.controls, step))
    rows += [
        _row("group", _group(group, step.text), group.result, group.labels, metric, step)
        for group in step.comparison.groups
        if group.result.key == metric.key and 1 < len(group.targets) < number
    ]
    ranked = sorted(metric.targets, key=lambda target: worst_first(target, metric))
    rows += [_row("target", one_line(one.target), one, one.labels, metric, step) for one in ranked[: step.most]]
    more = number - step.most
    return RatioBlock(
        anchor=f"s{step.number}-m{step.numbers[metric.key]}",
        title=title(metric),
        where=step.places[metric.key],
        unit=unit_line(metric, shown, step.text),
        rows=tuple(rows),
        warnings=tuple(map(step.text.line, metric.warnings)),
        flags=tuple(_flag(flag, step.text) for flag in metric.flags),
        hidden=step.text("table.hidden", more=numbers.count(more)) if more > 0 else "",
    )


def _row(
    level: str, name: str, result: MetricResult | TargetResult, labels: Pairs, metric: MetricResult, step: _Step
) -> RatioRow:
    shown = result_unit(metric)
    return RatioRow(
        level=level,
        name=name,
        labels=step.labels(labels),
        before=numbers.quantity(result.before, shown),
        after=numbers.quantity(result.after, shown),
        verdict=verdict_view(result, metric.margin, metric.better, step.axis, shown, step.text),
        note=_note(result, step.text) if isinstance(result, TargetResult) else "",
    )


def _group(group: GroupResult, text: Text) -> str:
    """A group by the number of its targets, and why it is apart: its labels have columns of their own."""
    labels, targets = dict(group.labels), counted_targets(group.targets, text)
    name = text("table.controls", targets=targets) if "control" in labels else targets
    return text.listed((name, text("table.relocated"))) if "host" in labels else name


def _net(metric: MetricResult, effect: ControlEffect, step: _Step) -> RatioRow:
    """The row of the effect with that of the controls taken off; it has no verdict."""
    shown, text = replace(metric, ratio=effect.net, interval=effect.net_interval), step.text
    own = numbers.percent(effect.ratio, effect.interval)
    said = "table.net.own" if effect.interval is not None else "table.net.alone"
    label = text("table.net", controls=text.number("control", effect.targets))
    return RatioRow(
        level="net",
        name=label,
        labels=step.labels(()),
        before="",
        after="",
        verdict=VerdictView(
            css="net",
            symbol="",
            ratio=text.line(numbers.percent(effect.net, effect.net_interval)),
            interval=text.line(numbers.percent_range(effect.net_interval)),
            word=text(said, ratio=own, interval=numbers.percent_range(effect.interval)),
            reason="",
            settle="",
            bar=bar(shown, metric.margin, metric.better, step.axis, label),
        ),
    )


def _note(target: TargetResult, text: Text) -> str:
    """What is special about a target: a control, another host, or how far it scatters where nothing better is known."""
    notes = [text("table.control.pair" if is_pair(target.target) else "table.control")] if target.control else []
    notes += [text("table.relocated")] if target.relocated else []
    if target.interval is None and target.spread is not None:
        notes.append(text("table.spread", spread=numbers.share(f"{target.spread * 100:.2g}")))
    return text.listed(notes, "semicolon")


def _flag(flag: Flag, text: Text) -> str:
    return text("table.flag", kind=text(f"flag.{flag.kind.name}"), sentence=text.line(flag.sentence))


def worst_first(target: TargetResult, metric: MetricResult) -> tuple[int, float, str]:
    """Regressed targets first, within a verdict the one that lost most; then by name."""
    ratio = target.ratio if target.ratio is not None and target.ratio > 0 else 1.0
    gain = math.log(ratio) * (1 if metric.better.value == "higher" else -1)
    return ORDER.index(target.verdict), gain, target.target
