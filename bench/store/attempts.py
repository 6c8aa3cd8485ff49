"""An attempt as it lies in the store: its record, and its files, each checked against its digest when it is read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from bench.errors import StoreError
from bench.model import Attempt, Facts
from bench.store.codec import decode
from bench.store.files import VERIFY_REMEDY, read_bytes, safe_relative, shown
from bench.store.records import read_json, read_record

CHANGED = "its SHA-256 is not the recorded one"
"""What is said of a file that is not what was published."""


@dataclass(frozen=True, slots=True)
class StoredAttempt:
    """An attempt as it lies in the store."""

    record: Attempt
    folder: Path

    def read(self, path: str) -> bytes:
        """The content of one of its files, e.g. `raw/single/stdout`; StoreError when gone or not as published."""
        known = next((file for file in self.record.files if file.path == path), None)
        if known is None:
            raise StoreError(f"this attempt has no file {shown(path)}", where=str(self.folder))
        content = read_bytes(self.folder / path)
        if hashlib.sha256(content).hexdigest() != known.sha256:
            raise StoreError(CHANGED, where=str(self.folder / path), remedy=VERIFY_REMEDY)
        return content

    def facts(self, when: str) -> dict[str, Facts]:
        """Facts by target, `when` is "before" or "after"; empty when none were taken. StoreError when damaged."""
        name = f"facts-{when}.json"
        if all(name != file.path for file in self.record.files):
            return {}
        path = self.folder / name
        data = read_json(path, self.read(name))
        if not isinstance(data, dict):
            raise StoreError("expected an object of facts by target", where=str(path), remedy=VERIFY_REMEDY)
        return {target: decode(Facts, facts, f"{path}: {target}") for target, facts in data.items()}


def read_attempt(folder: Path) -> StoredAttempt:
    """The attempt in `folder`; StoreError when its record is damaged or belongs to another folder."""
    path = folder / "trial.json"
    record = decode(Attempt, read_record(path), str(path))
    run = folder.parents[2].name
    if (record.trial.trial_id, str(record.attempt), record.run or run) != (folder.parent.name, folder.name, run):
        whose = f"{shown(record.trial.trial_id)[1:-1]}, attempt {record.attempt}"
        whose += f" of run {shown(record.run)[1:-1]}" if record.run not in ("", run) else ""
        raise StoreError(
            f"is the record of {whose}: this folder was renamed or copied",
            where=str(path),
            remedy="Give the folder its name back, or let `bench repair` move it aside",
        )
    for file in record.files:
        safe_relative(file.path, str(path))
    return StoredAttempt(record, folder)
