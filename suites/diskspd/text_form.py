"""DiskSpd's text: per timespan a CPU table, the tables Total, Read and Write IO, and with -L one of percentiles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.errors import ParseError

from .records import Result, Row

_WHOLE = re.compile(r"\d{1,18}\Z")
_RATE = re.compile(r"\d{1,18}[.,]\d{2,3}\Z")  # fewer decimals are a cut number
_MILLISECONDS = re.compile(r"\d{1,18}[.,]\d{3}\Z")
_RESULT = re.compile(r"\s*Results for timespan (\d{1,6}):")
_BEGIN = re.compile(r"\s*(?:Command Line:|Input parameters:)")
_TIME = re.compile(r"\s*actual test time:\s*(\d{1,9}(?:[.,]\d{1,9})?)s")
_COUNT = re.compile(r"\s*(thread|proc|cpu) count:\s*(\d{1,9})\s*\Z")
_CPU = re.compile(r"\s*avg\.\s*\|\s*(\d{1,9}(?:[.,]\d{1,9})?)%")
_TABLE = re.compile(r"\s*(Total|Read|Write) IO\s*\Z")
_HEADER = re.compile(r"\s*thread\s*\|")
_TOTAL = re.compile(r"\s*total:\s*(?=\d)")
_PERCENTILES = re.compile(r"\s*%-ile\s*\|")
_PERCENTILE = re.compile(r"\s*(min|max|([1-9]\d?)(?:th|st|nd|rd)|([1-9])-nines)\s*\|(.*)")
_VERSION = re.compile(r"\s*(?:DISKSPD|DiskSpd)\s+(?:version\s+)?v?(\d+\.\d[\w.]*)", re.IGNORECASE)
_NOTABLE = re.compile(r"\s*(?:WARNING|ERROR|Error)\b")
_COLUMNS = {
    "bytes": "bytes",
    "I/Os": "ios",
    "MiB/s": "mib_s",
    "MB/s": "mib_s",  # old versions divide by 2^20 all the same
    "I/O per s": "iops",
    "AvgLat": "avg_lat_ms",
    "IopsStdDev": "iops_stddev",
    "LatStdDev": "lat_stddev_ms",
}
_NEEDED = ("bytes", "ios", "mib_s", "iops")


@dataclass(slots=True)
class _Open:
    """A timespan while its lines are read."""

    timespan: int
    line: int
    latency: bool
    test_time_s: float | None = None
    threads: int | None = None
    processors: int | None = None
    cpu_busy: float | None = None
    rows: dict[str, Row] = field(default_factory=dict)
    percentiles: dict[str, tuple[float | None, ...]] = field(default_factory=dict)


def read_text(text: str, source: str) -> tuple[list[Result], str, list[str]]:
    """The results in `text`, DiskSpd's version where printed, and its warnings; ParseError when a result is cut."""
    reader = _Reader(source)
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        reader.line(line, number)
    reader.finish(len(lines))
    if not reader.results or reader.begun:
        first = next((line.strip() for line in lines if line.strip()), "")
        found = reader.warnings[-1] if reader.warnings else first
        raise ParseError(source, line=len(lines), expected='"Results for timespan 1:" of DiskSpd', found=found)
    return reader.results, reader.version, reader.warnings


class _Reader:
    """Goes through the lines once."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.results: list[Result] = []
        self.warnings: list[str] = []
        self.version = ""
        self.begun = False  # parameters were printed whose results are still to come
        self.latency = False
        self.open: _Open | None = None
        self.table = ""
        self.columns: list[str] = []

    def fail(self, number: int, expected: str, found: str) -> ParseError:
        return ParseError(self.source, line=number, expected=expected, found=found.strip())

    def line(self, line: str, number: int) -> None:
        if _NOTABLE.match(line):
            self.warnings.append(line.strip()[:200])
        elif match := _RESULT.match(line):
            self.finish(number)
            self.open = _Open(int(match[1]), number, self.latency)
            self.begun = False
        elif _BEGIN.match(line):
            self.finish(number)
            self.begun, self.latency = True, False
        elif self.open is not None:
            self.inside(line, number, self.open)
        elif line.strip() == "measuring latency":
            self.latency = True
        elif match := _VERSION.match(line):
            self.version = match[1]

    def inside(self, line: str, number: int, result: _Open) -> None:
        """A line of a timespan."""
        if match := _TIME.match(line):
            result.test_time_s = float(match[1].replace(",", "."))
        elif match := _COUNT.match(line):
            if match[1] == "thread":
                result.threads = int(match[2])
            else:
                result.processors = int(match[2])
        elif match := _CPU.match(line):
            result.cpu_busy = float(match[1].replace(",", "."))
        elif match := _TABLE.match(line):
            self.table, self.columns = match[1].lower(), []
        elif self.table and _HEADER.match(line):
            self.columns = [cell.strip() for cell in line.split("|")][1:]
        elif self.table and self.columns and (match := _TOTAL.match(line)):
            cells = [cell.strip() for cell in line[match.end() :].split("|")]
            result.rows[self.table] = self.row(cells, number, line)
            self.table = ""
        elif _PERCENTILES.match(line):  # one table per target, the last one is that of all
            result.percentiles = {}
        elif match := _PERCENTILE.match(line):
            result.percentiles[_percent(match)] = self.cells(match[4], number)

    def row(self, cells: list[str], number: int, line: str) -> Row:
        """The total row; its cells stand under the header's columns from "bytes" on, without the file."""
        named = [_COLUMNS[name] for name in self.columns if name in _COLUMNS]
        if len(cells) < len(named):
            raise self.fail(number, f"{len(named)} columns ({', '.join(self.columns)})", line)
        values = {
            name: self.number(cell, number, _WHOLE if name in ("bytes", "ios") else _RATE)
            for name, cell in zip(named, cells, strict=False)
        }
        return self.checked(values, number, line)

    def checked(self, values: Mapping[str, float | None], number: int, line: str) -> Row:
        have = {name: value for name in _NEEDED if (value := values.get(name)) is not None}
        if len(have) < len(_NEEDED):
            raise self.fail(number, "bytes, I/Os, MiB/s and I/O per s in the total row", line)
        return Row(
            int(have["bytes"]),
            int(have["ios"]),
            have["mib_s"],
            have["iops"],
            values.get("avg_lat_ms"),
            values.get("iops_stddev"),
            values.get("lat_stddev_ms"),
        )

    def cells(self, text: str, number: int) -> tuple[float | None, ...]:
        values = tuple(self.number(cell.strip(), number, _MILLISECONDS) for cell in text.split("|"))
        if len(values) != 3:
            raise self.fail(number, "percentiles of read, write and total", text)
        return values

    def number(self, text: str, number: int, form: re.Pattern[str]) -> float | None:
        """A number, or None for N/A."""
        if text == "N/A":
            return None
        if not form.match(text):
            raise self.fail(number, "a number or N/A", text)
        return float(text.replace(",", "."))

    def finish(self, number: int) -> None:
        """End the open timespan; ParseError when a table of it is missing."""
        result, self.open, self.table = self.open, None, ""
        if result is None:
            return
        where = f"of timespan {result.timespan}, which begins in line {result.line}"
        missing = [f"{name.title()} IO" for name in ("total", "read", "write") if name not in result.rows]
        if result.test_time_s is None:
            missing.insert(0, "actual test time")
        if (result.latency or result.percentiles) and "max" not in result.percentiles:
            missing.append("percentiles up to max")
        if missing:
            errors = [line for line in self.warnings if line.lower().startswith("error")]
            raise self.fail(number, f"{', '.join(missing)} {where}", errors[-1] if errors else "the end of the run")
        self.results.append(
            Result(
                result.timespan,
                result.test_time_s or 0.0,
                result.threads,
                result.processors,
                result.cpu_busy,
                tuple((name, result.rows[name]) for name in ("read", "write", "total")),
                tuple(result.percentiles.items()),
            )
        )


def _percent(match: re.Match[str]) -> str:
    """The row's name as a percentage: 99th is "99", 3-nines "99.9"."""
    name, whole, nines = match[1], match[2], match[3]
    if nines is None:
        return whole or name
    return "99." + "9" * (int(nines) - 2) if int(nines) > 2 else "9" * int(nines)
