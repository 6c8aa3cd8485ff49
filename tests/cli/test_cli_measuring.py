"""`plan`, `run` and `resume` where nothing needs to be measured: plans, targets that are down, runs that are held."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_process import Bench

from bench.store import Store

PAIR = """\
targets:
  vm1: {{address: 127.0.0.1, port: {ports[0]}, peer: vm2, labels: {{region: west}}}}
  vm2: {{address: 127.0.0.1, port: {ports[1]}, data_address: 10.1.0.2}}
"""


@contextmanager
def closed_ports() -> Iterator[list[int]]:
    """Two ports that are taken and not listened on, so that nobody else opens them meanwhile."""
    with socket.socket() as one, socket.socket() as other:
        for taken in (one, other):
            taken.bind(("127.0.0.1", 0))
        yield [taken.getsockname()[1] for taken in (one, other)]


@pytest.fixture
def inventory() -> Iterator[Path]:
    with closed_ports() as ports:
        path = Path("inv.yaml")
        path.write_text(PAIR.format(ports=ports), "utf-8")
        yield path


def test_a_plan_says_what_would_run_and_what_it_could_not_show(bench: Bench, inventory: Path) -> None:
    said = bench(
        "plan", "-i", inventory, "-s", "fio:smoke", "-s", "iperf3:smoke", "--tag", "pre", "-n", "2", "--seed", "5"
    )
    assert said.code == 0
    assert said.out.startswith("Campaign inv, phase pre (no factors), session 1, seed 5\n")
    rows = [line.split() for line in said.out.splitlines()]
    assert ["iperf3", "tcp", "vm1", "→", "vm2", "2"] in [row[:6] for row in rows]
    assert "trials, about " in said.out
    assert "warning: 2 targets: with fewer than 5" in said.err
    assert not Path("runs").exists()


def test_the_same_seed_gives_the_same_plan(bench: Bench, inventory: Path) -> None:
    words = ["plan", "-i", inventory, "-s", "fio:smoke", "--tag", "pre", "--json"]
    first, again, other = (bench(*words, "--seed", seed).json for seed in ("5", "5", "6"))
    assert first == again
    assert first["eta_s"] > 0
    assert [one["trial_id"] for one in first["trials"]] != [one["trial_id"] for one in other["trials"]]
    assert bench(*words).json["seed"] != bench(*words).json["seed"], "without a word it is random, and said"


def test_limits_factors_and_parameters_reach_the_plan(bench: Bench, inventory: Path) -> None:
    said = bench(
        "plan", "-i", inventory, "-s", "fio:smoke", "-p", "fio.runtime_s=3", "--factor", "resize=small",
        "--tag", "sized", "-l", "region=west", "--json",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert said.json["phase"] == {"tag": "sized", "factors": [["resize", "small"]]}
    assert {tuple(one["targets"]) for one in said.json["trials"]} == {("vm1",)}
    assert {dict(one["params"])["runtime_s"] for one in said.json["trials"]} == {3}


def test_targets_that_are_down_leave_trials_missing_and_say_how_to_carry_on(bench: Bench, inventory: Path) -> None:
    said = bench("run", "-i", inventory, "-s", "fio:smoke", "--tag", "pre", "-n", "1", "-l", "vm1", "--runs", "kept")
    assert said.code == 3
    (run,) = Store(Path("kept")).runs()
    assert said.out.splitlines()[0] == f"0 of 3 trials measured, run {run.info.run_id}"
    assert said.out.splitlines()[-1] == f"Carry on with: bench resume {run.info.run_id} --runs kept"
    assert "3 missing: vm1: cannot connect" in said.out
    assert "\x1b" not in said.out + said.err
    resumed = bench("resume", run.info.run_id, "--runs", "kept")
    assert resumed.code == 3
    assert "3 of 3 trials are missing" in resumed.err
    assert "missing   vm1: cannot connect" in bench("show", run.info.run_id, "--runs", "kept").out
    assert bench("runs", "--runs", "kept").err == f"Next: bench resume {run.info.run_id} --runs kept\n"


def test_a_run_that_another_controller_holds_is_refused(bench: Bench, inventory: Path) -> None:
    assert bench("run", "-i", inventory, "-s", "fio:smoke", "--tag", "pre", "-n", "1", "-l", "vm1").code == 3
    (run,) = Store(Path("runs")).runs()
    with run.lock():
        said = bench("resume", run.info.run_id)
    assert said.code == 1
    assert "another controller works on this run (pid " in said.err


def test_a_store_that_cannot_be_written_stops_before_anything_is_reached(bench: Bench, inventory: Path) -> None:
    Path("runs").write_text("", "utf-8")
    said = bench("run", "-i", inventory, "-s", "fio:smoke", "--tag", "pre")
    assert said.code == 1
    assert said.err.count("error: ") == 1
    assert "connecting" not in said.err


def test_an_imported_run_cannot_be_resumed(bench: Bench) -> None:
    golden = Path(__file__).parents[1] / "golden" / "iperf3" / "tcp" / "iperf3.json"
    bench("import", "iperf3", golden, "--tag", "pre", "--target", "a,b")
    (run,) = Store(Path("runs")).runs()
    said = bench("resume", run.info.run_id)
    assert said.code == 2
    assert "nothing to resume" in said.err


def test_doctor_says_what_is_wrong_with_each_target(bench: Bench, inventory: Path) -> None:
    said = bench("doctor", "-i", inventory, "-s", "fio")
    assert said.code == 1
    rows = [line.split()[:3] for line in said.out.splitlines()[1:]]
    assert rows[0][:2] == ["controller", "disk"]
    assert [row for row in rows if row[0] != "controller"] == [
        ["vm1", "reach", "FAILED"],
        ["vm2", "reach", "FAILED"],
    ]
    rows = bench("doctor", "-i", inventory, "-s", "fio", "-l", "vm2", "--json").json
    assert [(row["target"], row["ok"]) for row in rows if row["target"] != "controller"] == [("vm2", False)]


def test_trust_records_nothing_from_a_target_that_is_down(bench: Bench, inventory: Path) -> None:
    inventory.write_text(f"known_hosts: {Path.cwd()}/known\n{inventory.read_text('utf-8')}", "utf-8")
    said = bench("trust", "-i", inventory, "--yes")
    assert said.code == 1
    assert said.out.count("cannot connect") == 2, "a row for each target that is down"
    assert not Path("known").exists()


def test_the_demo_can_be_planned_without_touching_anything(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(Path.cwd() / "cache"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    said = bench("demo", "there", "--dry-run", "--sessions", "1")
    assert said.code == 0
    assert "2 phases of 1 session" in said.out
    assert not Path("there").exists()


def test_a_source_that_no_suite_builds_is_refused(bench: Bench, inventory: Path, tmp_path: Path) -> None:
    said = bench("run", "-i", inventory, "-s", "fio:smoke", "--tag", "pre", "--source", f"unixbnch={tmp_path}")
    assert said.code == 2
    assert "no suite builds 'unixbnch' from source. Those that are: ntttcp, unixbench" in said.err
    assert not Path("runs").exists()


def test_a_source_that_cannot_be_used_is_refused_before_a_run_is_made(
    bench: Bench, inventory: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "torn.tar.gz"
    archive.write_bytes(b"\x1f\x8b torn")
    said = bench("run", "-i", inventory, "-s", "unixbench:smoke", "--tag", "pre", "--source", f"unixbench={archive}")
    assert said.code == 1
    assert "torn.tar.gz" in said.err
    assert not list(Path().glob("runs/*/*"))
