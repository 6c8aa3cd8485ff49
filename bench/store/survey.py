"""Which attempts of a run can be read, and what else lies where attempts should be."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from bench.errors import StoreError
from bench.model import Status
from bench.store.attempts import StoredAttempt, read_attempt
from bench.store.damage import RESTORE, Damage, damage_by

_SECOND = "Let `bench repair` move it aside, or move the first one aside yourself to have this one count"


@dataclass(frozen=True, slots=True)
class Survey:
    """What lies in the `trials` of a run: attempts with a sound record, and everything else that was found there.

    Of two `ok` attempts at a trial the first counts, as it does in publishing; the second is damage.
    """

    attempts: tuple[StoredAttempt, ...]
    damage: tuple[Damage, ...]

    @property
    def done(self) -> frozenset[str]:
        """The trials that have an `ok` attempt."""
        return frozenset(one.record.trial.trial_id for one in self.attempts if one.record.status is Status.OK)

    @property
    def blocked(self) -> dict[str, Damage]:
        """Trials without an `ok` attempt that have a damaged one, which may be it: not measured until it is moved."""
        done = self.done
        return {item.trial: item for item in self.damage if item.trial and item.trial not in done}


def survey(run: Path, run_id: str) -> Survey:
    """What lies in the `trials` of the run in the folder `run`; nothing of it stops the survey."""
    attempts: list[StoredAttempt] = []
    damage: list[Damage] = []
    trials = run / "trials"
    for name in _inner(trials, damage, run_id, ""):
        good = ""
        for number in sorted(_inner(trials / name, damage, run_id, name), key=lambda number: number.zfill(6)):
            folder = trials / name / number
            try:
                stored = read_attempt(folder)
            except StoreError as error:
                damage.append(damage_by(error, at=str(folder), moves=str(folder), run=run_id, trial=name))
                continue
            if good and stored.record.status is Status.OK:
                problem = f"is a second ok attempt; attempt {good}, the first, counts"
                damage.append(Damage(str(folder), problem, False, _SECOND, str(folder), run_id, name))
                continue
            good = good or (number if stored.record.status is Status.OK else "")
            attempts.append(stored)
    return Survey(tuple(attempts), tuple(damage))


def _inner(folder: Path, damage: list[Damage], run_id: str, trial: str) -> list[str]:
    """The names of the folders in `folder`, sorted, without hidden ones; whatever else is there is damage."""
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry.name, entry.is_dir(follow_symlinks=False), entry.is_symlink()) for entry in entries)
    except FileNotFoundError:
        return []  # a copy may lack empty folders; what was published and is gone is found by the events
    except OSError as error:
        said = f"cannot be read ({error.strerror})"
        damage.append(Damage(str(folder), said, False, RESTORE, str(folder), run_id, trial))
        return []
    for name, is_folder, is_link in found:
        if not is_folder and not name.startswith("."):
            said = f"is a {'link' if is_link else 'file'} where only folders belong"
            damage.append(Damage(str(folder / name), said, False, RESTORE, str(folder / name), run_id, trial or name))
    return [name for name, is_folder, _ in found if is_folder and not name.startswith(".")]
