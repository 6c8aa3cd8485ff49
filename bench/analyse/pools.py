"""Which targets are judged together: the fleet, groups that share labels, and every target by itself.

A target whose host changed is its own stratum, never pooled with targets that stayed; a control target is never part
of the effect (ENVIRONMENT §5), and a target at its published limit only where all are. The controls of a metric are a
pool of their own; one that moved to another host is no control, since something happened to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.analyse.estimate import Pools
from bench.analyse.table import Rows, TargetInfo
from bench.analyse.transform import Floats, Ints
from bench.model import Pairs

GROUP_LABELS = ("region", "size")
"""Labels that divide a fleet into groups, where targets have them."""

HostMoved = Mapping[str, bool | None]
"""Whether the host of each machine changed between the tags; None or absent: unknown."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All pools of a comparison: one per metric (the fleet), one per unit of work, the groups, the metrics' controls.

    key: which metric each pool belongs to. groups: (pool, labels) of the groups. aside: per metric, units of work
    that were left out of the fleet's pool: of the other stratum, or at their limit. controls: per metric the pool of
    its controls, −1 where it has none.
    """

    pools: Pools
    key: Ints
    groups: tuple[tuple[int, Pairs], ...]
    aside: dict[int, Ints]
    controls: Ints

    def members(self, pool: int) -> Ints:
        """The units of work of one pool."""
        low, high = np.searchsorted(self.pools.pool, (pool, pool + 1))
        return self.pools.unit[low:high]

    @property
    def single(self) -> NDArray[np.bool_]:
        """Which pools are one target: those after the metrics' own, before the groups'."""
        mask = np.ones(self.pools.count, dtype=np.bool_)
        mask[: int(self.key.max(initial=-1)) + 1] = False
        mask[[pool for pool, _ in self.groups]] = False
        return mask

    def all_of(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Per pool whether `mask` (per unit of work) holds for all of its members; False for an empty pool."""
        size = np.bincount(self.pools.pool, minlength=self.pools.count)
        some = np.bincount(self.pools.pool[mask[self.pools.unit]], minlength=self.pools.count)
        every: NDArray[np.bool_] = (size > 0) & (some == size)
        return every


def moved_of(rows: Rows, host_moved: HostMoved) -> Floats:
    """Per unit of work: 1 when the host of one of its machines changed, 0 when all are proven to stay, else NaN."""

    def judge(target: TargetInfo) -> float:
        known = [host_moved.get(machine) for machine in target.machines]
        if True in known:
            return 1.0
        return np.nan if None in known else 0.0

    by_target = np.array([judge(target) for target in rows.targets], dtype=np.float64)
    return by_target[rows.unit_target]


def controls_of(rows: Rows, controls: Iterable[str]) -> NDArray[np.bool_]:
    """Per unit of work whether one of its machines, or the pair as a whole, is a control: shape (units, 2).

    The second column says whether nothing but controls is in it: a pair with one changed end is neither.
    """
    names = set(controls)
    by_target = np.array(
        [(one.name in names or bool(names & set(one.machines)), names >= set(one.machines)) for one in rows.targets],
        dtype=np.bool_,
    ).reshape(-1, 2)
    by_target[[one.name in names for one in rows.targets], 1] = True
    return by_target[rows.unit_target]


def plan_pools(
    rows: Rows, paired: NDArray[np.bool_], moved: Floats, controls: NDArray[np.bool_], held: NDArray[np.bool_]
) -> Plan:
    """Pools over the units of work of `rows`.

    paired: which were measured in both tags. controls: as `controls_of` gives them. held: those at a published limit:
    they say "no change" whatever the change was, so they are no controls, and left out of the fleet's pool as long as
    others are in it.
    """
    keys, units = len(rows.keys), len(rows.unit_key)
    relocated, control = moved == 1, controls[:, 0]
    chosen = _stratum(rows.unit_key, paired & ~control, relocated, keys)
    stratum = ~control & (relocated == chosen[rows.unit_key])
    free = np.bincount(rows.unit_key[stratum & paired & ~held], minlength=keys) > 0
    fleet = stratum & ~(held & free[rows.unit_key])
    aside = ~control & ~fleet & paired
    pool = [rows.unit_key[fleet], keys + np.arange(units)]
    unit = [np.flatnonzero(fleet), np.arange(units)]
    key = [np.arange(keys), rows.unit_key]
    count, groups = keys + units, []
    for members, labels in _groups(rows, relocated, control):
        pool.append(np.full(len(members), count))
        unit.append(members)
        key.append(rows.unit_key[members[:1]])
        groups.append((count, labels))
        count += 1
    untouched = np.flatnonzero(controls[:, 1] & ~relocated & ~held & paired)
    with_controls, place = np.unique(rows.unit_key[untouched], return_inverse=True)
    of_controls = np.full(keys, -1, dtype=np.int64)
    of_controls[with_controls] = count + np.arange(len(with_controls))
    pool.append(count + place)
    unit.append(untouched)
    key.append(with_controls)
    count += len(with_controls)
    flat_pool, flat_unit = np.concatenate(pool).astype(np.int64), np.concatenate(unit).astype(np.int64)
    order = np.lexsort((flat_unit, flat_pool))
    flat_pool, flat_unit = flat_pool[order], flat_unit[order]
    return Plan(
        Pools(flat_pool, flat_unit, clusters_of(rows, flat_pool, flat_unit, paired), count),
        np.concatenate(key).astype(np.int64),
        tuple(groups),
        {int(one): np.flatnonzero(aside & (rows.unit_key == one)) for one in np.unique(rows.unit_key[aside])},
        of_controls,
    )


def clusters_of(rows: Rows, pool: Ints, unit: Ints, paired: NDArray[np.bool_]) -> Ints:
    """Number the targets of each pool so that those which share machines have one number: connected components.

    Pairs a → b and b → a, rings and stars move together, so they are no replicates of each other. A target that was
    not measured in both tags (`paired`, per unit of work) connects nothing.
    """
    entries = np.arange(len(pool), dtype=np.int64)
    if all(len(target.machines) == 1 for target in rows.targets):
        return entries
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    numbers = {name: one for one, name in enumerate(sorted({m for t in rows.targets for m in t.machines}))}
    ends = np.array([(numbers[one.machines[0]], numbers[one.machines[-1]]) for one in rows.targets], dtype=np.int64)
    live = entries[paired[unit]]
    place = (pool[live] * len(numbers))[:, None] + ends[rows.unit_target[unit[live]]]
    node = np.unique(place.T.ravel(), return_inverse=True)[1] + len(pool)
    size = len(pool) + int(node.max(initial=0)) + 1
    graph = coo_matrix((np.ones(len(node)), (np.tile(live, 2), node)), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    return np.asarray(label[: len(pool)], dtype=np.int64)


def _stratum(unit_key: Ints, counted: NDArray[np.bool_], relocated: NDArray[np.bool_], keys: int) -> NDArray[np.bool_]:
    """Per metric whether the relocated targets speak for the fleet: only where they are the larger part."""
    went = np.bincount(unit_key[counted & relocated], minlength=keys)
    stayed = np.bincount(unit_key[counted & ~relocated], minlength=keys)
    more: NDArray[np.bool_] = went > stayed
    return more


def _groups(rows: Rows, relocated: NDArray[np.bool_], control: NDArray[np.bool_]) -> list[tuple[Ints, Pairs]]:
    """Units of work of each group, for metrics whose targets fall into two groups or more."""
    names: list[Pairs] = [_shared(target.labels) for target in rows.targets]
    distinct = sorted(set(names))
    by_target = np.array([distinct.index(one) for one in names], dtype=np.int64)
    code = (by_target[rows.unit_target] * 2 + relocated) * 2 + control
    per_key = max(len(distinct), 1) * 4
    found: list[tuple[Ints, Pairs]] = []
    combined = rows.unit_key * per_key + code
    order = np.argsort(combined, kind="stable")
    uniques, start = np.unique(combined[order], return_index=True)
    sizes = np.bincount(uniques // per_key, minlength=len(rows.keys))
    for position, one in enumerate(uniques):
        if sizes[one // per_key] < 2:
            continue
        end = start[position + 1] if position + 1 < len(start) else len(order)
        rest = int(one % per_key)
        extra = ((("host", "moved"),) if rest // 2 % 2 else ()) + ((("control", "yes"),) if rest % 2 else ())
        found.append((order[start[position] : end].astype(np.int64), distinct[rest // 4] + extra))
    return found


def _shared(labels: Pairs) -> Pairs:
    return tuple((name, value) for name, value in labels if name in GROUP_LABELS)
