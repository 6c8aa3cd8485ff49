"""When a campaign may stop early, and what looking at it costs (STATISTICS §5).

A campaign that plans to look after 2, 3, 5 and 8 sessions per tag judges each look at its own α; the four add up to
.05, so that by Bonferroni's inequality a false change is as rare as with one look, under any dependence of the looks.
The interval of the look that stops is the one that is reported. Everything here is on the log scale, positive is
better, and one element per metric.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from bench.analyse.estimate import Estimates
from bench.analyse.result import MetricResult, Reason, Verdict
from bench.analyse.transform import Floats
from bench.analyse.verdict import ALPHA, t_quantile
from bench.model import LookOutcome

SCHEDULE = ((2, 0.005), (3, 0.010), (5, 0.015), (8, 0.020))
"""(sessions per tag, α) of every look."""

FUTILE_FROM = 3
"""Sessions per tag from which on a campaign may stop because it will not come to a verdict."""

FUTILE_BELOW = 0.10
"""Predicted chance of either verdict at the last look below which going on is futile."""

HOPELESS = (Reason.CONFOUNDED, Reason.HOST_MOVED, Reason.CENSORED, Reason.NO_BASELINE)
"""Reasons of an INCONCLUSIVE that no further session can remove."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What more sessions could still bring, one element per metric: probabilities of the two verdicts at the end."""

    change: Floats
    same: Floats

    @property
    def futile(self) -> NDArray[np.bool_]:
        """Whether neither verdict is likely enough; False where nothing can be predicted."""
        hopeless: NDArray[np.bool_] = np.maximum(self.change, self.same) < FUTILE_BELOW
        return hopeless


def alpha_of(number: int, alpha: float = ALPHA) -> float:
    """α of look `number` (from 1), of a total `alpha`; looks after the last have none left (ValueError)."""
    if not 1 <= number <= len(SCHEDULE):
        raise ValueError(f"there is no look {number}, only 1 to {len(SCHEDULE)}")
    return SCHEDULE[number - 1][1] * alpha / ALPHA


def spent(number: int, alpha: float = ALPHA) -> float:
    """α of the looks up to `number`, whether they were taken or missed."""
    return sum(alpha_of(one, alpha) for one in range(1, number + 1))


def look_after(sessions: int, taken: int) -> int | None:
    """The number of the look that is due with `sessions` per tag when `taken` looks were taken; None: none is due.

    A look that was missed is not made up for: its α stays unspent.
    """
    due = [number for number, (needed, _) in enumerate(SCHEDULE, 1) if taken < number and needed <= sessions]
    return due[-1] if due else None


def sequential_p(p: Iterable[tuple[int, float]], alpha: float = ALPHA) -> float:
    """The smallest p over (look number, p of that look), each scaled by α / α_k; at most 1.

    Rejecting where it is at most α is rejecting where some look had p ≤ α_k.
    """
    return min((min(1.0, value * alpha / alpha_of(number, alpha)) for number, value in p), default=1.0)


def to_the_end(estimates: Estimates, margin: Floats, alpha: float = ALPHA) -> Outlook:
    """What going on to the last look could bring, for pools as they are estimated now; margin: ln(1 + ρ) per pool."""
    count = estimates.targets.astype(np.float64)
    last = se_with(estimates.se, estimates.within, count, estimates.sessions, SCHEDULE[-1][0])
    return outlook(estimates.delta, estimates.se, last, estimates.df, margin, alpha)


def outlook(delta: Floats, se: Floats, se_last: Floats, df: Floats, margin: Floats, total: float = ALPHA) -> Outlook:
    """Chances of the two verdicts at the last look, predicted from the present one.

    se: now; se_last: what it will be with the sessions of the last look. With a flat prior the estimate then is normal
    around the present one with variance se² − se_last² (the predictive power of Spiegelhalter, Freedman & Blackburn
    1986). df: at the last look; margin: ln(1 + ρ); total: α of all looks. NaN where nothing is known.
    """
    alpha = alpha_of(len(SCHEDULE), total)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.sqrt(np.maximum(se**2 - se_last**2, 0.0))
        beyond = np.maximum(margin, t_quantile(1 - alpha / 2, df) * se_last)
        within = margin - t_quantile(1 - alpha, df) * se_last
        change = 1 - _chance(delta, spread, beyond)
        same = np.where(within > 0, _chance(delta, spread, np.maximum(within, 0.0)), 0.0)
    unknown = np.isnan(delta) | np.isnan(se) | np.isnan(se_last)
    return Outlook(np.where(unknown, np.nan, change), np.where(unknown, np.nan, same))


def _chance(centre: Floats, spread: Floats, limit: Floats) -> Floats:
    """P(|Y| < limit) for Y normal around `centre`; with no spread it is 0 or 1."""
    safe = np.where(spread > 0, spread, 1.0)
    smooth = ndtr((limit - centre) / safe) - ndtr((-limit - centre) / safe)
    chance: Floats = np.where(spread > 0, smooth, (np.abs(centre) < limit).astype(np.float64))
    return chance


def se_with(se: Floats, within: Floats, targets: Floats, sessions: Floats, more: float) -> Floats:
    """The standard error that `more` sessions per tag would give instead of `sessions`.

    within: the part of one target's variance that falls as 1/S; the rest of se² · V stays as it is.
    """
    total = se**2 * targets
    rest = np.maximum(total - within, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Floats = np.sqrt((rest + np.minimum(within, total) * np.minimum(sessions / more, 1.0)) / targets)
    return result


def outcome_of(number: int, primary: Sequence[MetricResult], unmeasured: int = 0) -> LookOutcome:
    """What look `number` says of the campaign.

    primary: the metrics that have to be decided; unmeasured: how many of them have no value at all, which no further
    session of the same kind changes.
    """
    open_ = [one for one in primary if one.verdict is Verdict.INCONCLUSIVE]
    if not open_ and not unmeasured:
        return LookOutcome.DECIDED
    if number == len(SCHEDULE):
        return LookOutcome.LAST
    early = SCHEDULE[number - 1][0] < FUTILE_FROM
    if all(one.reason in HOPELESS or (not early and _unlikely(one)) for one in open_):
        return LookOutcome.FUTILE
    return LookOutcome.UNDECIDED


def _unlikely(metric: MetricResult) -> bool:
    """Whether neither verdict is likely by the last look; False where nothing can be predicted."""
    return metric.chances is not None and max(metric.chances) < FUTILE_BELOW
