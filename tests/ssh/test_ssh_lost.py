"""Answers that get lost, jobs that die, machines that reboot: what ran once is measured once, and the rest is said."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lossy import Lossy, Refusing, collects, launches
from ssh_ground import Field, Watcher, duo, kinds, only, scripted

from bench.errors import TransportError
from bench.measure.leftovers import remains
from bench.measure.scheduler import Scheduler
from bench.measure.ssh import SshTransport
from bench.measure.watch import State
from bench.model import Status, Target, Trial
from bench.store import StoredRun
from tests.waiting import until

COUNTED = "echo ran >>../../ran; sleep 0.5; echo rate 42"


def ran(ground: Field) -> int:
    """How often a COUNTED script ran."""
    return sum(len(path.read_text().splitlines()) for path in ground.folder.glob("base*/ran"))


def test_a_lost_launch_is_found_again(ground: Field) -> None:
    ground.transport = Lossy(launches)
    run = ground.run(scripted(COUNTED))
    assert ground.execute(run).missing == {}
    assert ran(ground) == 1
    assert only(run).attempt == 1
    assert "attached" in kinds(run)


def test_the_events_are_read_as_often_for_many_jobs_as_for_one(ground: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[StoredRun] = []
    events = StoredRun.events
    monkeypatch.setattr(StoredRun, "events", lambda run: (reads.append(run), events(run))[1])
    seen: set[str] = set()

    def first_launch(target: Target, script: str) -> bool:
        job = script.partition("\nid=")[2].partition(";")[0]
        return launches(target, script) and not (job in seen or seen.add(job))  # type: ignore[func-returns-value]

    ground.transport = Lossy(first_launch, left=99)
    run = ground.run(scripted(), repetitions=3)
    assert ground.execute(run).missing == {}
    assert len(seen) == 3
    assert len(reads) == 2, "at the start, and when the session is cleaned up"
    monkeypatch.undo()
    assert kinds(run).count("attached") == 3
    launched = {event["trial"]: event["time"] for event in reversed(run.events()) if event["kind"] == "launch"}
    assert {stored.record.trial.trial_id: stored.record.started_at for stored in run.attempts()} == launched


def test_a_launch_lost_for_good_is_missing_and_resumed(ground: Field) -> None:
    ground.transport = Lossy(launches, left=99)
    run = ground.run(scripted(COUNTED))
    (cause,) = ground.execute(run, patience_s=0.5).missing.values()
    assert "the answer was lost" in cause
    assert list(run.attempts()) == []
    ground.transport = SshTransport()
    assert ground.execute(run).missing == {}
    assert ran(ground) == 1
    record = only(run)
    launched = next(event["time"] for event in run.events() if event["kind"] == "launch")
    assert record.started_at == launched
    assert ground.jobs() == []


def test_a_lost_collection_is_fetched_again(ground: Field) -> None:
    ground.transport = Lossy(collects, left=2)
    run = ground.run(scripted(COUNTED))
    assert ground.execute(run, patience_s=600).missing == {}
    assert (ran(ground), only(run).attempt) == (1, 1)


def test_a_target_that_stays_away_keeps_its_job_for_resume(ground: Field) -> None:
    ground.transport = Lossy(collects, left=99)
    run = ground.run(scripted(COUNTED), repetitions=3)
    outcome = ground.execute(run, patience_s=0.5)
    assert len(outcome.missing) == 3
    assert len(ground.jobs()) == 1
    ground.transport = SshTransport()
    assert ground.execute(run).missing == {}
    assert ran(ground) == 3
    assert ground.jobs() == []


@pytest.mark.parametrize("left", [1, 99])
def test_a_job_folder_that_could_not_be_removed_is_swept_later(ground: Field, left: int) -> None:
    """At the end of the session, or, when its controller died, by `bench resume`, though nothing is missing."""
    ground.transport = Refusing(left)
    run = ground.run(scripted(COUNTED))
    assert ground.execute(run).missing == {}
    assert "left behind" in kinds(run)
    if left > 1:
        assert len(ground.jobs()) == len(remains(run).jobs) == 1
        ground.transport = SshTransport()
        assert ground.execute(run).missing == {}
    assert ground.jobs() == []
    assert not remains(run)
    assert ran(ground) == 1


def while_running(ground: Field, action: Callable[[Path], None]) -> Watcher:
    """A watcher that does something to the first job as soon as it runs."""
    done: list[bool] = []

    def on_state(trial: Trial, state: State) -> None:
        if state is State.RUNNING and not done:
            done.append(True)
            action(next(path.parent for path in ground.folder.glob("base*/jobs/*/claim")))

    return Watcher(on_state=on_state)


def kill_all(job: Path) -> None:
    """Kill the shell of a job, and what it started."""
    shell = int((job / "claim" / "pid").read_text())
    members = [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _session(entry) == shell]
    for pid in (shell, *members):
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            continue


def _session(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(") ")[2].split()[3])
    except OSError:
        return -1


def test_a_killed_job_is_interrupted_and_tried_once_more(ground: Field) -> None:
    run = ground.run(scripted(COUNTED))
    outcome = ground.execute(run, watcher=while_running(ground, kill_all))
    assert outcome.missing == {}
    first, second = [stored.record for stored in run.attempts()]
    assert (first.status, second.status) == (Status.INTERRUPTED, Status.OK)
    assert "is gone without a result" in first.cause
    assert ground.jobs() == []


def test_a_reboot_is_interrupted_with_both_boot_ids(ground: Field) -> None:
    old = "11111111-2222-3333-4444-555555555555"

    def reboot(job: Path) -> None:
        kill_all(job)
        (job / "claim" / "boot").write_text(old + "\n")

    run = ground.run(scripted(COUNTED))
    assert ground.execute(run, watcher=while_running(ground, reboot)).missing == {}
    first = next(run.attempts()).record
    assert first.status is Status.INTERRUPTED
    now = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert f"t0 rebooted while the job ran (boot id {old} → {now})" in first.cause


def test_a_vanished_job_folder_is_interrupted(ground: Field) -> None:
    import shutil

    def vanish(job: Path) -> None:
        kill_all(job)
        shutil.rmtree(job)

    run = ground.run(scripted(COUNTED))
    assert ground.execute(run, watcher=while_running(ground, vanish)).missing == {}
    assert "the folder of the job on t0 is gone" in next(run.attempts()).record.cause


def test_a_sender_whose_launch_is_lost_does_not_mix_with_a_new_receiver(ground: Field) -> None:
    """The sender ran although nobody heard of it; its receiver was stopped: the next controller starts both anew."""
    ground.transport = Lossy(lambda target, script: target.name == "t0" and launches(target, script), left=99)
    run = ground.run(duo(sender=f"{_default(ground, 'sender')}; sleep 1; echo rate 2"), targets=ground.targets)
    outcome = ground.execute(run, patience_s=0.5)
    assert len(outcome.missing) == 1
    ground.transport = SshTransport()
    assert ground.execute(run).missing == {}
    records = [stored.record for stored in run.attempts()]
    assert records[-1].status is Status.OK
    for record in records[:-1]:
        assert record.status is Status.INTERRUPTED
    assert ground.jobs() == []


def _default(ground: Field, name: str) -> str:
    return next(str(p.default) for p in ground.suites["duo"].suite.parameters if p.name == name)


def test_a_connection_that_dies_while_idle_is_replaced(ground: Field, box: object) -> None:
    from bench.measure.connections import Connections

    pool = Connections(SshTransport())
    target = ground.targets[0]
    with pool.to(target) as connection:
        first = connection
        ppid = int(connection.run("echo $PPID", timeout_s=30).stdout)
    os.kill(ppid, 9)
    until(lambda: not first.alive())
    with pool.to(target) as connection:
        assert connection is not first
        assert connection.run("echo again", timeout_s=30).stdout == b"again\n"
    pool.close()


def test_abandoning_ends_at_once_and_leaves_the_job(ground: Field) -> None:
    scheduler = Scheduler()

    def on_state(trial: Trial, state: State) -> None:
        if state is State.RUNNING:
            scheduler.stop()
            scheduler.abandon()

    script = "echo ran >>../../ran; while [ ! -e ../../go ]; do sleep 0.1; done; echo rate 42"
    run = ground.run(scripted(script), repetitions=2)
    outcome = ground.execute(run, watcher=Watcher(on_state=on_state), scheduler=scheduler)  # while the job waits
    assert sorted(outcome.missing.values()) == ["its job was left on the target", "not started"]
    assert outcome.interrupted
    (ground.folder / "base0" / "go").touch()
    assert ground.execute(run).missing == {}
    assert ran(ground) == 2
    assert ground.jobs() == []


def test_abandoning_while_a_job_is_asked_for_says_that_it_was_left(ground: Field) -> None:
    scheduler = Scheduler()

    def abandons(target: Target, script: str) -> bool:
        if not collects(target, script):
            return False
        scheduler.abandon()
        return True

    ground.transport = Lossy(abandons)
    run = ground.run(scripted("echo ran >>../../ran; sleep 1; echo rate 42"))
    outcome = ground.execute(run, scheduler=scheduler)
    assert list(outcome.missing.values()) == ["its job was left on the target"]
    assert "missing" not in kinds(run)
    assert ground.execute(run).missing == {}
    assert ran(ground) == 1


def test_abandoning_hangs_up_a_call_that_blocks(ground: Field) -> None:
    from bench.measure.connections import Connections

    pool = Connections(SshTransport())
    began = Path(ground.targets[0].base, "began")
    ended: list[str] = []

    def block() -> None:
        try:
            with pool.to(ground.targets[0]) as connection:
                connection.run(f"mkdir -p {began.parent}; : >{began}; sleep 30", timeout_s=600)
        except TransportError as error:
            ended.append(str(error))

    thread = threading.Thread(target=block)
    thread.start()
    until(began.exists)
    pool.abort()
    thread.join(timeout=60)
    assert ended
    with pytest.raises(TransportError), pool.to(replace(ground.targets[0], name="other")):
        pass


def test_an_answer_that_is_cut_off_is_no_answer(ground: Field) -> None:
    connection = SshTransport().connect(ground.targets[0])
    with pytest.raises(TransportError):
        connection.run("echo half; kill -9 $PPID; sleep 1", timeout_s=300)
    connection.close()


def test_no_answer_in_time(ground: Field) -> None:
    connection = SshTransport().connect(ground.targets[0])
    with pytest.raises(TransportError, match="no answer in time"):
        connection.run("sleep 30", timeout_s=1)
    connection.close()
