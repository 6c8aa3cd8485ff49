"""From stored runs to one tidy table: every value that every suite's parser finds in the raw files of `ok` attempts.

A file that cannot be parsed becomes a `Problem`, never a crash and never a silent gap. Parsed runs are kept as
Parquet beside the run (`bench.analyse.cache`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.analyse import cache
from bench.analyse.freezes import watched
from bench.analyse.switches import switches_in
from bench.analyse.taints import Taints
from bench.analyse.transform import TAINTED
from bench.config.catalogue import LoadedSuite
from bench.errors import BenchError, StoreError
from bench.model import Attempt, Measurement, Metric, Parsed, Run, Status
from bench.store import Damage, StoredAttempt, StoredRun
from bench.words import Said, from_plain, quoted, say, to_plain

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ARROW = " → "
"""Between the sender and the receiver in the name of a pair."""

TEXT_COLUMNS = (
    *("campaign", "tag", "run", "target", "suite", "case", "part", "metric", "title", "unit", "better", "kind"),
    *("scale", "params", "tool_digest", "labels", "flags"),
)
"""Columns of the table that are categorical strings; `flags` is a comma-separated list ("imported", "tainted")."""

COLUMNS = (*TEXT_COLUMNS, "session", "margin", "headline", "detail", "value", "repetition", "attempt", "started_at")
"""Every column of the table."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a stored trial that a reader must know: output that was not understood, or a parser's warning.

    message: a `bench.words.Said`. lost: True when values are missing because of it, False when it is only a warning.
    damaged: because what is stored is not what was published; `bench verify` names it too.
    """

    trial_id: str
    run: str
    message: str
    lost: bool = True
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class Loaded:
    """The tidy table and what could not be read.

    frame: columns `COLUMNS`, one row per value, `started_at` in UTC, `margin` NaN where the kind's default holds.
    """

    frame: pd.DataFrame
    problems: tuple[Problem, ...] = ()


def load_samples(runs: Iterable[StoredRun], suites: Mapping[str, LoadedSuite], *, use_cache: bool = True) -> Loaded:
    """All samples of `runs`. Only sound `ok` attempts count; what is damaged is a problem, and is not cached."""
    import pyarrow as pa

    tables: list[pa.Table] = []
    problems: list[Problem] = []
    for run in runs:
        taints = Taints.of(run)
        key = cache.run_key(run, (*digests(run.info, suites), taints.key)) if use_cache else ""
        table = cache.read_table(run, key) if use_cache else None
        found = _problems_of(table) if table is not None else None
        if table is None or found is None:
            rows, found = _parse_run(run, suites, taints)
            table = _with_problems(rows, found)
            if use_cache and not any(one.damaged for one in found):  # restoring a file changes no key
                cache.write_table(run, key, table)
        tables.append(table.replace_schema_metadata(None))
        problems.extend(found)
    return Loaded(_to_frame(pa.concat_tables(tables) if tables else _table([])), tuple(problems))


def _to_frame(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.unify_dictionaries().to_pandas()
    return frame


def digests(run: Run, suites: Mapping[str, LoadedSuite]) -> list[str]:
    """What the parsed values depend on beside the run itself: the code of the suites it may use."""
    used = {trial.suite for trial in run.plan} | {name for name, _ in run.suites}
    return [f"{name}={suite.digest}" for name, suite in sorted(suites.items()) if not used or name in used]


def _parse_run(
    run: StoredRun, suites: Mapping[str, LoadedSuite], taints: Taints
) -> tuple[list[dict[str, Any]], list[Problem]]:
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    labels = {target.name: json.dumps(dict(target.labels), sort_keys=True) for target in run.info.targets}
    unwatched: set[tuple[str, ...]] = set()
    survey = run.survey()
    problems += [Problem(one.trial, run.info.run_id, said(one, run), True, True) for one in survey.damage]
    switches = switches_in(run, survey)
    if taints.damaged:
        problems.append(Problem("", run.info.run_id, taints.damaged, lost=False, damaged=True))
    for stored in survey.attempts:
        record = stored.record
        if record.status is not Status.OK:
            continue
        said_of, damaged = taints.why(stored, switches)
        context = _context(run.info, record, labels, tainted=bool(said_of))
        if said_of:
            said_of = say("taint", target=ARROW.join(record.trial.targets), why=said_of)
            problems.append(Problem(record.trial.trial_id, run.info.run_id, said_of, lost=True))
        problems += [Problem(record.trial.trial_id, run.info.run_id, one, True, True) for one in damaged]
        if run.info.freeze_probe and not damaged and record.trial.targets not in unwatched and not watched(stored):
            unwatched.add(record.trial.targets)
            said_of = say("problem.unwatched", target=ARROW.join(record.trial.targets))
            problems.append(Problem(record.trial.trial_id, run.info.run_id, said_of, lost=False))
        for item in _parse_attempt(stored, suites):
            if isinstance(item, tuple):
                rows.append(context | _row(*item))
            else:
                problems.append(Problem(record.trial.trial_id, run.info.run_id, item.text, item.lost, item.damaged))
    return rows, problems


def said(item: Damage, run: StoredRun) -> Said:
    """Damage in a run as a sentence, its path relative to the run."""
    return say("problem.damage", path=os.path.relpath(item.path, run.folder), problem=item.problem)


@dataclass(frozen=True, slots=True)
class _Note:
    text: Said
    lost: bool
    damaged: bool = False


def _parse_attempt(
    stored: StoredAttempt, suites: Mapping[str, LoadedSuite]
) -> Iterator[tuple[Measurement, Metric] | _Note]:
    """Every measurement of one attempt with its metric, and a note for whatever could not be used."""
    record = stored.record
    loaded = suites.get(record.trial.suite)
    if loaded is None:
        yield _Note(say("problem.no_suite", suite=record.trial.suite), lost=True)
        return
    if not record.results:
        yield _Note(say("problem.no_file"), lost=True)
    found, damaged = 0, False
    yield from _damaged_facts(stored)
    for path in record.results:
        try:
            content = stored.read(path)
        except StoreError as error:
            text = say("problem.file", path=path, attempt=record.attempt, problem=error.what)
            yield _Note(text, lost=True, damaged=True)
            damaged = True
            continue
        try:
            parsed = loaded.parse(content, path)
        except BenchError as error:
            yield _Note(quoted(str(error)), lost=True)
            continue
        except Exception as error:  # noqa: BLE001  # a suite is foreign code: its crash loses this file, not the report
            crash = f"{type(error).__name__}: {error}"
            yield _Note(say("problem.parser", path=path, suite=record.trial.suite, error=crash), lost=True)
            continue
        found += len(parsed.measurements)
        yield from _with_metrics(parsed, loaded)
    if record.results and not found and not damaged:
        yield _Note(say("problem.no_value"), lost=True)


def _damaged_facts(stored: StoredAttempt) -> Iterator[_Note]:
    """Facts that are not what was published: the values stand, what they say of the machine is left out."""
    for when in ("before", "after"):
        try:
            stored.facts(when)
        except StoreError as error:
            attempt, file = stored.record.attempt, f"facts-{when}.json"
            text = say("problem.facts", file=file, attempt=attempt, problem=error.what)
            yield _Note(text, lost=False, damaged=True)


def _with_metrics(parsed: Parsed, loaded: LoadedSuite) -> Iterator[tuple[Measurement, Metric] | _Note]:
    known = {metric.name: metric for metric in (*loaded.suite.metrics, *parsed.metrics)}
    for warning in parsed.warnings:
        yield _Note(quoted(warning), lost=False)
    strange: dict[str, int] = {}
    for measurement in parsed.measurements:
        metric = known.get(measurement.metric)
        if metric is None:
            strange[measurement.metric] = strange.get(measurement.metric, 0) + 1
        else:
            yield measurement, metric
    for name, count in strange.items():
        text = say("problem.metric", count=count, metric=name, suite=loaded.suite.name)
        yield _Note(text, lost=True)


def _context(run: Run, record: Attempt, labels: Mapping[str, str], *, tainted: bool) -> dict[str, Any]:
    trial = record.trial
    flags = [("imported", record.imported or run.imported), (TAINTED, tainted)]
    return {
        "campaign": run.campaign,
        "tag": run.tag,
        "run": run.run_id,
        "session": run.session,
        "target": ARROW.join(trial.targets),
        "labels": labels.get(trial.targets[0], "{}") if trial.targets else "{}",
        "suite": trial.suite,
        "case": trial.case,
        "params": json.dumps(dict(trial.params), sort_keys=True),
        "repetition": trial.repetition,
        "attempt": record.attempt,
        "started_at": record.started_at,
        "tool_digest": dict(record.tool).get("digest", ""),
        "flags": ",".join(name for name, holds in flags if holds),
    }


def _row(measurement: Measurement, metric: Metric) -> dict[str, Any]:
    return {
        "part": measurement.part,
        "metric": metric.name,
        "title": metric.title,
        "unit": measurement.unit,
        "better": metric.better.value,
        "kind": metric.kind.value,
        "scale": metric.scale.value,
        "margin": float("nan") if metric.margin is None else metric.margin,
        "headline": metric.headline,
        "detail": metric.detail,
        "value": float(measurement.value),
    }


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    import pandas as pd
    import pyarrow as pa

    text = pa.dictionary(pa.int32(), pa.string())
    types = {"headline": pa.bool_(), "detail": pa.bool_(), "value": pa.float64(), "margin": pa.float64()}
    columns: dict[str, pa.Array] = {}
    for name in COLUMNS:
        values = [row[name] for row in rows]
        if name in TEXT_COLUMNS:
            columns[name] = _strings(values).dictionary_encode().cast(text)
        elif name == "started_at":
            times = pd.to_datetime(pd.Series(values, dtype="str"), utc=True, format="ISO8601", errors="coerce")
            columns[name] = pa.array(times.dt.as_unit("us"), pa.timestamp("us", "UTC"))
        else:
            columns[name] = pa.array(values, types.get(name, pa.int64()))
    return pa.table(columns)


def _strings(values: list[str]) -> pa.Array:
    """A column of text; what no UTF-8 can say (a name with half a character, in an edited store) is replaced."""
    import pyarrow as pa

    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array([value.encode("utf-8", "replace").decode() for value in values], pa.string())


_PROBLEMS = b"bench.problems"


def _with_problems(rows: list[dict[str, Any]], problems: list[Problem]) -> pa.Table:
    data = json.dumps(
        [[one.trial_id, one.run, to_plain(one.message), one.lost, one.damaged] for one in problems]
    ).encode()
    return _table(rows).replace_schema_metadata({_PROBLEMS: data})


def _problems_of(table: pa.Table) -> list[Problem] | None:
    """Cached problems; None when they are not what is kept there, or said in words that this version does not have."""
    data = (table.schema.metadata or {}).get(_PROBLEMS, b"[]")
    try:
        return [Problem(trial, run, from_plain(said), *how) for trial, run, said, *how in json.loads(data)]
    except (TypeError, ValueError):
        return None
