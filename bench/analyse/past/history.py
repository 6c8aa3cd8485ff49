"""What do a workspace's own A/A pairs say about τ? Sums per metric, size and bucket in, a `Tau` table out.

D is the difference of the levels of two windows of one unchanged target, w the session variance of that difference.
Then τ² = mean(D²) − mean(w) (STATISTICS §3). A metric's own size is asked first, then all sizes together, then imports
of its case (which know no parameters), then the default table. With enough pairs, history that says *larger* is
believed at once and history that says *smaller* gradually, as if the default had been seen in `DEFAULT_PAIRS` pairs:

    τ² = max(τ̂², (d0·τ0² + n·τ̂²) / (d0 + n))

Simulated (tests/analyse/test_analyse_history_coverage.py), this keeps the coverage of one and two targets where the
true τ is three times the default, and narrows their intervals where it is a third of it. A bucket of which nothing is
known is never below what was learned for shorter distances.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bench.analyse.result import MetricKey
from bench.analyse.tau import BUCKETS, DEFAULTS, MOVED, TAU_DF, Tau
from bench.analyse.transform import base_units

if TYPE_CHECKING:
    from bench.analyse.table import Rows

MIN_PAIRS = 6
MIN_PAIRS_MOVED = 3
"""A/A pairs from which on history is used; fewer where the host changed, which is rare and has no better source."""
HISTORY_DF = 6.0
HISTORY_DF_MOVED = 3.0
"""Degrees of freedom of a τ² that was learned."""
DEFAULT_PAIRS = 4
"""How many pairs the default weighs as, where history says that τ is smaller (d0)."""
FLOOR = 0.001
"""Smallest τ that is learned: 0.1 % decides no verdict, since no margin is that small."""


@dataclass(frozen=True, slots=True)
class MetricName:
    """A metric whatever the target: its key and the base unit of its values."""

    key: MetricKey
    base: str

    def place(self) -> tuple[str, ...]:
        """Where it stands in a list; parameters may be of any type."""
        return (self.key.suite, self.key.case, self.key.metric, self.key.part, repr(self.key.params), self.base)


class Source(StrEnum):
    """Where a τ comes from."""

    OWN = "history"
    ALL_SIZES = "history of all sizes"
    IMPORTED = "history of imports"
    NEARER = "history of phases less far apart"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class PairSum:
    """A/A pairs of one metric, size and bucket, of windows of two tags of a campaign (equal for windows of one tag).

    pairs: how many. squares, within: the sums of their D² and of their w. size: the label of the target, "" without.
    detail: kept, but compared only when it is primary.
    """

    name: MetricName
    title: str
    detail: bool
    size: str
    bucket: int
    campaign: str
    tags: tuple[str, str]
    pairs: int
    squares: float
    within: float


@dataclass(frozen=True, slots=True)
class Learned:
    """One row of a history. size: None for all sizes together. seen: τ̂, 0 where D scatters no more than sessions do.

    tau: what a comparison uses for it, df its degrees of freedom, source where it comes from: the pairs of this row
    when there are enough, else something larger than the default, else the default.
    """

    name: MetricName
    title: str
    detail: bool
    size: str | None
    bucket: int
    pairs: int
    seen: float
    tau: float
    df: float
    source: Source

    @property
    def default(self) -> float:
        """The default τ of its bucket."""
        return DEFAULTS[self.bucket]


class _Sum(NamedTuple):
    pairs: int = 0
    squares: float = 0.0
    within: float = 0.0

    @property
    def seen(self) -> float:
        """τ̂², not below 0."""
        return max((self.squares - self.within) / self.pairs, 0.0) if self.pairs else 0.0


class _Known(NamedTuple):
    """What holds in one bucket: τ², degrees of freedom, and the pairs that taught it (0: the default)."""

    squared: float
    df: float
    pairs: int
    source: Source


@dataclass(frozen=True, slots=True)
class History:
    """All A/A pairs of a workspace. skipped: runs that could not be read, with the cause."""

    pairs: tuple[PairSum, ...] = ()
    skipped: tuple[str, ...] = ()

    def without(self, tags: Iterable[str]) -> History:
        """The pairs that may judge a comparison of `tags`.

        A pair of windows of one tag holds no difference between two tags, so it may always be used. A pair across two
        tags that touches one of `tags` may hold the very difference in question, and is left out.
        """
        asked = set(tags)
        kept = (one for one in self.pairs if one.tags[0] == one.tags[1] or not asked & set(one.tags))
        return replace(self, pairs=tuple(kept))

    def tau_for(self, rows: Sequence[tuple[MetricName, str]]) -> Tau:
        """The table for units of work, each given by its metric and the size of its target."""
        sums = self._sums()
        numbers = [[one[:3] for one in _resolve(sums, name, size)] for name, size in rows]
        known = np.array(numbers, dtype=np.float64).reshape(len(rows), len(BUCKETS), 3)
        return Tau(known[:, :, 0], known[:, :, 1], known[:, :, 2].astype(np.int64))

    def rows(self) -> tuple[Learned, ...]:
        """Every metric, size and bucket with a pair; and all sizes together, where there are several."""
        sums = self._sums()
        about = {one.name: one for one in self.pairs}
        sizes: dict[MetricName, set[str]] = {}
        for one in self.pairs:
            sizes.setdefault(one.name, set()).add(one.size)
        found: list[Learned] = []
        for name, size, bucket in sorted(sums, key=lambda one: (one[0].place(), one[1] is None, one[1] or "", one[2])):
            if size is None and len(sizes[name]) == 1:
                continue
            mine = sums[name, size, bucket]
            known = _resolve(sums, name, size)[bucket]
            found.append(
                Learned(
                    *(name, about[name].title, about[name].detail, size, bucket, mine.pairs, math.sqrt(mine.seen)),
                    tau=math.sqrt(known.squared),
                    df=known.df,
                    source=known.source,
                )
            )
        return tuple(found)

    def _sums(self) -> dict[tuple[MetricName, str | None, int], _Sum]:
        """Sums by metric, size (None: all) and bucket."""
        found: dict[tuple[MetricName, str | None, int], _Sum] = {}
        for one in self.pairs:
            for size in (one.size, None):
                place = (one.name, size, one.bucket)
                old = found.get(place, _Sum())
                found[place] = _Sum(old.pairs + one.pairs, old.squares + one.squares, old.within + one.within)
        return found


def tau_of(history: History, rows: Rows) -> Tau | None:
    """The table for every unit of work of a comparison; None where there is no history at all."""
    if not history.pairs:
        return None
    bases = base_units([info.unit for info in rows.keys])[1]
    labels = [str(dict(target.labels).get("size", "")) for target in rows.targets]
    sizes = sorted(set(labels))
    size = np.array([sizes.index(label) for label in labels], dtype=np.int64)[rows.unit_target]
    distinct, place = np.unique(rows.unit_key * len(sizes) + size, return_inverse=True)
    named = [
        (MetricName(rows.keys[key].key, bases[key]), sizes[number])
        for key, number in (divmod(int(one), len(sizes)) for one in distinct)
    ]
    return history.tau_for(named).rows(place.astype(np.int64))


def least_pairs(bucket: int) -> int:
    """How many A/A pairs of a bucket are enough."""
    return MIN_PAIRS_MOVED if bucket == MOVED else MIN_PAIRS


def _resolve(sums: dict[tuple[MetricName, str | None, int], _Sum], name: MetricName, size: str | None) -> list[_Known]:
    """What holds for a metric on a size, in every bucket: its own history, that of all sizes, or the default."""
    found: list[_Known] = []
    largest: _Known | None = None
    for bucket, default in enumerate(DEFAULTS):
        known = _Known(default**2, TAU_DF, 0, Source.DEFAULT)
        for asked, own, source in _askable(name, size):
            mine = sums.get((asked, own, bucket), _Sum())
            if mine.pairs >= least_pairs(bucket):
                squared = learned(mine.seen, mine.pairs, default**2)
                known = _Known(squared, _df(bucket), mine.pairs, source)
                largest = known if largest is None or squared > largest.squared else largest
                break
        if known.source is Source.DEFAULT and largest is not None and largest.squared > known.squared:
            known = largest._replace(source=Source.NEARER)
        found.append(known)
    return found


def _askable(name: MetricName, size: str | None) -> Iterator[tuple[MetricName, str | None, Source]]:
    """Whose history may speak for a metric on a size, the best first.

    What was imported has no parameters: it speaks for the metric of the same case, whatever its parameters.
    """
    if size is not None:
        yield name, size, Source.OWN
    yield name, None, Source.ALL_SIZES
    if name.key.params:
        bare = replace(name, key=replace(name.key, params=()))
        if size is not None:
            yield bare, size, Source.IMPORTED
        yield bare, None, Source.IMPORTED


def _df(bucket: int) -> float:
    return HISTORY_DF_MOVED if bucket == MOVED else HISTORY_DF


def learned(seen: float, pairs: int, default: float) -> float:
    """τ² from what was seen in `pairs` pairs and the default, all of them squared."""
    shrunk = (DEFAULT_PAIRS * default + pairs * seen) / (DEFAULT_PAIRS + pairs)
    return max(seen, shrunk, FLOOR**2)
