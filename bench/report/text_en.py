"""The English words of a report. `{name}` marks what is filled in."""

from __future__ import annotations

from bench.report.text_en_charts import CHARTS
from bench.report.text_en_page import PAGE
from bench.report.text_en_steps import STEPS
from bench.report.text_en_tables import TABLES
from bench.report.text_en_ticket import TICKET

ENGLISH: dict[str, str] = (STEPS | CHARTS | PAGE | TABLES | TICKET) | {
    # dates; clock: hours and minutes
    "date.day": "{day} {name} {year}",
    "date.from": "{day} {name}",
    "date.to": "{day} {name} {year}",
    "date.span": "{first} – {last}",
    "date.month_day": "{day} {name}",
    "date.iso": "{year}-{month:02}-{day:02}",
    "date.minute": "{year}-{month:02}-{day:02} {clock}",
    "month.1": "Jan",
    "month.2": "Feb",
    "month.3": "Mar",
    "month.4": "Apr",
    "month.5": "May",
    "month.6": "Jun",
    "month.7": "Jul",
    "month.8": "Aug",
    "month.9": "Sep",
    "month.10": "Oct",
    "month.11": "Nov",
    "month.12": "Dec",
    # counted nouns
    "aa.one": "{n} A/A pair",
    "aa.many": "{n} A/A pairs",
    "attempt.one": "{n} further attempt",
    "attempt.many": "{n} further attempts",
    "file.one": "{n} raw file",
    "file.many": "{n} raw files",
    "further.one": "{n} more metric",
    "further.many": "{n} more metrics",
    "note.one": "{n} further note",
    "note.many": "{n} further notes",
    "pair.one": "{n} pair",
    "pair.many": "{n} pairs",
    "phase.one": "{n} phase",
    "phase.many": "{n} phases",
    "result.one": "{n} result",
    "result.many": "{n} results",
    "run.one": "{n} run",
    "run.many": "{n} runs",
    "trial.one": "{n} trial",
    "trial.many": "{n} trials",
    "unit.one": "{n} target (or pair)",
    "unit.many": "{n} targets (or pairs)",
    "item.one": "{n} item",
    "item.many": "{n} items",
    "names.more": "{names} and {more} more",
    # verdicts
    "verdict.IMPROVED": "improved",
    "verdict.REGRESSED": "regressed",
    "verdict.NO_CHANGE": "no meaningful change",
    "verdict.INCONCLUSIVE": "inconclusive",
    "reason.UNDERPOWERED": "underpowered",
    "reason.UNREPLICATED": "unreplicated",
    "reason.HOST_MOVED": "host moved",
    "reason.DRIFT": "drift",
    "reason.CONFOUNDED": "confounded",
    "reason.UNSTABLE": "unstable",
    "reason.CENSORED": "at the machine's limit",
    "reason.NO_BASELINE": "measured in one phase only",
    "reason.clear": "by {margin} or more",
    "flag.WARM_UP": "warm-up",
    "flag.DRIFT": "drift",
    "flag.TWO_MODES": "two modes",
    "flag.THROTTLING": "throttling",
    "flag.CHANGED_VARIANCE": "changed variance",
    "flag.HETEROGENEOUS": "heterogeneous targets",
    "flag.OUTLIER": "outlier",
    "kind.CPU": "cpu",
    "kind.MEMORY": "memory",
    "kind.DISK": "disk",
    "kind.NETWORK": "network",
    "kind.TAIL_LATENCY": "tail latency",
    "better.higher": "higher is better",
    "better.lower": "lower is better",
    "unit.line": "{unit}, {way}",
    "unit.count": "events ({unit}), {way}",
    "named": "{name} ({place})",
    "bar.label": "{ratio}, interval {interval}, margin {margin}",
    "bar.label.none": "{ratio}, no interval, margin {margin}",
    # head
    "kicker": "Before / after report · {campaign}",
    "meta.trials": "{ok} of {planned} trials measured",
    # before you rely on this
    "trust.title": "Before you rely on this",
    "trust.none": "Every planned trial was measured, every step has its cause, and nothing was left out.",
    "trust.CONFOUNDED": "{step} is confounded.",
    "trust.JOINT": "{step} changed several things at once.",
    "trust.UNDECLARED": "{step} declares no factor.",
    "trust.UNKNOWN": "{step}: nobody knows what else changed.",
    "trust.UNKNOWN.detail": "No facts about the machines were recorded, so no cause can be named.",
    "trust.not_observed": "{factors} was declared but not observed.",
    "trust.not_observed.detail": "The facts of {step} do not show it: the phase may not be what its tag says.",
    "trust.replaced": "{targets} changed identity: another machine than before.",
    "trust.replaced.detail": "Between {step}; a difference there may be one between machines.",
    "trust.relocated": "{targets} moved to another host.",
    "trust.relocated.detail": "Between {steps}; results there mix the change with the other host.",
    "sentence": "{said}.",
    "trust.cause": "{target}: {cause} ×{number}",
    "trust.flag": "{kind} {number}",
    "trust.reason": "{number} {reason}",
    "trust.undecided": "{step}: {number} of {total} not decided.",
    "trust.undecided.steps": "{number} of {total} not decided.",
    "trust.settle": "What would settle {number} of them: {settle}",
    "trust.settle.all": "What would settle that: {settle}",
    "trust.more": "And {points}",
    "trust.few": "Only {targets}.",
    "trust.few.detail": (
        "The verdicts speak of these machines, not of a fleet; more machines say more than more repetitions."
    ),
    "trust.missing": "{missing} of {planned} missing.",
    "trust.missing.unknown": "No cause was recorded.",
    "trust.again": "{number}, each for a recorded cause.",
    "trust.again.detail": "All attempts are kept in the store; at most one per trial counts.",
    "trust.excluded": "{number} excluded: {what}.",
    "trust.excluded.detail": "{cause} ({step})",
    "trust.warning": "Note:",
    "trust.flags": "{step}: odd values in {number} of {total}.",
    "trust.flags.steps": "Odd values in {number} of {total}.",
    "trust.flags.detail": "{kinds}. For example {metric}: {sentence}.",
    "trust.imported": "Measured elsewhere: {tags}.",
    "trust.imported.detail": "The values were imported; vmbench did not watch the measurement.",
    "trust.left_out": "Left out: {what}.",
    # matrix and tables
    "table.title": "Where",
    "table.step": "{before} → {after}",
    "table.label": "Ratios, {before} to {after}",
    "table.target": "Target",
    "table.region": "Region",
    "table.size": "Size",
    "table.before": "Before",
    "table.after": "After",
    "table.ratio": "Ratio",
    "table.interval": "Interval",
    "table.verdict": "Verdict",
    "table.all": "All: {targets}",
    "table.relocated": "moved to another host",
    "table.control": "control: nothing was changed here",
    "table.control.pair": "a control at one end or both",
    "table.net": "Net of {controls}",
    "table.net.own": "controls: {ratio} ({interval})",
    "table.net.alone": "controls: {ratio}",
    "table.flag": "{kind}: {sentence}",
    "table.spread": "within-session spread {spread}",
    # pictures
    "pictures.title": "Every sample",
    "pictures.lead": (
        "A dot is one measured value, a stroke the median of its session; sessions stand in order, phases side by side."
    ),
    "pictures.more": "All other metrics of {suite}: {number}",
    "pictures.relative": "% of each target's own level in its first phase, {targets}; {way}",
    "pictures.plain": "{unit}, {targets}; {way}",
    "pictures.medians": "medians of each target and session",
    "pictures.describe": "{points} in {phases}. Medians per session: {medians}.",
    "pictures.phase": "{tag}: {medians}",
    # time and facts
    "time.title": "When",
    "time.label": "Timeline of {runs} in {phases}, UTC",
    "time.run": "Session {session}, {time} UTC, run {run}",
    "time.lead": "A mark is one run, one session over all targets. Times are UTC.",
    "facts.title": "What else changed",
    "facts.declared": "Declared: {factors}.",
    "facts.factor": "{name} {before} → {after}",
    "facts.none": "No recorded fact changed.",
    "facts.label": "Facts that changed, {before} to {after}",
    "facts.layer": "Layer",
    "facts.fact": "Fact",
    "facts.before": "Before",
    "facts.after": "After",
    "facts.targets": "Targets",
    "facts.by": "Declared by",
    "facts.share": "{number} of {total}",
    "facts.undeclared": "nothing",
    # coverage
    "coverage.title": "Coverage: {ok} of {planned} trials",
    "coverage.complete": "Every planned trial was measured.",
    "coverage.missing": (
        "{missing} of the planned trials have no valid result; what is missing is absent and never counted as zero."
    ),
    "coverage.details": (
        "{details} detail metrics (extreme percentiles, maxima, single passes) are stored but not compared, so that "
        "they do not cost the others their power; `bench export` has them."
    ),
    "coverage.table": "Trials by phase, target and suite",
    "coverage.phase": "Phase",
    "coverage.target": "Target",
    "coverage.suite": "Suite",
    "coverage.planned": "Planned",
    "coverage.ok": "Measured",
    "coverage.attempts": "Attempts",
    "coverage.causes": "Causes of what is missing",
    "coverage.excluded": "Excluded from comparisons",
    "coverage.step": "Step",
    "coverage.what": "What",
    "coverage.cause": "Cause",
    "coverage.count": "How many",
    "coverage.left_out": "Left out",
    "coverage.why": "Why, and how to include it",
    # method
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
    # provenance
    "provenance.title": "Provenance: {runs}, {files}",
    "provenance.lead": "Everything above can be computed again from the raw files of these runs.",
    "provenance.reproduce": "The same report again",
    "provenance.again": "The same report again:",
    "provenance.command": "Command",
    "provenance.digest": "SHA-256 over the list of all {files} (the lines of sha256sum, sorted by path): {digest}",
    "provenance.runs": "Runs",
    "provenance.run": "Run",
    "provenance.tag": "Phase",
    "provenance.session": "Session",
    "provenance.began": "Began (UTC)",
    "provenance.seed": "Seed",
    "provenance.factors": "Factors",
    "provenance.versions": "Versions",
    "provenance.what": "What",
    "provenance.value": "Value",
    "provenance.used": "Runs",
    "provenance.suite": "Suite",
    "provenance.digests": "Suites",
    "provenance.suite_digest": "SHA-256 of its folder",
    "provenance.tools": "Tools",
    "provenance.targets": "Targets",
    "provenance.details": "Recorded",
    "provenance.trials": "Trials",
    "provenance.parameters": "Parameters",
    "provenance.case": "Case",
    "provenance.params": "Values",
    "provenance.files": "Raw files",
    "provenance.path": "Path",
    "provenance.bytes": "Bytes",
    "provenance.sha": "SHA-256",
    "provenance.more": "{more} more files are in the store; the digest above covers them.",
    "footer": "vmbench {version} · raw files sha256 {digest} · generated {time}",
}
