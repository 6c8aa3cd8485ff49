"""Do values come in one heap or in two? Hartigan's dip: how far a sample is from every distribution with one mode.

The dip (Hartigan & Hartigan 1985) is the largest distance between the sample's distribution function and the closest
unimodal one. It is found as they describe: left of the mode the closest function is the greatest convex minorant,
right of it the least concave majorant, and the interval of the mode shrinks until these two are no further apart than
the sample is from them. scipy and statsmodels do not have it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from bench.analyse.transform import Floats, Ints

LEAST = 20
"""Fewer values than this show no modes."""

GRID = 200
"""Of larger samples the distribution function is looked at in this many places: the dip is at most 1/400 too small."""

LEVEL = 0.005
"""Chance that uniform values, the worst case of one mode, are said to have two."""

CRITICAL = ((20, 0.566), (30, 0.584), (50, 0.602), (100, 0.621), (200, 0.634), (1000, 0.653), (10_000, 0.672))
"""(n, √n · dip) that uniform samples of n exceed with the chance `LEVEL`.

Simulated with 20,000 (n = 10,000) to 2,000,000 (n = 20) samples each. Noise is no such worst case: normal, heavy-tailed
and lognormal values exceed these limits less than once in 1,500 samples.
"""


def has_modes(values: Floats) -> bool:
    """Whether sorted `values` have more than one mode, at level `LEVEL`; False for fewer than `LEAST`."""
    n = len(values)
    if n < LEAST:
        return False
    sizes, limits = np.array(CRITICAL).T
    limit = float(np.interp(np.log(n), np.log(sizes), limits)) / np.sqrt(n)
    places = np.linspace(0, n - 1, min(n, GRID)).astype(np.int64)
    x, above = values[places], np.searchsorted(values, values[places], side="right") / n
    below = np.searchsorted(values, x, side="left") / n
    fitted = ndtr((x - values.mean()) / (values.std() or 1.0))
    if max(np.max(fitted - below), np.max(above - fitted)) <= limit:
        return False  # the dip is the distance to the closest of all unimodal ones, and the normal one is close enough
    x, one = np.unique(x, return_index=True)
    return bool(dip(x, below[one], above[one]) > limit)


def dip(x: Floats, below: Floats, above: Floats) -> float:
    """The dip of a distribution function that jumps from `below` to `above` at each of the ascending `x`."""
    first, last = 0, len(x) - 1
    twice = (
        float(np.sort(above - below)[-2]) if last else 0.0
    )  # at the mode itself the closest function may jump, nowhere else
    while first < last:
        part = slice(first, last + 1)
        here = x[part]
        convex, concave = _hull(here, below[part], 1.0), _hull(here, above[part], -1.0)
        minorant = np.interp(here, here[convex], below[part][convex])
        majorant = np.interp(here, here[concave], above[part][concave])
        apart = majorant - minorant
        widest = int(np.argmax(apart))
        if apart[widest] <= twice + 1e-12:
            break
        # the interval of the mode: between the knots of the two functions around the place where they are widest apart
        left = int(convex[np.searchsorted(convex, widest, side="right") - 1])
        right = int(concave[np.searchsorted(concave, widest, side="left")])
        rise, fall = (above[part] - minorant)[:left], (majorant - below[part])[right + 1 :]
        twice = max(twice, float(rise.max(initial=0.0)), float(fall.max(initial=0.0)))
        if left == 0 and right == last - first:
            break
        first, last = first + left, first + right
    return twice / 2


def _hull(x: Floats, y: Floats, sign: float) -> Ints:
    """Indices of the knots of the lower (sign 1) or upper (−1) convex hull of points with ascending `x`."""
    xs, ys = x.tolist(), (sign * y).tolist()
    knots: list[int] = []
    for i in range(len(xs)):
        while len(knots) > 1:
            a, b = knots[-2], knots[-1]
            if (ys[b] - ys[a]) * (xs[i] - xs[a]) < (ys[i] - ys[a]) * (xs[b] - xs[a]):
                break
            knots.pop()
        knots.append(i)
    found: NDArray[np.int64] = np.array(knots, dtype=np.int64)
    return found
