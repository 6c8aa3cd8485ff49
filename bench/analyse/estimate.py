"""The effect of a change and its standard error, for many pools of targets at once (STATISTICS §3).

A pool is a set of targets of one metric: the fleet, a region, a single machine. D_v is the difference of levels of
one target (log scale, positive is better); the effect is the mean of the D_v. Where its error comes from depends on
the number of targets, where targets that share machines (pairs a → b and b → a) count as one, with their mean D_v:

- five or more: Student's t over the D_v, nothing else (`Rule.TARGETS`);
- three or four: the same, unless host facts prove that nobody moved and every tag has two sessions or more: then the
  sessions help (`Rule.SESSIONS`);
- one or two: the sessions carry it (`Rule.SESSIONS`), and with a single session there is no error (`Rule.NONE`).

Phases that were toggled in rounds (`bench.analyse.rounds`) take D_v from the differences within rounds; up to four
targets rest on those alone (`Rule.ROUNDS`), with no τ: what drifts slowly is in neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from bench.analyse.levels import VARIANCE_FLOOR, Levels
from bench.analyse.rounds import Rounds
from bench.analyse.tau import Tau, buckets_of, default_tau
from bench.analyse.transform import Floats, Ints

Q_TARGETS = 5
"""From this many targets on, the targets alone are the sample."""


class Rule(IntEnum):
    """Where the standard error of a pool comes from."""

    NONE = 0
    TARGETS = 1
    SESSIONS = 2
    ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Pools:
    """Which units of work (rows of `Levels`) belong to which pool: parallel arrays, `pool` ascending from 0.

    cluster: equal for targets of one pool that share machines, directly or through others; they count as one target.
    """

    pool: Ints
    unit: Ints
    cluster: Ints
    count: int


@dataclass(frozen=True, slots=True)
class Estimates:
    """One element per pool. delta: effect, log scale; se, df: NaN without an error.

    targets: how many have both tags (those that share machines are one). sessions: mean number of sessions per tag.
    within: the part of the variance of one target that falls with more sessions (w; NaN when unknown). tau2: the part
    that neither sees nor falls. between: variance of the D_v over targets, NaN for fewer than two. tau_pairs, tau_df:
    how many A/A pairs taught τ, 0 where it is the default, and its degrees of freedom.
    """

    delta: Floats
    se: Floats
    df: Floats
    targets: Ints
    sessions: Floats
    within: Floats
    tau2: Floats
    rule: Ints
    between: Floats
    tau_pairs: Ints
    tau_df: Floats


def estimate(
    levels: Levels, pools: Pools, moved: Floats, rounds: Rounds | None = None, tau: Tau | None = None
) -> Estimates:
    """Estimates of all pools. `moved` per unit of work: 1 its host changed, 0 proven not, NaN unknown.

    rounds: of all units of work, where the phases may have been toggled. tau: of all units of work, the default table
    when absent.
    """
    difference = levels.level[:, 1] - levels.level[:, 0]
    if rounds is not None:
        difference = np.where(rounds.toggled, rounds.difference, difference)
    paired = ~np.isnan(difference[pools.unit])
    pool, unit, n = pools.pool[paired], pools.unit[paired], pools.count
    names, cluster = np.unique(pools.cluster[paired], return_inverse=True)
    home = np.zeros(len(names), dtype=np.int64)
    home[cluster] = pool
    weight = 1.0 / np.bincount(cluster)[cluster]
    targets = np.bincount(home, minlength=n)
    d = difference[unit]
    with np.errstate(divide="ignore", invalid="ignore"):
        origin = np.full(n, np.inf)
        np.minimum.at(origin, pool, d)  # measured from the smallest: equal differences have exactly no variance
        own = _sum(cluster, weight * (d - origin[pool]), len(names))
        mean = _sum(home, own, n) / targets
        between = _sum(home, (own - mean[home]) ** 2, n) / (targets - 1)
        within, within_df = _within(levels, pool, unit, weight, n)
        tau2, tau_df, tau_pairs = _tau2(levels, moved, pool, unit, n, tau)
        by_sessions = _by_sessions(between, within, within_df, tau2, tau_df, targets)
        se_targets = np.sqrt(np.maximum(between, VARIANCE_FLOOR) / targets)
    stayed = _sum(pool, (moved[unit] != 0).astype(float), n) == 0
    rule = np.where(targets >= 3, Rule.TARGETS, Rule.NONE)
    rule = np.where((targets > 0) & ~np.isnan(within) & ((targets <= 2) | ((targets < Q_TARGETS) & stayed)), 2, rule)
    by_rounds = np.full(n, np.nan), np.full(n, np.nan)
    if rounds is not None and rounds.toggled.any():
        in_rounds, df_rounds = _within_rounds(rounds, pool, unit, weight, n)
        toggled = (targets > 0) & (targets < Q_TARGETS) & ~np.isnan(in_rounds)
        rule, within = np.where(toggled, Rule.ROUNDS, rule), np.where(toggled, in_rounds, within)
        tau2 = np.where(toggled, 0.0, tau2)
        by_rounds = np.sqrt(in_rounds / np.maximum(targets, 1)), df_rounds
    return Estimates(
        delta=np.where(targets > 0, origin + mean, np.nan),
        se=_choose(rule, se_targets, by_sessions[0], by_rounds[0]),
        df=_choose(rule, (targets - 1).astype(float), by_sessions[1], by_rounds[1]),
        targets=targets,
        sessions=_sum(pool, weight * levels.sessions[unit].mean(axis=1), n) / np.maximum(targets, 1),
        within=within,
        tau2=tau2,
        rule=rule.astype(np.int64),
        between=np.where(targets >= 2, between, np.nan),
        tau_pairs=tau_pairs,
        tau_df=tau_df,
    )


def _within(levels: Levels, pool: Ints, unit: Ints, weight: Floats, n: int) -> tuple[Floats, Floats]:
    """W = s²_b + s²_a and df_w = w² / Σ_p s⁴_p / Σ_v ν_vp (Satterthwaite 1946); NaN when a tag has no replication.

    A target with one session borrows the session variance of the pool's others: it adds variance, no degrees.
    weight: one over how many targets share machines with it: their sessions are taken to err together.
    """
    w, spread = np.zeros(n), np.zeros(n)
    targets = _sum(pool, weight, n)
    for tag in (0, 1):
        var, nu = levels.var[unit, tag], levels.nu[unit, tag]
        known = ~np.isnan(var)
        replicated = _sum(pool, known.astype(float), n)
        session_var = _sum(pool, np.where(known, var * levels.sessions[unit, tag], 0.0), n) / replicated
        s2 = _sum(pool, weight * np.where(known, var, session_var[pool]), n) / targets
        w += s2
        spread += s2**2 / _sum(pool, weight * nu, n)
    return w, w**2 / spread


def _within_rounds(rounds: Rounds, pool: Ints, unit: Ints, weight: Floats, n: int) -> tuple[Floats, Floats]:
    """Mean over targets of the variance of a mean of rounds, and its degrees of freedom Σ_v (rounds − 1), per pool.

    NaN where a target of the pool was not measured in rounds.
    """
    var, nu = rounds.var[unit], rounds.nu[unit]
    return _sum(pool, weight * var, n) / _sum(pool, weight, n), _sum(pool, weight * nu, n)


def _tau2(
    levels: Levels, moved: Floats, pool: Ints, unit: Ints, n: int, tau: Tau | None
) -> tuple[Floats, Floats, Ints]:
    """τ² of each pool, its degrees of freedom and A/A pairs: those of the target with the largest τ."""
    table = default_tau(len(moved)) if tau is None else tau
    days = (levels.time[unit, 1] - levels.time[unit, 0]) / 86400.0
    squared, df, pairs = table.of(unit, buckets_of(days, moved[unit]))
    order = np.lexsort((df, -squared, pool))  # of equal τ the one with the fewest degrees of freedom
    home, first = np.unique(pool[order], return_index=True)
    largest = order[first]
    found = np.zeros(n), np.full(n, np.nan), np.zeros(n, dtype=np.int64)
    found[0][home], found[1][home], found[2][home] = squared[largest], df[largest], pairs[largest]
    return found


def _by_sessions(
    between: Floats, within: Floats, within_df: Floats, tau2: Floats, tau_df: Floats, targets: Ints
) -> tuple[Floats, Floats]:
    """Steps 2 to 4 of STATISTICS §3: standard error and degrees of freedom; for one target step 2 alone."""
    a = within + tau2
    a_df = a**2 / (within**2 / within_df + tau2**2 / tau_df)
    v = targets.astype(float)
    q = 3.0 / (3.0 + v - 1.0)
    mix = q * a + (1.0 - q) * between
    mix_df = mix**2 / ((q * a) ** 2 / a_df + ((1.0 - q) * between) ** 2 / (v - 1.0))
    smaller = mix < within
    mix, mix_df = np.where(smaller, within, mix), np.where(smaller, within_df, mix_df)
    mix = np.fmax(mix, between)  # the targets' own scatter may widen what the sessions say, it is never argued away
    var, df = np.where(targets == 1, a, mix), np.where(targets == 1, a_df, mix_df)
    return np.sqrt(var / v), df


def _sum(pool: Ints, values: NDArray[np.float64], n: int) -> Floats:
    return np.bincount(pool, weights=values, minlength=n).astype(np.float64)


def _choose(rule: NDArray[np.int64], targets: Floats, sessions: Floats, rounds: Floats) -> Floats:
    named = [rule == Rule.TARGETS, rule == Rule.SESSIONS, rule == Rule.ROUNDS]
    return np.select(named, [targets, sessions, rounds], np.nan)
