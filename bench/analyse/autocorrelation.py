"""How far the sessions of one machine repeat each other, and how much less they therefore say.

A machine that is slow today is slow tomorrow: day medians of one cloud VM correlate by about 0.7 from one day to the
next (STATISTICS §1). The scatter of a few sessions then understates how far their mean is off. The share of a
session's variance that wanders so is taken to be `SHARE`, the rest is new every time:

    cor(session at t, session at u) = SHARE · PER_DAY^|t − u|   (t, u in days)

With the times at which the sessions were made this gives, for a target's difference of two levels, what its variance
is and what the usual formula Σ s²/S estimates of it; `inflation` is their ratio. Where phases are as close as their
sessions the difference is correlated too and little is inflated; sessions minutes apart in phases a month apart count
for little more than one each. The constants were chosen on simulated noise (docs/statistics.md), not on Azure data.
"""

from __future__ import annotations

import numpy as np

from bench.analyse.transform import Floats, Ints

PER_DAY = 0.7
SHARE = 0.7

_DAY_S = 86400.0


def inflation(unit: Ints, tag: Ints, time: Floats, units: int) -> Floats:
    """Factor on the variance of each unit's difference, shape (units,), at least 1; 1 without two sessions in a tag.

    unit, tag (0, 1), time (seconds since 1970): one element per session, sorted by unit and tag. Where the time of a
    session is unknown, those of its unit are taken to be a day apart and the phases far apart.
    """
    count = np.bincount(unit * 2 + tag, minlength=2 * units).reshape(units, 2).astype(np.float64)
    shared = _shared(unit, tag, _days(unit, tag, time, units), units)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (count + 2.0 * shared[:, (0, 2)]) / count**2  # of the mean of S correlated sessions of variance 1
        true = np.nansum(spread, axis=1) - 2.0 * np.nan_to_num(shared[:, 1] / count.prod(axis=1))
        seen = (1.0 - spread) / (count - 1.0)  # what s²/S of these sessions is on average
        # a tag with one session borrows the session variance of the other (`bench.analyse.estimate`)
        borrowed = np.where(count == 1, (seen * count)[:, ::-1], np.where(count > 1, seen, 0.0))
        factor = true / np.nansum(borrowed, axis=1)
    known = (count > 1).any(axis=1) & np.isfinite(factor)
    result: Floats = np.where(known, np.maximum(factor, 1.0), 1.0)
    return result


def _shared(unit: Ints, tag: Ints, days: Floats, units: int) -> Floats:
    """Sum of the correlations of all pairs of sessions of a unit: both before, one of each, both after; (units, 3)."""
    total = np.zeros(units * 3)
    longest = int(np.bincount(unit, minlength=1).max(initial=0))
    for away in range(1, longest):
        same = np.flatnonzero(unit[away:] == unit[:-away])
        other = same + away
        correlation = SHARE * PER_DAY ** np.abs(days[same] - days[other])
        total += np.bincount(unit[same] * 3 + tag[same] + tag[other], correlation, units * 3)
    return total.reshape(units, 3)


def _days(unit: Ints, tag: Ints, time: Floats, units: int) -> Floats:
    """When each session was made, in days."""
    days: Floats = time / _DAY_S
    unknown = np.bincount(unit, np.isnan(days), units) > 0
    return np.where(unknown[unit], np.arange(len(unit)) + 365.0 * tag, days)
