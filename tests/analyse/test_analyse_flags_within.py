"""Flags about the repetitions of a session: warm-up and throttling."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from flag_tables import frame, noise, observed, of_kind, only
from sample_tables import table
from scipy import stats

from bench.analyse.flags.oddities import ALPHA
from bench.analyse.flags.within import MIN_SESSIONS, _Test
from bench.analyse.result import FlagKind

WARM_UP, THROTTLING = FlagKind.WARM_UP, FlagKind.THROTTLING


def cold(logs: np.ndarray, by: float) -> np.ndarray:
    logs = logs.copy()
    logs[..., 0] -= by
    return logs


def slowing(logs: np.ndarray, by: float) -> np.ndarray:
    return logs - by * np.arange(logs.shape[-1])


def test_a_cold_first_repetition_is_said_with_its_size() -> None:
    (flag,) = of_kind(frame(cold(noise(1, 2, 3, 3, sd=0.001), 0.03)), WARM_UP)
    assert flag.sentence == "the first repetition of a session is 2.9 % lower than the others (12 sessions)"
    assert (flag.tag, flag.targets) == ("", ())


def test_directions_are_those_of_the_values_not_of_what_is_better() -> None:
    logs = noise(1, 2, 3, 3, sd=0.001)
    (flag,) = of_kind(frame(cold(logs, -0.03), better="lower", unit="s"), WARM_UP)
    assert "3.1 % higher than the others" in flag.sentence
    (flag,) = of_kind(frame(slowing(logs, -0.02), better="lower", unit="s"), THROTTLING)
    assert flag.sentence.startswith(
        "it rises by 4.1 % from the first to the last repetition of a session (12 sessions)"
    )


def test_one_target_that_starts_cold_is_named() -> None:
    logs = noise(2, 6, 5, 5)
    logs[4] = cold(logs[4], 0.06)
    (flag,) = of_kind(frame(logs), WARM_UP)
    assert flag.targets == ("vm-4",)
    assert "differs from the others: vm-4 −5.7 %" in flag.sentence


def test_throttling_is_a_decline_and_its_first_repetition_is_not_said_again() -> None:
    metric = only(frame(slowing(noise(3, 3, 3, 4), 0.02)))
    (flag,) = metric.flags
    assert flag.kind is THROTTLING
    assert "it falls by 5." in flag.sentence
    assert not of_kind(frame(slowing(noise(3, 3, 3, 4), -0.02)), THROTTLING)  # who gets faster is not throttled


def test_one_throttled_target_is_named() -> None:
    logs = noise(4, 6, 3, 5)
    logs[1] = slowing(logs[1], 0.02)
    (flag,) = only(frame(logs)).flags
    assert (flag.kind, flag.targets) == (THROTTLING, ("vm-1",))


def test_of_many_targets_a_few_are_named_and_the_others_counted() -> None:
    logs = noise(5, 40, 4, 6)
    logs[:7] = slowing(logs[:7], 0.03)
    logs[20:] = slowing(logs[20:], -0.001)  # the fleet as a whole is quiet
    (flag,) = of_kind(frame(logs), THROTTLING)
    assert len(flag.targets) == 7
    assert flag.sentence.count("vm-") == 3
    assert flag.sentence.endswith(" and 4 more targets")


def test_what_cannot_matter_is_not_said() -> None:
    logs = cold(noise(6, 20, 3, 3, sd=0.0005), 0.008)  # significant, and less than half of the margin of 2 %
    assert not of_kind(frame(logs), WARM_UP)
    assert of_kind(frame(logs, margin=0.01), WARM_UP)


@pytest.mark.parametrize(
    "samples",
    [
        frame(cold(noise(7, 2, 3, 1), 0.1)),  # one repetition
        frame(cold(noise(7, 1, 1, 9), 0.1)),  # one session
        frame(cold(noise(7, 1, 2, 3), 0.1)),  # four sessions
        table({"a": ([[1.0]], [[1.0]])}),
    ],
    ids=["one repetition", "one session", "four sessions", "one value"],
)
def test_too_little_is_silent(samples: pd.DataFrame) -> None:
    assert only(samples).flags == ()


def test_without_an_order_nothing_is_said() -> None:
    samples = frame(cold(noise(8, 4, 3, 3), 0.05))
    assert of_kind(samples, WARM_UP)
    assert not of_kind(samples.drop(columns=["repetition"]).assign(started_at=pd.NaT), WARM_UP)


def test_counts_have_no_flags() -> None:
    samples = frame(cold(noise(9, 4, 3, 3), 0.5), scale="count")
    assert only(samples).flags == ()


def test_controls_and_targets_set_aside_are_not_spoken_of() -> None:
    logs = noise(10, 4, 5, 5)
    logs[3] = cold(logs[3], 0.1)
    assert of_kind(frame(logs), WARM_UP)
    assert only(frame(logs), controls=["vm-3"]).flags == ()


def test_the_trend_is_the_seasonal_test_of_kendalls_scores() -> None:
    logs = noise(11, 2, 3, 4)
    seen = observed(frame(logs))
    test = _Test(seen, -seen.courses.trend, seen.courses.trend_var, seen.courses.rise, sides=1, least=3)
    sessions = logs.reshape(-1, 4)
    scores = [-6 * stats.kendalltau(range(4), one).statistic for one in sessions]
    by_run = np.array(scores).reshape(2, 6)  # targets; runs of both tags
    mean, n = np.mean(scores), len(scores)
    variance = max(
        n * 4 * 3 * 13 / 18,  # of exchangeable values: r(r − 1)(2r + 5)/18 a session
        n * np.var(scores, ddof=1),
        ((by_run.sum(axis=0) - 2 * mean) ** 2).sum() * 6 / 5,
    )
    assert test._z(test._key, 1, test._run)[0] == pytest.approx(sum(scores) / math.sqrt(variance))


def test_targets_disturbed_together_are_not_so_many_replicates() -> None:
    random = np.random.default_rng(12)
    wrong = 0
    for _ in range(60):  # in every run the fleet's first repetition is off by chance, the same for all
        logs = 0.001 * random.standard_normal((30, 2, 3, 3))
        logs[..., 0] += 0.03 * random.standard_normal((1, 2, 3))
        wrong += bool(of_kind(frame(logs), WARM_UP))
    assert wrong <= 3


def test_skewed_values_are_no_warm_up() -> None:
    """First less the median of the rest is not symmetric here, so the test of signed ranks errs; ranks do not."""
    random = np.random.default_rng(13)
    x = -np.exp(0.8 * random.standard_normal((300, 200, 3)))
    first = np.array([stats.wilcoxon(one[:, 0] - np.median(one[:, 1:], axis=1)).pvalue for one in x])
    score = np.sign(x[..., :1] - x[..., 1:]).sum(axis=(1, 2)) / math.sqrt(200 * 8 / 3)
    assert stats.binomtest(int((first < 0.05).sum()), 300, 0.05).pvalue < 1e-6
    assert stats.binomtest(int((2 * stats.norm.sf(abs(score)) < 0.05).sum()), 300, 0.05).pvalue > 0.001
    assert MIN_SESSIONS >= 6
    assert ALPHA <= 0.001
