"""What was wrong with the machines while they were measured? The warnings of a run, told where its numbers are."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bench.errors import StoreError
from bench.store import StoredRun
from bench.words import Said, counted, first_names, say

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def warned(runs: Iterable[StoredRun]) -> tuple[Said, ...]:
    """One sentence for each tag and kind of warning among the events of `runs`, in the order they were first said.

    Warnings that differ in their numbers alone are of one kind ("load 1.44 on 2 CPUs …"); the one with the greatest
    numbers stands for it. Said by tag, because a phase that was disturbed more than the other looks like an effect.
    """
    sessions: dict[str, int] = {}
    kinds: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    unread: list[Said] = []
    for run in runs:
        tag = run.info.tag
        sessions[tag] = sessions.get(tag, 0) + 1
        try:
            events = run.events()
        except StoreError as error:
            unread.append(say("warned.unread", tag=tag, run=run.info.run_id, problem=error.what))
            continue
        for event in events:
            if event.get("kind") == "warning" and (message := event.get("message", "")):
                who = event.get("target") or event.get("suite", "")
                kinds.setdefault((tag, _NUMBER.sub("#", message)), []).append((run.info.run_id, who, message))
    return (*unread, *(_sentence(tag, found, sessions[tag]) for (tag, _), found in kinds.items()))


def _sentence(tag: str, found: list[tuple[str, str, str]], sessions: int) -> Said:
    _, who, message = max(found, key=lambda one: [float(number) for number in _NUMBER.findall(one[2])])
    hit, places = len({run for run, _, _ in found}), sorted({place for _, place, _ in found} - {who})
    return say(
        "warned.also" if places else "warned",
        tag=tag,
        message=say("warned.of", who=who, message=message) if who else message,
        hit=hit,
        sessions=counted("session", sessions),
        places=first_names(places),
    )
