"""Where did it move? Every step in numbers: each metric over all targets, then by group, worst first.

The rows of a metric are its groups, and each target that is in no group with others, as in a table by region and size.
The targets one by one lie in a fold beneath. Of a large fleet only so many rows are on the page (`rooms.py`); the
others are counted by verdict, and the CSV has them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from bench.analyse.result import Comparison, Flag, GroupResult, MetricKey, MetricResult, TargetResult
from bench.report.bars import Axis
from bench.report.matrix import MANY_METRICS
from bench.report.numbers import count
from bench.report.plain import one_line
from bench.report.ratio_rows import Rows, rank, worst_first
from bench.report.rooms import left_over, rooms
from bench.report.settling import settlements, shared_warnings
from bench.report.tables import RatioBlock, RatioFold, RatioTable
from bench.report.text import Text
from bench.report.verdicts import (
    counted_targets,
    keys_in_order,
    places,
    result_unit,
    title,
    unit_line,
    verdicts_in_words,
)
from bench.report.view import Report
from bench.report.words import moved, to_open

LABELS = ("region", "size")
"""Labels that get a column of their own, where a target has them."""

MOST_ROWS, LEAST_ROWS = 600, 3
"""Rows of groups and targets on the page in all, and what every metric of every step gets before those that moved do,
as long as that is half of them at most."""

MOST_GROUPS, MOST_TARGETS = 24, 40
"""Rows of groups, and of targets one by one, of one metric in one step."""

FOR_GROUPS = 0.6
"""What share of the rows of a metric its groups may take where its targets lie in a fold."""

FEW_TARGETS = 12
"""Targets in no group with others, up to which they stand among the groups."""


Piece = GroupResult | TargetResult
"""What has a row of its own among the groups."""


@dataclass(frozen=True, slots=True)
class _Step:
    """What the tables of one step share: its number, the place and number of every metric, and how to show them.

    rooms: how many rows each metric has. groups: those of each metric.
    """

    number: int
    comparison: Comparison
    places: dict[MetricKey, str]
    numbers: dict[MetricKey, int]
    label_names: tuple[str, ...]
    rooms: dict[MetricKey, int]
    groups: dict[MetricKey, list[GroupResult]]
    axis: Axis
    text: Text


def ratio_tables(report: Report, axis: Axis, text: Text) -> tuple[RatioTable, ...]:
    """One table per step of the report."""
    names = places(report.comparisons)
    order = {key: number for number, key in enumerate(keys_in_order(report.comparisons))}
    groups = [_groups(comparison) for comparison in report.comparisons]
    shares = iter(_shares(report, groups))
    steps = [
        _Step(
            number,
            one,
            names,
            order,
            _label_names(one),
            {metric.key: next(shares) for metric in one.metrics},
            groups[number],
            axis,
            text,
        )
        for number, one in enumerate(report.comparisons)
    ]
    return tuple(_table(report, step) for step in steps)


def _groups(comparison: Comparison) -> dict[MetricKey, list[GroupResult]]:
    """The groups of every metric that have several targets, but not all of them."""
    found: dict[MetricKey, list[GroupResult]] = {metric.key: [] for metric in comparison.metrics}
    sizes = {metric.key: len(metric.targets) for metric in comparison.metrics}
    for group in comparison.groups:
        if 1 < len(group.targets) < sizes.get(group.result.key, 0):
            found[group.result.key].append(group)
    return found


def _shares(report: Report, groups: Sequence[dict[MetricKey, list[GroupResult]]]) -> list[int]:
    """How many rows every metric of every step has: those that lead, or that moved anywhere, come first."""
    needs: list[int] = []
    first: list[bool] = []
    for comparison, some in zip(report.comparisons, groups, strict=True):
        for metric in comparison.metrics:
            mine = some[metric.key]
            needs.append(min(len(mine), MOST_GROUPS) + min(len(metric.targets), MOST_TARGETS))
            results: list[MetricResult | TargetResult] = [metric, *(group.result for group in mine), *metric.targets]
            anywhere = any(moved(one) for one in results)
            first.append(anywhere or metric.key in report.leading)
    return rooms(needs, first, MOST_ROWS, min(LEAST_ROWS, MOST_ROWS // 2 // max(1, len(needs))))


def _label_names(comparison: Comparison) -> tuple[str, ...]:
    present = {name for metric in comparison.metrics for target in metric.targets for name, _ in target.labels}
    return tuple(name for name in LABELS if name in present)


def _table(report: Report, step: _Step) -> RatioTable:
    metrics = sorted(step.comparison.metrics, key=lambda metric: step.numbers[metric.key])
    warnings, settle = shared_warnings(metrics, step.text), settlements(_everything(metrics, step), step.text)
    told = {sentence for remark in (*warnings, *settle) for sentence in remark.sentences}
    bands = {margin: f"s{step.number}-b{number}" for number, margin in enumerate(sorted({m.margin for m in metrics}))}
    groups = tuple(
        (
            one_line(report.suite_title(suite)),
            tuple(_block(metric, step, told, bands[metric.margin]) for metric in some),
        )
        for suite, some in groupby(metrics, key=lambda metric: metric.key.suite)
    )
    return RatioTable(
        anchor=f"s{step.number}",
        before=one_line(step.comparison.before),
        after=one_line(step.comparison.after),
        label_names=step.label_names,
        groups=groups,
        summary=verdicts_in_words(metrics, step.text),
        open=step.comparison is to_open(report.comparisons) and len(metrics) <= MANY_METRICS,
        warnings=warnings,
        settle=settle,
        short=any(one.hidden or (one.fold and one.fold.hidden) for _, blocks in groups for one in blocks),
        bands=tuple((name, *step.axis.band(margin)) for margin, name in bands.items()),
    )


def _everything(metrics: Sequence[MetricResult], step: _Step) -> Iterator[MetricResult | TargetResult]:
    """Every result of a step: over all targets first, so that their sentences lead."""
    yield from metrics
    for metric in metrics:
        yield from (group.result for group in step.groups[metric.key])
        yield from metric.targets


def _block(metric: MetricResult, step: _Step, told: set[str], band: str) -> RatioBlock:
    text, room, pieces = step.text, step.rooms[metric.key], _pieces(metric, step.groups[metric.key])
    targets = sorted(metric.targets, key=lambda one: worst_first(one, metric))
    ranks = {one.target: number for number, one in enumerate(targets)}
    rows = Rows(metric, ranks, result_unit(metric), step.label_names, step.axis, text)
    in_fold = any(isinstance(one, GroupResult) for one in pieces) or not pieces
    above = pieces[: min(MOST_GROUPS, math.ceil(room * FOR_GROUPS) if in_fold else room)]
    net = [rows.net(metric.controls)] if metric.controls is not None else []
    made = [rows.group(one) if isinstance(one, GroupResult) else rows.target(one) for one in above]
    settle = text.line(metric.settle)
    left = [one.result for one in pieces[len(above) :] if isinstance(one, GroupResult)]
    return RatioBlock(
        anchor=f"s{step.number}-m{step.numbers[metric.key]}",
        title=title(metric),
        where=step.places[metric.key],
        unit=unit_line(metric, rows.unit, text),
        rows=(rows.all(), *net, *made),
        warnings=tuple(said for warning in metric.warnings if (said := text.line(warning)) not in told),
        flags=tuple(_flag(flag, text) for flag in metric.flags),
        settle=text("table.settle.one", settle=settle) if settle and settle not in told else "",
        hidden=left_over(text.number("more_group", len(left)), left, text),
        fold=_fold(rows, targets, above, room - len(above)),
        band=band,
    )


def _pieces(metric: MetricResult, groups: Sequence[GroupResult]) -> list[Piece]:
    """The groups of a metric and its few targets that are in none, worst first."""
    grouped = {name for group in groups for name in group.targets}
    singles = [target for target in metric.targets if target.target not in grouped]
    ranked: list[tuple[tuple[int, float], str, Piece]] = [
        (rank(one.result, metric), one.targets[0], one) for one in groups
    ]
    if len(singles) <= FEW_TARGETS:
        ranked += [(rank(one, metric), one.target, one) for one in singles]
    return [one for _, _, one in sorted(ranked, key=lambda item: item[:2])]


def _fold(rows: Rows, worst: Sequence[TargetResult], above: Sequence[Piece], room: int) -> RatioFold | None:
    """The targets that have no row above, worst first, as many as there is room for."""
    text = rows.text
    alone = {one.target for one in above if isinstance(one, TargetResult)}
    targets = [one for one in worst if one.target not in alone]
    if not targets:
        return None
    some = targets[: min(room, MOST_TARGETS)]
    left = targets[len(some) :]
    counted = counted_targets([one.target for one in targets], text)
    key = "table.fold" if not left else "table.fold.some"
    return RatioFold(
        title=text(key, targets=counted, shown=count(len(some))),
        rows=tuple(rows.target(one) for one in some),
        hidden=left_over(text.number("more_target", len(left)), left, text),
    )


def _flag(flag: Flag, text: Text) -> str:
    return text("table.flag", kind=text(f"flag.{flag.kind.name}"), sentence=text.line(flag.sentence))
