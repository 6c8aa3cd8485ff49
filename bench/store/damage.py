"""What is not as it was published: a value that is listed, told in every output, and moved aside by `bench repair`."""

from __future__ import annotations

from dataclasses import dataclass

from bench.errors import StoreError


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is not as it was published: a path, what is wrong with it, and what to do.

    harmless: an interrupted (or running) write left it; nothing that was published is touched. moves: the path that
    `bench repair` moves aside for it, "" when moving would not help. run: the id of the run it is in, trial: the trial,
    "" where it is none's.
    """

    path: str
    problem: str
    harmless: bool = False
    remedy: str = ""
    moves: str = ""
    run: str = ""
    trial: str = ""


RESTORE = "Restore it from a copy, or let `bench repair` move it aside"
"""What to do about most damage."""

LEFTOVER = "leftover of an interrupted write; safe to delete unless a run is going on"
"""What is said of a folder that was never published."""


def damage_by(error: StoreError, *, at: str, moves: str, run: str = "", trial: str = "") -> Damage:
    """An error met while reading, as damage: `at` is the path when the error names none.

    What a newer vmbench wrote is no damage that moving would mend.
    """
    newer = isinstance(error, NewerSchemaError)
    return Damage(
        error.where or at,
        error.what,
        remedy=error.remedy if newer or error.remedy.startswith("Give ") else RESTORE,
        moves="" if newer else moves,
        run=run,
        trial=trial,
    )


class NewerSchemaError(StoreError):
    """A record that a newer vmbench wrote."""
