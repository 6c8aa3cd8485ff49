"""Where does an interval bar go? One logarithmic axis for all bars of a page, better always on the right.

A bar is 132 units wide and 18 high; "no difference" is in the middle. The axis is symmetric in ln(ratio), so that
half and double are equally far from the middle; the sign is flipped where lower is better.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from bench.analyse.result import Interval, MetricResult, TargetResult, Verdict
from bench.model import Better
from bench.report.page import BarView

MIDDLE = 66.0
_REACH = 60.0
_STUB = 10.0
_MOST, _STRETCH = 10.0, 1.5
_STEPS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 4.0, 9.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """How far the bars reach to either side: `reach` as a ratio (.2: from 1/1.2 to 1.2)."""

    reach: float

    @property
    def words(self) -> tuple[str, str]:
        """Both ends as ratios in per cent, e.g. ("83", "120")."""
        return f"{100 / (1 + self.reach):.0f}", f"{100 * (1 + self.reach):,.0f}"

    def place(self, ratio: float, better: Better) -> tuple[float, bool]:
        """The coordinate of `ratio`, and whether it lies beyond the edge and was held there."""
        if ratio <= 0:
            worst = better is Better.HIGHER
            return (MIDDLE - _REACH if worst else MIDDLE + _REACH), True
        share = math.log(ratio) / math.log1p(self.reach)
        share = share if better is Better.HIGHER else -share
        held = max(-1.0, min(1.0, share))
        return round(MIDDLE + _REACH * held, 1), held != share

    def band(self, margin: float) -> tuple[float, float]:
        """Where the band of a margin begins, and how wide it is."""
        edge, _ = self.place(1 + margin, Better.HIGHER)
        return round(2 * MIDDLE - edge, 1), round(2 * (edge - MIDDLE), 1)


def axis_for(results: Iterable[MetricResult]) -> Axis:
    """The axis that shows every margin band and nine tenths of the decided intervals whole.

    What is not decided is often wide, and would squeeze what is. So it stretches the axis by half at most, for
    nine tenths of its estimates and half of its intervals; the rest gets arrowheads. Ends beyond ten times or a tenth
    say nothing and do not stretch the axis either.
    """
    decided: list[float] = []
    undecided: list[float] = []
    estimates: list[float] = []
    widest = 0.0
    for result in results:
        widest = max(widest, math.log1p(result.margin) * 1.5)
        if result.verdict is Verdict.INCONCLUSIVE:
            undecided += _away(_ends(result))
            estimates += _away((result.ratio or 0.0,))
        else:
            decided += _away(_ends(result))
    needed = max(widest, _share(decided, 0.9))
    wanted = max(_share(estimates, 0.9), _share(undecided, 0.5))
    needed = max(needed, min(wanted, _STRETCH * needed) if decided else wanted)
    return Axis(next((step for step in _STEPS if math.log1p(step) >= needed), _STEPS[-1]))


def _away(ratios: Iterable[float]) -> list[float]:
    """How far ratios are from 1, in natural logarithms; without those that say nothing."""
    return [abs(math.log(ratio)) for ratio in ratios if 1 / _MOST <= ratio <= _MOST]


def _share(ends: list[float], share: float) -> float:
    """What `share` of the ends do not exceed, 0 without any."""
    return sorted(ends)[math.ceil(share * (len(ends) - 1))] if ends else 0.0


def bar(result: MetricResult | TargetResult, margin: float, better: Better, axis: Axis, label: str) -> BarView | None:
    """The bar of a result, None where it has no ratio."""
    if result.ratio is None or not math.isfinite(result.ratio):
        return None
    dot, beyond = axis.place(result.ratio, better)
    band_x, band_width = axis.band(margin)
    estimate = None if beyond else dot
    if result.interval is None:
        stub = (dot - _STUB, dot) if dot > MIDDLE else (dot, dot + _STUB)
        ends = (*stub, dot < MIDDLE, dot > MIDDLE) if beyond else (None, None, False, False)
        return BarView(label, band_x, band_width, estimate, *ends)
    (low, cut_low), (high, cut_high) = _sides(result.interval, better, axis)
    if low == high and cut_low and cut_high:  # the whole interval lies beyond one edge: a stub that points there
        right = low > MIDDLE
        low, high = (low - _STUB, high) if right else (low, high + _STUB)
        cut_low, cut_high = not right, right
    return BarView(label, band_x, band_width, estimate, low, high, cut_low, cut_high)


def _sides(interval: Interval, better: Better, axis: Axis) -> tuple[tuple[float, bool], tuple[float, bool]]:
    low, high = axis.place(interval.low, better), axis.place(interval.high, better)
    return (low, high) if low[0] <= high[0] else (high, low)


def _ends(result: MetricResult) -> Iterable[float]:
    if result.interval is not None:
        return (result.interval.low, result.interval.high)
    return () if result.ratio is None else (result.ratio,)
