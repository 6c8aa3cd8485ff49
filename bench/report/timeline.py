"""When were the phases measured? Every run on one time axis, a lane for each phase."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from bench.analyse.happened import Event
from bench.model import Run
from bench.report.page import Lane, Tick, Timeline
from bench.report.plain import one_line, shorten
from bench.report.text import Text
from bench.report.view import PhaseInfo, Report

PHASE_COLOURS = 6
"""Colours of phases in the stylesheet, `.p0` …; further phases start again."""

Place: TypeAlias = Callable[[datetime], float]
"""From a time to its coordinate."""

_LEFT, _RIGHT, _LANE, _TOP = 200.0, 940.0, 30.0, 8.0
_STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000)
)


def parse_time(text: str) -> datetime | None:
    """An ISO 8601 time as UTC; None when it is empty or not one."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def measured_at(run: Run) -> datetime | None:
    """When a run began; None for an imported one, whose time is that of the import."""
    return None if run.imported else parse_time(run.created_at)


def timeline(report: Report, text: Text) -> Timeline | None:
    """The timeline, None when no run has a time."""
    times = [time for phase in report.phases for run in phase.runs if (time := measured_at(run))]
    if not times:
        return None
    events = _events(report)
    moments = [*times, *(time for time, _ in events)]
    first, last = min(moments), max(moments)
    span = max(last - first, timedelta(seconds=60))

    def place(time: datetime) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * ((time - first) / span), 1)

    lanes = tuple(
        _lane(phase, number, place, text)
        for number, phase in enumerate(report.phases)
        if any(map(measured_at, phase.runs))
    )
    phases = len(lanes)
    if events:
        lanes = (*lanes, _machines(events, phases, place, text))
    ticks = tuple(Tick(place(time), words) for time, words in _ticks(first, first + span, text))
    label = text("time.label", phases=text.number("phase", phases), runs=text.number("run", len(times)))
    return Timeline(_TOP + _LANE * len(lanes) + 34, label, lanes, ticks)


def _lane(phase: PhaseInfo, number: int, place: Place, text: Text) -> Lane:
    marks: list[tuple[float, str]] = []
    for run in phase.runs:
        time = measured_at(run)
        if time is not None:
            marks.append(
                (place(time), text("time.run", session=run.session, time=text.date("minute", time), run=run.run_id))
            )
    xs = [x for x, _ in marks] or [_LEFT]
    start, end = min(xs) - 9, max(xs) + 9
    tag = one_line(phase.tag)
    return Lane(
        shorten(tag, 24), tag, f"p{number % PHASE_COLOURS}", _TOP + _LANE * number, start, end - start, tuple(marks)
    )


def _events(report: Report) -> dict[tuple[datetime, Event], list[str]]:
    """The targets of what happened to the machines, by the minute in which it was first seen, and kind."""
    found: dict[tuple[datetime, Event], list[str]] = {}
    for one in report.happenings:
        if time := parse_time(one.before):
            found.setdefault((time.replace(second=0, microsecond=0), one.event), []).append(one.target)
    return found


def _machines(events: dict[tuple[datetime, Event], list[str]], number: int, place: Place, text: Text) -> Lane:
    """A lane of what happened to the machines."""
    order = list(Event)
    marks = tuple(
        (
            place(time),
            text(
                "time.event",
                event=text(f"event.{event.name}"),
                targets=_some(names, text),
                time=text.date("minute", time),
            ),
        )
        for (time, event), names in sorted(events.items(), key=lambda item: (item[0][0], order.index(item[0][1])))
    )
    return Lane(
        text("time.machines"), text("time.machines.full"), "events", _TOP + _LANE * number, _LEFT, _RIGHT - _LEFT, marks
    )


def _some(names: list[str], text: Text) -> str:
    named = text.listed(names[:3])
    return named if len(names) <= 3 else f"{named} + {len(names) - 3}"


def _ticks(first: datetime, last: datetime, text: Text) -> list[tuple[datetime, str]]:
    """At most eight round moments between `first` and `last`, with their words (UTC)."""
    span = last - first
    step = next((step for step in _STEPS if span / step <= 7), None) or span / 6
    epoch = datetime(2000, 1, 3, tzinfo=UTC)
    moment = epoch + step * -((epoch - first) // step)
    found: list[tuple[datetime, str]] = []
    previous = ""
    while moment <= last:
        day = text.date("month_day", moment)
        clock = f"{moment:%H:%M:%S}" if step < timedelta(minutes=1) else f"{moment:%H:%M}"
        within_a_day = clock if day == previous else f"{day} {clock}"
        found.append((moment, day if step >= timedelta(days=1) else within_a_day))
        previous = day
        moment += step
    return found
