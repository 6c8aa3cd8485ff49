"""Do values fall into two groups? What is now in one state, now in another, has no single level to compare."""

from __future__ import annotations

import numpy as np

from bench.analyse.flags import dip
from bench.analyse.flags.deviations import sums
from bench.analyse.flags.oddities import MATERIAL, Found, Observed, ratio
from bench.analyse.result import Flag, FlagKind
from bench.analyse.settle import percent
from bench.analyse.transform import Floats, Ints
from bench.words import counted, say

LEAST = 3
"""Repetitions of a session, or sessions of a target, to be looked at: two lie evenly about their mean in any case."""

ALIKE = 2.0
"""What scatters at most so many times as its parts explain (variances of sessions, of runs) is taken for alike."""

COARSE = 1e-3
"""A resolution of the values finer than this share of them leaves no gaps that look like modes."""


def two_modes(observed: Observed, explained: frozenset[int] = frozenset()) -> Found:
    """Values that come in two heaps, by Hartigan's dip (`bench.analyse.flags.dip`).

    Looked at are single values and session medians, less the mean of their target and tag. Values of one session, or
    medians of one run, stand together, and so look like a mode, also when nothing is bimodal. Where sessions (or runs)
    are not alike, values are taken from the mean of their session instead (medians: from what their run has in
    common), which shows less. What is read off a coarse scale (2 µs, 3 µs) is spread over its steps first. Groups
    closer than half the margin are not worth a word.

    explained: metrics whose single values differ by their place in the session, which is said already.
    """
    found: Found = []
    looks = (("values", "value", *_values(observed)), ("sessions", "session", *_sessions(observed)))
    for key in range(observed.keys):
        for nouns, noun, residuals, x, bounds in looks[1 if key in explained else 0 :]:
            part = slice(int(bounds[key]), int(bounds[key + 1]))
            known = ~np.isnan(residuals[part])
            apart = _bimodal(residuals[part][known], x[part][known], observed.sign[key])
            if apart >= MATERIAL * observed.margin[key]:
                number = counted(noun, int(known.sum()))
                text = say(f"flag.modes.{nouns}", apart=percent(float(np.expm1(apart))), number=number)
                found.append((key, Flag(FlagKind.TWO_MODES, text)))
                break
    return found


def _bimodal(residuals: Floats, x: Floats, sign: float) -> float:
    """How far the two groups of `residuals` of values `x` (log scale) are apart; 0 where there are no two."""
    if not dip.has_modes(np.sort(residuals)):
        return 0.0
    step = _step(np.exp(sign * x))
    spread = step * (np.random.default_rng(0).random(len(x)) - 0.5)  # a fixed seed: the same values, the same verdict
    return _apart(np.sort(residuals)) if not step or dip.has_modes(np.sort(residuals + spread)) else 0.0


def _values(observed: Observed) -> tuple[Floats, Floats, Ints]:
    """Values less their centre, at the scatter of single values; the values; where each metric's begin.

    NaN where there are too few repetitions, and outside of the overall row.
    """
    values, keys = observed.values, observed.keys
    use = np.flatnonzero((values.count >= LEAST) & (observed.key[values.unit] >= 0))
    n, mean = values.count[use].astype(float), observed.courses.mean[use]
    code, groups = (values.unit * 2 + values.tag)[use], 2 * len(observed.key)
    key = observed.key[values.unit[use]]
    size = sums(code, n, groups)
    level = ratio(sums(code, n * mean, groups), size)
    sessions = np.bincount(code, minlength=groups)
    inner = values.x - np.repeat(observed.courses.mean, values.count)
    within = ratio(sums(key, np.add.reduceat(inner**2, values.start)[use], keys), sums(key, n - 1.0, keys))
    more = np.bincount(observed.key[np.flatnonzero(sessions) // 2], minlength=keys)
    between = ratio(sums(key, n * (mean - level[code]) ** 2, keys), np.bincount(key, minlength=keys) - more)
    alike = (ratio(between, within) <= ALIKE)[key]
    centre, scale = np.full(len(values.count), np.nan), np.full(len(values.count), np.nan)
    centre[use] = np.where(alike, level[code], mean)
    scale[use] = np.where(alike, np.sqrt(size / (size - 1.0))[code], np.sqrt(n / (n - 1.0)))
    residuals = (values.x - np.repeat(centre, values.count)) * np.repeat(scale, values.count)
    ends = np.append(0, np.cumsum(values.count))
    return residuals, values.x, ends[np.searchsorted(values.unit, observed.begin)]


def _sessions(observed: Observed) -> tuple[Floats, Floats, Ints]:
    """The same of session medians."""
    cells, off, keys = observed.cells, observed.off, observed.keys
    some = np.flatnonzero(off.size >= LEAST)
    key = observed.key[cells.unit[some]]
    runs = np.bincount(off.group // 2, minlength=keys)
    between = ratio(sums(key, off.shared[some] ** 2, keys), runs)
    within = ratio(sums(key, (off.off - off.shared)[some] ** 2, keys), np.bincount(key, minlength=keys) - runs)
    alike = np.zeros(len(cells.unit), dtype=np.bool_)
    alike[some] = (ratio(between, within) <= ALIKE)[key]
    residuals = np.where(alike, off.off, off.own) * np.sqrt(off.size / (off.size - 1.0))
    residuals[off.size < LEAST] = np.nan
    return residuals, cells.median, np.searchsorted(cells.unit, observed.begin)


def _step(values: Floats) -> float:
    """The resolution of `values` as a share of their median; 0 where it is fine."""
    distinct = np.unique(values)
    gaps = np.diff(distinct)
    gaps = gaps[gaps > 1e-9 * distinct[-1]]
    step = float(gaps.min() / np.median(values)) if len(gaps) else 0.0
    return step if step > COARSE else 0.0


def _apart(values: Floats) -> float:
    """Distance between the means of the two groups of sorted `values` that have least scatter in them (Otsu 1979)."""
    n = np.arange(1, len(values))
    total = np.cumsum(values)
    low, high = total[:-1] / n, (total[-1] - total[:-1]) / (len(values) - n)
    cut = int(np.argmax(n * (len(values) - n) * (high - low) ** 2))
    return float(high[cut] - low[cut])
