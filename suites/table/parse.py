"""Rows that `bench import table` wrote: one value a line, with everything that makes it comparable."""

from __future__ import annotations

import csv
import io
import math
import re

from bench.errors import ParseError
from bench.model import Better, Kind, Measurement, Metric, Parsed, Scale

COLUMNS = ("metric", "part", "title", "value", "unit", "better", "kind", "scale", "margin", "line")
"""The header, in this order. `margin` may be empty; `line` is where the value stands in the file it came from."""

_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?\Z")


def parse(data: bytes, source: str) -> Parsed:
    """The values and the metrics they declare; ParseError on anything but such rows."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParseError(source, expected="UTF-8 text", found=str(error)) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    measurements: list[Measurement] = []
    metrics: dict[str, Metric] = {}
    try:
        header = next(reader, [])
        if tuple(header) != COLUMNS:
            raise ParseError(source, line=1, expected=f"the header {','.join(COLUMNS)}", found=",".join(header))
        for cells in reader:
            measurement, metric = _row(cells, source, reader.line_num)
            if metrics.setdefault(metric.name, metric) != metric:
                raise ParseError(
                    source, line=reader.line_num, expected=f"one declaration of {metric.name!r}", found=",".join(cells)
                )
            measurements.append(measurement)
    except csv.Error as error:
        raise ParseError(source, line=reader.line_num, expected="comma-separated values", found=str(error)) from error
    if not measurements:
        raise ParseError(source, expected="at least one row", found="none")
    return Parsed(tuple(measurements), metrics=tuple(metrics.values()))


def _row(cells: list[str], source: str, line: int) -> tuple[Measurement, Metric]:
    if len(cells) != len(COLUMNS):
        raise ParseError(source, line=line, expected=f"{len(COLUMNS)} cells", found=",".join(cells))
    row = dict(zip(COLUMNS, cells, strict=True))
    if not row["metric"] or not row["unit"]:
        raise ParseError(source, line=line, expected="a metric and a unit", found=",".join(cells))
    value = _number(row["value"], source, line)
    margin = _number(row["margin"], source, line) if row["margin"] else None
    try:
        metric = Metric(
            name=row["metric"],
            title=row["title"] or row["metric"],
            unit=row["unit"],
            better=Better(row["better"]),
            kind=Kind(row["kind"]),
            scale=Scale(row["scale"]),
            margin=margin,
            headline=True,
        )
    except ValueError as error:
        raise ParseError(source, line=line, expected="a known direction, kind and scale", found=str(error)) from error
    return Measurement(metric.name, value, metric.unit, row["part"]), metric


def _number(text: str, source: str, line: int) -> float:
    if not _NUMBER.match(text) or not math.isfinite(float(text)):
        raise ParseError(source, line=line, expected="a number", found=text)
    return float(text)
