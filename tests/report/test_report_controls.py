"""Controls in every output: how far they moved, the effect net of them, and which targets they are."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
import report_factory as factory

from bench.analyse.frames import comparison_frame
from bench.analyse.result import Comparison, ControlEffect, GroupResult, Interval, MetricResult
from bench.report.formats import Output, render
from bench.report.html import render_html
from bench.report.layout import page
from bench.report.tables import RatioBlock, RatioRow

EFFECT = ControlEffect(3, 0.9, Interval(0.85, 0.95, 0.99), 0.97, Interval(0.91, 1.03, 0.99))


def metric(effect: ControlEffect | None = EFFECT) -> MetricResult:
    names = ("a", "b", "ctl-1", "ctl-2", "moved", "x → ctl-1")
    targets = tuple(
        replace(factory.target(name, 1.0, 0.87), control="ctl" in name, relocated=name == "moved") for name in names
    )
    return replace(factory.metric(factory.key(), "IOPS", 0.87, targets=targets), controls=effect)


def comparison(effect: ControlEffect | None = EFFECT) -> Comparison:
    one = metric(effect)
    region = ("region", "japaneast")
    groups = (
        GroupResult((region,), ("a", "b"), one),
        GroupResult((region, ("control", "yes")), ("ctl-1", "ctl-2"), one),
        GroupResult((region, ("host", "moved")), ("moved", "other"), one),
        GroupResult((("region", "westus"),), ("alone",), one),
    )
    return Comparison("pre", "post", (one,), groups=groups)


def block(effect: ControlEffect | None = EFFECT) -> RatioBlock:
    return page(factory.report((comparison(effect),), samples=None)).tables[0].groups[0][1][0]


def rows(effect: ControlEffect | None = EFFECT) -> tuple[RatioRow, ...]:
    return block(effect).rows


def test_the_page_has_a_row_net_of_controls_and_their_own_effect() -> None:
    first, net = rows()[:2]
    assert (first.level, net.level, net.name) == ("all", "net", ("Net of 3 controls",))
    assert first.name == ("All: 3 targets",)
    assert (net.verdict.ratio, net.verdict.interval) == ("97 %", "91 … 103 %")
    assert net.verdict.word == "controls: 90 % (85 … 95 %)"
    assert net.verdict.bar is not None
    assert net.verdict.bar.dot < 66 < net.verdict.bar.high
    said = render_html(factory.report((comparison(),), samples=None))
    assert "Net of 3 controls" in said
    assert said.count('class="v net"') == 1


def test_groups_and_targets_say_why_they_are_apart() -> None:
    found = rows()
    assert {(" ".join(row.name), row.number): row.note for row in found if row.level == "group"} == {
        ("a, b", "2"): "",
        ("ctl-1, ctl-2", "2"): "controls: nothing was changed here",
        ("moved, other", "2"): "moved to another host",
    }
    fold = block().fold
    assert fold is not None
    notes = {" ".join(row.name): row.note for row in (*found, *fold.rows) if row.level == "target"}
    assert notes == {
        "a": "",
        "b": "",
        "ctl-1": "control: nothing was changed here",
        "ctl-2": "control: nothing was changed here",
        "moved": "moved to another host",
        "x → ctl-1": "a control at one end or both",
    }


def test_what_is_not_known_is_a_dash() -> None:
    net = rows(ControlEffect(1, 0.9, None, None, None))[1]
    assert (net.name, net.verdict.ratio, net.verdict.interval, net.verdict.bar) == (
        ("Net of 1 control",),
        "–",
        "–",
        None,
    )
    assert net.verdict.word == "controls: 90 %"
    assert "net" not in {row.level for row in rows(None)}


@pytest.mark.parametrize("width", [60, 100, 160])
def test_the_table_has_a_line_net_of_controls(width: int) -> None:
    said = render("table", [comparison()], Output(width))
    assert max(map(len, said.splitlines())) <= width
    flat = " ".join(said.split())
    assert "net of 3 controls" in flat
    assert "97 %" in flat
    assert "ctl-1 (control)" in flat
    assert "moved (other host)" in flat
    assert "2 controls" in flat
    (line,) = [line for line in render("table", [comparison()], Output(160)).splitlines() if "net of" in line]
    assert " ".join(line.split()) == "net of 3 controls 97 % 91 … 103 % controls: 90 % (85 … 95 %)"
    assert "net of" not in render("table", [comparison(None)], Output(width))


def test_markdown_has_the_same_line() -> None:
    (line,) = [line for line in render("md", [comparison()]).splitlines() if "net of" in line]
    assert [cell.strip() for cell in line.split("|")][2:9] == [
        "net of 3 controls", "", "", "", "97 %", "91 … 103 %", "controls: 90 % (85 … 95 %)",
    ]  # fmt: skip


def test_groups_are_listed_while_they_are_few_and_targets_are() -> None:
    assert "2 targets · japaneast" in render("table", [comparison()], Output(120))
    assert "2 targets · japaneast" not in render("table", [comparison()], Output(120, targets=False))
    many = replace(comparison(), groups=comparison().groups * 21)
    assert "2 targets · japaneast" not in render("table", [many], Output(120))
    assert "2 targets · japaneast" in render("table", [many], Output(120, targets=True))


def test_csv_and_frame_have_columns_of_them() -> None:
    table = list(csv.DictReader(io.StringIO(render("csv", [comparison()]))))
    named = ("controls", "controls_ratio", "controls_low", "controls_high", "net", "net_low", "net_high")
    assert [table[0][name] for name in named] == ["3", "0.9", "0.85", "0.95", "0.97", "0.91", "1.03"]
    by_target = {row["target"]: row for row in table if row["level"] == "target"}
    assert [by_target["ctl-1"][name] for name in ("control", "relocated", "net")] == ["yes", "no", ""]
    assert [by_target["moved"][name] for name in ("control", "relocated", "pooled")] == ["no", "yes", "yes"]
    frame = comparison_frame(comparison())
    assert [frame.iloc[0][name] for name in named] == [3, 0.9, 0.85, 0.95, 0.97, 0.91, 1.03]
    assert list(frame[frame["control"]]["target"]) == ["ctl-1", "ctl-2", "x → ctl-1"]
    bare = next(csv.DictReader(io.StringIO(render("csv", [comparison(None)]))))
    assert [bare[name] for name in named] == ["0", *[""] * 6]
    assert comparison_frame(comparison(ControlEffect(1, None, None, None, None))).iloc[0]["controls"] == 1


def test_json_has_them_with_each_metric() -> None:
    first = json.loads(render("json", [comparison()]))["comparisons"][0]["metrics"][0]
    assert first["controls"] == {
        "targets": 3,
        "ratio": 0.9,
        "interval": {"low": 0.85, "high": 0.95, "level": 0.99},
        "net": 0.97,
        "net_interval": {"low": 0.91, "high": 1.03, "level": 0.99},
    }
    assert [one["control"] for one in first["targets"]] == [False, False, True, True, False, True]
    bare = json.loads(render("json", [comparison(ControlEffect(1, 0.9, None, None, None))]))
    assert bare["comparisons"][0]["metrics"][0]["controls"]["net_interval"] is None
    assert json.loads(render("json", [comparison(None)]))["comparisons"][0]["metrics"][0]["controls"] is None
