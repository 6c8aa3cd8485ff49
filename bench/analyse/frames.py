"""Tables for people and for other programs: a comparison as rows, and samples as they are exported."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from bench.analyse.phases.designs import Effect, Factorial, Path, Square
from bench.analyse.result import Comparison, ControlEffect, Flag, Interval, MetricResult, TargetResult
from bench.model import Pairs

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
    "flags",
    *("tau", "tau_pairs"),
)
"""Columns of a comparison's table. `target` "" is a row over all targets, `group` "" the one over the whole fleet.

controls: how many targets on which nothing was changed stand behind `controls_ratio` and `net` (the ratio over theirs).
flags: "kind: sentence; …"; of a target those that name it.
"""


FACTORIAL_COLUMNS = (
    *(
        "what",
        "before_tag",
        "after_tag",
        "factors",
        "held",
        "suite",
        "case",
        "metric",
        "part",
        "params",
        "title",
        "unit",
    ),
    *("better", "primary", "ratio", "low", "high", "level", "p", "margin", "verdict", "reason", "clear", "settle"),
    *("targets", "left_out"),
)
"""Columns of the table of steps and factors. `what`: step, total, main effect, conditional effect or interaction (which
has no verdict). `held`: levels of other factors. `targets`, `left_out`: how many are behind the row, and are not.
"""


def comparison_frame(comparison: Comparison) -> pd.DataFrame:
    """One row per metric over all targets, per group, and per target; columns `COMPARISON_COLUMNS`, missing is NaN.

    `frame.attrs["excluded"]` has what was left out: (what, cause, how many).
    """
    import pandas as pd

    frame = pd.DataFrame.from_records(list(_rows(comparison)), columns=list(COMPARISON_COLUMNS))
    frame.attrs["excluded"] = [(one.what, one.cause, one.count) for one in comparison.excluded]
    return frame


def export_frame(samples: pd.DataFrame) -> pd.DataFrame:
    """The samples with plain columns: text instead of categories, times as ISO 8601, oldest first."""
    order = ["started_at", "run", "target", "suite", "case", "part", "metric", "repetition"]
    plain = samples.sort_values(order, kind="stable", ignore_index=True)
    for name in plain.columns:
        if str(plain[name].dtype) == "category":
            plain[name] = plain[name].astype("str")
    plain["started_at"] = plain["started_at"].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return plain


def factorial_frame(factorial: Factorial) -> pd.DataFrame:
    """One row per metric and effect; columns `FACTORIAL_COLUMNS`, missing is NaN."""
    import pandas as pd

    rows = [*_path_rows(factorial.path), *(row for one in factorial.squares for row in _square_rows(one))]
    return pd.DataFrame.from_records(rows, columns=list(FACTORIAL_COLUMNS))


def _path_rows(path: Path) -> Iterator[dict[str, Any]]:
    for one in path.metrics:
        head = _metric_head(one.total) | {"targets": len(one.targets), "left_out": len(one.left_out)}
        for step, result in zip(path.steps, one.steps, strict=True):
            said = {"before_tag": step.before, "after_tag": step.after, "factors": _moves(step.moved)}
            yield head | _effect(result) | said | {"what": "step", "held": _levels(step.held)}
        ends = {"before_tag": path.steps[0].before, "after_tag": path.steps[-1].after, "factors": "", "held": ""}
        yield head | _effect(one.total) | ends | {"what": "total"}


def _square_rows(square: Square) -> Iterator[dict[str, Any]]:
    tags = {"before_tag": "", "after_tag": ""}
    for one in square.metrics:
        head = tags | _metric_head(one.result) | {"targets": len(one.targets), "left_out": len(one.left_out)}
        for effect in one.effects:
            what = "conditional effect" if effect.held else "main effect"
            held = _levels((*square.held, *effect.held))
            yield head | _effect(effect) | {"what": what, "factors": _moves([effect.move]), "held": held}
        both = {"what": "interaction", "factors": _moves(square.moves), "held": _levels(square.held)}
        yield head | _ends(one.interaction.ratio, one.interaction.interval) | {"p": one.interaction.p} | both


def _effect(one: MetricResult | Effect) -> dict[str, Any]:
    reason = "" if one.reason is None else one.reason.value
    said = {"p": one.p, "verdict": one.verdict.value, "reason": reason, "clear": one.clear, "settle": one.settle}
    return _ends(one.ratio, one.interval) | said


def _ends(ratio: float | None, interval: Interval | None) -> dict[str, Any]:
    ends = (None, None, None) if interval is None else (interval.low, interval.high, interval.level)
    return {"ratio": ratio, **dict(zip(("low", "high", "level"), ends, strict=True))}


def _moves(moves: Iterable[tuple[str, str, str]]) -> str:
    return ", ".join(f"{name} {before} → {after}" for name, before, after in moves)


def _levels(held: Pairs) -> str:
    return ", ".join(f"{name}={level}" for name, level in held)


def _rows(comparison: Comparison) -> Iterator[dict[str, Any]]:
    for metric in comparison.metrics:
        head = _head(comparison, metric)
        yield head | _metric(metric)
        for target in metric.targets:
            named = (flag for flag in metric.flags if target.target in flag.targets)
            yield head | _target(target) | {"flags": _flags(named)}
    for group in comparison.groups:
        name = ", ".join(f"{key}={value}" for key, value in group.labels)
        yield _head(comparison, group.result) | _metric(group.result) | {"group": name}


def _head(comparison: Comparison, metric: MetricResult) -> dict[str, Any]:
    tags = {"before_tag": comparison.before, "after_tag": comparison.after}
    return tags | _metric_head(metric) | {"group": "", "target": ""}


def _metric_head(metric: MetricResult) -> dict[str, Any]:
    key = metric.key
    return {
        "suite": key.suite,
        "case": key.case,
        "metric": key.metric,
        "part": key.part,
        "params": json.dumps(dict(key.params), sort_keys=True),
        "title": metric.title,
        "unit": metric.unit,
        "better": metric.better.value,
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
        "tau": None if result.tau is None else result.tau.sd,
        "tau_pairs": None if result.tau is None else result.tau.pairs,
    }


def _flags(flags: Iterable[Flag]) -> str:
    return "; ".join(f"{flag.kind.value}: {flag.sentence}" for flag in flags)


def _metric(metric: MetricResult) -> dict[str, Any]:
    return _shared(metric) | {
        "flags": _flags(metric.flags),
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
