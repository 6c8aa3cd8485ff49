"""Which points belong into which picture? Every sample of a metric by phase and session, ready to be drawn.

Values of one target are drawn in the metric's unit. Those of several targets are drawn in per cent of each target's
own level in its first phase (the geometric mean of its session medians), so that machines of different size share one
picture; counts and values that are not positive stay as they are.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.analyse.result import MetricKey
from bench.report.numbers import shown_unit
from bench.units import convert

if TYPE_CHECKING:
    import pandas as pd

MOST_POINTS = 400
"""Points in one picture; where there are more, the median of each target and session is drawn instead."""


@dataclass(frozen=True, slots=True)
class SessionPoints:
    """The values of one session of one phase, and their median."""

    session: int
    values: tuple[float, ...]
    median: float


@dataclass(frozen=True, slots=True)
class PhasePoints:
    """The sessions of one phase, in order; `colour` is the number of the phase."""

    tag: str
    colour: int
    sessions: tuple[SessionPoints, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """One picture. unit: of all values ("%" of each target's own first level when `relative`)."""

    phases: tuple[PhasePoints, ...]
    unit: str
    relative: bool
    targets: tuple[str, ...]
    points: int
    medians_only: bool


Values = dict[str, dict[tuple[str, int], list[float]]]
"""target → (tag, session) → values."""


def strips(samples: pd.DataFrame, tags: tuple[str, ...]) -> dict[MetricKey, Strip]:
    """A strip for every metric in `samples`; sample rows of other tags than `tags` are not drawn."""
    columns = ["suite", "case", "metric", "part", "params", "unit", "tag", "session", "target", "value"]
    found: dict[MetricKey, tuple[str, Values]] = {}
    keys: dict[tuple[str, ...], MetricKey] = {}
    for row in samples[columns].itertuples(index=False, name=None):
        *head, unit, tag, session, target, value = row
        names = tuple(str(item) for item in head)
        if tag not in tags or not math.isfinite(value):
            continue
        key = keys.get(names) or keys.setdefault(
            names, MetricKey(names[0], names[1], names[2], names[3], _params(names[4]))
        )
        first_unit, values = found.setdefault(key, (str(unit), {}))
        number = float(value) if unit == first_unit else _converted(float(value), str(unit), first_unit)
        if number is not None:
            values.setdefault(str(target), {}).setdefault((str(tag), int(session)), []).append(number)
    return {key: _strip(values, unit, tags) for key, (unit, values) in found.items()}


def _params(text: str) -> tuple[tuple[str, Any], ...]:
    """The parameters of a metric from their JSON (an object or a list of pairs)."""
    data = json.loads(text) if text else {}
    items = data.items() if isinstance(data, Mapping) else data
    return tuple(sorted((str(name), value) for name, value in items))


def _converted(value: float, source: str, wanted: str) -> float | None:
    try:
        return convert(value, source, wanted)
    except ValueError:
        return None


def _strip(values: Values, unit: str, tags: tuple[str, ...]) -> Strip:
    every = [value for cells in values.values() for some in cells.values() for value in some]
    relative = len(values) > 1 and min(every) > 0
    if relative:
        shares = {target: 100 / _level(cells, tags) for target, cells in values.items()}
        name = "%"
    else:
        shown = shown_unit(every, unit)
        shares, name = dict.fromkeys(values, shown.factor), shown.name
    medians_only = len(every) > MOST_POINTS
    phases: list[PhasePoints] = []
    for colour, tag in enumerate(tags):
        sessions = sorted({session for cells in values.values() for one, session in cells if one == tag})
        points = tuple(_session(values, tag, session, shares, medians_only) for session in sessions)
        if points:
            phases.append(PhasePoints(tag, colour, points))
    return Strip(tuple(phases), name, relative, tuple(sorted(values)), len(every), medians_only)


def _session(values: Values, tag: str, session: int, shares: Mapping[str, float], medians_only: bool) -> SessionPoints:
    drawn: list[float] = []
    for target in sorted(values):
        some = [value * shares[target] for value in values[target].get((tag, session), [])]
        drawn += [median(some)] if some and medians_only else some
    return SessionPoints(session, tuple(drawn), median(drawn))


def _level(cells: Mapping[tuple[str, int], list[float]], tags: tuple[str, ...]) -> float:
    """The level of a target in the first phase in which it was measured."""
    first = min((tags.index(tag) for tag, _ in cells), default=0)
    medians = [median(some) for (tag, _), some in sorted(cells.items()) if tag == tags[first]]
    return math.exp(sum(math.log(value) for value in medians) / len(medians))
