"""What moved, at a glance? Metrics × steps with one bar each; where there are many, only those worth a first look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby, islice

from bench.analyse.result import Comparison, FlagKind, MetricKey, MetricResult
from bench.report.bars import Axis, axis_for
from bench.report.details import details
from bench.report.ladder import who
from bench.report.page import Matrix, MatrixGroup, MatrixRow, VerdictView
from bench.report.plain import one_line
from bench.report.text import Text
from bench.report.verdicts import keys_in_order, places, result_unit, title, unit_line, verdict_view
from bench.report.view import Report
from bench.report.words import moved

MANY_METRICS = 12
"""Metrics up to which all of them stand in the matrix and the first ratio table is open."""


FEW_METRICS = 3
"""Metrics shown of a suite of which none leads or moved."""


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
    shown = worth_a_look(report, keys)
    rows: dict[bool, list[tuple[str, MatrixRow]]] = {True: [], False: []}
    for number, key in enumerate(keys):
        results = [by_key.get(key) for by_key in found]
        rows[key in shown].append((key.suite, _matrix_row(number, results, names[key], axis, text)))
    low, high = axis.words
    return Matrix(
        tuple(_head(report, one, text) for one in report.comparisons),
        _groups(report, rows[True]),
        _groups(report, rows[False]),
        text("matrix.more", metrics=text.number("further", len(rows[False]))),
        text("matrix.scale", low=low, high=high),
    )


def worth_a_look(
    report: Report, keys: Sequence[MetricKey], changed_too: Iterable[MetricKey] = ()
) -> frozenset[MetricKey]:
    """Those of `keys` that are worth a reader's first look: all while they are few, else those that lead or moved.

    changed_too: metrics that moved by more than the report's comparisons say. A suite that has none of these is not
    hidden: its first few metrics are shown.
    """
    if len(keys) <= MANY_METRICS:
        return frozenset(keys)
    changed = {metric.key for one in report.comparisons for metric in one.metrics if moved(metric)}
    shown = (report.leading | changed | frozenset(changed_too)) & frozenset(keys)
    heard = {key.suite for key in shown}
    for suite, some in groupby(keys, key=lambda key: key.suite):
        if suite not in heard:
            shown |= frozenset(islice(some, FEW_METRICS))
    return shown


def _groups(report: Report, rows: Sequence[tuple[str, MatrixRow]]) -> tuple[MatrixGroup, ...]:
    return tuple(
        MatrixGroup(one_line(report.suite_title(suite)), tuple(row for _, row in some))
        for suite, some in groupby(rows, key=lambda pair: pair[0])
    )


def _head(report: Report, comparison: Comparison, text: Text) -> tuple[str, str]:
    """What a step is called and, below it, from which phase to which."""
    before, after = one_line(comparison.before), one_line(comparison.after)
    between = text("matrix.step", before=before, after=after)
    if report.is_whole(comparison):
        return text("card.whole"), between
    if comparison.attribution is not None and comparison.attribution.factors:
        return who(comparison, text), between
    return after, text("matrix.versus", before=before)


def _matrix_row(number: int, results: Sequence[MetricResult | None], place: str, axis: Axis, text: Text) -> MatrixRow:
    first = next(result for result in results if result is not None)
    step = next(index for index, result in enumerate(results) if result is not None)
    cells = tuple(
        None if result is None else cell(result, f"s{step}-m{number}", axis, text)
        for step, result in enumerate(results)
    )
    shown = result_unit(first)
    kinds = {flag.kind for result in results if result is not None for flag in result.flags}
    flags = tuple(text(f"flag.{kind.name}") for kind in FlagKind if kind in kinds)
    unit = unit_line(first, shown, text)
    return MatrixRow(f"s{step}-m{number}", title(first), place, unit, first.primary, cells, flags)


def cell(result: MetricResult, anchor: str, axis: Axis, text: Text) -> VerdictView:
    """A result as a cell of the matrix; anchor: where the page has its targets, "" when it has no rows of its own."""
    view = verdict_view(result, result.margin, result.better, axis, result_unit(result), text)
    return replace(view, details=details(result, anchor, text))
