"""Metrics that count events and can be 0 (retransmits, errors): rates are compared, never logarithms of values.

The test is `scipy.stats.poisson_means_test` (Krishnamoorthy & Thomson 2004) where events are as independent as
Poisson's; the interval of the ratio of rates is the conditional binomial one (Clopper & Pearson 1934; Przyborowski &
Wilenski 1940). Retransmits come in bursts, so the variance is multiplied by the observed dispersion φ ≥ 1 (quasi-
Poisson, McCullagh & Nelder 1989 §6.2): events are counted as if there were k/φ of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv, ndtri

from bench.analyse.estimate import Q_TARGETS, Pools
from bench.analyse.levels import Sessions
from bench.analyse.result import Reason, Verdict
from bench.analyse.transform import Floats, Ints
from bench.analyse.verdict import ALPHA, POWER, REASONS, VERDICTS, Decisions, classify, t_quantile

EXACT_UP_TO = 500
"""Total events up to which the exact test is run: its cost grows with their square, and more need no exactness."""


@dataclass(frozen=True, slots=True)
class Counts:
    """One element per pool. events, values: shape (pools, 2), before and after; phi: dispersion; df: of phi.

    sessions: smallest number of sessions of a target in a tag.
    """

    events: Floats
    values: Floats
    phi: Floats
    df: Floats
    targets: Ints
    sessions: Ints


def count_up(cells: Sessions, pools: Pools, units: int) -> Counts:
    """Add up the events of the units of work that have both tags, per pool, and estimate φ."""
    values = _table(cells, cells.count.astype(float), units)
    sessions = _table(cells, np.ones(len(cells.unit)), units)
    paired = np.logical_and(values[:, 0] > 0, values[:, 1] > 0)
    keep = paired[pools.unit]
    pool, unit, n = pools.pool[keep], pools.unit[keep], pools.count
    table = _table(cells, cells.total, units)
    events = np.stack([_sum(pool, table[unit, tag], n) for tag in (0, 1)], axis=1)
    total = np.stack([_sum(pool, values[unit, tag], n) for tag in (0, 1)], axis=1)
    fewest = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(fewest, pool, sessions[unit].min(axis=1).astype(np.int64))
    targets = np.bincount(pool, minlength=n)
    phi, df = np.ones(n), np.zeros(n)
    order = np.argsort(cells.unit, kind="stable")
    first = np.searchsorted(cells.unit[order], np.arange(units + 1))
    bounds = np.searchsorted(pool, np.arange(n + 1))
    for index in range(n):
        members = unit[bounds[index] : bounds[index + 1]]
        mine = np.concatenate([order[first[one] : first[one + 1]] for one in members]) if len(members) else order[:0]
        df[index] = len(mine) - targets[index] - 1
        if df[index] > 0 and events[index].sum() > 0:
            phi[index] = _dispersion(cells, mine, table, values, events[index] / total[index]) / df[index]
    return Counts(events, total, np.maximum(phi, 1.0), df, targets, np.where(targets > 0, fewest, 0))


def usable(counts: Counts) -> NDArray[np.bool_]:
    """Which pools have events at all and enough replication to know how they scatter."""
    enough: NDArray[np.bool_] = (counts.df > 0) & ((counts.targets >= 3) | (counts.sessions >= 2))
    enough &= counts.events.sum(axis=1) > 0
    return enough


def decide_counts(counts: Counts, p: Floats, sign: Floats, margin: Floats, alpha: Floats) -> Decisions:
    """Verdicts of pools of counts; `sign` is −1 where fewer events are better. delta is ±inf when one tag has none.

    p: from `count_p_values`; margin, alpha: per pool, as in `bench.analyse.verdict.decide`.
    """
    k, known = counts.events, usable(counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        delta = np.where(
            k.sum(axis=1) > 0, np.log(k[:, 1] / counts.values[:, 1]) - np.log(k[:, 0] / counts.values[:, 0]), np.nan
        )
    low, high = _interval(counts, alpha)
    inner_low, inner_high = _interval(counts, np.full(alpha.shape, 2 * ALPHA))
    equal = known & (inner_low > -margin) & (inner_high < margin)
    delta, low, high = sign * delta, np.minimum(sign * low, sign * high), np.maximum(sign * low, sign * high)
    low, high = np.where(known, low, np.nan), np.where(known, high, np.nan)
    verdict, clear = classify(delta, low, high, margin, equal)
    open_ = verdict == VERDICTS.index(Verdict.INCONCLUSIVE)
    reason = np.where(open_, REASONS.index(Reason.UNDERPOWERED), 0)
    reason[open_ & (k.sum(axis=1) > 0) & ~known] = REASONS.index(Reason.UNREPLICATED)
    reason[counts.targets == 0] = REASONS.index(Reason.NO_BASELINE)
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.where(known, np.sqrt(counts.phi * (1 / k[:, 0] + 1 / k[:, 1])), np.nan)
    width = t_quantile(1 - alpha / 2, counts.df) + t_quantile(POWER, counts.df)
    nothing = np.full(delta.shape, np.nan)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        detectable = np.where(np.isfinite(se), np.expm1(width * se), np.nan)
        more = np.ceil(np.maximum(counts.sessions, 1) * ((width * se / margin) ** 2 - 1))
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
        clear=clear,
        detectable=detectable,
        more_sessions=np.where(np.isfinite(more), np.maximum(more, 1), nothing),
        more_targets=np.where(counts.targets < Q_TARGETS, Q_TARGETS - counts.targets, nothing),
    )


def _table(cells: Sessions, values: Floats, units: int) -> Floats:
    return _sum(cells.unit * 2 + cells.tag, values, units * 2).reshape(units, 2)


def _sum(code: Ints, values: Floats, n: int) -> Floats:
    return np.bincount(code, weights=values, minlength=n).astype(np.float64)


def _dispersion(cells: Sessions, mine: Ints, table: Floats, values: Floats, rate: Floats) -> float:
    """Pearson's χ² against "each target has its own rate, and the change multiplies all of them alike"."""
    unit, tag = cells.unit[mine], cells.tag[mine]
    share = rate[tag] / (values[unit] * rate).sum(axis=1)
    expected = table[unit].sum(axis=1) * share * cells.count[mine]
    known = expected > 0
    return float(((cells.total[mine][known] - expected[known]) ** 2 / expected[known]).sum())


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

    Poisson means test where events are few and not bursty, else the conditional binomial test on k/φ.
    """
    k, known = _effective(counts, np.full(len(counts.phi), ALPHA)), usable(counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = counts.values[:, 1] / counts.values.sum(axis=1)
        upper = np.where(k[:, 1] > 0, betainc(np.maximum(k[:, 1], 1e-12), k[:, 0] + 1, expected), 1.0)
        lower = np.where(k[:, 0] > 0, betainc(np.maximum(k[:, 0], 1e-12), k[:, 1] + 1, 1 - expected), 1.0)
    p: Floats = np.minimum(2 * np.minimum(upper, lower), 1.0)
    for index in np.flatnonzero(known & (counts.phi <= 1) & (counts.events.sum(axis=1) <= EXACT_UP_TO)):
        (before, after), (values_before, values_after) = counts.events[index], counts.values[index]
        from scipy.stats import poisson_means_test  # costs half a second, and most campaigns count nothing

        p[index] = poisson_means_test(int(after), values_after, int(before), values_before).pvalue
    return np.where(known, p, np.nan)
