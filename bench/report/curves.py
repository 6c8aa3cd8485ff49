"""Which series and latency curves does the page show, and in which words? As charts with their captions."""

from __future__ import annotations

from bench.analyse.latencies import BEYOND, LatencyCurve
from bench.analyse.result import MetricResult
from bench.analyse.series import MetricSeries, SeriesLine
from bench.report import numbers
from bench.report.charts.lines import Line, curve_chart, series_chart
from bench.report.fleet_views import Picture
from bench.report.numbers import Shown, quantity, share, shown_unit
from bench.report.plain import one_line
from bench.report.text import Text
from bench.report.verdicts import places, title
from bench.report.view import Report

MOST_POINTS = 120
"""Points of a series in a chart; where there are more, the least and the greatest of each stretch are drawn."""
_SAID = (50.0, 90.0, 99.0, 99.9, 99.99, 99.999)
"""Percentiles that a description says in words."""

Points = tuple[tuple[float, float], ...]


def series_pictures(report: Report, text: Text) -> tuple[Picture, ...]:
    """A chart per metric of which a tool printed values over time."""
    metrics = {metric.key: metric for comparison in report.comparisons for metric in comparison.metrics}
    return tuple(_series(one, metrics[one.key], report, text) for one in report.series if one.key in metrics)


def latency_pictures(report: Report, text: Text) -> tuple[Picture, ...]:
    """A chart per case whose tool printed percentiles."""
    return tuple(_curve(one, report, text) for one in report.latencies)


def thin(points: Points, most: int = MOST_POINTS) -> Points:
    """At most about `most` points: of each of `most`/2 stretches of equal length the least and the greatest, in order.

    The first and the last point stay, so that the line spans what was measured.
    """
    if len(points) <= most:
        return points
    first, last = points[0][0], points[-1][0]
    stretches = most // 2 - 1
    groups: dict[int, list[int]] = {}
    for index, (x, _) in enumerate(points):
        share = (x - first) / (last - first) if last > first else index / len(points)
        groups.setdefault(min(stretches - 1, int(share * stretches)), []).append(index)
    kept = {0, len(points) - 1}
    for some in groups.values():
        kept |= {min(some, key=lambda at: points[at][1]), max(some, key=lambda at: points[at][1])}
    return tuple(points[index] for index in sorted(kept))


def _colour(report: Report, tag: str) -> int:
    return next((number for number, phase in enumerate(report.phases) if phase.tag == tag), 0)


def _series(one: MetricSeries, metric: MetricResult, report: Report, text: Text) -> Picture:
    place = places(report.comparisons)[one.key]
    named = f"{title(metric)} ({place})" if place else title(metric)
    unit = shown_unit([value for line in one.lines for _, value in line.points], one.unit)
    lines = tuple(
        Line(line.tag, _colour(report, line.tag), tuple((x, y * unit.factor) for x, y in thin(line.points)))
        for line in one.lines
    )
    trials = text.listed(
        text("series.trial", tag=one_line(line.tag), session=line.session, repetition=line.repetition)
        for line in one.lines
    )
    note = text(
        "series.note",
        unit=one_line(unit.name),
        target=one_line(one.target),
        way=text(f"better.{metric.better.value}"),
        trials=trials,
    )
    most = max(len(line.points) for line in one.lines)
    if most > MOST_POINTS:
        note = text("series.thinned", note=note, points=numbers.count(most))
    said = text.listed((_series_words(line, unit, text) for line in one.lines), "semicolon")
    described = text("series.describe", target=one_line(one.target), lines=said)
    return Picture(named, note, series_chart(lines, named, described))


def _series_words(line: SeriesLine, unit: Shown, text: Text) -> str:
    ordered = sorted(value for _, value in line.points)
    least, middle, most = (quantity(ordered[at], unit) for at in (0, len(ordered) // 2, -1))
    named = {"tag": one_line(line.tag), "unit": one_line(unit.name)}
    return text("series.line", least=least, middle=middle, most=most, **named)


def _curve(one: LatencyCurve, report: Report, text: Text) -> Picture:
    place = " · ".join(filter(None, (one.key.case, one.key.part)))
    named = text("curves.title", title=one_line(one.title), place=one_line(place))
    unit = shown_unit([value for line in one.lines for _, value in line.points], one.unit)
    lines = tuple(
        Line(line.tag, _colour(report, line.tag), tuple((x, y * unit.factor) for x, y in line.points))
        for line in one.lines
    )
    least, most = (pick(line.trials for line in one.lines) for pick in (min, max))
    trials = (
        numbers.count(least)
        if least == most
        else text("method.range", least=numbers.count(least), most=numbers.count(most))
    )
    shown = text.number("unit", len(one.targets))
    if one.of > len(one.targets):
        shown = text("curves.some", shown=numbers.count(len(one.targets)), all=text.number("unit", one.of))
    note = text("curves.note", unit=one_line(unit.name), trials=trials, targets=shown, beyond=BEYOND)
    said = text.listed((_curve_words(line, unit.name, text) for line in lines), "semicolon")
    return Picture(named, note, curve_chart(lines, named, text("curves.describe", lines=said), text.line(share("{}"))))


def _curve_words(line: Line, unit: str, text: Text) -> str:
    known = dict(line.points)
    values = text.listed(
        text("curves.value", percent=f"{percent:.10g}", value=quantity(known[percent]), unit=one_line(unit))
        for percent in _SAID
        if percent in known
    )
    return text("curves.line", tag=one_line(line.tag), values=values)
