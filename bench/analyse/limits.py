"""Which values sit at the limit that a machine's size is published with, so that no change could have shown.

A size caps its network and its disks. Where both phases reach the cap, "no change" says nothing of the change: the
result is CENSORED (STATISTICS §2), and what can still move there is the cost, such as cycles per byte.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bench.analyse.keys import matches
from bench.analyse.table import KeyInfo, Rows
from bench.analyse.transform import Floats
from bench.model import Better, Limit
from bench.units import convert, unit
from bench.words import Said, say

AT_LIMIT = 0.93
"""From this part of a published limit on a value is held by it: headers take 6 % of the line rate from TCP (1448 of
1538 bytes in an Ethernet frame), and the limit is a rate on the wire.
"""

Limits = Mapping[str, tuple[Limit, ...]]
"""Published limits of machines, by name."""


def pinned(rows: Rows, shown: Floats, limits: Limits) -> NDArray[np.bool_]:
    """Per unit of work whether both tags are held by a limit of one of its machines.

    shown: (units of work, 2), levels in the metric's unit. Only metrics where higher is better have limits, and only
    a limit in a unit that converts counts.
    """
    cap = np.full((len(rows.keys), len(rows.targets)), np.inf)
    capped = {one: _of_metric(one, rows.keys) for one in _distinct(limits)}
    for target, info in enumerate(rows.targets):
        for one in (one for name in info.machines for one in limits.get(name, ())):
            for key in capped[one]:
                cap[key, target] = min(cap[key, target], convert(one.value, one.unit, rows.keys[key].unit))
    return np.asarray((shown >= AT_LIMIT * cap[rows.unit_key, rows.unit_target][:, None]).all(axis=1), dtype=np.bool_)


def _distinct(limits: Limits) -> list[Limit]:
    """Every limit once: machines of one size share them."""
    return list(dict.fromkeys(one for name in sorted(limits) for one in limits[name]))


def _of_metric(limit: Limit, keys: tuple[KeyInfo, ...]) -> list[int]:
    """The metrics that a limit caps."""
    return [
        key
        for key, info in enumerate(keys)
        if info.better is Better.HIGHER
        and unit(info.unit).base == unit(limit.unit).base
        and matches(limit.metric, info.key)
    ]


def useless_limits(rows: Rows, limits: Limits) -> list[Said]:
    """Limits that speak of a measured suite but fit no metric of it, or not its unit, in one sentence each."""
    said: dict[Said, None] = {}
    suites = {info.key.suite for info in rows.keys}
    for one in _distinct(limits):
        if one.metric.split("/", 1)[0] not in suites:
            continue
        named = [info for info in rows.keys if matches(one.metric, info.key)]
        limit = say("limit", value=f"{one.value:g}", unit=one.unit, metric=one.metric)
        if not named:
            said[say("limit.no_metric", limit=limit)] = None
        elif all(unit(one.unit).base != unit(info.unit).base for info in named):
            said[say("limit.other_unit", limit=limit, unit=named[0].unit)] = None
        elif all(info.better is not Better.HIGHER for info in named):
            said[say("limit.lower", limit=limit)] = None
    return list(said)
