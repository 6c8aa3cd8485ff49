"""Trials that overlap a freeze do not count: their values are left out, said, counted, and on the timeline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.analyse.freezes import frozen
from bench.analyse.happened import Event
from bench.analyse.noticed import everything
from bench.analyse.sightings import sightings_of
from bench.model import Attempt, Facts, Run, Status, Target
from bench.report.campaign import compare_tags, make_report, read
from bench.report.html import render_html
from bench.report.layout import page
from bench.store import Store, StoredRun, publish
from tests.analyse.stored_runs import facts, tiny_suite, trial

QUIET = b"start 1 1 1\nend 9 9 9 0.01\n"
FROZE = b"start 1 1 1\ngap 1704103200.5 4.2 0.01\nend 9 9 9 0.01\n"
STARVED = b"start 1 1 1\ngap 1704103200.5 4.2 4.1\nend 9 9 9 0.01\n"
SET = b"step 1704103200.5 -3600\n"


def session(root: Path, tag: str, number: int, speeds: list[float], logs: list[bytes]) -> StoredRun:
    """One target, one trial for each speed, with the log of its ticker."""
    plan = tuple(trial(repetition) for repetition in range(1, len(speeds) + 1))
    run = Store(root).create(
        Run(
            f"{tag}-{number}", "camp", tag, (), number, 1, f"2024-01-0{number}T00:00:00Z", plan,
            (Target("vm", "vm", "vm"),), (("tiny", "x"),), (), freeze_probe=True,
        )
    )  # fmt: skip
    for one, speed, log in zip(plan, speeds, logs, strict=True):
        attempt = Attempt(
            one,
            1,
            Status.OK,
            "",
            f"2024-01-0{number}T10:00:00Z",
            "",
            (),
            ("raw/single/out",),
            roles=(("vm", "single"),),
        )
        publish(run, attempt, {"single/out": f"speed={speed}\n".encode(), "single/freeze.log": log}, {})
    return run


@pytest.fixture
def runs(tmp_path: Path) -> list[StoredRun]:
    root = tmp_path / "runs"
    return [
        session(root, "pre", 1, [100, 101, 100], [QUIET, STARVED, QUIET]),
        session(root, "post", 2, [50, 101, 20], [FROZE, QUIET, SET]),
    ]


def test_values_of_a_tainted_trial_are_left_out_and_counted(tmp_path: Path, runs: list[StoredRun]) -> None:
    compared = compare_tags(read(runs, tiny_suite(tmp_path)), "pre", "post")
    (speed,) = compared.metrics
    assert speed.before == pytest.approx(100)  # the median of all three: a busy machine taints nothing
    assert speed.after == pytest.approx(101)
    (left,) = compared.excluded
    assert (left.what, left.count) == ("tiny/speed", 2)
    assert left.cause.startswith("tainted")
    assert any("vm: stood still for 4.2 s; the values" in one for one in compared.warnings)
    assert any("vm: its clock was set by -3600.0 s" in one for one in compared.warnings)


def test_freezes_are_events_of_their_machine(tmp_path: Path, runs: list[StoredRun]) -> None:
    made = make_report(read(runs, tiny_suite(tmp_path)), ["pre", "post"], generated_at="2024-01-09T00:00:00Z")
    assert [(one.event, one.detail) for one in made.happenings] == [
        (Event.FROZE, "4.2 s"), (Event.CLOCK_SET, "-3600.0 s"),
    ]  # fmt: skip
    assert made.happenings[0].after == "2024-01-01T09:59:56Z"
    time = page(made).timeline
    assert time is not None
    assert "by 2024-01-01 10:00 stood still 4.2 s (vm)" in time.svg
    html = render_html(made)
    assert "What happened to the machines" in html
    assert "4.2 s" in html


def test_events_come_from_the_cache_and_damage_is_no_event(runs: list[StoredRun]) -> None:
    first = frozen(runs[1])
    assert [target for target, _ in first] == ["vm", "vm"]
    assert list((runs[1].folder / ".cache").glob("freezes-*"))
    assert frozen(runs[1]) == first
    log = next(runs[0].folder.glob("trials/*/1/raw/single/freeze.log"))
    log.chmod(0o600)
    log.write_bytes(FROZE)
    assert frozen(runs[0]) == ()


def test_a_damaged_log_is_named(tmp_path: Path, runs: list[StoredRun]) -> None:
    log = next(runs[1].folder.glob("trials/*/1/raw/single/freeze.log"))
    log.unlink()
    compared = compare_tags(read(runs, tiny_suite(tmp_path)), "pre", "post")
    assert any("freeze probe" in one.cause for one in compared.excluded)


def test_targets_on_which_the_probe_did_not_run_are_named_once(tmp_path: Path, runs: list[StoredRun]) -> None:
    session(runs[0].folder.parents[1], "bare", 3, [100, 101], [b"none\n", b"none\n"])
    every = Store(runs[0].folder.parents[1]).runs(tags=["pre", "bare"])
    compared = compare_tags(read(every, tiny_suite(tmp_path)), "pre", "bare")
    assert len([one for one in compared.warnings if "vm: the freeze probe did not run" in one]) == 1


def test_runs_without_the_probe_are_not_read_for_it(runs: list[StoredRun]) -> None:
    assert frozen(replace(runs[1], info=replace(runs[1].info, freeze_probe=False))) == ()


def served(root: Path, tag: str, number: int, facts_of: tuple[Facts, Facts], log: bytes = QUIET) -> StoredRun:
    """One target, one trial, with facts before and after it."""
    run = session(root, tag, number, [], [])
    before, after = facts_of
    attempt = Attempt(trial(1), 1, Status.OK, "", f"2024-01-0{number}T10:00:00Z", f"2024-01-0{number}T10:10:00Z", (),
                      ("raw/single/out",), roles=(("vm", "single"),))  # fmt: skip
    publish(run, attempt, {"single/out": b"speed=100\n", "single/freeze.log": log},
            {"before": {"vm": before}, "after": {"vm": after}})  # fmt: skip
    return run


def test_maintenance_is_told_wherever_machines_are(tmp_path: Path) -> None:
    root, same = tmp_path / "runs", facts(host__physical_host="H1", identity__boot_id="b1")
    runs = [served(root, tag, number, (same, same)) for number, tag in ((1, "pre"), (2, "post"), (3, "post"))]
    words = {"target": "vm", "source": "azure metadata", "text": "freeze", "id": "602d9444"}
    runs[1].event("2024-01-02T10:05:00+00:00", "maintenance started", **words)
    runs[1].event("2024-01-02T10:06:00+00:00", "maintenance done", **words)
    runs[2].event("2024-01-02T10:05:00+00:00", "maintenance started", **words)  # told of what had begun before it
    runs[2].event("2024-01-03T09:00:00+00:00", "action begins", target="vm", action="redeploy")
    made = make_report(read(runs, tiny_suite(tmp_path)), ["pre", "post"], generated_at="2024-01-09T00:00:00Z")
    told = "freeze, azure metadata, event 602d9444"
    assert [(one.event, one.after, one.before, one.detail) for one in made.happenings] == [
        (Event.MAINTAINED, "2024-01-02T10:05:00Z", "2024-01-02T10:06:00Z", told),
        (Event.ACTED, "2024-01-03T09:00:00Z", "2024-01-03T09:00:00Z", "redeploy; its end was not seen"),
    ]
    (left,) = made.comparisons[0].excluded
    assert (left.count, "under maintenance or acted upon" in left.cause) == (2, True)
    html = render_html(made)
    assert told in html
    assert "under maintenance" in html
    assert "maintenance of vm ran from 2024-01-02 10:05:00 UTC to 2024-01-02 10:06:00 UTC" in html


@pytest.mark.parametrize(
    ("moved", "seconds", "event", "said"),
    [
        ({"host__build": "2"}, "9.0", Event.HOST_UPDATED, "stood still for 9.0 s until 2024-01-02 10:00:00 UTC"),
        ({"host__physical_host": "H2"}, "4.2", Event.MIGRATED, "stood still for 4.2 s until 2024-01-02 10:00:00 UTC"),
        ({"host__physical_host": "H2"}, "45.0", Event.MIGRATED, ""),  # too long for it: another matter
    ],
)
def test_a_freeze_beside_facts_that_moved_is_their_evidence(
    tmp_path: Path, moved: dict[str, str], seconds: str, event: Event, said: str
) -> None:
    root, base = tmp_path / "runs", {"host__physical_host": "H1", "host__build": "1", "identity__boot_id": "b1"}
    one, other = facts(**base), facts(**base | moved)
    log = f"start 1 1 1\ngap 1704189600.0 {seconds} 0.01\nend 9 9 9 0.01\n".encode()
    runs = [served(root, "pre", 1, (one, one)), served(root, "post", 2, (one, other), log)]
    found = everything(runs, sightings_of(runs))
    assert [(mine.event, mine.detail) for mine in found if mine.event is not Event.FROZE] == [(event, said)]
    assert [mine.event for mine in found].count(Event.FROZE) == 1


SWITCH = "hv_netvsc eth0: Data path switched to VF: enP1s1"


def test_a_switched_data_path_is_an_event_of_its_machine(tmp_path: Path) -> None:
    run = session(tmp_path / "runs", "pre", 1, [], [])
    probe = "@@ files\n/proc/sys/kernel/random/boot_id:b1\n@@ kernel-log\ncould be read\n"
    attempt = Attempt(trial(1), 1, Status.OK, "", "2024-01-01T10:00:00Z", "2024-01-01T10:10:00Z", (),
                      ("raw/single/out",), roles=(("vm", "single"),))  # fmt: skip
    outputs = {"facts-before.txt": probe, "facts-after.txt": f"{probe}{SWITCH}\n", "out": "speed=100\n"}
    publish(run, attempt, {f"single/{name}": text.encode() for name, text in outputs.items()}, {})
    for _ in ("read", "from the cache"):
        (one,) = everything([run], ())
        assert (one.event, one.after, one.before, one.detail) == (
            Event.SWITCHED, "2024-01-01T10:00:00Z", "2024-01-01T10:10:00Z", SWITCH,
        )  # fmt: skip
    (cached,) = (run.folder / ".cache").glob("switches-*")
    cached.write_text("[[1, 2]]")
    assert len(everything([run], ())) == 1
    assert list(read([run], tiny_suite(tmp_path)).loaded.frame["flags"]) == ["tainted"]
