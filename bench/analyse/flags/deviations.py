"""How far each session is off the level of its target, and how much of that the targets of its run share.

Targets that are measured in one run are disturbed together: what they share counts once, however many they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.analyse.levels import Sessions
from bench.analyse.transform import Floats, Ints

SEVERAL = 5
"""Targets from which on the median says what they share: of three, one would be the median and have no own part."""


@dataclass(frozen=True, slots=True)
class Deviations:
    """off, own, size: one element per session; NaN for the only one of its target and tag, and where key is −1.

    off: session median less the mean over its target and tag. shared: what the targets of its run have in common of
    that, 0 for the only one. own: off less shared, widened for that this is estimated from them. size: sessions of the
    target in the tag. group, common, time: one element per metric, tag and run, sorted; group is twice the metric plus
    the tag, common the median of `off` over the targets (a mean would hand the bad day of one on to all; of a few it
    is the mean), time the mean start.
    """

    off: Floats
    shared: Floats
    own: Floats
    size: Floats
    group: Ints
    common: Floats
    time: Floats


def deviations_of(cells: Sessions, key: Ints, keys: int) -> Deviations:
    """Deviations of `cells`; key: per unit of work its metric of `keys`, −1 for units that are left out."""
    code = cells.unit * 2 + cells.tag
    n = np.bincount(code, minlength=len(key) * 2)
    use = np.flatnonzero((n[code] > 1) & (key[cells.unit] >= 0))
    off, shared, own, size = (np.full(len(code), np.nan) for _ in range(4))
    size[use] = n[code[use]]
    off[use] = cells.median[use] - (sums(code, cells.median, len(n)) / np.maximum(n, 1))[code[use]]
    runs = int(cells.run.max(initial=0)) + 1
    place = (key[cells.unit[use]] * 2 + cells.tag[use]) * runs + cells.run[use]
    targets = np.bincount(place, minlength=keys * 2 * runs)
    mean = sums(place, off[use], len(targets)) / np.maximum(targets, 1)
    common = np.where(targets < SEVERAL, mean, medians(place, off[use], len(targets)))
    rivals = targets[place] - 1.0
    shared[use] = np.where(rivals > 0, common[place], 0.0)
    own[use] = (off[use] - shared[use]) * np.where(rivals > 0, np.sqrt(targets[place] / np.maximum(rivals, 1.0)), 1.0)
    some = np.flatnonzero(targets)
    time = sums(place, cells.time[use], len(targets))[some] / targets[some]
    return Deviations(off, shared, own, size, some // runs, common[some], time)


def medians(group: Ints, values: Floats, groups: int) -> Floats:
    """The median of the values of each group, NaN for an empty one; groups of one size are rows of one table."""
    order = np.argsort(group, kind="stable")
    size = np.bincount(group, minlength=groups)
    start = np.cumsum(size) - size
    middle = np.full(groups, np.nan)
    for n in np.unique(size[size > 0]).tolist():
        some = np.flatnonzero(size == n)
        middle[some] = np.median(values[order[start[some][:, None] + np.arange(n)]], axis=1)
    return middle


def sums(group: Ints, values: Floats, groups: int) -> Floats:
    """The sum of the values of each group."""
    total: Floats = np.bincount(group, weights=values, minlength=groups).astype(np.float64)
    return total
