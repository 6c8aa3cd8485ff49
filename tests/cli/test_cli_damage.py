"""A damaged store: every command goes on with what is sound, and says in every output what it left out."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from cli_import import measure
from cli_past import drifted
from cli_process import Bench
from cli_store import make_run, put

import bench as api
from bench.config.catalogue import load_suites, suite_folders
from bench.measure.session import Session
from bench.store import Store
from tests.chaos.damaging import rewrite

ROOT = Path(__file__).parents[2]


@pytest.fixture
def damaged(bench: Bench) -> list[str]:
    """Two phases of five sessions; one run has lost its record, one attempt its record, and one raw file a byte."""
    measure(bench, "pre", [10.00, 10.02, 9.99, 10.01, 10.03])
    measure(bench, "post", [9.20, 9.21, 9.19, 9.20, 9.22])
    pre = [run for run in Store(Path("runs")).runs() if run.info.tag == "pre"]
    rewrite(pre[0].folder / "run.json", b"{")
    rewrite(next(pre[1].attempts()).folder / "trial.json", b"")
    raw = next(next(pre[2].attempts()).folder.rglob("*-2.json"))
    rewrite(raw, raw.read_bytes().replace(b"sum_received", b"sum_Received", 1))
    return [run.info.run_id for run in pre[:3]]


def test_a_comparison_counts_and_names_what_is_damaged_in_every_format(bench: Bench, damaged: list[str]) -> None:
    said = bench("compare", "pre", "post", "-m", "iperf3/throughput")
    assert said.code == 0, said.err
    assert "REGRESSED" in said.out
    for output in (said.out, *(bench("compare", "pre", "post", "-f", name).out for name in ("md", "csv", "json"))):
        for run in damaged:
            assert output.count(run) >= 1
        assert "its SHA-256 is not the recorded one" in output
        assert "is not JSON" in output
    rows = list(csv.DictReader(bench("compare", "pre", "post", "-f", "csv").out.splitlines()))
    left = [row for row in rows if row["metric"].startswith("damaged in the store")]
    assert [row["excluded"] for row in left] == ["1", "1", "1"]
    (one,) = bench("compare", "pre", "post", "--json").json["comparisons"]
    assert [item["counts"] for item in one["excluded"] if item["what"].startswith("damaged")] == ["item"] * 3
    (metric,) = (item for item in one["metrics"] if item["key"]["metric"] == "throughput")
    assert metric["targets"][0]["sessions"] == {"before": 2, "after": 5}


def test_a_report_says_it_too(bench: Bench, damaged: list[str]) -> None:
    assert bench("report", "pre", "post", "-o", "out.html").code == 0
    page = Path("out.html").read_text("utf-8")
    assert "1 item excluded: damaged in the store" in page
    for run in damaged:
        assert run in page
    assert "damaged: is not JSON" in page, "the table of coverage says why the trial is missing"


def test_the_lists_name_what_they_leave_out(bench: Bench, damaged: list[str]) -> None:
    listed = bench("runs")
    assert listed.code == 1
    assert listed.err.count("warning: ") == 2, "raw files are hashed by `verify`, not by every list"
    shown = bench("show", damaged[1])
    assert shown.code == 0
    assert "damaged: is not JSON" in shown.out
    assert f"Next: bench repair {damaged[1]}" in shown.err
    assert len(bench("show", damaged[1], "--json").json["damaged"]) == 1
    exported = bench("export", "-o", "out.csv")
    assert exported.code == 0
    assert exported.err.count("left out: ") == 3
    with Path("out.csv").open(encoding="utf-8") as file:
        assert {row["run"] for row in csv.DictReader(file)}.isdisjoint(damaged)


def test_the_python_api_says_it_too(damaged: list[str]) -> None:
    samples = api.load_runs("runs", tags=["pre", "post"])
    assert sum(any(run in text for text in samples.attrs["problems"]) for run in damaged) == 3
    excluded = [one for one in api.compare(samples, "pre", "post").excluded if one.counts == "item"]
    assert [any(run in one.what for one in excluded) for run in damaged] == [True] * 3
    assert samples["run"].nunique() == 7
    assert api.load_history("runs").skipped


def test_when_nothing_sound_is_left_there_is_one_clear_error(bench: Bench) -> None:
    measure(bench, "pre", [10.0, 10.1])
    measure(bench, "post", [9.0, 9.1])
    for run in Store(Path("runs")).runs():
        if run.info.tag == "pre":
            rewrite(next(run.attempts()).folder / "trial.json", b"{")
    for command in (("compare", "pre", "post"), ("report", "pre", "post")):
        said = bench(*command)
        assert said.code == 1
        assert said.err.startswith("error: ")
        assert said.err.count("\n") == 1
        assert "2 items are damaged in the store" in said.err
        assert "bench verify" in said.err
    for run in Store(Path("runs")).runs():
        rewrite(run.folder / "run.json", b"{")
    for command in (("compare", "pre", "post"), ("report",), ("export", "-o", "x.csv")):
        said = bench(*command)
        assert said.code == 1
        assert "4 items are damaged in the store" in said.err, command


def test_history_and_plan_name_what_teaches_them_nothing(bench: Bench) -> None:
    drifted(4)
    run = Store(Path("runs")).runs()[0]
    rewrite(next(run.attempts()).folder / "trial.json", b"{")
    for command in (("history",), ("plan", "--phase", "pre")):
        said = bench(*command)
        assert said.code == 0, said.err
        assert run.info.run_id in said.err
        assert "trial.json is not JSON" in said.err
    assert "trial.json is not JSON" in json.dumps(bench("history", "--json").json["skipped"])


# --- repair ---


def test_repair_shows_asks_moves_and_then_everything_verifies(
    bench: Bench, damaged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bench("verify").code == 1
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    asked = bench("repair")
    assert asked.code == 1
    assert "Nothing was moved" in asked.err
    assert asked.out.count("\nmove ") + asked.out.startswith("move ") == 3
    assert not Path("runs/damaged").exists()
    done = bench("repair", "--yes")
    assert done.code == 0
    assert "3 of 3 items moved" in done.out
    assert len(list(Path("runs/damaged").iterdir())) == 3
    assert bench("verify").code == 0
    assert bench("runs").code == 0
    again = bench("compare", "pre", "post", "-f", "csv")
    assert "damaged" not in again.out
    assert bench("repair").out == "Nothing is damaged.\n"
    assert not any("damaged/" in run for run in bench("runs").out.split())
    assert damaged[0] not in bench("runs").out


def test_repair_leaves_a_run_alone_that_is_held(bench: Bench) -> None:
    stored = make_run()
    rewrite(put(stored, 1) / "trial.json", b"{")
    with stored.lock():
        said = bench("repair", "--yes")
    assert said.code == 1
    assert "another controller works on this run" in said.err
    assert bench("repair", "--yes", "2026").code == 0
    assert bench("verify").code == 0


def test_repair_says_what_moving_does_not_mend(bench: Bench) -> None:
    stored = make_run()
    record = stored.folder / "run.json"
    rewrite(record, record.read_bytes().replace(b'"schema": 1', b'"schema": 7'))
    said = bench("repair", "--yes")
    assert said.code == 1
    assert "Update vmbench" in said.err
    assert said.out == "Nothing to move.\n"
    assert bench("verify", stored.info.run_id).code == 1


def test_a_damaged_trial_is_not_measured_over_before_it_is_moved(bench: Bench) -> None:
    stored = make_run()
    rewrite(put(stored, 1) / "trial.json", b"{")
    put(stored, 2)
    session = Session(
        run=stored, suites=load_suites(suite_folders(Path())), connections=MagicMock(), scheduler=MagicMock(),
        source=MagicMock(), observer=MagicMock(), probe="",
    )  # fmt: skip
    session.scheduler.abandoned = True  # type: ignore[misc]  # nothing to clean up on targets
    outcome = session.execute()
    assert list(outcome.missing) == [stored.info.plan[0].trial_id]
    assert "bench repair" in outcome.missing[stored.info.plan[0].trial_id]
    assert session.scheduler.run.call_args.args[0] == []  # type: ignore[attr-defined]  # a mock


# --- what is written for others to read ---


def test_reports_and_exports_are_private_and_follow_no_link(bench: Bench) -> None:
    measure(bench, "pre", [10.0, 10.1])
    measure(bench, "post", [9.0, 9.1])
    victim = Path("victim")
    victim.write_text("precious")
    made = ["page.html", "out.csv", "out.parquet", "out.jsonl"]
    for name in made:
        Path(name).symlink_to(victim)
    before = os.umask(0)
    try:
        assert bench("report", "pre", "post", "-o", "page.html").code == 0
        assert bench("report", "pre", "post").code == 0
        for name in made[1:]:
            assert bench("export", "-o", name).code == 0
        samples = api.load_runs("runs")
        api.write_report(api.compare(samples, "pre", "post"), "api.html")
    finally:
        os.umask(before)
    assert victim.read_text() == "precious"
    for path in (*map(Path, made), Path("api.html"), Path("reports/net.html")):
        assert not path.is_symlink()
        assert path.stat().st_mode & 0o777 == 0o600, path
        assert path.stat().st_size > 100
    assert Path("reports").stat().st_mode & 0o777 == 0o700
    assert not list(Path().glob(".tmp-*"))


def test_names_given_on_the_command_line_stay_names(bench: Bench) -> None:
    stored = make_run()
    before = sorted(path for path in Path().rglob("*"))
    for name in ("../runs", "..", "a/../../b", "'; touch owned; '", '"$(touch owned)"', "\x1b[2J", "é\u202e", "%s{x}"):
        for command in (
            ("show", name), ("verify", name), ("repair", "--yes", name), ("resume", name), ("compare", name, "pre"),
            ("report", name, "pre"), ("export", "-o", "x.csv", "--tag", name), ("runs", "--campaign", name),
            ("import", "iperf3", "pyproject.toml", "--tag", name, "--target", "a,b"),
            ("import", "iperf3", "pyproject.toml", "--tag", "t", "--target", name),
            ("import", "iperf3", "pyproject.toml", "--tag", "t", "--target", "a", "-c", name),
        ):  # fmt: skip
            said = bench(*command)
            assert said.code in ((0,) if command[0] == "runs" else (1, 2)), command
            assert "\x1b" not in said.out + said.err
            assert "\u202e" not in said.out + said.err
    assert sorted(path for path in Path().rglob("*")) == before
    assert stored.folder.is_dir()


def test_what_is_no_output_of_a_tool_is_not_read_to_the_end(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.cli.importing.MOST", 1000)
    said = bench("import", "iperf3", "/dev/zero", "--tag", "t", "--target", "a,b")
    assert said.code == 2
    assert "is larger than" in said.err
