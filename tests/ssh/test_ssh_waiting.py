"""Waiting: for a target that is away or busy, for a pair that somebody else wants the other way round, and Ctrl-C."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lossy import Lossy, collects, launches
from ssh_ground import Field, Watcher, duo, kinds, scripted

from bench.measure import launching
from bench.measure.scheduler import Scheduler
from bench.measure.watch import Outcome, State
from bench.model import Status, Target, Trial
from tests.waiting import LONGEST_S


def test_a_target_that_cannot_be_reached_is_told_of_once(ground: Field) -> None:
    ground.transport = Lossy(collects, left=2)
    watcher = Watcher()
    run = ground.run(scripted("echo rate 42"))
    assert ground.execute(run, watcher=watcher, patience_s=600).missing == {}
    told = [text for text in watcher.said if "reached" in text]
    assert len(told) == 2, told
    assert told[0].startswith("t0: cannot be reached, trying again until ")
    assert told[0].endswith("the answer was lost")
    assert told[1] == "t0: can be reached again"


def test_the_first_ctrl_c_ends_the_wait_for_a_target(ground: Field) -> None:
    asked: list[str] = []

    def third(target: Target, script: str) -> bool:
        if collects(target, script):
            asked.append(script)
            if len(asked) == 3:
                threading.Timer(0.5, scheduler.stop).start()  # in the pause that follows, of 4 s
        return collects(target, script)

    ground.transport = Lossy(third, left=99)
    scheduler = Scheduler()
    run = ground.run(scripted("echo rate 42"), repetitions=2)
    start = time.monotonic()
    outcome = ground.execute(run, scheduler=scheduler, patience_s=1200)
    assert time.monotonic() - start < 600, "it was waited for"
    assert any("the answer was lost" in cause for cause in outcome.missing.values())
    assert "unusable" not in kinds(run)
    assert outcome.interrupted
    ground.transport.left = 0
    assert ground.execute(run).missing == {}
    assert ground.jobs() == []


def test_ctrl_c_while_a_target_is_prepared_starts_nothing(ground: Field) -> None:
    scheduler = Scheduler()

    def on_state(trial: Trial, state: State) -> None:
        if state is State.PREPARING:
            scheduler.stop()

    run = ground.run(scripted("echo rate 42"))
    outcome = ground.execute(run, watcher=Watcher(on_state=on_state), scheduler=scheduler)
    assert list(outcome.missing.values()) == ["not started"]
    assert "launch" not in kinds(run)


@pytest.mark.parametrize("abandon", [False, True])
def test_ctrl_c_in_the_last_trial_leaves_no_data(ground: Field, abandon: bool) -> None:
    loaded = ground.suites["scripted"]
    ground.suites = {**ground.suites, "scripted": replace(loaded, suite=replace(loaded.suite, uses_disk=True))}
    scheduler = Scheduler()

    def on_state(trial: Trial, state: State) -> None:
        if state is State.RUNNING:
            (scheduler.abandon if abandon else scheduler.stop)()

    run = ground.run(scripted("sleep 0.5; echo rate 42"))
    outcome = ground.execute(run, watcher=Watcher(on_state=on_state), scheduler=scheduler)
    assert outcome.interrupted
    assert len(_data(ground)) == abandon
    assert len(outcome.missing) == abandon
    assert ground.execute(run).missing == {}


def _data(ground: Field) -> list[Path]:
    return list(ground.folder.glob("base*/data/*"))


def test_two_controllers_with_opposite_pairs_both_finish(ground: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each holds its receiver where the other one wants to send; nothing may be recorded but two good attempts."""
    monkeypatch.setattr(launching, "PEER_PAUSE_S", (0.2, 3.0))
    monkeypatch.setattr(launching, "BUSY_PAUSE_S", 0.5)
    first, second = ground.targets
    meeting = threading.Barrier(2)
    fields, runs, watchers, outcomes = [], [], [Watcher(), Watcher()], dict[int, Outcome]()
    for pair in (ground.targets, (replace(first, peer=None), replace(second, peer="t0"))):
        field = Field(ground.folder, pair, ground.suites, Lossy(_meets(meeting), left=99))
        fields.append(field)
        runs.append(field.run(duo(), targets=pair))

    def execute(number: int) -> None:
        outcomes[number] = fields[number].execute(runs[number], watcher=watchers[number], patience_s=600)

    threads = [threading.Thread(target=execute, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=600)
    assert [outcomes[number].missing for number in range(2)] == [{}, {}]
    assert any("is busy with job" in text for watcher in watchers for text in watcher.said)
    for run in runs:
        assert [stored.record.status for stored in run.attempts()] == [Status.OK]
        assert "unusable" not in kinds(run)
    assert ground.jobs() == []


def _meets(meeting: threading.Barrier) -> Callable[[Target, str], bool]:
    """After its first launch, which is its receiver's, each controller waits for the other one."""
    met: list[bool] = []

    def when(target: Target, script: str) -> bool:
        if launches(target, script) and not met:
            met.append(True)
            meeting.wait(timeout=LONGEST_S)
        return False

    return when


def test_a_pair_whose_sender_stays_busy_is_missing_and_nothing_failed(
    ground: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launching, "PEER_PAUSE_S", (0.2, 0.5))
    other = ground.run(scripted("while [ ! -e ../../go ]; do sleep 0.1; done; echo rate 42"))
    started = threading.Event()
    watcher = Watcher(on_state=lambda trial, state: started.set() if state is State.RUNNING else None)
    thread = threading.Thread(target=ground.execute, args=(other,), kwargs={"watcher": watcher})
    thread.start()
    assert started.wait(LONGEST_S)
    run = ground.run(duo(), targets=ground.targets)
    (cause,) = ground.execute(run, patience_s=1).missing.values()
    assert "t0 is busy with job" in cause
    assert list(run.attempts()) == []
    assert len(ground.jobs()) == 1
    (ground.folder / "base0" / "go").touch()
    thread.join()
    assert ground.execute(run).missing == {}
