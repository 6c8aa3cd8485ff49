"""Did an earlier report say something else? What it said, what is said now, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench.analyse.findings import Revision, Turn
from bench.analyse.result import AttributionKind, Verdict
from bench.model import Told
from bench.report import numbers
from bench.report.page import Finding
from bench.report.plain import one_line
from bench.report.text import Text
from bench.report.timeline import parse_time

_NAMED = 3


def revised(revisions: Iterable[Revision], text: Text) -> Iterator[Finding]:
    """One finding per step of which something else was told before."""
    for one in revisions:
        step = f"{one_line(one.new.before)} → {one_line(one.new.after)}"
        point = text("revised", step=step, day=_day(one.old.told_at, text))
        yield Finding(point, text("revised.detail", was=_was(one, text), why=_why(one, text)))


def _day(time: str, text: Text) -> str:
    known = parse_time(time)
    return text.date("iso", known) if known else one_line(time).partition("T")[0]


def _was(one: Revision, text: Text) -> str:
    said = [_turn(turn, text) for turn in one.turns[:_NAMED]]
    if len(one.turns) > _NAMED:
        said[-1] = text("names.more", names=said[-1], more=len(one.turns) - _NAMED)
    if one.causes:
        old, new = one.causes
        said.append(text("revised.cause", old=_cause(old, text), new=_cause(new, text)))
    return text.listed(said, "semicolon")


def _turn(turn: Turn, text: Text) -> str:
    name = one_line(turn.new.title) or one_line(turn.new.metric)
    return text("revised.turn", metric=name, old=_verdict(turn.old, text), new=_verdict(turn.new, text))


def _verdict(told: Told, text: Text) -> str:
    words = text(f"verdict.{Verdict(told.verdict).name}") if told.verdict in list(Verdict) else one_line(told.verdict)
    if told.ratio is None or told.ratio <= 0:
        return words
    return f"{words} {text.line(numbers.change(told.ratio))}"


def _cause(kind: str, text: Text) -> str:
    """The kind of an attribution in the words of a report; one that this version does not know as it stands there."""
    return text(f"cause.{AttributionKind(kind).name}") if kind in list(AttributionKind) else one_line(kind)


def _by_fact(changes: Iterable[str], text: Text) -> list[str]:
    """Changes ("guest-os kernel 1 → 2") as they are; those of one fact that are several, counted."""
    found: dict[str, list[str]] = {}
    for change in changes:
        found.setdefault(" ".join(change.split(" ", 2)[:2]), []).append(change)
    return [
        same[0]
        if len(same) == 1
        else text("revised.ways", fact=one_line(fact), changes=text.number("change", len(same)))
        for fact, same in found.items()
    ]


def _why(one: Revision, text: Text) -> str:
    """Everything that lies between the two findings; which of it turned the verdict is not claimed."""
    found = []
    if one.newly_seen:
        seen = _by_fact(one.newly_seen, text)
        facts = text.listed(seen[:_NAMED])
        more = len(seen) - _NAMED
        found.append(text("revised.facts", facts=text("names.more", names=facts, more=more) if more > 0 else facts))
    if one.declared:
        found.append(text("revised.declared"))
    if one.new_runs:
        found.append(text("revised.runs", runs=text.number("run", len(one.new_runs))))
    if one.lost_runs:
        found.append(text("revised.lost", runs=text.number("run", len(one.lost_runs))))
    if one.versions:
        old, new = one.versions
        found.append(text("revised.version", old=one_line(old), new=one_line(new)))
    return text.listed(found, "semicolon") or text("revised.same")
