"""What is said of a judgement? Whose effect it is, as far as that is known, and what stands against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bench.analyse.facts import BETWEEN_VALUES, short_id
from bench.analyse.fleet import on_targets, summed
from bench.analyse.result import Attribution, AttributionKind, FactChange
from bench.words import Said, first_names, joined, say

_NAMED = 4
"""Facts that are named; more are counted."""

Still = Mapping[tuple[str, str], tuple[str, ...]]
"""(layer, name) → targets on which a fact is the same in both phases."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a judgement rests on, beside what it holds.

    targets: how many are known in both phases. others: those that are other machines → (field, before, after).
    credits: that CPU credits were reset. undeclared: changes that no factor accounts for, `credits` with them. free:
    factors that name no layers.
    """

    targets: int
    others: Mapping[str, tuple[tuple[str, str, str], ...]]
    credits: tuple[FactChange, ...]
    undeclared: tuple[FactChange, ...]
    free: tuple[str, ...]
    still: Still


def in_words(judged: Attribution, found: Findings) -> Attribution:
    """The judgement with its sentence."""
    said = (
        *_replacement(found),
        *(say("attribution.credits", targets=first_names(one.targets)) for one in found.credits),
        *_cause(judged, found),
        *_against(judged),
    )
    return replace(judged, sentence=joined(said, "sentence"))


def _replacement(found: Findings) -> Iterator[Said]:
    """What is said of targets that are other machines, before anything else."""
    if not found.others:
        return
    name, ((field, was, now), *_) = next(iter(found.others.items()))
    moved = {"name": name, "field": field, "before": short_id(was), "after": short_id(now)}
    if len(found.others) > 1:
        yield say("attribution.replaced.more", more=len(found.others) - 1, **moved)
    else:
        yield say("attribution.replaced", **moved)


def _cause(judged: Attribution, found: Findings) -> Iterator[Said]:
    """Whose effect it is."""
    names = tuple(name for name, _, _ in judged.factors)
    if judged.kind is AttributionKind.CONFOUNDED:
        yield from _confounders(judged, found, names)
    elif judged.kind is AttributionKind.UNKNOWN:
        yield say("attribution.unknown")
        if names:
            yield say("attribution.declared", factors=names)
    elif judged.kind is AttributionKind.UNDECLARED:
        key = "attribution.undeclared" if judged.changes else "attribution.undeclared.same"
        yield say(key, changes=_listed(judged.changes, found.still))
    else:
        yield say(f"attribution.{judged.kind.name.lower()}", factors=names)
        if found.free:
            yield say("attribution.free", factors=found.free)
        if len(judged.relocated) == found.targets:
            yield say("attribution.relocated.all")
        elif judged.relocated:
            yield say("attribution.relocated", targets=first_names(judged.relocated))


def _confounders(judged: Attribution, found: Findings, names: tuple[str, ...]) -> Iterator[Said]:
    """What else may explain a difference; another machine was said before."""
    undeclared = tuple(change for change in found.undeclared if change.layer != "identity")
    if undeclared:
        key = "attribution.confounded" if names else "attribution.confounded.alike"
        yield say(key, changes=_listed(undeclared, found.still), factors=names)
        if any(BETWEEN_VALUES in value for one in undeclared for value in (one.before, one.after)):
            yield say("attribution.varied")
    if judged.mostly_elsewhere:
        key = "attribution.unlike" if names else "attribution.unlike.alike"
        yield say(key, changes=_listed(judged.unlike_hosts, found.still), factors=names)
    if names and not (undeclared or judged.mostly_elsewhere):
        yield say("attribution.declared", factors=names)


def _against(judged: Attribution) -> Iterator[Said]:
    """What was declared and not seen, and what nobody would have seen."""
    if judged.not_observed and judged.kind is not AttributionKind.NOT_OBSERVED:
        yield say("attribution.missing", factors=judged.not_observed)
    for one in judged.missed:
        yield say("attribution.missed", factors=(one.factor,), where=on_targets(one.targets, one.total))
    if judged.unseen and judged.kind in (AttributionKind.ATTRIBUTED, AttributionKind.JOINT):
        yield say("attribution.unseen", layers=judged.unseen)


def _listed(changes: tuple[FactChange, ...], still: Still) -> tuple[Said, ...]:
    """The first few facts that changed, each with all its changes, and how many more there are."""
    words = summed(changes, still)
    more = len(words) - _NAMED
    return (*words[:_NAMED], say("names.rest", n=more)) if more > 0 else words
