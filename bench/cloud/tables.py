"""How is a target's standing told? One row of the table, what there is to remark, one object of the JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bench.cloud.clocks import iso, shown
from bench.cloud.probing import INSIDE
from bench.cloud.states import Done, Happening, Notice, Pending, Progress, Standing, Word
from bench.cloud.transitions import boots, leaves_a_trace

_NAMED = 3
"""Targets that are named with a remark; more are counted."""
_STALE_S = 1800.0
COLUMNS = ("target", "state", "window", "source", "remarks")


def as_row(one: Standing) -> tuple[str, ...]:
    """target, state, window, source, remarks."""
    current = current_of(one)
    return (
        one.target,
        state_words(one),
        window_words(current.notice, told=one.word is Word.SCHEDULED) if current else "",
        ", ".join(_source(one, name) for name in sources_of(one)),
        "; ".join(remarks_of(one)),
    )


def state_words(one: Standing) -> str:
    """`scheduled for 2026-01-05 18:29Z`, `done at …`, `unpatched again since …`."""
    current = current_of(one)
    if one.word is Word.SCHEDULED:
        begin = current.notice.not_before if current else None
        return f"scheduled for {shown(begin)}" if begin is not None else "scheduled, no time said"
    if one.word is Word.IN_PROGRESS:
        return f"in progress since {shown(one.since)}"
    if one.word is Word.DONE and one.done is not None:
        return f"done at {shown(one.done.at)}" + ("" if one.done.confirmed else ", not confirmed")
    if one.word is Word.UNPATCHED:
        return f"unpatched again since {shown(one.since)}"
    return one.word.value


def current_of(one: Standing) -> Pending | None:
    """The maintenance that the state speaks of: one that runs, else the next one."""
    running = [each for each in one.pending if each.notice.progress is Progress.STARTED]
    return min(running or one.pending, key=lambda each: each.notice.not_before or float("inf"), default=None)


def window_words(notice: Notice, *, told: bool = False) -> str:
    """`2026-01-05 18:29Z – 20:00Z, 30 s`; told: the state says when it begins, so that alone is no window."""
    begin, end = shown(notice.not_before), shown(notice.not_after)
    if begin and end:
        said = f"{begin} – {end[11:] if begin[:10] == end[:10] else end}"
    else:
        said = f"until {end}" if end else f"from {begin}" if begin and not told else ""
    lasts = f"{notice.duration_s:g} s" if notice.duration_s is not None else ""
    return ", ".join(filter(None, (said, lasts)))


def sources_of(one: Standing) -> tuple[str, ...]:
    """Who says so: the source of what the state speaks of, else those that answered."""
    current = current_of(one)
    if current is not None:
        return (current.source,)
    if one.done is not None:
        return (one.done.source,)
    return tuple(name for name, _ in one.answered)


def _source(one: Standing, name: str) -> str:
    cloud = dict(one.machine).get("cloud", "")
    return f"{cloud} metadata" if name == INSIDE and cloud else name


def remarks_of(one: Standing) -> list[str]:
    """What kind of maintenance, what confirmed it, what has become of it, and what cannot be seen."""
    current, said = current_of(one), []
    if one.word is Word.UNPATCHED and one.done is not None:
        said.append(_lost(one, one.done))
    if current is not None:
        more = len(one.pending) - 1
        said.append(
            f"{current.notice.kind}{f': {current.notice.description}' if current.notice.description else ''}"
            + (f" (and {more} more)" if more else "")
        )
        said += _stale(one, current.source)
    elif one.done is not None and one.word is Word.DONE:
        said.append(_ended(one, one.done))
    for source, text in (*one.troubles, *one.notes):
        name = _source(one, source)
        said.append(text if name == INSIDE else f"{name}: {text}")
    return said


def _stale(one: Standing, source: str) -> list[str]:
    """Whether a source has not been heard of while others were: it is not asked any more, or cannot answer."""
    heard = dict(one.answered)
    if source not in heard or max(heard.values()) - heard[source] < _STALE_S:
        return []
    return [f"{_source(one, source)}: last heard of at {shown(heard[source])}"]


def _ended(one: Standing, done: Done) -> str:
    if done.confirmed:
        return f"{done.kind}; changed: {', '.join(done.confirmed)}"
    known = [
        what
        for what, value in (
            ("boot id", one.host.boot_id if boots(done.kind) else ""),
            ("host", one.host.name),
            ("host build", one.host.build),
            ("virtual clock", one.host.clock if not leaves_a_trace(done.kind) else ""),
        )
        if value
    ]
    if not known:
        return f"{done.kind}; nothing that the machine says of its host could confirm it"
    return f"{done.kind}; as it was: {', '.join(known)}"


def _lost(one: Standing, done: Done) -> str:
    """What the maintenance had brought and what is there now."""
    moves = [
        f"{what} {after} → {here}"
        for what, after, here in (("host", done.after.name, one.host.name), ("build", done.after.build, one.host.build))
        if after and here and after != here
    ]
    return f"{done.kind} was done at {shown(done.at)}; since then {', '.join(moves) or 'announced once more'}"


def common_remarks(standings: Iterable[Standing]) -> list[tuple[str, str]]:
    """(targets in words, remark): each remark once, in the order of the targets."""
    found: dict[str, list[str]] = {}
    for one in standings:
        for remark in remarks_of(one):
            found.setdefault(remark, []).append(one.target)
    return [(_named(targets), remark) for remark, targets in found.items()]


def _named(targets: list[str]) -> str:
    if len(targets) <= _NAMED + 1:
        return ", ".join(targets)
    return f"{', '.join(targets[:_NAMED])} and {len(targets) - _NAMED} more"


_SAID = {
    "scheduled": "{} is scheduled",
    "moved": "{} is scheduled for another time",
    "started": "{} has begun",
    "done": "{} is over",
    "withdrawn": "{} was withdrawn",
    "confirmed": "its facts confirm it: {}",
    "boot id": "{}",
    "host": "host {}",
    "host build": "host build {}",
    "virtual clock": "{}",
    "unpatched": "unpatched again: {}",
    "renamed": "was called {} before",
    "trouble": "{}",
    "answers": "answers again",
    "another machine": "is another machine now; what was known of the old one is forgotten",
}


def happening_words(one: Happening) -> str:
    """What happened, as a line of the terminal says it after time and target."""
    said = _SAID.get(one.kind, one.kind + " {}").format(one.text).strip()
    return f"{one.source}: {said}" if one.kind in ("trouble", "answers") and one.source != INSIDE else said


def as_json(one: Standing) -> dict[str, Any]:
    """The standing as plain data; times are ISO 8601 in UTC, unknown is null."""
    current, done = current_of(one), one.done
    return {
        "target": one.target,
        "state": one.word.value,
        "since": iso(one.since),
        "window": None
        if current is None
        else {
            "not_before": iso(current.notice.not_before),
            "not_after": iso(current.notice.not_after),
            "duration_s": current.notice.duration_s,
        },
        "source": [_source(one, name) for name in sources_of(one)],
        "pending": [
            {
                "id": each.notice.notice_id,
                "kind": each.notice.kind,
                "progress": each.notice.progress.value,
                "not_before": iso(each.notice.not_before),
                "not_after": iso(each.notice.not_after),
                "source": _source(one, each.source),
                "description": each.notice.description,
            }
            for each in one.pending
        ],
        "done": None
        if done is None
        else {"at": iso(done.at), "kind": done.kind, "source": _source(one, done.source),
              "confirmed": list(done.confirmed)},
        "host": {"name": one.host.name or None, "build": one.host.build or None, "boot_id": one.host.boot_id or None},
        "hosts": [
            {"name": stay.host.name or None, "build": stay.host.build or None, "from": iso(stay.first_at),
             "until": iso(stay.last_at)}
            for stay in one.stays
        ],
        "machine": dict(one.machine),
        "troubles": dict(one.troubles),
        "notes": dict(one.notes),
    }  # fmt: skip
