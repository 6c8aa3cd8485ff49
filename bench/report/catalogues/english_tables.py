"""English words of the long tables and of the data that goes with a report, a part of `english.py`."""

from __future__ import annotations

TABLES: dict[str, str] = {
    "data.title": "Data",
    "data.lead": "The numbers behind this page, as CSV.",
    "data.verdicts": "verdicts, ratios and intervals, over all targets, by group and by target",
    "data.samples": "every measured value",
    "data.size.inside": "{bytes} bytes, inside this page",
    "data.size.beside": "{bytes} bytes, a file beside this page",
    "data.sha": "SHA-256 {digest}",
    "data.line": "Data: {name}, {what}, SHA-256 {digest}",
    "table.csv": "Rows that are not here are in the CSV of this command:",
    "table.csv.here": "Rows that are not here are in the CSV, under Data.",
    "row.one": "{n} row",
    "row.many": "{n} rows",
    "more_target.one": "{n} more target",
    "more_target.many": "{n} more targets",
    "more_group.one": "{n} more group",
    "more_group.many": "{n} more groups",
    "table.lead": (
        "Every metric over all targets, then by region and size, worst first; its targets one by one open beneath. "
        "Before and after are geometric means of session levels."
    ),
    "table.targets": "Targets",
    "table.number": "n",
    "table.others": "+{more}",
    "table.both": "{first},",
    "table.pair": "{name} →",
    "table.hidden": "{rows} in the CSV: {verdicts}.",
    "table.verdicts": "{number} {verdict}",
    "table.fold": "{targets} one by one, worst first",
    "table.fold.some": "The {shown} worst of {targets}",
    "table.control.group": "controls: nothing was changed here",
    "table.settle": "What would settle what is not decided",
    "table.settle.one": "What would settle it: {settle}",
    "table.shared": "What several metrics have in common",
    "table.remark": "{about}:",
    "settle.about": "{reason}, {rows}",
    "change.one": "{n} change",
    "change.many": "{n} different changes",
    "more_fact.one": "{n} more fact changed; the JSON of the report has it.",
    "more_fact.many": "{n} more facts changed; the JSON of the report has them.",
    "facts.together": "{changes}, for example {examples}",
    "facts.example": "{before} → {after} ({target})",
    "coverage.absent": "Missing",
    "coverage.targets": "Targets",
    "coverage.trials": "Trials",
    "coverage.by_suite": "Trials by phase and suite",
    "coverage.incomplete": "Incomplete, or with further attempts",
    "coverage.complete.rows": (
        "{complete} of {rows} combinations of phase, target and suite are complete, in one attempt per trial, and are "
        "not listed."
    ),
    "coverage.times": "{cause} ×{number}",
    "coverage.between": "{before} → {after}",
    "coverage.more": "{title}: the first {shown} of {rows} are listed; the JSON of the report has all of them.",
    "settle.more": "{more} other answers are in the CSV",
}
