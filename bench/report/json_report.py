"""How is a report written as JSON? One versioned document with all that the page rests on; `SCHEMA` names the version.

    {"schema": "vmbench/report/1", "title", "campaign", "generated_at", "version",
     "redacted": whether names are aliases, "notes": Markdown of the author, "" for none,
     "phases": [{"tag", "factors": {name: level}, "sessions", "first", "last", "runs": [RUN …]}],
     "sentences": [one per step], "distrust": [{"point", "detail"}],
     "comparisons": as in vmbench/comparison/1: adjacent phases, then the first against the last,
     "together": null | {"path": {"steps", "metrics", "dropped"}, "squares": [SQUARE …]},
     "coverage": {"planned", "measured", "rows": [ROW …], "left_out": [{"what", "why"}]},
     "machines": {"happenings": [HAPPENING …], "stays": [STAY …]},
     "revisions": [{"before", "after", "told_at", "version", "turns", …}],
     "provenance": {"digest", "tools", "files", "parameters"}, "suites": {name: title}, "reproduce": [command …],
     "data": [{"name", "bytes", "sha256"}]}

Every key and type stands in `schema/vmbench-1.schema.json` beside this file, a JSON Schema (2020-12) that the tests
hold the documents against. Sentences are English, whatever the language of the report; the rest is as in
`bench.report.json_export`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bench.analyse.findings import Revision, Turn
from bench.analyse.phases.designs import Effect, Factorial, Move, Path, PathMetric, Square, SquareMetric
from bench.analyse.result import MetricResult
from bench.model import Pairs, Told
from bench.report.json_export import document as comparison_document
from bench.report.json_export import finite, interval_object, key_object, metric_object
from bench.report.ladder import ladder
from bench.report.text import Text
from bench.report.trust import findings
from bench.report.view import PhaseInfo, Report
from bench.resources import package_file

SCHEMA = "vmbench/report/1"
"""The version of the document."""


def render_report(report: Report) -> str:
    """The document as text: keys in the documented order, two spaces deep."""
    return json.dumps(document(report), ensure_ascii=True, allow_nan=False, indent=2) + "\n"


def json_schema() -> Mapping[str, Any]:
    """The JSON Schema of both documents, a report's and a comparison's."""
    found: Mapping[str, Any] = json.loads(package_file("report/schema/vmbench-1.schema.json").read_text("utf-8"))
    return found


def document(report: Report) -> dict[str, Any]:
    """The document as plain data."""
    text = Text()
    shown, folded = findings(report, text)
    return {
        "schema": SCHEMA,
        "title": report.title,
        "campaign": report.campaign,
        "generated_at": report.generated_at,
        "version": report.version,
        "redacted": report.redacted,
        "notes": report.notes,
        "phases": [_phase(phase) for phase in report.phases],
        "sentences": list(ladder(report.comparisons, report.leading, text)),
        "distrust": [{"point": one.point, "detail": one.detail} for one in (*shown, *folded)],
        "comparisons": comparison_document(report.comparisons)["comparisons"],
        "together": None if report.factorial is None else _together(report.factorial),
        "coverage": _coverage(report),
        "machines": _machines(report),
        "revisions": [_revision(one) for one in report.revisions],
        "provenance": _provenance(report),
        "suites": dict(report.suite_titles),
        "reproduce": list(report.reproduce),
        "data": [{"name": one.name, "bytes": len(one.content), "sha256": one.sha256} for one in report.data],
    }


def _phase(phase: PhaseInfo) -> dict[str, Any]:
    runs = [
        {
            "id": run.run_id,
            "session": run.session,
            "began": run.created_at,
            "seed": run.seed,
            "imported": run.imported,
            "versions": dict(run.versions),
            "suites": dict(run.suites),
        }
        for run in phase.runs
    ]
    return {
        "tag": phase.tag,
        "factors": dict(phase.factors),
        "sessions": phase.sessions,
        "first": phase.first,
        "last": phase.last,
        "runs": runs,
    }


def _together(found: Factorial) -> dict[str, Any]:
    return {"path": _path(found.path), "squares": [_square(one) for one in found.squares]}


def _path(path: Path) -> dict[str, Any]:
    steps = [
        {
            "before": step.before,
            "after": step.after,
            "moved": [_move(one) for one in step.moved],
            "held": dict(step.held),
        }
        for step in path.steps
    ]
    return {"steps": steps, "metrics": [_path_metric(one) for one in path.metrics], "dropped": path.dropped}


def _path_metric(one: PathMetric) -> dict[str, Any]:
    return {
        "key": key_object(one.key),
        "steps": [_overall(step) for step in one.steps],
        "total": _overall(one.total),
        "targets": list(one.targets),
        "left_out": _left_out(one.left_out),
    }


def _overall(result: MetricResult) -> dict[str, Any]:
    """A metric without its targets, which stand in the comparisons."""
    return {name: value for name, value in metric_object(result).items() if name != "targets"}


def _square(square: Square) -> dict[str, Any]:
    return {
        "moves": [_move(one) for one in square.moves],
        "held": dict(square.held),
        "tags": list(square.tags),
        "missing": [dict(one) for one in square.missing],
        "unused": list(square.unused),
        "metrics": [_square_metric(one) for one in square.metrics],
        "dropped": square.dropped,
        "counts": square.counts,
    }


def _square_metric(one: SquareMetric) -> dict[str, Any]:
    between = one.interaction
    return {
        "key": key_object(one.key),
        "title": one.result.title,
        "unit": one.result.unit,
        "better": one.result.better.value,
        "margin": finite(one.result.margin),
        "targets": list(one.targets),
        "left_out": _left_out(one.left_out),
        "interaction": {
            "ratio": finite(between.ratio),
            "interval": interval_object(between.interval),
            "p": finite(between.p),
            "significant": between.significant,
        },
        "effects": [_effect(effect) for effect in one.effects],
    }


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "moved": _move(effect.move),
        "held": dict(effect.held),
        "ratio": finite(effect.ratio),
        "interval": interval_object(effect.interval),
        "p": finite(effect.p),
        "verdict": effect.verdict.value,
        "reason": effect.reason.value if effect.reason else None,
        "settle": effect.settle,
    }


def _move(move: Move) -> dict[str, str]:
    return dict(zip(("name", "before", "after"), move, strict=True))


def _left_out(pairs: Pairs) -> list[dict[str, str]]:
    return [{"target": target, "why": why} for target, why in pairs]


def _coverage(report: Report) -> dict[str, Any]:
    seen = report.coverage
    rows = [
        {
            "tag": row.tag,
            "target": row.target,
            "suite": row.suite,
            "planned": row.planned,
            "measured": row.ok,
            "attempts": row.attempts,
            "causes": [{"cause": cause, "trials": number} for cause, number in row.causes],
        }
        for row in seen.rows
    ]
    left_out = [{"what": what, "why": why} for what, why in seen.left_out]
    return {"planned": seen.planned, "measured": seen.ok, "rows": rows, "left_out": left_out}


def _machines(report: Report) -> dict[str, Any]:
    happenings = [
        {
            "target": one.target,
            "event": one.event.value,
            "after": one.after,
            "before": one.before,
            "tags": list(one.tags),
            "evidence": [dict(zip(("layer", "name", "before", "after"), fact, strict=True)) for fact in one.evidence],
            "detail": one.detail,
        }
        for one in report.happenings
    ]
    stays = [
        {
            "target": one.target,
            "host": one.host or None,
            "build": one.build or None,
            "since": one.since,
            "until": one.until,
            "tags": list(one.tags),
        }
        for one in report.stays
    ]
    return {"happenings": happenings, "stays": stays}


def _revision(one: Revision) -> dict[str, Any]:
    return {
        "before": one.new.before,
        "after": one.new.after,
        "told_at": one.old.told_at,
        "version": one.old.version,
        "turns": [_turn(turn) for turn in one.turns],
        "cause": None if one.causes is None else {"old": one.causes[0], "new": one.causes[1]},
        "new_runs": list(one.new_runs),
        "lost_runs": list(one.lost_runs),
        "newly_seen": list(one.newly_seen),
        "declared_otherwise": one.declared,
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {"metric": turn.new.metric, "title": turn.new.title, "old": _told(turn.old), "new": _told(turn.new)}


def _told(one: Told) -> dict[str, Any]:
    return {"verdict": one.verdict, "reason": one.reason or None, "ratio": finite(one.ratio)}


def _provenance(report: Report) -> dict[str, Any]:
    known = report.provenance
    return {
        "digest": known.digest,
        "tools": [
            {"suite": one.suite, "targets": list(one.targets), "details": dict(one.details), "trials": one.trials}
            for one in known.tools
        ],
        "files": [{"path": file.path, "sha256": file.sha256, "bytes": file.size} for file in known.files],
        "parameters": [{"suite": suite, "case": case, "values": values} for suite, case, values in known.parameters],
    }
