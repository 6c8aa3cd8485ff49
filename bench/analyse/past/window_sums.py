"""How far apart the two windows of every A/A pair are, and how far may their sessions alone put them.

Levels and their variances are those of a comparison (`bench.analyse.levels`), with the earlier window as "before" and
the later one as "after": what is learned here is used on exactly such differences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.analyse.levels import Levels, Sessions, levels_of
from bench.analyse.past.history import MetricName, PairSum
from bench.analyse.past.visits import NAME, UNIT
from bench.analyse.past.windows import WindowPair
from bench.analyse.result import MetricKey
from bench.analyse.table import json_pairs, machines_of
from bench.analyse.tau import BUCKETS, MOVED
from bench.analyse.transform import Ints

if TYPE_CHECKING:
    import pandas as pd

_NOWHERE = -1


def sum_pairs(visits: pd.DataFrame, pairs: Sequence[WindowPair]) -> tuple[PairSum, ...]:
    """The sums of D² and w over all targets of each metric, size and bucket.

    visits: columns `bench.analyse.visits.COLUMNS`, of all runs that the pairs name, and of others.
    """
    if not pairs or not len(visits):
        return ()
    unit, first = _numbered(visits, UNIT)
    name, size = _numbered(visits, NAME)[0][first], _numbered(visits, ("size",))[0][first]
    levels = _levels(visits, unit, len(first), pairs)
    squares = (levels.level[:, 1] - levels.level[:, 0]) ** 2
    within = levels.var.sum(axis=1)
    bucket = _buckets([str(one) for one in visits["target"].iloc[first]], pairs)
    place = np.arange(len(squares)) // len(first)
    unit = np.arange(len(squares)) % len(first)
    known = np.isfinite(squares) & np.isfinite(within) & (bucket != _NOWHERE)
    source, sources = _sources(pairs)
    shape = (int(name.max()) + 1, int(size.max()) + 1, len(BUCKETS), len(sources))
    code = np.ravel_multi_index((name[unit], size[unit], bucket, source[place]), shape, mode="clip")
    codes, inverse = np.unique(code[known], return_inverse=True)
    sums = (np.bincount(inverse), *(np.bincount(inverse, one[known]) for one in (squares, within)))
    examples = unit[known][np.unique(code[known], return_index=True)[1]]
    about = _about(visits.iloc[first], np.unique(examples))
    found = []
    for one, example, count, d2, w in zip(codes, examples, *sums, strict=True):
        _, _, of_bucket, of_source = np.unravel_index(one, shape)
        named, title, detail, of_size = about[int(example)]
        campaign, tags = sources[int(of_source)]
        found.append(
            PairSum(named, title, detail, of_size, int(of_bucket), campaign, tags, int(count), float(d2), float(w))
        )
    return tuple(found)


def _levels(visits: pd.DataFrame, unit: Ints, units: int, pairs: Sequence[WindowPair]) -> Levels:
    """Levels of every pair's windows: row pair · units + unit, columns earlier and later."""
    run = visits["run"].astype("category")
    codes = run.cat.codes.to_numpy()
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(run.cat.categories) + 1))
    number = {str(name): place for place, name in enumerate(run.cat.categories)}
    parts: list[tuple[Ints, Ints, Ints]] = []
    for place, pair in enumerate(pairs):
        for tag, runs in enumerate(pair.runs):
            for one in runs:
                mine = order[bounds[number[one]] : bounds[number[one] + 1]]
                parts.append((mine, unit[mine] + place * units, np.full(len(mine), tag)))
    index, row, side = (np.concatenate(column).astype(np.int64) for column in zip(*parts, strict=True))
    order = np.lexsort((codes[index], side, row))
    index, row, side = index[order], row[order], side[order]
    level, time, count = (visits[one].to_numpy(np.float64)[index] for one in ("level", "time", "count"))
    sessions = Sessions(
        *(row, side, codes[index].astype(np.int64), level, level, level, count.astype(np.int64)),
        total=np.zeros(len(row)),
        time=time,
    )
    return levels_of(sessions, units * len(pairs))


def _buckets(targets: Sequence[str], pairs: Sequence[WindowPair]) -> Ints:
    """The bucket of every pair and unit of work, `_NOWHERE` where it is no pair; pairs one after the other.

    Pairs of different distances share windows; where the host moved they would all be of one bucket. So of those
    that share a window only the first counts.
    """
    used: dict[str, set[tuple[str, ...]]] = {}
    found = np.empty((len(pairs), len(targets)), dtype=np.int64)
    machines = {name: machines_of(name) for name in dict.fromkeys(targets)}
    for place, pair in enumerate(pairs):
        by_target: dict[str, int] = {}
        for name, ends in machines.items():
            if not pair.changed.isdisjoint(ends):
                by_target[name] = _NOWHERE
            elif pair.moved.isdisjoint(ends):
                by_target[name] = pair.bucket
            else:
                mine = used.setdefault(name, set())
                by_target[name] = MOVED if mine.isdisjoint(pair.runs) else _NOWHERE
                mine.update(pair.runs)
        found[place] = [by_target[name] for name in targets]
    return found.ravel()


def _sources(pairs: Sequence[WindowPair]) -> tuple[Ints, list[tuple[str, tuple[str, str]]]]:
    """For each pair the number of its campaign and tags, and what the numbers stand for."""
    distinct = list(dict.fromkeys((one.campaign, one.tags) for one in pairs))
    number = {one: place for place, one in enumerate(distinct)}
    return np.array([number[one.campaign, one.tags] for one in pairs], dtype=np.int64), distinct


def _numbered(visits: pd.DataFrame, columns: Sequence[str]) -> tuple[Ints, Ints]:
    """One number per combination of the columns, and the first row of each."""
    grouped = visits.groupby(list(columns), observed=True, sort=False)
    code = grouped.ngroup().to_numpy().astype(np.int64)
    return code, np.unique(code, return_index=True)[1].astype(np.int64)


def _about(first: pd.DataFrame, units: Ints) -> Mapping[int, tuple[MetricName, str, bool, str]]:
    """Name, title, detail and size of some units of work."""
    rows: Any = first.iloc[units]
    found = {}
    params = {text: json_pairs(text, "params") for text in dict.fromkeys(rows["params"].astype(str))}
    columns = ("suite", "case", "metric", "part", "params", "base", "title", "size")
    texts = zip(*(rows[one].astype(str) for one in columns), strict=True)
    for unit, detail, (suite, case, metric, part, text, base, title, size) in zip(
        units, rows["detail"], texts, strict=True
    ):
        key = MetricKey(suite, case, metric, part, params[text])
        found[int(unit)] = (MetricName(key, base), title, bool(detail), size)
    return found
