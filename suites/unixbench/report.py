"""Reads UnixBench's text report (5.x, 6.0.0 and 4.1.0) into one section per number of copies and run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bench.errors import ParseError
from bench.text import LARGEST

_NUMBER = r"-?(?:\d[\d.,]{0,30}|inf|nan)"
_DECIMAL = r"(?:\d[\d.,]{0,30}[.,]\d)"
_RESULT = re.compile(
    rf"^(?P<name>\S.*?)\s+(?P<value>{_NUMBER})\s*(?P<unit>[A-Za-z]\S*)?\s+"
    r"\(\s*(?P<seconds>-?[\d.,]+|-?nan)\s*s(?:ecs?)?\s*,\s*(?P<samples>\d+)\s*samples?\s*\)$"
)
_SAMPLES = re.compile(r"\(\s*\S{1,30}\s*s(?:ecs?)?\s*,\s*\S{1,30}\s*samples?\s*\)$")
"""What a result line ends in, and no other line."""
_GROUPED = re.compile(r"(-?\d{1,3})((?P<mark>[.,])\d{3}(?:(?P=mark)\d{3})*)((?!(?P=mark))[.,]\d+)?\Z")
_PLAIN = re.compile(r"-?\d+(?:[.,]\d+)?\Z")
_COPIES = re.compile(
    r"(?:(?<!\d)(?P<cpus>\d{1,9})\s+CPUs?\s+in\s+system;\s+)?running\s+(?P<copies>\d{1,9})\s+parallel\s+cop(?:y|ies)\b"
)
_CPUS = re.compile(r"(?<!\d)(\d{1,9})\s+CPUs?\s+in\s+system\b")
_TABLE = re.compile(r"^(?:.*?\s(?:Index Values|Partial Index)|TEST)\s+BASELINE\s+RESULT\s+INDEX$")
_ROW = re.compile(
    r"^(?P<name>\S.*?)\s+(?P<baseline>"
    rf"{_DECIMAL}|-{{2,}})\s+(?P<result>{_DECIMAL}|inf|nan)\s+(?P<index>{_DECIMAL}|-{{2,}}|inf|nan)$"
)
_SCORE = re.compile(
    r"^(?P<category>.+?)\s+Index\s+Score(?P<partial>\s*\(Partial\s+Only\))?\s+"
    rf"(?P<score>{_DECIMAL}|-?inf|-?nan)$"
)
_FINAL = re.compile(r"^FINAL SCORE\s+(?P<score>\d+\.\d)$")  # 4.1.0
_RUN = re.compile(r"^(?:Start )?Benchmark Run:", re.IGNORECASE)
_NO_INDEX = re.compile(r"^No index results available for")
_VERSION = re.compile(r"\(Version (\d[\w.]*)\)|^Version (\d[\w.]*)\s+Based on")
_PROGRESS = re.compile(r"^(\d+) x \S.*?\s{2}1\b")
_ABORT = re.compile(r"^Run: .*; aborting$")
_BLANKS = re.compile(" {3,}")  # columns; each blank more would double the places where a pattern may go on
_LONGEST = 500  # characters; a longer line is noise, and would keep the expressions above busy


@dataclass(frozen=True, slots=True)
class Result:
    """One test's result as printed: value (None for inf and nan), unit ("" when missing), seconds and samples."""

    name: str
    value: float | None
    unit: str
    seconds: float | None
    samples: int
    line: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an index table; `index` is None for a test without baseline."""

    name: str
    result: float | None
    index: float | None
    line: int


@dataclass(frozen=True, slots=True)
class Total:
    """The index of one category; `partial` when the report calls it so."""

    category: str
    value: float | None
    partial: bool
    line: int


@dataclass(slots=True)
class Section:
    """What one run with one number of copies printed. cpus and copies are None where the header is missing."""

    cpus: int | None = None
    copies: int | None = None
    results: list[Result] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    start: int = 0
    table: int = 0
    """Line of the index table that has no total yet, 0 when none is open."""
    tables: int = 0


@dataclass(slots=True)
class Report:
    """Everything a report holds. progress: numbers of copies that its progress lines announce; abort: (line, text)."""

    sections: list[Section] = field(default_factory=list)
    version: str = ""
    progress: set[int] = field(default_factory=set)
    abort: tuple[int, str] | None = None


def read(text: str, source: str) -> Report:
    """`text` as a Report without judging its values; ParseError where a section is not complete."""
    report = Report()
    for number, line in enumerate(text.split("\n"), 1):
        stripped = " ".join(line.split()) if "\t" in line else line.strip()
        if stripped and len(stripped) <= _LONGEST:
            _line(report, _BLANKS.sub("  ", stripped), number, source)
    for section in report.sections:
        _check_complete(section, source)
    return report


def _line(report: Report, line: str, number: int, source: str) -> None:
    if version := _VERSION.search(line):
        report.version = version[1] or version[2]
    elif _RUN.match(line):
        report.sections.append(Section(start=number))
    elif copies := _COPIES.search(line):
        section = _fresh(report, number)
        section.copies = int(copies["copies"])
        section.cpus = int(copies["cpus"]) if copies["cpus"] else None
    elif cpus := _CPUS.search(line):
        _fresh(report, number).cpus = int(cpus[1])
    elif found := _RESULT.match(line):
        section = _fresh(report, number, after_results=False)
        seconds = _float(found["seconds"])
        value = _value(found["value"], line, number, source)
        section.results.append(
            Result(found["name"], value, found["unit"] or "", seconds, int(found["samples"]), number)
        )
    elif _SAMPLES.search(line):
        raise ParseError(source, line=number, expected="a result like name 123.4 lps (10.0 s, 7 samples)", found=line)
    elif progress := _PROGRESS.match(line):
        report.progress.add(int(progress[1]))
    elif _ABORT.match(line):
        report.abort = (number, line)
    elif report.sections:
        _table_line(report.sections[-1], line, number, source)


def _fresh(report: Report, number: int, *, after_results: bool = True) -> Section:
    """The section that a header or result line belongs to: a new one once the last has its index (or results)."""
    last = report.sections[-1] if report.sections else None
    if last is None or last.tables or last.totals or (after_results and last.results):
        last = Section(start=number)
        report.sections.append(last)
    return last


def _table_line(section: Section, line: str, number: int, source: str) -> None:
    if _TABLE.match(line):
        if section.table:
            raise ParseError(source, line=number, expected="the total of the index table above", found=line)
        section.table = number
        section.tables += 1
    elif _NO_INDEX.match(line):
        section.tables += 1
    elif section.table and (score := _SCORE.match(line) or _FINAL.match(line)):
        groups = score.groupdict()
        category = groups.get("category") or "System Benchmarks"
        section.totals.append(
            Total(category, _value(score["score"], line, number, source), bool(groups.get("partial")), number)
        )
        section.table = 0
    elif section.table and (row := _ROW.match(line)):
        result, index = (_value(row[key], line, number, source) for key in ("result", "index"))
        section.rows.append(Row(row["name"], result, index, number))


def _value(text: str, line: str, number: int, source: str) -> float | None:
    """A value without its grouping; UnixBench prints one decimal, so three digits behind a separator are a group."""
    if grouped := _GROUPED.match(text):
        return _float(grouped[1] + grouped[2].replace(grouped["mark"], "") + (grouped[4] or ""))
    if any(character.isdigit() for character in text) and not _PLAIN.match(text):
        raise ParseError(source, line=number, expected="a number", found=line)
    return _float(text)


def _float(text: str) -> float | None:
    """A finite number, None for inf, nan and dashes."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if abs(value) < LARGEST else None  # neither does nan compare


def _check_complete(section: Section, source: str) -> None:
    if not section.results and not section.rows:
        raise ParseError(source, line=section.start, expected="the results of the tests below this header")
    if section.table:
        raise ParseError(source, line=section.table, expected='a line "… Index Score" that closes this table')
