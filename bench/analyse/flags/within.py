"""What goes wrong within a session: a first repetition unlike the others, and machines that slow down.

Both tests take the order of the repetitions of a session as what is tested and nothing else: when it means nothing,
every order is equally likely, whatever the distribution of the values. Sessions are added up over targets and tags.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from bench.analyse.flags.deviations import medians, sums
from bench.analyse.flags.oddities import ALPHA, MATERIAL, Found, Observed, falls, lower
from bench.analyse.result import Flag, FlagKind
from bench.analyse.transform import Floats, Ints
from bench.words import counted, say

MIN_SESSIONS = 6
"""Sessions with repetitions in a known order, over all targets and both tags, below which nothing is said."""


def within_sessions(observed: Observed) -> Found:
    """Flags of both kinds; a first repetition that is only the beginning of a decline is said once, as throttling."""
    throttled = throttling(observed)
    return [*throttled, *warm_up(observed, {key: flag.targets for key, flag in throttled})]


def warm_up(observed: Observed, throttled: Mapping[int, tuple[str, ...]]) -> Found:
    """First repetition against the rest of its session.

    The test is of the first value's rank: within r exchangeable values it exceeds and falls short of as many others
    as chance has it (mean 0, variance (r² − 1)/3). STATISTICS §8 has Wilcoxon's signed-rank test (1945) of first less
    rest instead; that asks for differences which are symmetric, and first less median of the rest is not where values
    are skewed: on 360 sessions of three lognormal repetitions it errs in 3 % at a level of .1 %, this one in .1 %.

    throttled: metrics, and the targets of each (none: all), that slow down from repetition to repetition: a first one
    that is better is no news there.
    """
    courses, found = observed.courses, []
    test = _Test(observed, courses.first, courses.first_var, courses.lead, sides=2)
    for key, effect, sessions in test.metrics():
        if effect < 0 or key not in throttled:
            text = say("flag.warm_up", change=lower(observed.sign[key] * effect), sessions=counted("session", sessions))
            found.append((key, Flag(FlagKind.WARM_UP, text)))
    for key, units, effects in test.targets():
        slowing = np.array([observed.target[unit] in throttled.get(key, ()) for unit in units.tolist()])
        units, effects = units[~slowing | (effects < 0)], effects[~slowing | (effects < 0)]
        if len(units):
            text = say("flag.warm_up.targets", targets=observed.by_target(units, effects))
            found.append((key, Flag(FlagKind.WARM_UP, text, targets=observed.names(units))))
    return found


def throttling(observed: Observed) -> Found:
    """Values that get worse from repetition to repetition: Kendall's S (1938) of each session, added up.

    That is the seasonal Mann–Kendall test (Hirsch, Slack & Smith 1982) with sessions for seasons; one-sided, since a
    machine that gets faster is not throttled.
    """
    courses, found = observed.courses, []
    test = _Test(observed, -courses.trend, courses.trend_var, courses.rise, sides=1, least=3)
    for key, effect, sessions in test.metrics():
        text = say("flag.throttling", change=falls(observed.sign[key] * effect), sessions=counted("session", sessions))
        found.append((key, Flag(FlagKind.THROTTLING, text)))
    for key, units, effects in test.targets():
        text = say("flag.throttling.targets", targets=observed.by_target(units, effects))
        found.append((key, Flag(FlagKind.THROTTLING, text, targets=observed.names(units))))
    return found


class _Test:
    """A score per session of mean 0, added up per metric and, where the metric as a whole is quiet, per target.

    score, variance, effect: one element per session. sides: 1 when only large scores count, which belong to negative
    effects. least: repetitions a session must have.
    """

    def __init__(
        self, observed: Observed, score: Floats, variance: Floats, effect: Floats, *, sides: int, least: int = 2
    ) -> None:
        values = observed.values
        keep = values.ordered & (values.count >= least) & (observed.key[values.unit] >= 0)
        self._observed, self._sides = observed, sides
        self._unit, self._run = values.unit[keep], values.run[keep]
        self._key = observed.key[self._unit]
        self._score, self._variance, self._effect = score[keep], variance[keep], effect[keep]
        self._sessions = np.bincount(self._key, minlength=observed.keys)
        per_unit = np.bincount(self._unit, minlength=len(observed.key))
        self._units = np.flatnonzero(per_unit >= MIN_SESSIONS)
        self._rivals = np.bincount(observed.key[np.flatnonzero(per_unit)], minlength=observed.keys)
        self._whole: NDArray[np.bool_] = np.zeros(observed.keys, dtype=np.bool_)

    def metrics(self) -> list[tuple[int, float, int]]:
        """Metrics that are odd as a whole: number, typical effect, sessions."""
        z = self._z(self._key, self._observed.keys, self._run)
        alpha = np.where(self._rivals > 1, ALPHA / 2, ALPHA)
        hits = np.flatnonzero((z > _limit(alpha / self._sides)) & (self._sessions >= MIN_SESSIONS))
        effects = _medians(self._key, self._effect, hits)
        material = np.abs(effects) >= MATERIAL * self._observed.margin[hits]
        self._whole[hits[material]] = True
        return [
            (int(key), float(effect), int(self._sessions[key]))
            for key, effect in zip(hits[material], effects[material], strict=True)
            if self._sides == 2 or effect < 0
        ]

    def targets(self) -> list[tuple[int, Ints, Floats]]:
        """Of the other metrics with several targets, the single targets that are odd, with their typical effects."""
        key = self._observed.key[self._units]
        alpha = ALPHA / 2 / np.maximum(self._rivals[key], 1)
        z = self._z(self._unit, len(self._observed.key))[self._units]
        hit = (z > _limit(alpha / self._sides)) & (self._rivals[key] > 1) & ~self._whole[key]
        units = self._units[hit]
        effects = _medians(self._unit, self._effect, units)
        keep = np.abs(effects) >= MATERIAL * self._observed.margin[self._observed.key[units]]
        units, effects = units[keep], effects[keep]
        keys = self._observed.key[units]
        return [(int(one), units[keys == one], effects[keys == one]) for one in np.unique(keys)]

    def _z(self, group: Ints, groups: int, run: Ints | None = None) -> Floats:
        """Sum of the scores of each group over its standard deviation; absolute when both sides count.

        The variance is the largest of what exchangeable repetitions have, what the sessions show, and what the runs
        show: where all targets are disturbed together, sessions of one run are no replicates.
        """
        n, total = np.bincount(group, minlength=groups), sums(group, self._score, groups)
        variance = sums(group, self._variance, groups)
        with np.errstate(divide="ignore", invalid="ignore"):
            seen = (sums(group, self._score**2, groups) - total**2 / n) * n / (n - 1)
            variance = np.fmax(variance, seen)
            if run is not None and len(run):
                variance = np.fmax(variance, self._by_run(group, groups, run, total / n))
            z: Floats = total / np.sqrt(variance)
        return np.abs(z) if self._sides == 2 else z

    def _by_run(self, group: Ints, groups: int, run: Ints, mean: Floats) -> Floats:
        runs = int(run.max()) + 1
        off = sums(group * runs + run, self._score - mean[group], groups * runs).reshape(groups, runs)
        present = (np.bincount(group * runs + run, minlength=groups * runs).reshape(groups, runs) > 0).sum(axis=1)
        variance: Floats = (off**2).sum(axis=1) * present / (present - 1)
        return variance


def _medians(group: Ints, values: Floats, wanted: Ints) -> Floats:
    """The median of the values of each of the `wanted` groups (ascending)."""
    mine = np.isin(group, wanted)
    return medians(np.searchsorted(wanted, group[mine]), values[mine], len(wanted))


def _limit(alpha: Floats) -> Floats:
    limit: Floats = -np.asarray(ndtri(alpha), dtype=np.float64)
    return limit
