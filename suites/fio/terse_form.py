"""fio's terse lines (`--output-format=terse`), versions 3, 4 and 5: one line per job, fields between semicolons.

The order of the fields is that of `show_thread_status_terse_all` and `show_ddir_status_terse` in fio's stat.c;
sizes are KiB, latencies microseconds, in fio 3.x as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bench.errors import ParseError

from .records import Flow, Job, Latency, Run

TERSE_LINE = re.compile(r"^[2-5];(?:fio-[^;\n]*;)?[^;\n]*;\d+;\d+;", re.MULTILINE)
"""How a terse line begins."""

_HEAD = 5  # terse version, fio version, job name, group, error
_PERCENTILES = 20
_BEFORE = 4 + 4 + 4  # size, bandwidth, IOPS, runtime; four of slat; four of clat
_LENGTH = {3: _BEFORE + _PERCENTILES + 4 + 5, 4: _BEFORE + _PERCENTILES + 4 + 5, 5: _BEFORE + _PERCENTILES + 4 + 5 + 6}
_AFTER = 5 + 7  # CPU and queue depths follow the flows in every version


def read_terse(text: str, source: str) -> tuple[tuple[Run, ...], list[str]]:
    """The runs in `text` (lines of one version of fio that follow each other) and notes; ParseError as `parse`."""
    jobs: list[Job] = []
    version = ""
    warnings: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not TERSE_LINE.match(line):
            if line.lower().startswith(("fio:", "note:", "warning:")):
                warnings.append(line.strip()[:200])
            continue
        found, job = _job(line.split(";"), number, source)
        version = version or found
        jobs.append(job)
    return (Run(version, tuple(jobs)),), warnings


def _job(fields: list[str], number: int, source: str) -> tuple[str, Job]:
    terse = int(fields[0])
    if terse not in _LENGTH:
        raise ParseError(source, line=number, expected="terse version 3, 4 or 5", found=f"version {terse}")
    if len(fields) < _HEAD or not fields[4].isdecimal():
        raise ParseError(source, line=number, expected="version, job, group and error", found=";".join(fields[:6]))
    name = fields[2]
    if fields[4] != "0":
        raise ParseError(source, line=number, expected=f"job {name!r} to end with error 0", found=f"error {fields[4]}")
    directions = ("read", "write") if terse == 3 else ("read", "write", "trim")
    length = _LENGTH[terse]
    if len(fields) < _HEAD + length * len(directions) + _AFTER:
        raise ParseError(
            source,
            line=number,
            expected=f"at least {_HEAD + length * len(directions) + _AFTER} fields",
            found=f"{len(fields)} fields",
        )
    flows = []
    for index, direction in enumerate(directions):
        start = _HEAD + index * length
        reader = _Fields(fields[start : start + length], f"{name} {direction}", number, source)
        if flow := reader.flow(direction):
            flows.append(flow)
    return fields[1], Job(name, tuple(flows))


class _Fields:
    """The fields of one direction."""

    def __init__(self, fields: list[str], where: str, number: int, source: str) -> None:
        self.fields = fields
        self.where = where
        self.number = number
        self.source = source

    def value(self, index: int) -> float:
        text = self.fields[index].strip()
        if not re.fullmatch(r"\d{1,18}(\.\d{1,18})?", text):
            raise ParseError(
                self.source,
                line=self.number,
                expected=f"a number as field {index + 1} of {self.where}",
                found=text,
            )
        return float(text)

    def flow(self, direction: str) -> Flow | None:
        """The direction, or None when it did no I/O."""
        size, bandwidth, iops, runtime = (self.value(index) for index in range(4))
        if not any((size, bandwidth, iops)):
            return None
        found = (self.latency("slat", 4), self.latency("clat", 8), self.latency("lat", _BEFORE + _PERCENTILES))
        return Flow(
            direction,
            iops,
            bandwidth,
            "KiB/s",
            tuple(latency for latency in found if latency is not None),
            runtime,
            size * 1024,
        )

    def latency(self, kind: str, start: int) -> Latency | None:
        maximum, mean = self.value(start + 1), self.value(start + 2)
        if not maximum and not mean:
            return None
        return Latency(kind, "us", mean, maximum, tuple(self.percentiles()) if kind == "clat" else ())

    def percentiles(self) -> Iterator[tuple[float, float]]:
        for index in range(_BEFORE, _BEFORE + _PERCENTILES):
            match = re.fullmatch(r"\s*(\d{1,3}(?:\.\d{1,9})?)%=(\d{1,18}(?:\.\d{1,9})?)\s*", self.fields[index])
            if not match:
                raise ParseError(
                    self.source,
                    line=self.number,
                    expected=f"a percentile as field {index + 1} of {self.where}",
                    found=self.fields[index],
                )
            if float(match[1]) > 0:
                yield float(match[1]), float(match[2])
