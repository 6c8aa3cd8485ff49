"""Which facts changed between two phases, and what accounts for each? A declared factor, another host, or nothing.

A factor accounts for a fact of its layers that had other values after than before. It does not account for one that
varied within a phase and had a value of the other phase there (the phase is then not one state), nor for one of a
control (on which nothing was to change), nor does a host patch for a build that is older than the one before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from bench.analyse.facts import BETWEEN_VALUES, NOT_IDENTITY
from bench.analyse.follows import BUILD, of_a_new_host, of_another_kind, of_another_size, of_the_same_host
from bench.analyse.happened import older_build
from bench.analyse.paths import OFF, ON
from bench.analyse.result import FactChange
from bench.model import LAYERS, Facts

Layers = Mapping[str, tuple[str, ...]]
"""Factor → the layers that it may move."""

Factors = tuple[tuple[str, str, str], ...]
"""(factor, level before, level after) of those whose levels differ."""

RELOCATION = "relocation"
"""Says that a change of facts comes with the target's new host."""

HOST_PATCH = "host_patch"

_VARIES_BY_NATURE = {("identity", name) for name in NOT_IDENTITY} | {
    ("guest-os", "reboot_required"),
    ("guest-os", "pending_updates"),
    ("disk", "temporary.id"),  # lost with every redeploy: `happened` tells what that was
}


@dataclass(frozen=True, slots=True)
class Declared:
    """What the phases declare. factors: that moved. layers: of each of them. controls: targets left as they are."""

    factors: Factors
    layers: Layers
    controls: Collection[str] = ()

    def factor_of(self, layer: str) -> str:
        """The first factor that may move a layer, "" for none."""
        return next((name for name, _, _ in self.factors if layer in self.layers[name]), "")


def changes_of(
    targets: Iterable[str],
    before: Mapping[str, Facts],
    after: Mapping[str, Facts],
    declared: Declared,
    relocated: Collection[str],
) -> tuple[FactChange, ...]:
    """Facts that are known in both phases and differ, or varied within them, grouped over targets alike.

    Undeclared ones come first; then by layer, the outermost first, and by name.
    """
    names, moved = list(targets), set(relocated)
    found: dict[tuple[str, str, str, str, str], list[str]] = {}
    for target in names:
        old = {(layer, name): value for layer, name, value in before[target].values}
        for layer, name, value in after[target].values:
            was = old.get((layer, name))
            if was is None or (layer, name) in _VARIES_BY_NATURE or (was == value and BETWEEN_VALUES not in value):
                continue
            one = _Change(layer, name, was, value, target, before[target], after[target])
            found.setdefault((layer, name, was, value, _blame(one, declared, moved)), []).append(target)
    order = {layer: index for index, layer in enumerate(LAYERS)}
    return tuple(
        FactChange(layer, name, was, value, tuple(mine), len(names), blamed)
        for (layer, name, was, value, blamed), mine in sorted(
            found.items(), key=lambda item: (item[0][4] != "", order.get(item[0][0], len(order)), item[0])
        )
    )


def of_unlike_hosts(changes: Iterable[FactChange], declared: Declared) -> tuple[FactChange, ...]:
    """Of what came with another host, that which makes it another kind of host: its CPU, or its build.

    Hosts of one kind differ by chance, which the scatter between targets holds. These differ in one direction, so that
    where targets that moved are all there is, a difference may be theirs. Not what a declared factor may move as well,
    nor what both phases had (rounds with a new host each time).
    """
    return tuple(
        one
        for one in changes
        if one.declared_by == RELOCATION
        and of_another_kind(one.layer, one.name)
        and not _overlap(one.before, one.after)
        and (not (name := declared.factor_of(one.layer)) or _undone(name, one, declared))
    )


@dataclass(frozen=True, slots=True)
class _Change:
    """One fact of one target that changed."""

    layer: str
    name: str
    before: str
    after: str
    target: str
    facts_before: Facts
    facts_after: Facts


def _blame(one: _Change, declared: Declared, moved: Collection[str]) -> str:
    """What accounts for a fact that changed on a target: its new host, or a declared factor; "" for nothing.

    What the guest's kernel concludes from the host is the new host's, or that of a factor that may move the host;
    what its drivers make of the number of CPUs, that of one that may move the size.
    """
    about = (one.layer, one.name, one.facts_before, one.facts_after)
    if one.target in moved and of_a_new_host(*about):
        return RELOCATION
    if one.target in declared.controls or _overlap(one.before, one.after):
        return ""
    factor = declared.factor_of(one.layer)
    if not factor and of_the_same_host(*about):
        factor = declared.factor_of("host")
    if not factor and of_another_size(*about):
        factor = declared.factor_of("size")
    return "" if _undone(factor, one, declared) else factor


def _overlap(before: str, after: str) -> bool:
    """Whether a phase in which a fact varied had a value of the other phase as well: then it was not one state."""
    return not set(before.split(BETWEEN_VALUES)).isdisjoint(after.split(BETWEEN_VALUES))


def _undone(factor: str, one: _Change | FactChange, declared: Declared) -> bool:
    """Whether a host that was declared to be patched has an older build than before."""
    if factor != HOST_PATCH or (one.layer, one.name) not in BUILD:
        return False
    was, now = next((was, now) for name, was, now in declared.factors if name == factor)
    return was.lower() not in ON and now.lower() not in OFF and older_build(one.after, one.before)
