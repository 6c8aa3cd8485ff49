"""How is a target's standing told? One row of the table, one object of the JSON."""

from __future__ import annotations

from typing import Any

from bench.cloud.clocks import iso, shown
from bench.cloud.probing import INSIDE
from bench.cloud.states import Notice, Pending, Progress, Standing, Word

COLUMNS = ("target", "state", "window", "source", "remarks")


def as_row(one: Standing) -> tuple[str, ...]:
    """target, state, window, source, remarks."""
    current = current_of(one)
    return (
        one.target,
        state_words(one),
        window_words(current.notice) if current else "",
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
        return f"done at {shown(one.done.at)}" + ("" if one.done.confirmed else ", not confirmed by facts")
    if one.word is Word.UNPATCHED:
        return f"unpatched again since {shown(one.since)}"
    return one.word.value


def current_of(one: Standing) -> Pending | None:
    """The maintenance that the state speaks of: one that runs, else the next one."""
    running = [each for each in one.pending if each.notice.progress is Progress.STARTED]
    return min(running or one.pending, key=lambda each: each.notice.not_before or float("inf"), default=None)


def window_words(notice: Notice) -> str:
    """`2026-01-05 18:29Z – 2026-01-05 20:00Z, 30 s`."""
    ends = [shown(notice.not_before), shown(notice.not_after)]
    said = " – ".join(ends) if all(ends) else f"from {ends[0]}" if ends[0] else f"until {ends[1]}" if ends[1] else ""
    lasts = f"{notice.duration_s:g} s" if notice.duration_s is not None else ""
    return ", ".join(filter(None, (said, lasts)))


def sources_of(one: Standing) -> tuple[str, ...]:
    """Who says so: the sources of what is pending, of what is done, else those that answered."""
    if one.pending:
        return tuple(sorted({each.source for each in one.pending}))
    if one.done is not None:
        return (one.done.source,)
    return tuple(name for name, _ in one.answered)


def _source(one: Standing, name: str) -> str:
    cloud = dict(one.machine).get("cloud", "")
    return f"{cloud} metadata" if name == INSIDE and cloud else name


def remarks_of(one: Standing) -> list[str]:
    """What kind of maintenance, what confirmed it, and what cannot be seen."""
    current, said = current_of(one), []
    if current is not None:
        said.append(f"{current.notice.kind}{f': {current.notice.description}' if current.notice.description else ''}")
    elif one.done is not None and one.done.confirmed:
        said.append(f"{one.done.kind}; changed: {', '.join(one.done.confirmed)}")
    said += [f"{_source(one, source)}: {text}" for source, text in (*one.troubles, *one.notes)]
    return said


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
