"""How does the engine judge simulated data? The one door to bench.analyse: a change of the engine touches this file.

A replicate is one metric of one campaign, and one pool of the engine, so ten thousand replicates are one call of the
very functions that judge users' data. Nothing is computed here that the engine computes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from bench.analyse import looks
from bench.analyse.estimate import Estimates, Pools, estimate
from bench.analyse.levels import Sessions, levels_of, sessions_of
from bench.analyse.multiplicity import alphas
from bench.analyse.result import Verdict
from bench.analyse.rounds import rounds_of
from bench.analyse.verdict import ALPHA, VERDICTS, Decisions, decide, p_values

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

STAYED, UNKNOWN, MOVED = 0.0, float("nan"), 1.0
"""What host facts say of all targets: proven to stay, nothing, proven to have moved."""

MARGIN = 0.02

_CHANGED = (VERDICTS.index(Verdict.IMPROVED), VERDICTS.index(Verdict.REGRESSED))
_SAME = VERDICTS.index(Verdict.NO_CHANGE)


@dataclass(frozen=True, slots=True)
class Judged:
    """One element per replicate. delta, low, high: log ratio and its interval (NaN: none). p: two-sided.

    changed: IMPROVED or REGRESSED. same: NO MEANINGFUL CHANGE. sessions: how many per tag it took.
    """

    changed: Bools
    same: Bools
    delta: Floats
    low: Floats
    high: Floats
    p: Floats
    sessions: Floats


@dataclass(frozen=True, slots=True)
class Cells:
    """Session medians of `replicates` metrics on `targets` targets, `sessions` per tag, as the engine keeps them."""

    medians: Sessions
    replicates: int
    targets: int
    sessions: int

    def first(self, count: int) -> Cells:
        """Only the first `count` sessions of each tag: what is known at an early look."""
        keep = np.arange(len(self.medians.unit)) % self.sessions < count
        kept = {one.name: getattr(self.medians, one.name)[keep] for one in fields(Sessions)}
        return replace(self, medians=Sessions(**kept), sessions=count)

    def with_effect(self, effect: Floats) -> Cells:
        """The same with `effect` (log ratio per replicate) added to every value of the after phase.

        A median moves with its values, so this is what `reduce` would give for the moved values.
        """
        medians = self.medians
        shift = np.where(medians.tag == 1, effect[medians.unit // self.targets], 0.0)
        moved = {name: getattr(medians, name) + shift for name in ("median", "low", "high")}
        return replace(self, medians=replace(medians, **moved))


def reduce(x: Floats, days: Floats) -> Cells:
    """Session medians of `x` (replicates, targets, 2 tags, sessions, repetitions): ln(value), positive is better.

    days: when each session was, shape (2 tags, sessions). Session 0 of a tag is the first that an early look sees.
    """
    n, targets, tags, sessions, _ = x.shape
    unit = np.arange(n * targets).reshape(n, targets, 1, 1, 1)
    tag = np.arange(tags).reshape(tags, 1, 1)
    run = np.arange(tags * sessions).reshape(tags, sessions, 1)
    flat = [np.broadcast_to(one, x.shape).ravel().astype(np.int64) for one in (unit, tag, run)]
    time = np.broadcast_to(days[..., None] * 86400.0, x.shape).ravel()
    return Cells(sessions_of(x.ravel(), np.ones(x.size), *flat, time), n, targets, sessions)


def estimates_of(cells: Cells, host: float) -> Estimates:
    """Effects and standard errors, one pool per replicate. host: one of `STAYED`, `UNKNOWN`, `MOVED`."""
    units = np.arange(cells.replicates * cells.targets, dtype=np.int64)
    pools = Pools(units // cells.targets, units, units, cells.replicates)
    rounds = rounds_of(cells.medians, len(units))
    return estimate(levels_of(cells.medians, len(units)), pools, np.full(len(units), host), rounds)


def decisions_of(estimates: Estimates, host: float, alpha: Floats, level: float, margin: float = MARGIN) -> Decisions:
    """Verdicts of all pools. alpha: of each interval; level: of the one-sided tests; margin: a ratio."""
    n = len(estimates.delta)
    with np.errstate(invalid="ignore", divide="ignore"):
        return decide(estimates, np.full(n, np.log1p(margin)), alpha, np.full(n, host == MOVED), level)


def judge(cells: Cells, host: float, alpha: Floats | float = ALPHA, level: float = ALPHA) -> Judged:
    """Judge every replicate once, with all its sessions."""
    estimates = estimates_of(cells, host)
    return judged_of(decisions_of(estimates, host, np.full(cells.replicates, alpha), level), cells.sessions)


def judge_reports(cells: Cells, metrics: int, primary: int, host: float) -> Judged:
    """Judge reports of `metrics` replicates each, the first `primary` of them by Holm, the others by BH."""
    estimates = estimates_of(cells, host)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = p_values(estimates).reshape(-1, metrics)
    chosen = np.arange(metrics) < primary
    strict = np.concatenate([alphas(one, chosen) for one in p])
    return judged_of(decisions_of(estimates, host, strict, ALPHA), cells.sessions)


def judge_by_looks(cells: Cells, host: float) -> Judged:
    """Judge every replicate after 2, 3, 5 and 8 sessions until it has a verdict, or going on is futile."""
    open_ = np.ones(cells.replicates, dtype=np.bool_)
    result: Judged | None = None
    for number, (sessions, _) in enumerate(looks.SCHEDULE, 1):
        estimates, alpha = estimates_of(cells.first(sessions), host), looks.alpha_of(number)
        now = judged_of(decisions_of(estimates, host, np.full(cells.replicates, alpha), alpha), sessions)
        result = now if result is None else _merged(result, now, open_)
        open_ &= ~(now.changed | now.same)
        if sessions >= looks.FUTILE_FROM:
            outlook = looks.to_the_end(estimates, np.full(cells.replicates, np.log1p(MARGIN)))
            open_ &= ~(np.maximum(outlook.change, outlook.same) < looks.FUTILE_BELOW)
    assert result is not None
    return result


def judged_of(decisions: Decisions, sessions: int) -> Judged:
    return Judged(
        changed=np.isin(decisions.verdict, _CHANGED),
        same=decisions.verdict == _SAME,
        delta=decisions.delta,
        low=decisions.low,
        high=decisions.high,
        p=decisions.p,
        sessions=np.full(len(decisions.delta), float(sessions)),
    )


def _merged(old: Judged, new: Judged, use_new: Bools) -> Judged:
    return Judged(**{f.name: np.where(use_new, getattr(new, f.name), getattr(old, f.name)) for f in fields(Judged)})


def part(judged: Judged, mine: Bools) -> Judged:
    """Only the replicates `mine`."""
    return Judged(**{one.name: getattr(judged, one.name)[mine] for one in fields(Judged)})
