"""What would settle an inconclusive verdict, in one plain sentence."""

from __future__ import annotations

import math
from functools import lru_cache

from bench.analyse.counts import MIN_TARGETS
from bench.analyse.estimate import Q_TARGETS
from bench.analyse.result import Reason
from bench.analyse.verdict import MANY


def percent(ratio: float) -> str:
    """.123 as "12 %", .0123 as "1.2 %"; past 1000 % only the magnitude matters."""
    value = ratio * 100
    if not math.isfinite(value) or value >= 1000:
        return "more than 1000 %"
    return f"{value:.0f} %" if value >= 9.95 else f"{value:.1f} %".replace(".0 %", " %")


def settle(
    reason: Reason | None,
    *,
    targets: int,
    sessions: tuple[int, int],
    margin: float,
    detectable: float | None = None,
    more_sessions: float = math.nan,
    more_targets: float = math.nan,
    single: bool = False,
    confounders: str = "",
    events: float | None = None,
) -> str:
    """Return the sentence for one pool; empty when nothing needs settling.

    margin and detectable are ratios (.02 is 2 %). single: the pool is one target of a fleet, which cannot grow.
    confounders: what changed without being declared. events: of a metric that counts them, how many were seen.
    """
    if reason is None:
        return ""
    if reason is Reason.CONFOUNDED:
        return f"undo or declare what else changed ({confounders}), then measure both tags again"
    if reason is Reason.UNREPLICATED:
        more = "at least one more session per tag" if min(sessions) < 2 else "at least two sessions in both tags"
        if events == 0:
            more = f"no events in either tag: {more}"
            return more if single else f"{more}, or {_more(max(MIN_TARGETS - targets, 1), 'target')}"
        if events is not None:
            few = f"events on fewer than {MIN_TARGETS} targets cannot be told from their drift"
            return f"{few}: measure {'several targets' if single else 'more targets that have any'}"
        return more if single else f"{more}, or {_more(max(Q_TARGETS - targets, 1), 'target')}"
    if reason is Reason.HOST_MOVED:
        others = "targets that stayed on their host" if single else f"{Q_TARGETS} or more targets"
        return f"its host changed, so one target cannot tell host from change: measure {others}"
    if reason is Reason.CENSORED:
        return (
            "both phases reach the limit of the size, which hides any change: look at what can still move there, such "
            "as cycles per byte, or measure a size with more room"
        )
    if reason is Reason.DRIFT:
        return (
            "it drifts from session to session, and more in a row drift on: reset what grows before each session, or "
            "measure the phases alternately (A B, B A)"
        )
    if reason is Reason.UNSTABLE:
        return (
            "its values are unsteady (see its flags): find what switches or disturbs them, then measure both tags again"
        )
    if reason is Reason.UNDERPOWERED:
        return _underpowered(margin, detectable, more_sessions, more_targets, single)
    return ""


def _underpowered(
    margin: float, detectable: float | None, more_sessions: float, more_targets: float, single: bool
) -> str:
    sessions = None if math.isnan(more_sessions) else more_sessions
    goal = _ways(margin, sessions, math.inf if single or math.isnan(more_targets) else more_targets, single)
    return goal if detectable is None else f"{goal}; detectable now: {percent(detectable)}"


@lru_cache(maxsize=4096)  # a thousand targets need the same few sentences
def _ways(margin: float, sessions: float | None, targets: float, single: bool) -> str:
    """What would show the margin; sessions: None where nobody knows, infinite (as targets) where it is no way."""
    ways: list[str] = []
    if sessions is None:
        ways.append("more sessions per tag (how sessions scatter is not known yet)")
    elif sessions <= MANY:
        ways.append(f"about {_more(int(sessions), 'session')} per tag")
    if math.isfinite(targets):
        few = targets <= MANY
        ways.append(f"about {_more(int(targets), 'target')}" if few else f"more than {MANY} more targets")
    if not ways:
        ways.append("other targets: more sessions of this one cannot" if single else "more targets")
    return f"to see {percent(margin)}: {', or '.join(ways)}"


def _more(count: int, noun: str) -> str:
    return f"{count} more {noun}{'' if count == 1 else 's'}"
