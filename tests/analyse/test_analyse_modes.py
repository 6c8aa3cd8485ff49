"""Hartigan's dip against its definition, and against samples with one mode and with two."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.stats import binomtest

from bench.analyse.flags.dip import LEAST, LEVEL, dip, has_modes


def by_definition(x: np.ndarray, below: np.ndarray, above: np.ndarray) -> float:
    """The smallest d for which some unimodal function is within d of the sample's, by linear programming.

    A function with its mode at x[m] is convex before and concave after it, never falls, and may jump at the mode.
    """
    n, best = len(x), 1.0
    for m in range(n):
        rows, bounds = [], []

        def at_most(bound: float, *terms: tuple[int, float], rows: list = rows, bounds: list = bounds) -> None:
            row = np.zeros(n + 2)  # values at x, the value just before the mode, d
            for place, factor in terms:
                row[place] += factor
            rows.append(row)
            bounds.append(bound)

        def left(i: int, m: int = m) -> int:
            return n if i == m else i

        for i in range(n):
            for place, value in ((left(i), below[i]), (i, above[i])):
                at_most(value, (place, 1), (n + 1, -1))
                at_most(-value, (place, -1), (n + 1, -1))
        at_most(0, (n, 1), (m, -1))
        slope = 1 / np.diff(x)
        for i in range(1, m):
            at_most(0, (i, slope[i - 1]), (i - 1, -slope[i - 1]), (left(i + 1), -slope[i]), (i, slope[i]))
        if m > 0:
            at_most(0, (0, 1), (left(1), -1))
        for i in range(m + 1, n - 1):
            at_most(0, (i + 1, slope[i]), (i, -slope[i]), (i, -slope[i - 1]), (i - 1, slope[i - 1]))
        if m < n - 1:
            at_most(0, (n - 2, 1), (n - 1, -1))
        goal = np.zeros(n + 2)
        goal[-1] = 1
        found = linprog(goal, A_ub=np.array(rows), b_ub=bounds, bounds=[(0, 1)] * (n + 2))
        if found.status == 0:
            best = min(best, found.fun)
    return best


def steps(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, count = np.unique(values, return_counts=True)
    above = np.cumsum(count) / len(values)
    return x, above - count / len(values), above


@pytest.mark.parametrize("seed", range(12))
def test_the_dip_is_what_it_is_defined_to_be(seed: int) -> None:
    random = np.random.default_rng(seed)
    smooth = random.standard_normal(int(random.integers(6, 15)))
    two = np.where(random.random(12) < 0.4, 0, 3) + random.standard_normal(12)
    ties = np.round(2 * random.standard_normal(14))
    for values in (smooth, two, ties):
        assert dip(*steps(values)) == pytest.approx(by_definition(*steps(values)), abs=1e-7)


def test_evenly_spaced_values_have_the_smallest_dip() -> None:
    assert dip(*steps(np.arange(10.0))) == pytest.approx(1 / 20)


def test_two_equal_heaps_have_the_largest_dip() -> None:
    heaps = np.concatenate([np.linspace(0, 1e-6, 50), np.linspace(1, 1 + 1e-6, 50)])
    assert dip(*steps(heaps)) == pytest.approx(0.25, abs=0.01)


def test_uniform_values_are_said_to_have_two_modes_as_seldom_as_promised() -> None:
    random = np.random.default_rng(3)
    for size, samples in ((20, 4000), (60, 2000), (400, 1000)):
        wrong = sum(has_modes(np.sort(random.random(size))) for _ in range(samples))
        assert binomtest(wrong, samples, LEVEL).pvalue > 0.001


def test_bell_shaped_values_never_are() -> None:
    random = np.random.default_rng(4)
    for draw in (random.standard_normal, lambda size: random.standard_t(3, size), random.standard_exponential):
        assert sum(has_modes(np.sort(draw(50))) for _ in range(500)) <= 2


def test_two_heaps_are_seen_and_one_is_not() -> None:
    random = np.random.default_rng(5)
    heap = random.standard_normal(2000)
    assert not has_modes(np.sort(heap))
    assert has_modes(np.sort(heap + 5 * (random.random(2000) < 0.3)))
    assert has_modes(np.sort(heap[:40] + 9 * (np.arange(40) % 2)))


def test_few_values_and_equal_values_have_no_modes() -> None:
    assert not has_modes(np.array([]))
    assert not has_modes(np.repeat([0.0, 1.0], (LEAST - 1) // 2))
    assert not has_modes(np.zeros(100))
