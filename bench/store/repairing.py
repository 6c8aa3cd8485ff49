"""Move what is damaged out of the way, so that the rest of the store verifies: nothing is deleted, all can be undone.

    <root>/damaged/<time>-<run>/repair.jsonl, README.txt, moved/<campaign>/<run>/trials/<trial>/<attempt>/…

What is moved keeps its path relative to the store, so that undoing is moving it back. `repair.jsonl` says what, why and
from where, a line for each move, on the disk before it happens. Every move is one rename: a repair that is interrupted
has done some of its moves, and the next one does the others.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.errors import StoreError
from bench.model import Run, is_safe_name
from bench.store.damage import Damage
from bench.store.files import append_whole, cannot_write, make_folder, sync_folder, write_synced
from bench.store.reading import EVENTS, MOVED_ASIDE, StoredRun
from bench.store.records import dump_line
from bench.store.store import Store
from bench.store.verifying import verify

DAMAGED = "damaged"
"""The folder of the store that damage is moved into."""

MOVED = "moved"
"""Where what was moved lies, below the folder of one repair."""

RECORD = "repair.jsonl"
"""What was moved, why and from where: one JSON object a line."""

_README = """What `bench repair` moved out of the store because it was damaged. Nothing was deleted.

repair.jsonl says of each move what was wrong and where it lay. What lies below moved/ has the path there that it had in
the store. To undo a move, move it back:

    mv {place}/moved/PATH {root}/PATH

Undo it before `bench resume` has measured the trial anew; afterwards there would be two attempts of the same number.
When nobody needs it any more, this folder may be deleted.
"""
_SAID = 2000
"""Characters of a cause that an event keeps."""


@dataclass(frozen=True, slots=True)
class Move:
    """One rename. path: relative to the store's root. problems: what is wrong with it or in it.

    lost: nothing is left to be moved; that it is lost is noted in the run's events. run: the folder of the run that it
    lies in, relative to the root; "" for what lies in none, a whole run among it.
    """

    path: str
    problems: tuple[str, ...]
    lost: bool = False
    run: str = ""


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """What a repair would do. kept: damage that moving does not mend; notes: what is odd and harms nothing."""

    moves: tuple[Move, ...]
    kept: tuple[Damage, ...]
    notes: tuple[Damage, ...]


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did. places: the folders that it moved things into. held: why some runs were left alone."""

    moves: tuple[Move, ...]
    places: tuple[Path, ...]
    held: tuple[StoreError, ...]


def plan_repair(store: Store, run_ids: Iterable[str] = ()) -> RepairPlan:
    """What is to be moved, of some runs (named as for `Store.run`) or of the whole store. Moves nothing.

    StoreError when there is no such run. Of what lies in each other only the outermost is moved.
    """
    chosen = {store.folder_of(name) for name in run_ids}
    found, damage = store.readable()
    if chosen:
        found = [run for run in found if run.folder in chosen]
        damage = [item for item in damage if item.moves and Path(item.moves) in chosen]
    else:
        damage += store.leftovers()
    for run in found:
        damage += verify(run)
    return _planned(store.root, damage)


def _planned(root: Path, damage: Iterable[Damage]) -> RepairPlan:
    moved: dict[str, list[str]] = {}
    others: list[Damage] = []
    for item in damage:
        if item.moves:
            said = f"{os.path.relpath(item.path, item.moves)}: " if item.path != item.moves else ""
            moved.setdefault(item.moves, []).append(f"{said}{item.problem}")
        else:
            others.append(item)
    moves = [_planned_move(root, path, moved) for path in sorted(moved) if not _lies_in_another(path, moved)]
    moves.sort(key=lambda move: not move.path.endswith(f"/{EVENTS}"))  # events are noted in sound ones
    kept, notes = ([item for item in others if item.harmless is harmless] for harmless in (False, True))
    return RepairPlan(tuple(moves), tuple(kept), tuple(notes))


def _planned_move(root: Path, path: str, moved: dict[str, list[str]]) -> Move:
    inner = [text for other in sorted(moved) if _inside(other, path) for text in moved[other]]
    relative = os.path.relpath(path, root)
    parts = relative.split("/")
    run = "/".join(parts[:2]) if len(parts) > 2 else ""
    return Move(relative, tuple(dict.fromkeys(inner)), not os.path.lexists(path), run)


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _lies_in_another(path: str, moved: dict[str, list[str]]) -> bool:
    while path := path.rpartition("/")[0]:
        if path in moved:
            return True
    return False


def repair(store: Store, plan: RepairPlan, time: str) -> Repaired:
    """Do the moves of a plan that are still needed, each while the run it lies in is held. time: UTC, ISO 8601.

    A run that another controller holds is left alone and told. StoreError when the disk refuses: what was moved by then
    stays moved, and the next repair does the rest.
    """
    stamp = time.replace("-", "").replace(":", "")[:15]
    done: list[Move] = []
    places: list[Path] = []
    held: list[StoreError] = []
    by_run: dict[str, list[Move]] = {}
    for move in plan.moves:
        by_run.setdefault(move.run or move.path, []).append(move)
    for folder, moves in by_run.items():
        try:
            with _held(store.root / folder):
                needed = {move.path: move for move in _still(store, folder).moves}
                mine = [needed[move.path] for move in moves if move.path in needed]
                if mine:
                    places.append(_make_place(store.root, stamp, folder.rsplit("/", 1)[-1]))
                    for move in mine:
                        _do(store.root, places[-1], move, time)
                        done.append(move)
        except HeldError as error:
            held.append(error)
    return Repaired(tuple(done), tuple(places), tuple(held))


class HeldError(StoreError):
    """A run that another controller works on."""


def _still(store: Store, folder: str) -> RepairPlan:
    """What is damaged at a folder by now: somebody may have restored it while the plan was shown."""
    path = store.root / folder
    found, damage = store.readable(campaign=path.name if path.parent == store.root else path.parent.name)
    damage = [item for item in (*damage, *store.leftovers()) if item.moves == str(path)]
    for run in found:
        if run.folder == path:
            damage += verify(run)
    return _planned(store.root, damage)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a run, sound or not. What has no lock that could be taken (a leftover, a link) is held by nobody."""
    lock = folder / ".lock"
    if (
        folder.is_symlink()
        or not folder.is_dir()
        or (os.path.lexists(lock) and (lock.is_symlink() or not lock.is_file()))
    ):
        yield
        return
    try:
        context = _nameless(folder).lock()
        context.__enter__()
    except StoreError as error:
        raise HeldError(error.what, where=error.where, remedy=error.remedy) from error
    try:
        yield
    finally:
        context.__exit__(None, None, None)


def _nameless(folder: Path) -> StoredRun:
    """A run of which only the folder is known: enough for its lock and its events."""
    return StoredRun(Run(folder.name, folder.parent.name, "", (), 0, 0, "", (), (), (), ()), folder)


def _make_place(root: Path, stamp: str, name: str) -> Path:
    """The folder that the moves of one run go into, with word of what it is."""
    said = f"{stamp}-{name if is_safe_name(name) else 'leftover'}"
    place = root / DAMAGED / said
    while os.path.lexists(place):  # a repair of the same second
        place = place.with_name(f"{said}-{secrets.token_hex(2)}")
    try:
        make_folder(place)
        write_synced(place / "README.txt", _README.format(place=place, root=root).encode("utf-8", "replace"))
        sync_folder(place)
    except OSError as error:
        raise cannot_write(place, error) from error
    return place


def _do(root: Path, place: Path, move: Move, time: str) -> None:
    """One move: written down first, then done, then told in the events of its run."""
    source, target = root / move.path, place / MOVED / move.path
    try:
        _write_down(place / RECORD, {"time": time, **_row(move)})
        if not move.lost:
            make_folder(target.parent)
            source.rename(target)
            sync_folder(target.parent)
            sync_folder(source.parent)
    except OSError as error:
        if error.errno == errno.EXDEV:
            raise StoreError(
                f"lies on another disk than {place}, where a rename cannot move it",
                where=str(source),
                remedy="Move it there yourself, then repair again",
            ) from error
        raise cannot_write(source, error) from error
    if move.run:
        path = os.path.relpath(source, root / move.run)
        _nameless(root / move.run).event(time, MOVED_ASIDE, path=path, cause="; ".join(move.problems)[:_SAID])


def _row(move: Move) -> dict[str, object]:
    return {"path": move.path, "problems": list(move.problems), "lost": move.lost}


def _write_down(path: Path, row: dict[str, object]) -> None:
    append_whole(path, dump_line(row))
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
