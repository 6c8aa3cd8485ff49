"""Whose settings count: numbers that were published beside a campaign say nothing of what it is."""

from __future__ import annotations

from dataclasses import replace

from bench.model import Run, pairs, speaker

PLANNED = Run("r1", "c", "after", pairs({"host_patch": "on"}), 1, 0, "2018-01-05T09:00:00Z", (), (), (), ())
LATER = replace(PLANNED, run_id="r2", session=2, created_at="2018-01-06T09:00:00Z", primary=("fio/read/iops",))
IMPORTED = replace(PLANNED, run_id="r3", factors=(), created_at="2018-01-07T09:00:00Z", imported=True)
WITH_FACTORS = replace(IMPORTED, run_id="r4", factors=pairs({"host_patch": "on"}))


def test_the_last_planned_run_speaks() -> None:
    assert speaker([PLANNED, LATER, IMPORTED]) is LATER


def test_of_imported_runs_one_that_names_factors() -> None:
    assert speaker([WITH_FACTORS, IMPORTED]) is WITH_FACTORS
    assert speaker([replace(IMPORTED, run_id="r0"), IMPORTED]) is IMPORTED


def test_of_none_nobody() -> None:
    assert speaker([]) is None
