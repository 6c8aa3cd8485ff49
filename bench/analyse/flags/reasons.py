"""What flags do to verdicts: they name the reason of an open one, and in one case they leave one open.

An UNDERPOWERED verdict of a metric that drifts is DRIFT, since more sessions in a row drift on; of one with two modes
or a changed variance it is UNSTABLE.

The one case: a verdict takes what sessions, or targets, scatter for all that separates them from a change; a drift that
they share is in neither. Where a significant drift within a tag, gone on for the time between the tags, makes at least
half of a change, the change is not told from the drift: INCONCLUSIVE (DRIFT). Phases toggled in rounds do not need it.

Simulated (the drifting model of tests/stats), eight daily sessions per tag; verdicts that call a change:

    nothing changed                                    before → with this rule
    one target, drift of 1 % a day (SD), .3 %, none    56 → 14 %, 15 → 12 %, no difference
    six targets that drift together by 1 %, .3 %       61 → 11 %, 42 → 33 %
    a true change of 10 %
    one target, drift of 1 % a day, none               75 → 63 %, costs .5 % at most
    six targets that drift together by 1 %, none       85 → 70 %, costs .4 % at most

Without "at least half" the rule saves nothing more, and the 63 % would be 50 %. A slow drift hides in few sessions.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bench.analyse.assemble import Block
from bench.analyse.estimate import Rule
from bench.analyse.flags import Flagged
from bench.analyse.levels import Levels
from bench.analyse.pools import Plan
from bench.analyse.result import FlagKind, Reason, Verdict
from bench.analyse.transform import Floats
from bench.analyse.verdict import REASONS, VERDICTS

EXPLAINED = 0.5
"""Part of a change that a drift must make before the change is not believed."""


def with_flags(block: Block, flagged: Flagged) -> Block:
    """The same with its flags, and the decisions of all pools after these have spoken."""
    plan, estimates, decisions = block.plan, block.estimates, block.decisions
    slopes = _slopes(plan, flagged)
    drifting: NDArray[np.bool_] = (slopes != 0).any(axis=1)
    gone_on = np.sign(decisions.delta)[:, None] * slopes * _days(block.levels, plan)[:, None]
    changed = np.isin(decisions.verdict, [VERDICTS.index(Verdict.IMPROVED), VERDICTS.index(Verdict.REGRESSED)])
    enough = drifting & (gone_on.max(axis=1) >= EXPLAINED * np.abs(decisions.delta))
    doubt = changed & enough & (estimates.rule != Rule.ROUNDS)
    keys, units = len(flagged.flags), len(flagged.single)
    drifting[:keys] |= _have(flagged, FlagKind.DRIFT)
    unstable = (_have(flagged, FlagKind.TWO_MODES) | _have(flagged, FlagKind.CHANGED_VARIANCE))[plan.key]
    unstable[keys : keys + units] &= flagged.judged
    open_ = decisions.reason == REASONS.index(Reason.UNDERPOWERED)
    reason = np.where(open_ & unstable, REASONS.index(Reason.UNSTABLE), decisions.reason)
    drifted = doubt | (open_ & drifting & (estimates.rule != Rule.ROUNDS))  # rounds do not see what drifts
    decided = replace(
        decisions,
        verdict=np.where(doubt, VERDICTS.index(Verdict.INCONCLUSIVE), decisions.verdict),
        reason=np.where(drifted, REASONS.index(Reason.DRIFT), reason),
        clear=decisions.clear & ~doubt,
    )
    return replace(block, decisions=decided, flags=flagged.flags)


def _have(flagged: Flagged, kind: FlagKind) -> NDArray[np.bool_]:
    """Which metrics have a flag of this kind."""
    return np.array([any(flag.kind is kind for flag in some) for some in flagged.flags], dtype=np.bool_)


def _slopes(plan: Plan, flagged: Flagged) -> Floats:
    """Per pool the slopes before and after, shape (pools, 2): what its targets have in common, or the target's own."""
    keys, units = len(flagged.flags), len(flagged.single)
    slopes = flagged.drift[plan.key]
    slopes[keys : keys + units] = np.where(flagged.judged[:, None], slopes[keys : keys + units], 0.0) + flagged.single
    return slopes


def _days(levels: Levels, plan: Plan) -> Floats:
    """Per pool the mean time from the sessions before to those after, in days; 0 where it is unknown."""
    apart = np.nan_to_num((levels.time[:, 1] - levels.time[:, 0]) / 86400.0)
    both = (levels.sessions > 0).all(axis=1).astype(float)
    pool, unit, n = plan.pools.pool, plan.pools.unit, plan.pools.count
    days: Floats = np.bincount(pool, apart[unit] * both[unit], n) / np.maximum(np.bincount(pool, both[unit], n), 1.0)
    return days
