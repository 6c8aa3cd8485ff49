"""How an attempt is judged: each status, and which end was the root cause."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from bench.config.catalogue import LoadedSuite, load_suites
from bench.measure.attempt import judge, make_job, record, run_key
from bench.measure.oddities import remarks
from bench.measure.posix import JobState
from bench.measure.protocol import Collected, Job
from bench.measure.provision import Machine
from bench.model import JobSpec, Role, Status, Step, Target, Trial

SUITES = Path(__file__).parents[1] / "suites_for_tests"
MACHINE = Machine("/home/x", "/home/x/.bench", 2, 1000, "apt", 1 << 30, 0.1, 0.0, "boot")
TRIAL = Trial("t", ("a", "b"), "scripted", "one", 1, (("expected", 1.0), ("script", "echo"), ("timeout", 5.0)))
ENDED_AT = "2026-01-01T00:00:05Z"
CLEAN = MappingProxyType({"exit_code": 0, "step": 1, "timeout": False, "stopped": False, "realtime": ENDED_AT})
CUT = MappingProxyType({"capped": "stdout out", "cap_bytes": 32 << 20})


@pytest.fixture(scope="module")
def suite() -> LoadedSuite:
    return load_suites([SUITES])["scripted"]


def job(name: str = "a", role: Role = Role.SINGLE, *, serves: bool = False) -> Job:
    results = () if role is Role.RECEIVER else ("stdout",)
    return Job("id", Target(name, name, name), role, "/f", "/d", JobSpec((Step(("x",), 5, 1),), results, serves=serves))


def came(stdout: str = "rate 1\n", **done: object) -> Collected:
    files = {"stdout": stdout.encode(), "done.json": json.dumps({**CLEAN, **done}).encode()}
    return Collected(JobState("done"), files)


@pytest.mark.parametrize(
    ("collected", "status", "said"),
    [
        (came(), Status.OK, ""),
        (came(exit_code=3), Status.FAILED, "step 1 on a exited with 3; stdout ends with 'rate 1'"),
        (came(exit_code=124, timeout=True), Status.TIMEOUT, "ran into its timeout"),
        (came(stopped=True), Status.TIMEOUT, "did not end and was stopped"),
        (came("nothing"), Status.FAILED, "expected a line `rate N`"),
        (came("bug"), Status.FAILED, "raised ZeroDivisionError"),
        (came(exit_code=1, free_kib=12), Status.FAILED, "its disk is full (12 KiB free)"),
        (came(exit_code=1, free_kib=9000, free_files=3), Status.FAILED, "its disk is full (room for 3 more files)"),
        (came(exit_code=1, free_kib=9000, free_files=None), Status.FAILED, "exited with 1"),
        (came(exit_code="x" * 10_000), Status.FAILED, "exited with xxx"),
        (came(exit_code=139), Status.FAILED, "step 1 on a exited with 139 (signal SEGV); stdout ends with"),
        (
            came(exit_code=137, oom_kills=2),
            Status.FAILED,
            "(signal KILL); stdout ends with 'rate 1'; the kernel killed 2",
        ),
        (came(exit_code=166), Status.FAILED, "exited with 166 (signal 38)"),
        (came(exit_code=255), Status.FAILED, "exited with 255; stdout"),
        (
            came(exit_code=153, **CUT),
            Status.FAILED,
            "(signal XFSZ); output capped at 32 MiB (stdout, out); stdout ends",
        ),
        (came(**CUT), Status.FAILED, "step 1 on a wrote too much; output capped at 32 MiB (stdout, out)"),
        (came(timeout=True, **CUT), Status.TIMEOUT, "its timeout; output capped at 32 MiB (stdout, out); stdout ends"),
        (came(capped="x" * 9999, cap_bytes="x"), Status.OK, ""),
        (came(oom_kills="many", free_kib=[], cap_bytes=True, capped=["stdout"]), Status.OK, ""),
        (Collected(JobState("dead", "rebooted one two")), Status.INTERRUPTED, "(boot id one → two)"),
        (Collected(JobState("dead", "gone")), Status.INTERRUPTED, "gone without a result"),
        (Collected(JobState("absent")), Status.INTERRUPTED, "the folder of the job on a is gone"),
        (Collected(JobState("done"), {}, problem="x did not arrive"), Status.FAILED, "a: x did not arrive"),
        (Collected(JobState("done"), {"done.json": b"[" * 100_000}), Status.FAILED, "exited with None"),
        (Collected(JobState("done"), {"done.json": json.dumps(dict(CLEAN)).encode()}), Status.FAILED, "left no stdout"),
    ],
)
def test_every_status(suite: LoadedSuite, collected: Collected, status: Status, said: str) -> None:
    found, cause = judge(job(), collected, suite)
    assert found is status
    assert said in cause
    assert len(cause) < 1000


def test_a_serving_receiver_is_stopped_on_purpose(suite: LoadedSuite) -> None:
    served = job("b", Role.RECEIVER, serves=True)
    assert judge(served, came(stopped=True, exit_code=143), suite)[0] is Status.OK
    assert judge(job("b", Role.RECEIVER), came(stopped=True, exit_code=143), suite)[0] is Status.FAILED


def ends(sender: Collected, receiver: Collected) -> list[tuple[Job, Collected]]:
    return [(job("a", Role.SENDER), sender), (job("b", Role.RECEIVER), receiver)]


@pytest.mark.parametrize(
    ("sender", "receiver", "status", "begins"),
    [
        (came(exit_code=1, realtime="2"), came(exit_code=9, realtime="1"), Status.FAILED, "step 1 on b exited with 9"),
        (came(exit_code=1, realtime="1"), came(exit_code=9, realtime="2"), Status.FAILED, "step 1 on a exited with 1"),
        (came(exit_code=1), came(exit_code=143, stopped=True, realtime="0"), Status.FAILED, "step 1 on a exited"),
        (came(timeout=True, realtime="9"), came(exit_code=1, realtime="1"), Status.FAILED, "step 1 on b exited with 1"),
        (came(exit_code=1), Collected(JobState("dead", "rebooted x y")), Status.INTERRUPTED, "b rebooted"),
        (came(), came(exit_code=1), Status.FAILED, "step 1 on b exited with 1"),
    ],
)
def test_the_root_cause_comes_first(
    suite: LoadedSuite, sender: Collected, receiver: Collected, status: Status, begins: str
) -> None:
    attempt, _, _ = record(TRIAL, 1, ends(sender, receiver), suite, "2026", {})
    assert attempt.status is status
    assert attempt.cause.startswith(begins)


def test_a_stopped_partner_is_not_mentioned(suite: LoadedSuite) -> None:
    attempt, _, _ = record(TRIAL, 1, ends(came(exit_code=1), came(exit_code=143, stopped=True)), suite, "2026", {})
    assert "on b" not in attempt.cause
    both, _, _ = record(TRIAL, 1, ends(came(exit_code=1), came(exit_code=2)), suite, "2026", {})
    assert "; then step 1 on b exited with 2" in both.cause


def test_a_fault_from_outside_wins(suite: LoadedSuite) -> None:
    fault = (Status.INTERRUPTED, "the controller was away")
    attempt, raw, _ = record(TRIAL, 2, [(job(), came())], suite, "2026", {}, fault)
    assert (attempt.status, attempt.cause, attempt.attempt) == (*fault, 2)
    assert "single/stdout" in raw


@pytest.mark.parametrize(
    ("disk", "uses_disk", "device"),
    [
        ("/dev/disk/by-id/x", True, "/dev/disk/by-id/x"),
        ("/dev/disk/by-id/x", False, ""),
        ("/dev/shm/x", True, ""),  # noqa: S108  # a name only
        ("/data/x", True, ""),
        ("", True, ""),
    ],
)
def test_a_job_names_the_device_that_it_overwrites(suite: LoadedSuite, disk: str, uses_disk: bool, device: str) -> None:
    loaded = replace(suite, suite=replace(suite.suite, uses_disk=uses_disk))
    target = Target("a", "a", "a", disk=disk)
    assert make_job("r", TRIAL, 1, target, Role.SINGLE, MACHINE, loaded, None).device == device


def test_job_ids_name_run_trial_attempt_and_role_and_have_one_length(suite: LoadedSuite) -> None:
    target = Target("a", "a", "a")
    made = [
        make_job(run, TRIAL, number, target, role, MACHINE, suite, None)
        for run in ("r", "a-much-longer-run-id-of-another-phase")
        for number in (1, 2)
        for role in (Role.SENDER, Role.RECEIVER)
    ]
    again = make_job("r", TRIAL, 1, target, Role.SENDER, MACHINE, suite, None)
    assert len({one.job_id for one in made}) == len(made)
    assert len({len(one.folder) for one in made}) == len({len(one.data_folder) for one in made}) == 1
    assert again.job_id == made[0].job_id
    assert again.job_id.startswith(run_key("r"))


def timed(started: str, ended: str, seconds: object, **done: object) -> Collected:
    """A job whose target's clock showed these times, `seconds` apart since boot."""
    before = {"realtime": f"2026-01-01T{started}.5Z", "uptime_s": 100.0, "boot_id": "b"}
    after = {**CLEAN, "realtime": f"2026-01-01T{ended}.25Z", "uptime_s": seconds, "boot_id": "b", **done}
    return Collected(
        JobState("done"),
        {"stdout": b"rate 1\n", "started.json": json.dumps(before).encode(), "done.json": json.dumps(after).encode()},
    )


@pytest.mark.parametrize(
    ("collected", "said"),
    [
        (timed("10:00:00", "10:01:00", 160.0), ()),
        (timed("10:00:00", "13:01:00", 160.0), ("its clock was set forward by 10,800 s while a job ran",)),
        (timed("10:00:00", "07:01:00", 160.0), ("its clock was set back by 10,800 s while a job ran",)),
        (timed("10:00:00", "13:01:00", 160.0, boot_id="other"), ()),
        (timed("10:00:00", "13:01:00", "x"), ()),
        (timed("10:00:00", "99:99:99", 160.0), ()),
        (timed("10:00:00", "10:01:00", 160.0, survivors=3), ("3 processes of a job could not be ended",)),
    ],
)
def test_what_is_remarked_however_a_job_ended(suite: LoadedSuite, collected: Collected, said: tuple[str, ...]) -> None:
    found = remarks(collected)
    assert len(found) == len(said)
    assert all(one.startswith(start) for one, start in zip(found, said, strict=True))
    attempt, _, _ = record(TRIAL, 1, [(job(), collected)], suite, "2026", {})
    assert ("a was set by_s" in dict(attempt.clocks)) is any("clock" in one for one in found)
