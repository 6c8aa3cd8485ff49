"""How far is a run? Counted once and remembered beside it: a list of hundreds of runs does not read every trial.

What is remembered may be deleted at any time and is never the reason for an error.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress

from bench.errors import StoreError
from bench.store.damage import Damage
from bench.store.files import make_folder, replace_private
from bench.store.reading import StoredRun
from bench.store.records import is_intact, sealed

_NAME = "progress.json"
_SETTLED_NS = 2_000_000_000
"""A folder that changed less than this ago may change again within the clock's grain: nothing is remembered yet."""


def measured(run: StoredRun) -> int:
    """How many of the run's planned trials have a sound `ok` attempt; StoreError when the run cannot be read."""
    return progress(run)[0]


def progress(run: StoredRun) -> tuple[int, tuple[Damage, ...]]:
    """The number of `measured` trials, and the attempts that are damaged. Remembered only while none is.

    An attempt is written once, and adding or removing one changes the time of its trial's folder: those times are what
    the remembered number is valid for.
    """
    key, newest = _state(run)
    found = _remembered(run, key)
    if found is not None:
        return found, ()
    survey = run.survey()
    done = survey.done
    number = sum(trial.trial_id in done for trial in run.info.plan)
    if not survey.damage and newest < time.time_ns() - _SETTLED_NS:
        _remember(run, key, number)
    return number, survey.damage


def _state(run: StoredRun) -> tuple[str, int]:
    """A digest over the names and times of the trials' folders and of `run.json`, and the newest of those times."""
    try:
        with os.scandir(run.folder / "trials") as entries:
            times = sorted((entry.name, entry.stat().st_mtime_ns) for entry in entries)
    except FileNotFoundError:
        times = []
    except OSError as error:
        raise StoreError(f"cannot be read ({error.strerror})", where=str(run.folder / "trials")) from error
    try:
        times.append(("run.json", (run.folder / "run.json").stat().st_mtime_ns))
    except OSError as error:
        raise StoreError(f"cannot be read ({error.strerror})", where=str(run.folder / "run.json")) from error
    return hashlib.sha256(repr(times).encode()).hexdigest(), max(moment for _, moment in times)


def _remembered(run: StoredRun, key: str) -> int | None:
    try:
        content = (run.folder / ".cache" / _NAME).read_bytes()
        data = json.loads(content)
    except (OSError, ValueError, RecursionError):
        return None
    if not (isinstance(data, dict) and "seal" in data and is_intact(content, data)):
        return None
    number = data.get("measured") if data.get("key") == key else None
    return number if type(number) is int and 0 <= number <= len(run.info.plan) else None


def _remember(run: StoredRun, key: str, number: int) -> None:
    folder = run.folder / ".cache"
    with suppress(OSError):
        make_folder(folder)
        replace_private(folder / _NAME, sealed({"key": key, "measured": number}))
