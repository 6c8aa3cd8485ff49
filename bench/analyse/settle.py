"""What would settle an inconclusive verdict, in one plain sentence."""

from __future__ import annotations

import math
from functools import lru_cache

from bench.analyse.counts import MIN_TARGETS
from bench.analyse.estimate import Q_TARGETS
from bench.analyse.result import Reason
from bench.analyse.verdict import MANY
from bench.words import Said, say


def percent(ratio: float) -> Said:
    """.123 as "12 %", .0123 as "1.2 %"; past 1000 % only the magnitude matters."""
    return _percent(_digits(ratio))


def _digits(ratio: float) -> str:
    """.123 as "12"; "" past 1000 %."""
    value = ratio * 100
    if not math.isfinite(value) or value >= 1000:
        return ""
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")


def _percent(digits: str) -> Said:
    return say("percent", number=digits) if digits else say("percent.huge")


_PLAIN = {
    Reason.CENSORED: "settle.censored",
    Reason.DRIFT: "settle.drift",
    Reason.UNSTABLE: "settle.unstable",
}


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
    """Return the sentence (a `Said`) for one pool; empty when nothing needs settling.

    margin and detectable are ratios (.02 is 2 %). single: the pool is one target of a fleet, which cannot grow.
    confounders: what changed without being declared. events: of a metric that counts them, how many were seen.
    """
    if reason is None:
        return ""
    if reason is Reason.CONFOUNDED:
        return say("settle.confounded", confounders=confounders)
    if reason is Reason.UNREPLICATED:
        return _unreplicated(targets, sessions, events, single)
    if reason is Reason.HOST_MOVED:
        return say("settle.host_moved.single") if single else say("settle.host_moved", least=Q_TARGETS)
    if reason in _PLAIN:
        return say(_PLAIN[reason])
    if reason is Reason.UNDERPOWERED:
        return _underpowered(margin, detectable, more_sessions, more_targets, single)
    return ""


def _unreplicated(targets: int, sessions: tuple[int, int], events: float | None, single: bool) -> Said:
    more, least = say("settle.again.one" if min(sessions) < 2 else "settle.again.two"), Q_TARGETS
    if events == 0:
        more, least = say("settle.no_events", more=more), MIN_TARGETS
    elif events is not None:
        return say("settle.few_events.single" if single else "settle.few_events", least=MIN_TARGETS)
    return more if single else say("settle.or", ways=(more, _more(max(least - targets, 1), "target")))


def _underpowered(
    margin: float, detectable: float | None, more_sessions: float, more_targets: float, single: bool
) -> Said:
    sessions = None if math.isnan(more_sessions) else more_sessions
    targets = math.inf if single or math.isnan(more_targets) else more_targets
    if detectable is None:
        return _ways(margin, sessions, targets, single)
    return _detectable(margin, sessions, targets, single, _digits(detectable))


@lru_cache(maxsize=4096)  # a thousand targets need the same few sentences
def _detectable(margin: float, sessions: float | None, targets: float, single: bool, digits: str) -> Said:
    goal = _ways(margin, sessions, targets, single)
    return say("settle.detectable", goal=goal, detectable=_percent(digits))


@lru_cache(maxsize=4096)
def _ways(margin: float, sessions: float | None, targets: float, single: bool) -> Said:
    """What would show the margin; sessions: None where nobody knows, infinite (as targets) where it is no way."""
    ways: list[Said] = []
    if sessions is None:
        ways.append(say("settle.sessions.unknown"))
    elif sessions <= MANY:
        ways.append(say("settle.sessions", more=_more(int(sessions), "session")))
    if math.isfinite(targets):
        few = targets <= MANY
        ways.append(
            say("settle.targets", more=_more(int(targets), "target")) if few else say("settle.targets.many", many=MANY)
        )
    if not ways:
        ways.append(say("settle.targets.other" if single else "settle.targets.more"))
    return say("settle.see", margin=percent(margin), ways=tuple(ways))


def _more(count: int, noun: str) -> Said:
    return say(f"more.{noun}.{'one' if count == 1 else 'many'}", n=count)
