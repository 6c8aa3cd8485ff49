"""Sessions that repeat each other: the inflation of a variance, against the correlation matrix written out."""

from __future__ import annotations

import numpy as np
import pytest

from bench.analyse.autocorrelation import PER_DAY, SHARE, inflation

DAY = 86400.0


def factor(before: list[float], after: list[float]) -> float:
    """Of one unit of work with sessions at these days."""
    tag = np.array([0] * len(before) + [1] * len(after))
    return float(inflation(np.zeros(len(tag), dtype=np.int64), tag, np.array([*before, *after]) * DAY, 1)[0])


def by_matrix(before: list[float], after: list[float]) -> float:
    days = np.array([*before, *after])
    matrix = SHARE * PER_DAY ** np.abs(days[:, None] - days[None, :])
    np.fill_diagonal(matrix, 1.0)
    n, m = len(before), len(after)
    contrast = np.array([-1 / n] * n + [1 / m] * m)
    seen = 0.0
    for part in (matrix[:n, :n], matrix[n:, n:]):
        size = len(part)
        seen += (1 - (part.sum() - size) / (size * (size - 1))) / size
    return max(1.0, float(contrast @ matrix @ contrast) / seen)


@pytest.mark.parametrize(
    ("before", "after"),
    [([0, 1, 2], [9, 10, 11]), ([0, 1], [30, 31]), ([0, 0.01, 0.02], [30, 30.01]), ([0, 1, 2, 3, 4, 5, 6, 7], [9, 10])],
)
def test_it_is_the_variance_over_what_the_scatter_shows(before: list[float], after: list[float]) -> None:
    assert factor(before, after) == pytest.approx(by_matrix(before, after))
    assert factor(after, before) == pytest.approx(factor(before, after))


def test_sessions_far_from_each_other_need_none() -> None:
    assert factor([0, 30, 60], [90, 120, 150]) == pytest.approx(1.0, abs=1e-3)


def test_sessions_minutes_apart_count_little_a_month_later_and_fully_side_by_side() -> None:
    close = [0.0, 0.003, 0.006]
    assert factor(close, [30 + day for day in close]) == pytest.approx(8.0, rel=0.01)  # (1/3 + 2/3 · .7) / (.3/3)
    assert factor(close, [0.01 + day for day in close]) == pytest.approx(1.0, rel=0.02)


def test_without_times_sessions_are_a_day_apart_and_phases_far_apart() -> None:
    assert factor([np.nan, 1, 2], [3, 4, 5]) == pytest.approx(by_matrix([0, 1, 2], [400, 401, 402]))


def test_one_session_per_tag_has_nothing_to_inflate() -> None:
    assert factor([0], [30]) == 1.0
    assert factor([0, 1], []) >= 1.0
    assert inflation(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0), 2).tolist() == [1.0, 1.0]


def test_a_lone_session_borrows_the_scatter_of_the_other_tag() -> None:
    # Two sessions a day apart: r = .49, s² sees .51; the lone one is given the same variance.
    true = (1 + 0.49) / 2 + 1 - SHARE * (PER_DAY**29 + PER_DAY**30)
    assert factor([0, 1], [30]) == pytest.approx(true / (0.51 / 2 + 0.51))


def test_units_do_not_meet() -> None:
    unit, tag = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([0, 0, 1, 1] * 2)
    days = np.array([0, 1, 30, 31, 0, 40, 80, 120.0])
    both = inflation(unit, tag, days * DAY, 2)
    assert both.tolist() == pytest.approx([factor([0, 1], [30, 31]), factor([0, 40], [80, 120])])
