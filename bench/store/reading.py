"""A run and its attempts as they lie in the store: read when asked for, locked for one controller, with its events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.errors import StoreError
from bench.model import Attempt, Facts, Look, Run, Status
from bench.store.codec import decode
from bench.store.files import (
    VERIFY_REMEDY,
    append_whole,
    cannot_write,
    dump_line,
    folders,
    read_json,
    read_record,
)
from bench.store.locking import held

LOOK = "look.json"
"""Where a run keeps the look that was taken after it."""


@dataclass(frozen=True, slots=True)
class StoredAttempt:
    """An attempt as it lies in the store."""

    record: Attempt
    folder: Path

    def read(self, path: str) -> bytes:
        """The content of one of its files, e.g. `raw/single/stdout`; StoreError when it is gone."""
        if all(path != file.path for file in self.record.files):
            raise StoreError(f"this attempt has no file {path!r}", where=str(self.folder))
        try:
            return (self.folder / path).read_bytes()
        except OSError as error:
            raise StoreError(
                f"cannot read ({error.strerror})", where=str(self.folder / path), remedy=VERIFY_REMEDY
            ) from error

    def facts(self, when: str) -> dict[str, Facts]:
        """Facts by target, `when` is "before" or "after"; empty when none were taken."""
        path = self.folder / f"facts-{when}.json"
        if not path.exists():
            return {}
        data = read_json(path)
        if not isinstance(data, dict):
            raise StoreError("expected an object of facts by target", where=str(path), remedy=VERIFY_REMEDY)
        return {target: decode(Facts, facts, f"{path}: {target}") for target, facts in data.items()}


def read_attempt(folder: Path) -> StoredAttempt:
    """The attempt in `folder`; StoreError when its record is damaged or belongs to another folder."""
    path = folder / "trial.json"
    record = decode(Attempt, read_record(path), str(path))
    if (record.trial.trial_id, str(record.attempt)) != (folder.parent.name, folder.name):
        raise StoreError(
            f"is the record of {record.trial.trial_id}, attempt {record.attempt}: this folder was renamed or copied",
            where=str(path),
            remedy="Give the folder its name back, or move it out of the store",
        )
    return StoredAttempt(record, folder)


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as it lies in the store; attempts are read when asked for."""

    info: Run
    folder: Path

    def attempts(self) -> Iterator[StoredAttempt]:
        """Every published attempt, by trial and attempt number."""
        for trial in folders(self.folder / "trials"):
            for folder in sorted(folders(trial), key=lambda path: path.name.zfill(6)):
                yield read_attempt(folder)

    def missing(self) -> tuple[str, ...]:
        """Ids of planned trials without an `ok` attempt, in the plan's order. Reads every attempt's record."""
        done = {stored.record.trial.trial_id for stored in self.attempts() if stored.record.status is Status.OK}
        return tuple(trial.trial_id for trial in self.info.plan if trial.trial_id not in done)

    def look(self) -> Look | None:
        """The look that was taken after this session at a campaign that looks early; None when there was none."""
        path = self.folder / LOOK
        return decode(Look, read_record(path), str(path)) if path.exists() else None

    def next_attempt(self, trial_id: str) -> int:
        """The number of the next attempt at a trial, from 1."""
        numbers = [int(path.name) for path in folders(self.folder / "trials" / trial_id) if path.name.isdecimal()]
        return max(numbers, default=0) + 1

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the run for one controller; StoreError when another one holds it. A dead controller holds nothing."""
        with held(self.folder / ".lock", "another controller works on this run"):
            yield

    def event(self, time: str, kind: str, **details: str) -> None:
        """Append one line to `events.jsonl`; StoreError when the disk refuses."""
        path = self.folder / "events.jsonl"
        line = dump_line({"time": time, "kind": kind, **details})
        try:
            append_whole(path, line)
        except OSError as error:
            raise cannot_write(path, error) from error

    def events(self) -> list[dict[str, str]]:
        """All events; a torn line (a crash while appending) is skipped."""
        path = self.folder / "events.jsonl"
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"cannot be read ({error.strerror})", where=str(path)) from error
        rows: list[dict[str, str]] = []
        for line in content.split(b"\n"):
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                rows.append({str(key): str(value) for key, value in row.items()})
        return rows
