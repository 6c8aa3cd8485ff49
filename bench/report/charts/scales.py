"""Where does a value go, and which ticks stand beside it? Linear and logarithmic scales of charts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.numbers import quantity

_LEAST = 0.06
"""A linear scale spans at least this share of its middle: noise of a few per mille must not look like a change."""
_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """From values low … high to coordinates start … end; a value beyond either end is held there.

    ticks: (value, what is written beside it), all within.
    """

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[tuple[float, str], ...] = ()
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """The coordinate of a value."""
        low, high = (math.log(self.low), math.log(self.high)) if self.logarithmic else (self.low, self.high)
        found = (math.log(value) if value > 0 else low) if self.logarithmic else value
        share = (max(low, min(high, found)) - low) / (high - low)
        return self.start + (self.end - self.start) * share

    def holds(self, value: float) -> bool:
        """Whether a value lies within."""
        return self.low <= value <= self.high


def linear(values: Sequence[float], start: float, end: float, *, percent: str = "", zero: bool = False) -> Scale:
    """A scale over `values` with about four round ticks. percent: how they are written as such. zero: from 0 on."""
    low, high = min(values), max(values)
    least = abs(high + low) / 2 * _LEAST or 1.0
    room = max((high - low) * 0.08, (least - (high - low)) / 2)
    low, high = (0.0 if zero and low >= 0 else low - room), high + room
    step = _step(high - low, 4)
    first = math.ceil(low / step - 1e-9)
    ticks = [step * index for index in range(first, math.floor(high / step + 1e-9) + 1)]
    return Scale(low, high, start, end, tuple((tick, _label(tick, percent)) for tick in ticks))


def logarithmic(values: Sequence[float], start: float, end: float) -> Scale:
    """A logarithmic scale over positive `values`; its ticks are 1, 2 and 5 times powers of ten, fewer over decades."""
    low, high = min(values) / 1.12, max(values) * 1.12
    if high / low < 2:
        middle = math.sqrt(low * high)
        low, high = middle / math.sqrt(2), middle * math.sqrt(2)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        ticks = [digit * 10.0**power for power in powers for digit in digits]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= 6:
            break
    return Scale(low, high, start, end, tuple((tick, _label(tick, "")) for tick in ticks), logarithmic=True)


def _step(span: float, ticks: int) -> float:
    """The smallest round step that makes at most about `ticks` of `span`."""
    power = 10.0 ** math.floor(math.log10(span / ticks))
    return next(nice * power for nice in _NICE if nice * power >= span / ticks * (1 - 1e-9))


def _label(value: float, percent: str) -> str:
    if percent:
        return percent.format(f"{value:.4g}")
    text = quantity(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
