"""Is everything in the store what was published? Every file is hashed again, and what is odd is named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.errors import StoreError
from bench.model import Status
from bench.store.files import folders, sha256
from bench.store.publishing import TEMPORARY
from bench.store.reading import StoredAttempt, StoredRun, read_attempt


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is not as it was published: a path and what is wrong with it.

    harmless: an interrupted (or running) write left it; nothing that was published is touched.
    """

    path: str
    problem: str
    harmless: bool = False


LEFTOVER = "leftover of an interrupted write; safe to delete unless a run is going on"
"""What is said of a folder that was never published."""


def verify(run: StoredRun) -> list[Damage]:
    """Everything that is damaged, missing, added or left over in a run, in the order of the paths it was found at."""
    damage: list[Damage] = []
    planned = {trial.trial_id for trial in run.info.plan}
    for trial in folders(run.folder / "trials"):
        if trial.name not in planned:
            damage.append(Damage(str(trial), "is not a trial of this run's plan"))
        good = []
        for folder in folders(trial):
            try:
                stored = read_attempt(folder)
            except StoreError as error:
                damage.append(Damage(error.where or str(folder), error.what))
                continue
            damage.extend(_attempt(stored))
            if stored.record.status is Status.OK:
                good.append(folder.name)
        if len(good) > 1:
            damage.append(Damage(str(trial), f"has {len(good)} attempts that are ok ({', '.join(good)}), not one"))
    try:
        run.look()
    except StoreError as error:
        damage.append(Damage(error.where or str(run.folder), error.what))
    damage.extend(_leftovers(run.folder))
    return damage


def _attempt(stored: StoredAttempt) -> Iterator[Damage]:
    """What is wrong with the files of one attempt."""
    for file in stored.record.files:
        path = stored.folder / file.path
        try:
            size, digest = path.stat().st_size, sha256(path)
        except OSError as error:
            yield Damage(str(path), f"cannot be read ({error.strerror})")
            continue
        if size != file.size:
            yield Damage(str(path), f"has {size} bytes, {file.size} were recorded")
        elif digest != file.sha256:
            yield Damage(str(path), "its SHA-256 is not the recorded one")
    known = {file.path for file in stored.record.files} | {"trial.json"}
    for path in _everything(stored.folder):
        if path.relative_to(stored.folder).as_posix() not in known:
            yield Damage(str(path), "was not recorded when the trial was published")


def _everything(folder: Path) -> Iterator[Path]:
    """Whatever is in a folder and is no folder itself: files, links (never followed), sockets."""
    for top, inner, names in os.walk(folder):
        inner.sort()
        links = [name for name in inner if (Path(top) / name).is_symlink()]
        yield from (Path(top) / name for name in sorted([*names, *links]))


def _leftovers(folder: Path) -> Iterator[Damage]:
    for place in (folder, folder / "trials"):
        for path in sorted(place.glob(f"{TEMPORARY}*")):
            yield Damage(str(path), LEFTOVER, harmless=True)
