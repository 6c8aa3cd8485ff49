"""In which order the repetitions of a session came, and how its values go from one to the next.

The verdict ends every session in its median; what happens within it (a cold first repetition, a machine that slows
down) is kept here, for all sessions at once. The order is that of the repetitions' numbers; where these do not tell
the values of a session apart, that of the times at which they began; where neither does, it is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.analyse.levels import group_starts
from bench.analyse.table import Rows
from bench.analyse.transform import Floats, Ints

MOST = 64
"""Repetitions of a session that are compared with each other; of more, every n-th one is taken."""


@dataclass(frozen=True, slots=True)
class Repetitions:
    """Values by (unit of work, tag, run) and, within these sessions, in their order.

    x: log scale, one element per value. The others have one per session: where its values start and how many they
    are; ordered: whether their order is known.
    """

    x: Floats
    start: Ints
    count: Ints
    unit: Ints
    tag: Ints
    run: Ints
    ordered: NDArray[np.bool_]


def repetitions_of(x: Floats, rows: Rows) -> Repetitions:
    """The values of `rows`, on the log scale `x`, sorted."""
    runs = int(rows.run.max(initial=0)) + 1
    code = (rows.unit * 2 + rows.tag) * runs + rows.run
    number = np.maximum(rows.repetition, -1) + 1
    if (int(code.max(initial=0)) + 1) * (int(number.max(initial=0)) + 1) >= 2**62:
        number = np.unique(number, return_inverse=True)[1]
    key = code * (int(number.max(initial=0)) + 1) + number
    order = np.argsort(key, kind="stable")
    sorted_code, sorted_number = code[order], number[order]
    start = group_starts(sorted_code)
    count = np.diff(np.append(start, len(code)))
    twice = np.zeros(len(code), dtype=np.bool_)
    twice[1:] = (sorted_code[1:] == sorted_code[:-1]) & (sorted_number[1:] == sorted_number[:-1])
    unclear = (sorted_number == 0) | twice
    ordered = np.ones(len(start), dtype=np.bool_)
    session = np.repeat(np.arange(len(start)), count)
    ordered[session[unclear]] = False
    some = np.flatnonzero(~ordered[session])
    if len(some):
        order[some], ordered = _by_time(rows.time[order[some]], order[some], session[some], ordered)
    first = sorted_code[start]
    return Repetitions(x[order], start, count, first // runs // 2, first // runs % 2, first % runs, ordered)


def _by_time(time: Floats, values: Ints, session: Ints, ordered: NDArray[np.bool_]) -> tuple[Ints, NDArray[np.bool_]]:
    """The values of sessions without usable numbers by when they began, and which sessions are ordered now."""
    by_time = np.lexsort((time, session))
    when, where = time[by_time], session[by_time]
    known = ordered.copy()
    known[session] = True
    same = np.zeros(len(when), dtype=np.bool_)
    same[1:] = (where[1:] == where[:-1]) & ~(when[1:] > when[:-1])
    known[where[same | np.isnan(when)]] = False
    return values[by_time], known


@dataclass(frozen=True, slots=True)
class Courses:
    """How the values of each session go, one element per session; NaN or 0 where it has one value or no known order.

    mean: of the values. apart: mean difference between two of them (Gini's; it needs no order). first: how many of
    the others the first value exceeds, less how many exceed it; first_var: variance of that when the order means
    nothing. lead: first value less the median of the others. trend, trend_var: the same for all pairs, later less
    earlier (Kendall's S). rise: last value less the first.
    """

    mean: Floats
    apart: Floats
    first: Floats
    first_var: Floats
    lead: Floats
    trend: Floats
    trend_var: Floats
    rise: Floats


def courses_of(values: Repetitions) -> Courses:
    """Courses of all sessions.

    In r exchangeable values the first is equally likely to be of any rank, so `first` has the variance (r² − 1)/3,
    and Kendall's S has r(r − 1)(2r + 5)/18 (Kendall 1938); ties make both smaller, which is left out on the safe side.
    """
    n = len(values.start)
    table = {name: np.full(n, np.nan) for name in ("mean", "apart", "lead", "rise")}
    table |= {name: np.zeros(n) for name in ("first", "first_var", "trend", "trend_var")}
    for size in np.unique(values.count).tolist():
        some = np.flatnonzero(values.count == size)
        x = values.x[values.start[some][:, None] + np.arange(size)]
        table["mean"][some] = x @ np.full(size, 1.0 / size)
        if size < 2:
            continue
        table["apart"][some] = gini(x)
        known = values.ordered[some]
        for name, found in _course(x[known]).items():
            table[name][some[known]] = found
    return Courses(**table)


def gini(x: Floats) -> Floats:
    """Mean difference between two of the values of each row (Gini 1912), the same on average for any number of them."""
    size = x.shape[1]
    if size < 2:
        return np.full(len(x), np.nan)
    weight = 2.0 * (2.0 * np.arange(size) - size + 1.0) / (size * (size - 1.0))
    apart: Floats = np.sort(x, axis=1) @ weight
    return apart


def _course(x: Floats) -> dict[str, Floats]:
    """What needs an order, for sessions of one size: shape (sessions, repetitions)."""
    sessions, size = x.shape
    thin = x[:, :: -(-size // MOST)]
    few = thin.shape[1]
    trend = np.zeros(sessions)
    for lag in range(1, few):
        trend += np.sign(thin[:, lag:] - thin[:, :-lag]).sum(axis=1)
    return {
        "first": np.sign(x[:, :1] - x[:, 1:]).sum(axis=1),
        "first_var": np.full(sessions, (size**2 - 1.0) / 3.0),
        "lead": x[:, 0] - np.median(x[:, 1:], axis=1),
        "trend": trend,
        "trend_var": np.full(sessions, few * (few - 1.0) * (2.0 * few + 5.0) / 18.0),
        "rise": x[:, -1] - x[:, 0],
    }
