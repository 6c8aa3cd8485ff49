"""Which job folders of a run are still on its targets, from its events: launched and never seen to be removed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.measure.clock import now
from bench.store import StoredRun


@dataclass(frozen=True, slots=True)
class Leftover:
    """A job folder that was made and not removed, of one attempt at a trial."""

    target: str
    job_id: str
    folder: str
    trial_id: str
    attempt: int


def note_launch(run: StoredRun, time: str, left: Leftover) -> None:
    """Record, before it happens, that a job folder is made."""
    run.event(
        time,
        "launch",
        trial=left.trial_id,
        attempt=str(left.attempt),
        target=left.target,
        job=left.job_id,
        folder=left.folder,
    )


def note_removed(run: StoredRun, target: str, job_id: str) -> None:
    """Record that a job folder is gone."""
    run.event(now(), "removed", target=target, job=job_id)


def first_launches(run: StoredRun) -> dict[str, str]:
    """Job id → when it was first launched, by the controller's clock: of every job that the events tell of."""
    found: dict[str, str] = {}
    for event in run.events():
        if event.get("kind") == "launch" and event.get("time"):
            found.setdefault(event.get("job", ""), event["time"])
    return found


def leftovers(run: StoredRun) -> list[Leftover]:
    """Job folders of published attempts that are still there: a controller died before it removed them.

    Folders of attempts that are not published yet are not among them: `bench resume` attaches to those.
    """
    found: dict[tuple[str, str], Leftover] = {}
    for event in run.events():
        key = (event.get("target", ""), event.get("job", ""))
        if event.get("kind") == "removed":
            found.pop(key, None)
        elif event.get("kind") == "launch" and event.get("folder") and event.get("attempt", "").isdecimal():
            found[key] = Leftover(*key, event["folder"], event.get("trial", ""), int(event["attempt"]))
    return [left for left in found.values() if left.attempt < run.next_attempt(left.trial_id)]


def by_target(left: Iterable[Leftover]) -> dict[str, list[Leftover]]:
    """Leftovers by the target they lie on."""
    found: dict[str, list[Leftover]] = {}
    for one in left:
        found.setdefault(one.target, []).append(one)
    return found
