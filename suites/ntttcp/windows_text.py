"""Reads the console text of NTttcp.exe (5.2x to 5.40): a table of threads, then totals in four tables or one wide one.

Columns are found by their names, so spacing does not matter. MB and KB are powers of 1024. Thread rows can be all
0.000 although the totals hold, so totals are never summed from them.
"""

from __future__ import annotations

import re

from bench.errors import ParseError

from .reading import LONGEST_LINE, Reading, number

_COLUMNS = {
    "Thread": ("", ""),
    "Time(s)": ("", ""),
    "Throughput(KB/s)": ("", ""),
    "Avg B / Compl": ("", ""),
    "Bytes(MEG)": ("total-bytes", "MiB"),
    "realtime(s)": ("duration", "s"),
    "Avg Frame Size": ("frame-size", "B"),
    "Throughput(MB/s)": ("throughput", "MiB/s"),
    "Throughput(Buffers/s)": ("buffers", "1/s"),
    "Cycles/Byte": ("cycles-per-byte", "cycles/B"),
    "Buffers": ("", ""),
    "DPCs(count/s)": ("dpcs", "1/s"),
    "Pkts(num/DPC)": ("packets-per-dpc", "packets"),
    "Intr(count/s)": ("interrupts", "1/s"),
    "Pkts(num/intr)": ("packets-per-interrupt", "packets"),
    "Packets Sent": ("packets-sent", "count"),
    "Packets Received": ("packets-received", "count"),
    "Retransmits": ("retransmits", "count"),
    "Errors": ("errors", "count"),
    "Avg. CPU %": ("cpu-busy", "%"),
}
_NAMES = {re.sub(r"\s", "", name).lower(): name for name in _COLUMNS}
_COLUMN = re.compile(
    "|".join(r"\s*".join(map(re.escape, re.sub(r"\s", "", name))) for name in sorted(_COLUMNS, key=len, reverse=True)),
    re.IGNORECASE,
)
_VERSION = re.compile(r"\bVersion (\d+\.\d+)")
_TOTALS = re.compile(r"^#+\s*Totals:\s*#+$")
_PROMPT = re.compile(r"\bntttcp(?:\.exe)?\s(?:.*\s)?-([sr])(?![a-z])", re.IGNORECASE)
_LAST = re.compile(r"\d\.\d{3}$")


def looks_like_windows(text: str) -> bool:
    """Whether `text` is console output of NTttcp.exe."""
    return re.search(r"Throughput\(KB/s\)|Bytes\(MEG\)|^Copyright Version \d", text, re.MULTILINE) is not None


def read(text: str, source: str) -> list[Reading]:
    """One reading per test in `text`; ParseError when there are no totals or they are cut off."""
    readings: list[Reading] = []
    ahead = Reading(1)
    columns: list[str] = []
    for at, raw in enumerate(text.split("\n"), 1):
        line = raw.strip() if len(raw) <= LONGEST_LINE else ""
        if version := _VERSION.search(line):
            ahead.version = version[1]
        if prompt := _PROMPT.search(line):
            ahead.role = {"s": "sender", "r": "receiver"}[prompt[1].lower()]
        if _TOTALS.match(line):
            ahead.line = at
            readings.append(ahead)
            ahead = Reading(at, version=ahead.version)
        elif header := _header(line):
            columns = header
        elif columns and not set(line) <= set("= "):
            into = readings[-1] if columns[0] != "Thread" and readings else ahead
            columns = columns if _row(into, columns, line) else []
    if not readings:
        raise ParseError(source, expected='"##### Totals: #####" and the tables below it')
    for reading in readings:
        if reading.value("cpu-busy") is None:
            raise ParseError(source, line=reading.line, expected='totals that go on to "Avg. CPU %"')
    return readings


def _header(line: str) -> list[str]:
    """The columns that `line` names when it names nothing else."""
    found = [_NAMES[re.sub(r"\s", "", match[0]).lower()] for match in _COLUMN.finditer(line)]
    return found if len(found) > 1 and not _COLUMN.sub("", line).strip() else []


def _row(reading: Reading, columns: list[str], line: str) -> bool:
    """Take up a row of numbers below `columns`; whether more rows may follow."""
    words = line.split()
    values = [number(word) for word in words]
    if len(values) != len(columns) or None in values:
        return False
    if columns[0] == "Thread":
        rate = values[columns.index("Throughput(KB/s)")] if "Throughput(KB/s)" in columns else None
        if rate is not None and values[0] is not None:
            reading.threads.append((int(values[0]), rate, "KiB/s"))
        return True
    for column, word, value in zip(columns, words, values, strict=True):
        name, unit = _COLUMNS[column]
        if name and (column != "Avg. CPU %" or _LAST.search(word)):  # a number cut short is not the number
            reading.values.append((name, value, unit))
    return False
