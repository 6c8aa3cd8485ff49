"""Events that can be 0: rates, exact tests, and bursts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sample_tables import AFTER, BEFORE, table
from scipy import stats

from bench.analyse.compare import compare
from bench.analyse.result import Reason, Verdict


def counted(before: list[list[float]], after: list[list[float]], **columns: object) -> pd.DataFrame:
    return table({"a": (before, after)}, scale="count", better="lower", unit="segments", kind="network", **columns)


def metric(samples: pd.DataFrame):
    (result,) = compare(samples, BEFORE, AFTER).metrics
    return result


def test_few_independent_events_use_the_poisson_means_test() -> None:
    result = metric(counted([[3, 2], [2, 3]], [[9, 11], [10, 10]]))
    assert (result.before, result.after) == (2.5, 10.0)
    assert result.ratio == pytest.approx(4)
    assert result.p == pytest.approx(stats.poisson_means_test(40, 4, 10, 4).pvalue)
    low, high = stats.binomtest(40, 50).proportion_ci(0.95)
    assert result.interval.low == pytest.approx(low / (1 - low))
    assert result.interval.high == pytest.approx(high / (1 - high))
    assert result.verdict is Verdict.REGRESSED  # fewer retransmits are better


def test_bursts_are_not_mistaken_for_change() -> None:
    quiet = metric(counted([[100], [110], [90]], [[160], [150], [155]]))
    bursty = metric(counted([[10], [280], [10]], [[400], [15], [50]]))
    assert quiet.ratio == pytest.approx(bursty.ratio)
    assert quiet.verdict is Verdict.REGRESSED
    assert (bursty.verdict, bursty.reason) == (Verdict.INCONCLUSIVE, Reason.UNDERPOWERED)
    assert bursty.interval.high > 5 * quiet.interval.high


def test_from_none_to_many_is_a_change_without_a_ratio() -> None:
    result = metric(counted([[0], [0], [0]], [[30], [31], [29]]))
    assert (result.ratio, result.interval, result.verdict) == (None, None, Verdict.REGRESSED)
    assert (result.before, result.after) == (0.0, 30.0)
    back = metric(counted([[30], [31], [29]], [[0], [0], [0]]))
    assert (back.ratio, back.verdict) == (0.0, Verdict.IMPROVED)


def test_no_events_at_all_decide_nothing() -> None:
    result = metric(counted([[0], [0]], [[0], [0]]))
    assert (result.ratio, result.verdict, result.reason) == (None, Verdict.INCONCLUSIVE, Reason.UNDERPOWERED)


def test_one_session_of_one_target_is_unreplicated() -> None:
    result = metric(counted([[5, 6, 7]], [[50, 60, 70]]))
    assert result.reason is Reason.UNREPLICATED
    assert result.ratio == pytest.approx(10)


def test_many_events_that_stay_alike_are_no_meaningful_change() -> None:
    assert metric(counted([[100_000], [100_100]], [[100_050], [100_020]])).verdict is Verdict.NO_CHANGE


def test_false_changes_of_unchanged_bursty_counts_stay_near_five_percent() -> None:
    random = np.random.default_rng(7)
    found = 0
    for _ in range(200):
        rate = random.gamma(2.0, 50.0, size=(2, 3))  # negative binomial: variance far above the mean
        draws = random.poisson(rate).astype(float)
        verdict = metric(counted([[one] for one in draws[0]], [[one] for one in draws[1]])).verdict
        found += verdict in (Verdict.IMPROVED, Verdict.REGRESSED)
    assert found <= 20  # 5 % of 200 is 10; a binomial of that exceeds 20 once in a thousand
