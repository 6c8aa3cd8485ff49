"""Facts over a whole fleet: which value on which targets, and where a fact that changed elsewhere stayed the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.model import LAYERS, Facts


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
