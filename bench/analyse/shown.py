"""How what was computed is shown: levels in the metric's own unit, absent numbers as None, parameters that differ."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bench.analyse.estimate import Estimates, Rule
from bench.analyse.levels import Levels, Sessions
from bench.analyse.result import TauUsed
from bench.analyse.table import Rows
from bench.analyse.transform import Floats
from bench.model import Params
from bench.words import joined, say


def shown_levels(rows: Rows, levels: Levels, cells: Sessions, sign: Floats, counted: NDArray[np.bool_]) -> Floats:
    """Per unit of work and tag, its level in the metric's unit: e^mean of logs, or events per value."""
    factor = np.array([info.factor for info in rows.keys])[rows.unit_key][:, None]
    shown = np.exp(sign[rows.unit_key][:, None] * levels.level) / factor
    place = cells.unit * 2 + cells.tag
    events = np.bincount(place, cells.total, levels.level.size).reshape(levels.level.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = events / levels.values / factor
    result: Floats = np.where(counted[rows.unit_key][:, None], rate, shown)
    return result


def finite(value: float) -> float | None:
    """A finite number as it is; NaN and infinity as absent."""
    return float(value) if math.isfinite(value) else None


def optional(values: Floats) -> list[float | None]:
    """Finite numbers as they are; NaN and infinity as absent."""
    return [one if math.isfinite(one) else None for one in values.tolist()]


def twelve_digits(values: Floats) -> Floats:
    """Levels to twelve digits: the way through the logarithm costs the last ones, and 742 must stay 742."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        digits = 11 - np.floor(np.log10(np.abs(values)))
        small = digits > 0  # 10 to a negative power is not exact, so one of two ways is taken
        scale = 10.0 ** np.abs(digits)
        rounded = np.where(small, np.round(values * scale) / scale, np.round(values / scale) * scale)
    return np.where(np.isfinite(rounded), rounded, values)


def other_params(rows: Rows) -> dict[int, str]:
    """For metrics that exist with several parameter sets: how the others differ from it, in words."""
    alike: dict[tuple[str, str, str, str], list[int]] = {}
    for index, info in enumerate(rows.keys):
        key = info.key
        alike.setdefault((key.suite, key.case, key.metric, key.part), []).append(index)
    return {
        index: joined(
            (_difference(rows.keys[index].key.params, rows.keys[one].key.params) for one in same if one != index),
            "semicolon",
        )
        for same in alike.values()
        if len(same) > 1
        for index in same
    }


def _difference(mine: Params, other: Params) -> str:
    here, there = dict(mine), dict(other)
    changed = [name for name in sorted(here.keys() | there.keys()) if here.get(name) != there.get(name)]
    if not changed:
        return say("params.unit")
    absent = say("params.absent")
    return joined(
        say("params.change", name=name, before=here.get(name, absent), after=there.get(name, absent))
        for name in changed
    )


def taus(estimates: Estimates, known: NDArray[np.bool_]) -> list[TauUsed | None]:
    """The τ of every pool whose interval rests on sessions; `known`: pools that have an interval of this kind."""
    used = (estimates.rule == Rule.SESSIONS) & known
    values = zip(used.tolist(), np.sqrt(estimates.tau2).tolist(), estimates.tau_pairs.tolist(), strict=True)
    made: dict[tuple[float, int], TauUsed] = {}
    return [made.setdefault((sd, pairs), TauUsed(sd, pairs)) if yes else None for yes, sd, pairs in values]
