"""Phases that were toggled in rounds (ABBA): what one session of each, measured side by side, says of the difference.

Where a factor can be switched back and forth, its two phases are measured alternately: A B, B A, A B … Neighbouring
sessions form a round. The difference within a round is free of whatever drifts slowly, so there is no τ (STATISTICS
§3, §6): the variance of a target's effect is that of its rounds over their number, and nothing else.

The design is read off the order in which the runs were made, not declared: phases that were measured one after the
other never pass for rounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.analyse.levels import VARIANCE_FLOOR, Sessions, group_starts
from bench.analyse.transform import Floats, Ints

MIN_ROUNDS = 2
"""Fewer rounds than this are a before and an after."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """Per unit of work what its rounds say; NaN or 0 without two rounds.

    difference: mean of the differences after − before within rounds, log scale. var: variance of that mean. nu: its
    degrees of freedom, rounds − 1. count: number of rounds. alone: ids of runs that have no partner and take no part.
    """

    difference: Floats
    var: Floats
    nu: Floats
    count: Ints
    alone: Ints

    @property
    def toggled(self) -> NDArray[np.bool_]:
        """Units of work that were measured in rounds."""
        several: NDArray[np.bool_] = self.count >= MIN_ROUNDS
        return several


def pair_runs(run: Ints, tag: Ints, time: Floats) -> tuple[Ints, Ints]:
    """Pair the runs of two tags into rounds by when they began.

    run, tag, time: parallel arrays, one element per value or session; tag is 0 or 1. Returns the round of each run id
    (−1: none), and the ids of runs without a partner. No rounds at all, and nobody alone, unless every two runs from
    the first on are one of each tag (an odd one may be left at the end), there are two rounds or more, and all times
    are known and different.
    """
    count = int(run.max(initial=-1)) + 1
    none = np.full(count, -1, dtype=np.int64), np.zeros(0, dtype=np.int64)
    began, tags = np.full(count, np.inf), np.full(count, -1, dtype=np.int64)
    np.fmin.at(began, run, time)
    tags[run] = tag
    present = np.flatnonzero(tags >= 0)
    if not np.isfinite(began[present]).all() or len(np.unique(began[present])) < len(present):
        return none
    order = present[np.argsort(began[present], kind="stable")]
    whole = len(order) // 2
    pairs = order[: 2 * whole].reshape(whole, 2)
    if whole < MIN_ROUNDS or (tags[pairs].sum(axis=1) != 1).any():
        return none
    number = np.full(count, -1, dtype=np.int64)
    number[pairs] = np.arange(whole)[:, None]
    return number, order[2 * whole :]


def no_rounds(units: int) -> Rounds:
    """What is said of `units` units of work that were not measured in rounds."""
    empty = np.full(units, np.nan)
    return Rounds(empty, empty, np.zeros(units), np.zeros(units, dtype=np.int64), np.zeros(0, dtype=np.int64))


def rounds_of(sessions: Sessions, units: int) -> Rounds:
    """The rounds of all units of work; a round that a unit was measured in only once is no round of it."""
    number, alone = pair_runs(sessions.run, sessions.tag, sessions.time)
    rounds = int(number.max(initial=-1)) + 1
    if not rounds:
        return no_rounds(units)
    kept = number[sessions.run] >= 0
    code = sessions.unit[kept] * rounds + number[sessions.run[kept]]
    order = np.lexsort((sessions.tag[kept], code))
    code, median = code[order], sessions.median[kept][order]
    start = group_starts(code)
    both = np.diff(np.append(start, len(code))) == 2
    first = start[both]
    difference, unit = median[first + 1] - median[first], code[first] // rounds
    count = np.bincount(unit, minlength=units)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(unit, difference, units) / count
        squares = np.bincount(unit, (difference - mean[unit]) ** 2, units)
        var = np.maximum(squares / (count * (count - 1)), VARIANCE_FLOOR)
    several = count >= MIN_ROUNDS
    return Rounds(
        difference=np.where(several, mean, np.nan),
        var=np.where(several, var, np.nan),
        nu=np.where(several, count - 1.0, 0.0),
        count=count.astype(np.int64),
        alone=alone,
    )
