"""What all flags share: what they look at, how sure they must be, and how they say it.

A flag is for a reader who has sixty metrics before them, so it must seldom cry wolf. Each kind of flag has the chance
`ALPHA` of a false alarm per metric, whatever the number of targets; where it looks twice (at the fleet and at single
targets, at two tags), the looks share that chance (Bonferroni). And it is silent about what is smaller than a share
of the metric's margin: in a large fleet every trifle is significant.

Measured on 8,000 to 60,000 metrics that nothing is odd about, of seven designs (1–20 targets, 1–8 sessions, 3 or 5
repetitions), with that silence switched off, each kind is raised for at most 1.2 metrics in a thousand where noise is
normal and 1.4 where it is heavy-tailed (t, 3 df) or skewed (lognormal); outliers, which such noise has, for up to 34.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.analyse.estimate import Estimates
from bench.analyse.flags.deviations import Deviations
from bench.analyse.flags.repetitions import Courses, Repetitions
from bench.analyse.levels import Sessions
from bench.analyse.result import Flag
from bench.analyse.settle import percent
from bench.analyse.transform import Floats, Ints
from bench.words import Said, joined, say

ALPHA = 0.001
"""Chance of a false alarm per kind of flag and metric."""

MATERIAL = 0.5
"""An oddity smaller than this share of the metric's margin is not said: it cannot turn a verdict."""

NAMED = 3
"""Targets that a sentence names; of the others it says how many there are."""

Found = list[tuple[int, Flag]]
"""Flags with the number of the metric that each belongs to."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What flags look at. All values are on the log scale, positive is better.

    key: per unit of work its metric, −1 where it is no part of the overall row or counts events. target: per unit of
    work the name. begin: the first unit of work of each metric, and their number. difference, nu: per unit of work D_v
    and the degrees of freedom of its variance. margin (log), sign: per metric. estimates: of the pools, of which the
    first are the metrics' own.
    """

    cells: Sessions
    off: Deviations
    values: Repetitions
    courses: Courses
    difference: Floats
    nu: Floats
    estimates: Estimates
    key: Ints
    target: Sequence[str]
    begin: Ints
    margin: Floats
    sign: Floats
    tags: tuple[str, str]

    @property
    def keys(self) -> int:
        """How many metrics there are."""
        return len(self.margin)

    def names(self, units: Ints) -> tuple[str, ...]:
        """The targets of some units of work, sorted."""
        return tuple(sorted({self.target[unit] for unit in units.tolist()}))

    def by_target(self, units: Ints, effects: Floats) -> Said:
        """Targets of one metric with their effects as measured, the largest first: "vm-3 −5.2 %, vm-7 +3.1 %"."""
        order = np.lexsort(([self.target[unit] for unit in units.tolist()], -np.abs(effects)))[:NAMED]
        said = joined(
            say("flag.target", target=self.target[unit], change=self.signed(unit, effects[i]))
            for i, unit in zip(order, units[order], strict=True)
        )
        more = len(units) - len(order)
        return say(f"flag.targets.more.{'one' if more == 1 else 'many'}", names=said, n=more) if more else said

    def signed(self, unit: int, effect: float) -> Said:
        """An effect on a unit of work as measured, as in "−5.2 %"."""
        return signed(self.sign[self.key[unit]] * effect)


def signed(effect: float) -> Said:
    """A difference of logarithms as a signed change: .05 is "+5.1 %"."""
    return say("signed", sign="−" if effect < 0 else "+", size=_size(effect))


def lower(effect: float) -> Said:
    """A difference of logarithms in words: "3.1 % lower", "2 % higher"."""
    return say("change.lower" if effect < 0 else "change.higher", size=_size(effect))


def falls(effect: float) -> Said:
    """A difference of logarithms in words: "falls by 3.1 %", "rises by 2 %"."""
    return say("change.falls" if effect < 0 else "change.rises", size=_size(effect))


def _size(effect: float) -> Said:
    return percent(abs(math.expm1(min(effect, 700.0))))


def ratio(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    """`part` / `whole`, NaN or infinite where `whole` is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        divided: Floats = part / whole
    return divided
