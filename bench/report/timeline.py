"""When were the phases measured, and what happened to the machines meanwhile? Lanes, marks and their captions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench.analyse.happened import Event, Happening
from bench.model import Run
from bench.report.charts.timeline import LEFT, NEAR, RIGHT, Caption, Lane, Mark, Tick, clusters, placed, timeline_chart
from bench.report.fleet_views import Picture
from bench.report.plain import one_line
from bench.report.text import Text
from bench.report.view import PhaseInfo, Report

_LONGEST_DETAIL, _MOST_KINDS, _MOST_SAID = 32, 3, 20
"""Characters of a detail in a caption, kinds of events in one, and events that the description says in words."""
_OF_THE_BUILD = ("HOST_UPDATED", "OTHER_BUILD", "UNPATCHED")
"""Events that are changes of the build of a host: from which to which is said."""
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


def timeline(report: Report, text: Text) -> Picture | None:
    """The timeline, None when no run has a time."""
    axis = _axis(report)
    if axis is None:
        return None
    lanes = tuple(
        _lane(phase, number, axis, text)
        for number, phase in enumerate(report.phases)
        if any(map(measured_at, phase.runs))
    )
    events = list(_marks(report, axis))
    ticks = tuple(Tick(axis.place(time), words) for time, words in _ticks(axis.first, axis.first + axis.span, text))
    runs = sum(len(lane.runs) for lane in lanes)
    label = text("time.label", phases=text.number("phase", len(lanes)), runs=text.number("run", runs))
    captions = _captions([mark for mark, _ in events], text)
    svg = timeline_chart(lanes, captions, ticks, label, _describe(report, events, text))
    return Picture(label, text("time.events") if events else "", svg)


@dataclass(frozen=True, slots=True)
class _Axis:
    """From the first moment that is shown over `span`."""

    first: datetime
    span: timedelta

    def place(self, time: datetime) -> float:
        """The coordinate of a time; what lies outside is held at the edge."""
        share = (time - self.first) / self.span
        return round(LEFT + (RIGHT - LEFT) * max(0.0, min(1.0, share)), 1)


def _axis(report: Report) -> _Axis | None:
    """The axis over every run and everything that happened."""
    times = [time for phase in report.phases for run in phase.runs if (time := measured_at(run))]
    if not times:
        return None
    moments = [*times, *(time for one in report.happenings if (time := parse_time(one.before)))]
    first, last = min(moments), max(moments)
    return _Axis(first, max(last - first, timedelta(seconds=60)))


def _lane(phase: PhaseInfo, number: int, axis: _Axis, text: Text) -> Lane:
    times = [(time, run) for run in phase.runs if (time := measured_at(run))]
    return Lane(
        one_line(phase.tag),
        number,
        tuple(
            (
                axis.place(time),
                text("time.run", session=run.session, time=text.date("minute", time), run=one_line(run.run_id)),
            )
            for time, run in times
        ),
    )


def _marks(report: Report, axis: _Axis) -> Iterator[tuple[Mark, datetime]]:
    """Everything that happened, with the moment by which it had."""
    order = list(Event)
    for one in report.happenings:
        before = parse_time(one.before)
        if before is None:
            continue
        after = min(parse_time(one.after) or before, before)
        window = axis.place(after), axis.place(before)
        detail = _detail(one)
        yield Mark(axis.place(after + (before - after) / 2), window, order.index(one.event), one.target, detail), before


def _detail(one: Happening) -> str:
    """What stands behind the kind of an event: how long, or from which build of the host to which."""
    if one.event.name in _OF_THE_BUILD:
        builds = [(old, new) for layer, _, old, new in one.evidence if layer == "host"]
        if builds and len(builds[0][0]) + len(builds[0][1]) <= _LONGEST_DETAIL:
            return f"{builds[0][0]} → {builds[0][1]}"
    return one.detail if len(one.detail) <= _LONGEST_DETAIL else ""


def _captions(marks: list[Mark], text: Text) -> tuple[Caption, ...]:
    """Captions at the finest distance at which all of them find room."""
    for near in NEAR:
        found = placed([(some, _words(some, text)) for some in clusters(marks, near)])
        if found is not None:
            return found
    return ()


def _words(marks: Sequence[Mark], text: Text) -> str:
    """What happened, kind by kind, the gravest first, with the machines counted: "rebooted (web-1)"."""
    kinds: dict[int, list[Mark]] = {}
    for mark in marks:
        kinds.setdefault(mark.kind, []).append(mark)
    order = list(Event)
    said = [_kind_words(order[kind], mine, text) for kind, mine in sorted(kinds.items())]
    if len(said) > _MOST_KINDS:
        return text(
            "time.more", events=text.listed(said[:_MOST_KINDS]), more=text.number("kind", len(said) - _MOST_KINDS)
        )
    return text.listed(said)


def _kind_words(event: Event, mine: Sequence[Mark], text: Text) -> str:
    names = list(dict.fromkeys(mark.target for mark in mine))
    who = one_line(names[0]) if len(names) == 1 else text.number("target", len(names))
    what = text(f"event.{event.name}")
    details = {mark.detail for mark in mine}
    if len(mine) > len(names) == 1:
        return text("time.caption.times", event=what, who=who, number=len(mine))
    if len(details) == 1 and (detail := text.line(details.pop())):
        return text("time.caption.detail", event=what, who=who, detail=detail)
    return text("time.caption", event=what, who=who)


def _describe(report: Report, events: list[tuple[Mark, datetime]], text: Text) -> str:
    """The timeline in words: when each phase was measured, and what happened by when."""
    phases = text.listed(
        (
            text("time.phase", tag=one_line(phase.tag), runs=text.number("run", len(times)), first=first, last=last)
            for phase in report.phases
            if (times := [text.date("minute", time) for run in phase.runs if (time := measured_at(run))])
            for first, last in [(times[0], times[-1])]
        ),
        "semicolon",
    )
    groups: dict[tuple[str, int], list[Mark]] = {}
    for mark, before in sorted(events, key=lambda pair: (pair[1], pair[0].kind, pair[0].target)):
        groups.setdefault((text.date("minute", before), mark.kind), []).append(mark)
    said = [text("time.by", event=_words(mine, text), time=time) for (time, _), mine in groups.items()]
    more = len(said) - _MOST_SAID
    listed = text.listed(said[:_MOST_SAID], "semicolon")
    if more > 0:
        listed = text("time.more", events=listed, more=text.number("happening", more))
    return text("time.describe", phases=phases, events=listed) if said else text("time.describe.none", phases=phases)


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
