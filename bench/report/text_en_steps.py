"""The English words of the steps along the phases and of factors, a part of `bench.report.text_en`."""

from __future__ import annotations

STEPS: dict[str, str] = {
    "steps.title": "Steps and total",
    "steps.lead": (
        "The phases in their order, each step over the targets that stand behind all of them: so the steps multiply "
        "to the total. A step that moves one factor is the effect of that factor, given the levels of the others."
    ),
    "steps.label": "Ratios of {steps} steps and their total, by metric",
    "steps.move": "{name} {before} → {after}",
    "steps.level": "{name} {level}",
    "steps.between": "{before} → {after}",
    "steps.held": "{before} → {after}, with {levels}",
    "steps.joint": "{before} → {after}, joint, not separable",
    "steps.none": "no factor declared",
    "steps.total": "Total",
    "steps.where": "{where} · {targets}",
    "steps.left_out": "Not in every step, so left out of all: {targets}.",
    "steps.left_out.one": "{target} ({why})",
    "steps.more": "{metrics} in the file of the report, neither improved nor regressed.",
    "steps.dropped": "{metrics}: no target is in every step.",
    "ladder.label": "The verdict in a sentence per step",
    "ladder.step": "{step}: {said}.",
    "ladder.and": " and ",
    "ladder.IMPROVED": "{metric} improved",
    "ladder.REGRESSED": "{metric} regressed",
    "ladder.NO_CHANGE": "no meaningful change",
    "ladder.INCONCLUSIVE": "not decided",
    "ladder.with_interval": "{change} ({interval})",
    "ladder.changed": "{metric} {change}",
    "ladder.recovered": "{metric} recovered, {change}",
    "ladder.ATTRIBUTED": ", attributed",
    "ladder.JOINT": ", a joint effect, not separable",
    "ladder.UNDECLARED": ", no factor declared",
    "ladder.UNKNOWN": ", and nothing is known of what else changed",
    "ladder.CONFOUNDED": ", confounded by {fields}",
    "ladder.not_observed": ", but no fact shows that it happened",
    "factor.host_patch": "host patch",
    "factor.guest_patch": "guest patch",
    "factor.sriov": "SR-IOV",
    "factor.resize": "resize",
    "revised": "{step}: on {day} this report said something else.",
    "revised.detail": "{was}. Since then: {why}.",
    "revised.turn": "{metric}: {old}, now {new}",
    "revised.cause": "the cause: {old}, now {new}",
    "revised.facts": "facts came to light that no factor accounts for ({facts})",
    "revised.declared": "the factors are declared otherwise",
    "revised.runs": "{runs} added",
    "revised.lost": "{runs} gone from the store",
    "revised.version": "vmbench {old} became {new}",
    "revised.same": "the same runs and the same version; options or margins differ",
    "factors.title": "Factors: {first} × {second}",
    "factors.held": "With {levels}.",
    "factors.lead": (
        "A main effect is the mean over both levels of the other factor. The interaction says how many times as large "
        "one factor's ratio is at the other's later level as at its earlier one. Where it is significant (at .05) main "
        "effects would describe no state that was measured: then each factor's effect is given for either level of "
        "the other."
    ),
    "factors.missing": (
        "Not identifiable: no phase has {levels}, so the effects and their interaction cannot be told apart."
    ),
    "factors.unused": "At levels that an earlier phase has already, and not used here: {tags}.",
    "factors.counts": "Left out, since events have no such effects: {metrics}.",
    "factors.nothing": "No metric has a target that was measured in all four phases.",
    "factors.interaction": "Interaction",
    "factors.interact": "they interact",
    "factors.apart": "none shown",
    "factors.unknown": "not known",
}
