"""Comparisons worked out by hand, step by step, for one, two, three and five targets (STATISTICS §3)."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from sample_tables import AFTER, BEFORE, rows, table
from scipy import stats

from bench.analyse.compare import compare
from bench.analyse.result import MetricResult, Reason, Verdict


def only(samples: pd.DataFrame, **options: object) -> MetricResult:
    comparison = compare(samples, BEFORE, AFTER, **options)
    assert len(comparison.metrics) == 1
    return comparison.metrics[0]


def check(result: MetricResult, delta: float, se: float, df: float) -> None:
    half = stats.t.ppf(0.975, df) * se
    assert result.se == pytest.approx(se)
    assert result.df == pytest.approx(df)
    assert result.ratio == pytest.approx(math.exp(delta))
    assert result.interval is not None
    assert result.interval.low == pytest.approx(math.exp(delta - half))
    assert result.interval.high == pytest.approx(math.exp(delta + half))
    assert result.p == pytest.approx(2 * stats.t.sf(abs(delta) / se, df))


def test_five_targets_are_the_sample() -> None:
    ratios = [1.04, 1.05, 1.06, 1.05, 1.05]
    result = only(table({f"t{i}": ([[100]], [[100 * ratio]]) for i, ratio in enumerate(ratios)}))
    d = [math.log(ratio) for ratio in ratios]
    mean = sum(d) / 5
    variance = sum((one - mean) ** 2 for one in d) / 4
    check(result, mean, math.sqrt(variance / 5), 4)
    assert result.p == pytest.approx(stats.ttest_1samp(d, 0).pvalue)
    assert result.verdict is Verdict.IMPROVED
    assert result.clear  # 104.1 % … 105.9 % lies beyond the margin of 2 %
    assert result.reason is None
    assert result.settle == ""
    assert [one.reason for one in result.targets] == [Reason.UNREPLICATED] * 5


def test_equal_targets_keep_the_variance_floor() -> None:
    result = only(table({f"t{i}": ([[100]], [[100]]) for i in range(6)}))
    check(result, 0.0, math.sqrt(1e-8 / 6), 5)
    assert result.verdict is Verdict.NO_CHANGE


def test_three_targets_of_unknown_hosts_are_the_sample() -> None:
    samples = table(
        {
            "a": ([[0.00], [0.02]], [[0.05], [0.05]]),  # D = .05 − .01 = .04
            "b": ([[1.00], [1.02]], [[1.07], [1.07]]),  # D = 1.07 − 1.01 = .06
            "c": ([[2.00], [2.00]], [[2.08], [2.08]]),  # D = .08
        },
        logs=True,
    )
    check(only(samples), 0.06, 0.02 / math.sqrt(3), 2)  # SD of .04, .06, .08 is .02


def test_three_targets_that_stayed_use_their_sessions() -> None:
    samples = table(
        {
            "a": ([[0.00], [0.02]], [[0.05], [0.07]]),  # D = .05
            "b": ([[1.00], [1.02]], [[1.06], [1.08]]),  # D = .06
            "c": ([[2.00], [2.02]], [[2.07], [2.09]]),  # D = .07
        },
        logs=True,
    )
    # 1. two sessions .02 apart: their variance is .0002, that of their mean .0001, ν = 1
    s2 = 1e-4
    w = s2 + s2
    df_w = w**2 / (2 * s2**2 / (3 * 1))
    # 2. the phases start at the same time: τ = .5 %
    a = w + 0.005**2
    df_a = a**2 / (w**2 / df_w + 0.005**4 / 10)
    # 3. D of .05, .06, .07: B = .0001; q = 3/(3 + 2)
    b, q = 1e-4, 0.6
    mix = q * a + (1 - q) * b
    assert mix == pytest.approx(0.6 * 2.25e-4 + 0.4 * 1e-4)
    df = mix**2 / ((q * a) ** 2 / df_a + ((1 - q) * b) ** 2 / 2)
    # mix = .000175 < w = .0002: then w and its degrees
    assert mix < w
    assert df != df_w
    result = only(samples, host_moved={"a": False, "b": False, "c": False})
    check(result, 0.06, math.sqrt(w / 3), df_w)
    assert df_w == pytest.approx(6)


def test_a_host_that_moved_keeps_three_targets_to_the_t_test() -> None:
    samples = table(
        {name: ([[0.0], [0.02]], [[d], [d + 0.02]]) for name, d in zip("abc", (0.05, 0.06, 0.07), strict=True)},
        logs=True,
    )
    check(only(samples, host_moved={"a": False, "b": False}), 0.06, 0.01 / math.sqrt(3), 2)


def test_two_targets_mix_sessions_and_targets() -> None:
    samples = table(
        {
            "a": ([[0.00], [0.01]], [[0.05], [0.06]]),  # D = .05
            "b": ([[1.00], [1.01]], [[1.11], [1.12]]),  # D = .11
        },
        logs=True,
    )
    s2 = 0.01**2 / 2 / 2  # variance of two values .01 apart, over two sessions
    w = 2 * s2
    df_w = w**2 / (2 * s2**2 / 2)
    a = w + 0.005**2
    df_a = a**2 / (w**2 / df_w + 0.005**4 / 10)
    b, q = 0.06**2 / 2, 0.75
    mix = q * a + 0.25 * b
    assert mix > w
    df = mix**2 / ((q * a) ** 2 / df_a + (0.25 * b) ** 2 / 1)
    assert mix < b  # the targets differ more than the sessions explain: their own scatter it is
    check(only(samples), 0.08, math.sqrt(b / 2), df)


def test_one_target_rests_on_its_sessions() -> None:
    samples = table({"a": ([[0.0], [0.01], [0.02]], [[0.10], [0.11], [0.12]])}, logs=True)
    s2 = 1e-4 / 3
    w = 2 * s2
    a = w + 0.005**2
    df = a**2 / (w**2 / 4 + 0.005**4 / 10)  # df_w = (2 s²)² / (2 s⁴/2) = 4
    result = only(samples)
    check(result, 0.10, math.sqrt(a), df)
    assert result.verdict is Verdict.IMPROVED
    assert result.targets[0].ratio == pytest.approx(math.exp(0.10))
    assert result.targets[0].interval == result.interval


@pytest.mark.parametrize(("days", "tau"), [(2, 0.005), (3, 0.01), (14, 0.01), (15, 0.02), (60, 0.02), (61, 0.04)])
def test_the_further_apart_the_phases_the_larger_the_unseen_shift(days: int, tau: float) -> None:
    before = rows("a", BEFORE, [[0.0], [0.01], [0.02]], logs=True)
    after = rows("a", AFTER, [[0.10], [0.11], [0.12]], logs=True, day=days)
    # Sessions a day apart correlate by .7 · .7, those two days apart by .343: on average by r = .441, and what s² sees
    # is 1 − r of their variance; the mean of three has a variance of (1 + 2 r)/3.
    r = (2 * 0.49 + 0.343) / 3
    across = sum(0.7 * 0.7 ** (days + j - i) for i in range(3) for j in range(3)) / 9
    inflation = 2 * ((1 + 2 * r) / 3 - across) / (2 * (1 - r) / 3)
    assert inflation > 1
    assert only(pd.DataFrame(before + after)).se == pytest.approx(math.sqrt(2e-4 / 3 * inflation + tau**2))


def test_five_sessions_are_trimmed() -> None:
    logs = [0.0, 0.01, 0.02, 0.03, 9.0]  # one session went wild: trimmed mean of the middle three
    samples = table({"a": ([[x] for x in logs], [[x + 0.5] for x in logs])}, logs=True)
    winsorized = [0.01, 0.01, 0.02, 0.03, 0.03]
    squares = sum((x - 0.02) ** 2 for x in winsorized)
    var = squares / (3 * 2)  # Yuen: h = 3, ν = 2
    w = 2 * var
    a = w + 0.005**2
    df = a**2 / (w**2 / 4 + 0.005**4 / 10)  # df_w = (2 var)² / (2 var²/2)
    result = only(samples)
    check(result, 0.5, math.sqrt(a), df)
    assert result.before == pytest.approx(math.exp(0.02))


def test_repetitions_end_in_their_median() -> None:
    one = only(table({"a": ([[1, 2, 900], [2]], [[4, 4, 1], [4]])}))
    assert one.ratio == pytest.approx(2)
    assert one.targets[0].values == (4, 4)
    assert one.targets[0].sessions == (2, 2)


def test_the_story_of_five_machines() -> None:
    pairs = [(742, 799), (785, 820), (1770, 1676), (1015, 1890), (2877, 2914)]
    result = only(table({f"vm-{i}": ([[b]], [[a]]) for i, (b, a) in enumerate(pairs)}))
    assert [f"{one.ratio:.0%}" for one in result.targets] == ["108%", "104%", "95%", "186%", "101%"]
    assert {(one.verdict, one.reason) for one in result.targets} == {(Verdict.INCONCLUSIVE, Reason.UNREPLICATED)}
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.UNDERPOWERED)
    d = [math.log(a / b) for b, a in pairs]
    mean = sum(d) / 5
    check(result, mean, math.sqrt(sum((one - mean) ** 2 for one in d) / 4 / 5), 4)
    assert "more targets" in result.settle
    assert "detectable now: 58 %" in result.settle
