"""A report with every kind of picture in it: a fleet that moved, happenings, series and latency curves."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import report_factory as factory

from bench.analyse.happened import Event, Happening
from bench.analyse.latencies import LatencyCurve, LatencyLine
from bench.analyse.result import Comparison, ControlEffect, GroupResult, Interval, MetricResult, TargetResult
from bench.analyse.series import MetricSeries, SeriesLine
from bench.model import Better
from bench.report.view import Report

TAGS = ("pre-maintenance", "post-host-patch")
PERCENTS = (1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 99.99)


def report() -> Report:
    """Twelve and more leading metrics of twenty-five targets in one step, in every shade; some values do not count."""
    chance = random.Random(4)  # noqa: S311  # made-up numbers
    metrics = tuple(_metric(one, chance) for one in factory.many(16, 3))
    groups = tuple(
        GroupResult((("region", region), ("size", "Standard_D3_v2")), tuple(names), one)
        for one in metrics
        for region, names in (("japaneast", [f"vm-{n:02d}" for n in range(8)]), ("japanwest", ["vm-08", "vm-09"]))
    )
    samples = factory.samples((Comparison(*TAGS, tuple(replace(m, targets=m.targets[:6]) for m in metrics[:4])),))
    samples = samples.assign(flags="")
    samples.loc[(samples["target"] == "vm-01") & (samples["session"] == 1), "flags"] = "tainted"
    made = factory.report((Comparison(*TAGS, metrics, factory.ATTRIBUTED, groups=groups),), samples=samples)
    return replace(made, happenings=_happenings(), series=(_series(metrics[0]),), latencies=(_curve(),))


def _metric(one: MetricResult, chance: random.Random) -> MetricResult:
    middle = chance.choice((0.0, -0.06, 0.05, -0.3, 0.3))
    targets = tuple(_target(number, middle, one.better, chance) for number in range(25))
    effect = ControlEffect(2, 0.99, Interval(0.97, 1.01, 0.95), 0.93, Interval(0.9, 0.96, 0.95))
    return replace(one, targets=targets, headline=True, controls=effect)


def _target(number: int, middle: float, better: Better, chance: random.Random) -> TargetResult:
    ratio, half = math.exp(chance.gauss(middle, 0.05)), chance.choice((0.01, 0.02, 0.1, None))
    verdict, reason = factory.verdict_of(ratio, half or 0.5, 0.05, better)
    interval = None if half is None else Interval(ratio * math.exp(-half), ratio * math.exp(half), 0.95)
    made = factory.target(f"vm-{number:02d}", 1000.0, 1000.0 * ratio)
    return replace(made, interval=interval, verdict=verdict, reason=reason, relocated=number == 3, control=number == 5)


def _happenings() -> tuple[Happening, ...]:
    found = []
    for place, event in enumerate(list(Event)[:6]):
        after, before = (f"2018-01-{5 + place:02d}T0{hour}:00:00Z" for hour in (1, 9))
        found += [Happening(f"vm-{number:02d}", event, after, before, TAGS) for number in range(1 + place)]
    return tuple(found)


def _series(metric: MetricResult) -> MetricSeries:
    noise = [1 + (second * 7919 % 101) / 2000 for second in range(300)]
    lines = tuple(
        SeriesLine(tag, 1, 2, tuple((float(second), level * one) for second, one in enumerate(noise)))
        for tag, level in zip(TAGS, (64_000.0, 58_000.0), strict=True)
    )
    return MetricSeries(metric.key, "vm-01", "IOPS", lines)


def _curve() -> LatencyCurve:
    lines = tuple(
        LatencyLine(tag, 27, tuple((percent, level / (1.01 - percent / 100)) for percent in PERCENTS))
        for tag, level in zip(TAGS, (90_000.0, 120_000.0), strict=True)
    )
    key = factory.key(metric="clat_p99", part="job read")
    return LatencyCurve(key, "Completion latency", "ns", lines, ("vm-01", "vm-02"), 25)
