"""Reads the text of CrystalDiskMark 3 to 8, and of tools that print the same rows (KDiskMark, AmorphousDiskMark)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bench.errors import ParseError
from bench.model import Measurement, Parsed
from bench.text import decode

_NUMBER = r"(\d[\d.,]{0,24})"
_HEADER = re.compile(r"\s*(?:Crystal|Amorphous|K)DiskMark\s*\(?(\d[\w.]*)(?:\)|\s|$)", re.IGNORECASE)
_SECTION = re.compile(r"\s*\[(Read|Write|Mix)\]", re.IGNORECASE)
_FOOTER = re.compile(r"\s*(?:Test|Date|OS)\s*:")
_ROW = re.compile(r"\s*(?:Sequential|Random|SEQ|RND)\s*(?:(?:Read|Write|Mix)\b|\d|\(|:)", re.IGNORECASE)
_FIELDS = re.compile(
    r"\s*(?P<pattern>SEQ|RND)\w*\s+(?:(?P<op>Read|Write|Mix)\b\s*)?(?:(?P<block>\d{1,6}\s*[KM]i?B)\s*)?"
    r"(?:\((?:QD?\s*=\s*(?P<queue>\d{1,6}))?\s*,?\s*(?:T\s*=\s*(?P<threads>\d{1,6}))?\s*\)\s*)?:\s*"
    rf"(?P<rate>{_NUMBER})\s*(?P<unit>[KMG]B/s)"
    rf"(?:\s*\[\s*(?P<iops>{_NUMBER})\s*IOPS\s*\])?(?:\s*<\s*(?P<latency>{_NUMBER})\s*(?P<time>[um]s)\s*>)?\s*\Z",
    re.IGNORECASE,
)
_WORDS = re.compile(r"\A(\s*)(Sequential|Random)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `operation` read, write or mix; `pattern` seq or rnd; what is not printed is None. rate: in `unit`."""

    operation: str
    pattern: str
    block: str | None
    queue: int | None
    threads: int | None
    rate: float
    unit: str
    iops: float | None
    latency: float | None
    latency_unit: str
    line: int

    @property
    def part(self) -> str:
        """What was run, e.g. "SEQ 1MiB Q8T1 read"."""
        queue = "" if self.queue is None else f"Q{self.queue}"
        threads = "" if self.threads is None else f"T{self.threads}"
        return " ".join(filter(None, (self.pattern.upper(), self.block, queue + threads, self.operation)))


def parse(data: bytes, source: str) -> Parsed:
    """Bandwidth (MB/s, decimal), IOPS and latency (us) per row, as far as printed. Part: e.g. "RND 4KiB Q32T1 write".

    Several results in one file give several values of a part. A row of 0 is a failed one: left out with a warning.
    ParseError when the file is empty, cut or alien, or when every row failed.
    """
    lines = decode(data).splitlines()
    rows, versions = read_rows(lines, source)
    found: list[Measurement] = []
    warnings = ["each value is the best of CrystalDiskMark's runs, not their median"]
    for row in rows:
        if row.rate == 0:
            warnings.append(f"line {row.line}: {row.part} is 0: the row failed and was left out")
            continue
        found.append(Measurement("bandwidth", row.rate, row.unit, row.part))
        if row.iops:
            found.append(Measurement("iops", row.iops, "IOPS", row.part))
        if row.latency:
            found.append(Measurement("lat_mean", row.latency, row.latency_unit, row.part))
    if not found:
        raise ParseError(
            source, line=rows[0].line, expected="a row that is not 0", found=lines[rows[0].line - 1].strip()
        )
    return Parsed(tuple(found), tool_version=", ".join(dict.fromkeys(versions)), warnings=tuple(warnings))


def read_rows(lines: list[str], source: str) -> tuple[list[Row], list[str]]:
    """All rows of all results, and the versions in the headers; ParseError when a result is not whole."""
    reader = _Reader(source)
    for number, line in enumerate(lines, 1):
        reader.line(line, number)
    reader.finish(len(lines))
    if not reader.rows:
        first = next((line.strip() for line in lines if line.strip()), "an empty file")
        raise ParseError(source, line=1, expected="rows of CrystalDiskMark", found=first)
    return reader.rows, reader.versions


class _Reader:
    """Goes through the lines once; a header begins the next result."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.rows: list[Row] = []
        self.versions: list[str] = []
        self.start()

    def start(self) -> None:
        self.header = False
        self.footer = False
        self.section = ""
        self.counts: dict[str, int] = {}
        self.columns: tuple[bool, bool] | None = None
        self.marks: dict[str, str] = {}
        """What "." and "," are for in this result: "decimal" or "grouping"."""

    def line(self, line: str, number: int) -> None:
        if match := _HEADER.match(line):
            if self.counts:
                self.finish(number)
            self.header = True
            self.versions.append(match[1])
        elif match := _SECTION.match(line):
            self.section = match[1].lower()
            self.counts.setdefault(self.section, 0)
        elif _FOOTER.match(line):
            self.footer = True
        elif _ROW.match(line):
            self.row(line, number)

    def row(self, line: str, number: int) -> None:
        match = _FIELDS.match(_WORDS.sub(lambda word: word[1] + _SHORT[word[2].lower()], line))
        operation = (match["op"] or self.section).lower() if match else ""
        if not match or not operation:
            wanted = (
                "a row like SEQ 1MiB (Q= 8, T= 1): 543.188 MB/s" if not match else "[Read] or [Write] before the row"
            )
            raise ParseError(self.source, line=number, expected=wanted, found=line.strip())
        self.counts[operation] = self.counts.get(operation, 0) + 1
        iops, latency = match["iops"], match["latency"]
        columns = (iops is not None, latency is not None)
        if self.section and columns != (self.columns or columns):  # from 7 on every row has the same columns
            raise ParseError(self.source, line=number, expected="[… IOPS] and <… us> as before", found=line.strip())
        self.columns = columns
        self.rows.append(
            Row(
                operation,
                match["pattern"].lower(),
                match["block"] and re.sub(r"\s", "", match["block"]),
                None if match["queue"] is None else int(match["queue"]),
                None if match["threads"] is None else int(match["threads"]),
                self.number(match["rate"], number, decimals=(3,)),
                match["unit"][0].upper() + "B/s",
                None if iops is None else self.number(iops, number, decimals=(1, 2), grouped=True),
                None if latency is None else self.number(latency, number, decimals=(1, 2)),
                (match["time"] or "us").lower(),
                number,
            )
        )

    def number(self, text: str, line: int, *, decimals: tuple[int, ...], grouped: bool = False) -> float:
        """A number with a decimal point or comma, and maybe groups of three digits.

        decimals: how many are printed: 3 of a rate, 1 or 2 of the others. grouped: three digits behind the only
        separator are a group. ParseError for anything else, and where a result uses one separator for both.
        """
        parts = re.split(r"[.,]", text)
        marks = re.findall(r"[.,]", text)
        uses = dict.fromkeys(marks, "grouping")
        if marks and marks.count(marks[-1]) == 1 and not (grouped and len(parts[-1]) == 3):
            uses[marks[-1]] = "decimal"
        fraction = parts.pop() if "decimal" in uses.values() else ""
        groups_are_whole = len(parts) == 1 or (len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:]))
        if (
            not groups_are_whole
            or len(set(marks[: len(parts) - 1])) > 1
            or (fraction and len(fraction) not in decimals)
            or any(self.marks.setdefault(mark, use) != use for mark, use in uses.items())
            or list(self.marks.values()).count("decimal") > 1
            or text.endswith((".", ","))
        ):
            wanted = f"a number with {' or '.join(map(str, decimals))} decimals, separated as in the rows before"
            raise ParseError(self.source, line=line, expected=wanted, found=text)
        return float(f"{''.join(parts)}.{fraction or 0}")

    def finish(self, number: int) -> None:
        """End a result; ParseError when its end is missing."""
        problem = ""
        if self.header and not self.footer:
            problem = "Test:, Date: or OS: at the end"
        elif self.counts and not self.footer and self.counts.get("read", 0) != self.counts.get("write", 0):
            problem = "as many rows of [Write] as of [Read]"
        if problem:
            counted = ", ".join(f"{count} {name} rows" for name, count in self.counts.items()) or "no rows"
            raise ParseError(self.source, line=number, expected=problem, found=f"{counted} and then the end")
        self.start()


_SHORT = {"sequential": "SEQ", "random": "RND"}
