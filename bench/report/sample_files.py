"""Samples as files for other programs: one row per value, as CSV, Parquet or JSON lines. A format is one entry here."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from bench.report.plain import no_formula, one_line

if TYPE_CHECKING:
    from pandas import DataFrame


def write_csv(frame: DataFrame, path: Path) -> None:
    """One line per sample; what is missing is empty. OSError when it cannot be written.

    Text is as in the other tables: on one line, and no formula to a spreadsheet. Parquet and JSON keep it as it is.
    """
    path.write_text(csv_text(frame), "utf-8", errors="replace", newline="")


def csv_text(frame: DataFrame) -> str:
    """The same as one string; lines end with LF."""
    text = frame.select_dtypes(exclude=["number", "bool", "datetimetz", "datetime"])
    safe = {
        str(name): frame[name].map(lambda cell: no_formula(one_line(cell)) if isinstance(cell, str) else cell)
        for name in text
    }
    made: str = frame.assign(**safe).to_csv(index=False, lineterminator="\n")
    return made


def write_parquet(frame: DataFrame, path: Path) -> None:
    """One row per sample, with types. OSError when it cannot be written."""
    frame.to_parquet(path, index=False)


def write_json_lines(frame: DataFrame, path: Path) -> None:
    """One object per sample and line; what is missing or no number is null. OSError when it cannot be written.

    Not by pandas: its JSON rounds to 10 decimals, which is nothing left of a latency in seconds.
    """
    known = frame.notna() & ~frame.isin([math.inf, -math.inf])  # JSON has no word for an infinite number
    with path.open("w", encoding="utf-8") as file:
        for row in frame.astype(object).where(known, None).to_dict("records"):
            file.write(json.dumps(row, allow_nan=False) + "\n")


SAMPLE_FILES: Mapping[str, Callable[[DataFrame, Path], None]] = MappingProxyType(
    {"csv": write_csv, "parquet": write_parquet, "jsonl": write_json_lines}
)
"""Every format that samples are exported in, by the ending of its files."""
