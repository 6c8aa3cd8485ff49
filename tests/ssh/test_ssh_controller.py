"""The controller itself dies, is interrupted or must be silent: real `bench run` and `bench resume` processes."""

from __future__ import annotations

import itertools
import os
import signal
from dataclasses import replace

import pytest
from ssh_ground import Field, scripted

from bench.measure.sandbox import Sandbox, Sshd
from bench.model import Status
from bench.store import verify
from tests.chaos.proxy import Proxy
from tests.ssh.ssh_desk import Desk, heard


@pytest.mark.parametrize("moment", ["running", "published", "between"])
def test_killing_the_controller_loses_and_repeats_nothing(desk: Desk, moment: str) -> None:
    process = desk.start_run(3)
    if moment == "running":
        desk.wait_for(lambda: (desk.folder / "base" / "ran").exists())
    elif moment == "published":
        desk.wait_for(lambda: any(desk.folder.glob("runs/*/*/trials/*/1/trial.json")))
    else:
        desk.wait_for(lambda: len(list(desk.folder.glob("base/jobs/*/done.json"))) > 0)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    run = desk.stored()
    assert run.missing()
    code, said = desk.finish(desk.start("resume", run.info.run_id))
    assert code == 0, said
    run = desk.stored()
    assert run.missing() == ()
    assert [stored.record.status for stored in run.attempts()] == [Status.OK] * 3
    assert len(desk.ran()) == 3
    assert desk.jobs() == []
    assert verify(run) == []


def test_the_first_interrupt_finishes_what_runs_and_says_how_to_resume(desk: Desk) -> None:
    process = desk.start_run(3)
    desk.wait_for(lambda: (desk.folder / "base" / "ran").exists())
    process.send_signal(signal.SIGINT)
    code, said = desk.finish(process)
    run = desk.stored()
    assert code == 3, said
    assert f"bench resume {run.info.run_id}" in said
    assert len(list(run.attempts())) == len(desk.ran()) == 1
    assert desk.jobs() == []
    code, said = desk.finish(desk.start("resume", run.info.run_id))
    assert code == 0, said
    assert len(desk.ran()) == 3


def test_the_second_interrupt_leaves_the_job_for_resume(desk: Desk) -> None:
    process = desk.start_run(2, "echo ran >>../../ran; while [ ! -e ../../go ]; do sleep 0.1; done; echo rate 42")
    desk.wait_for(lambda: (desk.folder / "base" / "ran").exists())
    process.send_signal(signal.SIGINT)
    heard(process, "Ctrl-C again")  # a second signal before the first one is handled is one signal to the kernel
    process.send_signal(signal.SIGINT)
    code, said = desk.finish(process)  # while the job still waits
    assert code == 3, said
    assert "left on the target" in said
    assert len(desk.jobs()) == 1
    (desk.folder / "base" / "go").touch()
    run = desk.stored()
    code, said = desk.finish(desk.start("resume", run.info.run_id))
    assert code == 0, said
    assert len(desk.ran()) == 2
    assert desk.jobs() == []


@pytest.mark.parametrize("hang_up_s", [10.0, 1.0])
def test_not_a_byte_is_sent_while_a_job_runs(
    ground: Field, daemons: list[Sshd], box: Sandbox, hang_up_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a connection that stays open (short jobs) and one that is hung up (long ones)."""
    monkeypatch.setattr("bench.measure.protocol.HANG_UP_S", hang_up_s)
    with Proxy(daemons[0].port) as proxy:
        _silence(ground, box, proxy)


def _silence(ground: Field, box: Sandbox, proxy: Proxy) -> None:
    expected = 4.0
    key = (box.folder / "host_key.pub").read_text().split()
    hosts = ground.folder / "hosts"
    hosts.write_text(f"[127.0.0.1]:{proxy.port} {key[0]} {key[1]}\n")
    target = replace(ground.targets[0], peer=None, port=proxy.port, known_hosts=str(hosts))
    run = ground.run(scripted("sleep 1; echo rate 42", expected=expected), targets=(target,))
    outcome = ground.execute(run)
    assert outcome.missing == {}
    moments = [moment for moment, _ in proxy.sent]
    silence, after = max((later - earlier, later) for earlier, later in itertools.pairwise(moments))
    assert silence > expected - 1, "hanging up after the launch takes a moment, and more on a busy machine"
    assert sum(size for moment, size in proxy.sent if moment < after) > 1000
    assert sum(size for moment, size in proxy.sent if moment >= after) > 500
