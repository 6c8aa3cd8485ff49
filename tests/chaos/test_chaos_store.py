"""The short form of the store's part of `make chaos`: every kind of damage once, and archives for a moment."""

from __future__ import annotations

import random

from tests.chaos.damaging import KINDS
from tests.chaos.store import scenarios


def test_no_damage_is_silent_or_makes_a_wrong_number() -> None:
    random.seed(7)
    rows = list(scenarios(1.0))
    assert [row.kind for row in rows] == [*sorted(KINDS), "changed archive"]
    for row in rows:
        assert row.injected > 0
        assert (row.lost, row.duplicated, row.crashes) == (0, 0, 0), row
        assert row.note in ("0 not named, 0 wrong values, 0 not mended", "0 believed"), row
