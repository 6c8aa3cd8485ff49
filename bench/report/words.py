"""Which word, symbol and colour class does a verdict have? The same in every output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.analyse.phases.designs import Effect
from bench.analyse.result import Comparison, MetricKey, MetricResult, Reason, TargetResult, Verdict
from bench.model import Pairs
from bench.report.plain import one_line


@dataclass(frozen=True, slots=True)
class Look:
    """How a verdict looks: `css` class, `symbol` (never colour alone), Rich `style` of the terminal."""

    css: str
    symbol: str
    style: str


LOOKS = {
    Verdict.IMPROVED: Look("up", "▲", "bold blue"),
    Verdict.REGRESSED: Look("down", "▼", "bold red"),
    Verdict.NO_CHANGE: Look("same", "=", ""),
    Verdict.INCONCLUSIVE: Look("open", "?", "yellow"),
}

ORDER = (Verdict.REGRESSED, Verdict.IMPROVED, Verdict.INCONCLUSIVE, Verdict.NO_CHANGE)
"""The order in which verdicts deserve attention."""


def look(verdict: Verdict) -> Look:
    """How `verdict` looks."""
    return LOOKS[verdict]


def verdict_words(verdict: Verdict, reason: Reason | None) -> str:
    """The verdict as one phrase: "REGRESSED", "INCONCLUSIVE (UNREPLICATED)"."""
    words = verdict.value.upper()
    return f"{words} ({reason.value.upper()})" if reason is not None else words


def moved(result: MetricResult | TargetResult | Effect) -> bool:
    """Whether the verdict is a change."""
    return result.verdict in (Verdict.IMPROVED, Verdict.REGRESSED)


def to_open(comparisons: Sequence[Comparison]) -> Comparison | None:
    """The step that stands open where one does: the first in which a metric moved, else the first."""
    return next((one for one in comparisons if any(map(moved, one.metrics))), comparisons[0] if comparisons else None)


def where(key: MetricKey, params: Pairs = ()) -> str:
    """Where in the suite a metric was measured: case, part and the parameters that tell it from its siblings."""
    parts = [key.case, key.part, *(f"{name}={value}" for name, value in params)]
    return one_line(" · ".join(part for part in parts if part))


def telling_params(keys: list[MetricKey]) -> dict[MetricKey, Pairs]:
    """For each key the parameters in which it differs from others of the same suite, case, part and metric."""
    siblings: dict[tuple[str, str, str, str], set[MetricKey]] = {}
    for key in keys:
        siblings.setdefault((key.suite, key.case, key.metric, key.part), set()).add(key)
    found: dict[MetricKey, Pairs] = {}
    for group in siblings.values():
        shared = set.intersection(*(set(key.params) for key in group))
        for key in group:
            found[key] = tuple((name, str(value)) for name, value in key.params if (name, value) not in shared)
    return found
