"""A campaign over real sshd: what is stored, what stays on targets, and what is recorded when tools fail."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from ssh_ground import Field, Watcher, duo, kinds, only, scripted

from bench.analyse.freezes import Interruption, freezes_of
from bench.errors import StoreError
from bench.measure import unpack
from bench.model import Status, Target
from bench.store import StoredRun, verify
from tests.waiting import until


def test_a_campaign_end_to_end(ground: Field) -> None:
    both = replace(scripted("sleep 0.3; echo rate $$; echo more >out/more"), profile="both")
    run = ground.run(both, duo(), targets=ground.targets)
    outcome = ground.execute(run)
    assert outcome.missing == {}
    assert outcome.ok == len(run.info.plan) == 5
    assert verify(run) == []
    assert ground.jobs() == []
    for stored in run.attempts():
        record = stored.record
        assert record.status is Status.OK
        assert set(stored.facts("before")) == set(stored.facts("after")) == set(record.trial.targets)
        assert len({value for _, value in record.boot_ids}) == 1
        for path in record.results:
            assert stored.read(path).startswith(b"rate ")
    pair = next(stored for stored in run.attempts() if stored.record.trial.suite == "duo")
    assert dict(pair.record.roles) == {"t0": "sender", "t1": "receiver"}
    assert pair.read("raw/receiver/stdout") == b"rate 1\n"


STOPPED = """
until [ -s freeze.log ]; do sleep 0.1; done
ticker=
until [ "$ticker" ]; do
    ticker=$(for entry in $(grep -lsaF "VMBENCH_JOB=$VMBENCH_JOB" /proc/[0-9]*/environ); do
        read -r name <"${entry%/*}/comm" && [ "$name" = perl ] && basename "${entry%/*}"; done)
done
kill -STOP $ticker; sleep 2; kill -CONT $ticker
while ! grep -q '^gap [^ ]* [1-9]' freeze.log; do sleep 0.1; done
echo rate 42"""


def test_a_machine_that_stands_still_taints_its_trial(ground: Field) -> None:
    """The ticker is stopped instead of the machine: it sees the same."""
    run = ground.run(scripted(STOPPED), freeze_probe=True)
    start = time.monotonic()
    assert ground.execute(run).missing == {}
    most = time.monotonic() - start
    (stored,) = run.attempts()
    freeze = max((one for one in freezes_of(stored) if one.what is Interruption.FREEZE), key=lambda one: one.seconds)
    assert 1.7 < freeze.seconds < most  # a busy host may have stopped this machine for a moment, too
    assert b"\nend " in stored.read("raw/single/freeze.log")
    assert ground.jobs() == []
    still = ground.run(scripted("sleep 0.5; echo rate 42"), freeze_probe=True)
    assert ground.execute(still).missing == {}
    (stored,) = still.attempts()
    assert all(one.seconds < freeze.seconds for one in freezes_of(stored))


@pytest.mark.parametrize(
    ("script", "params", "status", "said"),
    [
        ("echo no good >&2; exit 1", {}, Status.FAILED, "exited with 1; stderr ends with 'no good'"),
        ("sleep 300", {"timeout": 1.0}, Status.TIMEOUT, "ran into its timeout"),
        ("echo nonsense", {}, Status.FAILED, "expected a line `rate N`"),
        ("echo bug", {}, Status.FAILED, "parse() raised ZeroDivisionError"),
        ("rm stdout; ", {}, Status.FAILED, "the tool left no stdout"),
        ("kill -9 $PPID", {}, Status.FAILED, "exited with 137"),
    ],
)
def test_a_tool_that_fails_is_recorded(
    ground: Field, script: str, params: dict[str, float], status: Status, said: str
) -> None:
    run = ground.run(scripted(script, **params))
    outcome = ground.execute(run)
    record = only(run)
    assert record.status is status
    assert said in record.cause
    assert outcome.missing == {run.info.plan[0].trial_id: record.cause}
    assert ground.jobs() == []


def test_one_failure_does_not_touch_the_others(ground: Field) -> None:
    run = ground.run(scripted("[ -e ../../once ] && echo rate 1 || { : >../../once; exit 1; }"), repetitions=3)
    outcome = ground.execute(run)
    assert (outcome.ok, outcome.failed) == (2, 1)
    again = ground.execute(run)
    assert (again.ok, again.missing) == (1, {})
    assert [s.record.status.value for s in run.attempts()].count("ok") == 3


def test_a_pair_whose_sender_fails_stops_the_receiver(ground: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.measure.protocol.PEER_GRACE_S", 3600.0)
    run = ground.run(duo(sender="echo broken >&2; exit 7"), targets=ground.targets)
    start = time.monotonic()
    ground.execute(run)
    record = only(run)
    assert record.status is Status.FAILED
    assert record.cause.startswith("step 1 on t0 exited with 7; stderr ends with 'broken'")
    assert "t1" not in record.cause
    assert time.monotonic() - start < 600, "it was not waited for"
    assert ground.jobs() == []


def test_a_receiver_that_never_listens(ground: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.measure.protocol.PORT_WAIT_S", 1)
    run = ground.run(duo(receiver="sleep 300"), targets=ground.targets)
    ground.execute(run)
    record = only(run)
    assert record.status is Status.FAILED
    assert "t1: the receiver did not listen in time" in record.cause
    assert dict(record.roles) == {"t1": "receiver"}
    assert ground.jobs() == []


def test_a_receiver_that_ends_at_once_is_the_root_cause(ground: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.measure.protocol.PORT_WAIT_S", 3600)
    run = ground.run(duo(receiver="echo address in use >&2; exit 1"), targets=ground.targets)
    start = time.monotonic()
    ground.execute(run)
    record = only(run)
    assert "t1: the receiver ended before it listened" in record.cause
    assert time.monotonic() - start < 600, "it was not waited for"


def test_a_serving_receiver_is_stopped_and_that_is_no_failure(ground: Field) -> None:
    listen = next(p.default for p in ground.suites["duo"].suite.parameters if p.name == "receiver")
    run = ground.run(duo(receiver=f"while :; do {listen}; done", serves=True), targets=ground.targets)
    assert ground.execute(run).missing == {}
    assert only(run).status is Status.OK
    assert ground.jobs() == []


def test_hostile_names_are_not_taken(ground: Field) -> None:
    script = r"""
cd out
echo rate 1 >fine
printf x >"$(printf 'new\nline')"
ln -s /etc/passwd link
mkfifo fifo
mkdir -p "$(printf '%0120d' 0)/$(printf '%0120d' 0)"
printf x >"$(printf '%0120d' 0)/$(printf '%0120d' 0)/long"
printf x >"$(printf '\033[31mred')"
printf x >'back\slash'
echo rate 42
"""
    run = ground.run(scripted(script))
    assert ground.execute(run).missing == {}
    (stored,) = run.attempts()
    names = {file.path for file in stored.record.files if "/out/" in file.path}
    assert names == {"raw/single/out/fine"}
    said = [event["message"] for event in run.events() if event["kind"] == "warning" and "trial" in event]
    assert len(said) == 5
    assert any("link" in one and "not taken" in one for one in said)
    assert verify(run) == []


def test_too_much_output_is_cut_and_said(ground: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.measure.posix.MAX_FILE", 1 << 20)
    monkeypatch.setattr(unpack, "MAX_FILES", 20)
    run = ground.run(scripted("head -c 3000000 /dev/zero >out/big; echo rate 42"))
    assert ground.execute(run).missing == {}
    assert any("too large" in event.get("message", "") for event in run.events())
    run = ground.run(scripted("head -c 3000000 /dev/zero; echo rate 42"))
    ground.execute(run)
    assert "the tool left no stdout" in next(run.attempts()).record.cause


GATED = "while [ ! -e ../../go ]; do sleep 0.05; done; echo rate 1"
"""Runs until the test says so."""


def go(ground: Field) -> None:
    (ground.folder / "base0" / "go").touch()


@contextmanager
def measured(ground: Field, run: StoredRun) -> Iterator[None]:
    """While a controller measures a GATED run."""
    watcher = Watcher()
    controller = threading.Thread(target=ground.execute, args=(run,), kwargs={"watcher": watcher})
    controller.start()
    until(lambda: any("running" in one for one in watcher.said))
    try:
        yield
    finally:
        go(ground)
        controller.join()


def test_two_controllers_on_one_run(ground: Field) -> None:
    run = ground.run(scripted(GATED))
    with measured(ground, run), pytest.raises(StoreError, match="another controller works on this run"):
        ground.execute(run)
    assert only(run).status is Status.OK


def test_a_target_that_is_busy_with_another_run_is_waited_for(ground: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.measure.launching.BUSY_PAUSE_S", 0.2)
    first, second = ground.run(scripted(GATED)), ground.run(scripted("echo rate 2"))
    waiting = Watcher()
    waiting.on_state = lambda trial, state: go(ground) if "is busy with" in waiting.said[-1] else None
    with measured(ground, first):
        outcome = ground.execute(second, watcher=waiting, patience_s=600)
    assert outcome.missing == {}
    mine = f"of run {first.info.run_id} (pid {os.getpid()} of "
    assert any("t0 is busy with job" in one and mine in one and "which has run for" in one for one in waiting.said)
    started = dict(only(second).clocks)["t0 started"]
    assert started > dict(only(first).clocks)["t0 done"]


def test_patience_with_a_busy_target_ends(ground: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.measure.launching.BUSY_PAUSE_S", 0.2)
    first, second = ground.run(scripted(GATED)), ground.run(scripted(), repetitions=2)
    with measured(ground, first):
        outcome = ground.execute(second, patience_s=0.2)
    assert len(outcome.missing) == 2
    assert all("is busy with job" in cause for cause in outcome.missing.values())
    assert ground.execute(second).missing == {}


def test_events_tell_the_story(ground: Field) -> None:
    run = ground.run(scripted())
    ground.execute(run)
    assert [kind for kind in kinds(run) if kind != "warning"] == ["launch", "published", "removed"]


def test_targets_that_share_something_take_turns(ground: Field) -> None:
    shared: tuple[Target, ...] = tuple(replace(target, peer=None, exclusive="host") for target in ground.targets)
    run = ground.run(scripted("sleep 0.5; echo rate 1"), targets=shared)
    ground.execute(run)
    spans = sorted((c[f"{n} started"], c[f"{n} done"]) for n, c in _clocks(run))
    assert spans[0][1] < spans[1][0]


def _clocks(run: StoredRun) -> list[tuple[str, dict[str, str]]]:
    return [(s.record.trial.targets[0], dict(s.record.clocks)) for s in run.attempts()]
