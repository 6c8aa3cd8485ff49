"""Holm and Benjamini-Hochberg as one α per family."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench.analyse.multiplicity import alphas, benjamini_hochberg, holm

P = st.lists(st.floats(0, 1), min_size=1, max_size=12).map(np.array)


@given(P)
def test_benjamini_hochberg_rejects_what_scipy_rejects(p: np.ndarray) -> None:
    adjusted = stats.false_discovery_control(p)
    clear = np.abs(adjusted - 0.05) > 1e-12
    assert ((p <= benjamini_hochberg(p, 0.05)) == (adjusted <= 0.05))[clear].all()


@given(P)
def test_holm_rejects_what_stepping_down_rejects(p: np.ndarray) -> None:
    expected = np.zeros(len(p), dtype=bool)
    for step, index in enumerate(np.argsort(p)):
        if p[index] > 0.05 / (len(p) - step):
            break
        expected[index] = True
    assert ((p <= holm(p, 0.05)) == expected).all() or len(set(p)) < len(p)


def test_families_are_apart_and_missing_p_values_do_not_count() -> None:
    p = np.array([0.04, np.nan, 0.04, 0.9, 0.9])
    found = alphas(p, np.array([True, True, False, False, False]))
    assert found[0] == 0.05  # the only primary metric with a p
    assert found[2] == 0.05 / 3
    assert found[1] == 0.05
