"""Reboots over a real sshd: what is refused, what is waited for, and what a target that does not come back is told."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from boots import Bootable, bootable, why_not

from bench.errors import BenchError
from bench.measure.connections import Connections
from bench.measure.reboot import Limits, Rebooted, Rebooter
from bench.measure.reboots import look_at, reboot_all
from bench.measure.sandbox import Sandbox, Sshd
from bench.measure.scheduler import Scheduler
from bench.measure.ssh import SshTransport
from bench.measure.transport import FakeTransport, Reply
from bench.model import Target

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")
_FOLDERS = itertools.count()


@pytest.fixture
def machine(box: Sandbox, tmp_path: Path) -> Iterator[Bootable]:
    with bootable(tmp_path / f"machine{next(_FOLDERS)}", box) as made:
        yield made


@pytest.fixture
def rebooter() -> Iterator[Rebooter]:
    pool = Connections(SshTransport(), retry_after_s=())
    yield Rebooter(pool, Limits(down_s=300.0, back_s=300.0, settle_s=300.0))
    pool.close()


def outcome(rebooter: Rebooter, target: Target) -> Rebooted | BenchError:
    """What becomes of a target that may be rebooted."""
    (standing,) = look_at([target], rebooter, Scheduler()).values()
    assert not isinstance(standing, BenchError), standing
    assert standing.refusal == ""
    return reboot_all([target], {target.name: standing.boot_id}, rebooter, Scheduler())[target.name]


def refusal(rebooter: Rebooter, target: Target) -> str:
    (standing,) = look_at([target], rebooter, Scheduler()).values()
    return str(standing) if isinstance(standing, BenchError) else standing.refusal


def test_it_comes_back_under_another_boot_id(machine: Bootable, rebooter: Rebooter) -> None:
    before = machine.boot_id()
    said: list[str] = []
    rebooter.tell = lambda name, message: said.append(f"{name} {message}")
    done = outcome(rebooter, machine.target())
    assert isinstance(done, Rebooted), done
    assert (done.before, done.after) == (before, machine.boot_id())
    assert before != machine.boot_id()
    assert done.down_s <= done.back_s <= done.settled_s
    assert machine.asked() == 1
    steps = [line.split()[1] for line in said]
    assert [step for step in steps if step != "went"] == ["rebooting", "is", "rebooted"]  # it may be back too soon


@pytest.mark.parametrize(
    ("steer", "text", "limits", "words"),
    [
        ("stubborn", "", Limits(down_s=1.0), "did not go down within 1 s"),
        ("dead", "", Limits(back_s=1.0), "did not come back within 1 s after it went down"),
        (
            "state",
            "starting\n",
            Limits(settle_s=1.0),
            "is back, but did not settle within 1 s: systemd calls it starting",
        ),
        ("loadavg", "99.5 1 1 1/1 1\n", Limits(settle_s=1.0), "is back, but did not settle within 1 s: load 99.50"),
        ("refused", "", Limits(), "systemctl said: a shutdown inhibitor is active"),
    ],
)
def test_each_way_to_fail_has_its_own_words(
    machine: Bootable, rebooter: Rebooter, steer: str, text: str, limits: Limits, words: str
) -> None:
    machine.set(steer, text)
    rebooter.limits = limits
    failed = outcome(rebooter, machine.target())
    assert isinstance(failed, BenchError), failed
    assert str(failed).startswith("m: ")
    assert words in str(failed)
    assert failed.remedy


def test_a_machine_that_was_only_out_of_reach_was_not_rebooted(machine: Bootable, rebooter: Rebooter) -> None:
    machine.set("same")
    machine.set("dead")
    rebooter.tell = lambda name, message: machine.unset("dead") if message.startswith("went down") else None
    rebooter.limits = Limits(back_s=300.0)
    failed = outcome(rebooter, machine.target())
    assert f"came back with the same boot id ({machine.boot_id()})" in str(failed)


def test_where_systemd_says_nothing_that_is_noted(machine: Bootable, rebooter: Rebooter) -> None:
    machine.set("state", "")
    done = outcome(rebooter, machine.target())
    assert isinstance(done, Rebooted), done
    assert "systemd did not say" in done.note


def test_a_machine_is_waited_for_until_it_is_at_rest(machine: Bootable, rebooter: Rebooter) -> None:
    machine.set("state", "starting\n")
    asked: list[str] = []

    def tell(name: str, message: str) -> None:
        asked.append(message)
        if "waiting until" in message:
            machine.set("state", "degraded\n")

    rebooter.tell = tell
    done = outcome(rebooter, machine.target())
    assert isinstance(done, Rebooted), done
    assert "degraded" in done.note


def test_a_package_manager_at_work_is_unrest(machine: Bootable, rebooter: Rebooter) -> None:
    rebooter.limits = Limits(settle_s=1.0)
    (machine.folder / "apt-get").symlink_to("/bin/sleep")
    rebooter.tell = lambda name, message: run_on(machine, "./apt-get 60 &") if message.startswith("is back") else None
    assert "apt-get at work" in str(outcome(rebooter, machine.target()))


def run_on(machine: Bootable, script: str) -> None:
    connection = SshTransport().connect(machine.target())
    connection.run(f"cd {machine.folder}; exec >/dev/null 2>&1; {script}", timeout_s=300)
    connection.close()


def test_what_runs_a_job_of_any_run_is_not_rebooted(machine: Bootable, rebooter: Rebooter) -> None:
    """A job of another account or base folder is known by the mark that its processes carry."""
    run_on(machine, "VMBENCH_JOB=0badf00d-0123456789abcdef sleep 60 &")
    assert "a vmbench job is running on it (0badf00d-0123456789abcdef)" in refusal(rebooter, machine.target())
    # One that began after the machine was asked whether it may be rebooted.
    found = reboot_all([machine.target()], {"m": machine.boot_id()}, rebooter, Scheduler())["m"]
    assert "a vmbench job is running on it (0badf00d-0123456789abcdef)" in str(found)
    assert machine.asked() == 0


def test_a_controller_that_is_launching_is_not_rebooted_away(machine: Bootable, rebooter: Rebooter) -> None:
    (machine.folder / "base" / "jobs").mkdir(parents=True)
    run_on(machine, "flock base/jobs.lock sleep 60 & sleep 0.3")
    found = reboot_all([machine.target()], {"m": machine.boot_id()}, rebooter, Scheduler())["m"]
    assert "another controller is launching a job" in str(found)
    assert machine.asked() == 0


def test_without_root_the_reason_is_said() -> None:
    lines = "refused rebooting needs root (the login is not root, and there is no sudo)\nboot_id=b\njobs=\n"

    def answer(target: Target, script: str) -> Reply:
        mark = script.split("@@%s %s")[1].split()[1]
        return Reply(0, f"\n@@{mark} said\n{lines}".encode(), b"")

    rebooter = Rebooter(Connections(FakeTransport(answer)))
    said = "rebooting needs root (the login is not root, and there is no sudo)"
    assert refusal(rebooter, Target("m", "127.0.0.1", "127.0.0.1")) == said


def test_one_machine_under_two_names_is_rebooted_under_one(machine: Bootable, rebooter: Rebooter) -> None:
    found = look_at([machine.target("a"), machine.target("b")], rebooter, Scheduler())
    assert {name: getattr(one, "refusal", "") for name, one in found.items()} == {
        "a": "is the same machine as b (same boot id): name one of them",
        "b": "is the same machine as a (same boot id): name one of them",
    }


def test_this_very_machine_is_not_rebooted(
    daemons: list[Sshd], box: Sandbox, machine: Bootable, rebooter: Rebooter
) -> None:
    here = replace(machine.target(), port=daemons[0].port)
    assert "the machine that bench itself runs on" in refusal(rebooter, here)
