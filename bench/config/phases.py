"""The phases of a campaign: tags in the order of the story, with the factor levels that hold in each."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from bench.config.fields import Labels, SafeName, Section, section
from bench.config.yaml_source import Data, Document, Keys, describe, suggest
from bench.model import DEFAULT_PHASES, Pairs, Phase, pairs


class _LongPhase(Section):
    tag: SafeName
    factors: Labels = Field(default_factory=dict)


class _Factors(Section):
    factors: Labels = Field(default_factory=dict)


def default_phases() -> tuple[Phase, ...]:
    """The default ladder: every step switches one factor on and leaves it on."""
    factors = ("host_patch", "guest_patch", "sriov")
    return tuple(
        Phase(tag, pairs({factor: "on" if step > index else "off" for index, factor in enumerate(factors)}))
        for step, tag in enumerate(DEFAULT_PHASES)
    )


def default_factors(tag: str) -> Pairs:
    """The factor levels of one of the four default phases; none for any other tag."""
    return next((phase.factors for phase in default_phases() if phase.tag == tag), ())


def read_phases(document: Document, keys: Keys, data: Data) -> tuple[Phase, ...]:
    """The phases listed at `keys`; the default ladder when nothing is. ConfigError otherwise.

    An item is a tag, `tag: {factor: level}`, or `{tag: …, factors: {…}}`. A default tag alone has its default factors.
    All phases must name the same factors: one that is left out somewhere could not be told from one that moved.
    """
    if data is None:
        return default_phases()
    if not isinstance(data, list) or not data:
        raise document.error(keys, f"expected a list of phases, found {describe(data)}", "Write one `- tag` per line")
    phases = tuple(_phase(document, (*keys, index), item) for index, item in enumerate(data))
    _check(document, keys, phases)
    return phases


def _phase(document: Document, keys: Keys, item: Data) -> Phase:
    if isinstance(item, str):
        section(_LongPhase, document, keys, {"tag": item})
        return Phase(item, default_factors(item))
    mapping = document.mapping(keys, item)
    if "tag" not in mapping and len(mapping) != 1:
        remedy = "Write `- tag: {factor: level}`; indent factors further than the tag they belong to"
        raise document.error(keys, f"expected one phase, found {describe(item)}", remedy)
    if "tag" in mapping:
        phase = section(_LongPhase, document, keys, mapping)
        return Phase(phase.tag, pairs(phase.factors) if "factors" in mapping else default_factors(phase.tag))
    (tag, factors), *_ = mapping.items()
    section(_LongPhase, document, keys, {"tag": tag})
    if factors is None:
        return Phase(tag, default_factors(tag))
    document.mapping((*keys, tag), factors)
    for factor, level in factors.items():
        section(_Factors, document, (*keys, tag), {"factors": {factor: level}})
    return Phase(tag, pairs(factors))


def _check(document: Document, keys: Keys, phases: Sequence[Phase]) -> None:
    seen: dict[str, int] = {}
    for index, phase in enumerate(phases):
        first = seen.setdefault(phase.tag.lower(), index)
        if first != index:
            line = document.line((*keys, first))
            what = f"the phase {phase.tag!r} stands here again (first on line {line})"
            raise document.error((*keys, index), what, "Every phase needs a tag of its own")
    every = {factor for phase in phases for factor, _ in phase.factors}
    for index, phase in enumerate(phases):
        own = {factor for factor, _ in phase.factors}
        for factor in sorted(every - own):
            near = suggest(factor, own) if own else ""
            raise document.error(
                (*keys, index),
                f"the phase {phase.tag!r} does not say its level of the factor {factor!r}, which other phases name",
                f"Add `{factor}: <level>` here" + (f". {near}" if near.startswith("Did") else ""),
            )
