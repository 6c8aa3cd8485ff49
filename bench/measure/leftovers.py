"""What of a run is still on its targets, from its events: job and data folders made and never seen to be removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def note_launch(run: StoredRun, time: str, left: Leftover, data_folder: str = "") -> None:
    """Record, before it happens, that a job folder is made, and a folder for data where the suite uses the disk."""
    data = {"data": data_folder} if data_folder else {}
    run.event(
        time,
        "launch",
        trial=left.trial_id,
        attempt=str(left.attempt),
        target=left.target,
        job=left.job_id,
        folder=left.folder,
        **data,
    )


def note_removed(run: StoredRun, target: str, job_id: str) -> None:
    """Record that a job folder is gone."""
    run.event(now(), "removed", target=target, job=job_id)


def note_cleaned(run: StoredRun, target: str) -> None:
    """Record that a target has no data folder any more."""
    run.event(now(), "cleaned", target=target)


def first_launches(run: StoredRun) -> dict[str, str]:
    """Job id → when it was first launched, by the controller's clock: of every job that the events tell of."""
    found: dict[str, str] = {}
    for event in run.events():
        if event.get("kind") == "launch" and event.get("time"):
            found.setdefault(event.get("job", ""), event["time"])
    return found


@dataclass(frozen=True, slots=True)
class Remains:
    """What is still on targets: job folders of published attempts, and folders for data by target.

    A controller died before it removed them. Folders of attempts that are not published yet are not among them:
    `bench resume` attaches to those.
    """

    jobs: tuple[Leftover, ...]
    data: Mapping[str, str]

    def __bool__(self) -> bool:
        """Whether anything is."""
        return bool(self.jobs or self.data)


def remains(run: StoredRun) -> Remains:
    """What a run left on its targets; reads its events once."""
    jobs: dict[tuple[str, str], Leftover] = {}
    data: dict[str, str] = {}
    for event in run.events():
        kind, target = event.get("kind"), event.get("target", "")
        key = (target, event.get("job", ""))
        if kind == "removed":
            jobs.pop(key, None)
        elif kind == "cleaned":
            data.pop(target, None)
        elif kind == "launch" and event.get("folder") and event.get("attempt", "").isdecimal():
            jobs[key] = Leftover(*key, event["folder"], event.get("trial", ""), int(event["attempt"]))
            if event.get("data"):
                data[target] = event["data"]
    return Remains(tuple(left for left in jobs.values() if left.attempt < run.next_attempt(left.trial_id)), data)


def by_target(left: Iterable[Leftover]) -> dict[str, list[Leftover]]:
    """Leftovers by the target they lie on."""
    found: dict[str, list[Leftover]] = {}
    for one in left:
        found.setdefault(one.target, []).append(one)
    return found
