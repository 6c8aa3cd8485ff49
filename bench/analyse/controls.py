"""What happened on machines where nothing was changed, and what is left of an effect without it.

Difference in differences on the log scale: net = δ(changed) − δ(controls), for all metrics at once. Controls correlate
weakly with other machines from day to day, so the verdict stays that of the changed targets; controls catch shocks that
hit everything. What was changed everywhere undeclared is taken off too, so controls are used whatever their facts say.

The two sides share no machine, so their variances add up:

- two targets or more on both sides: Welch's t (1947) over the D_v, s₁²/n₁ + s₂²/n₂ with Satterthwaite's (1946) degrees
  of freedom. Where sessions carry a side's own interval (STATISTICS §3), its variance and df are the ones here;
- one target on one side: its variance is taken to be that of a target of the other side, s²(1 + 1/n) with n − 1 df,
  Student's two-sample t with one value in one sample (Crawford & Howell 1998). Where sessions carry both sides' own
  intervals, these variances add up instead;
- one target on each side: their session variances, τ² included, add up; without sessions there is no interval.

Counts have a variance of the log of their rates (`bench.analyse.counts`), which add up too; a rate of 0 has none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.analyse.estimate import Estimates, Rule
from bench.analyse.levels import VARIANCE_FLOOR
from bench.analyse.result import ControlEffect, Interval, Verdict
from bench.analyse.settle import percent
from bench.analyse.shown import optional
from bench.analyse.transform import Floats, Ints
from bench.analyse.verdict import VERDICTS, Decisions, t_quantile
from bench.words import Said, counted, say

_MOVED = [VERDICTS.index(one) for one in (Verdict.IMPROVED, Verdict.REGRESSED)]

Variance = tuple[Floats, Floats]
"""A variance and its degrees of freedom, one element per metric; NaN where nothing is known."""


@dataclass(frozen=True, slots=True)
class Net:
    """One element per metric, log scale, positive is better; NaN where it is not known.

    pool: of its controls, −1 without any. delta: effect with that of the controls taken off; low, high: its interval
    at the metric's own 1 − α. shock: the controls' own interval excludes 0, and they moved by the margin or more.
    """

    pool: Ints
    delta: Floats
    low: Floats
    high: Floats
    shock: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Side:
    """Changed targets or controls. n: how many. mean: variance of their mean D_v. one: of the D_v of one target.

    sessions: where sessions or rounds carry the side's own interval.
    """

    n: Ints
    mean: Variance
    one: Variance
    sessions: NDArray[np.bool_]


def net_of_controls(estimates: Estimates, decisions: Decisions, pool: Ints, counted: NDArray[np.bool_]) -> Net:
    """The effects of all metrics with those of their controls taken off.

    Pools 0 … len(pool) − 1 are the metrics' changed targets; `pool` says which one has a metric's controls (−1: none).
    counted: metrics that count events.
    """
    fleet, some = np.arange(len(pool)), pool >= 0
    control = np.where(some, pool, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        delta = np.where(some, decisions.delta[fleet] - decisions.delta[control], np.nan)
        var, df = _difference(_side(estimates, fleet), _side(estimates, control))
        rates = _sum(*((decisions.se[one] ** 2, decisions.df[one]) for one in (fleet, control)))
        half = t_quantile(1 - decisions.alpha[fleet] / 2, np.where(counted, rates[1], df))
        half = half * np.sqrt(np.where(counted, rates[0], var))
    delta = np.where(np.isfinite(delta), delta, np.nan)
    return Net(
        pool=pool,
        delta=delta,
        low=delta - half,
        high=delta + half,
        shock=some & np.isin(decisions.verdict[control], _MOVED),
    )


def control_effects(net: Net, decisions: Decisions, targets: Ints, sign: Floats) -> list[ControlEffect | None]:
    """What is said of each metric's controls; None where it has none.

    targets: per pool. sign: per metric, −1 where lower is better; ratios are after/before as measured.
    """
    control = np.where(net.pool >= 0, net.pool, 0)
    with np.errstate(over="ignore"):
        ratio, difference = (optional(np.exp(sign * one)) for one in (decisions.delta[control], net.delta))
    own = _intervals(decisions.low[control], decisions.high[control], decisions.alpha[control], sign)
    rest = _intervals(net.low, net.high, decisions.alpha[: len(control)], sign)
    return [
        None if pool < 0 else ControlEffect(int(targets[pool]), ratio[key], own[key], difference[key], rest[key])
        for key, pool in enumerate(net.pool.tolist())
    ]


def shock_words(effect: ControlEffect) -> Said:
    """The warning about controls that moved, in one sentence."""
    controls = counted("control", effect.targets)
    if effect.ratio is None:
        return say("warning.shock", controls=controls)
    return say("warning.shock.to", controls=controls, ratio=percent(effect.ratio))


def _intervals(low: Floats, high: Floats, alpha: Floats, sign: Floats) -> list[Interval | None]:
    """Intervals of ratios from their ends on the log scale; None where one is missing or endless."""
    with np.errstate(over="ignore"):
        ends = np.sort(np.exp(sign[:, None] * np.stack([low, high], axis=1)), axis=1)
    known = np.isfinite(ends).all(axis=1)
    return [
        Interval(one[0], one[1], level) if here else None
        for one, level, here in zip(ends.tolist(), (1 - alpha).tolist(), known.tolist(), strict=True)
    ]


def _side(estimates: Estimates, pool: Ints) -> _Side:
    n, rule = estimates.targets[pool], estimates.rule[pool]
    se2, df = estimates.se[pool] ** 2, estimates.df[pool]
    scatter, own = (np.maximum(estimates.between[pool], VARIANCE_FLOOR), n - 1.0), rule != Rule.NONE
    by_targets = rule == Rule.TARGETS
    return _Side(
        n=n,
        mean=(np.where(own, se2, scatter[0] / n), np.where(own, df, scatter[1])),
        one=(np.where(by_targets, se2 * n, scatter[0]), np.where(by_targets, df, scatter[1])),
        sessions=(rule == Rule.SESSIONS) | (rule == Rule.ROUNDS),
    )


def _difference(changed: _Side, controls: _Side) -> Variance:
    """Variance of the difference of two sides' means."""
    var, df = _sum(changed.mean, controls.mean)
    for single, other in ((changed, controls), (controls, changed)):
        alone = (single.n == 1) & (other.n > 1) & ~(single.sessions & other.sessions)
        var, df = np.where(alone, other.one[0] * (1 + 1 / other.n), var), np.where(alone, other.one[1], df)
    return var, df


def _sum(one: Variance, other: Variance) -> Variance:
    """Sum of two independent variances (Satterthwaite 1946)."""
    var = one[0] + other[0]
    return var, var**2 / (one[0] ** 2 / one[1] + other[0] ** 2 / other[1])
