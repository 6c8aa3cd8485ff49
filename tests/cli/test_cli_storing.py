"""`init`, `suites`, `runs` and `show`: what is made, listed, suggested and shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cli_process import ROOT, Bench
from cli_store import make_run, put

from bench.model import Phase, Status

EVIL = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202egnp\r\ncause: all is well"


def test_init_makes_a_workspace_that_can_be_planned(bench: Bench) -> None:
    said = bench("init", "lab")
    assert said.code == 0
    assert "wrote lab/campaign.yaml" in said.out
    last = said.out.splitlines()[-1]
    assert 0 < last.index("bench trust") < last.index("bench doctor"), "in the order that works"
    os.chdir("lab")
    planned = bench("plan", "--phase", "pre-maintenance")
    assert planned.code == 0
    assert "phase pre-maintenance" in planned.out
    assert not any(Path("runs").iterdir()), "planning touches nothing"
    again = bench("init")
    assert again.code == 0
    assert "wrote" not in again.out


def test_init_says_where_it_cannot_write(bench: Bench) -> None:
    Path("file").write_text("", "utf-8")
    said = bench("init", "file/lab")
    assert (said.code, said.out) == (2, "")
    assert "file/lab" in said.err


def test_suites_are_listed_and_shown_and_given_as_json(bench: Bench) -> None:
    listed = bench("suites")
    for name in ("fio", "iperf3", "iperf2", "ntttcp", "unixbench"):
        assert f"\n{name} " in listed.out
        assert bench("suites", name).out.count("\n") > 10
    (fio,) = bench("suites", "fio", "--json").json
    assert fio["name"] == "fio"
    assert len(bench("suites", "--json").json) == listed.out.count("\n") - 1


def test_a_suite_of_the_workspace_is_listed_and_a_broken_one_is_named(bench: Bench) -> None:
    bench("init")
    folder = Path("suites/nap")
    folder.mkdir()
    (folder / "suite.py").write_text("1 / 0", "utf-8")
    said = bench("suites")
    assert said.code == 1
    assert "suites/nap/suite.py: cannot be loaded (ZeroDivisionError" in said.err
    (folder / "suite.py").write_text(
        "from bench.model import *\nSUITE = Suite('nap', 'A nap', (Metric('t', 'Time', 's', Better.LOWER, Kind.CPU),))",
        "utf-8",
    )
    assert "\nnap " in bench("suites").out


def test_runs_are_listed_with_what_to_do_next(bench: Bench) -> None:
    first, second = make_run("pre", 1), make_run("post", 2)
    put(first, 1)
    put(first, 2)
    put(second, 1)
    put(second, 2, Status.FAILED, "fio exited with 1")
    said = bench("runs")
    assert said.code == 0
    assert said.out.splitlines() == [
        "Campaign c1",
        "run                           tag   session  trials",
        "20260101T000000-pre-s1-aaaa   pre         1     2/2",
        "20260102T000000-post-s2-aaaa  post        2     1/2",
    ]
    assert said.err.splitlines() == [
        "Next: bench resume 20260102T000000-post-s2-aaaa",
        "Next: bench compare pre post",
    ]
    rows = bench("runs", "--json").json
    assert [(row["tag"], row["ok"], row["planned"]) for row in rows] == [("pre", 2, 2), ("post", 1, 2)]


def test_phases_are_suggested_in_their_declared_order_and_only_when_measured(bench: Bench) -> None:
    phases = (Phase("pre"), Phase("post"), Phase("later"))
    for number, tag in enumerate(("post", "pre", "later"), 1):
        stored = make_run(tag, number, trials=1, phases=phases)
        if tag != "later":
            put(stored, 1)
    assert bench("runs").err.splitlines() == [
        f"Next: bench resume {stored.info.run_id}",
        "Next: bench compare pre post",
    ]


def test_what_is_suggested_reaches_the_same_store_and_campaign(bench: Bench) -> None:
    for campaign in ("c1", "c2"):
        for number, tag in enumerate(("pre", "post"), 1):
            put(make_run(tag, number, campaign, trials=1), 1)
    Path("my runs").symlink_to("runs")
    said = bench("runs", "--runs", "my runs")
    assert "Next: bench compare pre post --campaign c2 --runs 'my runs'\n" in said.err
    assert [line.split()[-1] for line in said.out.splitlines()] == ["campaign", "c1", "c2", "c1", "c2"]
    assert "c2" not in bench("runs", "--campaign", "c1").out


def test_the_store_is_found_by_option_then_variable_then_workspace(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run()
    assert "pre-s1" in bench("runs").out
    monkeypatch.setenv("BENCH_RUNS", str(tmp_path / "other"))
    assert f"No runs in {tmp_path}/other yet" in bench("runs").out
    assert "pre-s1" in bench("runs", "--runs", "runs").out


def test_a_run_is_shown_with_every_attempt_and_cause(bench: Bench) -> None:
    stored = make_run(trials=3, left_out=(("unixbench", "no source"),), title="A title")
    put(stored, 1, Status.INTERRUPTED, "vm1 rebooted")
    put(stored, 1, attempt=2)
    put(stored, 2, Status.FAILED, "fio exited with 1")
    stored.event("2026", "missing", trial=stored.info.plan[2].trial_id, cause="vm1 is down")
    said = bench("show", "20260101")
    assert said.code == 0
    for line in (
        "Campaign  c1 (A title)",
        "Phase     pre (host_patch=on), session 1",
        "fio.read.vm1.r01  interrupted, ok",
        "fio.read.vm1.r02  failed           fio exited with 1",
        "fio.read.vm1.r03  missing          vm1 is down",
        "left out: unixbench: no source",
        "1 of 3 trials measured",
    ):
        assert f"{line}\n" in said.out
    assert said.err == f"Next: bench resume {stored.info.run_id}\n"
    data = bench("show", "20260101", "--json").json
    assert [one["status"] for one in data["attempts"]] == ["interrupted", "ok", "failed"]
    assert data["events"][0]["cause"] == "vm1 is down"


def test_what_targets_say_never_steers_the_terminal(bench: Bench) -> None:
    stored = make_run(title=EVIL, left_out=((EVIL, EVIL),))
    put(stored, 1, Status.FAILED, EVIL)
    stored.event("2026", "missing", trial=stored.info.plan[1].trial_id, cause=EVIL)
    for argv in (["show", "2026"], ["show", "2026", "--json"], ["runs", "--json"], ["verify"]):
        said = bench(*argv)
        assert not set(said.out + said.err) & set("\x1b\x07\x9b\u202e\r"), argv
        assert not any(line.startswith("cause:") for line in said.out.splitlines())
    assert bench("show", "2026", "--json").json["attempts"][0]["cause"] == EVIL, "JSON escapes, and loses nothing"


def test_verify_names_what_is_damaged_and_what_to_do(bench: Bench) -> None:
    stored = make_run()
    folder = put(stored, 1)
    assert bench("verify").out == "1 run checked, all sound\n"
    path = folder.absolute() / "raw/single/stdout"
    path.chmod(0o600)
    path.write_bytes(b"y")
    said = bench("verify", "2026")
    assert said.code == 1
    assert said.out == f"{path}: its SHA-256 is not the recorded one\n1 run checked, 1 damaged\n"
    assert "bench resume" in said.err
    assert bench("verify", "--json").json == [
        {
            "path": str(path),
            "problem": "its SHA-256 is not the recorded one",
            "harmless": False,
            "remedy": "Restore it from a copy, or let `bench repair` move it aside",
        }
    ]


def test_leftovers_are_named_and_are_no_damage(bench: Bench) -> None:
    stored = make_run()
    (stored.folder / "trials/.tmp-1").mkdir()
    (stored.folder.parent / ".tmp-2").mkdir()
    said = bench("verify")
    assert said.code == 0
    assert said.out.count("safe to delete") == 2
    assert said.out.endswith("1 run checked, all sound\n")


def test_a_damaged_run_hides_no_other_one(bench: Bench) -> None:
    good, torn, worn = make_run("pre", 1), make_run("post", 2), make_run("later", 3)
    for path in (torn.folder / "run.json", put(worn, 1) / "trial.json"):
        path.chmod(0o600)
        path.write_bytes(b"{")
    said = bench("runs")
    assert said.code == 1
    assert good.info.run_id in said.out
    assert said.out.count("0/2") == 2
    assert said.err.count("warning: ") == 2
    assert bench("verify").out.endswith("2 runs checked, 2 damaged\n")
    assert bench("show", good.info.run_id).code == 0
    torn_show = bench("show", torn.info.run_id)
    assert torn_show.code == 1
    assert "bench verify" in torn_show.err


def test_names_on_the_command_line_cannot_leave_the_store(bench: Bench) -> None:
    make_run()
    for name in ("../runs", "/etc/passwd", "..", "", "x" * 100_000):
        for command in ("show", "verify", "resume"):
            said = bench(command, name)
            assert said.code == 1
            assert len(said.err) < 400
    assert (ROOT / "pyproject.toml").exists()
