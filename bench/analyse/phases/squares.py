"""A full 2×2 of two factors: main effects and interaction, as contrasts per target of the four phases (STATISTICS §8).

D₁ = ln(later/earlier) of the first factor where the second is at its earlier level, D₂ where it is at its later one, of
one target: the main effect of the first factor is (D₁ + D₂)/2, the interaction D₂ − D₁ (Montgomery, Design and Analysis
of Experiments, §6.2, who halves it). The second factor's interaction is the same number.

From three targets on the interval of a contrast is Student's t over the targets. With one or two, D₁ and D₂ come from
different phases, so their variances, which rest on sessions, add up with weights ¼ or 1, τ² included (degrees of
freedom: Satterthwaite 1946); two targets' own scatter may widen that. Targets that share machines count as one.

Where the interaction is significant at .05, main effects describe no state that anybody measured: only the conditional
effects are stated, which are ordinary comparisons of two of the phases.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.analyse.estimate import Estimates, Rule
from bench.analyse.levels import VARIANCE_FLOOR
from bench.analyse.multiplicity import alphas
from bench.analyse.phases.designs import INTERACTION_ALPHA, Effect, Interaction, Move, SquareMetric
from bench.analyse.phases.together import Shared
from bench.analyse.result import Interval, MetricResult, Reason, Verdict
from bench.analyse.settle import settle
from bench.analyse.table import machines_of
from bench.analyse.transform import Floats, signs
from bench.analyse.verdict import ALPHA, REASONS, VERDICTS, Decisions, decide, p_values
from bench.model import Scale

MIN_TARGETS = 3
"""From this many targets on they alone are the sample of a contrast."""

_FIRST, _SECOND = (0, 3), (2, 1)
"""Which of the four comparisons (first factor, then second at later; second factor, then first at later) move the first
factor, with the second at its earlier and at its later level; and the same of the second factor.
"""

_PASSED_ON = (Reason.CONFOUNDED, Reason.CENSORED, Reason.HOST_MOVED)
"""Reasons of a comparison that hold for whatever is computed from it."""


def square_metrics(
    found: Sequence[Shared], moves: tuple[Move, Move], alpha: float = ALPHA, correct: bool = True
) -> tuple[tuple[SquareMetric, ...], int]:
    """All metrics of one 2×2, and how many were left aside because they count events.

    found: per metric the comparisons earlier/earlier → later/earlier, → later/later; earlier/earlier → earlier/later,
    → later/later (levels of the first and second factor). alpha, correct: as in `compare`, for main effects.
    """
    some = [one for one in found if one.results[0].scale is not Scale.COUNT]
    if not some:
        return (), len(found)
    contrast = _contrast(some, _FIRST, (-1.0, 1.0))
    p = p_values(contrast)
    simple = ~(p < INTERACTION_ALPHA)
    crossed = _judge(contrast, some, np.full(len(some), INTERACTION_ALPHA), alpha)
    main = [_main(some, pair, simple, alpha, correct) for pair in (_FIRST, _SECOND)]
    made: list[SquareMetric] = []
    for number, one in enumerate(some):
        first = one.results[0]
        interaction = Interaction(*_ratio(crossed, number, first), None if math.isnan(p[number]) else float(p[number]))
        effects = _main_effects(main, number, one, moves) if simple[number] else _conditional_effects(one, moves)
        made.append(SquareMetric(first.key, first, one.targets, one.left_out, interaction, effects))
    return tuple(made), len(found) - len(some)


def _main(
    some: Sequence[Shared], pair: tuple[int, int], stated: NDArray[np.bool_], alpha: float, correct: bool
) -> Decisions:
    """Main effects of one factor; the metrics for which they are stated are one family."""
    contrast = _contrast(some, pair, (0.5, 0.5))
    strict = np.full(len(some), alpha)
    if correct:
        primary = np.array([one.results[0].primary for one in some], dtype=np.bool_)
        strict = alphas(np.where(stated, p_values(contrast), np.nan), primary, alpha)
    return _judge(contrast, some, strict, alpha)


def _contrast(some: Sequence[Shared], pair: tuple[int, int], weights: tuple[float, float]) -> Estimates:
    """The weighted sum of two comparisons' D_v, per metric; on the log scale, positive is better."""
    sign = signs([one.results[0].better for one in some])
    columns = [_one(shared, float(sign[number]), pair, weights) for number, shared in enumerate(some)]
    delta, se, df, between = (np.array(column, dtype=np.float64) for column in list(zip(*columns, strict=True))[:4])
    targets = np.array([column[4] for column in columns], dtype=np.int64)
    rule = np.where(np.isnan(se), Rule.NONE, np.where(targets >= MIN_TARGETS, Rule.TARGETS, Rule.SESSIONS))
    nothing = np.full(len(some), np.nan)
    never = np.zeros(len(some), dtype=np.int64)  # contrasts have no τ of their own
    return Estimates(delta, se, df, targets, nothing, nothing, nothing, rule.astype(np.int64), between, never, nothing)


def _one(
    shared: Shared, sign: float, pair: tuple[int, int], weights: tuple[float, float]
) -> tuple[float, float, float, float, int]:
    """Effect, its SE and df, the variance over targets, and their number, of one metric."""
    edges = [shared.results[place] for place in pair]
    values = sum(weight * sign * _logs(edge, shared.targets) for weight, edge in zip(weights, edges, strict=True))
    own = _by_cluster(np.asarray(values), shared.targets)
    number = len(own)
    between = float(np.var(own, ddof=1)) if number > 1 else math.nan
    if number >= MIN_TARGETS:
        return float(own.mean()), math.sqrt(max(between, VARIANCE_FLOOR) / number), number - 1.0, between, number
    parts = [
        ((weight * edge.se) ** 2, edge.df)
        for weight, edge in zip(weights, edges, strict=True)
        if edge.se is not None and edge.df is not None
    ]
    if len(parts) < 2:
        return float(own.mean()), math.nan, math.nan, between, number
    var = sum(part for part, _ in parts)
    df = var**2 / sum(part**2 / degrees for part, degrees in parts)
    return float(own.mean()), math.sqrt(max(var, VARIANCE_FLOOR, np.nan_to_num(between) / number)), df, between, number


def _logs(metric: MetricResult, targets: Sequence[str]) -> Floats:
    ratios = {one.target: one.ratio for one in metric.targets}
    logs: Floats = np.log(np.array([ratios[name] for name in targets], dtype=np.float64))
    return logs


def _by_cluster(values: Floats, targets: Sequence[str]) -> Floats:
    """One value per target; the mean of those that share machines, directly or through others."""
    if all(len(machines_of(name)) == 1 for name in targets):
        return values
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    names = {name: place for place, name in enumerate(sorted({m for one in targets for m in machines_of(one)}))}
    ends = np.array([(names[machines_of(one)[0]], names[machines_of(one)[-1]]) for one in targets], dtype=np.int64)
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(names), len(names)))
    label = np.unique(connected_components(graph, directed=False)[1][ends[:, 0]], return_inverse=True)[1]
    means: Floats = np.bincount(label, weights=values) / np.bincount(label)
    return means


def _judge(estimates: Estimates, some: Sequence[Shared], strict: Floats, alpha: float) -> Decisions:
    """Verdicts by the rules of a comparison; strict: α of each metric's interval."""
    margin = np.log1p(np.array([one.results[0].margin for one in some]))
    return decide(estimates, margin, strict, np.zeros(len(some), dtype=np.bool_), alpha)


def _ratio(decisions: Decisions, number: int, metric: MetricResult) -> tuple[float, Interval | None]:
    """A contrast as a ratio as measured, with its interval."""
    sign = float(signs([metric.better])[0])
    with np.errstate(over="ignore"):
        ratio, *ends = (float(np.exp(sign * one[number])) for one in (decisions.delta, decisions.low, decisions.high))
    known = all(map(math.isfinite, ends))
    return ratio, Interval(min(ends), max(ends), float(1 - decisions.alpha[number])) if known else None


def _main_effects(main: Sequence[Decisions], number: int, one: Shared, moves: tuple[Move, Move]) -> tuple[Effect, ...]:
    pairs = [[one.results[place] for place in pair] for pair in (_FIRST, _SECOND)]
    return tuple(
        _main_effect(decisions, number, len(one.targets), edges, move)
        for decisions, edges, move in zip(main, pairs, moves, strict=True)
    )


def _main_effect(decisions: Decisions, number: int, targets: int, edges: Sequence[MetricResult], move: Move) -> Effect:
    ratio, interval = _ratio(decisions, number, edges[0])
    verdict, reason = VERDICTS[decisions.verdict[number]], REASONS[decisions.reason[number]]
    p, detectable = float(decisions.p[number]), float(decisions.detectable[number])
    measured = [one.sessions for edge in edges for one in edge.targets if one.pooled]
    text = settle(
        reason,
        targets=targets,
        sessions=min(measured, key=min, default=(0, 0)),
        margin=edges[0].margin,
        detectable=detectable if math.isfinite(detectable) else None,
        more_sessions=math.inf,
        more_targets=float(decisions.more_targets[number]),
    )
    passed_on = next((edge for edge in edges if edge.reason in _PASSED_ON), None)
    if passed_on is not None:
        verdict, reason, text = Verdict.INCONCLUSIVE, passed_on.reason, passed_on.settle
    return Effect(
        move=move,
        held=(),
        ratio=ratio,
        interval=interval,
        p=None if math.isnan(p) else p,
        verdict=verdict,
        reason=reason,
        settle=text,
        clear=bool(decisions.clear[number]) and reason is None,
    )


def _conditional_effects(one: Shared, moves: tuple[Move, Move]) -> tuple[Effect, ...]:
    """Each factor's effect at both levels of the other: comparisons of two of the phases as they are."""
    first, second = moves
    return tuple(
        Effect(move, ((other[0], level),), edge.ratio, edge.interval, edge.p, edge.verdict, edge.reason, edge.settle,
               edge.clear)
        for move, other, pair in ((first, second, _FIRST), (second, first, _SECOND))
        for edge, level in zip([one.results[place] for place in pair], other[1:], strict=True)
    )  # fmt: skip
