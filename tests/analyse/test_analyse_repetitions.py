"""The order of repetitions within a session, and what is read off it."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from sample_tables import AFTER, BEFORE, table
from scipy.stats import kendalltau

from bench.analyse.flags.repetitions import MOST, Repetitions, courses_of, gini, repetitions_of
from bench.analyse.table import rows_of


def ordered(samples: pd.DataFrame) -> Repetitions:
    found = rows_of(samples, BEFORE, AFTER)
    return repetitions_of(found.value, found)


def test_values_come_by_the_number_of_their_repetition_whatever_the_order_of_rows() -> None:
    samples = table({"a": ([[1, 2, 3], [4, 5]], [[6, 7]]), "b": ([[8]], [[9, 10]])})
    for frame in (samples, samples.sample(frac=1, random_state=1), samples.iloc[::-1]):
        found = ordered(frame)
        assert found.x.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
        assert found.start.tolist() == [0, 3, 5, 7, 8]
        assert found.count.tolist() == [3, 2, 2, 1, 2]
        assert found.tag.tolist() == [0, 0, 1, 0, 1]
        assert found.ordered.all()


def test_where_numbers_do_not_tell_times_do() -> None:
    samples = table({"a": ([[3, 1, 2]], [[5, 4]])})
    seconds = {3: 20, 1: 0, 2: 10, 5: 1, 4: 0}
    for repetition in (1, math.nan):
        timed = samples.assign(
            repetition=repetition,
            started_at=samples["started_at"] + pd.to_timedelta(samples["value"].map(seconds), unit="s"),
        )
        found = ordered(timed)
        assert found.x.tolist() == [1, 2, 3, 4, 5]
        assert found.ordered.all()


def test_without_either_the_order_is_unknown_and_only_there() -> None:
    samples = table({"a": ([[1, 2], [3, 4]], [[5, 6]])})
    samples.loc[samples["value"] <= 2, "repetition"] = 1
    assert ordered(samples).ordered.tolist() == [False, True, True]
    assert ordered(samples.assign(started_at=pd.NaT)).ordered.tolist() == [False, True, True]
    bare = samples.drop(columns=["repetition", "started_at"])
    assert not ordered(bare).ordered.any()
    found = courses_of(ordered(bare))
    assert np.isnan(found.lead).all()
    assert not found.trend_var.any()


def test_numbers_of_any_size_are_numbers() -> None:
    samples = table({"a": ([[1, 2, 3]], [[4, 5, 6]])})
    samples["repetition"] = samples["repetition"] * 10**15
    assert ordered(samples).x.tolist() == [1, 2, 3, 4, 5, 6]


def courses(*sessions: list[float]):
    x = np.concatenate([np.array(one, dtype=float) for one in sessions])
    count = np.array([len(one) for one in sessions])
    zeros = np.zeros(len(count), dtype=np.int64)
    return courses_of(Repetitions(x, np.cumsum(count) - count, count, zeros, zeros, zeros, np.ones(len(count), bool)))


def test_a_course_is_worked_out_by_hand() -> None:
    found = courses([1.0, 4.0, 2.0, 3.0], [5.0, 5.0], [7.0])
    assert found.mean.tolist() == [2.5, 5.0, 7.0]
    assert found.first.tolist()[:2] == [-3.0, 0.0]  # 1 is less than each of the three others
    assert found.first_var.tolist()[:2] == [5.0, 1.0]  # (4² − 1)/3, (2² − 1)/3
    assert found.lead.tolist()[:2] == [1.0 - 3.0, 0.0]
    assert found.trend.tolist()[:2] == [2.0, 0.0]  # 1<4 1<2 1<3 2<3 less 4>2 4>3
    assert found.rise.tolist()[:2] == [2.0, 0.0]
    assert found.apart[0] == pytest.approx((3 + 1 + 2 + 2 + 1 + 1) / 6)
    assert np.isnan(found.apart[2])


def test_the_variances_are_those_of_all_orders() -> None:
    values = [3.0, 1.0, 4.0, 1.5]
    found = courses(*(list(one) for one in permutations(values)))
    for score, variance in ((found.first, found.first_var), (found.trend, found.trend_var)):
        assert score.mean() == pytest.approx(0)
        assert (score**2).mean() == pytest.approx(variance[0])


def test_trends_are_kendalls() -> None:
    random = np.random.default_rng(1)
    for size in (3, 7, 20):
        x = random.standard_normal(size)
        pairs = size * (size - 1) / 2
        assert courses(list(x)).trend[0] == pytest.approx(kendalltau(np.arange(size), x).statistic * pairs)


def test_of_very_many_repetitions_some_are_compared() -> None:
    size = 10 * MOST
    found = courses(list(np.arange(float(size))))
    assert found.trend[0] == MOST * (MOST - 1) / 2
    assert found.trend_var[0] == pytest.approx(MOST * (MOST - 1) * (2 * MOST + 5) / 18)
    assert found.rise[0] == size - 1


def test_ginis_difference_is_the_mean_over_all_pairs_and_has_no_bias() -> None:
    random = np.random.default_rng(2)
    x = random.standard_normal((3, 6))
    pairs = [[abs(a - b) for i, a in enumerate(row) for b in row[:i]] for row in x]
    assert gini(x) == pytest.approx([sum(one) / 15 for one in pairs])
    small, large = gini(random.standard_normal((20000, 2))).mean(), gini(random.standard_normal((20000, 9))).mean()
    assert small == pytest.approx(2 / math.sqrt(math.pi), rel=0.02)
    assert large == pytest.approx(2 / math.sqrt(math.pi), rel=0.02)
