"""What else do raw files say of a few trials? Parsed again, hash-checked, and kept beside the run.

The table of samples has one number per metric. What a tool printed over time and how its latencies were spread is read
when it is drawn, and only of the trials that are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.analyse import cache
from bench.analyse.result import MetricKey
from bench.analyse.samples import ARROW, digests
from bench.analyse.transform import TAINTED
from bench.config.catalogue import LoadedSuite
from bench.errors import BenchError
from bench.model import Distribution, Parsed, Series
from bench.store import StoredRun

if TYPE_CHECKING:
    import pandas as pd

_KIND = "curves"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One attempt that is to be read again. target: its name in the table of samples."""

    run: str
    tag: str
    session: int
    target: str
    repetition: int
    attempt: int
    trial_id: str


@dataclass(frozen=True, slots=True)
class Reread:
    """What the raw files of one attempt say beside its values."""

    series: tuple[Series, ...] = ()
    distributions: tuple[Distribution, ...] = ()


class Rows:
    """The samples that count, found by metric; rows are looked up once for all charts."""

    def __init__(self, frame: pd.DataFrame, runs: Sequence[StoredRun]) -> None:
        """frame: the table of samples. runs: those that may be read again."""
        self._trials = {
            (
                run.info.run_id,
                ARROW.join(one.targets),
                one.suite,
                one.case,
                _params(dict(one.params)),
                one.repetition,
            ): (one.trial_id)
            for run in runs
            for one in run.info.plan
        }
        self._frame = frame

    def of(self, key: MetricKey) -> dict[str, dict[str, dict[int, list[tuple[float, Chosen]]]]]:
        """By target, tag and session: (value, attempt) of one metric, without what is tainted."""
        frame, params = self._frame, _params(dict(key.params))
        here = (
            (frame["suite"] == key.suite)
            & (frame["case"] == key.case)
            & (frame["metric"] == key.metric)
            & (frame["part"] == key.part)
            & (frame["params"] == params)
        )
        columns = ["target", "tag", "session", "run", "repetition", "attempt", "value", "flags"]
        found: dict[str, dict[str, dict[int, list[tuple[float, Chosen]]]]] = {}
        for target, tag, session, run, repetition, attempt, value, flags in frame.loc[
            here.to_numpy(), columns
        ].itertuples(index=False, name=None):
            trial = self._trials.get((run, target, key.suite, key.case, params, repetition))
            if trial is not None and TAINTED not in str(flags).split(","):
                one = Chosen(run, tag, int(session), target, int(repetition), int(attempt), trial)
                found.setdefault(target, {}).setdefault(tag, {}).setdefault(int(session), []).append((value, one))
        return found


def middle(some: Iterable[tuple[float, Chosen]]) -> tuple[float, Chosen]:
    """The one whose value is the (lower) median of all."""
    ordered = sorted(some, key=lambda pair: (pair[0], pair[1].run, pair[1].repetition, pair[1].attempt))
    return ordered[(len(ordered) - 1) // 2]


def reread(
    chosen: Iterable[Chosen], runs: Sequence[StoredRun], suites: Mapping[str, LoadedSuite]
) -> dict[Chosen, Reread]:
    """What each of `chosen` says; one whose files are damaged or not understood is absent (samples said so already)."""
    by_run = {run.info.run_id: run for run in runs}
    wanted: dict[str, list[Chosen]] = {}
    for one in dict.fromkeys(chosen):
        wanted.setdefault(one.run, []).append(one)
    found: dict[Chosen, Reread] = {}
    for name, some in wanted.items():
        run = by_run[name]
        key = cache.run_key(run, digests(run.info, suites))
        kept = cache.read_json(run, _KIND, key)
        known: dict[str, Any] = kept if isinstance(kept, dict) else {}
        missing = [one for one in some if _name(one) not in known]
        if missing:
            known |= _parse(run, missing, suites)
            cache.write_json(run, _KIND, key, known)
        for one in some:
            if (said := _decoded(known.get(_name(one)))) is not None:
                found[one] = said
    return found


def _name(one: Chosen) -> str:
    return f"{one.trial_id}/{one.attempt}"


def _params(params: Mapping[str, Any]) -> str:
    """Parameters as the table of samples writes them."""
    return json.dumps(params, sort_keys=True)


def _parse(run: StoredRun, chosen: Sequence[Chosen], suites: Mapping[str, LoadedSuite]) -> dict[str, Any]:
    """The raw files of some attempts of a run; what cannot be read stays out, so that it is tried again."""
    found: dict[str, Any] = {}
    for one in chosen:
        try:
            stored = run.attempt(one.trial_id, one.attempt)
            parse = suites[stored.record.trial.suite].parse
            parsed = [parse(stored.read(path), path) for path in stored.record.results]
        except (BenchError, KeyError):
            continue
        except Exception:  # noqa: BLE001,S112  # a suite is foreign code: reading the samples has told of its crash
            continue
        found[_name(one)] = _encoded(parsed)
    return found


def _encoded(parsed: Sequence[Parsed]) -> list[Any]:
    return [
        [[one.metric, one.unit, one.part, one.points] for each in parsed for one in each.series],
        [
            [one.metric, one.title, one.unit, one.part, one.count, one.points]
            for each in parsed
            for one in each.distributions
        ],
    ]


def _decoded(data: Any) -> Reread | None:
    if data is None:
        return None
    series, distributions = data
    return Reread(
        tuple(Series(metric, unit, _points(points), part) for metric, unit, part, points in series),
        tuple(
            Distribution(metric, title, unit, _points(points), part, count)
            for metric, title, unit, part, count, points in distributions
        ),
    )


def _points(data: Iterable[Iterable[float]]) -> tuple[tuple[float, float], ...]:
    return tuple((x, y) for x, y in data)
