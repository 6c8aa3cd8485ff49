"""Metrics that a suite keeps as details: stored, parsed and exported, but compared only when the campaign names them.

A tool may print twenty numbers about one thing; comparing all of them costs those that matter their power (§7).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bench.analyse.keys import matches_any
from bench.analyse.result import MetricKey

if TYPE_CHECKING:
    import pandas as pd

_NAMES = ["suite", "case", "metric", "part"]


def without_details(samples: pd.DataFrame, primary: Iterable[str]) -> tuple[pd.DataFrame, int]:
    """The samples to compare, and how many metrics were set aside; `primary` patterns bring a detail back."""
    if "detail" not in samples.columns or not samples["detail"].any():
        return samples, 0
    patterns = tuple(primary)
    names = [name for name in _NAMES if name in samples.columns]
    aside = samples["detail"].to_numpy(dtype=bool).copy()
    groups = samples.loc[aside, names].drop_duplicates()
    wanted = []
    for row in groups.to_dict("records"):
        suite, case, metric, part = (str(row.get(name, "")) for name in ("suite", "case", "metric", "part"))
        key = MetricKey(suite, case, metric, part, params=())
        if matches_any(patterns, key):
            wanted.append(tuple(row[name] for name in names))
    if wanted:
        found = samples[names].astype(str).agg("\0".join, axis=1)
        aside &= ~found.isin(["\0".join(map(str, row)) for row in wanted]).to_numpy()
    return samples[~aside], len(groups) - len(wanted)
