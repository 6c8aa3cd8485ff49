"""One ordered pair of tags, compared: every metric over the fleet, per group and per target (STATISTICS §2–§4, §7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.analyse import pools as pooling
from bench.analyse.assemble import Block, assemble
from bench.analyse.cautions import close_sessions, shocks, toggled, unknown_hosts, unknown_names
from bench.analyse.confounders import confounders_of
from bench.analyse.controls import net_of_controls
from bench.analyse.counts import count_p_values, count_up, decide_counts
from bench.analyse.details import without_details
from bench.analyse.estimate import Pools, estimate
from bench.analyse.flags import flags_of, observe
from bench.analyse.flags.reasons import with_flags
from bench.analyse.keys import matches, matches_any
from bench.analyse.levels import levels_of, sessions_of, without_runs
from bench.analyse.limits import Limits, pinned, useless_limits
from bench.analyse.looks import SCHEDULE, alpha_of, to_the_end
from bench.analyse.multiplicity import alphas
from bench.analyse.past.history import History, tau_of
from bench.analyse.result import Attribution, Comparison, Excluded, MetricResult
from bench.analyse.rounds import no_rounds, rounds_of
from bench.analyse.shown import shown_levels
from bench.analyse.table import KeyInfo, Rows, rows_of
from bench.analyse.transform import Floats, Ints, log_scale, signs
from bench.analyse.verdict import ALPHA, MARGINS, Decisions, censored, decide, p_values
from bench.errors import AnalysisError
from bench.model import Scale

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked beside the samples; see `compare`."""

    before: str
    after: str
    primary: tuple[str, ...]
    margins: tuple[tuple[str, float], ...]
    controls: tuple[str, ...]
    attribution: Attribution | None
    host_moved: pooling.HostMoved
    limits: Limits
    look: int | None
    alpha: float
    correct: bool
    rounds: bool
    history: History


def compare(
    samples: pd.DataFrame,
    before: str,
    after: str,
    *,
    primary: Iterable[str] = (),
    margins: Iterable[tuple[str, float]] = (),
    controls: Iterable[str] = (),
    attribution: Attribution | None = None,
    host_moved: pooling.HostMoved | None = None,
    limits: Limits | None = None,
    look: int | None = None,
    alpha: float = ALPHA,
    correct: bool = True,
    rounds: bool = True,
    history: History | None = None,
) -> Comparison:
    """Compare tag `after` with tag `before`.

    AnalysisError when one of them has no samples, or when alpha or a margin is out of range.

    samples: the tidy table of `load_samples` (columns `bench.analyse.samples.COLUMNS`).
    primary: metric keys ("suite/metric", "suite/case/metric", patterns allowed) that speak for the campaign.
    margins: (metric key, ratio) that override a metric's margin, above 0 and below 10. controls: targets
    on which nothing was changed.
    attribution: findings about facts; undeclared changes make the metrics of their targets CONFOUNDED.
    host_moved: per machine; without it, only `attribution.relocated` is known to have moved.
    limits: what machines are published to reach at most, by name: where both tags are held by it, nothing can be said.
    look: number of the look this is at a campaign that looks early; everything is then judged at the α of that look.
    alpha: in (0, 1), of the intervals before correction and of each one-sided test of "no meaningful change".
    correct: Holm over the primary metrics, Benjamini-Hochberg over the others; False judges each metric alone.
    rounds: whether phases that were measured alternately are compared round by round; False: level against level.
    history: A/A pairs of the workspace, which teach τ; without, or where they are too few, the default table holds.
    Windows of one tag hold no difference between the tags, so those of `before` and `after` are used as well; pairs
    across tags are left out where they touch one of the two (`History.without`).
    """
    known = dict(host_moved) if host_moved is not None else {}
    for name in attribution.relocated if attribution is not None else ():
        known.setdefault(name, True)
    question = Question(
        before=before,
        after=after,
        primary=tuple(primary),
        margins=tuple(margins),
        controls=tuple(controls),
        attribution=attribution,
        host_moved=known,
        limits=limits or {},
        look=look,
        alpha=alpha,
        correct=correct,
        rounds=rounds,
        history=(history or History()).without((before, after)),
    )
    _check(question)
    return _answer(samples, question)


def known_left_out(samples: pd.DataFrame) -> tuple[Excluded, ...]:
    """What `bench.load_runs` left out because it is damaged: rows of `Excluded` in `attrs["left_out"]`."""
    return tuple(Excluded(*row) for row in samples.attrs.get("left_out", ()))


def _answer(samples: pd.DataFrame, question: Question) -> Comparison:
    before, after = question.before, question.after
    compared, details = without_details(samples, question.primary)
    rows = rows_of(compared, before, after)
    block = _judge(rows, question)
    said, alone = toggled(block.rounds, rows, before, after)
    results, groups = assemble(block, rows, before, after)
    return Comparison(
        before=before,
        after=after,
        metrics=tuple(sorted(results, key=_order)),
        attribution=question.attribution,
        excluded=(*rows.excluded, *alone, *known_left_out(samples)),
        warnings=(
            *(said or close_sessions(rows, before, after)),
            *unknown_hosts(block, rows, question.host_moved),
            *shocks(block, rows, results),
            *useless_limits(rows, question.limits),
            *unknown_names(rows, (*question.primary, *(one for one, _ in question.margins)), question.controls),
        ),
        groups=groups,
        details=details,
    )


def _check(question: Question) -> None:
    """AnalysisError for an alpha or a margin with which no verdict means anything."""
    if not 0 < question.alpha < 1:
        raise AnalysisError(f"alpha = {question.alpha!r} is not between 0 and 1", remedy="Use 0.05")
    for pattern, margin in question.margins:
        if not 0 < margin < 10:
            raise AnalysisError(
                f"the margin {margin!r} of {pattern!r} is not between 0 and 10",
                remedy="Write it as a ratio: 0.02 for 2 %",
            )
    if question.look is not None and not 1 <= question.look <= len(SCHEDULE):
        raise AnalysisError(f"there is no look {question.look!r}", remedy=f"Looks are 1 to {len(SCHEDULE)}")


def _judge(rows: Rows, question: Question) -> Block:
    """Levels, estimates and decisions of all pools of all metrics."""
    level = question.alpha if question.look is None else alpha_of(question.look, question.alpha)
    sign = signs([info.better for info in rows.keys])
    counted = np.array([info.scale is Scale.COUNT for info in rows.keys], dtype=np.bool_)
    x = _log_values(rows, sign, counted)
    cells = sessions_of(x, rows.value * rows.factor, rows.unit, rows.tag, rows.run, rows.time)
    rounds = rounds_of(cells, len(rows.unit_key)) if question.rounds else no_rounds(len(rows.unit_key))
    cells = without_runs(cells, rounds.alone)
    levels = levels_of(cells, len(rows.unit_key))
    moved = pooling.moved_of(rows, question.host_moved)
    controls = pooling.controls_of(rows, question.controls)
    shown = shown_levels(rows, levels, cells, sign, counted)
    held = pinned(rows, shown, question.limits)
    plan = pooling.plan_pools(rows, np.logical_and.reduce(levels.sessions > 0, axis=1), moved, controls, held)
    margin = np.array([_margin(info, question) for info in rows.keys], dtype=np.float64)
    primary = np.array([matches_any(question.primary, info.key) for info in rows.keys], dtype=np.bool_)
    estimates = estimate(levels, plan.pools, moved, rounds, tau_of(question.history, rows))
    some = np.flatnonzero(counted[plan.key]).astype(np.int64)
    counts = count_up(cells, _subset(plan.pools, some), len(rows.unit_key))
    p = p_values(estimates)
    p[some] = count_p_values(counts)
    alpha = np.full(len(rows.keys), level)
    if question.correct:
        alpha = alphas(p[: len(rows.keys)], primary, level)
    pool_margin, pool_alpha = np.log1p(margin)[plan.key], alpha[plan.key]
    pool_moved = np.zeros(plan.pools.count, dtype=np.bool_)
    pool_moved[plan.pools.pool[moved[plan.pools.unit] == 1]] = True
    decisions = decide(estimates, pool_margin, pool_alpha, pool_moved, level, plan.single)
    by_count = decide_counts(
        counts,
        p[some],
        sign[plan.key[some]],
        pool_margin[some],
        pool_alpha[some],
        pool_moved[some],
        level,
    )
    decisions = censored(_replaced(decisions, some, by_count), plan.all_of(held))
    block = Block(
        plan=plan,
        levels=levels,
        rounds=rounds,
        estimates=estimates,
        decisions=decisions,
        net=net_of_controls(estimates, decisions, plan.controls, counted),
        control=controls[:, 0],
        shown=shown,
        moved=moved == 1,
        held=held,
        outlook=None if question.look is None else to_the_end(estimates, pool_margin, question.alpha),
        margin=margin,
        primary=primary,
        counted=counted,
        sign=sign,
        confounders=confounders_of(rows, question.attribution),
    )
    return with_flags(block, flags_of(observe(block, rows, x, cells, (question.before, question.after))))


def _log_values(rows: Rows, sign: Floats, counted: NDArray[np.bool_]) -> Floats:
    """The values on the log scale; those of counts are 0."""
    key = rows.unit_key[rows.unit]
    x = np.zeros(len(rows.value))
    ratio = ~counted[key]
    x[ratio] = log_scale(rows.value[ratio], rows.factor[ratio], sign[key[ratio]])
    return x


def _subset(pools: Pools, some: Ints) -> Pools:
    """Only the pools `some`, numbered anew."""
    number = np.full(pools.count, -1, dtype=np.int64)
    number[some] = np.arange(len(some))
    keep = number[pools.pool] >= 0
    return Pools(number[pools.pool[keep]], pools.unit[keep], pools.cluster[keep], len(some))


def _replaced(decisions: Decisions, some: Ints, other: Decisions) -> Decisions:
    """The decisions with those of the pools `some` taken from `other`."""
    merged = {}
    for field in fields(Decisions):
        values = getattr(decisions, field.name).copy()
        values[some] = getattr(other, field.name)
        merged[field.name] = values
    return Decisions(**merged)


def _margin(info: KeyInfo, question: Question) -> float:
    """The campaign's margin for this metric, else the metric's own, else that of its kind; a ratio."""
    for pattern, margin in question.margins:
        if matches(pattern, info.key):
            return margin
    return MARGINS[info.kind] if np.isnan(info.margin) else info.margin


def _order(result: MetricResult) -> tuple[bool, str, str, str, str, str]:
    """Primary metrics first, then by suite and case."""
    key = result.key
    return (not result.primary, key.suite, key.case, key.metric, key.part, str(key.params))
