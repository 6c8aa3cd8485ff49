"""Made-up tables for the tests of flags: noise of a known kind, and what flags look at in a table."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pandas as pd
from sample_tables import AFTER, BEFORE, rows

from bench.analyse.compare import compare
from bench.analyse.flags import Flagged, flags_of
from bench.analyse.flags.oddities import Observed
from bench.analyse.result import Flag, FlagKind, MetricResult


def noise(
    seed: int, targets: int, sessions: int, repetitions: int, sd: float = 0.005, session_sd: float = 0.005
) -> np.ndarray:
    """Normal logarithms, shape (targets, 2 tags, sessions, repetitions)."""
    random = np.random.default_rng(seed)
    shape = (targets, 2, sessions)
    return session_sd * random.standard_normal((*shape, 1)) + sd * random.standard_normal((*shape, repetitions))


def frame(logs: np.ndarray, apart: float = 1.0, **columns: object) -> pd.DataFrame:
    """`logs` (targets, 2, sessions, repetitions) as a table: a session a day, the tags `apart` days from each other."""
    made = []
    for number, (before, after) in enumerate(logs):
        made += rows(f"vm-{number}", BEFORE, before.tolist(), logs=True, **columns)
        made += rows(f"vm-{number}", AFTER, after.tolist(), logs=True, day=before.shape[0] - 1 + apart, **columns)
    return pd.DataFrame(made)


def only(samples: pd.DataFrame, **options: object) -> MetricResult:
    """The one metric of a comparison."""
    (metric,) = compare(samples, BEFORE, AFTER, **options).metrics  # type: ignore[arg-type]  # of compare
    return metric


def of_kind(samples: pd.DataFrame, kind: FlagKind) -> list[Flag]:
    """The flags of one kind of the one metric."""
    return [flag for flag in only(samples).flags if flag.kind is kind]


def observed(samples: pd.DataFrame) -> Observed:
    """What flags look at in a table."""
    seen: list[Observed] = []

    def spy(one: Observed) -> Flagged:
        seen.append(one)
        return flags_of(one)

    with patch("bench.analyse.compare.flags_of", spy):
        compare(samples, BEFORE, AFTER)
    return seen[0]
