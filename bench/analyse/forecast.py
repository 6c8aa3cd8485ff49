"""Which earlier sessions speak of a planned campaign, and what they say of each metric that decides it.

Asked first: earlier sessions of the same campaign. Where it has none of a metric: those of other campaigns, of the
same metric with the same parameters, on targets of the same size or name. What nobody measured is said to be unknown.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from bench.analyse.asked import Asked, Forecast
from bench.analyse.keys import matches, matches_any
from bench.analyse.past.history import History, MetricName
from bench.analyse.past.visits import NAME
from bench.analyse.planning import Design, Prospect, noise_of, prospect
from bench.analyse.result import MetricKey
from bench.analyse.samples import ARROW
from bench.analyse.table import json_pairs
from bench.analyse.verdict import ALPHA, MARGINS
from bench.model import Kind

if TYPE_CHECKING:
    import pandas as pd


def forecast(visits: pd.DataFrame | None, asked: Asked, history: History) -> Forecast:
    """Judge the design by what was seen. visits: of every run that may speak of it, None where there is none."""
    found = {} if visits is None else _fitting(visits, asked)
    unknown = _unknown(found, asked)
    alpha = ALPHA / max(len(found) + len(unknown), 1) if asked.primary else ALPHA
    prospects: list[Prospect] = []
    own: set[MetricName] = set()
    for name, rows in sorted(found.items(), key=lambda one: one[0].place()):
        mine = rows[rows["campaign"] == asked.campaign]
        if len(mine):
            own.add(name)
        seen = mine if len(mine) else rows
        design = Design(
            *(asked.targets(name.key.suite), asked.sessions, asked.repetitions(name.key.suite), alpha, asked.eta_s)
        )
        if design.targets:
            margin = _margin(seen, name.key, asked)
            prospects.append(prospect(noise_of(seen, name), margin, design, history, sorted(asked.sizes)))
    return Forecast(tuple(prospects), frozenset(own), unknown, alpha)


def _fitting(visits: pd.DataFrame, asked: Asked) -> dict[MetricName, pd.DataFrame]:
    """The visits of each metric that decides: the primary ones, or those that speak for their suite."""
    near = (
        (visits["campaign"] == asked.campaign).to_numpy()
        | visits["target"].astype(str).isin({ARROW.join(trial.targets) for trial in asked.trials}).to_numpy()
        | visits["size"].astype(str).isin(asked.sizes).to_numpy()
    )
    cases = {(one.suite, one.case, json.dumps(dict(one.params), sort_keys=True)) for one in asked.trials}
    places = zip(*(visits[one].astype(str) for one in ("suite", "case", "params")), strict=True)
    planned = np.fromiter((place in cases for place in places), dtype=np.bool_, count=len(visits))
    found: dict[MetricName, pd.DataFrame] = {}
    for values, rows in visits[near & planned].groupby(list(NAME), observed=True, sort=False):
        suite, case, metric, part, params, base = map(str, values)
        key = MetricKey(suite, case, metric, part, json_pairs(params, "params"))
        if matches_any(asked.primary, key) if asked.primary else bool(rows["headline"].iloc[0]):
            found[MetricName(key, base)] = rows
    return found


def _margin(rows: pd.DataFrame, key: MetricKey, asked: Asked) -> float:
    """The campaign's margin, else the metric's own, else that of its kind; a ratio."""
    for pattern, margin in asked.margins:
        if matches(pattern, key):
            return margin
    own = float(rows["margin"].iloc[0])
    return MARGINS[Kind(str(rows["kind"].iloc[0]))] if math.isnan(own) else own


def _unknown(found: Iterable[MetricName], asked: Asked) -> tuple[str, ...]:
    keys = [name.key for name in found]
    if asked.primary:
        return tuple(one for one in asked.primary if not any(matches(one, key) for key in keys))
    seen = {key.suite for key in keys}
    return tuple(sorted(asked.suites - seen))
