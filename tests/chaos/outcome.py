"""What one kind of injected fault did: the row of a table that `make chaos` prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """How often a kind of fault was injected, and what became of the trials that were planned meanwhile."""

    kind: str
    injected: int
    planned: int = 0
    ok: int = 0
    interrupted: int = 0
    lost: int = 0
    duplicated: int = 0
    jobs_left: int = 0
    crashes: int = 0
    note: str = ""
