"""fio's JSON: a document per run, of 2.x (microseconds, KiB) and 3.x (nanoseconds, bytes), also of `fio --client`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from bench.errors import ParseError
from bench.text import LARGEST

from .records import Flow, Job, Latency, Run

DOCUMENT = re.compile(r'\{\s*"')
"""Where a JSON object may begin."""

_NAN = re.compile(r"(:\s*)[-+]?(?:nan|inf)(?:inity)?(?:\(\w*\))?(?=\s*[,}\]])", re.IGNORECASE)
_NOTABLE = re.compile(r"(?:fio|note|warning)\b.*:|.*\b(?:error|failed|signal)\b", re.IGNORECASE)
_DIRECTIONS = ("read", "write", "trim", "mixed")
_TOTAL = "All clients"
_MOST_BROKEN = 20
"""Broken starts after which a file is not read on: each costs a pass over the lines before it."""

Object: TypeAlias = dict[str, Any]


class _Span(NamedTuple):
    """When a run began and when it was reported."""

    start: float
    end: float


def read_json(text: str, source: str) -> tuple[tuple[Run, ...], list[str]]:
    """The runs of every document in `text` and what stands around them; ParseError names document, job and key."""
    text = _NAN.sub(r"\1NaN", text)
    runs: list[Run] = []
    warnings: list[str] = []
    end, line = 0, 1
    previous = _Span(0.0, 0.0)
    for start, stop, document in _documents(text, source):
        line += text.count("\n", end, start)
        reader = _Reader(source, line)
        line += text.count("\n", start, stop)
        warnings += _notable(text[end:start])
        run = reader.run(document)
        span = _span(document, run)
        if runs and span.start < previous.end and _continues(runs[-1], run):
            warnings.append("intermediate reports (status-interval) were passed over")
            runs.pop()
        runs.append(run)
        previous, end = span, stop
        warnings += reader.warnings
    warnings += _notable(text[end:])
    return tuple(runs), warnings


def _span(document: Object, run: Run) -> _Span:
    """When a run began, at the earliest, and when its document was printed, in seconds.

    A document whose run began before the last one was printed is a later state of the same run. Without a time in
    the document there is no telling: every document is a run.
    """
    for key, scale, rounding in (("timestamp_ms", 1000.0, 0.0), ("timestamp", 1.0, 1.0)):
        printed = document.get(key)
        if isinstance(printed, int) and 0 < printed < LARGEST:
            longest = max((flow.runtime_ms or 0.0 for job in run.jobs for flow in job.flows), default=0.0)
            return _Span(printed / scale - longest / 1000, printed / scale - rounding)
    return _Span(math.inf, 0.0)


def _continues(earlier: Run, later: Run) -> bool:
    """Whether `later` can be a later state of `earlier`: the same jobs, on the same hosts, none of which did less."""
    if [job.name for job in earlier.jobs] != [job.name for job in later.jobs]:
        return False
    for before, after in zip(earlier.jobs, later.jobs, strict=True):
        done = {flow.direction: flow.io_bytes or 0.0 for flow in after.flows}
        if any((flow.io_bytes or 0.0) > done.get(flow.direction, -1.0) for flow in before.flows):
            return False
    return True


def _documents(text: str, source: str) -> Iterator[tuple[int, int, Object]]:
    """Every fio document as (start, end, content); objects of others around them are passed over."""
    decoder = json.JSONDecoder()
    found = False
    broken: ParseError | None = None
    position = failures = 0
    while match := DOCUMENT.search(text, position):
        start = match.start()
        try:
            document, position = decoder.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            failures += 1
            is_fio = '"fio version"' in text[start : start + 200]
            if broken is None or is_fio:
                broken = _broken(text, source, error.pos if isinstance(error, json.JSONDecodeError) else start)
            if is_fio or failures == _MOST_BROKEN:
                raise broken from error
            position = match.end()
            continue
        if "jobs" in document or "client_stats" in document:
            found = True
            yield start, position, document
    if not found:
        raise broken or ParseError(source, expected='fio\'s JSON with "jobs"', found=text.strip()[:80])


def _broken(text: str, source: str, at: int) -> ParseError:
    found = text[at : at + 40].strip() or "the end of the file"
    return ParseError(source, line=text.count("\n", 0, at) + 1, expected="complete JSON of fio", found=found)


def _notable(text: str) -> list[str]:
    """Lines around the JSON that a reader should know: errors, notes, signals."""
    lines = [line.strip() for line in text.splitlines()]
    return [line[:200] for line in lines if _NOTABLE.match(line)][:10]


def _bins(data: Any) -> tuple[tuple[float, int], ...]:
    """The histogram of json+, rising; () where there is none or it is none: the percentiles stand beside it."""
    if not isinstance(data, dict):
        return ()
    try:
        found = sorted((float(value), count) for value, count in data.items() if count)
    except (ValueError, TypeError):
        return ()
    sound = all(type(count) is int and 0 < count < LARGEST and 0 <= value < LARGEST for value, count in found)
    return tuple(found) if sound else ()


class _Reader:
    """Reads one document; knows where it is for the messages."""

    def __init__(self, source: str, line: int) -> None:
        self.source = source
        self.line = line
        self.warnings: list[str] = []

    def fail(self, expected: str, found: object) -> ParseError:
        return ParseError(self.source, line=self.line, expected=expected, found=str(found))

    def run(self, document: Object) -> Run:
        clients = "client_stats" in document
        entries = document["client_stats"] if clients else document["jobs"]
        if not isinstance(entries, list) or not entries:
            raise self.fail("a list of fio jobs", entries)
        if not all(isinstance(entry, dict) for entry in entries):
            raise self.fail("fio jobs that are objects", entries)
        if clients:  # the last entry repeats the sum of the others
            single = [entry for entry in entries if entry.get("jobname") != _TOTAL]
            entries = single or entries
        version = document.get("fio version", "")
        if not isinstance(version, str):
            raise self.fail('a string as "fio version"', version)
        jobs = tuple(self.job(entry, index) for index, entry in enumerate(entries))
        return Run(version, jobs)

    def job(self, entry: Object, index: int) -> Job:
        name = entry.get("jobname", f"job {index}")
        if not isinstance(name, str):
            raise self.fail(f'a string as "jobname" of job {index}', name)
        if isinstance(entry.get("hostname"), str) and entry["hostname"]:
            name = f"{name}@{entry['hostname']}"
        error = entry.get("error", 0)
        if error != 0:
            raise self.fail(f"job {name!r} to end with error 0", f"error {error}")
        ignored = entry.get("total_err", 0)
        if ignored:
            self.warnings.append(f"job {name!r} went on after {ignored} I/O errors (first: {entry.get('first_error')})")
        steady = entry.get("steadystate")
        if isinstance(steady, dict) and steady.get("attained") == 0:
            self.warnings.append(f"job {name!r} did not reach its steady state ({steady.get('ss')})")
        present = [key for key in _DIRECTIONS if key in entry]
        if not present:
            raise self.fail(f'"read" or "write" in job {name!r}', ", ".join(entry)[:80])
        flows = [flow for key in present if (flow := self.flow(entry[key], key, name)) is not None]
        sync = self.sync(entry.get("sync"), name)
        return Job(name, (*flows, sync) if sync else tuple(flows))

    def flow(self, data: Any, direction: str, job: str) -> Flow | None:
        """One direction, or None when it did no I/O."""
        where = f"{job}.{direction}"
        if not isinstance(data, dict):
            raise self.fail(f"an object as {where}", data)
        iops = self.number(data, "iops", where)
        size = self.number(data, "io_bytes", where)
        ios = self.number(data, "total_ios", where, required=False)
        if not any((iops, size, ios)):
            return None
        in_bytes = "io_kbytes" in data or "bw_bytes" in data or any(key.endswith("_ns") for key in data)
        key, unit = ("bw_bytes", "B/s") if "bw_bytes" in data else ("bw", "KiB/s")
        return Flow(
            direction,
            iops=iops,
            bandwidth=self.number(data, key, where),
            bandwidth_unit=unit,
            latencies=tuple(
                latency for kind in ("slat", "clat", "lat") if (latency := self.latency(data, kind, where)) is not None
            ),
            runtime_ms=self.number(data, "runtime", where, required=False),
            io_bytes=size if in_bytes or size is None else size * 1024,
            total_ios=None if ios is None else int(ios),
        )

    def sync(self, data: Any, job: str) -> Flow | None:
        """The latency of fsync and its kin (fio ≥ 3.6), when there was any."""
        if not isinstance(data, dict):
            return None
        latency = self.latency(data, "lat", f"{job}.sync")
        return Flow("sync", None, None, "", (latency,)) if latency else None

    def latency(self, data: Object, kind: str, where: str) -> Latency | None:
        """A distribution, or None when it holds no I/O (a synchronous engine has no submission latency)."""
        key, unit = (f"{kind}_ns", "ns") if f"{kind}_ns" in data else (kind, "us")
        values = data.get(key)
        if values is None:
            return None
        where = f"{where}.{key}"
        if not isinstance(values, dict):
            raise self.fail(f"an object as {where}", values)
        mean = self.number(values, "mean", where, required=False)
        maximum = self.number(values, "max", where, required=False)
        if not mean and not maximum:
            return None
        percentiles = tuple(self.percentiles(values.get("percentile"), where))
        return Latency(kind, unit, mean, maximum, percentiles, _bins(values.get("bins")))

    def percentiles(self, data: Any, where: str) -> Iterator[tuple[float, float]]:
        """(percent, value); 2.x fills the list up with "0.00", which is no percentile."""
        if data is None:
            return
        if not isinstance(data, dict):
            raise self.fail(f"an object as {where}.percentile", data)
        for key in data:
            try:
                percent = float(key)
            except ValueError:
                raise self.fail(f"a number as key of {where}.percentile", key) from None
            value = self.number(data, key, f"{where}.percentile", required=False)
            if percent > 0 and value is not None:
                yield percent, value

    def number(self, data: Object, key: str, where: str, *, required: bool = True) -> float | None:
        """A finite number ≥ 0. One that is not required may be missing, or NaN, which is reported and left out."""
        value = data.get(key)
        if value is None and not required:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fail(f"a number as {where}.{key}", value)
        if 0 <= value < LARGEST:
            return float(value)
        if required:
            raise self.fail(f"a finite number ≥ 0 as {where}.{key}", value)
        self.warnings.append(f"{where}.{key} is {value} and was left out")
        return None
