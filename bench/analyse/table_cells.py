"""The cells of a published table: which column means what, and what a row says; errors name file, line and column."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from bench.errors import ConfigError
from bench.model import Better, Kind, Pairs, Scale, is_safe_name, pairs
from bench.units import unit

KNOWN = (
    *("target", "tag", "suite", "metric", "value", "unit", "case", "part", "title", "better", "kind", "scale"),
    *("margin", "repetition", "session", "date"),
)
"""Columns with a meaning; `region`, `size` and all others are labels (or tags, in the wide form)."""

_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?\Z")
_HIGHER = {"bit/s", "IOPS", "lps", "index", "score", "points", "ops/s", "req/s", "mwips", "flops"}
_LOWER = {"s", "cycles/byte", "cycles"}
_KINDS = {
    **dict.fromkeys(("unixbench", "coremark", "speccpu"), Kind.CPU),
    **dict.fromkeys(("stream",), Kind.MEMORY),
    **dict.fromkeys(("fio", "diskspd", "crystaldiskmark"), Kind.DISK),
    **dict.fromkeys(("ntttcp", "iperf", "iperf2", "iperf3", "sockperf"), Kind.NETWORK),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One published value. machines: (target,) or (sender, receiver). margin: a ratio. date: UTC, "" when not said."""

    line: int
    target: str
    machines: tuple[str, ...]
    tag: str
    case: str
    metric: str
    part: str
    title: str
    value: float
    unit: str
    better: str
    kind: str
    scale: str
    margin: float | None
    repetition: int
    session: int | None
    date: str
    labels: Pairs


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its header understood: column name → index, labels and (in the wide form) tags likewise."""

    source: str
    columns: Mapping[str, int]
    labels: Mapping[str, int]
    tags: Mapping[str, int]
    lines: tuple[tuple[int, list[str]], ...]

    def values(self, cells: list[str], line: int) -> Iterator[tuple[str, float]]:
        """(tag, value) of one row; an empty cell is no value."""
        if self.tags:
            for tag, index in self.tags.items():
                if cells[index]:
                    yield tag, self.number(cells[index], line, tag)
        elif cells[self.columns["value"]]:
            yield self.safe("tag", cells, line), self.number(cells[self.columns["value"]], line, "value")

    def cell(self, name: str, cells: list[str]) -> str:
        """The cell of a known column, "" when there is no such column."""
        index = self.columns.get(name)
        return "" if index is None else cells[index]

    def safe(self, name: str, cells: list[str], line: int) -> str:
        """The cell of a column that must be a safe name."""
        found = self.cell(name, cells)
        if not is_safe_name(found):
            self.fail(
                f"{found!r} cannot be a {name}" if found else f"the {name} is missing", line, name,
                "Names are 1–64 of A–Z a–z 0–9 . _ -",
            )  # fmt: skip
        return found

    def number(self, text: str, line: int, column: str) -> float:
        """A finite number."""
        if not _NUMBER.match(text) or not math.isfinite(float(text)):
            self.fail(
                f"{text!r} is not a number", line, column,
                "Write 1015.5: a decimal point, no thousands separator; leave the cell empty when there is no value",
            )  # fmt: skip
        return float(text)

    def fail(self, what: str, line: int, column: str, remedy: str) -> NoReturn:
        """Raise ConfigError for one cell."""
        raise ConfigError(what, where=f"{self.source}:{line}, column {column!r}", remedy=remedy)


def open_sheet(data: bytes, source: str) -> Sheet:
    """Find the header and the rows; ConfigError when a column is missing, unknown or there twice."""
    lines = list(_lines(data, source))
    if not lines:
        raise ConfigError("this table is empty", where=source, remedy="It needs a header and rows")
    number, header = lines[0]
    names = [name if name.lower() not in KNOWN else name.lower() for name in header]
    for index, name in enumerate(names):
        if not name or name in names[:index]:
            what = f"column {name!r} is there twice" if name else f"column {index + 1} has no name"
            raise ConfigError(what, where=f"{source}:{number}", remedy="Give every column its own name")
    columns = {name: index for index, name in enumerate(names) if name in KNOWN}
    wide = "value" not in columns
    last = max(columns.values(), default=-1)
    tags = {name: index for index, name in enumerate(names) if wide and index > last}
    needed = ("target", "metric", "unit") if wide else ("target", "tag", "metric", "value", "unit")
    absent = [name for name in needed if name not in columns]
    if absent or (wide and ("tag" in columns or not tags)):
        raise ConfigError(
            f"the columns {', '.join(absent) or 'of the tags'} are missing",
            where=f"{source}:{number}",
            remedy="Needed: target,tag,metric,value,unit; or target,metric,unit and then one column per tag",
        )
    sheet = Sheet(source, columns, {n: i for i, n in enumerate(names) if n not in (*columns, *tags)}, tags, ())
    for tag, index in tags.items():
        if not is_safe_name(tag):
            sheet.fail(f"{tag!r} cannot be a tag", number, str(index + 1), "Names are 1–64 of A–Z a–z 0–9 . _ -")
    for line, cells in lines[1:]:
        if len(cells) != len(names):
            raise ConfigError(
                f"this row has {len(cells)} cells, the header {len(names)}",
                where=f"{source}:{line}",
                remedy="Quote cells that contain the separator",
            )
    return Sheet(source, columns, sheet.labels, tags, tuple(lines[1:]))


def row_of(sheet: Sheet, cells: list[str], line: int, tag: str, value: float) -> Row:
    """One value with everything its row says about it."""
    suite, metric = sheet.cell("suite", cells), sheet.cell("metric", cells)
    units = sheet.cell("unit", cells)
    if not metric or not units:
        sheet.fail("a value needs a metric and a unit", line, "unit" if metric else "metric", "Fill the cell")
    target = sheet.cell("target", cells)
    machines = tuple(part.strip() for part in target.split("→"))
    if not all(is_safe_name(one) for one in machines) or len(machines) > 2:
        sheet.fail(f"{target!r} cannot be a target", line, "target", "Names are 1–64 of A–Z a–z 0–9 . _ -")
    case = ".".join(part for part in (suite.lower(), sheet.cell("case", cells)) if part) or "published"
    if not is_safe_name(case):
        sheet.fail(f"{case!r} cannot be a case", line, "suite", "Names are 1–64 of A–Z a–z 0–9 . _ -")
    margin = sheet.cell("margin", cells)
    return Row(
        line=line,
        target=target,
        machines=machines,
        tag=tag,
        case=case,
        metric=metric,
        part=sheet.cell("part", cells),
        title=sheet.cell("title", cells) or metric,
        value=value,
        unit=units,
        better=_direction(sheet, cells, line, units),
        kind=_kind(sheet, cells, line, suite, metric, units),
        scale=_choice(sheet, cells, line, "scale", [one.value for one in Scale]) or Scale.RATIO.value,
        margin=sheet.number(margin, line, "margin") if margin else None,
        repetition=_count(sheet, cells, line, "repetition") or 1,
        session=_count(sheet, cells, line, "session"),
        date=_date(sheet, cells, line),
        labels=pairs({name: cells[index] for name, index in sheet.labels.items() if cells[index]}),
    )


def _lines(data: bytes, source: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and stripped cells of every line that is neither empty nor a comment."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"is not {encoding.removesuffix('-sig')} text ({error})", where=source, remedy="Save it as UTF-8"
        ) from error
    plain = ["" if line.startswith("#") else line for line in text.splitlines(keepends=True)]
    plain = [line or "\n" for line in plain]  # a comment keeps its line, so that errors name the right one
    first = next((line for line in plain if line.strip()), "")
    separator = max(",;\t", key=first.count)
    reader = csv.reader(plain, delimiter=separator, strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise ConfigError(
            f"is not a table ({error})", where=f"{source}:{reader.line_num}", remedy="Save it as CSV"
        ) from error


def _direction(sheet: Sheet, cells: list[str], line: int, units: str) -> str:
    said = _choice(sheet, cells, line, "better", [one.value for one in Better])
    if said:
        return said
    base = unit(units).base
    if base in _LOWER or units.lower() in _LOWER:
        return Better.LOWER.value
    if base in _HIGHER or units.lower() in _HIGHER:
        return Better.HIGHER.value
    return sheet.fail(
        f"whether more {units!r} is better is not known", line, "unit", "Add a column `better`: higher or lower"
    )


def _kind(sheet: Sheet, cells: list[str], line: int, suite: str, metric: str, units: str) -> str:
    """What the metric loads: as said, else by what it is called, by its suite, by its unit."""
    said = _choice(sheet, cells, line, "kind", [one.value for one in Kind])
    if said:
        return said
    base = unit(units).base
    if base == "s" and re.search(r"p9\d|99|tail|max", metric.lower()):
        return Kind.TAIL_LATENCY.value
    if suite.lower() in _KINDS:
        return _KINDS[suite.lower()].value
    if base == "IOPS" or units.endswith("B/s"):
        return Kind.DISK.value
    return (Kind.NETWORK if base == "bit/s" else Kind.CPU).value


def _choice(sheet: Sheet, cells: list[str], line: int, name: str, choices: list[str]) -> str:
    found = sheet.cell(name, cells).lower()
    if found and found not in choices:
        sheet.fail(f"{found!r} is none of {', '.join(choices)}", line, name, "Write one of them")
    return found


def _count(sheet: Sheet, cells: list[str], line: int, name: str) -> int | None:
    found = sheet.cell(name, cells)
    if found and not re.fullmatch(r"[1-9][0-9]{0,5}", found):
        sheet.fail(f"{found!r} is not a number from 1", line, name, "Count from 1")
    return int(found) if found else None


def _date(sheet: Sheet, cells: list[str], line: int) -> str:
    found = sheet.cell("date", cells)
    if not found:
        return ""
    try:
        moment = datetime.fromisoformat(found)
    except ValueError:
        sheet.fail(f"{found!r} is not a date", line, "date", "Write 2018-01-05 or 2018-01-05T10:00:00Z")
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
