"""Flags about the sessions of a tag: drift and outliers."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from flag_tables import frame, noise, of_kind, only
from scipy import stats

from bench.analyse.flags.between import _inversions, _tail
from bench.analyse.result import FlagKind

DRIFT, OUTLIER = FlagKind.DRIFT, FlagKind.OUTLIER


def drifting(logs: np.ndarray, a_day: float, tags: tuple[int, ...] = (0, 1)) -> np.ndarray:
    """Each session lower than the one before by `a_day`, as in tables whose tags are a day apart."""
    logs = logs.copy()
    sessions = logs.shape[2]
    for tag in tags:
        logs[:, tag] -= a_day * (np.arange(sessions) + tag * sessions)[:, None]
    return logs


@pytest.mark.parametrize("n", [2, 3, 5])
def test_the_chance_of_a_score_is_counted_over_all_orders(n: int) -> None:
    scores = [sum(np.sign(b - a) for i, b in enumerate(one) for a in one[:i]) for one in permutations(range(n))]
    for score in range(n * (n - 1) // 2 + 1):
        assert _tail(0, n, score) == pytest.approx(np.mean(np.abs(scores) >= score))
    assert _inversions(n).sum() == pytest.approx(1)


def test_the_chance_is_scipys_also_of_long_series() -> None:
    random = np.random.default_rng(1)
    for n in (8, 20, 60):
        x = random.standard_normal(n) + 0.02 * np.arange(n)
        found = stats.kendalltau(np.arange(n), x, method="exact" if n < 40 else "asymptotic")
        score = round(abs(found.statistic) * n * (n - 1) / 2)
        assert _tail(0, n, score) == pytest.approx(found.pvalue, rel=1e-6 if n < 40 else 0.1)


def test_both_tags_together_add_up() -> None:
    together = [
        abs(a + b)
        for a in (sum(np.sign(y - x) for i, y in enumerate(one) for x in one[:i]) for one in permutations(range(3)))
        for b in (sum(np.sign(y - x) for i, y in enumerate(one) for x in one[:i]) for one in permutations(range(4)))
    ]
    for score in (1, 5, 9):
        assert _tail(3, 4, score) == pytest.approx(np.mean(np.array(together) >= score))


def test_a_drift_is_said_with_its_slope() -> None:
    logs = drifting(noise(1, 1, 8, 3, sd=0.0005, session_sd=0.0005), 0.008, tags=(0,))
    (flag,) = of_kind(frame(logs), DRIFT)
    medians = np.median(logs[0, 0], axis=1)
    slope = stats.theilslopes(medians, np.arange(8)).slope
    assert f"{abs(np.expm1(slope)) * 100:.1f} %" == "0.8 %"
    assert (flag.sentence, flag.tag) == ("within 'before' it falls by 0.8 % a day (8 sessions)", "before")
    (flag,) = of_kind(frame(logs, better="lower", unit="s"), DRIFT)
    assert "it falls by 0.8 % a day" in flag.sentence


def test_five_sessions_in_each_tag_show_what_five_in_one_cannot() -> None:
    logs = noise(2, 1, 5, 3, sd=0.0005, session_sd=0.0005)
    (flag,) = of_kind(frame(drifting(logs, 0.01)), DRIFT)
    assert (flag.sentence, flag.tag) == ("within both tags it falls by 1 % a day (10 sessions)", "")
    assert not of_kind(frame(drifting(logs, 0.01, tags=(1,))), DRIFT)


def test_close_sessions_are_told_by_hours() -> None:
    samples = frame(drifting(noise(3, 1, 8, 3, sd=0.0005, session_sd=0.0005), 0.01, tags=(0,)))
    first = samples["started_at"].min()
    for hours, words in ((1, "it falls by 6.9 % in 7 h"), (0.25, "it falls by 6.9 % in 105 min")):
        close = samples.assign(started_at=first + (samples["started_at"] - first) * (hours / 24))
        (flag,) = of_kind(close, DRIFT)
        assert words in flag.sentence


def test_one_target_of_a_fleet_that_drifts_is_named() -> None:
    logs = noise(4, 5, 10, 3, sd=0.001, session_sd=0.002)
    logs[2] = drifting(logs[2:3], 0.01)[0]
    (flag,) = of_kind(frame(logs), DRIFT)
    assert flag.targets == ("vm-2",)
    assert "within both tags single targets drift: vm-2 −8." in flag.sentence


def test_targets_measured_together_are_one_series() -> None:
    """Three sessions in one order in all of a hundred targets are still three sessions."""
    logs = noise(5, 100, 3, 1, sd=0.0001, session_sd=0.0001)
    assert not of_kind(frame(drifting(logs, 0.01)), DRIFT)


def test_few_sessions_unknown_times_and_trifles_show_no_drift() -> None:
    quiet = noise(6, 1, 8, 3, sd=0.0002, session_sd=0.0002)
    assert not of_kind(frame(drifting(quiet, 0.01)[:, :, :4]), DRIFT)
    assert not of_kind(frame(drifting(quiet, 0.01)).assign(started_at=pd.NaT), DRIFT)
    assert not of_kind(frame(drifting(quiet, 0.001)), DRIFT)  # .7 % in a week: less than half of the margin


def test_an_outlier_is_said_with_its_target_and_tag() -> None:
    logs = noise(7, 3, 3, 3)
    logs[1, 1, 2] -= 0.25
    (flag,) = of_kind(frame(logs), OUTLIER)
    assert flag.sentence.startswith("1 session lies far off the level of its target in 'after': vm-1 −2")
    assert (flag.tag, flag.targets) == ("after", ("vm-1",))


def test_outliers_in_both_tags_are_counted_and_each_target_is_named_once() -> None:
    logs = noise(8, 4, 4, 2)
    logs[0, 0, 1] -= 0.25
    logs[0, 1, 3] += 0.35
    logs[3, 1, 0] -= 0.15
    (flag,) = of_kind(frame(logs), OUTLIER)
    assert flag.sentence.startswith("3 sessions lie far off their target's level: vm-0 +4")
    assert (flag.tag, flag.targets) == ("", ("vm-0", "vm-3"))


def test_ten_percent_and_five_deviations_are_both_needed() -> None:
    quiet = noise(9, 3, 3, 3)
    quiet[1, 1, 2] -= 0.09
    assert not of_kind(frame(quiet), OUTLIER)
    loud = noise(9, 3, 3, 3, session_sd=0.06)
    loud[1, 1, 2] = loud[1, 1].mean(axis=0) - 0.2
    assert not of_kind(frame(loud), OUTLIER)


def test_of_two_sessions_nobody_knows_which_is_the_odd_one() -> None:
    logs = noise(10, 6, 2, 3)
    logs[1, 1, 1] -= 0.3
    assert not of_kind(frame(logs), OUTLIER)


def test_an_outlier_removes_no_value() -> None:
    logs = noise(11, 3, 3, 3)
    logs[1, 1, 2] -= 0.25
    metric = only(frame(logs))
    d = np.median(logs, axis=3).mean(axis=2)
    assert metric.ratio == pytest.approx(np.exp((d[:, 1] - d[:, 0]).mean()))
