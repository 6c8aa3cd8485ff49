"""Long tables: what of a large fleet is shown, what is folded, and that the rest is counted."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
import report_factory as factory
from hypothesis import given, settings
from hypothesis import strategies as some

from bench.analyse.coverage import Coverage, CoverageRow
from bench.analyse.result import (
    Comparison,
    Excluded,
    FactChange,
    GroupResult,
    MetricResult,
    Reason,
    TargetResult,
    Verdict,
)
from bench.report.covered import FEW_ROWS
from bench.report.html import render_html
from bench.report.layout import page
from bench.report.page import Page
from bench.report.provenance import FileDigest, Provenance, ToolUse
from bench.report.ratios import MOST_ROWS
from bench.report.rooms import rooms
from bench.report.tables import RatioBlock

SIZES = ("D3", "D4", "F2", "E8")


def fleet(number: int, sizes: int = 4) -> tuple[TargetResult, ...]:
    """Every fifth target lost, the larger its number the more."""
    return tuple(
        replace(
            factory.target(f"vm-{n:04}", 100.0, 100.0 if n % 5 else 90.0 - n / 100, region="r", size=SIZES[n % sizes]),
            verdict=Verdict.REGRESSED if n % 5 == 0 else Verdict.NO_CHANGE,
            reason=None,
            settle="",
        )
        for n in range(number)
    )  # fmt: skip


def grouped(metrics: tuple[MetricResult, ...]) -> tuple[GroupResult, ...]:
    """The groups of every metric by size, also those of one target."""
    found = []
    for metric in metrics:
        by_size: dict[str, list[str]] = {}
        for one in metric.targets:
            by_size.setdefault(dict(one.labels)["size"], []).append(one.target)
        found += [
            GroupResult((("region", "r"), ("size", size)), tuple(names), metric)
            for size, names in by_size.items()
            if len(by_size) > 1
        ]
    return tuple(found)


def made(targets: int, metrics: int = 3, sizes: int = 4, steps: int = 1) -> Page:
    machines = fleet(targets, sizes)
    results = tuple(replace(one, targets=machines) for one in factory.many(metrics))
    tags = [f"phase-{number}" for number in range(steps + 1)]
    comparisons = tuple(Comparison(before, after, results, groups=grouped(results)) for before, after in pairwise(tags))
    return page(factory.report(comparisons, samples=None))


def blocks(one: Page) -> list[RatioBlock]:
    return [block for table in one.tables for _, group in table.groups for block in group]


def counted(sentence: str) -> int:
    """The number in "1,234 more targets in the CSV: …"; 0 of an empty sentence."""
    found = re.match(r"([\d,]+) more", sentence)
    return int(found.group(1).replace(",", "")) if found else 0


@settings(max_examples=20, deadline=None)
@given(some.integers(1, 120), some.integers(1, 40), some.integers(1, 4), some.integers(1, 3))
def test_every_target_is_on_the_page_or_counted(targets: int, metrics: int, sizes: int, steps: int) -> None:
    one = made(targets, metrics, sizes, steps)
    rows = 0
    for block in blocks(one):
        alone = [row.name for row in block.rows if row.level == "target"]
        folded = [row.name for row in block.fold.rows] if block.fold else []
        named = {*alone, *folded}
        assert len(named) == len(alone) + len(folded), "a target has two rows"
        assert len(named) + counted(block.fold.hidden if block.fold else "") == targets
        groups = sum(row.level == "group" for row in block.rows)
        real = sum(1 for n in range(sizes) if len(range(n, targets, sizes)) > 1) if sizes > 1 and targets > sizes else 0
        assert groups + counted(block.hidden) == (real if sizes > 1 else 0)
        rows += len(alone) + len(folded) + groups
    assert rows <= MOST_ROWS
    assert any(table.short for table in one.tables) == any(
        block.hidden or (block.fold and block.fold.hidden) for block in blocks(one)
    )


def test_groups_and_targets_are_worst_first_and_the_rest_is_counted_by_verdict() -> None:
    block = blocks(made(1000, 1))[0]
    assert [row.level for row in block.rows] == ["all", *["group"] * 4]
    assert {(row.labels[1], row.number) for row in block.rows[1:]} == {(size, "250") for size in SIZES}
    assert all(len(row.name) == 2 and row.name[1] == "+249" for row in block.rows[1:])
    assert block.fold is not None
    assert block.fold.title == "The 40 worst of 1,000 targets"
    assert [row.name[0] for row in block.fold.rows[:3]] == ["vm-0995", "vm-0990", "vm-0985"]
    assert block.fold.hidden == "960 more targets in the CSV: 160 regressed, 800 no meaningful change."


def test_what_moved_gets_the_rows_and_what_did_not_is_not_left_out() -> None:
    results = tuple(
        replace(
            factory.metric(factory.key(metric=f"m{n}"), f"m{n}", 0.9 if n == 7 else 1.0, 0.001),
            targets=tuple(replace(one, verdict=Verdict.NO_CHANGE) for one in fleet(50)),
        )
        for n in range(200)
    )
    found = blocks(page(factory.report((Comparison("a", "b", results),), samples=None)))
    shown = {block.title: len(block.fold.rows) for block in found if block.fold}
    assert shown["m7"] == 40
    assert {shown[f"m{n}"] for n in range(200) if n != 7} <= {2, 3}


@settings(max_examples=200, deadline=None)
@given(
    some.lists(some.tuples(some.integers(0, 80), some.booleans()), max_size=60),
    some.integers(0, 500),
    some.integers(0, 4),
)
def test_rooms_are_shared_fairly(asked: list[tuple[int, bool]], most: int, least: int) -> None:
    needs, first = [need for need, _ in asked], [early for _, early in asked]
    shares = rooms(needs, first, most, least)
    assert sum(shares) <= most
    assert all(0 <= share <= need for share, need in zip(shares, needs, strict=True))
    if sum(needs) <= most:
        assert shares == needs
    short = [share for share, need, early in zip(shares, needs, first, strict=True) if early and share < need]
    full = [share for share, _, early in zip(shares, needs, first, strict=True) if early]
    assert not short or max(full) <= max(short) + 1, "one that leads got more while another that leads lacked"


def test_what_would_settle_is_said_once_for_all_rows_of_a_reason() -> None:
    results = tuple(
        factory.metric(
            factory.key(metric=f"m{n}"), f"m{n}", 1.0, 0.2, settle="3 more sessions per tag" if n else "rare"
        )
        for n in range(6)
    )
    one = page(factory.report((Comparison("a", "b", results),), samples=None))
    remarks = {remark.about: remark.sentences for remark in one.tables[0].settle}
    assert remarks == {
        "underpowered, 6 rows": ("3 more sessions per tag", "rare"),
        "unreplicated, 12 rows": ("2 more sessions per tag",),
    }
    assert [block.settle for block in blocks(one)] == [""] * 6
    html = render_html(factory.report((Comparison("a", "b", results),), samples=None))
    section = html[html.index('id="where"') : html.index("</section>", html.index('id="where"'))]
    assert section.count("3 more sessions per tag") == section.count("2 more sessions per tag") == 1


def test_a_rare_answer_stands_with_its_metric_and_a_shared_warning_once() -> None:
    results = tuple(
        factory.metric(factory.key(metric=f"m{n}"), f"m{n}", 1.0, 0.2, settle=f"{n // 3} more", warnings=("cold",))
        for n in range(9)
    )
    one = page(factory.report((Comparison("a", "b", results),), samples=None))
    assert one.tables[0].warnings[0].sentences == ("cold",)
    assert {block.warnings for block in blocks(one)} == {()}
    assert [block.settle for block in blocks(one)[-3:]] == ["What would settle it: 2 more"] * 3


def test_names_are_not_broken_inside() -> None:
    pair = factory.target("je-d4-1 → je-d4-2", 1.0, 1.1)
    long = factory.target("x" * 40, 1.0, 1.1)
    one = factory.metric(factory.key(), "x", 1.1, targets=(pair, long))
    html = render_html(factory.report((Comparison("a", "b", (one,)),), samples=None))
    assert '<span class="whole">je-d4-1 →</span> <span class="whole">je-d4-2</span>' in html
    assert f"<span>{'x' * 40}</span>" in html


def test_rare_changes_of_one_fact_share_a_row() -> None:
    changes = (
        *(FactChange("host", "name", f"JA{n}A", f"JA{n}B", (f"vm-{n}",), 1000) for n in range(300)),
        FactChange("host", "name", "X", "Y", tuple(f"vm-{n}" for n in range(300, 500)), 1000),
        FactChange("guest-os", "kernel", "1", "2", ("vm-1", "vm-2"), 1000, "guest_patch"),
    )
    step = replace(factory.story(), attribution=replace(factory.CONFOUNDED, changes=changes))
    rows = page(factory.report((step,), samples=None)).facts[0].rows
    assert [(row.name, row.before, row.after, row.targets, row.names) for row in rows] == [
        ("name", "X", "Y", "200 of 1,000", ()),
        ("name", "", "", "300 of 1,000", ()),
        ("kernel", "1", "2", "2 of 1,000", ("vm-1", "vm-2")),
    ]
    assert rows[1].many.startswith("300 different changes, for example JA0A → JA0B (vm-0); JA1A → JA1B (vm-1); ")
    assert (rows[1].warn, rows[2].warn) == (True, False)


@pytest.mark.parametrize(("number", "rows"), [(4, 4), (5, 1)])
def test_a_few_changes_of_one_fact_have_a_row_each(number: int, rows: int) -> None:
    changes = tuple(FactChange("host", "name", f"{n}", f"{n + 1}", (f"vm-{n}",), 1000) for n in range(number))
    step = replace(factory.story(), attribution=replace(factory.CONFOUNDED, changes=changes))
    assert len(page(factory.report((step,), samples=None)).facts[0].rows) == rows


def test_coverage_of_many_lists_what_is_incomplete() -> None:
    rows = [CoverageRow("pre", f"vm-{n:04}", "fio", 9, 9, 9) for n in range(1000)]
    rows[3] = CoverageRow("pre", "vm-0003", "fio", 9, 5, 11, (("timeout", 3), ("unreachable", 1)))
    rows[7] = CoverageRow("pre", "vm-0007", "fio", 9, 9, 10)
    rows[9] = CoverageRow("pre", "vm-0009", "fio", 9, 8, 9, (("timeout", 1),))
    one = page(factory.report((factory.story(),), samples=None, coverage=Coverage(tuple(rows))))
    (fold,) = [fold for fold in one.folds if fold.anchor == "coverage"]
    tables = {table.title: table.rows for table in fold.tables}
    assert tables["Trials by phase and suite"] == (("pre", "fio", "1,000", "9,000", "8,995", "5", "9,003"),)
    assert tables["Causes of what is missing"] == (("timeout", "4", "2"), ("unreachable", "1", "1"))
    assert [(row[1], row[5]) for row in tables["Incomplete, or with further attempts"]] == [
        ("vm-0003", "4"), ("vm-0009", "1"), ("vm-0007", "0"),
    ]  # fmt: skip
    assert any(sentence.startswith("997 of 1,000 combinations") for sentence in fold.sentences)


def test_coverage_of_few_lists_every_row() -> None:
    rows = tuple(CoverageRow("pre", f"vm-{n}", "fio", 9, 9, 9) for n in range(FEW_ROWS))
    one = page(factory.report((factory.story(),), samples=None, coverage=Coverage(rows)))
    (fold,) = [fold for fold in one.folds if fold.anchor == "coverage"]
    assert [len(table.rows) for table in fold.tables] == [FEW_ROWS]


def test_many_exclusions_and_files_are_bounded_and_counted() -> None:
    excluded = tuple(Excluded(f"trial {n}", "freeze", 500 - n) for n in range(500))
    known = Provenance(
        (ToolUse("fio", tuple(f"vm-{n}" for n in range(1000)), (("version", "3.33"),), 9000),),
        tuple(FileDigest(f"r/{n:05}", "0" * 64, 1) for n in range(18_000)),
    )
    step = replace(factory.story(), excluded=excluded)
    one = page(factory.report((step,), samples=None, provenance=known))
    folds = {fold.anchor: fold for fold in one.folds}
    assert max(len(table.rows) for table in folds["coverage"].tables) <= 60
    assert any("the first 60 of 500 rows" in sentence for sentence in folds["coverage"].sentences)
    (tools,) = [table for table in folds["provenance"].tables if table.title == "Tools"]
    assert tools.rows[0][2].endswith("and 994 more")
    (files,) = [table for table in folds["provenance"].tables if table.title == "Raw files"]
    assert len(files.rows) == 200
    assert any(sentence.startswith("17,800 more files") for sentence in folds["provenance"].sentences)


def test_the_tables_of_fifty_targets_and_four_steps_are_below_a_megabyte() -> None:
    machines = fleet(50)
    results = tuple(replace(one, targets=machines) for one in factory.many(60))
    steps = tuple(Comparison(f"p{n}", f"p{n + 1}", results, groups=grouped(results)) for n in range(4))
    html = render_html(factory.report(steps, samples=None))
    section = html[html.index('id="where"') : html.index("</section>", html.index('id="where"'))]
    assert 200_000 < len(section.encode()) < 900_000
    assert section.count("<details name=") == 4


def test_a_reason_without_an_answer_has_no_remark() -> None:
    one = replace(factory.metric(factory.key(), "x", 1.0, None, reason=Reason.UNSTABLE, targets=()), settle="")
    assert page(factory.report((Comparison("a", "b", (one,)),), samples=None)).tables[0].settle == ()
