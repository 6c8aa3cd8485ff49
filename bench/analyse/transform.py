"""On which scale values are compared: x = ln(value in base units), sign flipped where lower is better.

So a positive difference is always an improvement, and a unit is only an offset that cancels (STATISTICS §2).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.model import Better
from bench.units import unit
from bench.words import say

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def base_units(names: Sequence[str]) -> tuple[Floats, list[str]]:
    """Factor to the base unit and name of the base unit, for each unit name."""
    units = [unit(name) for name in names]
    return np.array([one.factor for one in units], dtype=np.float64), [one.base for one in units]


def signs(better: Sequence[str]) -> Floats:
    """+1 where higher is better, −1 where lower is, for each direction ("higher", "lower")."""
    return np.array([1.0 if Better(one) is Better.HIGHER else -1.0 for one in better], dtype=np.float64)


def log_scale(value: Floats, factor: Floats, sign: Floats) -> Floats:
    """Return sign · ln(value · factor); `value` must be finite and positive."""
    scaled: Floats = sign * (np.log(value) + np.log(factor))
    return scaled


TAINTED = "tainted"
"""The flag of values that were measured while the machine stood still, or its clock or data path was switched."""

CAUSES = tuple(say(f"excluded.{why}") for why in ("nan", "infinite", "negative", "zero", "tainted"))
"""Why a value cannot be compared, in the order in which it is said."""


def unusable(value: Floats, is_count: NDArray[np.bool_], tainted: NDArray[np.bool_]) -> NDArray[np.int8]:
    """For each value the index into `CAUSES`, or −1 when it can be compared. A count may be 0."""
    cause = np.full(value.shape, -1, dtype=np.int8)
    cause[tainted] = 4
    cause[(value == 0) & ~is_count] = 3
    cause[value < 0] = 2
    cause[np.isinf(value)] = 1
    cause[np.isnan(value)] = 0
    return cause
