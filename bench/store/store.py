"""The run store: where every raw byte of a campaign lies, written once.

    <root>/<campaign>/<run-id>/run.json, events.jsonl, trials/<trial-id>/<attempt>/{trial.json, facts-*.json, raw/…}

An attempt is written into a temporary folder, synced, and renamed into place, so it is there whole or not at all.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.errors import StoreError
from bench.model import Attempt, Facts, Run, Status, StoredFile, is_safe_name
from bench.store.codec import decode, encode

SCHEMA = 1
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class StoredAttempt:
    """An attempt as it lies in the store."""

    record: Attempt
    folder: Path

    def read(self, path: str) -> bytes:
        """The content of one of its files, e.g. `raw/single/stdout`; StoreError when it is gone."""
        if path not in {file.path for file in self.record.files}:
            raise StoreError(f"this attempt has no file {path!r}", where=str(self.folder))
        try:
            return (self.folder / path).read_bytes()
        except OSError as error:
            raise StoreError(
                f"cannot read ({error.strerror})", where=str(self.folder / path), remedy="Run `bench verify`"
            ) from error

    def facts(self, when: str) -> dict[str, Facts]:
        """Facts by target, `when` is "before" or "after"; empty when none were taken."""
        path = self.folder / f"facts-{when}.json"
        if not path.exists():
            return {}
        data = _read_json(path)
        if not isinstance(data, dict):
            raise StoreError("expected an object of facts by target", where=str(path), remedy="Run `bench verify`")
        return {target: decode(Facts, facts, str(path)) for target, facts in data.items()}


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as it lies in the store; attempts are read when asked for."""

    info: Run
    folder: Path

    def attempts(self) -> Iterator[StoredAttempt]:
        """Every published attempt, by trial and attempt number."""
        trials = self.folder / "trials"
        for trial in sorted(_folders(trials)):
            for folder in sorted(_folders(trial), key=lambda path: path.name.zfill(6)):
                path = folder / "trial.json"
                record = decode(Attempt, _read_json(path), str(path))
                if record.schema > SCHEMA:
                    raise StoreError(f"schema {record.schema} is newer than this vmbench", where=str(path))
                yield StoredAttempt(record, folder)

    def missing(self) -> tuple[str, ...]:
        """Ids of planned trials without an `ok` attempt, in the plan's order."""
        done = {stored.record.trial.trial_id for stored in self.attempts() if stored.record.status is Status.OK}
        return tuple(trial.trial_id for trial in self.info.plan if trial.trial_id not in done)

    def next_attempt(self, trial_id: str) -> int:
        """The number of the next attempt at a trial, from 1."""
        numbers = [int(path.name) for path in _folders(self.folder / "trials" / trial_id) if path.name.isdigit()]
        return max(numbers, default=0) + 1

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the run for one controller; StoreError when another one holds it. A dead controller holds nothing."""
        path = self.folder / ".lock"
        try:
            file = path.open("a+", encoding="utf-8")
        except OSError as error:
            raise _cannot_write(path, error) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.seek(0)
                holder = file.read().strip() or "an unknown process"
                raise StoreError(
                    f"another controller works on this run ({holder})",
                    where=str(self.folder),
                    remedy="Wait for it to end, or end it",
                ) from None
            file.truncate(0)
            file.write(f"pid {os.getpid()} on {os.uname().nodename}")
            file.flush()
            yield

    def event(self, time: str, kind: str, **details: str) -> None:
        """Append one line to `events.jsonl`."""
        line = json.dumps({"time": time, "kind": kind, **details}, ensure_ascii=False)
        with (self.folder / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def events(self) -> list[dict[str, str]]:
        """All events; a torn last line (a crash while appending) is skipped."""
        path = self.folder / "events.jsonl"
        if not path.exists():
            return []
        rows: list[dict[str, str]] = []
        for line in path.read_text("utf-8", errors="replace").splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:
                continue
        return rows


class Store:
    """All runs below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def create(self, run: Run) -> StoredRun:
        """Write `run.json` of a new run; StoreError when the names are unsafe or the run exists."""
        for name in (run.campaign, run.run_id, run.tag):
            if not is_safe_name(name):
                raise StoreError(f"{name!r} is not a safe file name", remedy="Use letters, digits, '.', '_' and '-'")
        folder = self.root / run.campaign / run.run_id
        try:
            (folder / "trials").mkdir(parents=True, mode=0o700)
        except FileExistsError:
            raise StoreError("this run exists already", where=str(folder)) from None
        except OSError as error:
            raise _cannot_write(folder, error) from error
        _write_synced(folder / "run.json", _dump(encode(run)))
        return StoredRun(run, folder)

    def runs(self, *, campaign: str | None = None, tags: Iterable[str] | None = None) -> list[StoredRun]:
        """All runs, oldest first, optionally of one campaign or of some tags."""
        wanted = None if tags is None else set(tags)
        found: list[StoredRun] = []
        for top in sorted(_folders(self.root)):
            if campaign is not None and top.name != campaign:
                continue
            for folder in sorted(_folders(top)):
                if (folder / "run.json").exists():
                    run = self._load(folder)
                    if wanted is None or run.info.tag in wanted:
                        found.append(run)
        return sorted(found, key=lambda run: (run.info.created_at, run.info.run_id))

    def run(self, run_id: str) -> StoredRun:
        """The run called `run_id` (or `campaign/run_id`, or an unambiguous start of it)."""
        every = self.runs()
        exact = [r for r in every if run_id in (r.info.run_id, f"{r.info.campaign}/{r.info.run_id}")]
        found = exact or [run for run in every if run.info.run_id.startswith(run_id)]
        if len(found) == 1:
            return found[0]
        if not found:
            raise StoreError(f"no run called {run_id!r}", where=str(self.root), remedy="`bench runs` lists them")
        names = ", ".join(f"{run.info.campaign}/{run.info.run_id}" for run in found)
        raise StoreError(f"{run_id!r} could be {names}", where=str(self.root), remedy="Give more of the name")

    def _load(self, folder: Path) -> StoredRun:
        path = folder / "run.json"
        run = decode(Run, _read_json(path), str(path))
        if run.schema > SCHEMA:
            raise StoreError(f"schema {run.schema} is newer than this vmbench", where=str(path))
        return StoredRun(run, folder)


@dataclass(frozen=True, slots=True)
class Damage:
    """Something `verify` found: a path and what is wrong with it."""

    path: str
    problem: str


def publish(
    run: StoredRun, record: Attempt, raw: Mapping[str, bytes], facts: Mapping[str, Mapping[str, Facts]]
) -> StoredAttempt:
    """Write one attempt and make it visible by rename. Publishing the same attempt twice keeps the first.

    raw: path below `raw/` → content. facts: "before" or "after" → target → facts.
    """
    place = run.folder / "trials" / record.trial.trial_id
    final = place / str(record.attempt)
    contents = {f"raw/{path}": content for path, content in raw.items()}
    for when, by_target in facts.items():
        if by_target:
            contents[f"facts-{when}.json"] = _dump({name: encode(value) for name, value in by_target.items()})
    files = tuple(
        StoredFile(path, hashlib.sha256(content).hexdigest(), len(content))
        for path, content in sorted(contents.items())
    )
    record = replace(record, files=files)
    temporary = run.folder / "trials" / f".tmp-{secrets.token_hex(8)}"
    try:
        for path, content in contents.items():
            target = temporary / _safe_relative(path)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            target.write_bytes(content)
        temporary.mkdir(exist_ok=True, mode=0o700)
        (temporary / "trial.json").write_bytes(_dump(encode(record)))
        _sync_all(temporary)
        place.mkdir(exist_ok=True, mode=0o700)
        _rename_once(temporary, final)
    except OSError as error:
        _discard(temporary)
        raise _cannot_write(final, error) from error
    _make_read_only(final)
    return StoredAttempt(record, final)


def verify(run: StoredRun) -> list[Damage]:
    """Re-hash every file of a run and compare with what was recorded."""
    damage: list[Damage] = []
    for trial in sorted(_folders(run.folder / "trials")):
        for folder in sorted(_folders(trial)):
            damage.extend(_verify_attempt(folder))
    leftovers = (run.folder / "trials").glob(".tmp-*")
    damage.extend(Damage(str(path), "leftover of an interrupted write; safe to delete") for path in sorted(leftovers))
    return damage


def _verify_attempt(folder: Path) -> Iterator[Damage]:
    path = folder / "trial.json"
    try:
        record = decode(Attempt, _read_json(path), str(path))
    except StoreError as error:
        yield Damage(str(path), error.what)
        return
    for file in record.files:
        try:
            digest = _sha256(folder / file.path)
        except OSError as error:
            yield Damage(str(folder / file.path), f"cannot be read ({error.strerror})")
            continue
        if digest != file.sha256:
            yield Damage(str(folder / file.path), "its SHA-256 is not the recorded one")
    known = {file.path for file in record.files} | {"trial.json"}
    for extra in sorted(path for path in folder.rglob("*") if path.is_file()):
        if str(extra.relative_to(folder)) not in known:
            yield Damage(str(extra), "was not recorded when the trial was published")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _safe_relative(path: str) -> Path:
    parts = Path(path).parts
    if Path(path).is_absolute() or ".." in parts or "\0" in path or not parts:
        raise StoreError(f"{path!r} leaves the attempt's folder", remedy="The target sent an unsafe file name")
    return Path(path)


def _rename_once(source: Path, final: Path) -> None:
    """Rename a folder into place; when somebody published the same attempt first, drop ours."""
    try:
        source.rename(final)
    except OSError:
        if not final.is_dir():
            raise
        _discard(source)
    _sync(final.parent)


def _write_synced(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_all(folder: Path) -> None:
    """Sync every file below `folder`, after all were written: the first one commits most of the others' work too."""
    for path in (*folder.rglob("*"), folder):
        _sync(path)


def _sync(path: Path) -> None:
    """Sync one file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_read_only(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(stat.S_IRUSR)


def _discard(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _dump(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise StoreError(f"cannot be read ({error.strerror})", where=str(path), remedy="Run `bench verify`") from error
    except ValueError as error:
        raise StoreError(
            f"is not JSON ({error})", where=str(path), remedy="Run `bench verify` to see what is damaged"
        ) from error


def _folders(path: Path) -> list[Path]:
    try:
        return [entry for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"cannot be read ({error.strerror})", where=str(path)) from error


def _cannot_write(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"cannot write ({error.strerror})", where=str(path), remedy="Free space or fix the permissions, then resume"
    )
