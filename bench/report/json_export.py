"""How is a comparison written as JSON? A versioned document; `SCHEMA` names the version.

    {"schema": "vmbench/comparison/1",
     "comparisons": [
       {"before": tag, "after": tag,
        "metrics": [METRIC …],
        "groups": [{"labels": {name: value}, "targets": [name …], "result": METRIC without "targets"}],
        "attribution": null | {"kind", "sentence", "factors": [{"name", "before", "after"}],
                               "changes": [{"layer", "name", "before", "after", "targets": [name …], "total",
                                            "declared_by": factor | null}],
                               "not_observed": [factor …], "relocated": [target …],
                               "missed": [{"factor", "targets": [name …], "total"}], "unseen": [layer …],
                               "wrong_path": [{"tag", "factor", "declared": level, "target",
                                               "trials": how many, "total": of how many,
                                               "share": of their bytes, what went through the VF}],
                               "replaced": [target …]},
        "excluded": [{"what", "cause", "count", "counts": "value" | "item" (a damaged run, attempt or file)}],
        "overall": the one verdict of the deciding metrics: the primary ones, or all where none is primary,
        "details": number of metrics kept but not compared,
        "looks": [{"number", "before", "sessions": [before, after], "alpha", "spent", "taken_at", "runs": [id …],
                   "p": {primary metric: p at this look}, "outcome": "decided" | "futile" | "last" | "undecided"}],
        "warnings": [text …]}]}

    METRIC = {"key": {"suite", "case", "part", "metric", "params": {name: value}}, "title", "unit",
              "better": "higher" | "lower", "kind", "scale": "ratio" | "count", "margin", "primary",
              "rests_on": null | "targets" | "sessions" | "rounds" | "events",
              "tau": null | {"sd", "pairs"},
              "before", "after", "ratio", "interval": null | {"low", "high", "level"}, "p", "df", "se",
              "verdict": "improved" | "regressed" | "no meaningful change" | "inconclusive",
              "reason": null | text, "settle": text, "clear", "detectable", "warnings": [text …],
              "controls": null | {"targets": how many, "ratio", "interval", "net", "net_interval"},
              "flags": [{"kind": "warm-up" | "drift" | "two modes" | "throttling" | "changed variance" |
                                 "heterogeneous targets" | "outlier",
                         "tag": null (both) | tag, "sentence", "targets": [name …] (none: all)}],
              "targets": [{"target", "labels": {name: value}, "before", "after", "ratio", "interval", "verdict",
                           "reason", "sessions": {"before", "after"}, "values": {"before", "after"}, "spread",
                           "relocated", "control", "pooled", "settle", "tau"}]}

A target is pooled when it stands behind the result over all targets. The net effect is the ratio of the changed targets
over that of the controls, on which nothing was changed.
tau is the allowance for drift that sessions of one machine cannot see; pairs: the A/A pairs of the workspace it was
learned from, 0 for the default.
Ratios are after/before as measured (0.95 is 95 %); margin, spread, detectable and sd are shares (0.02 is 2 %); before
and after are in `unit`. A number that is absent, or not finite, is null. Within one schema version keys are only added.
The same as a JSON Schema, for programs: `schema/vmbench-1.schema.json` beside this file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from bench.analyse.headline import decisive, overall
from bench.analyse.result import (
    Attribution,
    Comparison,
    ControlEffect,
    Flag,
    Interval,
    MetricKey,
    MetricResult,
    TargetResult,
)
from bench.model import Look
from bench.report.formats import Output

SCHEMA = "vmbench/comparison/1"
"""The version of the document."""


def render(comparisons: Sequence[Comparison], output: Output = Output()) -> str:  # noqa: B008  # frozen
    """The document as text: keys in the documented order, two spaces deep."""
    return json.dumps(document(comparisons), ensure_ascii=True, allow_nan=False, indent=2) + "\n"


def document(comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """The document as plain data."""
    return {"schema": SCHEMA, "comparisons": [_comparison(comparison) for comparison in comparisons]}


def _comparison(comparison: Comparison) -> dict[str, Any]:
    groups = []
    for group in comparison.groups:
        result = {name: value for name, value in metric_object(group.result).items() if name != "targets"}
        groups.append({"labels": dict(group.labels), "targets": list(group.targets), "result": result})
    return {
        "before": comparison.before,
        "after": comparison.after,
        "metrics": [metric_object(metric) for metric in comparison.metrics],
        "groups": groups,
        "attribution": _attribution(comparison.attribution),
        "overall": overall(decisive(comparison.metrics)).value,
        "details": comparison.details,
        "looks": [_look(look) for look in comparison.looks],
        "excluded": [
            {"what": item.what, "cause": item.cause, "count": item.count, "counts": item.counts}
            for item in comparison.excluded
        ],
        "warnings": list(comparison.warnings),
    }


def metric_object(metric: MetricResult) -> dict[str, Any]:
    """A METRIC as the documents describe it."""
    return {
        "key": key_object(metric.key),
        "title": metric.title,
        "unit": metric.unit,
        "better": metric.better.value,
        "kind": metric.kind.value,
        "scale": metric.scale.value,
        "rests_on": metric.rests_on.value or None,
        "margin": finite(metric.margin),
        "primary": metric.primary,
        **_result(metric),
        "p": finite(metric.p),
        "df": finite(metric.df),
        "se": finite(metric.se),
        "clear": metric.clear,
        "detectable": finite(metric.detectable),
        "warnings": list(metric.warnings),
        "controls": _controls(metric.controls),
        "flags": [_flag(flag) for flag in metric.flags],
        "targets": [_target(target) for target in metric.targets],
    }


def key_object(key: MetricKey) -> dict[str, Any]:
    """What makes samples of a metric comparable."""
    params = {name: finite(value) if isinstance(value, float) else value for name, value in key.params}
    return {"suite": key.suite, "case": key.case, "part": key.part, "metric": key.metric, "params": params}


def _flag(flag: Flag) -> dict[str, Any]:
    return {
        "kind": flag.kind.value,
        "tag": flag.tag or None,
        "sentence": flag.sentence,
        "targets": list(flag.targets),
    }


def _target(target: TargetResult) -> dict[str, Any]:
    return {
        "target": target.target,
        "labels": dict(target.labels),
        **_result(target),
        "sessions": dict(zip(("before", "after"), target.sessions, strict=True)),
        "values": dict(zip(("before", "after"), target.values, strict=True)),
        "spread": finite(target.spread),
        "relocated": target.relocated,
        "control": target.control,
        "pooled": target.pooled,
    }


def _controls(effect: ControlEffect | None) -> dict[str, Any] | None:
    if effect is None:
        return None
    return {
        "targets": effect.targets,
        "ratio": finite(effect.ratio),
        "interval": interval_object(effect.interval),
        "net": finite(effect.net),
        "net_interval": interval_object(effect.net_interval),
    }


def _result(result: MetricResult | TargetResult) -> dict[str, Any]:
    return {
        "before": finite(result.before),
        "after": finite(result.after),
        "ratio": finite(result.ratio),
        "interval": interval_object(result.interval),
        "verdict": result.verdict.value,
        "reason": result.reason.value if result.reason else None,
        "settle": result.settle,
        "tau": None if result.tau is None else {"sd": finite(result.tau.sd), "pairs": result.tau.pairs},
    }


def interval_object(interval: Interval | None) -> dict[str, Any] | None:
    """An interval, null where there is none."""
    if interval is None:
        return None
    return {"low": finite(interval.low), "high": finite(interval.high), "level": finite(interval.level)}


def _attribution(judged: Attribution | None) -> dict[str, Any] | None:
    if judged is None:
        return None
    return {
        "kind": judged.kind.value,
        "sentence": judged.sentence,
        "factors": [{"name": name, "before": before, "after": after} for name, before, after in judged.factors],
        "changes": [
            {
                "layer": change.layer,
                "name": change.name,
                "before": change.before,
                "after": change.after,
                "targets": list(change.targets),
                "total": change.total,
                "declared_by": change.declared_by or None,
            }
            for change in judged.changes
        ],
        "not_observed": list(judged.not_observed),
        "missed": [{"factor": one.factor, "targets": list(one.targets), "total": one.total} for one in judged.missed],
        "unseen": list(judged.unseen),
        "wrong_path": [
            {
                "tag": one.tag,
                "factor": one.factor,
                "declared": one.declared,
                "target": one.target,
                "trials": one.trials,
                "total": one.total,
                "share": finite(one.share),
            }
            for one in judged.wrong_path
        ],
        "relocated": list(judged.relocated),
        "replaced": list(judged.replaced),
    }


def _look(look: Look) -> dict[str, Any]:
    return {
        "number": look.number,
        "before": look.before,
        "sessions": list(look.sessions),
        "alpha": look.alpha,
        "spent": look.spent,
        "taken_at": look.taken_at,
        "runs": list(look.runs),
        "p": dict(look.p),
        "outcome": look.outcome.value,
    }


def finite(value: float | None) -> float | None:
    """A number that JSON has a word for."""
    return value if value is not None and math.isfinite(value) else None
