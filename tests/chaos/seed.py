"""Which random faults are these? Those of the seed that `make chaos` prints; `SEED=` chooses it."""

from __future__ import annotations

import os
import random

VARIABLE = "CHAOS_SEED"


def seed() -> int:
    """The seed of this round; 1 where none was set."""
    return int(os.environ.get(VARIABLE, "1"))


def rng(name: str) -> random.Random:
    """Random numbers of one part of the round, the same for the same seed whatever other parts draw."""
    return random.Random(f"{seed()} {name}")  # noqa: S311  # no secret
