"""From values to one level per target and tag: repetitions → session median → mean of sessions (STATISTICS §3).

Repetitions inside a session are pseudo-replicates, so they end in their median; the variance of a level comes from
the sessions alone. Everything is computed for all metrics at once: arrays with one element per value, then per
session, then per (unit of work, tag), where a unit of work is one metric on one target.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from bench.analyse.autocorrelation import inflation
from bench.analyse.transform import Floats, Ints

VARIANCE_FLOOR = 1e-8
"""Smallest variance of a level: an SD of 0.01 %, below which clocks and rounding decide."""

TRIM = 0.2
TRIM_FROM = 5
"""From this many sessions on, the mean is 20 % trimmed."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """One element per (unit of work, tag, run), sorted: `unit`, `tag` (0 before, 1 after) and `run` say which.

    median, low, high: of the values on the log scale; count: how many values; total: their sum as measured, in base
    units; time: mean start, seconds since 1970 (NaN when unknown).
    """

    unit: Ints
    tag: Ints
    run: Ints
    median: Floats
    low: Floats
    high: Floats
    count: Ints
    total: Floats
    time: Floats


@dataclass(frozen=True, slots=True)
class Levels:
    """Per unit of work (rows) and tag (2 columns: before, after); NaN or 0 where nothing was measured.

    level: mean of the session medians, log scale. var: variance of that mean as a part of the difference between the
    tags, with what sessions repeat of each other (`bench.analyse.autocorrelation`), NaN with fewer than two sessions.
    nu: its degrees of freedom. sessions, values: counts. time: mean start. spread: the widest relative spread
    (max − min)/median of single values within a session.
    """

    level: Floats
    var: Floats
    nu: Floats
    sessions: Ints
    values: Ints
    time: Floats
    spread: Floats


def group_starts(*sorted_codes: Ints) -> Ints:
    """Index of the first element of each run of equal codes; the arrays are sorted together."""
    if len(sorted_codes[0]) == 0:
        return np.zeros(0, dtype=np.int64)
    changed = np.zeros(len(sorted_codes[0]), dtype=np.bool_)
    changed[0] = True
    for codes in sorted_codes:
        changed[1:] |= codes[1:] != codes[:-1]
    return np.flatnonzero(changed).astype(np.int64)


def sessions_of(x: Floats, base: Floats, unit: Ints, tag: Ints, run: Ints, time: Floats) -> Sessions:
    """Reduce values (`x` on the log scale, `base` in base units) to one element per (unit of work, tag, run)."""
    runs = int(run.max(initial=0)) + 1
    code = (unit * 2 + tag) * runs + run
    order = np.argsort(code, kind="stable")
    code = code[order]
    start = group_starts(code)
    count = np.diff(np.append(start, len(code)))
    order = _ascending(x, order, start, count)
    x = x[order]
    median = (x[start + (count - 1) // 2] + x[start + count // 2]) / 2
    first = code[start]
    return Sessions(
        unit=first // runs // 2,
        tag=first // runs % 2,
        run=first % runs,
        median=median,
        low=x[start],
        high=x[start + count - 1],
        count=count,
        total=_sums(base[order], start),
        time=_sums(time[order], start) / count,
    )


def without_runs(sessions: Sessions, runs: Ints) -> Sessions:
    """The sessions less those of some runs."""
    if not len(runs):
        return sessions
    keep = ~np.isin(sessions.run, runs)
    return Sessions(**{one.name: getattr(sessions, one.name)[keep] for one in fields(Sessions)})


def _ascending(x: Floats, order: Ints, start: Ints, count: Ints) -> Ints:
    """`order` with the values of each session by size; sessions of one size are sorted as the rows of one table.

    Sorting all values at once by session and value takes five times as long.
    """
    sorted_ = order.copy()
    for size in np.unique(count[count > 1]):
        place = start[count == size][:, None] + np.arange(size)
        mine = order[place]
        sorted_[place] = np.take_along_axis(mine, np.argsort(x[mine], axis=1), axis=1)
    return sorted_


def levels_of(sessions: Sessions, units: int) -> Levels:
    """Reduce sessions to levels of `units` units of work; mean, or 20 % trimmed mean with Yuen's variance (1974)."""
    order = np.lexsort((sessions.median, sessions.tag, sessions.unit))
    unit, tag, m = sessions.unit[order], sessions.tag[order], sessions.median[order]
    start = group_starts(unit, tag)
    size = np.diff(np.append(start, len(m)))
    mean, var, nu = _trimmed(m, start, size)
    place = (unit[start], tag[start])
    var = var * inflation(unit, tag, sessions.time[order], units)[unit[start]]
    spread = np.exp(sessions.high - sessions.median) - np.exp(sessions.low - sessions.median)
    return Levels(
        level=_scatter(units, place, mean, np.nan),
        var=_scatter(units, place, var, np.nan),
        nu=_scatter(units, place, nu, 0.0),
        sessions=_scatter(units, place, size.astype(float), 0.0).astype(np.int64),
        values=_scatter(units, place, _sums(sessions.count[order].astype(float), start), 0.0).astype(np.int64),
        time=_scatter(units, place, _sums(sessions.time[order], start) / size, np.nan),
        spread=_scatter(units, place, np.maximum.reduceat(spread[order], start) if len(start) else spread, np.nan),
    )


def _trimmed(m: Floats, start: Ints, size: Ints) -> tuple[Floats, Floats, Floats]:
    """Mean, variance of the mean and its degrees of freedom for each group of the sorted `m`.

    With g = ⌊0.2 S⌋ values cut at each end and h = S − 2g left: the variance is the sum of squares of the winsorized
    values over h(h − 1), ν = h − 1 (Yuen 1974). g = 0 gives the plain mean and its variance.
    """
    cut = np.where(size >= TRIM_FROM, np.floor(TRIM * size).astype(np.int64), 0)
    kept = size - 2 * cut
    position = np.arange(len(m)) - np.repeat(start, size)
    inside = (position >= np.repeat(cut, size)) & (position < np.repeat(size - cut, size))
    # differences from the smallest value: identical sessions then have a variance of exactly 0, whatever their level
    origin = m[start]
    shifted = m - np.repeat(origin, size)
    mean = _sums(np.where(inside, shifted, 0.0), start) / kept
    low, high = shifted[start + cut], shifted[start + size - cut - 1]
    winsorized = np.clip(shifted, np.repeat(low, size), np.repeat(high, size))
    centre = _sums(winsorized, start) / size
    squares = _sums((winsorized - np.repeat(centre, size)) ** 2, start)
    with np.errstate(divide="ignore", invalid="ignore"):
        var = np.maximum(squares / (kept * (kept - 1)), VARIANCE_FLOOR)
    return origin + mean, np.where(size >= 2, var, np.nan), np.where(size >= 2, kept - 1, 0).astype(np.float64)


def _sums(values: Floats, start: Ints) -> Floats:
    if len(start) == 0:
        return np.zeros(0)
    sums: Floats = np.add.reduceat(values, start)
    return sums


def _scatter(units: int, place: tuple[Ints, Ints], values: NDArray[np.float64], missing: float) -> Floats:
    table = np.full((units, 2), missing)
    table[place] = values
    return table
