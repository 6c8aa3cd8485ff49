"""The English words of pictures: forests, heat maps, the timeline, series and latency curves."""

from __future__ import annotations

CHARTS: dict[str, str] = {
    "happening.one": "{n} more event",
    "happening.many": "{n} more events",
    "group.one": "{n} further group",
    "group.many": "{n} further groups",
    "rest.one": "{n} further target",
    "rest.many": "{n} further targets",
    "kind.one": "{n} more kind",
    "kind.many": "{n} more kinds",
    # the fleet
    "fleet.title": "Which machines",
    "fleet.lead": (
        "Each target in the metrics that lead their suites, worst first. ▲ better, ▼ worse, = no meaningful change, "
        "? not decided (hatched); the number is after as a share of before, in per cent. The stronger the colour, the "
        "more margins away from no change: below 2, below 5, 5 or more."
    ),
    "heat.label": "Targets by metrics, {before} → {after}",
    "heat.target": "Target",
    "heat.none": "not measured",
    "heat.control": "control",
    "heat.hidden": "{targets} moved less; their ratios are in the tables and the CSV.",
    "forest.lead": (
        "Ratios with their intervals, worst first, on one logarithmic scale; right is better, the band is the margin. "
        "A diamond is the result over all targets or a group, a ring is a ratio without an interval, an arrowhead "
        "means that it goes on."
    ),
    "forest.note": "{targets}; {way}; margin {margin}",
    "forest.all": "All: {targets}",
    "forest.net": "Net of controls",
    "forest.controls": "Controls",
    "forest.group": "{name} ({number})",
    "forest.moved": "{name} *",
    "forest.moved.note": "{note}; * moved to another host",
    "forest.worse": "◂ worse",
    "forest.better": "better ▸",
    "forest.row": "{name} {ratio} ({interval}), {verdict}",
    "forest.describe": (
        "From {before} to {after} over all targets: {ratio}, interval {interval}, {verdict}. Worst first: {targets}."
    ),
    "forest.describe.more": (
        "From {before} to {after} over all targets: {ratio}, interval {interval}, {verdict}. Worst first: "
        "{targets}; then {rest}."
    ),
    "forest.more": "{metrics} that lead their suites are in the tables.",
    # samples
    "pictures.percentiles": "of each session every 5th percentile of the targets' medians, the least and the greatest",
    "pictures.beyond": "{values} beyond the axis, {low} to {high}, are triangles at its edge",
    "pictures.beyond.one": "{values} beyond the axis, {low}, is a triangle at its edge",
    "pictures.tainted": "rings: {values} that do not count",
    "pictures.numbered": "{number} = {tag}",
    # within trials
    "series.title": "Within a trial",
    "series.lead": (
        "What tools printed over time, a panel per phase on common axes that begin at 0: of the target that moved "
        "most, the trial with the median value of the session with the median level."
    ),
    "series.note": "{unit}, {target}; {way}; {trials}",
    "series.trial": "{tag} session {session} trial {repetition}",
    "series.thinned": "{note}; of up to {points} points the least and the greatest of each stretch are drawn",
    "series.describe": "Values over time on {target}. {lines}.",
    "series.line": "{tag}: least {least}, middle {middle}, greatest {most} {unit}",
    "curves.title": "{title} ({place})",
    "curves.heading": "Latency by percentile",
    "curves.lead": (
        "How many of all operations took at most so long, one line per phase; every further nine has the same room, "
        "latency is on a logarithmic scale, lower is better."
    ),
    "curves.note": (
        "{unit}; median over {trials} runs of the tool per phase on {targets}, one trial per session; only percentiles "
        "beyond which every run has at least {beyond} values"
    ),
    "curves.some": "{shown} of {all}",
    "curves.value": "{percent} % within {value} {unit}",
    "curves.line": "{tag}: {values}",
    "curves.describe": "Latency by percentile. {lines}.",
    # time
    "time.events": (
        "A dotted line is something that happened to machines. Its moment is known only where it was watched: the line "
        "is in the middle of the shaded time, between the last look that saw the old state and the first that saw the "
        "new one."
    ),
    "time.caption": "{event} ({who})",
    "time.caption.detail": "{event} {detail} ({who})",
    "time.caption.times": "{event} {number} × ({who})",
    "time.more": "{events}, {more}",
    "time.phase": "{tag}: {runs}, {first} to {last}",
    "time.by": "by {time} {event}",
    "time.describe": "Phases: {phases}. What happened to machines: {events}.",
    "time.describe.none": "Phases: {phases}.",
}
