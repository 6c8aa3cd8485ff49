"""How often is a method wrong, and how often does it find what is there? Counts over replicates, and their bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tests.stats import engine
from tests.stats.engine import Cells, Judged
from tests.stats.rivals import Rival, heaps

Floats = NDArray[np.float64]

EFFECTS = (0.03, 0.05, 0.10)
"""True changes, as ratios; half of the replicates get the inverse."""

CONFIDENCE = 0.001
"""A bound is broken when so many errors would happen by chance less often than this."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Counts of one method on `replicates` replicates; those with unequal effects are of the same noise.

    false: changes called where there is none. same: "no meaningful change" called there. found: true changes of
    `EFFECTS` called in their direction. false_same: a true 3 % called "no meaningful change". intervals, covered: that
    were given and contain the truth, without change and for each of `EFFECTS`. repetitions: used per tag and target,
    summed, without change and for each of `EFFECTS`.
    """

    replicates: int
    false: int
    same: int
    found: NDArray[np.int64]
    false_same: int
    intervals: NDArray[np.int64]
    covered: NDArray[np.int64]
    repetitions: Floats

    def __add__(self, other: Rates) -> Rates:
        return Rates(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(Rates)})

    def share(self, name: str, effect: int = 0) -> float:
        """One of the counts as a share of the replicates; effect: index into `EFFECTS` for `found`."""
        value = np.atleast_1d(getattr(self, name))[effect]
        return float(value) / self.replicates

    @property
    def coverage(self) -> float:
        """The least coverage over no change and all effects; NaN where no interval was given."""
        with np.errstate(invalid="ignore"):
            return float(np.min(self.covered / self.intervals)) if self.intervals.all() else float("nan")


def signs(random: np.random.Generator, replicates: int) -> Floats:
    """+1 or −1 per replicate: whether its effect is an improvement."""
    return random.choice(np.array([-1.0, 1.0]), replicates)


def count(judge: Callable[[Floats], Judged], sign: Floats, repetitions: int) -> Rates:
    """Rates of `judge`, which is given the true effect of each replicate; repetitions: per session."""
    n = len(sign)
    found, intervals, covered, used, false, same, false_same = [], [], [], [], 0, 0, 0
    for effect in (0.0, *EFFECTS):
        truth = np.log1p(effect) * sign
        judged = judge(truth)
        given = np.isfinite(judged.low) & np.isfinite(judged.high)
        intervals.append(int(given.sum()))
        covered.append(int((given & (judged.low <= truth) & (truth <= judged.high)).sum()))
        used.append(float(judged.sessions.sum()) * repetitions)
        if effect == 0.0:
            false, same = int(judged.changed.sum()), int(judged.same.sum())
            continue
        found.append(int((judged.changed & (judged.delta * sign > 0)).sum()))
        if effect == EFFECTS[0]:
            false_same = int(judged.same.sum())
    return Rates(n, false, same, np.array(found), false_same, np.array(intervals), np.array(covered), np.array(used))


def ours(cells: Cells, sign: Floats, repetitions: int, host: float, *, by_looks: bool = False) -> Rates:
    """Rates of the engine on its session medians; host: what host facts say."""
    judge = engine.judge_by_looks if by_looks else engine.judge
    return count(lambda effect: judge(cells.with_effect(effect), host), sign, repetitions)


def theirs(x: Floats, sign: Floats, rival: Rival) -> Rates:
    """Rates of a rival on the values themselves, x as `engine.reduce` takes it."""
    none = np.full(len(x), np.nan)
    sessions = np.full(len(x), float(x.shape[3]))

    def judge(effect: Floats) -> Judged:
        moved = x.copy()
        moved[:, :, 1] += effect[:, None, None, None]
        before, after = heaps(moved)
        changed = rival(before, after)
        delta = np.log(after.mean(axis=1) / before.mean(axis=1))
        return Judged(changed, np.zeros(len(x), dtype=np.bool_), delta, none, none, none, sessions)

    return count(judge, sign, x.shape[4])


def too_many(errors: int, replicates: int, allowed: float) -> bool:
    """Whether `errors` is more than a true rate of `allowed` explains (exact binomial, one-sided, `CONFIDENCE`)."""
    return bool(stats.binomtest(errors, replicates, allowed, alternative="greater").pvalue < CONFIDENCE)
