"""Is everything in the store what was published? Every file is hashed again, and what is odd is named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from bench.errors import StoreError
from bench.store.attempts import CHANGED, StoredAttempt
from bench.store.damage import LEFTOVER, RESTORE, Damage, damage_by
from bench.store.files import sha256
from bench.store.publishing import TEMPORARY
from bench.store.reading import EVENTS, HAS_EVENTS, LOOK, LOOKED, MOVED_ASIDE, StoredRun
from bench.store.records import read_record


def verify(run: StoredRun) -> list[Damage]:
    """Everything that is damaged, missing, added or left over in a run. Nothing that is found hides another thing."""
    info, run_id = run.info, run.info.run_id
    planned = {trial.trial_id for trial in info.plan}
    found = run.survey()
    damage = list(found.damage)
    strange = dict.fromkeys(one.record.trial.trial_id for one in found.attempts)
    for name in (name for name in strange if name not in planned):
        folder = str(run.folder / "trials" / name)
        damage.append(Damage(folder, "is not a trial of this run's plan", False, RESTORE, folder, run_id, name))
    for stored in found.attempts:
        damage.extend(_attempt(stored, run_id))
    try:
        run.look()
    except StoreError as error:
        path = str(run.folder / LOOK)
        damage.append(damage_by(error, at=path, moves=path, run=run_id))
    damage.extend(_events(run))
    damage.extend(_leftovers(run.folder, run_id))
    return damage


def _attempt(stored: StoredAttempt, run: str) -> Iterator[Damage]:
    """What is wrong with the files of one attempt."""
    trial = stored.record.trial.trial_id
    known = {"trial.json"}
    for file in stored.record.files:
        path = stored.folder / file.path
        known.add(file.path)
        if problem := _file(path, file.size, file.sha256):
            yield Damage(str(path), problem, False, RESTORE, str(stored.folder), run, trial)
    for path in _everything(stored.folder):
        if path.relative_to(stored.folder).as_posix() not in known:
            yield Damage(
                str(path), "was not recorded when the trial was published", False, _ADDED, str(path), run, trial
            )


def _file(path: Path, size: int, digest: str) -> str:
    """What is wrong with one file, "" when nothing is."""
    try:
        found, real = sha256(path), path.lstat().st_size
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if real != size:
        return f"has {real} bytes, {size} were recorded"
    return "" if found == digest else CHANGED


def _everything(folder: Path) -> Iterator[Path]:
    """Whatever is in a folder and is no folder itself: files, links (never followed), sockets."""
    for top, inner, names in os.walk(folder):
        inner.sort()
        links = [name for name in inner if (Path(top) / name).is_symlink()]
        yield from (Path(top) / name for name in sorted([*names, *links]))


def _events(run: StoredRun) -> Iterator[Damage]:
    """What is wrong with the events, and the attempts that they tell of and that are gone."""
    path, run_id = run.folder / EVENTS, run.info.run_id
    if not os.path.lexists(path):
        if read_record(run.folder / "run.json").get(HAS_EVENTS):
            problem = "is gone, and with it what happened in the run and what it left on targets"
            yield Damage(str(path), problem, False, _LOST, str(path), run_id)
        return
    try:
        events, torn = run.events_and_torn()
    except StoreError as error:
        yield damage_by(error, at=str(path), moves=str(path), run=run_id)
        return
    if torn:
        lines = f"{torn} line{'' if torn == 1 else 's'} in it cannot be read: a write was cut short"
        yield Damage(str(path), f"{lines}; the others are read", harmless=True, run=run_id)
    published: dict[str, str] = {}
    for event in events:
        trial, number = event.get("trial", ""), event.get("attempt", "")
        name = f"trials/{trial}/{number}"
        if event.get("kind") == "published" and _plain(trial) and _plain(number):
            published[name] = trial
        elif event.get("kind") == LOOKED:
            published[LOOK] = ""
        elif event.get("kind") == MOVED_ASIDE:
            aside = event.get("path", "")
            published = {key: value for key, value in published.items() if not _within(key, aside)}
    for name, trial in published.items():
        folder = run.folder / name
        if not os.path.lexists(folder):
            remedy = _GONE if trial else _LOST
            yield Damage(str(folder), "was published and is gone", False, remedy, str(folder), run_id, trial)


_ADDED = "Delete it, or let `bench repair` move it aside"
_LOST = "Restore it from a copy, or let `bench repair` note that it is lost"
_GONE = "Restore it from a copy, or let `bench repair` note that it is lost, so that its trial is measured anew"


def _plain(name: str) -> bool:
    """Whether a name from the events can be that of a folder."""
    return 0 < len(name) < 256 and "/" not in name and "\0" not in name and not name.startswith(".")


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _leftovers(folder: Path, run: str) -> Iterator[Damage]:
    for place in (folder, folder / "trials"):
        for path in sorted(place.glob(f"{TEMPORARY}*")):
            yield Damage(str(path), LEFTOVER, True, "", str(path), run)
