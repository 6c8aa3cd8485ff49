"""How strict each of many metrics must be, so that a report of many does not cry wolf (STATISTICS §7).

Given are the p-values of all metrics; the answer is an α per metric at which both its interval and its verdict are
built, so what is printed and what is decided cannot disagree.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.analyse.transform import Floats


def alphas(p: Floats, primary: NDArray[np.bool_], alpha: float = 0.05) -> Floats:
    """α of each metric: Holm among the primary ones, Benjamini-Hochberg among the others. NaN p-values do not count."""
    strict = np.full(p.shape, alpha)
    for family, correct in ((primary & ~np.isnan(p), holm), (~primary & ~np.isnan(p), benjamini_hochberg)):
        if family.any():
            strict[family] = correct(p[family], alpha)
    return strict


def holm(p: Floats, alpha: float) -> float:
    """The α at which exactly the metrics that Holm (1979) rejects have p ≤ α: α/(m − r + 1) after r rejections."""
    ordered = np.sort(p)
    m = len(ordered)
    passes = ordered <= alpha / (m - np.arange(m))
    rejected = m if passes.all() else int(np.argmin(passes))
    return alpha / (m - max(rejected, 1) + 1)


def benjamini_hochberg(p: Floats, alpha: float) -> float:
    """The α at which exactly the metrics that Benjamini & Hochberg (1995) reject have p ≤ α: R·α/m.

    Intervals at 1 − R·α/m are those whose false coverage rate is bounded (Benjamini & Yekutieli 2005).
    """
    ordered = np.sort(p)
    m = len(ordered)
    passes = np.flatnonzero(ordered <= alpha * np.arange(1, m + 1) / m)
    rejected = int(passes[-1]) + 1 if len(passes) else 0
    return alpha * max(rejected, 1) / m
