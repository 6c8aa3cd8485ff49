"""The short form of what breaks on the target: each fault once, with nothing lost and nothing left."""

from __future__ import annotations

from tests.chaos.target import FAULTS, scenarios


def test_faults_of_the_target_are_survived() -> None:
    rows = list(scenarios(0, short=True))
    assert len(rows) == sum(fault.short for fault in FAULTS) + 1
    for row in rows:
        assert (row.lost, row.duplicated, row.jobs_left, row.crashes) == (0, 0, 0, 0), row
    assert sum(row.injected for row in rows) >= len(rows) - 1
