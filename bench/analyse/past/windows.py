"""Which sessions of an unchanged machine make an A/A pair: two windows of the same state, separated in time.

The sessions of one state (a tag, or tags between which no declared factor moved) are cut into **windows** that look
like the phases of a campaign: sessions that belong together in time, of one tag, at least two of them, so that each
window's own session variance is known. Two windows make a pair; its distance decides its bucket (`bench.analyse.tau`).
Within a bucket every window is in one pair at most, so no session is counted twice there; another bucket asks another
question of the same sessions. Where several partners fit, the one furthest away is taken: what is learned for "up to
14 days" must hold at 14 days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median_low

from bench.analyse.tau import FURTHER, TAU_BY_DAYS

LEAST = 2
"""Sessions in a window: with fewer, how far its level is off is not known."""
USUAL = 3
"""Sessions in a window where there are many: as in a phase of a usual campaign."""
GAP = 3.0
"""A gap this many times the usual one between sessions ends a window."""


@dataclass(frozen=True, slots=True)
class Session:
    """One run of a state: its id, its tag, and when it began, in days."""

    run: str
    tag: str
    day: float


@dataclass(frozen=True, slots=True)
class WindowPair:
    """Two windows of sessions of one state, the earlier first, and the bucket of their distance.

    moved: targets whose host changed between them or within one. changed: targets that differ in something else that
    nobody declared; they are no A/A pair.
    """

    campaign: str
    tags: tuple[str, str]
    runs: tuple[tuple[str, ...], tuple[str, ...]]
    bucket: int
    moved: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()


def windows_of(sessions: Sequence[Session]) -> list[tuple[Session, ...]]:
    """Cut the sessions of one state, in order of time, into windows; a session that stands alone is in none."""
    found: list[tuple[Session, ...]] = []
    for _, same in groupby(sorted(sessions, key=lambda one: (one.day, one.run)), key=lambda one: one.tag):
        for together in _together(list(same)):
            number = max(len(together) // USUAL, 2 if len(together) >= 2 * LEAST else 1)
            bounds = [len(together) * place // number for place in range(number + 1)]
            parts = [tuple(together[start:end]) for start, end in pairwise(bounds)]
            found.extend(part for part in parts if len(part) >= LEAST)
    return found


def pairs_of(campaign: str, sessions: Sequence[Session]) -> list[WindowPair]:
    """Every A/A pair of the sessions of one state."""
    windows = windows_of(sessions)
    days = [sum(one.day for one in window) / len(window) for window in windows]
    found: list[WindowPair] = []
    for bucket in range(FURTHER + 1):
        for one, other in _matched(days, bucket):
            first, second = windows[one], windows[other]
            runs = tuple(part.run for part in first), tuple(part.run for part in second)
            found.append(WindowPair(campaign, (first[0].tag, second[0].tag), runs, bucket))
    return found


def _together(sessions: list[Session]) -> list[list[Session]]:
    """Cut where a gap is much longer than the usual one."""
    gaps = [later.day - earlier.day for earlier, later in pairwise(sessions)]
    usual = median_low(gaps) if gaps else 0.0
    found = [sessions[:1]]
    for gap, session in zip(gaps, sessions[1:], strict=True):
        if gap > GAP * usual:
            found.append([])
        found[-1].append(session)
    return found


def _matched(days: Sequence[float], bucket: int) -> list[tuple[int, int]]:
    """Pairs of windows, given by their times, whose distance is in a bucket; each window in one pair at most."""
    low = TAU_BY_DAYS[bucket - 1][0] if bucket else -1.0
    high = TAU_BY_DAYS[bucket][0] if bucket < FURTHER else float("inf")
    free = set(range(len(days)))
    found: list[tuple[int, int]] = []
    for one in sorted(free, key=lambda place: days[place]):
        if one not in free:
            continue
        fitting = [other for other in free if other != one and low < abs(days[other] - days[one]) <= high]
        if fitting:
            other = max(fitting, key=lambda place: (days[place], -place))
            free -= {one, other}
            found.append((one, other))
    return found
