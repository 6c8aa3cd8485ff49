"""What is left out of a comparison because it is damaged in the store: counted and named, in every output.

Damage is no cause for an error as long as something sound is left: what is sound is analysed, and a reader is told
what is missing and what mends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.analyse.result import Excluded
from bench.analyse.samples import Problem
from bench.errors import AnalysisError
from bench.store import Damage
from bench.words import Said, quoted, say

_NAMED = 20
"""How many damaged things are named one by one; the others are counted."""

_WHAT = "damaged in the store"
REMEDY = say("damaged.remedy")


def left_out(problems: Iterable[Problem], broken: Iterable[Damage] = ()) -> tuple[Excluded, ...]:
    """One row for each damaged thing. problems: those of samples; broken: runs that cannot be read at all."""
    rows: list[tuple[Said, str]] = [
        (say("damaged.run", run=item.run or Path(item.path).name), quoted(item.problem))
        for item in broken
        if not item.harmless
    ]
    rows += [
        (
            say("damaged.trial", run=one.run, trial=one.trial_id) if one.trial_id else say("damaged.in", run=one.run),
            one.message,
        )
        for one in problems
        if one.damaged
    ]
    named = [Excluded(what, cause, 1, "item") for what, cause in rows[:_NAMED]]
    if len(rows) > _NAMED:
        named.append(Excluded(say("damaged.others"), REMEDY, len(rows) - _NAMED, "item"))
    return tuple(named)


def in_campaign(damage: Iterable[Damage], folder: Path) -> tuple[Damage, ...]:
    """The damaged runs of one campaign, which lies in `folder`."""
    return tuple(item for item in damage if Path(item.path).is_relative_to(folder))


def nothing_left(error: AnalysisError, excluded: Sequence[Excluded]) -> AnalysisError:
    """The error that there is nothing to compare, with what is damaged as a likely cause."""
    if not excluded:
        return error
    count = sum(item.count for item in excluded)
    first = f"{excluded[0].what} ({excluded[0].cause})".removeprefix(f"{_WHAT}: ")
    said = f"{count} {'item is' if count == 1 else 'items are'} {_WHAT} and left out: {first}"
    more = " and others" if count > 1 else ""
    remedy = f"{error.remedy}. " if error.remedy else ""
    return AnalysisError(error.what, where=error.where, remedy=f"{remedy}{said}{more}. {REMEDY}")
