"""Whose effect is it? Declared factors are held against the facts that were observed to change (ENVIRONMENT §5).

One factor moved, and only facts of its layers: the effect is that factor's. Two moved: joint. A fact of another layer
moved: CONFOUNDED, naming field, before and after. A factor whose facts did not move is as loud. A target that is
another machine than before (`identity`) is CONFOUNDED whatever was declared, and is said first.

On a target that came to another host, facts that the host brings with it are the relocation's (`follows` says which,
and when they are the guest's after all): its own stratum, never pooled. Where it stayed, what its kernel concludes from
the CPU when it boots is the host patch's, if one is declared and the guest is the same; else it is undeclared.

A factor that is not in `FACTOR_LAYERS` names no layers, and nothing is known of what it touches. It may move every
layer but `tool` (the ruler) and `identity` (another machine); the sentence says that the attribution rests on the
declaration alone. Pass `layers` to say more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bench.analyse.credits import credits_reset
from bench.analyse.facts import NOT_IDENTITY, facts_of, hosts_moved, replaced, short_id
from bench.analyse.follows import of_a_new_host, of_the_same_host
from bench.analyse.result import Attribution, AttributionKind, FactChange
from bench.model import LAYERS, Facts, Pairs
from bench.words import Said, joined, say

__all__ = ["FACTOR_LAYERS", "attribute", "facts_of", "hosts_moved"]

Layers = Mapping[str, tuple[str, ...]]

FACTOR_LAYERS: Layers = {
    "host_patch": ("host",),
    "guest_patch": ("guest-os", "guest-config"),
    "sriov": ("network",),
    "resize": ("size", "host"),
}
"""The layers that each known factor may move."""

ANY_LAYER = tuple(layer for layer in LAYERS if layer not in ("tool", "identity"))
"""What a factor that names no layers may move."""

RELOCATION = "relocation"
"""Says that a change of facts comes with the target's new host."""

_VARIES_BY_NATURE = {("identity", name) for name in NOT_IDENTITY} | {
    ("guest-os", "reboot_required"),
    ("guest-os", "pending_updates"),
    ("disk", "temporary.id"),  # lost with every redeploy: `happened` tells what that was
}
_STANDS_STILL = {("host", name) for name in ("virtualization", "hypervisor_type", "vendor", "bios", "cloud", "host_id")}
"""Facts that do not show a host patch: where nothing else is known of a host, its patch cannot be observed."""

_NAMED = 4


def attribute(
    declared_before: Pairs,
    declared_after: Pairs,
    facts_before: Mapping[str, Facts],
    facts_after: Mapping[str, Facts],
    *,
    layers: Layers = FACTOR_LAYERS,
    sizes: Mapping[str, str] | None = None,
) -> Attribution:
    """Judge the factor levels of two phases against the facts of the targets that are known in both.

    sizes: what the inventory says of each target's size, where facts do not: a burstable one loses its CPU credits when
    it is redeployed, which confounds its before and after whatever was declared.
    """
    factors = moved_factors(declared_before, declared_after)
    common = sorted(facts_before.keys() & facts_after.keys())
    relocated = tuple(name for name, moved in hosts_moved(facts_before, facts_after).items() if moved)
    allowed = {name: layers.get(name, ANY_LAYER) for name, _, _ in factors}
    changes = _changes(common, facts_before, facts_after, allowed, relocated)
    others = {name: found for name in common if (found := replaced(facts_before[name], facts_after[name]))}
    declared = bool(declared_before or declared_after)
    credits_lost = credits_reset(common, facts_before, facts_after, sizes or {})
    undeclared = (*credits_lost, *(change for change in changes if declared and not change.declared_by))
    observable = _observable(common, facts_before, facts_after)
    not_observed = tuple(
        name
        for name in allowed
        if name in layers
        and observable & set(allowed[name])
        and not any(change.layer in allowed[name] or change.declared_by == name for change in changes)
    )
    kind = _kind(bool(common), len(factors), bool(undeclared or others))
    return Attribution(
        kind=kind,
        sentence=joined(
            (
                *_replacement(others),
                *(say("attribution.credits", targets=one.targets) for one in credits_lost),
                *_sentences(kind, factors, undeclared, not_observed, changes, layers),
            ),
            "sentence",
        ),
        factors=factors,
        changes=(*credits_lost, *changes),
        not_observed=not_observed,
        relocated=relocated,
        replaced=tuple(others),
        declared=declared,
    )


def moved_factors(before: Pairs, after: Pairs) -> tuple[tuple[str, str, str], ...]:
    """The factors whose declared levels differ, with both levels."""
    one, other = dict(before), dict(after)
    names = sorted(one.keys() | other.keys())
    return tuple(
        (name, one.get(name, say("factor.none")), other.get(name, say("factor.none")))
        for name in names
        if one.get(name) != other.get(name)
    )


def _kind(known: bool, factors: int, undeclared: bool) -> AttributionKind:
    if undeclared:
        return AttributionKind.CONFOUNDED
    if not known:
        return AttributionKind.UNKNOWN
    if factors == 0:
        return AttributionKind.UNDECLARED
    return AttributionKind.ATTRIBUTED if factors == 1 else AttributionKind.JOINT


def _changes(
    targets: Iterable[str],
    before: Mapping[str, Facts],
    after: Mapping[str, Facts],
    allowed: Layers,
    relocated: tuple[str, ...],
) -> tuple[FactChange, ...]:
    """Facts that are known in both phases and differ, grouped over targets with the same change."""
    names = list(targets)
    found: dict[tuple[str, str, str, str, str], list[str]] = {}
    for target in names:
        old = {(layer, name): value for layer, name, value in before[target].values}
        for layer, name, value in after[target].values:
            was = old.get((layer, name))
            if was is None or was == value or (layer, name) in _VARIES_BY_NATURE:
                continue
            blamed = _blame((layer, name), target in relocated, before[target], after[target], allowed)
            found.setdefault((layer, name, was, value, blamed), []).append(target)
    order = {layer: index for index, layer in enumerate(LAYERS)}
    return tuple(
        FactChange(layer, name, was, value, tuple(mine), len(names), blamed)
        for (layer, name, was, value, blamed), mine in sorted(
            found.items(), key=lambda item: (item[0][4] != "", order.get(item[0][0], len(order)), item[0])
        )
    )


def _blame(fact: tuple[str, str], moved: bool, before: Facts, after: Facts, allowed: Layers) -> str:
    """What accounts for a fact that changed on a target: its new host, or a declared factor; "" for nothing.

    What the guest's kernel concludes from the host is the new host's, or that of a factor that may move the host.
    """
    if moved and of_a_new_host(*fact, before, after):
        return RELOCATION
    of_its_layer = next((factor for factor, layers in allowed.items() if fact[0] in layers), "")
    if of_its_layer or not of_the_same_host(*fact, before, after):
        return of_its_layer
    return next((factor for factor, layers in allowed.items() if "host" in layers), "")


def _observable(targets: Iterable[str], before: Mapping[str, Facts], after: Mapping[str, Facts]) -> set[str]:
    """Layers of which something is known in both phases on some target."""
    found: set[str] = set()
    for target in targets:
        old = {(layer, name) for layer, name, _ in before[target].values}
        found |= {
            layer
            for layer, name, _ in after[target].values
            if (layer, name) in old and (layer, name) not in _STANDS_STILL
        }
    return found


def _replacement(others: Mapping[str, tuple[tuple[str, str, str], ...]]) -> tuple[Said, ...]:
    """What is said of targets that are other machines, before anything else."""
    if not others:
        return ()
    name, ((field, was, now), *_) = next(iter(others.items()))
    moved = {"name": name, "field": field, "before": short_id(was), "after": short_id(now)}
    if len(others) > 1:
        return (say("attribution.replaced.more", more=len(others) - 1, **moved),)
    return (say("attribution.replaced", **moved),)


def _sentences(
    kind: AttributionKind,
    factors: tuple[tuple[str, str, str], ...],
    undeclared: tuple[FactChange, ...],
    not_observed: tuple[str, ...],
    changes: tuple[FactChange, ...],
    layers: Layers,
) -> list[Said]:
    names = tuple(name for name, _, _ in factors)
    declared = [say("attribution.declared", factors=names)] if names else []
    undeclared = tuple(change for change in undeclared if change.layer != "identity")
    if kind is AttributionKind.CONFOUNDED and not undeclared:
        return declared
    said: list[Said] = []
    if kind is AttributionKind.CONFOUNDED:
        key = "attribution.confounded" if names else "attribution.confounded.alike"
        said.append(say(key, changes=_listed(undeclared), factors=names))
    elif kind is AttributionKind.UNKNOWN:
        said += [say("attribution.unknown"), *declared]
    elif kind is AttributionKind.UNDECLARED:
        key = "attribution.undeclared" if changes else "attribution.undeclared.same"
        said.append(say(key, changes=_listed(changes)))
    else:
        said.append(say(f"attribution.{kind.name.lower()}", factors=names))
        if free := tuple(name for name in names if name not in layers):
            said.append(say("attribution.free", factors=free))
    if not_observed:
        said.append(say("attribution.not_observed", factors=not_observed))
    return said


def _listed(changes: tuple[FactChange, ...]) -> tuple[Said, ...]:
    words = [
        say(
            "attribution.change",
            layer=change.layer,
            name=change.name,
            before=change.before,
            after=change.after,
            targets=len(change.targets),
            total=change.total,
        )
        for change in changes[:_NAMED]
    ]
    return (*words, say("names.rest", n=len(changes) - _NAMED)) if len(changes) > _NAMED else tuple(words)
