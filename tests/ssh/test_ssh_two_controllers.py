"""Two controllers at once, on one run, one target or in one store: real processes, one is told who was first."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from ssh_ground import write_workspace

from bench.measure.sandbox import Sandbox, Sshd
from bench.model import Status
from bench.store import verify
from tests.ssh.ssh_desk import Desk, heard
from tests.waiting import until

GATED = "echo ${PWD##*/} >>../../ran; while [ ! -e ../../go ]; do sleep 0.05; done; echo rate 42"
"""Runs until the test says so."""


@pytest.fixture
def other(desk: Desk, box: Sandbox, daemons: list[Sshd], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Somebody else's workspace, with the same account on the same target."""
    folder = tmp_path_factory.mktemp("other")
    write_workspace(folder, box, daemons[0])
    (folder / "campaign.yaml").write_text("")
    inventory = folder / "inventory.yaml"
    inventory.write_text(inventory.read_text().replace(str(folder / "base"), str(desk.folder / "base")))
    made = Desk(folder)
    yield made
    made.end()


def go(desk: Desk) -> None:
    (desk.folder / "base" / "go").touch()


def check(desk: Desk, trials: int) -> None:
    run = desk.stored()
    assert run.missing() == ()
    assert [stored.record.status for stored in run.attempts()] == [Status.OK] * trials
    assert verify(run) == []


def test_who_resumes_a_run_that_is_measured_is_told_by_whom(desk: Desk) -> None:
    process = desk.start_run(2, GATED)
    desk.wait_for(lambda: len(desk.ran()) > 0)
    run_id = desk.stored().info.run_id
    code, said = desk.finish(desk.start("resume", run_id))
    assert code == 1
    who = rf"another controller works on this run \(pid {process.pid} of \S+ on \S+, since 20\d\d-\S+Z\)"
    assert re.search(who, said)
    assert "Traceback" not in said
    go(desk)
    assert desk.finish(process)[0] == 0
    check(desk, 2)
    assert len(desk.ran()) == 2


def test_the_lock_of_a_killed_controller_is_taken_over_by_one_of_those_that_resume_at_once(desk: Desk) -> None:
    process = desk.start_run(2, GATED)
    desk.wait_for(lambda: len(desk.ran()) > 0)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    run = desk.stored()
    assert f"pid {process.pid} of" in (run.folder / ".lock").read_text()
    resumed = [desk.start("resume", run.info.run_id) for _ in range(3)]
    until(lambda: sum(one.poll() is not None for one in resumed) == 2)
    go(desk)
    ends = [desk.finish(one) for one in resumed]
    assert sorted(code for code, _ in ends) == [0, 1, 1]
    (winner,) = [one.pid for one in resumed if one.returncode == 0]
    assert all(f"(pid {winner} of " in said for code, said in ends if code == 1)
    check(desk, 2)
    assert len(desk.ran()) == 2
    assert desk.jobs() == []


def test_a_target_that_somebody_else_measures_on_is_waited_for_and_its_holder_named(desk: Desk, other: Desk) -> None:
    first = desk.start_run(1, GATED)
    desk.wait_for(lambda: len(desk.ran()) > 0)
    second = other.start_run(1, "echo ${PWD##*/} >>../../ran; echo rate 42")
    run_id = desk.stored().info.run_id
    said = heard(second, "is busy with job")
    assert f"of run {run_id} (pid {first.pid} of " in said
    assert len(desk.ran()) == 1
    go(desk)
    assert desk.finish(first)[0] == 0
    assert other.finish(second)[0] == 0
    check(desk, 1)
    check(other, 1)
    assert len(desk.ran()) == 2


def test_the_job_of_a_killed_controller_keeps_its_target_until_it_ends(desk: Desk, other: Desk) -> None:
    first = desk.start_run(1, GATED)
    desk.wait_for(lambda: len(desk.ran()) > 0)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    second = other.start_run(1, "echo ${PWD##*/} >>../../ran; echo rate 42")
    said = heard(second, "is busy with job")
    assert f"(pid {first.pid} of " in said
    go(desk)
    assert other.finish(second)[0] == 0
    check(other, 1)
    assert desk.finish(desk.start("resume", desk.stored().info.run_id))[0] == 0
    check(desk, 1)
    assert len(desk.ran()) == 2
    assert desk.jobs() == []


def test_two_runs_that_begin_at_once_are_two_sessions(desk: Desk) -> None:
    processes = [desk.start_run(1, "echo rate 42") for _ in range(2)]
    ends = [desk.finish(process) for process in processes]
    assert [code for code, _ in ends] == [0, 0], ends
    runs = desk.store().runs()
    assert sorted(run.info.session for run in runs) == [1, 2]
    assert all(run.missing() == () and verify(run) == [] for run in runs)


def test_a_report_while_a_run_goes_on_says_what_is_missing(desk: Desk) -> None:
    assert desk.finish(desk.start_run(1, "echo rate 42"))[0] == 0
    process = desk.start_run(2, GATED, tag="after")
    desk.wait_for(lambda: len(desk.ran()) > 0)
    report = desk.folder / "r.html"
    for words in (("report", "-o", str(report)), ("verify",)):
        code, said = desk.finish(desk.start(*words))
        assert code in (0, 1), said
        assert "Traceback" not in said
    go(desk)
    assert desk.finish(process)[0] == 0
    assert desk.finish(desk.start("verify"))[0] == 0


def test_a_store_that_came_from_another_host_is_not_held_by_it(desk: Desk, tmp_path: Path) -> None:
    """What stands in a lock file holds nothing: a copy, a dead host or an earlier boot."""
    process = desk.start_run(2, GATED)
    desk.wait_for(lambda: len(desk.ran()) > 0)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    lock = desk.stored().folder / ".lock"
    lock.write_text("pid 1 of root on a-host-that-is-gone, since 2020-01-01T00:00:00Z")
    shutil.copytree(desk.folder / "runs", tmp_path / "copy")
    shutil.rmtree(desk.folder / "runs")
    shutil.copytree(tmp_path / "copy", desk.folder / "runs")
    go(desk)
    assert desk.finish(desk.start("resume", desk.stored().info.run_id))[0] == 0
    check(desk, 2)
