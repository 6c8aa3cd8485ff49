"""All that a run store has measured before: its A/A pairs as a `History`, and its visits for planning.

Fifty runs are read in a moment: visits are kept beside each run, and the sums of all A/A pairs once for the store, in
`<root>/.cache/`, valid until a run is added or one of them grows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.analyse.attribution import attribute
from bench.analyse.facts import Observed, hosts_moved, merged
from bench.analyse.past.history import History, MetricName, PairSum
from bench.analyse.past.visits import Mark, mark, settled, visits_of
from bench.analyse.past.windows import LEAST, Session, WindowPair, pairs_of
from bench.analyse.result import MetricKey
from bench.config.catalogue import LoadedSuite
from bench.errors import BenchError
from bench.model import Facts, pairs
from bench.store import Store, StoredRun
from bench.store.files import make_folder, replace_private
from bench.store.records import is_intact, sealed

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_VERSION = "1"  # raise it when what is learned from the same runs changes
_NAME = "history.json"
_DAY_S = 86400.0
_SAME = (("state", "same"),)
"""What both windows of an A/A pair declare: then every fact that changed is undeclared."""


def load_history(root: Path, suites: Mapping[str, LoadedSuite]) -> History:
    """The A/A pairs of every run below `root`; runs that cannot be read are skipped, and named.

    A state is a tag of one campaign, or all tags of it whose phases declare the same factor levels; a tag that
    declares none is a state of its own.
    """
    key, marks = _key(root, suites)
    found = _remembered(root, key)
    if found is None:
        found = _learn(root, suites)
        if all(map(settled, marks)) and not found.skipped:  # restoring what is damaged may leave every mark as it is
            _remember(root, key, found)
    return found


def load_visits(
    runs: Iterable[StoredRun], suites: Mapping[str, LoadedSuite], measured: Collection[str]
) -> pd.DataFrame | None:
    """The visits (`bench.analyse.visits.COLUMNS`) of those `runs` that measured one of some suites, None without any.

    Runs that cannot be read are skipped: `load_history` names them.
    """
    tables = []
    for run in runs:
        if not {name for name, _ in run.info.suites} & set(measured):
            continue
        try:
            tables.append(visits_of(run, suites).table)
        except BenchError:
            continue
    return _joined(tables)


def _learn(root: Path, suites: Mapping[str, LoadedSuite]) -> History:
    from bench.analyse.past.window_sums import sum_pairs

    readable, damage = Store(root).readable()
    skipped = [f"{item.path}: {item.problem}" for item in damage]
    tables: dict[str, pa.Table] = {}
    facts: dict[str, Observed] = {}
    found: list[WindowPair] = []
    for campaign, state in _states(readable):
        sessions = []
        for run in state:
            name = f"{campaign}/{run.info.run_id}"
            try:
                visits = visits_of(run, suites)
            except BenchError as error:
                skipped.append(str(error))
                continue
            tables[name], facts[name] = visits.table, visits.facts
            skipped += visits.left_out
            times = tables[name].column("time").to_numpy()
            times = times[np.isfinite(times)]
            if len(times):
                sessions.append(Session(name, run.info.tag, float(times.mean()) / _DAY_S))
        found += [_with_facts(pair, facts) for pair in pairs_of(campaign, sessions)]
    used = dict.fromkeys(run for pair in found for side in pair.runs for run in side)
    joined = _joined([tables[run] for run in used])
    return History(() if joined is None else sum_pairs(joined, found), tuple(dict.fromkeys(skipped)))


def _states(runs: Sequence[StoredRun]) -> list[tuple[str, list[StoredRun]]]:
    """Campaign and runs of every state that may hold an A/A pair."""
    found: dict[tuple[str, object], list[StoredRun]] = {}
    for run in runs:
        state: object = run.info.factors or run.info.tag
        found.setdefault((run.info.campaign, state), []).append(run)
    return [(campaign, mine) for (campaign, _), mine in found.items() if len(mine) >= 2 * LEAST]


def _with_facts(pair: WindowPair, facts: Mapping[str, Observed]) -> WindowPair:
    """The pair with the targets that moved, and those that changed otherwise, as far as facts are known."""
    before, after = (merged(facts[run] for run in runs) for runs in pair.runs)
    moved = frozenset(name for name, one in hosts_moved(before, after).items() if one)
    return WindowPair(pair.campaign, pair.tags, pair.runs, pair.bucket, moved, _changed(before, after))


def _changed(before: Mapping[str, Facts], after: Mapping[str, Facts]) -> frozenset[str]:
    if not before or not after:
        return frozenset()
    judged = attribute(_SAME, _SAME, before, after)
    return frozenset(name for change in judged.changes if not change.declared_by for name in change.targets)


def _joined(tables: Sequence[pa.Table]) -> pd.DataFrame | None:
    import pyarrow as pa

    if not tables:
        return None
    frame: pd.DataFrame = pa.concat_tables(tables).unify_dictionaries().to_pandas()
    return frame


def _key(root: Path, suites: Mapping[str, LoadedSuite]) -> tuple[str, list[Mark]]:
    """A digest over the state of every run and suite, and the marks of all runs."""
    digest = hashlib.sha256(_VERSION.encode())
    digest.update(repr(sorted((name, one.digest) for name, one in suites.items())).encode())
    marks: list[Mark] = []
    for record in sorted(root.glob("*/*/run.json")):
        campaign, run = record.parts[-3:-1]
        if not campaign.startswith(".") and not run.startswith("."):
            marks.append(mark(record.parent))
            digest.update(repr((campaign, run, marks[-1])).encode())
    return digest.hexdigest(), marks


def _remembered(root: Path, key: str) -> History | None:
    try:
        content = (root / ".cache" / _NAME).read_bytes()
        data = json.loads(content)
        if data["key"] != key or "seal" not in data or not is_intact(content, data):
            return None
        return History(tuple(_decoded(row) for row in data["pairs"]), tuple(data["skipped"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _remember(root: Path, key: str, history: History) -> None:
    """Keep the sums; a folder that cannot be written is not an error."""
    data = {"key": key, "skipped": history.skipped, "pairs": [_encoded(one) for one in history.pairs]}
    if not root.is_dir():
        return
    with suppress(OSError):
        make_folder(root / ".cache")
        replace_private(root / ".cache" / _NAME, sealed(data))


def _encoded(one: PairSum) -> list[Any]:
    key = one.name.key
    name = [key.suite, key.case, key.metric, key.part, dict(key.params), one.name.base]
    return [*name, one.title, one.detail, one.size, one.bucket, one.campaign, *one.tags, *_numbers(one)]


def _numbers(one: PairSum) -> tuple[int, float, float]:
    return one.pairs, one.squares, one.within


def _decoded(row: Sequence[Any]) -> PairSum:
    suite, case, metric, part, params, base, title, detail, size, bucket, campaign, first, second, *sums = row
    name = MetricName(MetricKey(suite, case, metric, part, pairs(params)), base)
    return PairSum(name, title, detail, size, bucket, campaign, (first, second), *sums)
