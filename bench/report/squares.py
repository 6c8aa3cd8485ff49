"""What does each of two factors do, and do they interact? One table per 2×2 that the phases hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from bench.analyse.phases.designs import Effect, Interaction, Square, SquareMetric
from bench.analyse.result import MetricKey
from bench.report import numbers
from bench.report.bars import Axis
from bench.report.factors import factor_name
from bench.report.matrix import worth_a_look
from bench.report.page import SquareRow, SquareView, VerdictView
from bench.report.plain import one_line
from bench.report.steps import anchor_of, dropped_words, left_out_words, level_words, move_words, target_words
from bench.report.text import Text
from bench.report.verdicts import keys_in_order, places, result_unit, title, verdict_view
from bench.report.view import Report
from bench.report.words import moved

_Rows = tuple[tuple[str, tuple[SquareRow, ...]], ...]


def square_views(report: Report, axis: Axis, text: Text) -> tuple[SquareView, ...]:
    """One view per 2×2 of the report."""
    squares = report.factorial.squares if report.factorial is not None else ()
    return tuple(_view(report, square, axis, text) for square in squares)


def _view(report: Report, square: Square, axis: Axis, text: Text) -> SquareView:
    first, second = square.moves
    names = places(report.comparisons)
    metrics, shown = square_metrics(report, square)
    rows = [(one.key, _row(one, anchor_of(report, one.key), names[one.key], axis, text)) for one in metrics]
    hidden = [pair for pair in rows if pair[0] not in shown]
    return SquareView(
        title=text("factors.title", first=factor_name(first[0], text), second=factor_name(second[0], text)),
        sentences=tuple(sentences(square, text)),
        columns=(move_words(first, text), move_words(second, text), text("factors.interaction")),
        groups=_groups(report, (pair for pair in rows if pair[0] in shown)),
        more=_groups(report, hidden),
        more_title=text("matrix.more", metrics=text.number("further", len(hidden))),
    )


def square_metrics(report: Report, square: Square) -> tuple[list[SquareMetric], frozenset[MetricKey]]:
    """The metrics of a 2×2 in the report's order, and those that are worth a first look."""
    by_key = {one.key: one for one in square.metrics}
    keys = [key for key in keys_in_order(report.comparisons) if key in by_key]
    changed = (one.key for one in square.metrics if one.interaction.significant or any(map(moved, one.effects)))
    return [by_key[key] for key in keys], worth_a_look(report, keys, changed)


def sentences(square: Square, text: Text, *, lead: bool = True) -> list[str]:
    """What is said of a 2×2 as a whole: levels held, what is missing or left out; lead: how to read it."""
    found = [text("factors.held", levels=level_words(square.held, text))] if square.held else []
    if square.missing:
        return [*found, *(text("factors.missing", levels=level_words(one, text)) for one in square.missing)]
    if not square.metrics:
        found.append(text("factors.nothing"))
    elif lead:
        found.append(text("factors.lead"))
    if square.unused:
        found.append(text("factors.unused", tags=text.listed(square.unused)))
    found += left_out_words((pair for one in square.metrics for pair in one.left_out), text)
    found += dropped_words(square.dropped, text)
    if square.counts:
        found.append(text("factors.counts", metrics=text.number("metric", square.counts)))
    return found


def _row(one: SquareMetric, anchor: str, place: str, axis: Axis, text: Text) -> SquareRow:
    half = len(one.effects) // 2
    factors = (one.effects[:half], one.effects[half:])
    cells = tuple(tuple((level_words(e.held, text), _effect(e, one, axis, text)) for e in some) for some in factors)
    where = target_words(place, one.targets, one.left_out, text)
    return SquareRow(anchor, title(one.result), where, (*cells, (("", _interaction(one.interaction, text)),)))


def _effect(effect: Effect, one: SquareMetric, axis: Axis, text: Text) -> VerdictView:
    """An effect as a result of its metric is shown."""
    result = replace(
        one.result,
        ratio=effect.ratio,
        interval=effect.interval,
        p=effect.p,
        verdict=effect.verdict,
        reason=effect.reason,
        settle=effect.settle,
        clear=effect.clear,
    )
    return verdict_view(result, result.margin, result.better, axis, result_unit(result), text)


def _interaction(one: Interaction, text: Text) -> VerdictView:
    word = "factors.unknown" if one.p is None else "factors.interact" if one.significant else "factors.apart"
    return VerdictView(
        css="net",
        symbol="",
        ratio=text.line(numbers.percent(one.ratio, one.interval, moved=one.significant)),
        interval=text.line(numbers.percent_range(one.interval)),
        word=text(word),
        reason="",
        settle="",
        bar=None,
    )


def _groups(report: Report, rows: Iterable[tuple[MetricKey, SquareRow]]) -> _Rows:
    return tuple(
        (one_line(report.suite_title(suite)), tuple(row for _, row in some))
        for suite, some in groupby(rows, key=lambda pair: pair[0].suite)
    )
