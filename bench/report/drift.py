"""How is τ told, the allowance for drift that sessions cannot see? Its size and where it came from."""

from __future__ import annotations

from collections.abc import Iterable

from bench.analyse.result import MetricResult, TauUsed
from bench.report.numbers import count, share, spread
from bench.report.text import Text
from bench.words import Said


def drift(used: Iterable[Iterable[TauUsed]], text: Text) -> list[str]:
    """What was learned from the workspace's own A/A pairs, and what is the default; nothing where no τ was used.

    used: for every metric, the τ of its results.
    """
    learned: list[list[TauUsed]] = []
    default: list[list[TauUsed]] = []
    for metric in used:
        every = list(metric)
        for kind, fitting in ((learned, True), (default, False)):
            mine = [one for one in every if (one.pairs > 0) is fitting]
            if mine:
                kind.append(mine)
    found: list[str] = []
    if learned:
        pairs = [one.pairs for metric in learned for one in metric]
        number = text.number("aa", max(pairs))
        if min(pairs) < max(pairs):
            number = text.line(spread(count(min(pairs)), number))
        metrics = text.number("metric", len(learned))
        found.append(text("tau.learned", tau=_range(learned), pairs=number, metrics=metrics))
    if default:
        found.append(text("tau.default", tau=_range(default), metrics=text.number("metric", len(default))))
    return found


def every_tau(metric: MetricResult) -> list[TauUsed]:
    """The τ of a metric over all targets and of each of them, where one was used."""
    used = [metric.tau, *(target.tau for target in metric.targets)]
    return [one for one in used if one is not None]


def _range(metrics: Iterable[Iterable[TauUsed]]) -> Said:
    """The smallest and the largest τ: "0.5 %", "0.5 … 1.2 %"."""
    values = [one.sd for metric in metrics for one in metric]
    low, high = _digits(min(values)), _digits(max(values))
    return share(high if low == high else spread(low, high))


def sd(ratio: float) -> Said:
    """A standard deviation as percent, two digits: .0123 as "1.2 %"."""
    return share(_digits(ratio))


def _digits(ratio: float) -> str:
    return f"{float(f'{ratio * 100:.2g}'):g}"
