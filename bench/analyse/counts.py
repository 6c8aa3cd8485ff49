"""Metrics that count events and can be 0 (retransmits, errors): rates are compared, never logarithms of values.

The test is `scipy.stats.poisson_means_test` (Krishnamoorthy & Thomson 2004) where events are as independent as
Poisson's; the interval of the ratio of rates is the conditional binomial one (Clopper & Pearson 1934; Przyborowski &
Wilenski 1940). Retransmits come in bursts and drift, so the variance is multiplied by the observed dispersion φ ≥ 1
(quasi-Poisson, McCullagh & Nelder 1989 §6.2): events are counted as if there were k/φ of them.

What moves between two tags is the target, not the session, so φ rests on the totals of target × tag alone, with as
many degrees of freedom as there are targets with events, less one. It is the larger of Pearson's χ²/df and of what
the jackknife over targets (Efron 1982) says: the first is blind where one target has most of the events. With fewer
than three such targets nothing tells change from drift, however many events and sessions: INCONCLUSIVE. Targets that
share machines count as one (`bench.analyse.pools.clusters_of`). No event in either tag is NO MEANINGFUL CHANGE once
each tag has two sessions or three targets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv, ndtri

from bench.analyse.estimate import Pools
from bench.analyse.levels import Sessions
from bench.analyse.result import Reason, Verdict
from bench.analyse.transform import Floats, Ints
from bench.analyse.verdict import (
    ALPHA,
    POWER,
    REASONS,
    VERDICTS,
    Decisions,
    classify,
    t_quantile,
    targets_needed,
)

EXACT_UP_TO = 500
"""Total events up to which the exact test is run: its cost grows with their square, and more need no exactness."""


MIN_TARGETS = 3
"""Targets with events from which on their scatter can be told from a change."""


@dataclass(frozen=True, slots=True)
class Counts:
    """One element per pool. events, values: shape (pools, 2), before and after; phi: dispersion; df: of phi.

    targets: how many have both tags; seen: how many of them had events. sessions: smallest number of sessions of a
    target in a tag.
    """

    events: Floats
    values: Floats
    phi: Floats
    df: Floats
    targets: Ints
    seen: Ints
    sessions: Ints


def count_up(cells: Sessions, pools: Pools, units: int) -> Counts:
    """Add up the events of the units of work that have both tags, per pool, and estimate φ."""
    values = _table(cells, cells.count.astype(float), units)
    sessions = _table(cells, np.ones(len(cells.unit)), units)
    keep = np.logical_and(values[:, 0] > 0, values[:, 1] > 0)[pools.unit]
    pool, unit, n = pools.pool[keep], pools.unit[keep], pools.count
    names, cluster = np.unique(pools.cluster[keep], return_inverse=True)
    home = np.zeros(len(names), dtype=np.int64)
    home[cluster] = pool
    own_events = _columns(cluster, _table(cells, cells.total, units)[unit], len(names))
    own_values = _columns(cluster, values[unit], len(names))
    events, total = _columns(home, own_events, n), _columns(home, own_values, n)
    fewest = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(fewest, pool, sessions[unit].min(axis=1).astype(np.int64))
    targets = np.bincount(home, minlength=n)
    seen = np.bincount(home[own_events.sum(axis=1) > 0], minlength=n)
    df = np.maximum(seen - 1, 0).astype(np.float64)
    phi = np.maximum(
        _pearson(own_events, own_values, home, events, total, df),
        _jackknife(own_events, own_values, home, events, total, seen),
    )
    phi = np.where(seen >= 2, np.fmax(phi, 1.0), 1.0)
    return Counts(events, total, phi, df, targets, seen, np.where(targets > 0, fewest, 0))


def usable(counts: Counts) -> NDArray[np.bool_]:
    """Which pools have enough targets with events to know how these scatter."""
    enough: NDArray[np.bool_] = counts.seen >= MIN_TARGETS
    return enough


def decide_counts(
    counts: Counts,
    p: Floats,
    sign: Floats,
    margin: Floats,
    alpha: Floats,
    moved: NDArray[np.bool_],
    level: float = ALPHA,
) -> Decisions:
    """Verdicts of pools of counts; `sign` is −1 where fewer events are better. delta is ±inf when one tag has none.

    p: from `count_p_values`; margin, alpha, moved, level: as in `bench.analyse.verdict.decide`.
    """
    k, known = counts.events, usable(counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        delta = np.where(
            k.sum(axis=1) > 0, np.log(k[:, 1] / counts.values[:, 1]) - np.log(k[:, 0] / counts.values[:, 0]), np.nan
        )
    low, high = _interval(counts, alpha)
    inner_low, inner_high = _interval(counts, np.full(alpha.shape, min(2 * level, 0.999)))
    equal = known & (inner_low > -margin) & (inner_high < margin)
    delta, low, high = sign * delta, np.minimum(sign * low, sign * high), np.maximum(sign * low, sign * high)
    low, high = np.where(known, low, np.nan), np.where(known, high, np.nan)
    verdict, clear = classify(delta, low, high, margin, equal)
    verdict, reason = _reasons(counts, verdict, moved)
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.where(known, np.sqrt(counts.phi * (1 / np.maximum(k, 0.5)).sum(axis=1)), np.nan)
    width = t_quantile(1 - alpha / 2, counts.df) + t_quantile(POWER, counts.df)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        more = np.maximum(np.ceil(counts.sessions * ((width * se / margin) ** 2 - 1)), 1.0)
    return Decisions(
        delta=delta,
        low=low,
        high=high,
        alpha=alpha,
        p=np.where(known, p, np.nan),
        se=se,
        df=np.where(known, counts.df, np.nan),
        verdict=verdict,
        reason=reason,
        clear=clear & (reason == 0),
        detectable=np.expm1(width * se),
        more_sessions=np.where(counts.phi > 1, np.inf, more),  # more sessions do not help against drift of targets
        more_targets=targets_needed(se**2 * counts.targets, counts.targets, margin, alpha),
    )


def _reasons(counts: Counts, verdict: Ints, moved: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Verdicts after what is special to counts, and the reasons of those that stay open."""
    open_ = VERDICTS.index(Verdict.INCONCLUSIVE)
    none = (counts.targets > 0) & (counts.events.sum(axis=1) == 0)
    settled = none & ((counts.sessions >= 2) | (counts.targets >= MIN_TARGETS))
    lone = moved & (counts.targets == 1)
    verdict = np.where(settled, VERDICTS.index(Verdict.NO_CHANGE), verdict)
    verdict = np.where((~usable(counts) & ~settled) | lone, open_, verdict)
    reason = np.where(verdict == open_, REASONS.index(Reason.UNDERPOWERED), 0)
    reason[(verdict == open_) & ~usable(counts)] = REASONS.index(Reason.UNREPLICATED)
    reason[lone] = REASONS.index(Reason.HOST_MOVED)
    reason[counts.targets == 0] = REASONS.index(Reason.NO_BASELINE)
    return verdict, reason


def _table(cells: Sessions, values: Floats, units: int) -> Floats:
    return _sum(cells.unit * 2 + cells.tag, values, units * 2).reshape(units, 2)


def _sum(code: Ints, values: Floats, n: int) -> Floats:
    return np.bincount(code, weights=values, minlength=n).astype(np.float64)


def _columns(code: Ints, values: Floats, n: int) -> Floats:
    return np.stack([_sum(code, values[:, tag], n) for tag in (0, 1)], axis=1)


def _pearson(k: Floats, values: Floats, home: Ints, events: Floats, total: Floats, df: Floats) -> Floats:
    """χ²/df against "each target has its own rate, and the change multiplies all of them alike".

    k, values, home: per target its events and values by tag, and its pool; the others per pool.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = values * (events / total)[home]
        expected = k.sum(axis=1, keepdims=True) * weight / weight.sum(axis=1, keepdims=True)
        square = np.where(expected > 0, (k - expected) ** 2 / expected, 0.0).sum(axis=1)
        phi: Floats = _sum(home, square, len(df)) / df
    return phi


def _jackknife(k: Floats, values: Floats, home: Ints, events: Floats, total: Floats, seen: Ints) -> Floats:
    """How many times Poisson's the variance of ln(ratio) is, by leaving out each target with events in turn.

    Half an event is added to each tag, so that a tag may have none.
    """
    n = len(seen)
    some = k.sum(axis=1) > 0
    home = home[some]
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = (events[home] - k[some] + 0.5) / (total[home] - values[some])
        without = np.where(seen[home] >= 2, np.log(rate[:, 1] / rate[:, 0]), 0.0)
        centre = _sum(home, without, n) / seen
        variance = _sum(home, (without - centre[home]) ** 2, n) * (seen - 1) / seen
        phi: Floats = variance / (1 / (events + 0.5)).sum(axis=1)
    return phi


def _effective(counts: Counts, alpha: Floats) -> Floats:
    """Events over φ, and over (t/z)² where φ itself was estimated from few degrees of freedom."""
    with np.errstate(invalid="ignore"):
        factor = np.where(counts.df > 0, (t_quantile(1 - alpha / 2, counts.df) / ndtri(1 - alpha / 2)) ** 2, 1.0)
    shrunk: Floats = counts.events / np.where(counts.phi > 1, counts.phi * factor, 1.0)[:, None]
    return shrunk


def _interval(counts: Counts, alpha: Floats) -> tuple[Floats, Floats]:
    """Interval of ln(rate after / rate before): the share of events after is binomial given their total."""
    k = _effective(counts, alpha)
    with np.errstate(divide="ignore", invalid="ignore"):
        offset = np.log(counts.values[:, 0] / counts.values[:, 1])
        share_low = np.where(k[:, 1] > 0, betaincinv(np.maximum(k[:, 1], 1e-12), k[:, 0] + 1, alpha / 2), 0.0)
        share_high = np.where(k[:, 0] > 0, betaincinv(k[:, 1] + 1, np.maximum(k[:, 0], 1e-12), 1 - alpha / 2), 1.0)
        low = np.log(share_low) - np.log1p(-share_low) + offset
        high = np.log(share_high) - np.log1p(-share_high) + offset
    return low, high


def count_p_values(counts: Counts) -> Floats:
    """Two-sided p of "the rates are equal", NaN where it cannot be known.

    Poisson means test where events are few, whole numbers and not bursty, else the conditional binomial test on k/φ.
    """
    k, known = _effective(counts, np.full(len(counts.phi), ALPHA)), usable(counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = counts.values[:, 1] / counts.values.sum(axis=1)
        upper = np.where(k[:, 1] > 0, betainc(np.maximum(k[:, 1], 1e-12), k[:, 0] + 1, expected), 1.0)
        lower = np.where(k[:, 0] > 0, betainc(np.maximum(k[:, 0], 1e-12), k[:, 1] + 1, 1 - expected), 1.0)
    p: Floats = np.minimum(2 * np.minimum(upper, lower), 1.0)
    whole = (counts.events == np.rint(counts.events)).all(axis=1)
    for index in np.flatnonzero(known & whole & (counts.phi <= 1) & (counts.events.sum(axis=1) <= EXACT_UP_TO)):
        (before, after), (values_before, values_after) = counts.events[index], counts.values[index]
        from scipy.stats import poisson_means_test  # costs half a second, and most campaigns count nothing

        p[index] = poisson_means_test(int(after), values_after, int(before), values_before).pvalue
    return np.where(known, p, np.nan)
