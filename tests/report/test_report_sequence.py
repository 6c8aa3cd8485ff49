"""Where a campaign that looks early stands: which look is due, and what is written down of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import report_factory as factory

from bench.analyse.result import Comparison
from bench.model import Look, LookOutcome
from bench.report import sequence
from bench.report.sequence import Standing
from bench.store import Store, keep_look
from bench.store.repairing import plan_repair, repair
from tests.analyse.stored_runs import make_run
from tests.chaos.damaging import rewrite


def look(number: int, outcome: LookOutcome = LookOutcome.UNDECIDED, **p: float) -> Look:
    return Look(number, "a", (2, 2), 0.005, 0.005, "2024-01-01T00:00:00Z", ("r",), tuple(p.items()), outcome)


def stands(*looks: Look) -> Standing:
    return Standing(looks, looks[-1].number if looks else 1, None)


@pytest.mark.parametrize(
    ("stand", "sessions", "number"),
    [
        (None, (2, 1), None),
        (None, (2, 2), 1),
        (None, (1, 8), None),  # nothing to compare with yet
        (stands(), (3, 2), 1),
        (stands(look(1)), (3, 2), None),
        (stands(look(1)), (3, 3), 2),
        (stands(look(1)), (3, 9), 4),  # looks that were missed are not made up for
        (stands(look(2, LookOutcome.DECIDED)), (8, 8), None),
    ],
)
def test_which_look_is_due(stand: Standing | None, sessions: tuple[int, int], number: int | None) -> None:
    assert sequence.due(stand, sessions) == number


def taken(*primary: str) -> Look:
    same = factory.metric(factory.key("fio", "a", "iops"), "IOPS", 1.0, 0.001, primary=True)
    compared = Comparison("before", "after", (same,))
    return sequence.take(compared, 1, primary=primary, sessions=(3, 2), runs=("r2", "r1"), taken_at="now")


def test_a_look_keeps_what_it_rests_on() -> None:
    one = taken("fio/iops")
    assert (one.number, one.before, one.sessions, one.runs) == (1, "before", (3, 2), ("r1", "r2"))
    assert (one.alpha, one.spent, one.outcome) == (0.005, 0.005, LookOutcome.DECIDED)
    assert one.p == (("fio/a/iops", 0.01),)


def test_a_primary_metric_that_nobody_measured_is_not_decided() -> None:
    assert taken("fio/iops", "unixbench/index").outcome is LookOutcome.FUTILE


def test_the_sequential_p_is_over_all_looks() -> None:
    looks = (look(1, x=0.004, y=0.5), look(2, x=0.02))
    assert sequence.sequential(looks) == pytest.approx({"x": 0.04, "y": 1.0})


def test_a_look_that_is_lost_has_spent_its_alpha(tmp_path: Path) -> None:
    before = [make_run(tmp_path, "pre", session) for session in (1, 2)]
    after = [make_run(tmp_path, "post", session, sequential=True) for session in (1, 2, 3)]
    keep_look(after[1], look(1))
    whole = sequence.standing(before, after)
    assert whole is not None
    assert (whole.number, whole.lost, len(whole.looks)) == (2, (), 1)
    rewrite(after[1].folder / "look.json", b"{")
    torn = sequence.standing(before, after)
    store = Store(tmp_path)
    repair(store, plan_repair(store), "2026-01-01T00:00:00Z")
    moved = sequence.standing(before, after)
    for stand in (torn, moved):
        assert stand is not None
        assert (stand.number, stand.looks) == (2, ())
        (said,) = stand.lost
        assert after[1].info.run_id in said
        assert "its α is spent" in said


def test_a_look_in_a_run_that_was_moved_aside_is_not_forgotten(tmp_path: Path) -> None:
    after = [make_run(tmp_path, "post", session, sequential=True) for session in (1, 2, 3)]
    keep_look(after[1], look(1))
    rewrite(after[1].folder / "run.json", b"{")
    store = Store(tmp_path)
    repair(store, plan_repair(store), "2026-01-01T00:00:00Z")
    left = [run for run in after if run.folder.exists()]
    stand = sequence.standing([], left)
    assert stand is not None
    assert len(left) == 2
    assert len(stand.lost) == 1
    assert stand.number == 3, "nobody knows when it was taken: it may have been the second"
