"""Phases that were toggled: which runs form rounds, the estimate worked out by hand, and what drift does to it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from bench.analyse.compare import compare
from bench.analyse.result import Basis, Comparison, Verdict
from bench.analyse.rounds import pair_runs
from tests.analyse.sample_tables import AFTER, BEFORE, rows

DAY = 86400.0


def paired(order: str, times: list[float] | None = None) -> tuple[list[int], list[int]]:
    """Rounds of runs that were made in this order: "ABBA"."""
    count = len(order)
    tag = np.array([letter == "B" for letter in order], dtype=np.int64)
    number, alone = pair_runs(np.arange(count), tag, np.array(times or range(count), dtype=np.float64))
    return number.tolist(), alone.tolist()


@pytest.mark.parametrize(
    ("order", "rounds", "alone"),
    [
        ("ABBA", [0, 0, 1, 1], []),
        ("ABAB", [0, 0, 1, 1], []),
        ("BAABB", [0, 0, 1, 1, -1], [4]),
        ("AABB", [-1] * 4, []),
        ("AB", [-1] * 2, []),
        ("ABBAAA", [-1] * 6, []),
        ("", [], []),
    ],
)
def test_only_alternating_runs_are_rounds(order: str, rounds: list[int], alone: list[int]) -> None:
    assert paired(order) == (rounds, alone)


def test_without_all_times_or_with_equal_ones_there_are_no_rounds() -> None:
    assert paired("ABBA", [0, 1, math.nan, 3])[0] == [-1] * 4
    assert paired("ABBA", [0, 1, 1, 3])[0] == [-1] * 4


def toggle(targets: dict[str, list[float]], order: str = "ABBA", drift: float = 0.0) -> pd.DataFrame:
    """One value per session (log scale) in the order of measuring; `drift` is added per session."""
    made = []
    for name, values in targets.items():
        for place, (letter, value) in enumerate(zip(order, values, strict=True)):
            tag = AFTER if letter == "B" else BEFORE
            made += rows(name, tag, [[value + drift * place]], logs=True, day=place / 24, run=f"run-{place}")
    return pd.DataFrame(made)


def test_rounds_can_be_left_aside() -> None:
    frame = toggle({"a": [1.0, 1.11, 1.12, 1.0]}, drift=0.05)
    assert compare(frame, BEFORE, AFTER).metrics[0].rests_on is Basis.ROUNDS
    plain = compare(frame, BEFORE, AFTER, rounds=False).metrics[0]
    assert plain.rests_on is Basis.SESSIONS
    assert plain.ratio == pytest.approx(math.exp((1.11 + 1.12 + 0.15 - 2.0 - 0.15) / 2))


def compared(frame: pd.DataFrame) -> Comparison:
    return compare(frame, BEFORE, AFTER)


def test_one_target_rests_on_the_differences_within_its_rounds() -> None:
    only = compared(toggle({"a": [0.00, 0.05, 0.08, 0.01]})).metrics[0]
    # Rounds: .05 − .00 = .05 and .08 − .01 = .07: mean .06, variance .0002, of the mean .0001, ν = 1; no τ.
    assert only.ratio == pytest.approx(math.exp(0.06))
    assert (only.se, only.df) == pytest.approx((0.01, 1))
    assert only.rests_on is Basis.ROUNDS


def test_two_targets_share_the_variance_of_their_rounds() -> None:
    only = compared(toggle({"a": [0.00, 0.05, 0.08, 0.01], "b": [1.00, 1.06, 1.07, 1.03]})).metrics[0]
    # b: .06 and .04: variance .0002 too. Mean of .06 and .05; √(.0001/2); ν = 2.
    assert only.ratio == pytest.approx(math.exp(0.055))
    assert (only.se, only.df) == pytest.approx((math.sqrt(1e-4 / 2), 2))


def test_five_targets_are_the_sample_all_the_same() -> None:
    effects = [0.01, 0.02, 0.03, 0.04, 0.05]
    frame = toggle({f"t{i}": [0.0, d, d, 0.0] for i, d in enumerate(effects)})
    only = compared(frame).metrics[0]
    assert only.rests_on is Basis.TARGETS
    assert only.df == 4
    assert only.ratio == pytest.approx(math.exp(0.03))


def test_a_steady_drift_is_in_neither_phase() -> None:
    steady = toggle({"a": [0.0, 0.05, 0.0501, 0.0001] * 2}, "ABBA" * 2, drift=0.01)
    only = compared(steady).metrics[0]
    assert only.ratio == pytest.approx(math.exp(0.05))  # + and − a drift step cancel over A B, B A
    assert compared(toggle({"a": [0.0, 0.05, 0.0501, 0.0001] * 3}, "ABBA" * 3)).metrics[0].verdict is Verdict.IMPROVED


def test_it_is_said_and_a_session_without_partner_is_counted() -> None:
    result = compared(toggle({"a": [0.00, 0.05, 0.08, 0.01, 9.0]}, "ABBAA"))
    assert any("alternately, in 2 rounds" in one for one in result.warnings)
    assert not any("6 h apart" in one for one in result.warnings)
    assert [(one.count, "round" in one.cause) for one in result.excluded] == [(1, True)]
    assert result.metrics[0].ratio == pytest.approx(math.exp(0.06))
    assert result.metrics[0].before == pytest.approx(math.exp(0.005))


def test_a_target_that_missed_a_session_keeps_its_whole_rounds() -> None:
    frame = toggle({"a": [0.00, 0.05, 0.08, 0.01, 0.02, 0.09]}, "ABBAAB")
    missed = frame[frame["run"] != "run-1"]
    only = compared(pd.concat([missed, toggle({"b": [0.00, 0.05, 0.08, 0.01, 0.02, 0.09]}, "ABBAAB")])).metrics[0]
    by_target = {one.target: one for one in only.targets}
    assert by_target["a"].ratio == pytest.approx(math.exp(0.07))
    assert by_target["b"].ratio == pytest.approx(math.exp((0.05 + 0.07 + 0.07) / 3))
    assert only.df == pytest.approx(1 + 2)
