"""Which points belong into which picture? Every sample of a metric by phase and session, ready to be drawn.

Values of one target are drawn in the metric's unit. Those of several targets are drawn in per cent of each target's
own level in its first phase (the geometric mean of its session medians), so that machines of different size share one
picture; counts and values that are not positive stay as they are. Every value is in the picture: those that would
press all others into a line lie at the edge of the axis, and values that do not count (tainted) are marked as such.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from bench.analyse.result import MetricKey
from bench.analyse.transform import TAINTED
from bench.report.numbers import shown_unit
from bench.units import convert

if TYPE_CHECKING:
    import pandas as pd

MOST_POINTS, MOST_MEDIANS = 400, 800
"""Points in one picture; where there are more, the median of each target and session is drawn instead, and where these
are too many, every 5th percentile of the targets' medians in each session."""
_KEPT = 21
_FENCE, _MOST_BEYOND, _WORTH = 1.5, 0.2, 0.5
"""Values are at the edge that lie further outside the quartiles of all sessions than `_FENCE` times what is usual (the
widest interquartile range of a session, or how far medians are apart), where they are at most this share of all and the
axis becomes at most `_WORTH` as long."""


@dataclass(frozen=True, slots=True)
class SessionPoints:
    """The values of one session of one phase, and their median (None: none counts). tainted: values that do not."""

    session: int
    values: tuple[float, ...]
    median: float | None
    tainted: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class PhasePoints:
    """The sessions of one phase, in order; `colour` is the number of the phase."""

    tag: str
    colour: int
    sessions: tuple[SessionPoints, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """One picture. unit: of all values ("%" of each target's own first level when `relative`).

    points: values that count; tainted: those that do not. axis: from the least to the greatest value that is drawn in
    its place; beyond: values that lie outside, rising.
    """

    phases: tuple[PhasePoints, ...]
    unit: str
    relative: bool
    targets: tuple[str, ...]
    points: int
    medians_only: bool
    percentiles_only: bool
    tainted: int
    axis: tuple[float, float]
    beyond: tuple[float, ...]


Values = dict[str, dict[tuple[str, int], list[float]]]
"""target → (tag, session) → values."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The values of one metric in one unit, those that count and those that do not."""

    unit: str
    counted: Values
    tainted: Values


def strips(samples: pd.DataFrame, tags: tuple[str, ...]) -> dict[MetricKey, Strip]:
    """A strip for every metric in `samples`; sample rows of other tags than `tags` are not drawn."""
    columns = ["suite", "case", "metric", "part", "params", "unit", "tag", "session", "target", "value"]
    flags = samples["flags"].astype("str") if "flags" in samples.columns else [""] * len(samples)
    found: dict[MetricKey, _Found] = {}
    keys: dict[tuple[str, ...], MetricKey] = {}
    for row, flag in zip(samples[columns].itertuples(index=False, name=None), flags, strict=True):
        *head, unit, tag, session, target, value = row
        names = tuple(str(item) for item in head)
        if tag not in tags or not math.isfinite(value):
            continue
        key = keys.get(names) or keys.setdefault(
            names, MetricKey(names[0], names[1], names[2], names[3], _params(names[4]))
        )
        mine = found.setdefault(key, _Found(str(unit), {}, {}))
        number = float(value) if unit == mine.unit else _converted(float(value), str(unit), mine.unit)
        if number is not None:
            values = mine.tainted if TAINTED in flag.split(",") else mine.counted
            values.setdefault(str(target), {}).setdefault((str(tag), int(session)), []).append(number)
    return {key: _strip(one, tags) for key, one in found.items()}


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


def _strip(found: _Found, tags: tuple[str, ...]) -> Strip:
    counted, tainted = found.counted, found.tainted
    every, out = _every(counted), _every(tainted)
    relative = len(counted | tainted) > 1 and min([*every, *out]) > 0
    if relative:
        shares = {target: 100 / _level(counted.get(target) or tainted[target], tags) for target in counted | tainted}
        name = "%"
    else:
        shown = shown_unit([*every, *out], found.unit)
        shares, name = dict.fromkeys(counted | tainted, shown.factor), shown.name
    medians_only = len(every) > MOST_POINTS
    phases: list[PhasePoints] = []
    for colour, tag in enumerate(tags):
        cells = [cell for values in (counted, tainted) for some in values.values() for cell in some]
        sessions = sorted({session for one, session in cells if one == tag})
        points = tuple(_session(found, (tag, session), shares, medians_only) for session in sessions)
        if points:
            phases.append(PhasePoints(tag, colour, points))
    drawn = sum(len(session.values) for phase in phases for session in phase.sessions)
    if crowded := drawn > MOST_MEDIANS:
        phases = [replace(phase, sessions=tuple(map(_percentiles, phase.sessions))) for phase in phases]
    low, high, beyond = _axis([session for phase in phases for session in phase.sessions])
    targets = tuple(sorted(counted | tainted))
    return Strip(
        phases=tuple(phases),
        unit=name,
        relative=relative,
        targets=targets,
        points=len(every),
        medians_only=medians_only,
        percentiles_only=crowded,
        tainted=len(out),
        axis=(low, high),
        beyond=tuple(beyond),
    )


def _every(values: Values) -> list[float]:
    return [value for cells in values.values() for some in cells.values() for value in some]


def _session(found: _Found, cell: tuple[str, int], shares: Mapping[str, float], medians_only: bool) -> SessionPoints:
    drawn: list[float] = []
    for target in sorted(found.counted):
        some = [value * shares[target] for value in found.counted[target].get(cell, [])]
        drawn += [median(some)] if some and medians_only else some
    out = [value * shares[target] for target in sorted(found.tainted) for value in found.tainted[target].get(cell, [])]
    return SessionPoints(cell[1], tuple(drawn), median(drawn) if drawn else None, tuple(out))


def _percentiles(session: SessionPoints) -> SessionPoints:
    """A session by its extremes and every 5th percentile; its median stays that of all values."""

    def few(values: tuple[float, ...]) -> tuple[float, ...]:
        if len(values) <= _KEPT:
            return values
        return (min(values), *quantiles(values, n=_KEPT - 1, method="inclusive"), max(values))

    return replace(session, values=few(session.values), tainted=few(session.tainted))


def _axis(sessions: list[SessionPoints]) -> tuple[float, float, list[float]]:
    """From, to, and what lies outside: nothing, unless a few values would press all others into a line."""
    values = sorted(value for one in sessions for value in (*one.values, *one.tainted))
    medians = [one.median for one in sessions if one.median is not None]
    whole: tuple[float, float, list[float]] = (values[0], values[-1], [])
    if not medians:
        return whole
    quarters = [quantiles(one.values, n=4, method="inclusive") for one in sessions if len(one.values) > 1]
    low, high = min([*(one[0] for one in quarters), *medians]), max([*(one[2] for one in quarters), *medians])
    room = _FENCE * max([high_ - low_ for low_, _, high_ in quarters] + [max(medians) - min(medians)])
    inside = [value for value in values if low - room <= value <= high + room]
    least, most = min([*inside, *medians]), max([*inside, *medians])
    beyond = [value for value in values if not least <= value <= most]
    if len(beyond) > _MOST_BEYOND * len(values) or most - least > _WORTH * (values[-1] - values[0]) or most == least:
        return whole
    return least, most, beyond


def _level(cells: Mapping[tuple[str, int], list[float]], tags: tuple[str, ...]) -> float:
    """The level of a target in the first phase in which it was measured."""
    first = min((tags.index(tag) for tag, _ in cells), default=0)
    medians = [median(some) for (tag, _), some in sorted(cells.items()) if tag == tags[first]]
    return math.exp(sum(math.log(value) for value in medians) / len(medians))
