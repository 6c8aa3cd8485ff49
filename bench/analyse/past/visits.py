"""One row per session, metric and target: what history and planning need of a run, kept small beside it.

A run of tens of thousands of samples becomes some thousand rows, so that fifty earlier runs are read in a moment.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench.analyse import cache
from bench.analyse.facts import Observed, observed
from bench.analyse.samples import digests, load_samples
from bench.analyse.transform import TAINTED, base_units, unusable
from bench.config.catalogue import LoadedSuite
from bench.store import StoredRun

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

NAME = ("suite", "case", "metric", "part", "params", "base")
"""What makes a metric, in the order of `bench.analyse.result.MetricKey`, with the base unit of its values."""
UNIT = (*NAME, "target", "size", "tool_digest")
"""What makes a unit of work: values with another tool, or of another size of machine, are another one."""
TEXT = ("campaign", "tag", "run", *UNIT, "title", "kind")
COLUMNS = (*TEXT, "margin", "headline", "detail", "level", "variance", "count", "time")
"""level: median of ln(value in base units) over the session's repetitions; variance: of these logarithms, NaN for one;
count: of repetitions; time: mean start, seconds since 1970, NaN when unknown. run: "campaign/run id"."""

Mark = tuple[tuple[int, int], ...]
"""What `mark` sees of a run."""

_SETTLED_NS = 2_000_000_000
"""A run that changed less than this ago may change again within the clock's grain: nothing is remembered yet."""
_KIND = "visits"
_FACTS = b"bench.facts"
_VERSION = "3"


class Visits(NamedTuple):
    """The visits of one run (columns `COLUMNS`), its facts, and what is left out because it is damaged."""

    table: pa.Table
    facts: Observed
    left_out: tuple[str, ...] = ()


def visits_of(run: StoredRun, suites: Mapping[str, LoadedSuite]) -> Visits:
    """What history and planning need of one run.

    Kept beside the run until it changes, as `mark` sees it, or one of its suites does.
    """
    state = mark(run.folder)
    key = hashlib.sha256("\0".join([_VERSION, repr(state), *digests(run.info, suites)]).encode()).hexdigest()[:24]
    table = cache.read_table(run, key, _KIND)
    if table is None:
        facts = observed(run)
        loaded = load_samples([run], suites)
        lost = tuple(f"{run.info.run_id}: {one.message}" for one in loaded.problems if one.damaged)
        table = _table(loaded.frame).replace_schema_metadata({_FACTS: json.dumps(facts).encode()})
        if settled(state) and not lost:
            cache.write_table(run, key, table, _KIND)
        return Visits(table.replace_schema_metadata(None), facts, lost)
    found: Observed = json.loads((table.schema.metadata or {}).get(_FACTS, b"{}"))
    return Visits(table.replace_schema_metadata(None), found)


def settled(state: Mark) -> bool:
    """Whether a run has been left alone for long enough that another change would show in its mark."""
    return max(moment for _, moment in state) < time.time_ns() - _SETTLED_NS


def mark(folder: Path) -> Mark:
    """What changes when something is added to the run in `folder`: size and time (ns) of what then changes.

    The record, the folder of trials, and the events, of which every published attempt adds one. An attempt that
    somebody edits or deletes by hand is not seen, unlike in the cache of samples: history is not worth a `stat` for
    each of a hundred thousand trials.
    """
    states = []
    for name in ("run.json", "trials", "events.jsonl"):
        try:
            state = (folder / name).stat()
            states.append((state.st_size, state.st_mtime_ns))
        except OSError:
            states.append((0, 0))
    return tuple(states)


def _table(samples: pd.DataFrame) -> pa.Table:
    """Reduce the samples of one run; what cannot be compared as a ratio is left out, as it is in comparisons."""
    import pyarrow as pa

    value = samples["value"].to_numpy(np.float64)
    count = (samples["scale"] == "count").to_numpy()
    tainted = samples["flags"].astype(str).str.contains(TAINTED, regex=False).to_numpy()
    good = (unusable(value, count, tainted) < 0) & ~count
    frame = samples[good]
    units = frame["unit"].astype("category")
    factors, bases = base_units([str(name) for name in units.cat.categories])
    code = units.cat.codes.to_numpy()
    sizes = {str(text): _size(str(text)) for text in frame["labels"].unique()}
    frame = frame.assign(
        base=np.array(bases, dtype=object)[code],
        size=frame["labels"].astype(str).map(sizes).astype("category"),
        x=np.log(value[good]) + np.log(factors)[code],
        time=_seconds(frame["started_at"]),
        run=(frame["campaign"].astype(str) + "/" + frame["run"].astype(str)).astype("category"),
    )
    names = ["campaign", "tag", "run", *UNIT]
    found = (
        frame.groupby(names, observed=True, sort=True)
        .agg(
            **{name: (name, "first") for name in ("title", "kind", "margin", "headline", "detail")},
            level=("x", "median"),
            variance=("x", "var"),
            count=("x", "size"),
            time=("time", "mean"),
        )
        .reset_index()
    )
    text = pa.dictionary(pa.int32(), pa.string())
    columns: dict[str, Any] = {
        name: pa.array(found[name].astype(str), pa.string()).dictionary_encode().cast(text) for name in TEXT
    }
    types = {"headline": pa.bool_(), "detail": pa.bool_(), "count": pa.int64()}
    for name in COLUMNS[len(TEXT) :]:
        columns[name] = pa.array(found[name].to_numpy(), types.get(name, pa.float64()))
    return pa.table(columns)


def _size(labels: str) -> str:
    """The label `size` of a target, "" without."""
    return str(json.loads(labels or "{}").get("size", ""))


def _seconds(times: pd.Series) -> np.ndarray[Any, np.dtype[np.float64]]:
    micros = times.dt.as_unit("us").astype("int64").to_numpy().astype(np.float64)
    return np.where(times.isna().to_numpy(), np.nan, micros / 1e6)
