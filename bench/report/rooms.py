"""How much of a long table is on the page? Rows are shared out fairly; what is left over is counted in words.

Every table gets a few rows, then those that are worth a look get what they need, then the others. Nobody gets more than
it needs, and what one does not need is there for the rest (max-min fair).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from bench.analyse.result import MetricResult, TargetResult
from bench.report import numbers
from bench.report.text import Text
from bench.report.words import ORDER


def rooms(needs: Sequence[int], first: Sequence[bool], most: int, least: int) -> list[int]:
    """How many rows each table gets of `most` in all: up to `least` each, then the `first` ones, then the others."""
    given = [0] * len(needs)
    for wanted in (
        [min(need, least) for need in needs],
        [need if early else 0 for need, early in zip(needs, first, strict=True)],
        list(needs),
    ):
        asked = [max(0, want - has) for want, has in zip(wanted, given, strict=True)]
        given = [has + more for has, more in zip(given, _fair(asked, most - sum(given)), strict=True)]
    return given


def _fair(asked: Sequence[int], most: int) -> list[int]:
    """Shares of `most`: all alike, but none above what it asked for; what the small ones leave goes to the large."""
    shares = [0] * len(asked)
    for place, number in enumerate(sorted(range(len(asked)), key=lambda number: asked[number])):
        shares[number] = min(asked[number], max(0, most) // (len(asked) - place))
        most -= shares[number]
    return shares


def left_over(counted: str, results: Sequence[MetricResult | TargetResult], text: Text) -> str:
    """What is left to the CSV, by verdict: "38 more targets in the CSV: 3 inconclusive, 35 …"; "" for nothing.

    counted: how many of what they are.
    """
    return text("table.hidden", rows=counted, verdicts=verdicts_counted(results, text)) if results else ""


def verdicts_counted(results: Iterable[MetricResult | TargetResult], text: Text) -> str:
    """How many have which verdict, those first that deserve attention: "2 regressed, 5 no meaningful change"."""
    counts = Counter(one.verdict for one in results)
    return text.listed(
        text("table.verdicts", number=numbers.count(counts[one]), verdict=text(f"verdict.{one.name}"))
        for one in ORDER
        if counts[one]
    )
