"""A run and its attempts as they lie in the store: read when asked for, locked for one controller, with its events."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.errors import StoreError
from bench.model import Look, Run
from bench.store.attempts import StoredAttempt, read_attempt
from bench.store.codec import decode
from bench.store.files import VERIFY_REMEDY, append_whole, cannot_write, read_bytes, safe_component
from bench.store.locking import held, is_held
from bench.store.records import dump_line, read_record
from bench.store.survey import Survey, survey

LOOK = "look.json"
"""Where a run keeps the look that was taken after it."""

EVENTS = "events.jsonl"
"""Where a run keeps its events."""

HAS_EVENTS = "events"
"""The key of `run.json` that says that the run was made with its file of events, so that losing it is noticed."""

LOOKED = "look"
"""The kind of the event that tells of a look that was kept."""

MOVED_ASIDE = "moved aside"
"""The kind of the event that `bench repair` leaves in a run: with the path, relative to the run, and why."""


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as it lies in the store; attempts are read when asked for, each time anew unless it is `remembered`."""

    info: Run
    folder: Path
    _seen: list[Survey] | None = field(default=None, compare=False, repr=False)

    def remembered(self) -> StoredRun:
        """The same run for one reader, who asks many times: what `survey` finds first is what it says from then on."""
        return replace(self, _seen=[])

    def survey(self) -> Survey:
        """Every published attempt that can be read, by trial and attempt number, and what cannot."""
        if self._seen is None:
            return survey(self.folder, self.info.run_id)
        if not self._seen:
            self._seen.append(survey(self.folder, self.info.run_id))
        return self._seen[0]

    def attempts(self) -> Iterator[StoredAttempt]:
        """The attempts of `survey`: those whose records are sound. What is not is told by `survey` and `verify`."""
        return iter(self.survey().attempts)

    def attempt(self, trial_id: str, number: int) -> StoredAttempt:
        """One published attempt; StoreError when it is not there, or its record is damaged."""
        return read_attempt(self.folder / "trials" / safe_component(trial_id, "trial id") / str(number))

    def missing(self) -> tuple[str, ...]:
        """Ids of planned trials without a sound `ok` attempt, in the plan's order. Reads every attempt's record."""
        done = self.survey().done
        return tuple(trial.trial_id for trial in self.info.plan if trial.trial_id not in done)

    def look(self) -> Look | None:
        """The look that was taken after this session at a campaign that looks early; None when there was none."""
        path = self.folder / LOOK
        return decode(Look, read_record(path), str(path)) if os.path.lexists(path) else None

    def lost_look(self) -> bool:
        """Whether a look was taken after this session that cannot be read any more: damaged, or moved aside for it."""
        try:
            return self.look() is None and any(
                event.get("kind") == MOVED_ASIDE and event.get("path") == LOOK for event in self.events()
            )
        except StoreError:
            return True

    def next_attempt(self, trial_id: str) -> int:
        """The number of the next attempt at a trial, from 1: higher than whatever lies there, sound or not."""
        place = self.folder / "trials" / safe_component(trial_id, "trial id")
        try:
            names = [path.name for path in place.iterdir()]
        except FileNotFoundError:
            return 1
        except OSError as error:
            raise StoreError(f"cannot be read ({error.strerror})", where=str(place), remedy=VERIFY_REMEDY) from error
        return max((int(name) for name in names if name.isdecimal()), default=0) + 1

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the run for one controller; StoreError when another one holds it. A dead controller holds nothing."""
        with held(self.folder / ".lock", "another controller works on this run"):
            yield

    def in_use(self) -> bool:
        """Whether a controller holds the run at this moment."""
        return is_held(self.folder / ".lock")

    def event(self, time: str, kind: str, **details: str) -> None:
        """Append one line to `events.jsonl`; StoreError when the disk refuses."""
        path = self.folder / EVENTS
        line = dump_line({"time": time, "kind": kind, **details})
        try:
            append_whole(path, line)
        except OSError as error:
            raise cannot_write(path, error) from error

    def events(self, holding: Sequence[bytes] = ()) -> list[dict[str, str]]:
        """All events; a torn line (a crash while appending) is skipped.

        holding: only lines that hold one of these words: a large run has an event for each trial, and most readers
        want a few.
        """
        return self.events_and_torn(holding)[0]

    def events_and_torn(self, holding: Sequence[bytes] = ()) -> tuple[list[dict[str, str]], int]:
        """All events, and how many lines are none; StoreError when the file cannot be read."""
        path = self.folder / EVENTS
        if not os.path.lexists(path):
            return [], 0
        rows: list[dict[str, str]] = []
        torn = 0
        for line in filter(None, read_bytes(path).split(b"\n")):
            if holding and not any(word in line for word in holding):
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if isinstance(row, dict):
                rows.append({str(key): str(value) for key, value in row.items()})
            else:
                torn += 1
        return rows, torn
