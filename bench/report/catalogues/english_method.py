"""The English words of how verdicts are reached, a part of `bench.report.catalogues.english`."""

from __future__ import annotations

METHOD: dict[str, str] = {
    "method.title": "Method, in plain words",
    "method.ratio": (
        "A ratio is the later phase divided by the earlier one, as measured: 108 % of a throughput is better, "
        "108 % of a latency is worse. Symbols and words say which; bars have better on the right."
    ),
    "method.unit": (
        "Repetitions within one session look alike, so they count as one: the median of a session's repetitions "
        "is one level. Here: {repetitions}."
    ),
    "method.sessions": "{tag}: {sessions}",
    "method.range": "{least} to {most}",
    "method.sample.many": (
        "With {targets} the targets are the sample: each gives one ratio, and the interval is Student's t over "
        "their logarithms. It also contains what makes one machine differ from itself a week later."
    ),
    "method.sample.some": (
        "With {targets} the interval rests on the scatter of the targets' ratios and, where nobody's host moved, "
        "on their sessions."
    ),
    "method.sample.few": (
        "With {targets} the interval rests on the scatter of sessions and on a drift allowance for what sessions "
        "of one machine cannot see. A single session gives no interval: the verdict is then inconclusive "
        "(unreplicated)."
    ),
    "method.sample.rounds": (
        "With {targets} whose phases were measured alternately, in rounds, the interval rests on the differences "
        "within rounds: what drifts slowly is in neither phase."
    ),
    "method.looks": (
        "{step} was looked at early: {looks}. Each look has an α of its own, and the four add up to 0.05, so that "
        "looking costs nothing in trust. Sequential p: {p}."
    ),
    "tau.learned": (
        "Drift that the sessions of one machine cannot see is allowed for with a standard deviation τ of {tau}, from "
        "{pairs} of this workspace ({metrics})."
    ),
    "tau.default": (
        "Drift that the sessions of one machine cannot see is allowed for with a standard deviation τ of {tau} by "
        "default ({metrics}): this workspace has too few A/A pairs to know better."
    ),
    "method.verdict": (
        "A metric improved or regressed when its interval excludes 100 % and the change reaches the margin. It "
        "did not change meaningfully when the interval of the change lies within the margin. Everything else is "
        "inconclusive, with the reason and what would settle it."
    ),
    "method.margin": "Margins, fixed before looking: {margins}.",
    "method.margin.kind": "{margin} for {kind}",
    "method.level": "Intervals hold at {level} %.",
    "method.primary": (
        "Primary metrics, named by the campaign before measuring: {names}. They decide the verdict of a step."
    ),
    "method.primary.none": (
        "The campaign names no primary metric, so every metric has the same say in the verdict of a step."
    ),
    "method.missing": (
        "A value that could not be measured is absent. Measurements are never repeated to get a nicer number; a "
        "further attempt needs a recorded cause."
    ),
}
