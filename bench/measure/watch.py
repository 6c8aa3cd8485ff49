"""What whoever watches a session is told, and what a session leaves to say at its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bench.model import Trial


class State(StrEnum):
    """Where a trial is, for whoever watches."""

    WAITING = "waiting"
    PREPARING = "preparing"
    RUNNING = "running"
    COLLECTING = "collecting"
    OK = "ok"
    FAILED = "failed"
    MISSING = "missing"


class Observer(Protocol):
    """Told about progress, from several threads."""

    def target(self, name: str, message: str) -> None:
        """A target is being prepared, was refused, or warns."""
        ...

    def trial(self, trial: Trial, state: State, detail: str = "") -> None:
        """A trial changed its state."""
        ...


@dataclass(slots=True)
class Outcome:
    """What became of the planned trials of this call. missing: trial id → cause."""

    ok: int = 0
    failed: int = 0
    missing: dict[str, str] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    interrupted: bool = False
