"""What else may explain the change of some targets? Facts, tools and machines that nothing declared accounts for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bench.analyse.credits import CREDITS
from bench.analyse.facts import short_id
from bench.analyse.result import Attribution, AttributionKind, FactChange
from bench.analyse.table import Rows
from bench.words import Said, counted, joined, say

_NAMED = 2

Causes = tuple[tuple[str, str], ...]
"""(what changed, how: "kernel 5.15.0-1 → 5.15.0-9"), the gravest first."""


@dataclass(frozen=True, slots=True)
class Confounders:
    """What changed beside what was declared, by unit of work.

    undeclared: what no factor accounts for. hosts: that a target came to a host of another kind, which counts where
    those that moved are judged by themselves.
    """

    undeclared: Mapping[int, Causes] = field(default_factory=dict)
    hosts: Mapping[int, Causes] = field(default_factory=dict)

    def of(self, units: Iterable[int]) -> str:
        """What no factor accounts for on some units of work, in a few words; "" for nothing."""
        return _in_words(self.undeclared, units)

    def of_their_hosts(self, units: Iterable[int]) -> str:
        """What makes the hosts to which some units of work came another kind; "" for nothing."""
        return _in_words(self.hosts, units)


def confounders_of(rows: Rows, attribution: Attribution | None) -> Confounders:
    """The confounders of every unit of work: facts of its machines, and the tool that measured it."""
    changes = _undeclared(attribution) if attribution is not None else ()
    undeclared = _by_machine(changes)
    hosts = _by_machine(attribution.unlike_hosts) if attribution is not None else {}
    if not (undeclared or hosts or rows.tools):
        return Confounders()
    found: dict[int, Causes] = {}
    elsewhere: dict[int, Causes] = {}
    for unit, number in enumerate(rows.unit_target):
        machines = rows.targets[int(number)].machines
        tools = rows.tools.get(unit)
        tool = (("tool", say("confounder.tool", digests=" → ".join(one[:12] for one in tools))),) if tools else ()
        if causes := (*tool, *_of_machines(undeclared, machines)):
            found[unit] = causes
        if causes := _of_machines(hosts, machines):
            elsewhere[unit] = causes
    return Confounders(found, elsewhere)


def _undeclared(attribution: Attribution) -> Iterable[FactChange]:
    """Changes that leave open what a target's change is; another machine explains more than all else on it."""
    if attribution.kind is not AttributionKind.CONFOUNDED:
        return ()
    return sorted(
        (
            one
            for one in attribution.changes
            if one.layer == "identity"
            or ((attribution.declared or (one.layer, one.name) == CREDITS) and not one.declared_by)
        ),
        key=lambda one: one.layer != "identity",
    )


def _by_machine(changes: Iterable[FactChange]) -> dict[str, Causes]:
    found: dict[str, list[tuple[str, str]]] = {}
    for one in changes:
        said: str = f"{one.name} {one.before} → {one.after}"
        if one.layer == "identity":
            ids = {"before": short_id(one.before), "after": short_id(one.after)}
            said = say("confounder.machine", name=one.name, **ids)
        for target in one.targets:
            found.setdefault(target, []).append((one.name, said))
    return {target: tuple(causes) for target, causes in found.items()}


def _of_machines(by_machine: Mapping[str, Causes], machines: Iterable[str]) -> Causes:
    return tuple(cause for machine in machines for cause in by_machine.get(machine, ()))


def _in_words(by_unit: Mapping[int, Causes], units: Iterable[int]) -> str:
    """The first of what changed; where it changed in several ways, in how many."""
    ways: dict[str, dict[str, None]] = {}
    for causes in dict.fromkeys(by_unit[unit] for unit in units if unit in by_unit):
        for name, said in causes:
            ways.setdefault(name, {})[said] = None
    named: list[str | Said] = [
        next(iter(said))
        if len(said) == 1
        else say("confounder.ways", first=next(iter(said)), others=counted("other", len(said) - 1))
        for said in list(ways.values())[:_NAMED]
    ]
    if len(ways) > _NAMED:
        return say("names.also", names=joined(named), n=len(ways) - _NAMED)
    return joined(named) if named else ""
