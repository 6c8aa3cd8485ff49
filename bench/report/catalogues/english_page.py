"""The English words of the first screen and of the matrix, a part of `bench.report.catalogues.english`."""

from __future__ import annotations

PAGE: dict[str, str] = {
    "page.skip": "Skip to the verdict",
    "page.untitled": "Before / after report",
    "page.paper": "Printed without the tables that were folded; they are in the file.",
    "page.paper.rows": "Not printed, in the file: {rows}.",
    "row.one": "{n} row",
    "row.many": "{n} rows",
    "contents.label": "On this page",
    "contents.machines": "Machines",
    "contents.coverage": "Coverage",
    "contents.method": "Method",
    "contents.provenance": "Provenance",
    # cards
    "cards.label": "Verdict per step",
    "card.whole": "First to last",
    "card.summary": "{metrics}: {parts}.",
    "card.nothing": "nothing to compare",
    "card.cause": "Declared: {factors}. No fact of another layer moved.",
    "card.cause.declared": "Declared: {factors}. It names no layers, so this rests on the declaration alone.",
    "doubt.CONFOUNDED": "Confounded: something undeclared changed too",
    "doubt.JOINT": "Joint effect: the factors cannot be separated",
    "doubt.replaced": "Identity changed: another machine than before ({targets})",
    "doubt.not_observed": "Declared but not observed: {factors}",
    "doubt.missed": "Declared, but not observed on {targets}",
    "doubt.unseen": "Nothing is known of {layers}: a change there would not have been seen",
    "doubt.wrong_path": "The bytes went another way than declared: {tags}",
    "doubt.unpatched": "Back on an unpatched host: {targets}",
    "doubt.relocated": "Moved to another host: {targets}",
    "doubt.unreplicated": "Under-replicated: no interval for {number} of {total}",
    "doubt.excluded": "{values} excluded",
    # the matrix and its cells
    "matrix.title": "What moved",
    "matrix.lead": (
        "After as a share of before, over all targets. ▲ better, ▼ worse, = no meaningful change, ? not decided. "
        "Bars: interval, right is better; the band is the margin under which a change does not matter. "
        "Open a cell for what is behind it."
    ),
    "matrix.scale": (
        "All bars share one logarithmic scale, {low} % to {high} %; an arrowhead means that the interval goes on."
    ),
    "matrix.more": "{metrics}, neither improved nor regressed",
    "matrix.label": "Matrix of ratios, metrics by steps",
    "matrix.metric": "Metric",
    "matrix.versus": "against {before}",
    "matrix.step": "{before} → {after}",
    "matrix.none": "not measured",
    "matrix.primary": "primary",
    "detail.interval": "{level} % interval",
    "detail.none": "none",
    "detail.p": "p",
    "detail.p.df": "{p} (df {df})",
    "detail.values": "Before → after",
    "detail.measured": "Measured",
    "detail.sessions": "{targets}, {before} + {after} sessions",
    "detail.range": "{least}–{most}",
    "detail.basis": "Rests on",
    "detail.basis.TARGETS": "the scatter of the targets",
    "detail.basis.SESSIONS": "the scatter of the sessions",
    "detail.basis.ROUNDS": "differences within rounds",
    "detail.basis.EVENTS": "counts of events",
    "detail.margin": "Margin",
    "detail.verdict": "Verdict",
    "detail.reason": "{verdict} ({reason})",
    "detail.net": "Net of {controls}",
    "detail.net.interval": "{ratio} ({interval})",
    "detail.settle": "To settle it",
    "detail.flag": "{kind}: {sentence}",
    "detail.link": "By target",
}
