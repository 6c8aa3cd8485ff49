"""Facts over a whole fleet: which value on which targets, what changed on how many, and where it stayed the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.analyse.result import FactChange
from bench.model import LAYERS, Facts
from bench.words import Said, counted, joined, say

_FEW = 3
"""Targets that are named; more are counted."""


@dataclass(frozen=True, slots=True)
class FleetFact:
    """One value of one fact: on `targets`, of `total` that are known."""

    layer: str
    name: str
    value: str
    targets: tuple[str, ...]
    total: int


def fleet_facts(facts: Mapping[str, Facts]) -> tuple[FleetFact, ...]:
    """Every value of every fact with its targets: by layer, the outermost first, and by name; the commonest first."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for target, mine in sorted(facts.items()):
        for layer, name, value in mine.values:
            found.setdefault((layer, name), {}).setdefault(value, []).append(target)
    order = {layer: place for place, layer in enumerate(LAYERS)}
    return tuple(
        FleetFact(layer, name, value, tuple(targets), len(facts))
        for (layer, name), values in sorted(found.items(), key=lambda item: (order.get(item[0][0], 99), item[0]))
        for value, targets in sorted(values.items(), key=lambda item: (-len(item[1]), item[0]))
    )


def one_sided(before: Mapping[str, Facts], after: Mapping[str, Facts]) -> tuple[tuple[FleetFact, bool], ...]:
    """Facts that are known on one side only, of targets that are known on both, and whether that is the later side.

    They are no change: what could not be read is not known. But a file that a patch brought is worth seeing.
    """
    both = before.keys() & after.keys()
    found: list[tuple[FleetFact, bool]] = []
    for mine, other, later in ((before, after, False), (after, before, True)):
        rest = {
            target: Facts(tuple(one for one in mine[target].values if other[target].get(one[0], one[1]) is None))
            for target in both
        }
        found += [(one, later) for one in fleet_facts(rest)]
    return tuple(found)


def stayed(before: Mapping[str, Facts], after: Mapping[str, Facts]) -> dict[tuple[str, str], tuple[str, ...]]:
    """(layer, name) → the targets on which a fact is known on both sides and is the same."""
    found: dict[tuple[str, str], list[str]] = {}
    for target in sorted(before.keys() & after.keys()):
        old = {(layer, name): value for layer, name, value in before[target].values}
        for layer, name, value in after[target].values:
            if old.get((layer, name)) == value:
                found.setdefault((layer, name), []).append(target)
    return {key: tuple(targets) for key, targets in found.items()}


def on_targets(targets: Sequence[str], total: int, still: Sequence[str] = ()) -> Said:
    """Where something is so: "all 41 targets", "40 of 41 targets ; web-7 unchanged", "web-1, web-2 (of 41 targets)".

    total: targets of which it is known. still: those where a fact that changed did not.
    """
    many = len(targets)
    if many == total:
        return say("where.all", n=f"{many:,}") if many > 1 else joined(targets)
    of = f"{total:,}"
    named = many <= _FEW
    where = say("where.named", names=tuple(targets), total=of) if named else say("where.some", n=f"{many:,}", total=of)
    return say("where.but", where=where, names=tuple(still)) if 0 < len(still) <= _FEW else where


def summed(
    changes: Iterable[FactChange], still: Mapping[tuple[str, str], tuple[str, ...]] | None = None
) -> tuple[Said, ...]:
    """One phrase for each fact that changed, in the order of `changes`: its commonest change and how many others.

    As in "guest-os kernel 5.15.0-1 → 5.15.0-9 on 40 of 41 targets; web-7 unchanged", or "38 different changes of
    guest-os packages on all 41 targets". still: as `stayed` gives it.
    """
    by_fact: dict[tuple[str, str], list[FactChange]] = {}
    for one in changes:
        by_fact.setdefault((one.layer, one.name), []).append(one)
    return tuple(_of_one_fact(same, (still or {}).get(fact, ())) for fact, same in by_fact.items())


def _of_one_fact(changes: Sequence[FactChange], still: Sequence[str]) -> Said:
    first = max(changes, key=lambda one: len(one.targets))
    targets = tuple(dict.fromkeys(target for one in changes for target in one.targets))
    fact = {"layer": first.layer, "name": first.name}
    if len(changes) > 1 and len(first.targets) == 1:
        where = on_targets(targets, first.total, still)
        return say("attribution.change.each", where=where, n=f"{len(changes):,}", **fact)
    fact |= {"before": first.before, "after": first.after}
    if len(changes) == 1:
        return say("attribution.change", where=on_targets(targets, first.total, still), **fact)
    rest = counted("target", len(targets) - len(first.targets))
    where = on_targets(first.targets, first.total, still)
    return say("attribution.change.others", where=where, others=counted("other", len(changes) - 1), rest=rest, **fact)
