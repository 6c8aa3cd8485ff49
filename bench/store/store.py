"""The run store: where every raw byte of a campaign lies, written once.

    <root>/<campaign>/<run-id>/run.json, events.jsonl, trials/<trial-id>/<attempt>/{trial.json, facts-*.json, raw/…}

A run, and each attempt, is written into a temporary folder, synced, and renamed into place: whole or not at all.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.errors import StoreError
from bench.model import Run, is_safe_name
from bench.store.codec import decode, encode
from bench.store.damage import LEFTOVER, RESTORE, Damage, damage_by
from bench.store.files import (
    VERIFY_REMEDY,
    cannot_write,
    discard,
    folders,
    make_folder,
    open_private,
    shown,
    sync_folder,
    write_synced,
)
from bench.store.journal import JOURNAL, read_journal
from bench.store.locking import held
from bench.store.publishing import TEMPORARY
from bench.store.reading import EVENTS, HAS_EVENTS, StoredRun
from bench.store.records import read_record, sealed

_NAMES_SHOWN = 5
_NUMBERING_S = 30.0
"""How long planning one session waits for that of another."""


class Store:
    """All runs below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def create(self, run: Run, fill: Callable[[StoredRun], None] = lambda run: None) -> StoredRun:
        """Write `run.json` of a new run; StoreError when the names are unsafe or the run exists.

        fill: publishes what the run begins with; nobody sees the run before that is done, nor when it fails.
        """
        for name in (run.campaign, run.run_id, run.tag):
            if not is_safe_name(name):
                raise _unsafe(name)
        place = self.root / run.campaign
        folder = place / run.run_id
        temporary = place / f"{TEMPORARY}{secrets.token_hex(8)}"
        try:
            make_folder(temporary / "trials")
            os.close(open_private(temporary / EVENTS))
            write_synced(temporary / "run.json", sealed(encode(run) | {HAS_EVENTS: True}))
            sync_folder(temporary)
            fill(StoredRun(run, temporary))
            temporary.rename(folder)
            sync_folder(place)
            sync_folder(self.root)
        except OSError as error:
            discard(temporary)
            if folder.exists():
                raise StoreError("this run exists already", where=str(folder)) from None
            raise cannot_write(folder, error) from error
        except BaseException:
            discard(temporary)
            raise
        return StoredRun(run, folder)

    @contextmanager
    def numbering(self, campaign: str) -> Iterator[None]:
        """Hold the numbers of a campaign's sessions: no two that are planned at the same time get the same one.

        StoreError when another process holds them for half a minute, or the disk refuses.
        """
        if not is_safe_name(campaign):
            raise _unsafe(campaign)
        place = self.root / campaign
        try:
            make_folder(place)
        except OSError as error:
            raise cannot_write(place, error) from error
        with held(place / ".lock", "another process is adding a run", patience_s=_NUMBERING_S):
            yield

    def runs(self, *, campaign: str | None = None, tags: Iterable[str] | None = None) -> list[StoredRun]:
        """All runs, oldest first, optionally of one campaign or of some tags; StoreError when one cannot be read."""
        wanted = None if tags is None else set(tags)
        found = [_load(folder) for folder in self._folders(campaign)]
        if wanted is not None:
            found = [run for run in found if run.info.tag in wanted]
        return sorted(found, key=_age)

    def readable(self, *, campaign: str | None = None) -> tuple[list[StoredRun], list[Damage]]:
        """The runs that can be read, oldest first, and what cannot: for whoever goes on with what is sound."""
        found: list[StoredRun] = []
        tops = folders(self.root)
        damage = [item for item in _dangling(self.root) if campaign in (None, item.run)] if self.root.is_dir() else []
        for top in tops:
            if campaign not in (None, top.name):
                continue
            try:
                inner = _runs_in(top)
            except StoreError as error:
                damage.append(damage_by(error, at=str(top), moves=""))
                continue
            damage += _dangling(top)
            for folder in inner:
                try:
                    found.append(_load(folder))
                except StoreError as error:
                    damage.append(damage_by(error, at=str(folder), moves=str(folder), run=folder.name))
        return sorted(found, key=_age), damage

    def run(self, run_id: str) -> StoredRun:
        """The run called `run_id` (or `campaign/run_id`, or an unambiguous start of it); StoreError when damaged."""
        return _load(self.folder_of(run_id))

    def folder_of(self, run_id: str) -> Path:
        """The folder of the run called `run_id`, as in `run`, sound or not; StoreError when there is none."""
        every = {f"{folder.parent.name}/{folder.name}": folder for folder in self._folders(None)}
        exact = [folder for name, folder in every.items() if run_id in (name, folder.name)]
        found = exact or [
            folder
            for name, folder in every.items()
            if run_id and (folder.name.startswith(run_id) or name.startswith(run_id))
        ]
        if len(found) == 1:
            return found[0]
        if not found:
            raise StoreError(f"no run called {shown(run_id)}", where=str(self.root), remedy="`bench runs` lists them")
        names = ", ".join(f"{folder.parent.name}/{folder.name}" for folder in found[:_NAMES_SHOWN])
        more = f" and {len(found) - _NAMES_SHOWN} more" if len(found) > _NAMES_SHOWN else ""
        raise StoreError(
            f"{shown(run_id)} could be {names}{more}", where=str(self.root), remedy="Give more of the name"
        )

    def leftovers(self) -> list[Damage]:
        """What is wrong beside the runs: what an interrupted write left, and journals that cannot be read."""
        found: list[Damage] = []
        for top in folders(self.root):
            try:
                inner = sorted(top.iterdir())
            except OSError:
                continue  # `readable` tells
            names = [str(path) for path in inner if path.name.startswith((TEMPORARY, f".{JOURNAL}."))]
            found += [Damage(name, LEFTOVER, harmless=True, moves=name) for name in names]
            try:
                read_journal(top)
            except StoreError as error:
                found.append(damage_by(error, at=str(top / JOURNAL), moves=str(top / JOURNAL)))
        return found

    def _folders(self, campaign: str | None) -> list[Path]:
        """The folders of runs."""
        return [
            folder for top in folders(self.root) if campaign is None or top.name == campaign for folder in _runs_in(top)
        ]


def _unsafe(name: str) -> StoreError:
    return StoreError(
        f"{shown(name)} is not a safe file name",
        remedy="Use letters, digits, '.', '_' and '-', at most 64, starting with a letter or digit",
    )


def _runs_in(campaign: Path) -> list[Path]:
    """The folders in a campaign that are runs, sound or not: they have, or had, what a run has."""
    return [folder for folder in folders(campaign) if _is_run(folder)]


def _dangling(folder: Path) -> list[Damage]:
    """Links in the store or a campaign that lead nowhere: runs were kept elsewhere, and are gone."""
    return [
        Damage(str(path), "is a link that leads nowhere", False, RESTORE, str(path), path.name)
        for path in sorted(folder.iterdir())
        if path.is_symlink() and not path.exists() and not path.name.startswith(".")
    ]


def _is_run(folder: Path) -> bool:
    try:
        return not {"run.json", "trials", EVENTS}.isdisjoint(path.name for path in folder.iterdir())
    except OSError:
        return True  # it may be one: whoever loads it is told why it cannot be read


def _load(folder: Path) -> StoredRun:
    path = folder / "run.json"
    run = decode(Run, read_record(path), str(path))
    if (run.campaign, run.run_id) != (folder.parent.name, folder.name):
        whose = f"{shown(run.campaign)[1:-1]}/{shown(run.run_id)[1:-1]}"
        raise StoreError(
            f"is the record of {whose}: this folder was renamed or copied",
            where=str(path),
            remedy="Give the folder its name back, or let `bench repair` move it aside; two copies would count twice",
        )
    for name in (run.campaign, run.run_id, run.tag):
        if not is_safe_name(name):  # commands to copy name them; a store may come from elsewhere
            raise StoreError(f"{shown(name)} is not a safe name", where=str(path), remedy=VERIFY_REMEDY)
    return StoredRun(run, folder)


def _age(run: StoredRun) -> tuple[str, int, str]:
    """When a run was made; phases that were imported at once stand in the order they were declared in."""
    tags = [phase.tag for phase in run.info.phases]
    place = tags.index(run.info.tag) if run.info.tag in tags else len(tags)
    return run.info.created_at, place, run.info.run_id
