"""Tables for people and for other programs: a comparison as rows, and samples as they are exported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench.analyse.result import Comparison, ControlEffect, Interval, MetricResult, TargetResult

if TYPE_CHECKING:
    import pandas as pd

COMPARISON_COLUMNS = (
    *("before_tag", "after_tag", "suite", "case", "metric", "part", "params", "title", "unit", "better", "group"),
    *("target", "primary", "before", "after", "ratio", "low", "high", "level", "p", "margin", "verdict", "reason"),
    *(
        "clear",
        "detectable",
        "rests_on",
        "sessions_before",
        "sessions_after",
        "relocated",
        "settle",
        "control",
        "pooled",
    ),
    *("controls", "controls_ratio", "controls_low", "controls_high", "net", "net_low", "net_high"),
)
"""Columns of a comparison's table. `target` "" is a row over all targets, `group` "" the one over the whole fleet.

controls: how many targets on which nothing was changed stand behind `controls_ratio` and `net` (the ratio over theirs).
"""


def comparison_frame(comparison: Comparison) -> pd.DataFrame:
    """One row per metric over all targets, per group, and per target; columns `COMPARISON_COLUMNS`, missing is NaN."""
    import pandas as pd

    return pd.DataFrame.from_records(list(_rows(comparison)), columns=list(COMPARISON_COLUMNS))


def export_frame(samples: pd.DataFrame) -> pd.DataFrame:
    """The samples with plain columns: text instead of categories, times as ISO 8601, oldest first."""
    order = ["started_at", "run", "target", "suite", "case", "part", "metric", "repetition"]
    plain = samples.sort_values(order, kind="stable", ignore_index=True)
    for name in plain.columns:
        if str(plain[name].dtype) == "category":
            plain[name] = plain[name].astype("str")
    plain["started_at"] = plain["started_at"].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return plain


def _rows(comparison: Comparison) -> Iterator[dict[str, Any]]:
    for metric in comparison.metrics:
        head = _head(comparison, metric)
        yield head | _metric(metric)
        for target in metric.targets:
            yield head | _target(target)
    for group in comparison.groups:
        name = ", ".join(f"{key}={value}" for key, value in group.labels)
        yield _head(comparison, group.result) | _metric(group.result) | {"group": name}


def _head(comparison: Comparison, metric: MetricResult) -> dict[str, Any]:
    key = metric.key
    return {
        "before_tag": comparison.before,
        "after_tag": comparison.after,
        "suite": key.suite,
        "case": key.case,
        "metric": key.metric,
        "part": key.part,
        "params": json.dumps(dict(key.params), sort_keys=True),
        "title": metric.title,
        "unit": metric.unit,
        "better": metric.better.value,
        "group": "",
        "target": "",
        "primary": metric.primary,
        "margin": metric.margin,
    }


def _shared(result: MetricResult | TargetResult) -> dict[str, Any]:
    interval: Interval | None = result.interval
    return {
        "before": result.before,
        "after": result.after,
        "ratio": result.ratio,
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "level": None if interval is None else interval.level,
        "verdict": result.verdict.value,
        "reason": "" if result.reason is None else result.reason.value,
        "settle": result.settle,
    }


def _metric(metric: MetricResult) -> dict[str, Any]:
    return _shared(metric) | {
        "p": metric.p,
        "clear": metric.clear,
        "detectable": metric.detectable,
        "rests_on": metric.rests_on.value,
        "sessions_before": min((one.sessions[0] for one in metric.targets), default=0),
        "sessions_after": min((one.sessions[1] for one in metric.targets), default=0),
        "relocated": False,
        "control": False,
        "pooled": False,
        **_controls(metric.controls),
    }


def _controls(effect: ControlEffect | None) -> dict[str, Any]:
    if effect is None:
        return {"controls": 0}
    ends: dict[str, Any] = {"controls": effect.targets, "controls_ratio": effect.ratio, "net": effect.net}
    for name, interval in (("controls", effect.interval), ("net", effect.net_interval)):
        if interval is not None:
            ends |= {f"{name}_low": interval.low, f"{name}_high": interval.high}
    return ends


def _target(target: TargetResult) -> dict[str, Any]:
    return _shared(target) | {
        "target": target.target,
        "p": None,
        "clear": False,
        "detectable": None,
        "rests_on": "",
        "sessions_before": target.sessions[0],
        "sessions_after": target.sessions[1],
        "relocated": target.relocated,
        "control": target.control,
        "pooled": target.pooled,
    }
