"""The specified rule, a rival of the present one, against STATISTICS §3 worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.stats import engine
from tests.stats.engine import STAYED
from tests.stats.specified import specified

DAYS = np.array([[0.0, 1.0, 2.0], [30.0, 31.0, 32.0]])


def cells(*targets: tuple[list[float], list[float]]) -> engine.Cells:
    """One replicate: of each target the sessions before and after, one repetition each."""
    x = np.array([[[before, after] for before, after in targets]])
    return engine.reduce(x[..., None], DAYS)


def test_one_target_is_w_and_tau() -> None:
    one = cells(([0.0, 0.01, 0.02], [0.10, 0.11, 0.12]))
    found = specified(one)
    w, tau = 2e-4 / 3, 0.02  # two tags of variance .0001 over three sessions; 30 days apart
    assert found.se[0] == pytest.approx(math.sqrt(w + tau**2))
    assert found.df[0] == pytest.approx((w + tau**2) ** 2 / (w**2 / 4 + tau**4 / 10))
    assert engine.estimates_of(one, STAYED).se[0] > found.se[0]  # sessions in a row say less than that


def test_two_targets_mix_their_scatter_with_it() -> None:
    both = cells(([0.0, 0.01, 0.02], [0.10, 0.11, 0.12]), ([1.0, 1.01, 1.02], [1.18, 1.19, 1.20]))
    a, b, q = 2e-4 / 3 + 0.02**2, 0.08**2 / 2, 0.75  # D of .10 and .18
    mix = q * a + (1 - q) * b
    assert specified(both).se[0] == pytest.approx(math.sqrt(mix / 2))
    assert engine.estimates_of(both, STAYED).se[0] == pytest.approx(math.sqrt(b / 2))  # never argued away
