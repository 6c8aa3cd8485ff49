"""`bench history`, and what `bench compare` and `bench report` make of it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from cli_import import measure
from cli_past import drifted, session, workspace
from cli_process import Bench

from bench.model import Facts

# --- history ---


def test_without_pairs_the_defaults_are_shown_with_how_to_get_some(bench: Bench) -> None:
    said = bench("history")
    assert said.code == 0
    assert said.out.startswith("No A/A pairs in ")
    assert ["≤", "14", "d", "1", "%"] in [line.split() for line in said.out.splitlines()]
    assert "four sessions or more" in said.err
    assert bench("history", "--json").json["rows"] == []
    assert not Path("runs").exists()


def test_a_table_says_what_was_seen_and_what_is_used(bench: Bench) -> None:
    drifted(6)
    said = bench("history")
    rows = [line.split() for line in said.out.splitlines()]
    assert rows[0] == ["metric", "size", "apart", "A/A", "pairs", "seen", "default", "τ", "used", "from"]
    seen = ["pace/walk/rate", "small", "≤", "14", "d", "6"]
    (row,) = (row for row in rows if row[:6] == seen)
    assert row[6:] == ["4.8", "%", "1", "%", "4.8", "%", "history"]
    assert said.err == ""
    (one,) = bench("history", "--json", "-m", "pace/rate").json["rows"]
    assert (one["pairs"], one["needed"], one["size"], one["apart"], one["source"]) == (
        6,
        6,
        "small",
        "≤ 14 d",
        "history",
    )
    assert one["seen"] == pytest.approx(0.0485, rel=0.02)
    assert one["key"] == {"suite": "pace", "case": "walk", "part": "", "metric": "rate", "params": {"depth": 4}}


def test_too_few_pairs_are_shown_and_not_used(bench: Bench) -> None:
    drifted(2)
    said = bench("history", "-m", "pace/rate")
    assert [line.split()[-1] for line in said.out.splitlines()[1:2]] == ["default"]
    assert "To learn τ" in said.err
    nothing = bench("history", "-m", "pace/nothing")
    assert nothing.out.startswith("No A/A pairs of these metrics in ")


def test_a_new_host_is_a_bucket_of_its_own(bench: Bench) -> None:
    workspace({"vm": "small"})
    for day, host in ((0, "h1"), (1, "h1"), (10, "h2"), (11, "h2")):
        facts = {"vm": Facts((("host", "physical_host", host),))}
        session("pre", day, {"vm": [100.0 + day]}, facts=facts)
    assert {one["apart"] for one in bench("history", "--json").json["rows"]} == {"host changed"}


def test_a_run_that_cannot_be_read_is_named(bench: Bench) -> None:
    drifted(2)
    (path,) = Path("runs").glob("*/*-s1-*/run.json")
    path.chmod(0o600)
    path.write_text("{", "utf-8")
    said = bench("history")
    assert said.code == 0
    assert "left out: " in said.err
    assert "run.json" in said.err


def test_importing_old_results_extends_the_history(bench: Bench) -> None:
    levels = {0: 100.0, 1: 100.4, 10: 105.0, 11: 105.4}
    rows = ["target,size,tag,metric,value,unit,better,session,date"]
    for place in range(6):
        for number, (day, level) in enumerate(levels.items(), 1):
            rows.append(
                f"web-{place},D4,before,requests,{level + place / 10},req/s,higher,{number},2026-01-{day + 1:02d}"
            )
    Path("old.csv").write_text("\n".join(rows) + "\n", "utf-8")
    assert bench("history", "--json").json["rows"] == []
    assert bench("import", "table", "old.csv", "-c", "web").code == 0
    (one,) = bench("history", "--json").json["rows"]
    assert (one["key"]["metric"], one["size"], one["pairs"], one["source"]) == ("requests", "D4", 6, "history")


def test_raw_files_imported_over_days_extend_the_history(bench: Bench) -> None:
    measure(bench, "pre", [10.0, 10.1])
    before = bench("history", "--json").json["rows"]
    for value, day in ((10.2, 10), (10.3, 11)):
        file = Path(f"late-{day}.json")
        file.write_text(Path("pre-0.json").read_text("utf-8").replace("10000000000.0", f"{value}e9"), "utf-8")
        done = bench(
            "import", "iperf3", file, "--tag", "pre", "--target", "vm1,vm2", "-c", "net", "--at", f"2020-01-{day}"
        )  # fmt: skip
        assert done.code == 0, done.err
    after = bench("history", "--json").json["rows"]
    assert before == []
    assert {one["pairs"] for one in after} == {1}
    assert "iperf3" in {one["key"]["suite"] for one in after}


# --- compare and report ---


def test_compare_says_which_tau_it_used(bench: Bench) -> None:
    drifted(6)
    for day in (20, 21):
        session("post", day, {"vm0": [103.0, 103.1]})
    words = ["compare", "pre", "post", "--target", "vm0"]
    said = bench(*words)
    assert "τ of 4.8 %, from 6 A/A pairs of this workspace (2 metrics)" in " ".join(said.out.split())
    assert "from 6 A/A pairs" in bench(*words, "-f", "md").out
    (one, _) = bench(*words, "--json").json["comparisons"][0]["metrics"]
    assert one["tau"]["pairs"] == 6
    assert one["tau"] == one["targets"][0]["tau"]
    rows = list(csv.DictReader(bench(*words, "-f", "csv").out.splitlines()))
    assert {row["tau_pairs"] for row in rows} == {"6"}
    assert bench("report", "pre", "post", "-o", "page.html").code == 0
    assert "from 6 A/A pairs of this workspace" in Path("page.html").read_text("utf-8")


def test_compare_says_when_the_default_was_used(bench: Bench) -> None:
    drifted(1)
    for day in (20, 21):
        session("post", day, {"vm0": [103.0, 103.1]})
    said = bench("compare", "pre", "post")
    assert "τ of 2 % by default (2 metrics)" in " ".join(said.out.split())
    (one, _) = bench("compare", "pre", "post", "--json").json["comparisons"][0]["metrics"]
    assert one["tau"] == {"sd": pytest.approx(0.02), "pairs": 0}
