"""How an attempt becomes part of a run: written aside, synced, and renamed into place, whole or not at all."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bench.errors import StoreError
from bench.model import Attempt, Facts, Look, StoredFile
from bench.store.attempts import StoredAttempt, read_attempt
from bench.store.codec import encode
from bench.store.files import (
    cannot_write,
    discard,
    make_folder,
    safe_component,
    safe_relative,
    sync_folder,
    write_synced,
)
from bench.store.reading import LOOK, LOOKED, StoredRun
from bench.store.records import dump, sealed

TEMPORARY = ".tmp-"
"""How the name of an unpublished folder begins."""


def publish(
    run: StoredRun, record: Attempt, raw: Mapping[str, bytes], facts: Mapping[str, Mapping[str, Facts]]
) -> StoredAttempt:
    """Write one attempt and make it visible by rename. Publishing the same one twice keeps the first, and returns it.

    raw: path below `raw/` → content. facts: "before" or "after" → target → facts. StoreError when a name is unsafe or
    the disk refuses; nothing that was published before is touched, and nothing half-written becomes visible.
    """
    trials = run.folder / "trials"
    place = trials / safe_component(record.trial.trial_id, "trial id")
    if record.attempt < 1:
        raise StoreError(f"attempts are numbered from 1, not {record.attempt}", where=str(place))
    final = place / str(record.attempt)
    contents = _contents(raw, facts)
    files = tuple(
        StoredFile(path, hashlib.sha256(content).hexdigest(), len(content))
        for path, content in sorted(contents.items())
    )
    record = replace(record, files=files, run=run.info.run_id)
    contents["trial.json"] = sealed(encode(record))
    with _unpublished(trials, final) as temporary:
        _write_all(temporary, contents)
        make_folder(place)
        try:
            temporary.rename(final)
        except OSError:
            if not (final / "trial.json").exists():
                raise
            discard(temporary)
            return read_attempt(final)
        sync_folder(place)
        sync_folder(trials)
    return StoredAttempt(record, final)


def sweep(run: StoredRun) -> None:
    """Delete what an earlier controller was writing when it was killed; only for the one that holds the run's lock."""
    for place in (run.folder, run.folder / "trials"):
        for left in place.glob(f"{TEMPORARY}*"):
            discard(left)


def keep_look(run: StoredRun, look: Look) -> Look:
    """Write the look that was taken after a run, once: a look that is there already is kept, and returned.

    StoreError when the disk refuses, or another controller holds the run; then no look was taken.
    """
    with run.lock():
        sweep(run)
        return run.look() or _keep(run, look)


def _keep(run: StoredRun, look: Look) -> Look:
    path = run.folder / LOOK
    temporary = run.folder / f"{TEMPORARY}{secrets.token_hex(8)}"
    try:
        make_folder(temporary)
        write_synced(temporary / LOOK, sealed(encode(look)))
        (temporary / LOOK).rename(path)
        sync_folder(run.folder)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        discard(temporary)
    run.event(look.taken_at, LOOKED, number=str(look.number))
    return look


def _contents(raw: Mapping[str, bytes], facts: Mapping[str, Mapping[str, Facts]]) -> dict[str, bytes]:
    """Every file of an attempt but its record: path relative to the attempt's folder → content."""
    contents = {safe_relative(f"raw/{path}"): content for path, content in raw.items()}
    for when, by_target in facts.items():
        if by_target:
            name = safe_component(f"facts-{when}.json", "name of facts")
            contents[name] = dump({target: encode(value) for target, value in by_target.items()})
    return contents


@contextmanager
def _unpublished(trials: Path, final: Path) -> Iterator[Path]:
    """A folder beside the trials that is gone when what happens in it fails."""
    temporary = trials / f"{TEMPORARY}{secrets.token_hex(8)}"
    try:
        make_folder(temporary)
        yield temporary
    except OSError as error:
        discard(temporary)
        raise cannot_write(final, error) from error
    except BaseException:
        discard(temporary)
        raise


def _write_all(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write and sync files and the folders that name them, the innermost first."""
    inner = sorted({parent for path in contents for parent in _above(path)})  # `a` sorts before what begins with `a/`
    for name in inner:
        make_folder(folder / name)
    for path, content in contents.items():
        write_synced(folder / path, content)
    for name in reversed(inner):
        sync_folder(folder / name)
    sync_folder(folder)


def _above(path: str) -> Iterator[str]:
    """The folders that a relative path lies in."""
    while path := path.rpartition("/")[0]:
        yield path
