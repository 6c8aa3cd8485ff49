"""What does nothing look like on real machines? Windows of Azure A/A data, cut as a campaign would have measured them.

`../shared/data/azure-vm-noise-d8s_v5-eastus.csv.xz` (Freischuetz et al., TUNA, EuroSys 2025; Azure/AzurePublicDataset,
CC-BY): 55 metrics on 3 VMs of one size over 16 months, nothing changed by anyone. All three were measured densely (16
times a day) together for 16 weeks only, and each of them loses months, so windows overlap and are no independent
campaigns.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.stats.models import Design

Floats = NDArray[np.float64]

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "azure-vm-noise-d8s_v5-eastus.csv.xz"
MISSING = f"the Azure data is not there ({DATA.parent.parent.name}/{DATA.parent.name}/{DATA.name} beside the checkout)"

HOURS_PER_REPETITION = 2.7
"""A session's values are consecutive; further apart than this on average, the session counts as not measured."""

STRETCH_DAYS = 45.0
"""Between the two stretches of the three VMs that stand for six: longer than any window."""

_LOWER = ("us Per Event", "Ns Per Event", "ns")


@dataclass(frozen=True, slots=True)
class Series:
    """All values of one metric on one VM: hours since 2023-05-28, ascending, and ln(value), positive is better."""

    hours: Floats
    x: Floats


Metrics = list[list[Series]]
"""Per metric, per VM."""


def load(path: Path = DATA) -> Metrics:
    """Read all 55 metrics on the 3 VMs; FileNotFoundError where the data is absent."""
    import pandas as pd

    table = pd.read_csv(path).sort_values("hours", kind="stable")
    found = []
    for (_, _, unit), rows in table.groupby(["suite", "test", "unit"], sort=True):
        sign = -1.0 if unit in _LOWER else 1.0
        found.append(
            [
                Series(one["hours"].to_numpy(float), sign * np.log(one["value"].to_numpy(float)))
                for _, one in rows.groupby("vm", sort=True)
            ]
        )
    return found


def windows(metrics: Metrics, starts: Floats, design: Design, before: list[int], after: list[int]) -> Floats:
    """x (campaigns, metrics, targets, 2 tags, sessions, repetitions), NaN where a session was not measured.

    starts: (campaigns, targets) hours of the change. before, after: which VM each target is in either phase.
    """
    campaigns, targets = starts.shape
    x = np.full((campaigns, len(metrics), targets, 2, design.sessions, design.repetitions), np.nan)
    for m, machines in enumerate(metrics):
        for v in range(targets):
            for tag, vms in enumerate((before, after)):
                for s in range(design.sessions):
                    when = starts[:, v] + 24.0 * design.days[tag, s]
                    x[:, m, v, tag, s] = _session(machines[vms[v]], when, design.repetitions)
    return x


def _session(series: Series, start: Floats, repetitions: int) -> Floats:
    """The first `repetitions` values from each `start` on, one row each; NaN where they lie too far apart."""
    index = np.searchsorted(series.hours, start)[:, None] + np.arange(repetitions)
    inside = index[:, -1] < len(series.hours)
    index = np.minimum(index, len(series.hours) - 1)
    near = inside & (series.hours[index[:, -1]] <= start + HOURS_PER_REPETITION * repetitions)
    return np.where(near[:, None], series.x[index], np.nan)


def every(metrics: Metrics, design: Design, step_hours: float, targets: int) -> Floats:
    """Hours of the change of all campaigns that the data can hold, one per `step_hours`: shape (campaigns, targets).

    Targets beyond the third are the same VMs in a later stretch of time.
    """
    first = min(series.hours[0] for machines in metrics for series in machines)
    last = max(series.hours[-1] for machines in metrics for series in machines)
    reach = 24.0 * float(np.abs(design.days).max())
    starts = np.arange(first + reach, last - reach, step_hours)
    return starts[:, None] + 24.0 * STRETCH_DAYS * (np.arange(targets) // 3)


def disjoint(starts: Floats, design: Design) -> int:
    """How many of the campaigns (hours of the change, ascending) share no day with each other."""
    span = 24.0 * (float(np.ptp(design.days)) + 1.0)
    count, end = 0, -np.inf
    for start in starts:
        if start >= end:
            count, end = count + 1, start + span
    return count
