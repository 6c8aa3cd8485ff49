"""Which numbers belong to which metric, step and target? The matrix, the ratio tables and the changed facts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from bench.analyse.result import (
    AttributionKind,
    Comparison,
    FactChange,
    GroupResult,
    MetricKey,
    MetricResult,
    TargetResult,
)
from bench.report import numbers
from bench.report.bars import Axis, axis_for
from bench.report.page import FactRow, FactTable, Matrix, MatrixGroup, MatrixRow, RatioBlock, RatioRow, RatioTable
from bench.report.plain import one_line
from bench.report.text import Text
from bench.report.verdicts import (
    keys_in_order,
    places,
    result_unit,
    title,
    unit_line,
    verdict_view,
    verdicts_in_words,
)
from bench.report.view import Report
from bench.report.words import ORDER, moved

LABELS = ("region", "size")
"""Labels that get a column of their own, where a target has them."""

MANY_METRICS = 24
"""Metrics up to which all of them stand in the matrix and all tables are open."""

MOST_TARGETS = 40
"""Targets shown per metric, worst first; the others are in the CSV."""


def page_axis(report: Report) -> Axis:
    """The one axis of all interval bars."""
    return axis_for(metric for comparison in report.comparisons for metric in comparison.metrics)


def matrix(report: Report, axis: Axis, text: Text) -> Matrix:
    """Metrics × steps, grouped by suite.

    Where there are many, only those are shown that lead their suite or that moved; the others lie in a fold.
    """
    names = places(report.comparisons)
    found = [{metric.key: metric for metric in comparison.metrics} for comparison in report.comparisons]
    keys = keys_in_order(report.comparisons)
    shown = _shown(report, keys)
    rows: dict[bool, list[tuple[str, MatrixRow]]] = {True: [], False: []}
    for number, key in enumerate(keys):
        results = [by_key.get(key) for by_key in found]
        rows[key in shown].append((key.suite, _matrix_row(number, results, names[key], axis, text)))
    low, high = axis.words
    return Matrix(
        tuple(_head(report, one, text) for one in report.comparisons),
        _groups(report, rows[True]),
        _groups(report, rows[False]),
        text("matrix.more", metrics=text.number("metric", len(rows[False]))),
        text("matrix.scale", low=low, high=high),
    )


def _shown(report: Report, keys: Sequence[MetricKey]) -> frozenset[MetricKey]:
    """The metrics that are worth a reader's first look: all while they are few, else those that lead or moved."""
    if len(keys) <= MANY_METRICS:
        return frozenset(keys)
    changed = {metric.key for one in report.comparisons for metric in one.metrics if moved(metric)}
    return report.leading | changed or frozenset(keys)


def _groups(report: Report, rows: Sequence[tuple[str, MatrixRow]]) -> tuple[MatrixGroup, ...]:
    return tuple(
        MatrixGroup(one_line(report.suite_title(suite)), tuple(row for _, row in some))
        for suite, some in groupby(rows, key=lambda pair: pair[0])
    )


def _head(report: Report, comparison: Comparison, text: Text) -> tuple[str, str]:
    before = one_line(comparison.before)
    return one_line(comparison.after), text(
        "matrix.whole" if report.is_whole(comparison) else "matrix.versus", before=before
    )


def _matrix_row(number: int, results: Sequence[MetricResult | None], place: str, axis: Axis, text: Text) -> MatrixRow:
    first = next(result for result in results if result is not None)
    step = next(index for index, result in enumerate(results) if result is not None)
    cells = tuple(
        None if result is None else verdict_view(result, result.margin, result.better, axis, result_unit(result), text)
        for result in results
    )
    shown = result_unit(first)
    return MatrixRow(f"s{step}-m{number}", title(first), place, unit_line(first, shown, text), first.primary, cells)


def ratio_tables(report: Report, axis: Axis, text: Text) -> tuple[RatioTable, ...]:
    """Every step in numbers: overall, by group and per target."""
    names = places(report.comparisons)
    order = {key: number for number, key in enumerate(keys_in_order(report.comparisons))}
    return tuple(
        _ratio_table(report, comparison, step, names, order, axis, text)
        for step, comparison in enumerate(report.comparisons)
    )


def _ratio_table(
    report: Report,
    comparison: Comparison,
    step: int,
    names: dict[MetricKey, str],
    order: dict[MetricKey, int],
    axis: Axis,
    text: Text,
) -> RatioTable:
    label_names = _label_names(comparison)
    metrics = sorted(comparison.metrics, key=lambda metric: order[metric.key])
    groups = tuple(
        (
            one_line(report.suite_title(suite)),
            tuple(
                _block(
                    metric,
                    f"s{step}-m{order[metric.key]}",
                    names[metric.key],
                    comparison.groups,
                    label_names,
                    axis,
                    text,
                )
                for metric in some
            ),
        )
        for suite, some in groupby(metrics, key=lambda metric: metric.key.suite)
    )
    return RatioTable(
        f"s{step}",
        one_line(comparison.before),
        one_line(comparison.after),
        label_names,
        groups,
        verdicts_in_words(comparison.metrics, text),
        step == 0 and len(metrics) <= MANY_METRICS,
    )


def _label_names(comparison: Comparison) -> tuple[str, ...]:
    present = {name for metric in comparison.metrics for target in metric.targets for name, _ in target.labels}
    return tuple(name for name in LABELS if name in present)


def _block(
    metric: MetricResult,
    anchor: str,
    place: str,
    groups: Sequence[GroupResult],
    label_names: tuple[str, ...],
    axis: Axis,
    text: Text,
) -> RatioBlock:
    shown = result_unit(metric)
    blank = ("",) * len(label_names)
    rows = [
        _row(
            "all",
            text("table.all", targets=text.number("target", len(metric.targets))),
            blank,
            metric,
            metric,
            shown,
            axis,
            text,
        )
    ]
    for group in groups:
        if group.result.key == metric.key and 1 < len(group.targets) < len(metric.targets):
            labels = tuple(one_line(dict(group.labels).get(name, "")) for name in label_names)
            name = text.number("target", len(group.targets))
            rows.append(_row("group", name, labels, group.result, metric, shown, axis, text))
    worst_first = sorted(metric.targets, key=lambda target: _worst(target, metric))
    for target in worst_first[:MOST_TARGETS]:
        labels = tuple(one_line(dict(target.labels).get(name, "")) for name in label_names)
        rows.append(_row("target", one_line(target.target), labels, target, metric, shown, axis, text))
    more = len(metric.targets) - MOST_TARGETS
    return RatioBlock(
        anchor,
        title(metric),
        place,
        unit_line(metric, shown, text),
        tuple(rows),
        tuple(one_line(warning) for warning in metric.warnings),
        text("table.hidden", more=numbers.count(more)) if more > 0 else "",
    )


def _row(
    level: str,
    name: str,
    labels: tuple[str, ...],
    result: MetricResult | TargetResult,
    metric: MetricResult,
    shown: numbers.Shown,
    axis: Axis,
    text: Text,
) -> RatioRow:
    note = ""
    if isinstance(result, TargetResult):
        notes = [text("table.relocated")] if result.relocated else []
        if result.interval is None and result.spread is not None:
            notes.append(text("table.spread", spread=f"{result.spread * 100:.2g} %"))
        note = "; ".join(notes)
    return RatioRow(
        level=level,
        name=name,
        labels=labels,
        before=numbers.quantity(result.before, shown),
        after=numbers.quantity(result.after, shown),
        verdict=verdict_view(result, metric.margin, metric.better, axis, shown, text),
        note=note,
    )


def _worst(target: TargetResult, metric: MetricResult) -> tuple[int, float, str]:
    """Regressed targets first, within a verdict the one that lost most; then by name."""
    ratio = target.ratio if target.ratio is not None and target.ratio > 0 else 1.0
    gain = math.log(ratio) * (1 if metric.better.value == "higher" else -1)
    return ORDER.index(target.verdict), gain, target.target


def fact_tables(report: Report, text: Text) -> tuple[FactTable, ...]:
    """What changed between the tags of each step, undeclared changes first."""
    found: list[FactTable] = []
    for comparison in report.comparisons:
        judged = comparison.attribution
        if judged is None or (judged.kind is AttributionKind.UNKNOWN and not judged.changes):
            continue
        rows = sorted((_fact(change, text) for change in judged.changes), key=lambda row: not row.warn)
        factors = "; ".join(
            text("facts.factor", name=one_line(name), before=one_line(before), after=one_line(after))
            for name, before, after in judged.factors
        )
        declared = text("facts.declared", factors=factors) if factors else ""
        found.append(
            FactTable(
                one_line(comparison.before),
                one_line(comparison.after),
                declared,
                one_line(judged.sentence),
                tuple(rows),
            )
        )
    return tuple(found)


def _fact(change: FactChange, text: Text) -> FactRow:
    number = len(change.targets)
    named = ", ".join(one_line(target) for target in change.targets[:3]) if number <= 3 else ""
    share = text("facts.share", number=numbers.count(number), total=numbers.count(change.total))
    return FactRow(
        layer=one_line(change.layer),
        name=one_line(change.name),
        before=one_line(change.before) or numbers.MISSING,
        after=one_line(change.after) or numbers.MISSING,
        targets=f"{named} ({share})" if named and number < change.total else share,
        declared=one_line(change.declared_by) or text("facts.undeclared"),
        warn=not change.declared_by,
    )
