"""What is odd about the values behind each metric: all flags of STATISTICS §8, of all metrics at once.

Flags annotate: they never remove a value, and change no verdict but as `bench.analyse.flags.reasons` says. They speak
of the values that the overall row rests on; controls, targets that are set aside and metrics that count events have
none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.analyse.assemble import Block
from bench.analyse.flags.between import drift, outliers
from bench.analyse.flags.deviations import deviations_of
from bench.analyse.flags.modes import two_modes
from bench.analyse.flags.oddities import Observed
from bench.analyse.flags.repetitions import courses_of, repetitions_of
from bench.analyse.flags.scatter import changed_variance, heterogeneous
from bench.analyse.flags.within import within_sessions
from bench.analyse.levels import Sessions
from bench.analyse.result import Flag, FlagKind
from bench.analyse.table import Rows
from bench.analyse.transform import Floats

_ORDER = tuple(FlagKind)


@dataclass(frozen=True, slots=True)
class Flagged:
    """flags: of each metric, in the order of `FlagKind`. drift, single: slopes (`bench.analyse.flags_between.Drift`).

    judged: units of work that flags speak of.
    """

    flags: tuple[tuple[Flag, ...], ...]
    drift: Floats
    single: Floats
    judged: NDArray[np.bool_]


def flags_of(observed: Observed) -> Flagged:
    """The flags of all metrics."""
    found: list[list[Flag]] = [[] for _ in range(observed.keys)]
    within, drifting = within_sessions(observed), drift(observed)
    modes = two_modes(observed, frozenset(key for key, _ in within))
    scatter = (*changed_variance(observed), *heterogeneous(observed), *outliers(observed))
    for key, flag in (*within, *drifting.flags, *modes, *scatter):
        found[key].append(flag)
    flags = tuple(tuple(sorted(some, key=lambda flag: _ORDER.index(flag.kind))) for some in found)
    return Flagged(flags, drifting.metric, drifting.single, observed.key >= 0)


def observe(block: Block, rows: Rows, x: Floats, cells: Sessions, tags: tuple[str, str]) -> Observed:
    """What flags look at, from what a comparison has computed; x: the values of `rows` on the log scale."""
    keys, rounds, levels = len(rows.keys), block.rounds, block.levels
    key = np.full(len(rows.unit_key), -1, dtype=np.int64)
    members = block.plan.pools.unit[: int(np.searchsorted(block.plan.pools.pool, keys))]
    key[members] = np.where(block.counted[rows.unit_key[members]], -1, rows.unit_key[members])
    names = [one.name for one in rows.targets]
    values = repetitions_of(x, rows)
    return Observed(
        cells=cells,
        off=deviations_of(cells, key, keys),
        values=values,
        courses=courses_of(values),
        difference=np.where(rounds.toggled, rounds.difference, levels.level[:, 1] - levels.level[:, 0]),
        nu=np.where(rounds.toggled, rounds.nu, levels.nu.min(axis=1)),
        estimates=block.estimates,
        key=key,
        target=[names[one] for one in rows.unit_target.tolist()],
        begin=np.searchsorted(rows.unit_key, np.arange(keys + 1)),
        margin=np.log1p(block.margin),
        sign=block.sign,
        tags=tags,
    )
