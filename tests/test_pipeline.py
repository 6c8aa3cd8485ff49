"""From a campaign file to the page for the ticket: plan → run store → samples → verdicts → report, without a network.

What a target would have sent home is our own output of the real tools, kept as golden files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import bench
from bench.analyse.result import AttributionKind, Reason, Verdict
from bench.config.campaign import load_campaign
from bench.config.catalogue import LoadedSuite, load_suites, suite_folders
from bench.measure.plan import make_plan
from bench.measure.start import new_run, next_session
from bench.model import Attempt, Campaign, Facts, Status, Trial, pairs
from bench.report.campaign import choose_campaign, compare_tags, make_report, read, tags_of
from bench.report.html import render_html
from bench.store import Store, StoredRun, publish, verify

ROOT = Path(__file__).parents[1]
IPERF3 = json.loads((ROOT / "tests/golden/iperf3/tcp/iperf3.json").read_bytes())
UNIXBENCH = (ROOT / "tests/golden/unixbench/full-1-copy/report").read_bytes()
INVENTORY = """\
targets:
  web-1: {address: 10.0.0.1, peer: web-2, labels: {region: japaneast, size: Standard_D2_v2}}
  web-2: {address: 10.0.0.2, peer: web-3, labels: {region: japaneast, size: Standard_D2_v2}}
  web-3: {address: 10.0.0.3, peer: web-1, labels: {region: japaneast, size: Standard_D2_v2}}
"""
CAMPAIGN = """\
name: january
title: Host maintenance in January
inventory: inventory.yaml
repetitions: 2
sessions: 3
suites:
  - iperf3: {profile: smoke, cases: [tcp]}
  - unixbench: {profile: standard}
phases: [pre-maintenance, post-host-patch, post-guest-patch]
primary: [iperf3/throughput]
"""
SPEED = {"pre-maintenance": 10.0, "post-host-patch": 8.5, "post-guest-patch": 8.5}
"""Gbit/s of each phase; UnixBench stays the same."""


def facts(tag: str) -> Facts:
    patched = {"pre-maintenance": "0x1", "post-host-patch": "0x2", "post-guest-patch": "0x2"}[tag]
    kernel = "6.1.0-2" if tag == "post-guest-patch" else "6.1.0-1"
    return Facts((("guest-os", "kernel", kernel), ("host", "microcode", patched), ("identity", "boot_id", tag)))


def output(trial: Trial, tag: str, session: int) -> bytes:
    """What the tool would have printed: sessions and repetitions scatter by a few per mille."""
    if trial.suite == "unixbench":
        return UNIXBENCH
    speed = SPEED[tag] * (1 + 0.002 * session - 0.001 * trial.repetition) * 1e9
    data = json.loads(json.dumps(IPERF3))
    data["end"]["sum_received"]["bits_per_second"] = data["end"]["sum_sent"]["bits_per_second"] = speed
    return json.dumps(data).encode()


def send_home(run: StoredRun, trial: Trial, number: int = 1, status: Status = Status.OK, cause: str = "") -> None:
    """Publish an attempt as the measuring half does."""
    role, name = ("sender", "out/iperf3.json") if len(trial.targets) == 2 else ("single", "report")
    raw = {f"{role}/{name}": output(trial, run.info.tag, run.info.session) if status is Status.OK else b""}
    moment = f"2026-01-{10 + run.info.session:02d}T0{trial.repetition}:00:00Z"
    record = Attempt(
        trial, number, status, cause, moment, moment, (), (f"raw/{role}/{name}",) if status is Status.OK else (),
        roles=tuple((target, role) for target in trial.targets), tool=pairs({"version": "3.12", "digest": "d" * 64}),
    )  # fmt: skip
    observed = {target: facts(run.info.tag) for target in trial.targets}
    publish(run, record, raw, {"before": observed, "after": observed})


@pytest.fixture(scope="module")
def suites() -> Mapping[str, LoadedSuite]:
    return load_suites(suite_folders())


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory, suites: Mapping[str, LoadedSuite]) -> Campaign:
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "inventory.yaml").write_text(INVENTORY, "utf-8")
    (folder / "campaign.yaml").write_text(CAMPAIGN, "utf-8")
    return load_campaign(folder / "campaign.yaml", suites)


@pytest.fixture(scope="module")
def store(campaign: Campaign, suites: Mapping[str, LoadedSuite]) -> Store:
    """Three sessions of three phases; the very last trial is interrupted twice and never measured."""
    made = Store(Path(campaign.path).parent / "runs")
    for phase in campaign.phases:
        for _ in range(campaign.sessions):
            session = next_session(made, campaign.name, phase.tag)
            run = new_run(made, campaign, make_plan(campaign, suites, phase, session=session, seed=session), suites)
            *rest, last = run.info.plan
            for trial in rest:
                send_home(run, trial)
            if (phase, session) == (campaign.phases[-1], campaign.sessions):
                for number in (1, 2):
                    send_home(run, last, number, Status.INTERRUPTED, "web-1 rebooted")
            else:
                send_home(run, last)
    return made


def test_the_store_holds_what_was_planned(store: Store, campaign: Campaign) -> None:
    runs = store.runs()
    assert len(runs) == len(campaign.phases) * campaign.sessions
    assert [len(run.missing()) for run in runs] == [0] * 8 + [1]
    assert all(verify(run) == [] for run in runs)
    assert {run.info.session for run in runs} == {1, 2, 3}
    assert tags_of(runs) == [phase.tag for phase in campaign.phases]


def test_the_loss_is_named_and_blamed_on_the_phase_that_brought_it(
    store: Store, suites: Mapping[str, LoadedSuite]
) -> None:
    runs = choose_campaign(store.runs(), list(SPEED), None)
    evidence = read(runs, suites)
    assert evidence.loaded.problems == ()
    first = compare_tags(evidence, "pre-maintenance", "post-host-patch")
    throughput = next(one for one in first.metrics if one.key.metric == "throughput")
    assert throughput.primary
    assert throughput.verdict is Verdict.REGRESSED
    assert throughput.ratio == pytest.approx(0.85, rel=1e-6)
    assert throughput.interval is not None
    assert throughput.interval.low < 0.85 < throughput.interval.high
    index = [one for one in first.metrics if one.key.suite == "unixbench"]
    assert index
    assert {one.verdict for one in index} <= {Verdict.NO_CHANGE, Verdict.INCONCLUSIVE}
    assert first.attribution is not None
    assert first.attribution.kind is not AttributionKind.CONFOUNDED
    assert [name for name, _, _ in first.attribution.factors] == ["host_patch"]
    second = compare_tags(evidence, "post-host-patch", "post-guest-patch")
    still = next(one for one in second.metrics if one.key.metric == "throughput")
    assert still.verdict is Verdict.NO_CHANGE
    assert second.attribution is not None
    assert [name for name, _, _ in second.attribution.factors] == ["guest_patch"]


def test_the_page_says_it_all_in_one_file(store: Store, suites: Mapping[str, LoadedSuite]) -> None:
    evidence = read(store.runs(), suites)
    made = make_report(evidence, list(SPEED), generated_at="2026-02-01T00:00:00Z")
    assert [(one.before, one.after) for one in made.comparisons] == [
        ("pre-maintenance", "post-host-patch"),
        ("post-host-patch", "post-guest-patch"),
        ("pre-maintenance", "post-guest-patch"),
    ]
    page = render_html(made)
    for said in ("Host maintenance in January", "post-guest-patch", "web-1 rebooted", "regressed", "85"):
        assert said.lower() in page.lower()
    assert "<script" not in page
    assert "http-equiv" not in page or "refresh" not in page
    assert page == render_html(make_report(evidence, list(SPEED), generated_at="2026-02-01T00:00:00Z"))


def test_the_python_api_sees_the_same(store: Store) -> None:
    samples = bench.load_runs(store.root, tags=["pre-maintenance", "post-host-patch"])
    frame = bench.compare(samples, "pre-maintenance", "post-host-patch").to_frame()
    overall = frame[(frame["metric"] == "throughput") & (frame["target"] == "")]
    assert list(overall["verdict"]) == ["regressed"]


def test_the_command_line_sees_the_same(store: Store) -> None:
    def command(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bench", *argv, "--runs", str(store.root)],
            cwd=store.root.parent, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip

    runs = command("runs")
    assert runs.returncode == 0
    assert runs.stdout.count("\n") == 2 + 9
    compared = command("compare", "pre-maintenance", "post-host-patch", "--fail-on", "regressed", "-f", "csv")
    assert compared.returncode == 4
    assert compared.stderr == ""
    assert "throughput" in compared.stdout
    reported = command("report", "-o", "page.html")
    assert reported.returncode == 0
    assert reported.stdout.endswith("Report: page.html\n")
    assert (store.root.parent / "page.html").stat().st_size > 20_000


def test_one_session_is_never_enough(campaign: Campaign, suites: Mapping[str, LoadedSuite], tmp_path: Path) -> None:
    store = Store(tmp_path)
    for phase in campaign.phases[:2]:
        run = new_run(store, campaign, make_plan(campaign, suites, phase, session=1, seed=1), suites)
        for trial in run.info.plan:
            if trial.targets[0] == "web-1":
                send_home(run, trial)
    evidence = read(store.runs(), suites)
    for result in compare_tags(evidence, "pre-maintenance", "post-host-patch").metrics:
        assert result.verdict is Verdict.INCONCLUSIVE
        assert result.reason in (Reason.UNREPLICATED, Reason.UNDERPOWERED)
