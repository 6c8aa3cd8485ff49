"""How did the machines fare, step by step? A heat map and the forests of the leading metrics."""

from __future__ import annotations

from bench.report.fleet_views import FleetStep
from bench.report.forests import MOST_FORESTS, candidates, forest_axis, forests
from bench.report.heat import columns, heat_map
from bench.report.plain import one_line
from bench.report.text import Text
from bench.report.verdicts import places, verdicts_in_words
from bench.report.view import Report
from bench.report.words import to_open


def fleet(report: Report, text: Text) -> tuple[FleetStep, ...]:
    """One entry per step that has several targets."""
    spots = places(report.comparisons)
    axis = forest_axis(report)
    several = [
        one
        for one in report.comparisons
        if len({target.target for metric in columns(report, one) for target in metric.targets}) > 1
    ]
    opened = to_open(several)
    found: list[FleetStep] = []
    for comparison in several:
        leading = candidates(report, comparison)
        found.append(
            FleetStep(
                one_line(comparison.before),
                one_line(comparison.after),
                verdicts_in_words(comparison.metrics, text),
                comparison is opened,
                heat_map(report, comparison, spots, text),
                tuple(forests(report, comparison, axis, spots, text)),
                _note(len(leading) - MOST_FORESTS, text),
            )
        )
    return tuple(found)


def _note(more: int, text: Text) -> str:
    return text("forest.more", metrics=text.number("further", more)) if more > 0 else ""
