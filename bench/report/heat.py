"""Which machines moved in which metrics? The heat map of one step: targets × leading metrics, worst first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby

from bench.analyse.result import Comparison, GroupResult, MetricKey, MetricResult, TargetResult, Verdict
from bench.report.fleet_views import HeatCell, HeatMap, HeatRow
from bench.report.forests import group_name
from bench.report.plain import one_line
from bench.report.ratio_rows import rank
from bench.report.text import Text
from bench.report.verdicts import keys_in_order, ratio_words, result_unit, title
from bench.report.view import Report
from bench.report.words import look, moved

LEAST_COLUMNS, MOST_COLUMNS, MOST_ROWS, MOST_GROUPS = 6, 12, 40, 12
"""Metrics (others follow where few lead), targets and groups of one heat map; the tables and the CSV have all."""
_SHADES = (2.0, 5.0)
"""A change is of the second shade from so many margins on, and of the third."""


def heat_map(report: Report, comparison: Comparison, places: dict[MetricKey, str], text: Text) -> HeatMap:
    """The heat map of one step: leading metrics, primary ones first where there are too many."""
    metrics = columns(report, comparison)
    targets = _targets(metrics)
    by_metric = [{one.target: one for one in metric.targets} for metric in metrics]
    ranked = sorted(
        targets,
        key=lambda name: _rank(
            name, [(found[name], metric) for metric, found in zip(metrics, by_metric, strict=True) if name in found]
        ),
    )
    rows = tuple(
        HeatRow(
            one_line(name),
            _note(name, by_metric, text),
            tuple(_cell(found.get(name), metric) for metric, found in zip(metrics, by_metric, strict=True)),
        )
        for name in ranked[:MOST_ROWS]
    )
    more = len(ranked) - MOST_ROWS
    groups = _groups(comparison, metrics, len(targets), text)
    suites = tuple(
        (one_line(report.suite_title(suite)), len(list(some)))
        for suite, some in groupby(metrics, key=lambda metric: metric.key.suite)
    )
    before, after = one_line(comparison.before), one_line(comparison.after)
    return HeatMap(
        text("heat.label", before=before, after=after),
        suites,
        tuple((title(metric), places[metric.key]) for metric in metrics),
        groups[:MOST_GROUPS],
        text("heat.hidden", targets=text.number("group", len(groups) - MOST_GROUPS))
        if len(groups) > MOST_GROUPS
        else "",
        rows,
        text("heat.hidden", targets=text.number("rest", more)) if more > 0 else "",
    )


def columns(report: Report, comparison: Comparison) -> list[MetricResult]:
    """The metrics of a heat map in the report's order: those that lead, and others where these are few.

    A metric that no target has before and after says nothing here.
    """
    order = {key: number for number, key in enumerate(keys_in_order(report.comparisons))}
    leading = report.leading
    ranked = sorted(
        (metric for metric in comparison.metrics if _targets([metric])),
        key=lambda one: (not one.primary, one.key not in leading, not moved(one), order[one.key]),
    )
    leaders = sum(one.primary or one.key in leading for one in ranked)
    return sorted(ranked[: max(LEAST_COLUMNS, min(leaders, MOST_COLUMNS))], key=lambda one: order[one.key])


def _targets(metrics: Sequence[MetricResult]) -> list[str]:
    """The targets that were measured before and after in any of `metrics`."""
    measured = (one for metric in metrics for one in metric.targets if None not in (one.before, one.after))
    return list(dict.fromkeys(one.target for one in measured))


def _rank(name: str, results: Iterable[tuple[MetricResult | TargetResult, MetricResult]]) -> tuple[float, float, str]:
    """Worst first: by how many metrics regressed, then by the greatest loss in margins."""
    regressed, loss = 0, 0.0
    for one, metric in results:
        regressed += one.verdict is Verdict.REGRESSED
        loss = min(loss, rank(one, metric)[1] / math.log1p(metric.margin))
    return -regressed, loss, name


def _note(name: str, by_metric: Sequence[dict[str, TargetResult]], text: Text) -> str:
    """What is special about a target."""
    mine = [found[name] for found in by_metric if name in found]
    notes = [text("heat.control")] if any(one.control for one in mine) else []
    notes += [text("table.relocated")] if any(one.relocated for one in mine) else []
    return text.listed(notes, "semicolon")


def _groups(comparison: Comparison, metrics: Sequence[MetricResult], total: int, text: Text) -> tuple[HeatRow, ...]:
    """A row per group of targets, worst first as targets are."""
    found: dict[str, dict[object, GroupResult]] = {}
    for group in comparison.groups:
        if 1 < len(group.targets) < total:
            found.setdefault(group_name(group, text), {})[group.result.key] = group
    shown = {name: mine for name, mine in found.items() if any(metric.key in mine for metric in metrics)}
    names = sorted(
        shown, key=lambda name: _rank(name, [(shown[name][m.key].result, m) for m in metrics if m.key in shown[name]])
    )
    return tuple(
        HeatRow(
            name,
            "",
            tuple(
                _cell(found[name][metric.key].result if metric.key in found[name] else None, metric)
                for metric in metrics
            ),
        )
        for name in names
    )


def _cell(result: MetricResult | TargetResult | None, metric: MetricResult) -> HeatCell | None:
    if result is None or result.before is None or result.after is None:
        return None
    shown = look(result.verdict)
    said = ratio_words(result, result_unit(metric))
    return HeatCell(
        css=f"{shown.css} h{_shade(result, metric)}" if moved(result) else shown.css,
        symbol=shown.symbol,
        ratio=said.removesuffix(" %"),
    )


def _shade(result: MetricResult | TargetResult, metric: MetricResult) -> int:
    """1 to 3: how many margins a change is away from none."""
    if not result.ratio or result.ratio <= 0:
        return len(_SHADES) + 1
    margins = abs(math.log(result.ratio)) / math.log1p(metric.margin)
    return 1 + sum(margins >= shade for shade in _SHADES)
