"""When was a machine serviced by its cloud, or acted upon by us? Read from the events of a run.

`bench watch` writes what it sees of maintenance into every run that it may concern, and `bench azure` and reboots what
they do, so that a run says it by itself, years later. All times are of the controller's clock, like those of attempts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from bench.store import StoredAttempt, StoredRun
from bench.words import Said, joined, say

UNSEEN_S = 3600.0
"""Between two looks a maintenance may have begun or ended at any moment; longer than this before or after the look
that tells, nobody knows, and nothing is concluded."""

_BEGINS = {"maintenance started": "maintenance", "action begins": "action", "reboot": "reboot"}
_ENDS = {
    "maintenance done": "maintenance", "maintenance over": "maintenance", "maintenance withdrawn": "maintenance",
    "action ended": "action", "action failed": "action", "rebooted": "reboot",
}  # fmt: skip
_WORDS = (b'"maintenance ', b'"action ', b'"reboot')
"""What a line of the events that is one of these holds."""
_LONGEST = 200
_INSIDE = "inside"
"""What the watch calls the metadata service of the machine's own cloud."""


class What(StrEnum):
    """Who did something to a machine."""

    MAINTENANCE = "maintenance"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class Span:
    """Something was done to a machine for a while.

    since, until: seconds since 1970; until is infinite where nobody saw the end. text: the source's word for it
    ("freeze"), or the action ("redeploy"). number: the source's own name of the event; "" where it has none.
    """

    target: str
    what: What
    since: float
    until: float
    text: str
    source: str = ""
    number: str = ""

    @property
    def ended(self) -> bool:
        """Whether its end was seen."""
        return math.isfinite(self.until)

    @property
    def details(self) -> Said:
        """What it was, by whose word, and its number there."""
        number = say("span.number", number=self.number) if self.number else ""
        source = say("span.inside") if self.source == _INSIDE else self.source
        return joined(filter(None, (self.text, source, number)))


def spans_of(run: StoredRun) -> tuple[Span, ...]:
    """Everything that was done to the targets of a run, by target and time; StoreError when its events are unreadable.

    An end is that of the same event; where its source told none, that of the next one that any source told of.
    """
    if run.info.imported:
        return ()
    found: list[Span] = []
    running: dict[tuple[str, ...], tuple[Span, float]] = {}
    ends: list[tuple[str, str, float]] = []
    for at, event in _timed(run.events(_WORDS)):
        kind = event["kind"]
        made = _span(at, event)
        key = (made.target, _BEGINS.get(kind) or _ENDS[kind], made.source, made.number or made.text)
        if kind in _BEGINS:
            running.setdefault(key, (made, at))
            continue
        until = _bounded(event, at)
        ends.append((made.target, key[1], until))
        if key in running:
            begun, seen = running.pop(key)
            found.append(replace(begun, until=max(seen, until)))
        elif kind == "maintenance done":  # seen only when it was over
            found.append(_unseen(made, event, at))
    for (target, what, *_), (begun, seen) in running.items():
        later = [until for name, kind, until in ends if (name, kind) == (target, what) and until >= seen]
        found.append(replace(begun, until=min(later, default=math.inf)))
    return tuple(sorted(found, key=lambda one: (one.target, one.since, one.until, one.text)))


def _unseen(made: Span, event: Mapping[str, str], at: float) -> Span:
    """What nobody saw running: by its source's word long over, or begun and ended since the look before."""
    looked, begun, ended = (seconds(event.get(name, "")) for name in ("looked", "begun", "ended"))
    if ended is None or ended > at or (looked is not None and ended >= looked):
        return replace(made, until=at)
    return replace(made, since=min(ended, begun if begun is not None else ended), until=ended)


def overlapping(spans: Iterable[Span], stored: StoredAttempt) -> tuple[Span, ...]:
    """Those that lie on the time of an attempt, on any of its targets; not those of which only the end is known."""
    record = stored.record
    since = seconds(record.started_at)
    if since is None or record.imported:
        return ()
    until = max(since, seconds(record.ended_at) or since)
    return tuple(
        one
        for one in spans
        if one.target in record.trial.targets and one.since <= until and since <= one.until and one.since < one.until
    )


def in_words(span: Span) -> Said:
    """Why a trial does not count, as in "maintenance of web-1 (freeze, azure metadata, event A1) ran from … to …"."""
    key = f"taint.{span.what.value}" if span.ended else f"taint.{span.what.value}.open"
    return say(key, target=span.target, details=span.details, since=shown(span.since), until=shown(span.until))


def seconds(time: str) -> float | None:
    """Seconds since 1970 of an ISO 8601 time (UTC where it names no zone); None when it is none."""
    try:
        found = datetime.fromisoformat(time)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _timed(events: Iterable[Mapping[str, str]]) -> list[tuple[float, Mapping[str, str]]]:
    """The events that begin or end something, in the order of time: a run may be told late of what began before it."""
    told = [
        (at, event)
        for event in events
        if event.get("kind") in _BEGINS | _ENDS and (at := seconds(event.get("time", ""))) is not None
    ]
    return sorted(told, key=lambda one: one[0])


def _span(at: float, event: Mapping[str, str]) -> Span:
    """What an event speaks of, from the earliest moment at which it can have begun."""
    action = event.get("action", "").partition(":")[0]
    ours = not event["kind"].startswith("maintenance")
    looked = seconds(event.get("looked", ""))
    since = at if looked is None or looked > at else max(looked, at - UNSEEN_S)
    return Span(
        event.get("target", ""),
        What.ACTION if ours else What.MAINTENANCE,
        since,
        math.inf,
        (action or "reboot" if ours else event.get("text", ""))[:_LONGEST],
        event.get("source", "")[:_LONGEST],
        event.get("id", "")[:_LONGEST],
    )


def _bounded(event: Mapping[str, str], at: float) -> float:
    """The latest moment at which what an event calls over can have ended, as far as that can be known."""
    looked = seconds(event.get("looked", ""))
    return at if looked is None or looked > at else min(at, looked + UNSEEN_S)


def shown(at: float) -> str:
    """`2026-01-05 18:29:47 UTC`; "" for what no clock shows."""
    try:
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return ""
