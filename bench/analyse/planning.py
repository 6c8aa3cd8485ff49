"""What could a planned campaign show? From earlier sessions of the same metrics: noise, detectable effect, what to add.

The noise is that of the logarithms, so a standard deviation of .01 is 1 %. A design is judged by the very rules of a
comparison: `bench.analyse.estimate` is asked what standard error sessions like those seen would give. Not known, and
not counted: that the change may act differently on each target.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from bench.analyse.autocorrelation import inflation
from bench.analyse.estimate import Estimates, Pools, estimate
from bench.analyse.levels import TRIM, TRIM_FROM, VARIANCE_FLOOR, Levels
from bench.analyse.past.history import History, MetricName
from bench.analyse.past.windows import Session, windows_of
from bench.analyse.tau import TAU_BY_DAYS, Tau
from bench.analyse.transform import Floats, Ints
from bench.analyse.verdict import MANY, POWER, t_quantile, targets_needed

if TYPE_CHECKING:
    import pandas as pd

DAYS_APART = TAU_BY_DAYS[1][0]
"""Days between two phases of a campaign that was not made yet; its sessions are taken to be a day apart."""
SESSION_COST_S = 600.0
"""What a session costs beyond its repetitions: a boot or a wait, and somebody who starts it."""
MOST_SESSIONS = 20
"""More sessions per phase than this are not looked at."""
_DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Design:
    """What is planned. targets: those with a before and an after. alpha: of the interval that decides.

    eta_s: seconds of one session.
    """

    targets: int
    sessions: int
    repetitions: int
    alpha: float
    eta_s: float

    @property
    def repetition_s(self) -> float:
        """Seconds that one repetition of everything takes."""
        return self.eta_s / self.repetitions


@dataclass(frozen=True, slots=True)
class Noise:
    """How far one metric scatters, as variances of logarithms; NaN where nothing can be said.

    repetition: of values within a session. session: of the medians of sessions of one target and phase, of which
    `repetitions` values made each. sessions, targets: how many were seen.
    """

    name: MetricName
    title: str
    repetition: float
    session: float
    repetitions: float
    sessions: int
    targets: int

    def of_sessions(self, repetitions: int) -> float:
        """Variance of the medians of sessions with so many repetitions."""
        own = self.own
        return self.session if math.isnan(own) else own + self.repetition * of_median(repetitions)

    @property
    def own(self) -> float:
        """The part of the sessions' variance that repetitions cannot lower; NaN when repetitions are not known."""
        own = self.session - self.repetition * of_median(self.repetitions)
        return own if math.isnan(own) else max(own, 0.0)


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a design could show of one metric. detectable, tau, margin: ratios (.02 is 2 %); None: not known.

    sessions: per phase with which a change as large as the margin is found, None when no number (up to
    `MOST_SESSIONS`) is enough. targets: the same with the planned sessions. repetitions: the cheapest number per
    session; None when sessions scatter no more than their repetitions do, or nothing is known.
    """

    noise: Noise
    margin: float
    tau: float
    tau_pairs: int
    detectable: float | None
    sessions: int | None
    targets: int | None
    repetitions: int | None


def of_median(repetitions: float) -> float:
    """Variance of the median of `repetitions` normal values of variance 1.

    π/(2r) for many (Laplace); with π/2 − 1 added to r it is 1 for r = 1, within 3 % for odd r, too much for even r.
    """
    return math.pi / (2 * repetitions + math.pi - 2)


def noise_of(visits: pd.DataFrame, name: MetricName) -> Noise:
    """Pool the visits of one metric (columns `bench.analyse.visits.COLUMNS`) over targets, phases and campaigns."""
    count, variance = (visits[one].to_numpy(np.float64) for one in ("count", "variance"))
    known = (count > 1) & np.isfinite(variance)
    together = visits.assign(window=_windows(visits)).query("window >= 0")
    groups = together.groupby(["window", "target", "tool_digest"], observed=True)["level"]
    size, between = (np.asarray(one, dtype=np.float64) for one in (groups.size(), groups.var()))
    several = size > 1
    return Noise(
        name=name,
        title=str(visits["title"].iloc[0]),
        repetition=_pooled(variance[known], count[known] - 1),
        session=float(np.maximum(_pooled(between[several], size[several] - 1), VARIANCE_FLOOR)),
        repetitions=float(len(count) / np.sum(1 / count)),
        sessions=int(visits["run"].nunique()),
        targets=int(visits["target"].nunique()),
    )


def _windows(visits: pd.DataFrame) -> Ints:
    """The window (`bench.analyse.past.windows`) that each visit belongs to, −1 without one.

    Sessions are compared within their window alone: what drifts from one to the next is τ, not noise of sessions.
    """
    runs = visits.groupby("run", observed=True, sort=True).agg(
        campaign=("campaign", "first"), tag=("tag", "first"), time=("time", "mean")
    )
    days = np.nan_to_num(runs["time"].to_numpy(np.float64) / _DAY_S)
    states: dict[str, list[Session]] = {}
    for run, campaign, tag, day in zip(runs.index, runs["campaign"], runs["tag"], days, strict=True):
        states.setdefault(f"{campaign}/{tag}", []).append(Session(str(run), str(tag), float(day)))
    windows = [window for sessions in states.values() for window in windows_of(sessions)]
    number = {one.run: place for place, window in enumerate(windows) for one in window}
    return np.array([number.get(str(run), -1) for run in visits["run"]], dtype=np.int64)


def prospect(noise: Noise, margin: float, design: Design, history: History, sizes: Iterable[str]) -> Prospect:
    """What `design` could show. margin: a ratio. sizes: labels of the planned targets; their largest τ counts."""
    tau = _tau(history, noise.name, list(sizes))
    one = np.zeros(1, dtype=np.int64)
    bucket = one + 1
    squared, _, pairs = tau.of(one, bucket)
    per_session = noise.of_sessions(design.repetitions)
    detectable, sessions, targets = None, None, None
    if math.isfinite(per_session):
        planned = _effect(_expected(per_session, tau, design.targets, [design.sessions]), design.alpha)[0]
        detectable = None if math.isnan(planned) else math.expm1(planned)
        every = _effect(_expected(per_session, tau, design.targets, range(1, MOST_SESSIONS + 1)), design.alpha)
        enough = np.flatnonzero(every <= math.log1p(margin))
        sessions = int(enough[0]) + 1 if len(enough) else None
        targets = _targets(per_session, float(squared[0]), margin, design)
    return Prospect(
        noise=noise,
        margin=margin,
        tau=math.sqrt(float(squared[0])),
        tau_pairs=int(pairs[0]),
        detectable=detectable,
        sessions=sessions,
        targets=targets,
        repetitions=best_repetitions(noise, design.repetition_s),
    )


def best_repetitions(noise: Noise, repetition_s: float, session_s: float = SESSION_COST_S) -> int | None:
    """r* = ⌈√(c_session/c_rep · σ²_rep/σ²_session)⌉ (STATISTICS §6; Kalibera & Jones 2013), where both are known."""
    own = noise.own
    if math.isnan(own) or own <= 0 or noise.repetition <= 0 or repetition_s <= 0:
        return None
    best = math.ceil(math.sqrt(session_s / repetition_s * noise.repetition / own))
    return best if best <= MANY else None


def _targets(per_session: float, tau2: float, margin: float, design: Design) -> int | None:
    """How many targets find a change of the margin, by the rule for five or more."""
    variance = _within(per_session, design.sessions) + tau2
    more = targets_needed(
        np.array([variance]), np.array([0], dtype=np.int64), np.array([math.log1p(margin)]), np.array([design.alpha])
    )
    found = float(more[0])
    return int(found) if found <= 10 * MANY else None


def _expected(per_session: float, tau: Tau, targets: int, sessions: Sequence[int]) -> Estimates:
    """The estimates of designs with so many sessions per phase, if every scatter is as large as it is expected to be.

    The targets' differences are placed at normal scores, so that their variance is that of one target's difference.
    """
    number = np.repeat(np.array(sessions, dtype=np.float64), targets)
    kept = number - 2 * np.where(number >= TRIM_FROM, np.floor(TRIM * number), 0)
    within = np.repeat([_within(per_session, one) for one in sessions], targets)
    day = np.zeros(len(number), dtype=np.int64)
    squared = tau.of(day, day + 1)[0]
    scores = ndtri((np.arange(targets) + 0.625) / (targets + 0.25)) if targets > 1 else np.zeros(1)
    unit_scores = scores / (scores.std(ddof=1) if targets > 1 else 1.0)
    difference = np.tile(unit_scores, len(sessions)) * np.sqrt(within + squared)
    var = np.where(number > 1, within / 2, np.nan)
    levels = Levels(
        level=np.stack([np.zeros(len(number)), difference], axis=1),
        var=np.stack([var, var], axis=1),
        nu=np.stack([kept - 1, kept - 1], axis=1),
        sessions=np.stack([number, number], axis=1).astype(np.int64),
        values=np.stack([number, number], axis=1).astype(np.int64),
        time=np.stack([np.zeros(len(number)), np.full(len(number), DAYS_APART * _DAY_S)], axis=1),
        spread=np.zeros((len(number), 2)),
    )
    units = np.arange(len(number), dtype=np.int64)
    pools = Pools(units // targets, units, units, len(sessions))
    return estimate(levels, pools, np.full(len(number), np.nan), tau=tau.rows(np.zeros(len(number), dtype=np.int64)))


def _within(per_session: float, sessions: int) -> float:
    """W of one target: twice the variance of a mean of sessions, a day apart, with what they repeat of each other."""
    tag = np.repeat(np.array([0, 1], dtype=np.int64), sessions)
    time = (np.tile(np.arange(sessions, dtype=np.float64), 2) + tag * DAYS_APART) * _DAY_S
    factor = inflation(np.zeros(len(tag), dtype=np.int64), tag, time, 1)[0]
    return float(2 * per_session / sessions * factor)


def _effect(estimates: Estimates, alpha: float) -> Floats:
    """The effect (log scale) that is found with the usual power; NaN without a standard error."""
    df = estimates.df
    found: Floats = (t_quantile(1 - alpha / 2, df) + t_quantile(POWER, df)) * estimates.se
    return found


def _tau(history: History, name: MetricName, sizes: Sequence[str]) -> Tau:
    """One row: the largest τ of the sizes, bucket by bucket."""
    found = history.tau_for([(name, size) for size in sizes or [""]])
    return found.largest()


def _pooled(variance: Floats, weight: Floats) -> float:
    return float(np.average(variance, weights=weight)) if len(weight) else math.nan
