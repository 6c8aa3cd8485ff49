"""The moderated t of Smyth (2004): its prior is found again, and where it is true it keeps its promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from tests.stats import moderated


def test_trigamma_is_inverted() -> None:
    x = np.array([0.05, 0.5, 1.0, 4.0, 60.0])
    np.testing.assert_allclose(moderated.trigamma_inverse(special.polygamma(1, x)), x, rtol=1e-6)


@pytest.mark.parametrize("d0", [2.0, 6.0])
def test_the_prior_is_found_again(d0: float) -> None:
    random, metrics, df, s0 = np.random.default_rng(1), 200_000, 2.0, 4e-4
    true = d0 * s0 / random.chisquare(d0, metrics)
    seen = true * random.chisquare(df, metrics) / df
    found_d0, found_s0 = moderated.prior(seen[None], df)
    assert found_d0[0] == pytest.approx(d0, rel=0.05)
    assert found_s0[0] == pytest.approx(s0, rel=0.03)


def test_where_the_prior_is_true_it_keeps_five_percent() -> None:
    random, campaigns, metrics, df, d0 = np.random.default_rng(2), 4, 2000, 2.0, 4.0
    true = d0 * 1e-4 / random.chisquare(d0, (campaigns, metrics))
    seen = true * random.chisquare(df, true.shape) / df
    delta = np.sqrt(true / 3) * random.standard_normal(true.shape)
    variance, degrees = moderated.squeeze(seen, df)
    wrong = int((2 * stats.t.sf(np.abs(delta) / np.sqrt(variance / 3), degrees) < 0.05).sum())
    assert stats.binomtest(wrong, delta.size, 0.05).pvalue > 0.001


def test_equal_variances_are_pooled() -> None:
    variance, degrees = moderated.squeeze(np.full((1, 30), 2e-4), 2.0)
    np.testing.assert_allclose(variance, variance[0, 0])
    assert degrees[0, 0] == 60
