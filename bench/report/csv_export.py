"""How is a comparison written as CSV? One row per metric over all targets, per group and per target, in full precision.

Columns: before_tag, after_tag, level (all, group, target, excluded), target ("" unless level is target), labels
(name=value;…), suite, case, part, metric, params (name=value;…), title, unit, better, primary, before, after (in
`unit`), ratio, ratio_low, ratio_high, level_of_interval, margin, p, verdict, reason, settle, sessions_before,
sessions_after, relocated, control and pooled (of a target: its host changed, nothing was changed on it, it stands
behind the row over all), controls (how many; 0: none), controls_ratio, controls_low, controls_high, net, net_low,
net_high (net: the ratio over that of the controls, where the level is all), flags (kind: sentence; …; of a target
those that name it), tau, tau_pairs (0: τ is the default), excluded (of a row of level excluded: how many values of
`metric`, or how many damaged items, were left out, for the cause in `reason`).
A number that is absent is an empty field. UTF-8, lines end with LF. Text that a spreadsheet would run as a formula
(it starts with = + - @) gets a leading apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from bench.analyse.result import Comparison, MetricResult, TargetResult
from bench.model import Params
from bench.report.formats import Output
from bench.report.lines import flag_words, flags_on
from bench.report.plain import no_formula, one_line

COLUMNS = (
    "before_tag", "after_tag", "level", "target", "labels", "suite", "case", "part", "metric", "params", "title",
    "unit", "better", "primary", "before", "after", "ratio", "ratio_low", "ratio_high", "level_of_interval", "margin",
    "p", "verdict", "reason", "settle", "sessions_before", "sessions_after", "relocated", "control", "pooled",
    "controls", "controls_ratio", "controls_low", "controls_high", "net", "net_low", "net_high", "flags",
    "tau", "tau_pairs", "excluded",
)  # fmt: skip
"""The header of the file."""


def render(comparisons: Sequence[Comparison], output: Output = Output()) -> str:  # noqa: B008  # frozen
    """All comparisons in one table."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for comparison in comparisons:
        writer.writerows(_rows(comparison))
    return stream.getvalue()


def _rows(comparison: Comparison) -> Iterator[list[str]]:
    for metric in comparison.metrics:
        yield _row(comparison, metric, metric, "all", "", ())
        for group in comparison.groups:
            if group.result.key == metric.key:
                yield _row(comparison, metric, group.result, "group", "", group.labels)
        for target in metric.targets:
            yield _row(comparison, metric, target, "target", target.target, target.labels)
    for item in comparison.excluded:
        cells = dict.fromkeys(COLUMNS, "") | {
            "before_tag": _safe(comparison.before),
            "after_tag": _safe(comparison.after),
            "level": "excluded",
            "metric": _safe(item.what),
            "reason": _safe(item.cause),
            "excluded": str(item.count),
        }
        yield list(cells.values())


def _row(
    comparison: Comparison,
    metric: MetricResult,
    result: MetricResult | TargetResult,
    level: str,
    target: str,
    labels: Params,
) -> list[str]:
    key, interval = metric.key, result.interval
    sessions: tuple[int | None, int | None] = result.sessions if isinstance(result, TargetResult) else (None, None)
    texts = (
        comparison.before, comparison.after, level, target, _pairs(labels), key.suite, key.case, key.part, key.metric,
        _pairs(key.params), metric.title, metric.unit, metric.better.value, "yes" if metric.primary else "no",
    )  # fmt: skip
    bounds = (interval.low, interval.high, interval.level) if interval else (None, None, None)
    p = result.p if isinstance(result, MetricResult) else None
    values = (result.before, result.after, result.ratio, *bounds, metric.margin, p)
    verdict = (result.verdict.value, result.reason.value if result.reason else "", result.settle)
    return [
        *map(_safe, texts), *map(_number, values), *map(_safe, verdict), *map(_number, sessions), *_controls(result),
        _safe(flag_words(flags_on(metric, result))),
        *map(_number, (result.tau.sd, result.tau.pairs) if result.tau else (None, None)), "",
    ]  # fmt: skip


def _controls(result: MetricResult | TargetResult) -> list[str]:
    """Whether a target is a control, and what a metric has of its controls."""
    if isinstance(result, TargetResult):
        return ["yes" if one else "no" for one in (result.relocated, result.control, result.pooled)] + [""] * 7
    effect = result.controls
    if effect is None:
        return ["", "", "", "0", *[""] * 6]
    ends = [(one.low, one.high) if one else (None, None) for one in (effect.interval, effect.net_interval)]
    return ["", "", "", str(effect.targets), *map(_number, (effect.ratio, *ends[0], effect.net, *ends[1]))]


def _number(value: float | None) -> str:
    return "" if value is None else repr(value)


def _pairs(items: Params) -> str:
    return ";".join(f"{name}={value}" for name, value in items)


def _safe(text: str) -> str:
    return no_formula(one_line(text))
