"""Forest plots and heat maps: every row is there or counted, worst first, in words as well, and bounded."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
import report_factory as factory
from chart_checks import checked, drawn, points, words

from bench.analyse.result import Comparison, ControlEffect, GroupResult, Interval, MetricResult, TargetResult, Verdict
from bench.model import Better
from bench.report.charts.forest import LEFT, RIGHT
from bench.report.fleet import fleet
from bench.report.forests import MOST_FORESTS, MOST_TARGETS
from bench.report.heat import MOST_COLUMNS, MOST_GROUPS, MOST_ROWS
from bench.report.html import render_html
from bench.report.text import Text
from bench.report.view import Report


def a_target(name: str, ratio: float, half: float | None = 0.01, *, better: Better = Better.HIGHER) -> TargetResult:
    verdict, reason = factory.verdict_of(ratio, half or 0.5, 0.05, better)
    interval = None if half is None else Interval(ratio * math.exp(-half), ratio * math.exp(half), 0.95)
    made = factory.target(name, 1000.0, 1000.0 * ratio)
    return replace(made, interval=interval, verdict=verdict, reason=reason)


def a_metric(*targets: TargetResult, ratio: float = 0.93, better: Better = Better.HIGHER) -> MetricResult:
    return factory.metric(factory.key(), "IOPS", ratio, 0.01, targets=targets, primary=True, better=better)


def report_of(*metrics: MetricResult, **changes: object) -> Report:
    return replace(factory.report((Comparison("pre", "post", metrics),), samples=None), **changes)  # type: ignore[arg-type]  # fields of Report


def fleet_of(number: int, seed: int = 3) -> tuple[TargetResult, ...]:
    chance = random.Random(seed)  # noqa: S311  # made-up numbers
    return tuple(a_target(f"vm-{n:04d}", math.exp(chance.gauss(-0.02, 0.04)), 0.015) for n in range(number))


def test_a_forest_has_the_pooled_result_and_every_target_worst_first() -> None:
    (step,) = fleet(report_of(a_metric(a_target("fine", 1.0), a_target("bad", 0.8), a_target("good", 1.2))), Text())
    (picture,) = step.forests
    root = checked(picture.svg)
    names = [text.text for text in root.iter("text") if text.get("class") == "name"]
    assert names == ["All: 3 targets", "bad", "good", "fine"]
    assert {"▼ 80.0 %", "= 100.0 %", "▲ 120.0 %"} & set(words(root)) or "▼ 80 %" in words(root)
    assert "bad 80.0 % (79.2 … 80.8 %), regressed" in (root.findtext("desc") or "")
    assert [row.name for row in step.heat.rows] == ["bad", "fine", "good"]


@pytest.mark.parametrize("better", list(Better))
def test_better_is_always_on_the_right(better: Better) -> None:
    one = a_metric(a_target("up", 1.1, better=better), a_target("down", 0.9, better=better), better=better)
    (step,) = fleet(report_of(one), Text())
    root = checked(step.forests[0].svg)
    places = {group.findtext("text"): group for group in root.iter("g")}
    middle = (LEFT + RIGHT) / 2
    for name, ratio in (("up", 1.1), ("down", 0.9)):
        x = drawn(places[name], "dot")[0][0]
        assert (x > middle) == ((ratio > 1) == (better is Better.HIGHER))


def test_an_interval_beyond_the_axis_ends_in_an_arrow_and_one_without_is_a_ring() -> None:
    targets = [a_target(f"t{n}", 1.0 + n / 1000, 0.01) for n in range(12)]
    far = a_target("far", 9.5, 0.02)
    lone = a_target("lone", 1.01, None)
    (step,) = fleet(report_of(a_metric(*targets, far, lone)), Text())
    root = checked(step.forests[0].svg)
    rows = {group.findtext("text"): group for group in root.iter("g")}
    assert len(drawn(rows["far"], "whisk")) == 2
    assert max(x for part in rows["far"].iter("path") for x, _ in points(part.get("d", ""))) <= RIGHT + 0.5
    assert not drawn(rows["far"], "dot")
    assert len(drawn(rows["lone"], "ring")) == 1
    assert not drawn(rows["lone"], "whisk")


def test_net_of_controls_and_groups_are_diamonds() -> None:
    effect = ControlEffect(2, 0.99, Interval(0.98, 1.0, 0.95), 0.94, Interval(0.92, 0.96, 0.95))
    one = replace(a_metric(*fleet_of(6)), controls=effect)
    names = tuple(target.target for target in one.targets)
    group = GroupResult((("region", "japaneast"), ("size", "Standard_D3_v2")), names[:3], replace(one, ratio=0.9))
    report = factory.report((Comparison("pre", "post", (one,), groups=(group,)),), samples=None)
    (step,) = fleet(report, Text())
    root = checked(step.forests[0].svg)
    kinds = [group.get("class", "").split()[-1] for group in root.iter("g")]
    assert kinds == ["all", "net", "group", *["target"] * 6]
    assert "94.0 %" in words(root)
    assert [row.name for row in step.heat.groups] == ["japaneast · Standard_D3_v2 (3)"]


def test_groups_are_worst_first_and_the_rest_counted() -> None:
    one = a_metric(*fleet_of(60))
    names = [target.target for target in one.targets]
    groups = tuple(
        GroupResult(
            (("region", f"r{n:02d}"), ("size", "s")),
            tuple(names[3 * n : 3 * n + 3]),
            replace(one, ratio=1 - n / 100, interval=None),
        )
        for n in range(20)
    )
    (step,) = fleet(factory.report((Comparison("pre", "post", (one,), groups=groups),), samples=None), Text())
    assert [row.name for row in step.heat.groups] == [f"r{n:02d} · s (3)" for n in range(19, 19 - MOST_GROUPS, -1)]
    assert step.heat.hidden_groups.startswith("8 further groups")
    shown = words(checked(step.forests[0].svg))
    assert [name for name in shown if name.startswith("r")] == [f"r{n:02d} · s (3)" for n in range(19, 11, -1)]
    assert "12 further groups" in shown


def test_a_thousand_targets_are_bounded_and_the_rest_counted() -> None:
    metrics = tuple(
        replace(a_metric(*fleet_of(1000, seed)), key=factory.key(case=f"c{seed}"), primary=seed < 20)
        for seed in range(24)
    )
    report = report_of(*metrics)
    (step,) = fleet(report, Text())
    assert len(step.forests) == MOST_FORESTS
    assert step.note.startswith("14 more metrics")
    root = checked(step.forests[0].svg)
    assert len([group for group in root.iter("g") if " target" in group.get("class", "")]) == MOST_TARGETS
    assert f"{1000 - MOST_TARGETS} further targets" in words(root)
    assert len(drawn(root, "many")) == 1
    assert (len(step.heat.rows), len(step.heat.columns)) == (MOST_ROWS, MOST_COLUMNS)
    assert "960 further targets" in step.heat.hidden
    assert all(len(row.cells) == MOST_COLUMNS for row in step.heat.rows)
    assert sum(len(one.svg) for one in step.forests) < 50_000
    assert fleet(report, Text()) == (step,)
    shown = metrics[:MOST_COLUMNS]
    regressed = [
        sum(one.target == row.name and one.verdict is Verdict.REGRESSED for m in shown for one in m.targets)
        for row in step.heat.rows
    ]
    assert regressed == sorted(regressed, reverse=True)


def test_cells_have_a_symbol_a_number_and_a_shade_by_margins() -> None:
    ratios = {"a": 0.94, "b": 0.88, "c": 0.5, "d": 1.001, "e": 1.3}
    open_ = replace(a_target("f", 1.02, 0.3), relocated=True)
    (step,) = fleet(
        report_of(a_metric(*(a_target(name, ratio, 0.002) for name, ratio in ratios.items()), open_)), Text()
    )
    cells = {row.name: row.cells[0] for row in step.heat.rows}
    assert {name: (cell.css, cell.symbol) for name, cell in cells.items() if cell} == {
        "a": ("down h1", "▼"),
        "b": ("down h2", "▼"),
        "c": ("down h3", "▼"),
        "d": ("same", "="),
        "e": ("up h3", "▲"),
        "f": ("open", "?"),
    }
    assert next(row.note for row in step.heat.rows if row.name == "f") == "moved to another host"
    page = render_html(report_of(a_metric(a_target("a", 0.94, 0.002), a_target("d", 1.0, 0.002))))
    assert '<td class="down h1">▼ 94.0</td>' in page


def test_targets_of_one_phase_and_fleets_of_one_are_not_drawn() -> None:
    gone = factory.target("gone", 1000.0, None)
    (step,) = fleet(report_of(a_metric(a_target("a", 1.0), a_target("b", 0.9), gone)), Text())
    assert {row.name for row in step.heat.rows} == {"a", "b"}
    assert "gone" not in step.forests[0].svg
    assert fleet(report_of(a_metric(a_target("a", 1.0))), Text()) == ()


def test_hostile_names_are_text() -> None:
    one = a_metric(a_target(factory.HOSTILE, 1.0), a_target("b", 0.9))
    report = report_of(replace(one, title=factory.HOSTILE))
    (step,) = fleet(report, Text())
    root = checked(step.forests[0].svg)
    assert {part.tag for part in root.iter()} == {"svg", "g", "title", "desc", "path", "text"}
    assert "<script" not in render_html(report).replace("&lt;script", "")
