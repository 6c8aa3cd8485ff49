"""Flags in every output: said with their numbers, marked on their rows, and never louder than a verdict."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
import report_factory as factory
from rich.cells import cell_len

from bench.analyse.result import Comparison, Flag, FlagKind
from bench.report.catalogues.english import ENGLISH
from bench.report.formats import Output, render
from bench.report.html import render_html
from bench.report.layout import page
from bench.report.lines import flag_lines

DRIFT = Flag(FlagKind.DRIFT, "within 'before' it falls by 0.8 % a day (8 sessions)", "before")
OUTLIER = Flag(FlagKind.OUTLIER, "1 session lies far off the level of its target: vm-2 −23 %", "", ("vm-2",))


def flagged(number: int = 3, *flags: Flag) -> Comparison:
    """`number` metrics, of which the last is quiet; the factory's targets are vm-1 and vm-2."""
    metrics = [
        factory.metric(factory.key(case=f"case-{index}"), f"Metric {index}", 1.0, 0.01) for index in range(number)
    ]
    odd = [replace(metric, flags=flags or (DRIFT, OUTLIER)) for metric in metrics[:-1]]
    return Comparison("before", "after", (*odd, metrics[-1]))


@pytest.mark.parametrize("name", ["table", "md"])
def test_rows_are_marked_and_lines_below_say_why(name: str) -> None:
    said = render(name, [flagged()], Output(150)).replace("\\", "")
    rows = [line for line in said.splitlines() if "%" in line and "Metric" in line and "·" not in line]
    assert ["~" in line.split("=")[0] for line in rows if "vm-" not in line] == [True, True, False]
    targets = [line for line in said.splitlines() if "japaneast" in line]
    assert ["~" in line.split("japaneast" if name == "md" else "Standard_D3_v2")[-1] for line in targets][:2] == (
        [False, True] if name == "table" else [False, False]
    )
    assert "~ drift · Metric 0 (case-0): within 'before' it falls by 0.8 % a day (8 sessions)" in said
    assert "~ outlier · Metric 1 (case-1): 1 session lies far off the level of its target: vm-2 −23 %" in said


def test_in_markdown_the_metric_is_marked_on_the_rows_that_it_concerns() -> None:
    rows = [line for line in render("md", [flagged()]).splitlines() if line.startswith("| Metric 0")]
    assert [line.split("|")[1].strip().endswith("\\~") for line in rows] == [True, False, True]  # all, vm-1, vm-2


def test_of_many_metrics_some_are_told_and_the_others_counted() -> None:
    lines = flag_lines(flagged(9))
    assert len(lines) == 6
    assert lines[2] == "drift: 6 more metrics"
    assert lines[-1] == "outlier: 6 more metrics"
    assert flag_lines(flagged(4))[2] == "drift: 1 more metric"
    assert flag_lines(factory.story()) == []


@pytest.mark.parametrize("width", range(60, 201, 20))
def test_marks_and_lines_fit_the_terminal(width: int) -> None:
    said = render("table", [flagged()], Output(width))
    assert max(cell_len(line) for line in said.splitlines()) <= width
    assert "8 sessions" in " ".join(said.split())


def test_flags_are_not_coloured() -> None:
    said = render("table", [flagged()], Output(200, colour=True))
    assert all("\x1b" not in line for line in said.splitlines() if line.startswith("~ "))


def test_csv_has_the_flags_of_metrics_and_of_the_targets_they_name() -> None:
    rows = list(csv.DictReader(io.StringIO(render("csv", [flagged()]))))
    both = f"drift: {DRIFT.sentence}; outlier: {OUTLIER.sentence}"
    assert [row["flags"] for row in rows[:3]] == [both, "", f"outlier: {OUTLIER.sentence}"]
    assert rows[-1]["flags"] == ""


def test_the_frame_has_them_too() -> None:
    frame = flagged().to_frame()
    assert frame["flags"].tolist()[:3] == [
        f"drift: {DRIFT.sentence}; outlier: {OUTLIER.sentence}",
        "",
        f"outlier: {OUTLIER.sentence}",
    ]


def test_json_has_every_field() -> None:
    found = json.loads(render("json", [flagged()]))["comparisons"][0]["metrics"]
    assert found[0]["flags"] == [
        {"kind": "drift", "tag": "before", "sentence": DRIFT.sentence, "targets": []},
        {"kind": "outlier", "tag": None, "sentence": OUTLIER.sentence, "targets": ["vm-2"]},
    ]
    assert found[-1]["flags"] == []


def test_the_page_marks_metrics_and_says_why_in_the_tables() -> None:
    made = page(factory.report((flagged(),), samples=None))
    rows = [row for group in made.matrix.groups for row in group.rows]
    assert [row.flags for row in rows] == [("drift", "outlier"), ("drift", "outlier"), ()]
    blocks = [block for _, some in made.tables[0].groups for block in some]
    assert blocks[0].flags == (f"drift: {DRIFT.sentence}", f"outlier: {OUTLIER.sentence}")
    html = render_html(factory.report((flagged(),), samples=None))
    assert html.count('<span class="tag flag">drift</span>') == 2
    assert "~ outlier: 1 session lies far off the level of its target: vm-2 −23 %</small>" in html


def test_what_to_distrust_counts_them_once_a_step() -> None:
    made = page(factory.report((flagged(),), samples=None))
    (finding,) = [one for one in made.findings if "odd values" in one.point]
    assert finding.point == "before → after: odd values in 2 of 3 metrics."
    assert finding.detail == f"drift 2, outlier 2. For example Metric 0: {DRIFT.sentence}."
    later = replace(flagged(), before="after", after="later")
    (finding,) = [
        one for one in page(factory.report((flagged(), later), samples=None)).findings if "values" in one.point
    ]
    assert finding.point == "Odd values in 4 of 6 results."
    quiet = page(factory.report((factory.story(),), samples=None))
    assert not [one for one in (*quiet.findings, *quiet.more_findings) if "odd values" in one.point]


def test_the_example_is_of_a_primary_metric_where_one_is_odd() -> None:
    comparison = flagged()
    second = replace(comparison.metrics[1], primary=True)
    one = replace(comparison, metrics=(comparison.metrics[0], second, comparison.metrics[2]))
    (finding,) = [one for one in page(factory.report((one,), samples=None)).findings if "odd values" in one.point]
    assert "For example Metric 1:" in finding.detail


def test_every_kind_has_its_words() -> None:
    assert {ENGLISH[f"flag.{kind.name}"] for kind in FlagKind} == {kind.value for kind in FlagKind}


@pytest.mark.parametrize("name", ["table", "md", "csv", "json"])
def test_names_in_flags_are_harmless(name: str) -> None:
    nasty = Flag(FlagKind.OUTLIER, factory.HOSTILE, factory.HOSTILE, (factory.HOSTILE,))
    said = render(name, [flagged(2, nasty)], Output(200))
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "<script>" not in render_html(factory.report((flagged(2, nasty),), samples=None))
