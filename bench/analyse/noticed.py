"""What became of the machines of a campaign? By facts, the freeze probe, the kernel's log, the watch, and our acts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bench.analyse.freezes import Interruption, frozen
from bench.analyse.happened import Event, Happening, happenings
from bench.analyse.maintenance import Span, What, seconds, shown, spans_of
from bench.analyse.sightings import Sighting
from bench.analyse.switches import switches_in
from bench.errors import StoreError
from bench.store import StoredRun
from bench.words import say

LONGEST_PAUSE_S = 30.0
"""A host that is updated in place, or left while the machine runs, stops it for no longer (ENVIRONMENT §2)."""
_CLOCKS_S = 60.0
"""How far a target's clock, which dates freezes, may be off from the controller's, which dates facts."""
_PAUSES = (Event.MIGRATED, Event.MOVED, Event.HOST_UPDATED, Event.OTHER_BUILD)
_LASTING = {What.MAINTENANCE: Event.MAINTAINED, What.ACTION: Event.ACTED}


def everything(runs: Sequence[StoredRun], seen: Iterable[Sighting]) -> tuple[Happening, ...]:
    """All that happened to the targets of `runs`; `seen` are their sightings. What is damaged tells nothing here."""
    stood = freezes(runs)
    return (*_with_pauses(happenings(seen), stood), *stood, *switches(runs), *maintained(runs))


def freezes(runs: Iterable[StoredRun]) -> tuple[Happening, ...]:
    """What the freeze probe noticed in runs, by target and time."""
    kinds = {Interruption.FREEZE: Event.FROZE, Interruption.CLOCK: Event.CLOCK_SET}
    found = [
        Happening(
            target,
            kinds[one.what],
            _time(one.ended_at - max(0.0, one.seconds)),
            _time(one.ended_at),
            (run.info.tag, run.info.tag),
            detail=say(
                "seconds",
                number=f"{one.seconds:.1f}" if one.what is Interruption.FREEZE else f"{one.seconds:+.1f}",
            ),
        )
        for run in runs
        for target, one in frozen(run)
    ]
    return tuple(sorted(found, key=lambda one: (one.target, one.before)))


def switches(runs: Iterable[StoredRun]) -> tuple[Happening, ...]:
    """Switches of the data path during trials, by target and time; those of one trial are one event."""
    found = [
        Happening(target, Event.SWITCHED, mine[0].since, mine[0].until, (run.info.tag,) * 2, detail=mine[0].line)
        for run in runs
        for all_of_it in switches_in(run).found.values()
        for target in dict.fromkeys(one.target for one in all_of_it)
        for mine in ([one for one in all_of_it if one.target == target],)
    ]
    return tuple(sorted(found, key=lambda one: (one.target, one.before)))


def maintained(runs: Iterable[StoredRun]) -> tuple[Happening, ...]:
    """Maintenance of targets and what we did to them, by target and time; what several runs tell of is one event."""
    told: dict[tuple[str, ...], list[tuple[str, Span]]] = {}
    for run in runs:
        try:
            spans = spans_of(run)
        except StoreError:  # the problems of the samples name it
            continue
        for one in spans:
            same = (one.target, one.what.value, one.source, one.number, one.text, f"{one.since}")
            told.setdefault(same, []).append((run.info.tag, one))
    return tuple(sorted(map(_lasting, told.values()), key=lambda one: (one.target, one.after)))


def _lasting(told: Sequence[tuple[str, Span]]) -> Happening:
    """What some runs, given with their tags, tell of one span; a run that was over by then did not learn of its end."""
    (first, span), (last, _) = told[0], told[-1]
    until = min(one.until for _, one in told)
    ended = math.isfinite(until)
    return Happening(
        span.target,
        _LASTING[span.what],
        _time(span.since),
        _time(until if ended else span.since),
        (first, last),
        detail=span.details if ended else say("happened.open", details=span.details),
    )


def _with_pauses(found: Iterable[Happening], stood: Iterable[Happening]) -> Iterator[Happening]:
    """Moves and updates of the host with the freeze that goes with them, where the probe saw one."""
    pauses = [one for one in stood if one.event is Event.FROZE]
    for one in found:
        mine = next((other for other in pauses if one.event in _PAUSES and _during(one, other)), None)
        if mine is not None:
            one = replace(
                one, detail=say("happened.froze", seconds=mine.detail, time=shown(seconds(mine.before) or 0.0))
            )
        yield one


def _during(one: Happening, freeze: Happening) -> bool:
    """Whether a freeze lies between the two probes around an event, and is short enough to be its trace."""
    after, before, start, end = (seconds(time) for time in (one.after, one.before, freeze.after, freeze.before))
    if one.target != freeze.target or after is None or before is None or start is None or end is None:
        return False
    return after - _CLOCKS_S <= end <= before + _CLOCKS_S and end - start <= LONGEST_PAUSE_S


def _time(moment: float) -> str:
    """Seconds since 1970 as ISO 8601, UTC; "" for what no clock shows."""
    try:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return ""
