"""From arrays to the frozen results that travel to every output: one `MetricResult` per metric and group."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.analyse.confounders import Confounders
from bench.analyse.controls import Net, control_effects, shock_words
from bench.analyse.estimate import Estimates, Rule
from bench.analyse.levels import Levels
from bench.analyse.looks import Outlook
from bench.analyse.pools import Plan
from bench.analyse.result import Basis, Flag, GroupResult, Interval, MetricResult, Reason, TargetResult, Verdict
from bench.analyse.rounds import Rounds
from bench.analyse.settle import settle
from bench.analyse.shown import finite, optional, other_params, taus, twelve_digits
from bench.analyse.table import Rows
from bench.analyse.transform import Floats, Ints
from bench.analyse.verdict import REASONS, VERDICTS, Decisions
from bench.words import Said, first_names, say

BASES = {
    Rule.NONE: Basis.NOTHING,
    Rule.TARGETS: Basis.TARGETS,
    Rule.SESSIONS: Basis.SESSIONS,
    Rule.ROUNDS: Basis.ROUNDS,
}


@dataclass(frozen=True, slots=True)
class Block:
    """Everything that was computed: pools and their decisions, and per unit of work its level in the metric's unit.

    net: per metric, effects without its controls'. control: per unit of work, whether it is one. shown: shape (units
    of work, 2), NaN where not measured. confounders: what changed undeclared, by unit of work.
    flags: of each metric.
    """

    plan: Plan
    levels: Levels
    rounds: Rounds
    estimates: Estimates
    decisions: Decisions
    net: Net
    control: NDArray[np.bool_]
    shown: Floats
    moved: NDArray[np.bool_]
    held: NDArray[np.bool_]
    outlook: Outlook | None
    margin: Floats
    primary: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    sign: Floats
    confounders: Confounders
    flags: tuple[tuple[Flag, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class _Judged:
    """One pool, judged: what `MetricResult` and `TargetResult` have in common."""

    ratio: float | None
    interval: Interval | None
    verdict: Verdict
    reason: Reason | None
    settle: str


def assemble(
    block: Block, rows: Rows, before: str, after: str
) -> tuple[tuple[MetricResult, ...], tuple[GroupResult, ...]]:
    """All metrics (in the order of `rows.keys`) and all groups."""
    made = _Maker(block, rows, before, after)
    targets: list[list[TargetResult]] = [[] for _ in rows.keys]
    for unit, key in enumerate(rows.unit_key):
        targets[key].append(made.target(unit))
    metrics = tuple(made.metric(key, key, tuple(targets[key])) for key in range(len(rows.keys)))
    groups: list[GroupResult] = []
    for pool, labels in block.plan.groups:
        key = int(block.plan.key[pool])
        names = {rows.targets[rows.unit_target[unit]].name for unit in block.plan.members(pool)}
        members = tuple(one for one in targets[key] if one.target in names)
        result = made.metric(pool, key, members)
        groups.append(GroupResult(labels, tuple(one.target for one in members), result))
    return metrics, tuple(groups)


class _Maker:
    """Makes results; arrays are turned into lists first, since taking single elements out of arrays is slow."""

    def __init__(self, block: Block, rows: Rows, before: str, after: str) -> None:
        self._block = block
        self._rows = rows
        self._tags = (before, after)
        self._others = other_params(rows)
        decisions, sign = block.decisions, block.sign[block.plan.key]
        with np.errstate(over="ignore"):
            ends = np.exp(sign * decisions.low), np.exp(sign * decisions.high)
            self._ratio = optional(np.exp(sign * decisions.delta))
        self._low, self._high = np.minimum(*ends).tolist(), np.maximum(*ends).tolist()
        self._level = (1 - decisions.alpha).tolist()
        self._detectable = optional(decisions.detectable)
        self._more = list(zip(decisions.more_sessions.tolist(), decisions.more_targets.tolist(), strict=True))
        self._verdict = [VERDICTS[one] for one in decisions.verdict.tolist()]
        self._reason = [REASONS[one] for one in decisions.reason.tolist()]
        self._targets = block.estimates.targets.tolist()
        self._margin = block.margin.tolist()
        self._sessions: list[tuple[int, int]] = [tuple(one) for one in block.levels.sessions.tolist()]
        self._values: list[tuple[int, int]] = [tuple(one) for one in block.levels.values.tolist()]
        self._shown = [optional(twelve_digits(block.shown[:, tag])) for tag in (0, 1)]
        known = np.logical_or.reduce(block.levels.values > 1, axis=1) & ~block.counted[rows.unit_key]
        self._spread = optional(np.where(known, np.fmax(block.levels.spread[:, 0], block.levels.spread[:, 1]), np.nan))
        self._unit_key, self._unit_target = rows.unit_key.tolist(), rows.unit_target.tolist()
        self._moved, self._control = block.moved.tolist(), block.control.tolist()
        fleet = np.zeros(len(rows.unit_key), dtype=np.bool_)
        fleet[block.plan.pools.unit[block.plan.pools.pool < len(rows.keys)]] = True
        self._in_fleet = (fleet & (block.levels.sessions > 0).all(axis=1)).tolist()
        self._controls = control_effects(block.net, decisions, block.estimates.targets, block.sign)
        self._tau = taus(block.estimates, ~np.isnan(decisions.se) & ~block.counted[block.plan.key])

    def target(self, unit: int) -> TargetResult:
        info = self._rows.targets[self._unit_target[unit]]
        confounders = self._block.confounders.of((unit,))
        pool = len(self._rows.keys) + unit
        judged = self._judge(pool, self._unit_key[unit], confounders, self._sessions[unit], single=True)
        return TargetResult(
            target=info.name,
            labels=info.labels,
            before=self._shown[0][unit],
            after=self._shown[1][unit],
            ratio=judged.ratio,
            interval=judged.interval,
            verdict=judged.verdict,
            reason=judged.reason,
            sessions=self._sessions[unit],
            values=self._values[unit],
            spread=self._spread[unit],
            relocated=self._moved[unit],
            settle=judged.settle,
            control=self._control[unit],
            pooled=self._in_fleet[unit],
            tau=self._tau[pool],
        )

    def metric(self, pool: int, key: int, targets: tuple[TargetResult, ...]) -> MetricResult:
        block, info = self._block, self._rows.keys[key]
        members = block.plan.members(pool)
        paired = members[np.logical_and.reduce(block.levels.sessions[members] > 0, axis=1)]
        confounded = block.confounders.of(paired.tolist())
        if not confounded and self._reason[pool] is not Reason.HOST_MOVED:  # a lone one that moved is said to have
            confounded = block.confounders.of_their_hosts(paired.tolist())
        sessions = block.levels.sessions[paired].min(axis=0) if len(paired) else np.zeros(2, dtype=np.int64)
        judged = self._judge(pool, key, confounded, (int(sessions[0]), int(sessions[1])), single=False)
        before, after = self._pooled(paired if len(paired) else members, key)
        decisions = block.decisions
        return MetricResult(
            key=info.key,
            title=info.title,
            unit=info.unit,
            better=info.better,
            kind=info.kind,
            scale=info.scale,
            margin=float(block.margin[key]),
            primary=bool(block.primary[key]),
            headline=info.headline,
            rests_on=self._basis(pool, key),
            chances=self._chances(pool, key),
            tau=self._tau[pool],
            before=before,
            after=after,
            ratio=judged.ratio,
            interval=judged.interval,
            p=finite(decisions.p[pool]),
            df=finite(decisions.df[pool]),
            se=finite(decisions.se[pool]),
            verdict=judged.verdict,
            reason=judged.reason,
            settle=judged.settle,
            clear=bool(decisions.clear[pool]) and judged.reason is None,
            detectable=finite(decisions.detectable[pool]),
            targets=targets,
            warnings=self._warnings(pool, key) if pool == key else (),
            controls=self._controls[key] if pool == key else None,
            flags=block.flags[key] if pool == key else (),
        )

    def _judge(self, pool: int, key: int, confounders: str, sessions: tuple[int, int], *, single: bool) -> _Judged:
        verdict, reason = self._verdict[pool], self._reason[pool]
        if confounders and reason is not Reason.NO_BASELINE:
            verdict, reason = Verdict.INCONCLUSIVE, Reason.CONFOUNDED
        text = ""
        if reason is Reason.NO_BASELINE:
            text = self._no_baseline(pool, key)
        elif reason is not None:
            more_sessions, more_targets = self._more[pool]
            text = settle(
                reason,
                targets=self._targets[pool],
                sessions=sessions,
                margin=self._margin[key],
                detectable=self._detectable[pool],
                more_sessions=more_sessions,
                more_targets=more_targets,
                single=single,
                confounders=confounders,
                events=self._events(pool, key),
            )
        low, high = self._low[pool], self._high[pool]
        known = math.isfinite(low) and math.isfinite(high)
        interval = Interval(low, high, self._level[pool]) if known else None
        return _Judged(self._ratio[pool], interval, verdict, reason, text)

    def _basis(self, pool: int, key: int) -> Basis:
        if not math.isfinite(self._block.decisions.se[pool]):
            return Basis.NOTHING
        return Basis.EVENTS if self._block.counted[key] else BASES[Rule(self._block.estimates.rule[pool])]

    def _chances(self, pool: int, key: int) -> tuple[float, float] | None:
        outlook = self._block.outlook
        if outlook is None or self._block.counted[key] or not math.isfinite(outlook.change[pool]):
            return None
        return float(outlook.change[pool]), float(outlook.same[pool])

    def _events(self, pool: int, key: int) -> float | None:
        """How many events the targets of a pool that were measured in both tags had; None for other metrics."""
        if not self._block.counted[key]:
            return None
        units = self._block.plan.members(pool)
        values = self._block.levels.values[units]
        both = (values > 0).all(axis=1)
        return float((self._block.shown[units] * values)[both].sum())

    def _pooled(self, units: NDArray[np.int64], key: int) -> tuple[float | None, float | None]:
        """Level of a pool per tag: geometric mean over its targets, for counts the mean over all values."""
        found: list[float | None] = []
        for tag in (0, 1):
            shown, weight = self._block.shown[units, tag], self._block.levels.values[units, tag]
            known = weight > 0
            if not known.any():
                found.append(None)
            elif self._block.counted[key]:
                mean = np.average(shown[known], weights=weight[known])
                found.append(twelve_digits(np.array([mean])).item())
            else:
                mean = np.exp(np.log(shown[known]).mean())
                found.append(twelve_digits(np.array([mean])).item())
        return found[0], found[1]

    def _no_baseline(self, pool: int, key: int) -> Said:
        members = self._block.plan.members(pool)
        here = self._block.levels.sessions[members].sum(axis=0) > 0
        if here.all():
            return say("settle.nobody")
        if not here.any():
            return say("settle.controls_only")
        tag, other = self._tags[0] if here[1] else self._tags[1], self._others.get(key, "")
        return say("settle.other_tag.params", tag=tag, params=other) if other else say("settle.other_tag", tag=tag)

    def _warnings(self, pool: int, key: int) -> tuple[Said, ...]:
        block, rows = self._block, self._rows
        warnings: list[Said] = []
        aside = block.plan.aside.get(key)
        for what, units in self._aside(aside) if aside is not None else ():
            names = [rows.targets[rows.unit_target[unit]].name for unit in units]
            warnings.append(say(f"warning.aside.{what}", names=first_names(names)))
        members = block.plan.members(pool)
        paired = int((block.levels.sessions[members] > 0).all(axis=1).sum())
        if self._targets[pool] < paired:
            warnings.append(say("warning.shared", targets=paired, count=self._targets[pool]))
        if self._events(pool, key) == 0 and self._reason[pool] is not Reason.NO_BASELINE:
            warnings.append(say("warning.no_events"))
        effect = self._controls[key]
        if block.net.shock[key] and effect is not None:
            warnings.append(shock_words(effect))
        lone = (block.levels.sessions[members] > 0).sum(axis=1) == 1
        if lone.any() and not lone.all():
            warnings.append(say("warning.lone", alone=int(lone.sum()), total=len(members)))
        return tuple(warnings)

    def _aside(self, units: Ints) -> list[tuple[str, Ints]]:
        """Why units of work were left out of the fleet's pool (the end of a key of `bench.words`), and which."""
        held, moved = self._block.held[units], self._block.moved[units]
        whys = (("held", held), ("moved", ~held & moved), ("stayed", ~held & ~moved))
        return [(what, units[which]) for what, which in whys if which.any()]
