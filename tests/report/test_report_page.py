"""The view models of the page: order, bars, verdicts of steps, words, coverage, provenance."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from pathlib import Path

import pytest
import report_factory as factory

from bench.analyse.headline import overall
from bench.analyse.result import (
    AttributionKind,
    Comparison,
    FlagKind,
    GroupResult,
    Reason,
    Verdict,
)
from bench.errors import ReportError
from bench.model import Attempt, Better, Scale, Status, StoredFile, Trial
from bench.report.bars import Axis, axis_for, bar
from bench.report.catalogues.english import ENGLISH
from bench.report.layout import page
from bench.report.provenance import collect
from bench.report.ratios import MOST_ROWS, MOST_TARGETS
from bench.report.text import Text
from bench.report.view import steps_of
from bench.resources import data_folder


def test_the_worst_targets_come_first_and_the_rest_is_counted() -> None:
    targets = tuple(
        replace(
            factory.target(f"vm-{n:02}", 100.0, 100.0 - n),
            verdict=Verdict.REGRESSED if n == 7 else Verdict.NO_CHANGE,
            reason=None,
        )
        for n in range(MOST_TARGETS + 3)
    )
    one = factory.metric(factory.key(), "IOPS", 0.9, 0.01, targets=targets)
    block = page(factory.report((Comparison("a", "b", (one,)),))).tables[0].groups[0][1][0]
    assert [row.name for row in block.rows] == [("All: 43 targets",)]
    assert block.fold is not None
    assert [row.name for row in block.fold.rows[:2]] == [("vm-07",), ("vm-42",)]
    assert len(block.fold.rows) == MOST_TARGETS
    assert (block.fold.title, block.hidden) == ("The 40 worst of 43 targets", "")
    assert block.fold.hidden == "3 more targets in the CSV: 3 no meaningful change."


def test_better_is_always_on_the_right() -> None:
    axis = Axis(0.2)
    assert axis.place(1.1, Better.HIGHER)[0] > 66 > axis.place(0.9, Better.HIGHER)[0]
    assert axis.place(1.1, Better.LOWER)[0] < 66 < axis.place(0.9, Better.LOWER)[0]
    assert axis.place(1.2, Better.HIGHER) == (126.0, False)
    assert axis.place(5.0, Better.HIGHER) == (126.0, True)
    assert axis.place(0.0, Better.LOWER) == (126.0, True)


def test_bars_of_a_latency_that_fell_lie_right_of_the_middle() -> None:
    one = factory.metric(factory.key(), "Latency", 0.8, 0.02, better=Better.LOWER)
    cell = page(factory.report((Comparison("a", "b", (one,)),))).matrix.groups[0].rows[0].cells[0]
    assert cell is not None
    assert (cell.css, cell.symbol, cell.ratio, cell.interval) == ("up", "▲", "80.0 %", "78.4 … 81.6 %")
    assert cell.reason == "by 5 % or more"
    assert cell.bar is not None
    assert cell.bar.low is not None
    assert cell.bar.high is not None
    assert 66 < cell.bar.low < cell.bar.dot < cell.bar.high


def test_the_axis_shows_margins_and_most_intervals() -> None:
    assert axis_for([factory.metric(factory.key(), "x", 1.0, 0.001)]).reach == 0.1
    assert axis_for([factory.metric(factory.key(), "x", 3.0, 0.3)]).reach == 4.0


@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [
        ((1.0, 1.0), Verdict.NO_CHANGE),
        ((1.0, None), Verdict.INCONCLUSIVE),
        ((1.2, 1.0), Verdict.IMPROVED),
        ((1.2, 0.8), Verdict.REGRESSED),
        ((), Verdict.INCONCLUSIVE),
    ],
)
def test_the_verdict_of_a_step(ratios: tuple[float | None, ...], verdict: Verdict) -> None:
    metrics = [factory.metric(factory.key(case=str(n)), "x", ratio, 0.001) for n, ratio in enumerate(ratios)]
    assert overall(metrics) is verdict


def test_steps_are_adjacent_pairs_then_first_to_last() -> None:
    assert steps_of(["a", "b", "c"]) == (("a", "b"), ("b", "c"), ("a", "c"))
    assert steps_of(["a", "b"]) == (("a", "b"),)
    assert steps_of(["a"]) == ()


def test_every_word_is_in_the_catalogue_and_every_entry_is_used() -> None:
    root = Path(__file__).resolve().parents[2]
    sources = [*(root / "bench/report").rglob("*.py"), *data_folder("templates").rglob("*.html")]
    code = "\n".join(path.read_text("utf-8") for path in sources if path.parent.name != "catalogues")
    built = (
        "verdict.",
        "reason.",
        "flag.",
        "doubt.",
        "trust.",
        "coverage.",
        "detail.basis.",
        "provenance.",
        "table.",
        "method.sample.",
        "better.",
        "ladder.",
        "factor.",
        "event.",
        "machines.",
        "revised",
        "month.",
        "date.",
        "cause.",
        "kind.",
        "data.",
    )
    nouns = {key.split(".")[0] for key in ENGLISH if re.fullmatch(r"[a-z_]+\.(one|many)", key)}
    for key in ENGLISH:
        noun = key.split(".")[0]
        if noun in nouns and key != "names.more":
            assert f'number("{noun}"' in code or f"number('{noun}'" in code, key
        elif not key.startswith(built):
            assert f'"{key}"' in code or f"'{key}'" in code, key
    assert {f"{noun}.{form}" for noun in nouns for form in ("one", "many")} <= set(ENGLISH)
    for prefix, members in (("verdict", Verdict), ("reason", Reason), ("flag", FlagKind)):
        assert {f"{prefix}.{member.name}" for member in members} <= set(ENGLISH)
    for words in ENGLISH.values():
        assert all(name is None or name.isidentifier() for _, name, _, _ in string.Formatter().parse(words))


def test_missing_words_are_an_error() -> None:
    with pytest.raises(ReportError, match="no words"):
        Text()("no such key")
    with pytest.raises(ReportError, match="no language 'tlh'"):
        Text("tlh")


def test_provenance_gathers_tools_and_files() -> None:
    trial = Trial("t1", ("a", "b"), "iperf3", "tcp", 1, (("time", 5),))
    record = Attempt(
        trial, 1, Status.OK, "", "", "", (StoredFile("raw/x", "1" * 64, 3),), (), tool=(("version", "3.12"),)
    )
    found = collect([("r2/trials/t1/1", record), ("r1/trials/t1/1", record)])
    assert [file.path for file in found.files] == ["r1/trials/t1/1/raw/x", "r2/trials/t1/1/raw/x"]
    assert [(tool.targets, tool.trials) for tool in found.tools] == [(("a → b",), 2)]
    assert found.parameters == (("iperf3", "tcp", "time=5"),)
    assert len(found.digest) == 64
    assert found.digest != collect([("r1/trials/t1/1", record)]).digest


def test_imported_runs_have_no_place_on_the_timeline() -> None:
    runs = [
        factory.run(tag, 1, "2026-11-22T10:00:00Z", imported=True) for tag in ("pre-maintenance", "post-host-patch")
    ]
    made = page(factory.report((factory.story(),), runs=runs))
    assert made.timeline is None
    assert "2026" not in made.meta
    assert "Measured elsewhere: pre-maintenance, post-host-patch." in [finding.point for finding in made.findings]


def test_a_step_without_facts_has_no_table_of_facts() -> None:
    unknown = replace(factory.ATTRIBUTED, kind=AttributionKind.UNKNOWN, changes=())
    assert page(factory.report((replace(factory.story(), attribution=unknown),))).facts == ()
    none_changed = replace(factory.ATTRIBUTED, changes=())
    assert page(factory.report((replace(factory.story(), attribution=none_changed),))).facts[0].rows == ()


def test_what_lies_beyond_the_scale_points_outwards() -> None:
    axis = Axis(0.2)
    one = factory.metric(factory.key(), "x", 5.0, 0.01)
    right = bar(one, 0.05, Better.HIGHER, axis, "")
    left = bar(one, 0.05, Better.LOWER, axis, "")
    assert right is not None
    assert left is not None
    assert (right.dot, right.low, right.high, right.cut_low, right.cut_high) == (None, 116.0, 126.0, False, True)
    assert (left.dot, left.low, left.high, left.cut_low, left.cut_high) == (None, 6.0, 16.0, True, False)
    alone = bar(factory.target("vm", 1.0, 5.0), 0.05, Better.HIGHER, axis, "")
    assert alone is not None
    assert (alone.dot, alone.low, alone.high, alone.cut_high) == (None, 116.0, 126.0, True)


def test_counts_without_a_ratio_show_both_values() -> None:
    one = replace(
        factory.metric(factory.key("iperf3", "tcp", "retransmits"), "TCP retransmits", None, None, better=Better.LOWER),
        before=0.0, after=12.0, scale=Scale.COUNT, unit="segments", verdict=Verdict.REGRESSED, reason=None, settle="",
    )  # fmt: skip
    made = page(factory.report((Comparison("a", "b", (one,)),)))
    assert made.cards[0].sentence.startswith("a → b: TCP retransmits 0 → 12,")
    cell = made.matrix.groups[0].rows[0].cells[0]
    assert cell is not None
    assert (cell.ratio, cell.bar) == ("0 → 12", None)
    assert made.matrix.groups[0].rows[0].unit == "events (segments), lower is better"


def test_many_metrics_leave_a_short_first_look() -> None:
    made = page(factory.report((Comparison("a", "b", factory.many(60)),), samples=None))
    shown = [row for group in made.matrix.groups for row in group.rows]
    hidden = [row for group in made.matrix.more for row in group.rows]
    assert len(shown) + len(hidden) == 60
    assert all(row.primary or row.cells[0].css in ("up", "down") for row in shown if row.cells[0])
    assert {row.cells[0].css for row in hidden if row.cells[0]} == {"same", "open"}
    assert made.matrix.more_title == f"{len(hidden)} more metrics, neither improved nor regressed"
    assert not made.tables[0].open
    few = page(factory.report((Comparison("a", "b", factory.many(5)),)))
    assert (few.matrix.more, few.tables[0].open) == ((), True)


def test_no_suite_is_hidden_because_nothing_in_it_moved() -> None:
    quiet = tuple(factory.metric(factory.key("quiet", metric=f"m{n}"), f"m{n}", 1.0, 0.001) for n in range(9))
    made = page(factory.report((Comparison("a", "b", (*factory.many(20), *quiet)),), samples=None))
    shown = {group.title: [row.title for row in group.rows] for group in made.matrix.groups}
    assert shown["quiet"] == ["m0", "m1", "m2"]
    assert {group.title: len(group.rows) for group in made.matrix.more}["quiet"] == 6


def test_a_large_fleet_does_not_make_a_huge_page() -> None:
    fleet = tuple(factory.target(f"vm-{n}", 1.0, 1.0) for n in range(50))
    metrics = tuple(replace(one, targets=fleet) for one in factory.many(600))
    tables = page(factory.report((Comparison("a", "b", metrics),), samples=None)).tables
    blocks = [block for _, some in tables[0].groups for block in some]
    folds = [block.fold for block in blocks if block.fold is not None]
    assert len(folds) == len(blocks) == 600
    assert {len(block.rows) for block in blocks} == {1}
    assert MOST_ROWS * 0.9 < sum(len(fold.rows) for fold in folds) <= MOST_ROWS
    assert {fold.hidden for fold in folds} == {
        f"{50 - n} more targets in the CSV: {50 - n} inconclusive." for n in {len(fold.rows) for fold in folds}
    }


def test_a_relocated_target_says_so_in_its_row() -> None:
    moved = replace(factory.target("vm-1", 1.0, 1.1, 2), relocated=True)
    one = factory.metric(factory.key(), "x", 1.1, targets=(moved,))
    rows = page(factory.report((Comparison("a", "b", (one,)),), samples=None)).tables[0].groups[0][1][0].rows
    assert rows[1].note == "moved to another host; within-session spread 2 %"


def test_groups_stand_between_all_and_each() -> None:
    targets = tuple(factory.target(f"vm-{n}", 1.0, 1.1, region="r", size="s" if n < 2 else "t") for n in range(3))
    one = factory.metric(factory.key(), "x", 1.1, targets=targets)
    groups = tuple(
        GroupResult((("region", "r"), ("size", size)), names, one)
        for size, names in (("s", ("vm-0", "vm-1")), ("t", ("vm-2",)))
    )
    comparison = Comparison("a", "b", (one,), groups=groups)
    block = page(factory.report((comparison,), samples=None)).tables[0].groups[0][1][0]
    assert [(row.level, row.name, row.number, row.labels) for row in block.rows] == [
        ("all", ("All: 3 targets",), "3", ("", "")),
        ("group", ("vm-0,", "vm-1"), "2", ("r", "s")),
        ("target", ("vm-2",), "1", ("r", "t")),
    ]
    assert block.fold is not None
    assert [row.name for row in block.fold.rows] == [("vm-0",), ("vm-1",)]
    assert block.fold.title == "2 targets one by one, worst first"


def test_machines_are_counted_and_pairs_apart() -> None:
    disk = factory.metric(factory.key(), "IOPS", 1.1, targets=tuple(factory.target(n, 1.0, 1.1) for n in ("a", "b")))
    pair = factory.target("a → b", 1.0, 1.1)
    net = factory.metric(factory.key("iperf3"), "Throughput", 1.1, targets=(pair,))
    made = page(factory.report((Comparison("pre", "post", (disk, net)),)))
    assert made.meta.startswith("2 targets · 1 pair · 2 phases")
    assert "Only 2 targets." in [finding.point for finding in made.findings]
    names = [block.rows[0].name for _, blocks in made.tables[0].groups for block in blocks]
    assert names == [("All: 2 targets",), ("All: 1 pair",)]
    assert any("With 1 to 2 targets (or pairs)" in sentence for sentence in made.folds[1].sentences)
    assert {gallery.title: gallery.first[0].note for gallery in made.galleries}["iperf3"].startswith("IOPS, 1 pair;")


def test_endless_intervals_do_not_squeeze_the_others() -> None:
    narrow, endless = factory.metric(factory.key(), "x", 1.1, 0.1), factory.metric(factory.key(), "y", 1.0, 80.0)
    assert axis_for([narrow, endless, endless]) == axis_for([narrow]) == Axis(0.3)
    decided, wide = factory.metric(factory.key(), "x", 1.2, 0.05), factory.metric(factory.key(), "z", 1.2, 1.4)
    assert [axis_for(some).reach for some in ([decided], [wide], [decided, wide])] == [0.3, 4.0, 0.5]
    assert Axis(9.0).words == ("10", "1,000")


def test_what_is_not_decided_is_on_the_axis_all_the_same() -> None:
    """A step that is confounded as a whole has narrow intervals far from the middle: they are drawn, not pointed at."""
    decided = [factory.metric(factory.key(), f"x{n}", 0.94, 0.006) for n in range(3)]
    confounded = [factory.metric(factory.key(), f"y{n}", 1.11, 0.01, reason=Reason.CONFOUNDED) for n in range(2)]
    same = [factory.metric(factory.key(), f"z{n}", 1.0, 0.06) for n in range(2)]
    assert axis_for([*decided, *same]).reach == 0.1
    assert axis_for([*decided, *same, *confounded]).reach == 0.2
