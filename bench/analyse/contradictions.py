"""What contradicts a declared factor? Targets on which no fact shows it, and trials that went another way."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WrongPath:
    """Network trials of a target whose bytes went another way than their phase declares.

    factor, declared: ("sriov", "on"). trials: how many, of `total` of which it is known. share: of their bytes, what
    went through the VF.
    """

    tag: str
    factor: str
    declared: str
    target: str
    trials: int
    total: int
    share: float


@dataclass(frozen=True, slots=True)
class Missed:
    """A declared factor that no fact shows on `targets`, of `total` of which facts would show it."""

    factor: str
    targets: tuple[str, ...]
    total: int
