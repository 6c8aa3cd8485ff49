"""How far do phases drift apart by themselves? τ by time between them: the default table, or what a history taught.

τ is the standard deviation (log scale) of a shift between two phases of one target that its sessions cannot see: slow
drift, placement (STATISTICS §3). Everything here is τ per **bucket**: how many days lie between the phases, or that
the host changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.analyse.transform import Floats, Ints

TAU_DF = 10.0
TAU_BY_DAYS = ((2.0, 0.005), (14.0, 0.01), (60.0, 0.02))
TAU_MOVED = 0.04
"""Default τ by days apart, and when the host changed.

Further apart than the last row of the table, or an unknown time apart, counts like a changed host: the largest default.
"""

FURTHER = len(TAU_BY_DAYS)
MOVED = FURTHER + 1
BUCKETS = (*(f"≤ {days:g} d" for days, _ in TAU_BY_DAYS), f"> {TAU_BY_DAYS[-1][0]:g} d", "host changed")
"""Names of the buckets; `FURTHER` and `MOVED` are the last two."""
DEFAULTS = (*(sd for _, sd in TAU_BY_DAYS), TAU_MOVED, TAU_MOVED)
"""Default τ of each bucket."""


@dataclass(frozen=True, slots=True)
class Tau:
    """τ², its degrees of freedom, and how many A/A pairs taught it (0: the default), each of shape (rows, buckets)."""

    squared: Floats
    df: Floats
    pairs: Ints

    def of(self, row: Ints, bucket: Ints) -> tuple[Floats, Floats, Ints]:
        """τ², degrees of freedom and number of pairs for each (row, bucket)."""
        return self.squared[row, bucket], self.df[row, bucket], self.pairs[row, bucket]

    def rows(self, row: Ints) -> Tau:
        """Some of its rows, in this order."""
        return Tau(self.squared[row], self.df[row], self.pairs[row])

    def largest(self) -> Tau:
        """One row: in every bucket the largest τ of all rows."""
        place = self.squared.argmax(axis=0), np.arange(len(BUCKETS))
        return Tau(self.squared[place][None, :], self.df[place][None, :], self.pairs[place][None, :])


def default_tau(rows: int) -> Tau:
    """The default table for each of `rows` units of work."""
    shape = (rows, len(BUCKETS))
    squared = np.broadcast_to(np.array(DEFAULTS) ** 2, shape)
    return Tau(squared, np.broadcast_to(np.array(TAU_DF), shape), np.zeros(shape, dtype=np.int64))


def buckets_of(days: Floats, moved: Floats) -> Ints:
    """The bucket of phases `days` apart (NaN: unknown). moved: 1 the host changed, 0 proven not, NaN unknown."""
    bucket = np.searchsorted([limit for limit, _ in TAU_BY_DAYS], np.abs(days), side="left")
    bucket[np.isnan(days)] = FURTHER
    bucket[moved == 1] = MOVED
    found: Ints = bucket.astype(np.int64)
    return found
