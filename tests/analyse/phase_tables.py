"""Samples of several phases made by hand, one value per session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tests.analyse.sample_tables import rows

LADDER = ("pre", "host", "guest", "sriov")
"""Four phases, each of which switches one factor on and leaves it on."""
ON_A_LADDER = {
    "pre": {"host": "off", "guest": "off", "sriov": "off"},
    "host": {"host": "on", "guest": "off", "sriov": "off"},
    "guest": {"host": "on", "guest": "on", "sriov": "off"},
    "sriov": {"host": "on", "guest": "on", "sriov": "on"},
}
ROUND = ("none", "a", "ab", "b")
"""Four phases of two factors, each step moves one: back and forth."""
IN_A_ROUND = {
    "none": {"a": "off", "b": "off"},
    "a": {"a": "on", "b": "off"},
    "ab": {"a": "on", "b": "on"},
    "b": {"a": "off", "b": "on"},
}


def phases(
    levels: Mapping[str, Sequence[float | Sequence[float] | None]], tags: Sequence[str] = LADDER, **columns: Any
) -> pd.DataFrame:
    """Target → log level per phase, a list for several sessions, None where it was not measured; a week apart."""
    made = []
    for target, by_phase in levels.items():
        for number, (tag, level) in enumerate(zip(tags, by_phase, strict=True)):
            sessions = [] if level is None else [level] if isinstance(level, int | float) else level
            made += rows(target, tag, [[one] for one in sessions], logs=True, day=7.0 * number, **columns)
    return pd.DataFrame(made)
