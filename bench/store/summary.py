"""How far is a run? Counted once and remembered beside it: a list of hundreds of runs does not read every trial.

What is remembered may be deleted at any time and is never the reason for an error.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time

from bench.errors import StoreError
from bench.store.reading import StoredRun

_NAME = "progress.json"
_SETTLED_NS = 2_000_000_000
"""A folder that changed less than this ago may change again within the clock's grain: nothing is remembered yet."""


def measured(run: StoredRun) -> int:
    """How many of the run's planned trials have an `ok` attempt; StoreError when a record is damaged.

    An attempt is written once, and adding or removing one changes the time of its trial's folder: those times are what
    the remembered number is valid for.
    """
    key, newest = _state(run)
    found = _remembered(run, key)
    if found is None:
        found = len(run.info.plan) - len(run.missing())
        if newest < time.time_ns() - _SETTLED_NS:
            _remember(run, key, found)
    return found


def _state(run: StoredRun) -> tuple[str, int]:
    """A digest over the names and times of the trials' folders and of `run.json`, and the newest of those times."""
    try:
        with os.scandir(run.folder / "trials") as entries:
            times = sorted((entry.name, entry.stat().st_mtime_ns) for entry in entries)
        times.append(("run.json", (run.folder / "run.json").stat().st_mtime_ns))
    except OSError as error:
        raise StoreError(f"cannot be read ({error.strerror})", where=str(run.folder / "trials")) from error
    return hashlib.sha256(repr(times).encode()).hexdigest(), max(moment for _, moment in times)


def _remembered(run: StoredRun, key: str) -> int | None:
    try:
        data = json.loads((run.folder / ".cache" / _NAME).read_bytes())
    except (OSError, ValueError):
        return None
    number = data.get("measured") if isinstance(data, dict) and data.get("key") == key else None
    return number if type(number) is int and 0 <= number <= len(run.info.plan) else None


def _remember(run: StoredRun, key: str, number: int) -> None:
    folder = run.folder / ".cache"
    temporary = folder / f".tmp-{secrets.token_hex(8)}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        temporary.write_text(json.dumps({"key": key, "measured": number}), "utf-8")
        temporary.replace(folder / _NAME)
    except OSError:
        return
