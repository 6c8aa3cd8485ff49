"""Looking early: α per look, sequential p, what more sessions could bring, and what a look decides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t

from bench.analyse import looks
from bench.analyse.compare import compare
from bench.analyse.result import MetricResult, Reason, Verdict
from bench.errors import AnalysisError
from bench.model import LookOutcome
from tests.analyse.sample_tables import AFTER, BEFORE, table
from tests.report.report_factory import key, metric


def test_the_looks_spend_alpha_exactly() -> None:
    assert sum(alpha for _, alpha in looks.SCHEDULE) == pytest.approx(0.05)
    assert looks.alpha_of(3) == 0.015
    assert looks.alpha_of(4, 0.01) == pytest.approx(0.004)
    assert looks.spent(2) == pytest.approx(0.015)
    for number in (0, 5):
        with pytest.raises(ValueError, match="no look"):
            looks.alpha_of(number)


@pytest.mark.parametrize(
    ("sessions", "taken", "due"),
    [(1, 0, None), (2, 0, 1), (2, 1, None), (3, 1, 2), (4, 2, None), (5, 0, 3), (8, 3, 4), (12, 3, 4), (12, 4, None)],
)
def test_a_look_is_due_once_its_sessions_are_there(sessions: int, taken: int, due: int | None) -> None:
    assert looks.look_after(sessions, taken) == due


def test_the_sequential_p_is_the_smallest_of_the_scaled_ones() -> None:
    assert looks.sequential_p([(1, 0.004), (2, 0.02)]) == pytest.approx(0.04)  # .004 · .05/.005
    assert looks.sequential_p([(1, 0.2), (2, 0.004)]) == pytest.approx(0.02)
    assert looks.sequential_p([(1, 0.9)]) == 1.0
    assert looks.sequential_p([]) == 1.0


def outlook(delta: float, se: float, se_last: float, df: float, margin: float) -> tuple[float, float]:
    found = looks.outlook(*(np.array([one]) for one in (delta, se, se_last, df, margin)))
    return float(found.change[0]), float(found.same[0])


def test_the_chances_are_those_of_the_predictive_normal() -> None:
    delta, se, se_last, df, margin = 0.02, 0.01, 0.006, 8.0, 0.02
    spread = norm(delta, np.sqrt(se**2 - se_last**2))
    beyond = max(margin, t.ppf(0.99, df) * se_last)
    inside = margin - t.ppf(0.98, df) * se_last
    change, same = outlook(delta, se, se_last, df, margin)
    assert change == pytest.approx(spread.sf(beyond) + spread.cdf(-beyond))
    assert same == pytest.approx(spread.cdf(inside) - spread.cdf(-inside))


def test_what_more_sessions_cannot_narrow_is_certain() -> None:
    assert outlook(0.05, 0.01, 0.01, 4.0, 0.02) == (1.0, 0.0)
    assert outlook(0.03, 0.01, 0.01, 4.0, 0.02) == (0.0, 0.0)  # t(.99, 4) · .01 = .037 is not reached


def test_futile_is_where_neither_verdict_is_likely_and_unknown_is_not_futile() -> None:
    both = looks.outlook(
        np.array([0.03, 0.05, np.nan]),
        np.array([0.01] * 3),
        np.array([0.01] * 3),
        np.array([4.0] * 3),
        np.full(3, 0.02),
    )
    assert both.futile.tolist() == [True, False, False]


def test_only_the_part_within_sessions_shrinks() -> None:
    one = np.array([1.0])
    # se² · V = .0004 · 2 = .0008, of which .0006 falls: from 2 sessions to 8 it becomes .00015, and .0002 stays.
    shrunk = looks.se_with(0.02 * one, 6e-4 * one, 2 * one, 2 * one, 8)
    assert shrunk[0] == pytest.approx(np.sqrt((2e-4 + 1.5e-4) / 2))
    assert looks.se_with(0.02 * one, 9e-4 * one, 2 * one, 2 * one, 8)[0] == pytest.approx(0.01)  # no more than there is
    assert looks.se_with(0.02 * one, 6e-4 * one, 2 * one, 9 * one, 8)[0] == pytest.approx(0.02)  # never worse than now


def result(verdict: Verdict, reason: Reason | None = None, chances: tuple[float, float] | None = None) -> MetricResult:
    return replace(metric(key("fio", "seq", "iops"), "IOPS", 1.0), verdict=verdict, reason=reason, chances=chances)


OPEN = result(Verdict.INCONCLUSIVE, Reason.UNDERPOWERED, (0.5, 0.0))
VAIN = result(Verdict.INCONCLUSIVE, Reason.UNDERPOWERED, (0.09, 0.02))
UNKNOWN = result(Verdict.INCONCLUSIVE, Reason.UNREPLICATED)
SAME = result(Verdict.NO_CHANGE)
HOPELESS = result(Verdict.INCONCLUSIVE, Reason.CONFOUNDED)


@pytest.mark.parametrize(
    ("number", "primary", "outcome"),
    [
        (1, [SAME, SAME], LookOutcome.DECIDED),
        (1, [SAME, VAIN], LookOutcome.UNDECIDED),  # two sessions are too few to give up
        (2, [SAME, VAIN], LookOutcome.FUTILE),
        (2, [OPEN, VAIN], LookOutcome.UNDECIDED),
        (2, [UNKNOWN, VAIN], LookOutcome.UNDECIDED),
        (1, [SAME, HOPELESS], LookOutcome.FUTILE),
        (4, [SAME, OPEN], LookOutcome.LAST),
        (4, [SAME], LookOutcome.DECIDED),
    ],
)
def test_what_a_look_decides(number: int, primary: list[MetricResult], outcome: LookOutcome) -> None:
    assert looks.outcome_of(number, primary) is outcome


def test_a_primary_metric_without_any_value_is_not_decided() -> None:
    assert looks.outcome_of(1, [SAME], unmeasured=1) is LookOutcome.FUTILE
    assert looks.outcome_of(2, [OPEN], unmeasured=1) is LookOutcome.UNDECIDED
    assert looks.outcome_of(4, [SAME], unmeasured=1) is LookOutcome.LAST


def two_sessions(step: float) -> pd.DataFrame:
    """Six targets, two sessions a tag; the ratio scatters by about 1 % around `step` (log)."""
    shift = [-0.012, -0.008, -0.002, 0.003, 0.008, 0.011]
    return table(
        {f"t{i}": ([[0.0], [0.002]], [[step + d], [step + d + 0.002]]) for i, d in enumerate(shift)},
        logs=True,
    )


def test_a_look_is_judged_at_its_own_alpha() -> None:
    at_once = compare(two_sessions(0.03), BEFORE, AFTER).metrics[0]
    looked = compare(two_sessions(0.03), BEFORE, AFTER, look=1).metrics[0]
    assert (at_once.verdict, at_once.chances) == (Verdict.IMPROVED, None)
    assert looked.interval is not None
    assert looked.interval.level == pytest.approx(0.995)
    assert looked.p == at_once.p
    assert looked.chances is not None
    assert looked.chances[0] > 0.9
    with pytest.raises(AnalysisError, match="there is no look 5"):
        compare(two_sessions(0.03), BEFORE, AFTER, look=5)
