"""Several comparisons over the same targets: what makes the steps between phases add up.

A comparison takes every target that it can; the next one may have others. Here only those count that stand behind all
of the comparisons (measured in every phase, of one stratum in each step), and they are compared once more on their own
where that leaves someone out. Levels are compared with levels, so that differences add up whatever path is taken:
rounds, which pair sessions, would not where one of them is incomplete.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bench.analyse.result import Comparison, MetricKey, MetricResult, Reason, TargetResult
from bench.analyse.table import json_pairs
from bench.model import Pairs
from bench.units import unit
from bench.words import say

if TYPE_CHECKING:
    import pandas as pd

Judge = Callable[["pd.DataFrame", str, str, bool], Comparison]
"""Compares two tags of some samples; the last argument says whether rounds count (`compare`)."""

Steps = Sequence[tuple[str, str]]

_EXACT = 1e-9
"""Differences of logarithms up to this are rounding."""

_Identity = tuple[MetricKey, str, str, str]


@dataclass(frozen=True, slots=True)
class Shared:
    """One metric in all comparisons: its results, the targets behind each of them, and who was left out and why."""

    results: tuple[MetricResult, ...]
    targets: tuple[str, ...]
    left_out: Pairs


def compare_together(
    samples: pd.DataFrame, steps: Steps, judge: Judge, known: Mapping[tuple[str, str], Comparison]
) -> tuple[tuple[Shared, ...], int]:
    """Every metric over the targets that all `steps` share, and how many metrics share none.

    steps: pairs of tags, each but the first beginning at a tag that an earlier one has. known: comparisons that were
    made already; they are used where nobody has to be left out.
    """
    found = [known.get(step) or judge(samples, *step, True) for step in steps]
    shared, kept = _shared(found), samples
    if any(one.left_out for one in shared.values()):
        kept = _only(samples, shared)
        present = set(kept["tag"].unique())
        if not {tag for step in steps for tag in step} <= present:
            return (), len(shared)
        found = [judge(kept, *step, True) for step in steps]
    if not _adds_up(found, steps, shared):
        found = [judge(kept, *step, False) for step in steps]
    results = _by_identity(found)
    made = tuple(
        replace(one, results=results[name])
        for name, one in shared.items()
        if one.targets and [_pooled(result) for result in results.get(name, ())] == [set(one.targets)] * len(steps)
    )
    return made, len(shared) - len(made)


def _identity(metric: MetricResult) -> _Identity:
    """What makes it the same metric in two comparisons: values in units that do not convert never meet."""
    return metric.key, metric.better.value, metric.scale.value, unit(metric.unit).base


def _by_identity(found: Sequence[Comparison]) -> dict[_Identity, tuple[MetricResult, ...]]:
    """The results of each metric in the order of the comparisons, less those that lack it."""
    results: dict[_Identity, list[MetricResult]] = {}
    for comparison in found:
        for metric in comparison.metrics:
            results.setdefault(_identity(metric), []).append(metric)
    return {name: tuple(some) for name, some in results.items()}


def _pooled(metric: MetricResult) -> set[str]:
    return {one.target for one in metric.targets if one.pooled}


def _shared(found: Sequence[Comparison]) -> dict[_Identity, Shared]:
    """For every metric that was measured on changed targets, those behind all of its results, and the others."""
    shared: dict[_Identity, Shared] = {}
    rows: dict[_Identity, list[dict[str, TargetResult]]] = {}
    for place, comparison in enumerate(found):
        for metric in comparison.metrics:
            mine = rows.setdefault(_identity(metric), [{} for _ in found])
            mine[place] = {one.target: one for one in metric.targets if not one.control}
    for name, by_step in rows.items():
        everyone = sorted({target for one in by_step for target in one})
        left_out = {target: why for target in everyone if (why := _why(target, by_step, found))}
        if everyone:
            targets = tuple(target for target in everyone if target not in left_out)
            shared[name] = Shared((), targets, tuple(left_out.items()))
    return shared


def _why(target: str, by_step: Sequence[Mapping[str, TargetResult]], found: Sequence[Comparison]) -> str:
    """Why a target is not behind all results of a metric; "" when it is."""
    seen = {tag for rows, one in zip(by_step, found, strict=True) if target in rows for tag in _tags(rows[target], one)}
    absent = [tag for tag in dict.fromkeys(tag for one in found for tag in (one.before, one.after)) if tag not in seen]
    if absent:
        return say("left.absent", tags=tuple(absent))
    for rows, one in zip(by_step, found, strict=True):
        row = rows[target]
        if not row.pooled:
            why = "held" if row.reason is Reason.CENSORED else "moved" if row.relocated else "stayed"
            return say(f"left.{why}", before=one.before, after=one.after)
    return ""


def _tags(row: TargetResult, comparison: Comparison) -> list[str]:
    """The tags of a comparison in which a target was measured."""
    measured = ((row.before, comparison.before), (row.after, comparison.after))
    return [tag for value, tag in measured if value is not None]


def _only(samples: pd.DataFrame, shared: Mapping[_Identity, Shared]) -> pd.DataFrame:
    """The samples less those of targets that are left out of a metric."""
    out: dict[MetricKey, set[str]] = {}
    for (key, *_), one in shared.items():
        out.setdefault(key, set()).update(name for name, _ in one.left_out)
    for (key, *_), one in shared.items():
        out[key] -= set(one.targets)  # the same metric in another unit may have them in every phase
    names = [name for name in ("suite", "case", "metric", "part", "params", "target") if name in samples.columns]
    code = samples.groupby(names, observed=True, sort=False, dropna=False).ngroup().to_numpy()
    first = np.unique(code, return_index=True)[1]
    units = samples.iloc[first][names].astype("str").itertuples(index=False, name=None)
    keep = np.array([_keeps(dict(zip(names, one, strict=True)), out) for one in units], dtype=np.bool_)
    return samples[keep[code]]


def _keeps(unit_of_work: Mapping[str, str], out: Mapping[MetricKey, set[str]]) -> bool:
    suite, case, metric, part = (unit_of_work.get(name, "") for name in ("suite", "case", "metric", "part"))
    key = MetricKey(suite, case, metric, part, json_pairs(unit_of_work.get("params", ""), "params"))
    return unit_of_work["target"] not in out.get(key, ())


def _adds_up(found: Sequence[Comparison], steps: Steps, shared: Mapping[_Identity, Shared]) -> bool:
    """Whether the ratios of every shared metric agree whatever way is taken from one tag to another."""
    for name, results in _by_identity(found).items():
        if name not in shared or not shared[name].targets or len(results) != len(steps):
            continue
        place = {steps[0][0]: 0.0}
        for (before, after), result in zip(steps, results, strict=True):
            if not result.ratio or before not in place:
                continue
            there = place[before] + math.log(result.ratio)
            if abs(place.setdefault(after, there) - there) > _EXACT:
                return False
    return True
