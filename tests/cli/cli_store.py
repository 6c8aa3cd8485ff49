"""Runs for the tests of the command line, in `runs/` of the current folder."""

from __future__ import annotations

from pathlib import Path

from bench.model import Attempt, Run, Status, Target, Trial
from bench.store import Store, StoredRun, publish


def make_run(tag: str = "pre", number: int = 1, campaign: str = "c1", trials: int = 2, **changes: object) -> StoredRun:
    plan = tuple(Trial(f"fio.read.vm1.r{i:02d}", ("vm1",), "fio", "read", i, ()) for i in range(1, trials + 1))
    run = Run(
        run_id=f"2026010{number}T000000-{tag}-s{number}-aaaa",
        campaign=campaign,
        tag=tag,
        factors=(("host_patch", "on"),),
        session=number,
        seed=7,
        created_at=f"2026-01-0{number}T00:00:00.000Z",
        plan=plan,
        targets=(Target("vm1", "h", "h"),),
        suites=(),
        versions=(),
        **changes,  # type: ignore[arg-type]  # further fields of a Run, by name
    )
    return Store(Path("runs")).create(run)


def put(stored: StoredRun, number: int, status: Status = Status.OK, cause: str = "", attempt: int = 1) -> Path:
    trial = stored.info.plan[number - 1]
    record = Attempt(trial, attempt, status, cause, "2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z", (), ())
    return publish(stored, record, {"single/stdout": b"x"}, {}).folder
