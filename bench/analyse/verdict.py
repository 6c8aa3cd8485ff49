"""From effects and their errors to verdicts: improved, regressed, no meaningful change, or inconclusive and why.

STATISTICS §4, for many pools at once. On the log scale used here positive is better, whatever the metric's direction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from bench.analyse.estimate import Q_TARGETS, Estimates, Rule
from bench.analyse.result import Reason, Verdict
from bench.analyse.transform import Floats, Ints
from bench.model import Kind

ALPHA = 0.05
POWER = 0.8

MARGINS = {Kind.CPU: 0.02, Kind.MEMORY: 0.02, Kind.DISK: 0.05, Kind.NETWORK: 0.05, Kind.TAIL_LATENCY: 0.10}
"""ρ by kind of metric: a change smaller than this does not matter. A metric or a campaign may set its own."""

VERDICTS = (Verdict.IMPROVED, Verdict.REGRESSED, Verdict.NO_CHANGE, Verdict.INCONCLUSIVE)
REASONS = (None, *Reason)

MANY = 100
"""More sessions or targets than this are not advice any more."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """One element per pool, log scale, positive is better. low, high: two-sided interval at 1 − alpha (NaN: none).

    verdict, reason: indices into `VERDICTS` and `REASONS`. p: two-sided. detectable: as a ratio (.12 is 12 %).
    more_sessions, more_targets: what would make a change as large as the margin detectable; NaN when unknown,
    infinite when it cannot.
    """

    delta: Floats
    low: Floats
    high: Floats
    alpha: Floats
    p: Floats
    se: Floats
    df: Floats
    verdict: Ints
    reason: Ints
    clear: NDArray[np.bool_]
    detectable: Floats
    more_sessions: Floats
    more_targets: Floats


def t_quantile(probability: Floats | float, df: Floats) -> Floats:
    """Quantile of Student's t; NaN where `df` is."""
    value: Floats = np.asarray(stdtrit(df, probability), dtype=np.float64)
    return value


def p_values(estimates: Estimates) -> Floats:
    """Two-sided p of "no difference", NaN where there is no standard error."""
    p: Floats = 2 * np.asarray(stdtr(estimates.df, -np.abs(estimates.delta / estimates.se)), dtype=np.float64)
    return p


def decide(
    estimates: Estimates,
    margin: Floats,
    alpha: Floats,
    moved: NDArray[np.bool_],
    level: float = ALPHA,
    single: NDArray[np.bool_] | None = None,
) -> Decisions:
    """Verdicts of all pools.

    margin: m = ln(1 + ρ) per pool. alpha: of the two-sided interval per pool (smaller where many metrics are looked
    at). level: of the two one-sided tests of "no meaningful change", which need no correction. moved: pools whose
    host changed. single: pools that are one target of a fleet, of which nobody asks how many more they need.
    """
    delta, se, df = estimates.delta, estimates.se, estimates.df
    half = t_quantile(1 - alpha / 2, df) * se
    low, high = delta - half, delta + half
    equal = np.abs(delta) + t_quantile(1 - level, df) * se < margin
    verdict, clear = classify(delta, low, high, margin, equal)
    none = (estimates.rule == Rule.NONE) | np.isnan(se)
    lone = moved & (estimates.targets == 1) & (estimates.rule != Rule.ROUNDS)  # rounds see what a move does
    verdict[none | lone] = VERDICTS.index(Verdict.INCONCLUSIVE)
    reason = np.where(verdict == VERDICTS.index(Verdict.INCONCLUSIVE), REASONS.index(Reason.UNDERPOWERED), 0)
    reason[none] = REASONS.index(Reason.UNREPLICATED)
    reason[lone] = REASONS.index(Reason.HOST_MOVED)
    reason[estimates.targets == 0] = REASONS.index(Reason.NO_BASELINE)
    width = t_quantile(1 - alpha / 2, df) + t_quantile(POWER, df)
    with np.errstate(over="ignore"):
        detectable = np.expm1(width * se)
    return Decisions(
        delta=delta,
        low=low,
        high=high,
        alpha=alpha,
        p=p_values(estimates),
        se=se,
        df=df,
        verdict=verdict,
        reason=reason,
        clear=clear & ~none & ~lone,
        detectable=detectable,
        more_sessions=sessions_needed(estimates, margin / width),
        more_targets=_more_targets(estimates, margin, alpha, single),
    )


def censored(decisions: Decisions, held: NDArray[np.bool_]) -> Decisions:
    """The decisions with CENSORED where all targets of a pool are held by a limit and so no change was seen."""
    silent = np.isin(decisions.verdict, [VERDICTS.index(Verdict.NO_CHANGE), VERDICTS.index(Verdict.INCONCLUSIVE)])
    held = held & silent & (decisions.reason != REASONS.index(Reason.NO_BASELINE))
    return replace(
        decisions,
        verdict=np.where(held, VERDICTS.index(Verdict.INCONCLUSIVE), decisions.verdict),
        reason=np.where(held, REASONS.index(Reason.CENSORED), decisions.reason),
    )


def classify(
    delta: Floats, low: Floats, high: Floats, margin: Floats, equal: NDArray[np.bool_]
) -> tuple[Ints, NDArray[np.bool_]]:
    """Index into `VERDICTS`, and whether the interval lies beyond the margin ("at least ρ" may be said)."""
    better = (low > 0) & (delta >= margin)
    worse = (high < 0) & (-delta >= margin)
    verdict = np.full(delta.shape, VERDICTS.index(Verdict.INCONCLUSIVE), dtype=np.int64)
    verdict[equal] = VERDICTS.index(Verdict.NO_CHANGE)
    verdict[better] = VERDICTS.index(Verdict.IMPROVED)
    verdict[worse] = VERDICTS.index(Verdict.REGRESSED)
    return verdict, (better & (low >= margin)) | (worse & (-high >= margin))


def sessions_needed(estimates: Estimates, se_needed: Floats) -> Floats:
    """How many more sessions per tag bring the standard error to `se_needed`.

    w falls as 1/S, the rest of the variance stays; infinite where the rest alone is too much.
    """
    allowed = estimates.targets * se_needed**2
    rest = np.maximum(estimates.se**2 * estimates.targets - estimates.within, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = np.where(allowed > rest, estimates.within * estimates.sessions / (allowed - rest), np.inf)
    return np.where(np.isnan(estimates.within), np.nan, np.maximum(np.ceil(total - estimates.sessions), 1.0))


def _more_targets(estimates: Estimates, margin: Floats, alpha: Floats, single: NDArray[np.bool_] | None) -> Floats:
    """`targets_needed` of all pools, NaN for the single ones: they are most, and nobody asks for theirs."""
    wanted = np.flatnonzero(np.ones(len(margin), dtype=np.bool_) if single is None else ~single)
    found = np.full(len(margin), np.nan)
    variance = (estimates.se**2 * estimates.targets)[wanted]
    found[wanted] = targets_needed(variance, estimates.targets[wanted], margin[wanted], alpha[wanted])
    return found


def targets_needed(variance: Floats, targets: Ints, margin: Floats, alpha: Floats) -> Floats:
    """How many more targets make a change of `margin` detectable, by the rule for five or more.

    variance: of one target's effect; targets: how many there are.
    """
    total = np.maximum(targets, Q_TARGETS).astype(np.float64)
    for _ in range(6):  # the quantiles depend on the answer; six rounds settle it far below one target
        width = t_quantile(1 - alpha / 2, total - 1) + t_quantile(POWER, total - 1)
        total = np.clip(np.ceil(variance * (width / margin) ** 2), Q_TARGETS, 1e9)
    return np.where(np.isnan(variance), np.nan, np.maximum(total - targets, 1.0))
