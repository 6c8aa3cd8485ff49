"""From rows to cells: which rates belong together, how a percentage is written, what breaks the promise."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.analyse.verdict import ALPHA
from tests.stats.experiments import LOOKS, Row
from tests.stats.rates import Rates, too_many

AZURE_METRICS = 55

_WIDTH = 120

NAMES = {"1": "1 session", "3": "3 sessions", "5": "5 sessions", LOOKS: "looks"}
"""Designs, as they are called on the page."""

HEAD = (
    "false change, % (worst)",
    "+3 / +5 / +10 % found",
    "coverage, % (worst)",
    "no change, %",
    "false no change, % (worst)",
    "repetitions: unchanged / +5 %",
)
"""Columns of `cells`."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """The rates of one method in one design over noise models that count alike; `each` by name of the model."""

    total: Rates
    each: dict[str, Rates]
    independent: int

    @property
    def worst_false(self) -> float:
        return max(one.share("false") for one in self.each.values())

    @property
    def worst_coverage(self) -> float:
        known = [one.coverage for one in self.each.values() if not math.isnan(one.coverage)]
        return min(known, default=math.nan)

    @property
    def worst_false_same(self) -> float:
        return max(one.share("false_same") for one in self.each.values())


class Results:
    """All rows, to be asked for by what they are."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = list(rows)

    def has(self, study: str) -> bool:
        return any(row.task.study == study for row in self.rows)

    def pooled(self, study: str, targets: int, days: float, design: str, method: str) -> Pooled | None:
        """Rates over all noise models of a study; None where it has no such row."""
        found = [
            row
            for row in self.rows
            if (row.task.study, row.task.targets, row.task.days) == (study, targets, days)
            and (row.design, row.method) == (design, method)
        ]
        if not found:
            return None
        total = found[0].rates
        for row in found[1:]:
            total = total + row.rates
        each = {row.task.noise.name if row.task.noise else "Azure": row.rates for row in found}
        return Pooled(total, each, found[0].independent)

    def get(self, study: str, targets: int, days: float, design: str, method: str) -> Pooled:
        """The same, for rows that every run has (KeyError)."""
        pooled = self.pooled(study, targets, days, design, method)
        if pooled is None:
            raise KeyError((study, targets, days, design, method))
        return pooled

    def broken(self, studies: Sequence[str]) -> list[Row]:
        """Rows of ours whose false changes or misses of the interval are more than 5 % explains (`too_many`)."""
        ours = (row for row in self.rows if row.task.study in studies and row.method.startswith("vmbench"))
        return [row for row in ours if breaks(row)]


def breaks(row: Row) -> bool:
    """Whether a row's false changes, or the truths its intervals miss, are too many for 5 %.

    Azure windows overlap: they count as the campaigns that share no day, times the metrics.
    """
    rates = row.rates
    weight = 1.0
    if row.task.noise is None:
        weight = min(1.0, row.independent * AZURE_METRICS / rates.replicates)
    n = max(1, int(rates.replicates * weight))
    if too_many(int(rates.false * weight), n, ALPHA):
        return True
    given = int(rates.intervals[0] * weight)
    return given > 0 and too_many(int((rates.intervals[0] - rates.covered[0]) * weight), given, ALPHA)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def prose(text: str) -> str:
    """Paragraphs, filled anew to the width of a page; their line breaks in the source do not matter."""
    parts = [" ".join(part.split()) for part in text.strip().split("\n\n")]
    return "\n\n".join(textwrap.fill(one, _WIDTH, break_long_words=False, break_on_hyphens=False) for one in parts)


def percent(share: float, digits: int = 1) -> str:
    """.0123 as "1.2"; NaN as "–"."""
    return "–" if math.isnan(share) else f"{100 * share:.{digits}f}"


def with_worst(share: float, worst: float, digits: int = 1) -> str:
    """Mean and, in brackets, the worst model."""
    return f"{percent(share, digits)} ({percent(worst, digits)})"


def found(rates: Rates) -> str:
    """Power at each of `EFFECTS`."""
    return " / ".join(percent(rates.share("found", index), 0) for index in range(len(rates.found)))


def used(rates: Rates) -> str:
    """Mean repetitions per tag and target: nothing changed, and a true 5 %."""
    return f"{rates.share('repetitions', 0):.3g} / {rates.share('repetitions', 2):.3g}"


def cells(pooled: Pooled) -> list[str]:
    """The columns of `HEAD`."""
    total = pooled.total
    return [
        with_worst(total.share("false"), pooled.worst_false),
        found(total),
        with_worst(total.coverage, pooled.worst_coverage),
        percent(total.share("same"), 0),
        with_worst(total.share("false_same"), pooled.worst_false_same),
        used(total),
    ]


def short(pooled: Pooled) -> str:
    """False changes (worst model) → changes of 5 % found."""
    return (
        f"{with_worst(pooled.total.share('false'), pooled.worst_false)} → {percent(pooled.total.share('found', 1), 0)}"
    )
