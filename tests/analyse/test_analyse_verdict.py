"""Verdicts from an estimate, and the sentence that says what would settle it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from bench.analyse.estimate import Estimates, Rule
from bench.analyse.result import Reason, Verdict
from bench.analyse.settle import percent, settle
from bench.analyse.verdict import REASONS, VERDICTS, decide


def judge(
    delta: float,
    se: float,
    *,
    df: float = 4,
    targets: int = 5,
    within: float = math.nan,
    sessions: float = 1,
    moved: bool = False,
):
    one = Estimates(
        *(np.array([x]) for x in (delta, se, df)), np.array([targets]), np.array([sessions]),
        np.array([within]), np.array([0.0]), np.array([Rule.TARGETS]), np.array([math.nan]), np.array([0]),
        np.array([10.0]),
    )  # fmt: skip
    found = decide(one, np.array([math.log1p(0.02)]), np.array([0.05]), np.array([moved]))
    return VERDICTS[found.verdict[0]], REASONS[found.reason[0]], found


T = stats.t.ppf(0.975, 4)


@pytest.mark.parametrize(
    ("delta", "se", "verdict", "clear"),
    [
        (0.05, 0.03 / T, Verdict.IMPROVED, True),  # interval 2 … 8 %
        (0.05, 0.04 / T, Verdict.IMPROVED, False),  # 1 … 9 %: better, but "at least 2 %" may not be said
        (-0.05, 0.04 / T, Verdict.REGRESSED, False),
        (-0.05, 0.06 / T, Verdict.INCONCLUSIVE, False),  # contains 0
        (0.015, 0.004 / T, Verdict.NO_CHANGE, False),  # real, and smaller than what matters
        (0.015, 0.012 / T, Verdict.INCONCLUSIVE, False),  # excludes 0 below the margin, and could be above it
        (0.0, 0.001, Verdict.NO_CHANGE, False),
    ],
)
def test_verdicts(delta: float, se: float, verdict: Verdict, clear: bool) -> None:
    found, reason, decisions = judge(delta, se)
    assert found is verdict
    assert bool(decisions.clear[0]) is clear
    assert (reason is Reason.UNDERPOWERED) == (verdict is Verdict.INCONCLUSIVE)


def test_two_one_sided_tests_are_at_five_percent_each() -> None:
    margin, t = math.log1p(0.02), stats.t.ppf(0.95, 4)
    assert judge(0.0, margin / t * 0.999)[0] is Verdict.NO_CHANGE
    assert judge(0.0, margin / t * 1.001)[0] is Verdict.INCONCLUSIVE


def test_the_detectable_effect_has_eighty_percent_power() -> None:
    decisions = judge(0.0, 0.01)[2]
    assert decisions.detectable[0] == pytest.approx(math.expm1((T + stats.t.ppf(0.8, 4)) * 0.01))


def test_one_moved_target_is_host_moved_whatever_its_numbers() -> None:
    assert judge(0.5, 0.001, targets=1, moved=True)[:2] == (Verdict.INCONCLUSIVE, Reason.HOST_MOVED)


def test_sessions_needed_follow_one_over_s_and_can_be_too_many() -> None:
    margin, width = math.log1p(0.02), T + stats.t.ppf(0.8, 4)
    allowed = 5 * (margin / width) ** 2
    # everything is session noise, four times as large as it may be: four times the sessions
    assert judge(0.0, math.sqrt(4 * allowed / 5), within=4 * allowed, sessions=2)[2].more_sessions[0] == 6
    assert judge(0.0, math.sqrt(4 * allowed / 5), within=allowed, sessions=2)[2].more_sessions[0] == math.inf
    assert math.isnan(judge(0.0, 0.1)[2].more_sessions[0])


def test_with_the_targets_asked_for_the_margin_becomes_detectable() -> None:
    more = int(judge(0.0, 0.03)[2].more_targets[0])
    sd = 0.03 * math.sqrt(5)

    def width(targets: int) -> float:
        return (stats.t.ppf(0.975, targets - 1) + stats.t.ppf(0.8, targets - 1)) * sd / math.sqrt(targets)

    assert width(5 + more) <= math.log1p(0.02) < width(5 + more - 2)


POWERLESS = Reason.UNDERPOWERED


@pytest.mark.parametrize(
    ("reason", "options", "text"),
    [
        (None, {}, ""),
        (Reason.UNREPLICATED, {"targets": 2}, "at least one more session per tag, or 3 more targets"),
        (Reason.UNREPLICATED, {"single": True}, "at least one more session per tag"),
        (Reason.HOST_MOVED, {"single": True}, "measure targets that stayed on their host"),
        (Reason.CONFOUNDED, {"confounders": "a → b"}, "undo or declare what else changed (a → b)"),
        (
            POWERLESS,
            {"more_sessions": 1, "more_targets": 2},
            "about 1 more session per tag, or about 2 more targets, to see a change of 2 %",
        ),
        (POWERLESS, {"detectable": 0.123}, "; detectable now: 12 %"),
        (
            POWERLESS,
            {"more_sessions": math.inf, "more_targets": 500},
            "more than 100 more targets, to see",
        ),
        (
            POWERLESS,
            {"more_sessions": math.inf, "single": True},
            "other targets (more sessions of this one would not show it)",
        ),
    ],
)
def test_what_would_settle_it(reason: Reason | None, options: dict, text: str) -> None:
    said = settle(reason, **({"targets": 1, "sessions": (1, 1), "margin": 0.02} | options))
    assert text in said
    assert bool(said) == (reason is not None)


def test_percentages_are_short() -> None:
    assert [percent(x) for x in (0.02, 0.025, 0.123, 11, math.inf)] == [
        "2 %",
        "2.5 %",
        "12 %",
        "more than 1000 %",
        "more than 1000 %",
    ]
