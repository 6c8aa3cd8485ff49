"""Whose effect is it? Declared factors are held against the facts that were observed to change (ENVIRONMENT §5).

One factor moved, and only facts of its layers: the effect is that factor's. Two moved: joint. A fact of another layer
moved: CONFOUNDED, naming field, before and after. A factor of which no fact moved did not happen, as far as anybody
can see: the effect is not its. A target that is another machine than before (`identity`) is CONFOUNDED whatever was
declared, and is said first. Layers of which nothing is known are named: nobody would have seen a change there.

On a target that came to another host, facts that the host brings with it are the relocation's (`follows` says which,
and when they are the guest's after all): its own stratum, never pooled. Where most targets came to hosts of another
kind (`of_unlike_hosts`), nothing is left to tell these from what was declared: CONFOUNDED. Where a target stayed, what
its kernel concludes from the CPU when it boots is the host patch's, if one is declared and the guest is the same; else
it is undeclared.

A factor that is not in `FACTOR_LAYERS` names no layers, and nothing is known of what it touches. It may move every
layer but `tool` (the ruler) and `identity` (another machine); the sentence says that the attribution rests on the
declaration alone. Pass `layers` to say more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from bench.analyse.changes import HOST_PATCH, RELOCATION, Declared, Factors, Layers, changes_of, of_unlike_hosts
from bench.analyse.contradictions import Missed
from bench.analyse.credits import credits_reset
from bench.analyse.facts import HOST_IDENTITY, facts_of, hosts_moved, replaced
from bench.analyse.fleet import stayed
from bench.analyse.follows import booted
from bench.analyse.judged import Findings, in_words
from bench.analyse.result import Attribution, AttributionKind, FactChange
from bench.model import LAYERS, Facts, Pairs
from bench.words import say

__all__ = ["FACTOR_LAYERS", "RELOCATION", "attribute", "facts_of", "hosts_moved"]

FACTOR_LAYERS: Layers = {
    "host_patch": ("host",),
    "guest_patch": ("guest-os", "guest-config"),
    "sriov": ("network",),
    "resize": ("size", "host"),
}
"""The layers that each known factor may move."""

ANY_LAYER = tuple(layer for layer in LAYERS if layer not in ("tool", "identity"))
"""What a factor that names no layers may move."""

SUSPECTS = ("host", "size", "guest-os", "network")
"""Layers in which a change is maintenance. An effect is a factor's as far as these were seen to stand still."""

_STANDS_STILL = {
    ("host", name) for name in ("virtualization", "hypervisor_type", "vendor", "bios", "cloud", *HOST_IDENTITY)
} | {("guest-os", "distribution")}
"""Facts that show no patch: where nothing else is known of a layer, a patch of it cannot be observed."""


def attribute(
    declared_before: Pairs,
    declared_after: Pairs,
    facts_before: Mapping[str, Facts],
    facts_after: Mapping[str, Facts],
    *,
    layers: Layers = FACTOR_LAYERS,
    sizes: Mapping[str, str] | None = None,
    controls: Collection[str] = (),
) -> Attribution:
    """Judge the factor levels of two phases against the facts of the targets that are known in both.

    sizes: what the inventory says of each target's size, where facts do not: a burstable one loses its CPU credits when
    it is redeployed, which confounds its before and after whatever was declared. controls: targets on which nothing
    was to change: no factor accounts for what changed there, and none is missed.
    """
    factors = moved_factors(declared_before, declared_after)
    declared = Declared(factors, {name: layers.get(name, ANY_LAYER) for name, _, _ in factors}, frozenset(controls))
    common = sorted(facts_before.keys() & facts_after.keys())
    relocated = tuple(name for name, moved in hosts_moved(facts_before, facts_after).items() if moved)
    changes = changes_of(common, facts_before, facts_after, declared, relocated)
    declares = bool(declared_before or declared_after)
    others = {name: found for name in common if (found := replaced(facts_before[name], facts_after[name]))}
    credits_lost = credits_reset(common, facts_before, facts_after, sizes or {})
    undeclared = (*credits_lost, *(change for change in changes if declares and not change.declared_by))
    known = {name: _known_layers(facts_before[name], facts_after[name]) for name in common}
    seen = _Seen(facts_before, facts_after, changes, known)
    missed = tuple(_missed(declared, layers, seen, [name for name in common if name not in declared.controls]))
    not_observed = tuple(one.factor for one in missed if len(one.targets) == one.total)
    judged = Attribution(
        kind=AttributionKind.UNKNOWN,
        sentence="",
        factors=factors,
        changes=(*credits_lost, *changes),
        not_observed=not_observed,
        missed=tuple(one for one in missed if one.factor not in not_observed),
        relocated=relocated,
        replaced=tuple(others),
        declared=declares,
        unlike_hosts=of_unlike_hosts(changes, declared) if declares else (),
        unseen=_unseen(declared, seen, common) if factors else (),
    )
    judged = replace(judged, kind=_kind(judged, bool(common), bool(undeclared or others)))
    free = tuple(name for name, _, _ in factors if name not in layers)
    still = stayed(facts_before, facts_after)
    return in_words(judged, Findings(len(common), others, credits_lost, undeclared, free, still))


def moved_factors(before: Pairs, after: Pairs) -> Factors:
    """The factors whose declared levels differ, with both levels."""
    one, other = dict(before), dict(after)
    names = sorted(one.keys() | other.keys())
    return tuple(
        (name, one.get(name, say("factor.none")), other.get(name, say("factor.none")))
        for name in names
        if one.get(name) != other.get(name)
    )


def _kind(judged: Attribution, known: bool, undeclared: bool) -> AttributionKind:
    if undeclared or judged.mostly_elsewhere:
        return AttributionKind.CONFOUNDED
    if not known:
        return AttributionKind.UNKNOWN
    if not judged.factors:
        return AttributionKind.UNDECLARED
    if len(judged.not_observed) == len(judged.factors):
        return AttributionKind.NOT_OBSERVED
    return AttributionKind.ATTRIBUTED if len(judged.factors) == 1 else AttributionKind.JOINT


@dataclass(frozen=True, slots=True)
class _Seen:
    """The facts of the targets in both phases, what of it changed, and the layers that are known of each in both."""

    before: Mapping[str, Facts]
    after: Mapping[str, Facts]
    changes: tuple[FactChange, ...]
    layers: Mapping[str, frozenset[str]]

    def moved(self, factor: str, layers: Collection[str]) -> set[str]:
        """Targets on which a fact shows that a factor happened.

        Another host does so for what may move the host, unless its build is known and is the same.
        """
        found = {
            (target, one.layer, one.name)
            for one in self.changes
            if one.layer in layers or one.declared_by == factor
            for target in one.targets
        }
        elsewhere = {("host", name) for name in HOST_IDENTITY} if factor == HOST_PATCH else set()
        return {target for target, *fact in found if tuple(fact) not in elsewhere or not self._same_build(target)}

    def _same_build(self, target: str) -> bool:
        """Whether the build of the host is known to be the same; what was printed at boot counts after a boot."""
        before, after = self.before[target], self.after[target]
        fresh = (("host", "build"), *((("host", "build_at_boot"),) if booted(before, after) else ()))
        known = [(before.get(*field), after.get(*field)) for field in fresh]
        pairs = [(one, other) for one, other in known if one is not None and other is not None]
        return bool(pairs) and all(one == other for one, other in pairs)


def _known_layers(before: Facts, after: Facts) -> frozenset[str]:
    """The layers of which something is known in both phases that a patch of them would move."""
    old = {(layer, name) for layer, name, _ in before.values}
    both = ((layer, name) for layer, name, _ in after.values if (layer, name) in old)
    return frozenset(layer for layer, name in both if (layer, name) not in _STANDS_STILL)


def _missed(declared: Declared, known: Layers, seen: _Seen, targets: list[str]) -> Iterable[Missed]:
    """Factors with the targets of which facts would show them, and do not; of `known` layers only."""
    for name, _, _ in declared.factors:
        if name not in known:
            continue
        could = [target for target in targets if seen.layers[target] & set(known[name])]
        shown = seen.moved(name, known[name])
        without = tuple(target for target in could if target not in shown)
        if without:
            yield Missed(name, without, len(could))


def _unseen(declared: Declared, seen: _Seen, targets: list[str]) -> tuple[str, ...]:
    """The suspect layers that no factor may move, of which nothing is known in both phases on some target."""

    def hidden(layer: str, target: str) -> bool:
        if layer == "host" and seen.after[target].get("host", "virtualization") == "none":
            return False  # a machine of its own has none
        return layer not in seen.layers[target]

    free = [layer for layer in SUSPECTS if not declared.factor_of(layer)]
    return tuple(layer for layer in free if any(hidden(layer, target) for target in targets))
