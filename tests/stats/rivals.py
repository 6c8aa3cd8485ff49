"""What would common practice say of the same values? A ratio, Mann-Whitney and a t-test, all on repetitions.

Each gets every repetition of a tag in one heap, over sessions and targets, as these tools do: they know neither. None
of them can say "no meaningful change". x: (replicates, targets, 2 tags, sessions, repetitions), ln(value).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rival = Callable[[Floats, Floats], Bools]

RATIO = 0.05
ALPHA = 0.05


def heaps(x: Floats) -> tuple[Floats, Floats]:
    """All values of each tag, one row per replicate."""
    values = np.exp(x - x.mean(axis=(1, 2, 3, 4), keepdims=True))
    return values[:, :, 0].reshape(len(x), -1), values[:, :, 1].reshape(len(x), -1)


def ratio(before: Floats, after: Floats) -> Bools:
    """The means differ by more than 5 %."""
    found: Bools = np.abs(np.log(after.mean(axis=1) / before.mean(axis=1))) > np.log1p(RATIO)
    return found


def mann_whitney(before: Floats, after: Floats) -> Bools:
    """Two-sided p below .05, as benchstat decides (exact for small samples without ties)."""
    found: Bools = stats.mannwhitneyu(before, after, axis=1).pvalue < ALPHA
    return found


def t_test(before: Floats, after: Floats) -> Bools:
    """Welch's two-sided p below .05; pyperf's test with unequal variances allowed. Equal constants do not differ."""
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # scipy warns of values that are nearly equal
        found: Bools = stats.ttest_ind(before, after, axis=1, equal_var=False).pvalue < ALPHA
    return found


RIVALS: dict[str, Rival] = {"Mann-Whitney": mann_whitney, "t-test": t_test, "ratio > 5 %": ratio}
