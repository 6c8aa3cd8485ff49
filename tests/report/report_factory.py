"""Comparisons, runs and samples made by hand for the report's tests; nothing here is a measurement."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace

import pandas as pd

from bench.analyse.coverage import Coverage, CoverageRow
from bench.analyse.result import (
    Attribution,
    AttributionKind,
    Comparison,
    Excluded,
    FactChange,
    GroupResult,
    Interval,
    MetricKey,
    MetricResult,
    Reason,
    TargetResult,
    Verdict,
)
from bench.model import Better, Kind, Run, Scale
from bench.report.provenance import FileDigest, Provenance, ToolUse
from bench.report.view import Report, build_report

HOSTILE = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\x1b[31m\u202e{{7*7}}$x^2$|`*[a](javascript:alert(3))"
)
MARGINS = {Kind.CPU: 0.02, Kind.MEMORY: 0.02, Kind.DISK: 0.05, Kind.NETWORK: 0.05, Kind.TAIL_LATENCY: 0.10}


def key(
    suite: str = "fio", case: str = "randread", metric: str = "iops", part: str = "", **params: object
) -> MetricKey:
    return MetricKey(suite, case, metric, part, tuple(sorted(params.items())))  # type: ignore[arg-type]  # scalars


def verdict_of(ratio: float, half: float, margin: float, better: Better) -> tuple[Verdict, Reason | None]:
    gain = math.log(ratio) * (1 if better is Better.HIGHER else -1)
    if abs(gain) > half and abs(gain) >= math.log1p(margin):
        return (Verdict.IMPROVED if gain > 0 else Verdict.REGRESSED), None
    if abs(gain) + half < math.log1p(margin):
        return Verdict.NO_CHANGE, None
    return Verdict.INCONCLUSIVE, Reason.UNDERPOWERED


def metric(
    one: MetricKey,
    title: str,
    ratio: float | None,
    half: float | None = 0.01,
    *,
    unit: str = "IOPS",
    before: float = 1000.0,
    better: Better = Better.HIGHER,
    kind: Kind = Kind.DISK,
    targets: tuple[TargetResult, ...] | None = None,
    primary: bool = False,
    reason: Reason | None = None,
    settle: str = "",
    warnings: tuple[str, ...] = (),
) -> MetricResult:
    """`half` is the half width of the interval in log units; None for no interval (INCONCLUSIVE, UNREPLICATED)."""
    margin = MARGINS[kind]
    interval = None
    verdict, why = Verdict.INCONCLUSIVE, Reason.UNREPLICATED
    if ratio is not None and half is not None:
        interval = Interval(ratio * math.exp(-half), ratio * math.exp(half), 0.95)
        verdict, why = verdict_of(ratio, half, margin, better)
    if reason is not None:
        verdict, why = Verdict.INCONCLUSIVE, reason
    if verdict is Verdict.INCONCLUSIVE and not settle:
        settle = "3 more sessions per tag; detectable now: 12 %"
    after = None if ratio is None else before * ratio
    made = targets if targets is not None else tuple(target(f"vm-{n}", before, after, n) for n in (1, 2))
    clear = verdict in (Verdict.IMPROVED, Verdict.REGRESSED) and ratio is not None and abs(math.log(ratio)) > 0.2
    return MetricResult(
        one, title, unit, better, kind, Scale.RATIO, margin, primary, before, after, ratio, interval,
        0.01, 4.0, 0.01, verdict, why, settle, clear, 0.12, made, warnings,
    )  # fmt: skip


def target(name: str, before: float, after: float | None, number: int = 0, **labels: str) -> TargetResult:
    """A target with one session: no interval, a spread."""
    labels = labels or {"region": "japaneast", "size": "Standard_D3_v2"}
    ratio = None if after is None else after / before
    return TargetResult(
        name, tuple(sorted(labels.items())), before, after, ratio, None, Verdict.INCONCLUSIVE, Reason.UNREPLICATED,
        (1, 1), (1, 1), spread=0.01 * number or None, settle="2 more sessions per tag",
    )  # fmt: skip


STORY = (
    ("japaneast", "Standard_D3_v2", 742, 799),
    ("japaneast", "Standard_D3_v3", 785, 824),
    ("japanwest", "Standard_F2s_v2", 1770, 1676),
    ("westus2", "Standard_B2ms", 1015, 1890),
    ("westus2", "Standard_D4s_v3", 2877, 2914),
)


def story() -> Comparison:
    """Five single values with the ratios of the 2018 story; the levels are invented."""
    targets = tuple(
        target(f"story-{number}", before, after, number, region=region, size=size)
        for number, (region, size, before, after) in enumerate(STORY, 1)
    )
    ratio = math.exp(sum(math.log(one.ratio or 1) for one in targets) / 5)
    overall = metric(
        key("unixbench", "standard", "index"), "System Benchmarks Index", ratio, 0.35, unit="index", before=1250.0,
        kind=Kind.CPU, targets=targets, settle="12 more targets; detectable now: 60 %",
    )  # fmt: skip
    return Comparison("pre-maintenance", "post-host-patch", (overall,))


def run(tag: str, session: int, at: str, **changes: object) -> Run:
    made = Run(
        f"{tag}-s{session}", "january", tag, (("host_patch", "on"),), session, 7, at, (), (),
        (("fio", "ab" * 32), ("iperf3", "cd" * 32)), (("python", "3.11.2"), ("vmbench", "0.1.0")),
        title="January maintenance",
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of Run


SHAPES = (
    ("fio", "IOPS", "IOPS", Better.HIGHER, Kind.DISK, 64_000.0),
    ("fio", "Bandwidth", "MiB/s", Better.HIGHER, Kind.DISK, 812.0),
    ("fio", "Latency, p99", "us", Better.LOWER, Kind.TAIL_LATENCY, 412.0),
    ("iperf3", "Throughput", "bit/s", Better.HIGHER, Kind.NETWORK, 2.9e9),
    ("unixbench", "Index", "index", Better.HIGHER, Kind.CPU, 1234.5),
)


def many(number: int = 25, seed: int = 1) -> tuple[MetricResult, ...]:
    """`number` metrics of three suites, some moved, some not."""
    random_ = random.Random(seed)  # noqa: S311  # made-up numbers
    found: list[MetricResult] = []
    for index in range(number):
        suite, title, unit, better, kind, level = SHAPES[index % len(SHAPES)]
        ratio = random_.choice((1.0, 1.001, 0.995, 0.86, 1.09, 0.97))
        half = random_.choice((0.004, 0.008, 0.02, 0.06))
        one = key(suite, f"case-{index // len(SHAPES)}", title.lower().split(",")[0], "")
        found.append(
            metric(one, title, ratio, half, unit=unit, before=level, better=better, kind=kind, primary=index in (0, 3))
        )
    return tuple(found)


def samples(comparisons: tuple[Comparison, ...], sessions: int = 3, repetitions: int = 3) -> pd.DataFrame:
    """Values that scatter around the levels of every target."""
    random_ = random.Random(2)  # noqa: S311  # made-up numbers
    rows: list[dict[str, object]] = []
    for comparison in comparisons:
        for result in comparison.metrics:
            for one in result.targets:
                for tag, level in ((comparison.before, one.before), (comparison.after, one.after)):
                    if level is None:
                        continue
                    for session in range(1, sessions + 1):
                        drift = random_.gauss(0, 0.01)
                        rows += [
                            {
                                "tag": tag, "session": session, "target": one.target, "suite": result.key.suite,
                                "case": result.key.case, "metric": result.key.metric, "part": result.key.part,
                                "params": json.dumps(dict(result.key.params)), "unit": result.unit,
                                "value": level * math.exp(drift + random_.gauss(0, 0.004)), "headline": result.primary,
                            }
                            for _ in range(repetitions)
                        ]  # fmt: skip
    return pd.DataFrame(rows)


ATTRIBUTED = Attribution(
    AttributionKind.ATTRIBUTED,
    "Only host facts moved: the effect is the host patch's.",
    (("host_patch", "off", "on"),),
    (FactChange("host", "build", "3020", "3098", ("vm-1", "vm-2"), 2, "host_patch"),),
)
CONFOUNDED = Attribution(
    AttributionKind.CONFOUNDED,
    "guest-os kernel moved from 6.1.0-13 to 6.1.0-18 although no declared factor may move it.",
    (("sriov", "off", "on"),),
    (
        FactChange("network", "driver", "hv_netvsc", "mlx5_core", ("vm-1",), 2, "sriov"),
        FactChange("guest-os", "kernel", "6.1.0-13", "6.1.0-18", ("vm-1", "vm-2"), 2),
    ),
    not_observed=("guest_patch",),
    relocated=("vm-2",),
)


def report(comparisons: tuple[Comparison, ...], **changes: object) -> Report:
    """A report over `comparisons`, three sessions per tag, two days apart."""
    tags = list(dict.fromkeys(tag for one in comparisons for tag in (one.before, one.after)))
    runs = [
        run(tag, session, f"2018-01-{2 + 5 * number + session:02d}T0{session}:10:00+00:00")
        for number, tag in enumerate(tags)
        for session in (1, 2, 3)
    ]
    rows = tuple(CoverageRow(tag, f"vm-{n}", "fio", 27, 27, 27) for tag in tags for n in (1, 2))
    settings: dict[str, object] = {
        "runs": runs,
        "comparisons": comparisons,
        "coverage": Coverage(rows, ()),
        "samples": samples(tuple(one for one in comparisons[:1])),
        "provenance": Provenance(
            (ToolUse("fio", ("vm-1", "vm-2"), (("digest", "ef" * 32), ("version", "fio-3.33")), 54),),
            tuple(
                FileDigest(f"january/r{n}/trials/t{n}/1/raw/single/stdout", f"{n:064x}", 1000 + n) for n in range(54)
            ),
            (("fio", "randread", "bs=4k iodepth=32"),),
        ),
        "suite_titles": (("fio", "fio"), ("iperf3", "iperf3"), ("unixbench", "UnixBench")),
        "reproduce": ("bench report pre post -o report.html",),
        "generated_at": "2018-01-22 09:12 UTC",
        "version": "0.1.0",
    }
    settings.update(changes)
    return build_report(**settings)  # type: ignore[arg-type]  # the settings above


def demo() -> Report:
    """Twenty-five metrics, one step, two targets."""
    return report((Comparison("before", "after", many(), ATTRIBUTED),))


def ladder() -> Report:
    """Four phases: nothing, regression, confounded recovery, and first to last; every doubt there is."""
    shape = {"unit": "bit/s", "before": 2.9e9, "kind": Kind.NETWORK}
    net, cycles = key("ntttcp", "streams-16", "throughput", "receive"), key("ntttcp", "streams-16", "cycles", "receive")
    tail, index = key("ntttcp", "latency", "p99"), key("unixbench", "all", "index", "1 copy")

    def step(before: str, after: str, ratios: tuple[float, ...], judged: Attribution | None) -> Comparison:
        metrics = [
            metric(net, "Throughput, receive", ratios[0], 0.014, primary=True, warnings=("two modes",), **shape),
            metric(
                cycles,
                "Cycles per byte",
                ratios[1],
                0.02,
                unit="cycles",
                before=2.2,
                better=Better.LOWER,
                kind=Kind.NETWORK,
            ),
            metric(
                tail,
                "Latency, p99",
                ratios[2],
                0.09,
                unit="us",
                before=1412.0,
                better=Better.LOWER,
                kind=Kind.TAIL_LATENCY,
            ),
        ]
        if after != "post-guest-patch":
            metrics.append(metric(index, "Index, 1 copy", ratios[3], 0.006, unit="index", before=812.0, kind=Kind.CPU))
        group = GroupResult((("region", "japaneast"), ("size", "Standard_D3_v2")), ("vm-1", "vm-2"), metrics[0])
        return Comparison(
            before,
            after,
            tuple(metrics),
            judged,
            (Excluded("fio randread", "freeze of 4.2 s", 5),),
            ("VM 3 is burstable",),
            (group,),
        )

    steps = (
        step("pre-maintenance", "post-host-patch", (0.997, 1.004, 0.988, 1.002), ATTRIBUTED),
        step(
            "post-host-patch",
            "post-guest-patch",
            (0.922, 1.13, 1.148, 0.974),
            replace(ATTRIBUTED, kind=AttributionKind.JOINT),
        ),
        step("post-guest-patch", "sriov-on", (1.086, 0.887, 0.881, 1.0), CONFOUNDED),
        step("pre-maintenance", "sriov-on", (1.001, 1.002, 1.0, 1.0), None),
    )
    coverage = Coverage(
        (CoverageRow("pre-maintenance", "vm-1", "fio", 30, 26, 33, (("unreachable", 3), ("timeout", 1))),),
        (("unixbench", "its source could not be had; give --source unixbench=PATH"),),
    )
    return report(steps, coverage=coverage)
