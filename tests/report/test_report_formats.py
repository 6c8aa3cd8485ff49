"""A comparison in every format: the same verdicts, whole names at every width, no escapes."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import replace

import pytest
import report_factory as factory
from rich.cells import cell_len

from bench.analyse.result import Comparison, Excluded, Verdict
from bench.errors import ReportError
from bench.model import Look, LookOutcome
from bench.report.csv_export import COLUMNS
from bench.report.formats import FORMATS, Output, render
from bench.report.markdown import escape

STORY_RATIOS = ("108 %", "105 %", "95 %", "186 %", "101 %")


def hostile() -> Comparison:
    nasty = factory.HOSTILE
    target = factory.target(nasty, 1.0, 1.1, region=nasty, size="=cmd|'/c calc'!A1")
    one = factory.metric(
        factory.key(nasty, nasty, nasty, nasty), nasty, 1.1, 0.5, unit=nasty, targets=(target,), settle=nasty
    )
    judged = replace(factory.CONFOUNDED, sentence=nasty, not_observed=(nasty,), relocated=(nasty,))
    return Comparison(nasty, nasty, (one,), judged, (), (nasty,))


@pytest.mark.parametrize("name", ["table", "md"])
def test_the_story_is_told_with_honest_verdicts(name: str) -> None:
    said = render(name, [factory.story()], Output(120))
    for ratio in STORY_RATIOS:
        assert re.search(rf"\? +{ratio}", said)
    assert said.count("INCONCLUSIVE (UNREPLICATED)") == 5
    assert "81 … 163 %" in said
    assert "12 more targets" in said


@pytest.mark.parametrize("width", range(60, 201, 7))
def test_the_table_fits_the_terminal_and_keeps_its_words(width: int) -> None:
    said = render("table", list(factory.ladder().comparisons), Output(width))
    assert max(cell_len(line) for line in said.splitlines()) <= width
    assert "REGRESSED" in said
    assert "92.2 %" in said
    assert "INCONCLUSIVE (UNDERPOWERED)" in said
    assert "3 more sessions per tag" in " ".join(said.split())


def extreme() -> Comparison:
    """Everything a table may meet at its widest: endless intervals, foreign units, long names, counts."""
    pair = factory.target("first-machine-of-all → second-machine-of-all", 1.0, 1.1)
    names = ("Throughput", "99.9th percentile of completion latency", "CPU of the receiver", "Retransmits")
    unit = "operations-per-fortnight"
    metrics = [
        factory.metric(factory.key("ntttcp", f"p16-{n}", f"m{n}"), name, 0.36, 90.0, unit=unit, targets=(pair,))
        for n, name in enumerate(names[:3])
    ]
    counted = factory.metric(factory.key("ntttcp", "p16", "m9"), names[3], 1.0, None, unit=unit, targets=(pair,))
    metrics.append(replace(counted, before=0.0, after=123_456_789.0, ratio=None))
    return Comparison("before", "after", tuple(metrics))


@pytest.mark.parametrize("width", range(60, 201))
def test_names_stay_whole_at_every_width_whatever_the_numbers(width: int) -> None:
    said = render("table", [extreme()], Output(width))
    rows = said.splitlines()
    assert max(map(cell_len, rows)) <= width
    ratio = next(line for line in rows if line.startswith("Metric")).index("Ratio")
    first = " ".join(" ".join(line[: min(20, ratio)] for line in rows).split())
    left = (re.split(r" \? ", line[: ratio + 5])[0] for line in rows if not line.startswith("─"))
    folded = re.sub(r"\s", "", "".join(line[: ratio - 2] for line in left))
    for name in ("Throughput", "CPU of the receiver", "Retransmits"):
        assert name in first
    if width < 108:  # above, columns of values stand between
        assert "first-machine-of-all→second-machine-of-all" in folded
    assert "0000" not in said
    assert len(said) < 12_000


@pytest.mark.parametrize("name", ["table", "md"])
def test_people_read_magnitudes_of_extreme_intervals(name: str) -> None:
    said = render(name, [extreme()], Output(150)).replace("&lt;", "<").replace("&gt;", ">")
    assert "< 1 … > 1,000 %" in said
    assert max(map(len, said.splitlines())) < 400


def test_machines_read_the_numbers_of_extreme_intervals() -> None:
    row = next(csv.DictReader(io.StringIO(render("csv", [extreme()]))))
    assert 0 < float(row["ratio_low"]) < 1e-38
    found = json.loads(render("json", [extreme()]))["comparisons"][0]["metrics"][0]["interval"]
    assert found["high"] > 1e38


def test_what_would_settle_is_said_for_the_most_frequent() -> None:
    settles = [f"about {n} more targets" for n in (1, 2, 3, 3, 4, 5, 5, 5)]
    metrics = tuple(
        factory.metric(factory.key(case=str(n)), "x", 1.0, 1.0, settle=words) for n, words in enumerate(settles)
    )
    said = [
        line for line in render("table", [Comparison("a", "b", metrics)], Output(100)).splitlines() if line[0] == "?"
    ]
    assert said == [
        "? To settle 3 metrics: about 5 more targets",
        "? To settle 2 metrics: about 3 more targets",
        "? To settle 1 metric: about 1 more targets",
        "? and 2 more (see --format json)",
    ]


def test_many_targets_are_listed_only_when_asked_for() -> None:
    comparison = Comparison("a", "b", factory.many(40))
    assert "vm-1" not in render("table", [comparison], Output(120))
    assert "vm-1" in render("table", [comparison], Output(120, targets=True))


def test_colour_is_used_only_where_it_is_wanted() -> None:
    comparisons = [factory.ladder().comparisons[1]]
    assert "\x1b[" not in render("table", comparisons, Output(100))
    assert re.search(r"\x1b\[1;31m *▼ +92.2 %\x1b\[0m", render("table", comparisons, Output(100, colour=True)))


@pytest.mark.parametrize("name", [*FORMATS])
def test_no_format_lets_control_characters_through(name: str) -> None:
    said = render(name, [hostile()], Output(200))
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_markdown_makes_markup_literal() -> None:
    said = render("md", [hostile()])
    assert "<" not in said
    assert "\\[a\\](javascript:alert(3))" in said
    assert escape("a|b @me http://x www.y # no") == "a\\|b @&#8203;me http&#58;//x www&#46;y # no"
    assert escape("#12 fixes #3, 別#4 u@h x#5") == "\\#&#8203;12 fixes #&#8203;3, 別#&#8203;4 u@h x#5"
    assert escape("# h") == "\\# h"
    assert escape("1. x") == "1\\. x"
    assert escape("1.5 x") == "1.5 x", "a backslash before a digit would be seen"
    for line in said.splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") == 10


def test_csv_has_every_row_in_full_precision() -> None:
    rows = list(csv.DictReader(io.StringIO(render("csv", list(factory.ladder().comparisons)))))
    assert tuple(rows[0]) == COLUMNS
    assert [row["level"] for row in rows[:4]] == ["all", "group", "target", "target"]
    assert float(rows[0]["ratio"]) == 0.997
    assert rows[0]["labels"] == ""
    assert rows[2]["labels"] == "region=japaneast;size=Standard_D3_v2"
    assert (rows[2]["ratio_low"], rows[2]["sessions_before"], rows[0]["sessions_before"]) == ("", "1", "")


def test_csv_text_is_no_formula() -> None:
    one = factory.metric(factory.key(), "=HYPERLINK(1)", 1.1, unit="@x", settle="+1", reason=None)
    row = next(csv.DictReader(io.StringIO(render("csv", [Comparison("-a", "b", (replace(one, settle="+1"),))]))))
    assert (row["title"], row["unit"], row["settle"], row["before_tag"]) == ("'=HYPERLINK(1)", "'@x", "'+1", "'-a")


def test_json_follows_its_documented_schema() -> None:
    comparison = factory.ladder().comparisons[2]
    nan = replace(comparison.metrics[0], p=math.nan, detectable=math.inf)
    data = json.loads(render("json", [replace(comparison, metrics=(nan, *comparison.metrics[1:]))]))
    assert data["schema"] == "vmbench/comparison/1"
    found = data["comparisons"][0]
    names = {
        "before",
        "after",
        "metrics",
        "groups",
        "attribution",
        "excluded",
        "warnings",
        "details",
        "looks",
        "overall",
    }
    assert set(found) == names
    first = found["metrics"][0]
    assert first["key"] == {
        "suite": "ntttcp",
        "case": "streams-16",
        "part": "receive",
        "metric": "throughput",
        "params": {},
    }
    assert (first["p"], first["detectable"], first["verdict"], first["reason"]) == (None, None, "improved", None)
    assert first["interval"]["low"] == pytest.approx(1.086 * math.exp(-0.014))
    assert first["targets"][0]["sessions"] == {"before": 1, "after": 1}
    assert "targets" not in found["groups"][0]["result"]
    assert found["attribution"]["kind"] == "confounded"
    assert [change["declared_by"] for change in found["attribution"]["changes"]] == ["sriov", None]


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(ReportError, match="table, md, jira, csv, json, junit"):
        render("xls", [])


def test_nothing_to_compare_is_said() -> None:
    empty = [Comparison("a", "b", ())]
    assert "no metrics" in render("table", empty)
    assert "no metrics" in render("md", empty)
    assert render("csv", empty).count("\n") == 1


def test_looks_are_told_in_every_output() -> None:
    comparison = replace(
        factory.ladder().comparisons[0],
        looks=(
            Look(
                1, "a", (3, 2), 0.005, 0.005, "2018-01-05T00:00:00Z", ("r1",), (("fio/x", 0.0004),), LookOutcome.DECIDED
            ),
        ),
    )
    told = "look 1 of 4 after 3 + 2 sessions, at α = 0.005 (0.005 of 0.05 spent): every primary metric is decided"
    assert told in " ".join(render("table", [comparison], Output(width=400)).split())
    assert told in render("md", [comparison])
    (look,) = json.loads(render("json", [comparison]))["comparisons"][0]["looks"]
    assert (look["number"], look["sessions"], look["p"], look["outcome"]) == (1, [3, 2], {"fio/x": 0.0004}, "decided")


def test_the_one_verdict_is_that_of_the_primary_metrics() -> None:
    same = factory.metric(factory.key("fio", "a", "iops"), "IOPS", 1.0, 0.001, primary=True)
    worse = factory.metric(factory.key("fio", "b", "iops"), "IOPS", 0.5, 0.01)
    assert (same.verdict, worse.verdict) == (Verdict.NO_CHANGE, Verdict.REGRESSED)
    said = render("md", [Comparison("a", "b", (same, worse))])
    assert (
        "Overall NO MEANINGFUL CHANGE (1 primary metric: 1 no meaningful change). 2 metrics: 1 regressed, 1 no" in said
    )
    assert "Overall REGRESSED. 2 metrics" in render("md", [Comparison("a", "b", (replace(same, primary=False), worse))])


def test_what_was_left_out_is_counted_in_every_output() -> None:
    item = Excluded("fio/iops", "=negative", 3)
    comparison = replace(factory.story(), excluded=(item,))
    assert "Excluded: 3 × fio/iops (=negative)" in render("table", [comparison], Output(width=200))
    assert "Excluded: 3 × fio/iops" in render("md", [comparison])
    assert json.loads(render("json", [comparison]))["comparisons"][0]["excluded"][0]["count"] == 3
    row = list(csv.DictReader(io.StringIO(render("csv", [comparison]))))[-1]
    assert (row["level"], row["metric"], row["reason"], row["excluded"]) == ("excluded", "fio/iops", "'=negative", "3")
    assert comparison.to_frame().attrs["excluded"] == [("fio/iops", "=negative", 3)]
