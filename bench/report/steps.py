"""How much did each step contribute? The steps along the phases and their total, one row per metric."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from bench.analyse.phases.designs import Move, Path, PathMetric, PathStep
from bench.analyse.result import MetricKey
from bench.model import Pairs
from bench.report.bars import Axis
from bench.report.factors import factor_name
from bench.report.matrix import cell, worth_a_look
from bench.report.numbers import count
from bench.report.page import Matrix, MatrixGroup, MatrixRow, StepsView
from bench.report.plain import one_line
from bench.report.text import Text
from bench.report.verdicts import counted_targets, keys_in_order, places, result_unit, title, unit_line
from bench.report.view import Report
from bench.report.words import moved

MOST_NAMED = 6
"""Targets that were left out which are named."""


def steps_view(report: Report, axis: Axis, text: Text) -> StepsView | None:
    """The steps of the report's path; None for a report of two phases."""
    if report.factorial is None:
        return None
    path, names = report.factorial.path, places(report.comparisons)
    metrics, shown = path_metrics(report, path)
    rows = [(one.key, _row(one, anchor_of(report, one.key), names[one.key], axis, text)) for one in metrics]
    matrix = Matrix(
        columns=(*(_head(step, text) for step in path.steps), _total(path, text)),
        groups=_groups(report, (pair for pair in rows if pair[0] in shown)),
        more=_groups(report, (pair for pair in rows if pair[0] not in shown)),
        more_title=text("matrix.more", metrics=text.number("further", len(rows) - len(shown))),
        scale="",
    )
    left_out = [(name, why) for one in path.metrics for name, why in one.left_out]
    notes = [*left_out_words(left_out, text), *dropped_words(path.dropped, text)]
    return StepsView(text("steps.lead"), matrix, tuple(notes))


def path_metrics(report: Report, path: Path) -> tuple[list[PathMetric], frozenset[MetricKey]]:
    """The metrics of the path in the report's order, and those that are worth a first look."""
    by_key = {one.key: one for one in path.metrics}
    keys = [key for key in keys_in_order(report.comparisons) if key in by_key]
    changed = (one.key for one in path.metrics if any(map(moved, (*one.steps, one.total))))
    return [by_key[key] for key in keys], worth_a_look(report, keys, changed)


def anchor_of(report: Report, key: MetricKey) -> str:
    """Where the page has the numbers of a metric: in the first ratio table that it is in."""
    number = keys_in_order(report.comparisons).index(key)
    step = next(place for place, one in enumerate(report.comparisons) if any(m.key == key for m in one.metrics))
    return f"s{step}-m{number}"


def move_words(move: Move, text: Text) -> str:
    """A factor with its levels before and after."""
    name, before, after = move
    return text("steps.move", name=factor_name(name, text), before=text.line(before), after=text.line(after))


def level_words(levels: Pairs, text: Text) -> str:
    """Factors with the levels that they are held at."""
    return text.listed(
        text("steps.level", name=factor_name(name, text), level=one_line(str(level))) for name, level in levels
    )


def left_out_words(left_out: Iterable[tuple[str, str]], text: Text) -> list[str]:
    """Who was left out and why, in one sentence; none when nobody was."""
    said = [
        text("steps.left_out.one", target=one_line(target), why=text.line(why))
        for target, why in dict.fromkeys(left_out)
    ]
    if not said:
        return []
    named = text.listed(said[:MOST_NAMED])
    if len(said) > MOST_NAMED:
        named = text("names.more", names=named, more=count(len(said) - MOST_NAMED))
    return [text("steps.left_out", targets=named)]


def dropped_words(number: int, text: Text) -> list[str]:
    """How many metrics nothing can be said of."""
    return [text("steps.dropped", metrics=text.number("metric", number))] if number else []


def target_words(place: str, targets: tuple[str, ...], left_out: Pairs, text: Text) -> str:
    """Where a metric was measured, with the number of its targets where some were left out."""
    if not left_out:
        return place
    counted = counted_targets(targets, text)
    return text("steps.where", where=place, targets=counted) if place else counted


def _head(step: PathStep, text: Text) -> tuple[str, str]:
    before, after = one_line(step.before), one_line(step.after)
    if len(step.moved) > 1:
        sub = text("steps.joint", before=before, after=after)
    elif step.moved and step.held:
        sub = text("steps.held", before=before, after=after, levels=level_words(step.held, text))
    else:
        sub = text("steps.between", before=before, after=after)
    return text.listed(move_words(move, text) for move in step.moved) or text("steps.none"), sub


def _total(path: Path, text: Text) -> tuple[str, str]:
    before, after = one_line(path.steps[0].before), one_line(path.steps[-1].after)
    return text("steps.total"), text("steps.between", before=before, after=after)


def _row(one: PathMetric, anchor: str, place: str, axis: Axis, text: Text) -> MatrixRow:
    shown = result_unit(one.total)
    where = target_words(place, one.targets, one.left_out, text)
    cells = tuple(cell(result, "", axis, text) for result in (*one.steps, one.total))
    return MatrixRow(anchor, title(one.total), where, unit_line(one.total, shown, text), one.total.primary, cells)


def _groups(report: Report, rows: Iterable[tuple[MetricKey, MatrixRow]]) -> tuple[MatrixGroup, ...]:
    return tuple(
        MatrixGroup(one_line(report.suite_title(suite)), tuple(row for _, row in some))
        for suite, some in groupby(rows, key=lambda pair: pair[0].suite)
    )
