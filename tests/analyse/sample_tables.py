"""Hand-made sample tables for the tests of the analysing half."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

BEFORE, AFTER = "before", "after"
Sessions = Sequence[Sequence[float]]
"""One list of values (repetitions) per session."""


def rows(
    target: str, tag: str, sessions: Sessions, *, logs: bool = False, day: float = 0.0, **columns: Any
) -> list[dict[str, Any]]:
    """Rows of one metric on one target in one tag; `logs`: the values are natural logarithms. Sessions a day apart."""
    made = []
    for number, values in enumerate(sessions, 1):
        for repetition, value in enumerate(values, 1):
            made.append(
                {
                    "campaign": "c", "tag": tag, "run": f"{tag}-{number}", "session": number, "target": target,
                    "suite": "suite", "case": "case", "part": "", "metric": "metric", "title": "A metric",
                    "unit": "MB/s", "better": "higher", "kind": "cpu", "scale": "ratio", "margin": math.nan,
                    "headline": False, "value": math.exp(value) if logs else float(value), "params": "{}",
                    "repetition": repetition, "attempt": 1,
                    "started_at": pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(days=day + number - 1),
                    "tool_digest": "", "labels": "{}", "flags": "",
                    **columns,
                }
            )  # fmt: skip
    return made


def table(targets: Mapping[str, tuple[Sessions, Sessions]], **options: Any) -> pd.DataFrame:
    """Target → (sessions before, sessions after) as a table with the columns of `load_samples`."""
    made = []
    for target, (before, after) in targets.items():
        made += rows(target, BEFORE, before, **options) + rows(target, AFTER, after, **options)
    return pd.DataFrame(made)
