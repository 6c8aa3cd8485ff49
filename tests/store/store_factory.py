"""Runs and attempts for the tests of the store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.model import Attempt, Facts, Run, Status, Target, Trial
from bench.store import Store, StoredAttempt, StoredRun, publish

RAW = {"single/out/fio.json": b'{"jobs": []}', "single/stdout": b"done\n", "single/empty": b""}
FACTS = {"before": {"vm1": Facts((("host", "cpu", "Xeon"),))}, "after": {}}


def trial(number: int = 1, name: str | None = None) -> Trial:
    return Trial(name or f"fio.read.vm1.r{number:02d}", ("vm1",), "fio", "read", number, (("bs", "4k"), ("depth", 8)))


def run(run_id: str = "20260101T000000-pre-s1-aaaa", trials: int = 3, **changes: object) -> Run:
    fields: dict[str, object] = {
        "run_id": run_id,
        "campaign": "c1",
        "tag": "pre",
        "factors": (("host_patch", "off"),),
        "session": 1,
        "seed": 7,
        "created_at": "2026-01-01T00:00:00.000Z",
        "plan": tuple(trial(number) for number in range(1, trials + 1)),
        "targets": (Target("vm1", "10.0.0.1", "10.1.0.1"),),
        "suites": (("fio", "0" * 64),),
        "versions": (("vmbench", "0"),),
    }
    return Run(**(fields | changes))  # type: ignore[arg-type]  # the fields of a Run, by name


def attempt(number: int = 1, of: Trial | None = None, status: Status = Status.OK, cause: str = "") -> Attempt:
    return Attempt(
        trial=of or trial(),
        attempt=number,
        status=status,
        cause=cause,
        started_at="2026-01-01T00:00:00Z",
        ended_at="2026-01-01T00:00:09Z",
        files=(),
        results=("raw/single/out/fio.json",),
        exit_codes=(("vm1", 0),),
    )


def new_run(root: Path, **changes: object) -> StoredRun:
    return Store(root).create(run(**changes))  # type: ignore[arg-type]  # as above


def put(stored: StoredRun, record: Attempt | None = None, raw: Mapping[str, bytes] = RAW) -> StoredAttempt:
    return publish(stored, record or attempt(), raw, FACTS)
