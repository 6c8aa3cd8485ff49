"""What happened to the machines themselves: reboots, moves, host updates, and which host each one was on."""

from __future__ import annotations

from collections.abc import Iterator

from bench.analyse.happened import Event, Happening, Stay
from bench.report.numbers import MISSING, count, spread
from bench.report.page import Finding, Fold, Table
from bench.report.plain import one_line
from bench.report.text import Text
from bench.report.timeline import parse_time
from bench.report.view import Report

_NAMED = 3
MOST_STAYS = 400
"""Rows of the host history; those of machines that changed hosts or builds come first."""


def unpatched(report: Report, text: Text) -> Iterator[Finding]:
    """Machines that went back to an unpatched host: the tag of the phase does not say what was measured there."""
    for tags, mine in _groups(report, Event.UNPATCHED):
        names = list(dict.fromkeys(one.target for one in mine))
        yield Finding(
            text("machines.unpatched", targets=_names(names, text)),
            text("machines.unpatched.detail", where=_where(tags, text), evidence=_evidence(mine, text)),
        )


def machines(report: Report, text: Text) -> Fold | None:
    """Every event by kind and phase, and the host history; None where nothing is known of the machines."""
    if not report.stays and not report.happenings:
        return None
    events = tuple(
        (
            text(f"event.{event.name}"),
            _where(tags, text),
            _names(list(dict.fromkeys(one.target for one in mine)), text),
            _span(mine, text),
            _evidence(mine, text),
        )
        for event in Event
        for tags, mine in _groups(report, event)
    )
    head = tuple(text(f"machines.{name}") for name in ("event", "where", "targets", "when", "evidence"))
    sentences = [text("machines.lead")] if events else [text("machines.none")]
    tables = [Table(text("machines.events"), head, events)] if events else []
    known = [stay for stay in report.stays if stay.host or stay.build]
    if known:
        tables.append(_history(known, text))
        if len(known) > MOST_STAYS:
            sentences.append(text("machines.more", number=count(len(known) - MOST_STAYS)))
    else:
        sentences.append(text("machines.unknown"))
    return Fold("machines", text("machines.title"), tuple(sentences), tuple(tables))


def _history(known: list[Stay], text: Text) -> Table:
    moves: dict[str, int] = {}
    for stay in known:
        moves[stay.target] = moves.get(stay.target, 0) + 1
    ranked = sorted(known, key=lambda stay: (-moves[stay.target], stay.target, stay.since))
    head = tuple(text(f"machines.{name}") for name in ("target", "host", "build", "since", "until", "tags"))
    rows = tuple(
        (
            one_line(stay.target),
            one_line(stay.host) or MISSING,
            one_line(stay.build) or MISSING,
            _moment(stay.since, text),
            _moment(stay.until, text),
            text.listed(stay.tags),
        )
        for stay in ranked[:MOST_STAYS]
    )
    return Table(text("machines.history"), head, rows)


def _groups(report: Report, event: Event) -> list[tuple[tuple[str, str], list[Happening]]]:
    """The happenings of one kind by the phases that they lie between, in the order of time."""
    found: dict[tuple[str, str], list[Happening]] = {}
    for one in sorted(report.happenings, key=lambda one: (one.before, one.target)):
        if one.event is event:
            found.setdefault(one.tags, []).append(one)
    return list(found.items())


def _where(tags: tuple[str, str], text: Text) -> str:
    before, after = map(one_line, tags)
    return (
        text("machines.within", tag=after) if before == after else text("machines.between", before=before, after=after)
    )


def _evidence(mine: list[Happening], text: Text) -> str:
    """The facts of the first of them, and what else is known of it; those of the others are of the same kind."""
    if not mine[0].evidence:
        return text.listed(dict.fromkeys(one.detail for one in mine[:_NAMED]), "semicolon")
    said = [f"{layer} {name} {old} → {new}" for layer, name, old, new in mine[0].evidence[:_NAMED]]
    said += [mine[0].detail] if mine[0].detail else []
    return text.listed(said, "semicolon")


def _span(mine: list[Happening], text: Text) -> str:
    first, last = min(one.after for one in mine), max(one.before for one in mine)
    return text.line(spread(_moment(first, text), _moment(last, text)))


def _moment(time: str, text: Text) -> str:
    """An ISO 8601 time to the minute."""
    known = parse_time(time)
    return text.date("minute", known) if known else one_line(time)[:16].replace("T", " ")


def _names(names: list[str], text: Text) -> str:
    said = text.listed(names[:_NAMED])
    more = len(names) - _NAMED
    return text("names.more", names=said, more=count(more)) if more > 0 else said
