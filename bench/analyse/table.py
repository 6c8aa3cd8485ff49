"""From the tidy table to numbered arrays: which rows can be compared, which metric and target each belongs to.

A metric's identity is suite, case, metric, part and parameters; also its base unit, direction and scale, so that
values which do not convert never meet. Names are numbered in alphabetical order: the order of rows changes nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.analyse.result import Excluded, MetricKey
from bench.analyse.transform import CAUSES, TAINTED, Floats, Ints, base_units, unusable
from bench.errors import AnalysisError
from bench.model import Better, Kind, Pairs, Scale, pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

REQUIRED = ("tag", "target", "suite", "metric", "unit", "better", "kind", "value")
DEFAULTS: dict[str, object] = {
    "campaign": "",
    "case": "",
    "part": "",
    "params": "{}",
    "labels": "{}",
    "tool_digest": "",
    "scale": "ratio",
    "margin": np.nan,
    "headline": False,
    "repetition": np.nan,
    "started_at": pd.NaT,
}
"""What a missing column counts as; `run` falls back on `session`, `title` on `metric`."""


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What is known about one metric; `factor` converts `unit` (shown) to its base; `margin` NaN: the kind's."""

    key: MetricKey
    title: str
    unit: str
    factor: float
    better: Better
    kind: Kind
    scale: Scale
    margin: float
    headline: bool


@dataclass(frozen=True, slots=True)
class TargetInfo:
    """A target or pair: its name, the machines in it, and the labels of the first of them."""

    name: str
    machines: tuple[str, ...]
    labels: Pairs


@dataclass(frozen=True, slots=True)
class Rows:
    """Usable values of two tags as parallel arrays. `unit` numbers (metric, target) pairs: a unit of work.

    tag: 0 before, 1 after. factor: of the value's unit. time: seconds since 1970, NaN unknown. repetition: its number
    within the run, −1 unknown. unit_key, unit_target: which metric and target a unit of work is. tools: per unit of
    work, the digests of the tool before and after where both are known and they differ.
    """

    value: Floats
    factor: Floats
    unit: Ints
    tag: Ints
    run: Ints
    time: Floats
    repetition: Ints
    keys: tuple[KeyInfo, ...]
    targets: tuple[TargetInfo, ...]
    unit_key: Ints
    unit_target: Ints
    tools: dict[int, tuple[str, str]]
    excluded: tuple[Excluded, ...]


def rows_of(samples: pd.DataFrame, before: str, after: str) -> Rows:
    """The comparable rows of two tags; AnalysisError when a column or a tag is missing."""
    table = _Table(samples, before, after)
    is_count = table.codes("scale", ("count", "ratio"))[0] == 0
    value = table.numbers("value")
    flags, names = table.codes("flags")
    tainted = np.array([TAINTED in name.split(",") for name in names], dtype=np.bool_)
    cause = unusable(value, is_count, tainted[flags])
    excluded = table.excluded(cause)
    table.keep(cause < 0)
    key, keys = _keys(table)
    target, targets = _targets(table)
    code, uniques = pd.factorize(key * max(len(targets), 1) + target, sort=True)
    unit_key, unit_target = np.divmod(uniques.astype(np.int64), max(len(targets), 1))
    units, unit_names = table.codes("unit")
    return Rows(
        value=value[cause < 0],
        factor=base_units(unit_names)[0][units],
        unit=code.astype(np.int64),
        tag=(table.codes("tag", (before, after))[0]).astype(np.int64),
        run=table.combined("campaign", "run")[0],
        time=table.seconds(),
        repetition=np.nan_to_num(table.numbers("repetition"), nan=-1.0, posinf=-1.0, neginf=-1.0).astype(np.int64),
        keys=keys,
        targets=targets,
        unit_key=unit_key,
        unit_target=unit_target,
        tools=_tools(table, code.astype(np.int64), (before, after)),
        excluded=excluded,
    )


class _Table:
    """A view of some rows of the samples whose columns are read as numbers once."""

    def __init__(self, samples: pd.DataFrame, before: str, after: str) -> None:
        absent = [name for name in REQUIRED if name not in samples.columns]
        if absent:
            raise AnalysisError(
                f"the samples lack the columns {', '.join(absent)}", remedy="Use the table that bench.load_runs gives"
            )
        known = sorted({str(tag) for tag in samples["tag"].unique()})
        for tag in (before, after):
            if tag not in known:
                raise AnalysisError(
                    f"there are no samples of tag {tag!r}",
                    remedy=f"Tags with samples: {', '.join(known) or 'none'}",
                )
        if before == after:
            raise AnalysisError(f"cannot compare {before!r} with itself", remedy="Name two different tags")
        self._samples = samples
        self._index = np.flatnonzero(samples["tag"].isin([before, after]).to_numpy())

    def keep(self, mask: NDArray[np.bool_]) -> None:
        self._index = self._index[mask]

    def _column(self, name: str) -> pd.Series:
        if name in self._samples.columns:
            return self._samples[name]
        fallback = {"run": "session", "title": "metric"}.get(name)
        if fallback is not None and fallback in self._samples.columns:
            return self._samples[fallback]
        return pd.Series([DEFAULTS.get(name, "")] * len(self._samples), index=self._samples.index)

    def numbers(self, name: str) -> Floats:
        return pd.to_numeric(self._column(name), errors="coerce").to_numpy(np.float64, na_value=np.nan)[self._index]

    def codes(self, name: str, order: Sequence[str] | None = None) -> tuple[Ints, list[str]]:
        """Numbers and the names they stand for: in alphabetical order, or in `order`. Missing counts as ""."""
        column = self._column(name)
        if not isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype("category")
        names = ["", *(str(one) for one in column.cat.categories)]
        codes = column.cat.codes.to_numpy()[self._index].astype(np.int64) + 1
        used = np.flatnonzero(np.bincount(codes, minlength=len(names)))
        wanted = sorted({names[one] for one in used}) if order is None else list(order)
        place = {name: index for index, name in enumerate(wanted)}
        lookup = np.array([place.get(one, 0) for one in names], dtype=np.int64)
        return lookup[codes], wanted

    def combined(self, *columns: str) -> tuple[Ints, Ints]:
        """One number per combination of the columns, in the order of their names; and the first row of each."""
        code = np.zeros(len(self._index), dtype=np.int64)
        size = 1
        for name in columns:
            codes, names = self.codes(name)
            if size * max(len(names), 1) >= 2**62:
                code, size = pd.factorize(code, sort=True)[0].astype(np.int64), len(code)
            code, size = code * max(len(names), 1) + codes, size * max(len(names), 1)
        code = pd.factorize(code, sort=True)[0].astype(np.int64)
        first = np.zeros(int(code.max(initial=-1)) + 1, dtype=np.int64)
        first[code[::-1]] = np.arange(len(code))[::-1]
        return code, first

    def seconds(self) -> Floats:
        if "started_at" not in self._samples.columns:
            return np.full(len(self._index), np.nan)
        times = pd.to_datetime(self._samples["started_at"], utc=True, errors="coerce").dt.as_unit("us")
        micros = times.astype("int64").to_numpy()[self._index].astype(np.float64)
        return np.where(times.isna().to_numpy()[self._index], np.nan, micros / 1e6)

    def excluded(self, cause: NDArray[np.int8]) -> tuple[Excluded, ...]:
        """How many values cannot be compared, by metric and cause."""
        bad = self._samples.iloc[self._index[cause >= 0]]
        names = bad["suite"].astype(str) + "/" + bad["metric"].astype(str)
        counts = pd.Series(1, index=range(len(bad))).groupby([names.to_numpy(), cause[cause >= 0]]).sum()
        return tuple(
            Excluded(str(what), CAUSES[int(index)], int(count))
            for (what, index), count in cast("list[tuple[tuple[str, int], int]]", list(counts.items()))
        )


_IDENTITY = ("suite", "case", "metric", "part", "params")


def _keys(table: _Table) -> tuple[Ints, tuple[KeyInfo, ...]]:
    units, unit_names = table.codes("unit")
    factors, bases = base_units(unit_names)
    order = {base: index for index, base in enumerate(sorted(set(bases)))}
    base = np.array([order[one] for one in bases], dtype=np.int64)[units] if unit_names else units
    code, _ = table.combined(*_IDENTITY, "better", "scale")
    code = pd.factorize(code * max(len(order), 1) + base, sort=True)[0].astype(np.int64)
    count = int(code.max(initial=-1)) + 1
    first = np.zeros(count, dtype=np.int64)
    first[code[::-1]] = np.arange(len(code))[::-1]
    shown = np.full(count, len(unit_names), dtype=np.int64)
    np.minimum.at(shown, code, units)
    text = {}
    for name in (*_IDENTITY, "title", "better", "kind", "scale"):
        codes, names = table.codes(name)
        text[name] = [names[one] for one in codes[first]]
    margins, headlines = table.numbers("margin")[first], table.numbers("headline")[first]
    infos: list[KeyInfo] = []
    for i in range(count):
        params = json_pairs(text["params"][i], "params")
        key = MetricKey(text["suite"][i], text["case"][i], text["metric"][i], text["part"][i], params)
        unit = int(shown[i])
        try:
            directions = (Better(text["better"][i]), Kind(text["kind"][i]), Scale(text["scale"][i]))
        except ValueError as error:
            raise AnalysisError(f"{key.suite}/{key.metric} has an unknown direction, kind or scale ({error})") from None
        infos.append(
            KeyInfo(
                key,
                text["title"][i] or key.metric,
                unit_names[unit],
                float(factors[unit]),
                *directions,
                float(margins[i]),
                bool(headlines[i]),
            )
        )
    return code, tuple(infos)


def _targets(table: _Table) -> tuple[Ints, tuple[TargetInfo, ...]]:
    codes, names = table.codes("target")
    labels, label_names = table.codes("labels")
    by_target: dict[int, str] = {}
    for pair in np.unique(codes * max(len(label_names), 1) + labels):
        by_target[int(pair) // len(label_names)] = label_names[int(pair) % len(label_names)]
    return codes, tuple(
        TargetInfo(name, machines_of(name), json_pairs(by_target.get(index, ""), "labels"))
        for index, name in enumerate(names)
    )


def json_pairs(text: str, column: str) -> tuple[tuple[str, Any], ...]:
    """A JSON object of scalars as sorted pairs; anything deeper stays JSON text."""
    try:
        found = json.loads(text or "{}").items()
    except (ValueError, AttributeError):
        raise AnalysisError(
            f"{text!r} in the column {column!r} is not a JSON object", remedy="Use the table that bench.load_runs gives"
        ) from None
    return pairs({name: json.dumps(value) if isinstance(value, list | dict) else value for name, value in found})


def machines_of(target: str) -> tuple[str, ...]:
    """The machines in a target's name: itself, or sender and receiver of a pair "a → b"."""
    return tuple(part.strip() for part in target.split("→"))


def _tools(table: _Table, unit: Ints, tags: tuple[str, str]) -> dict[int, tuple[str, str]]:
    """Units of work whose tool is not the same in all values of both tags, with what is known of it."""
    digest, names = table.codes("tool_digest")
    if len([name for name in names if name]) < 2:
        return {}
    tag, _ = table.codes("tag", tags)
    seen: dict[int, tuple[set[str], set[str]]] = {}
    for code in np.unique((unit * 2 + tag) * len(names) + digest):
        place, name = divmod(int(code), len(names))
        if names[name]:
            seen.setdefault(place // 2, (set(), set()))[place % 2].add(names[name])
    return {
        one: (", ".join(sorted(a)), ", ".join(sorted(b))) for one, (a, b) in seen.items() if a and b and len(a | b) > 1
    }
