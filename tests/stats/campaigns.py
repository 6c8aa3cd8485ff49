"""What does one report of many metrics look like? Metrics of unlike noise on the same targets, which err together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.stats.models import FAST_CORRELATION, MODELS, MOVED_SD, Design, normal, simulate, wander

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SCALE_SD = 0.5
"""Of the logarithm of how noisy a metric is beside its model: two in three lie within a factor of 1.6."""

SHARED = 0.7
"""How much a target's metrics move together from day to day, in units of each one's own: a correlation of about 0.3."""

MOVED_SHARED = 0.5
"""Part of the variance of an unnoticed move that is common to all metrics of a target."""


def mixed(
    random: np.random.Generator, design: Design, campaigns: int, metrics: int, *, moved: bool = False
) -> tuple[Floats, Ints]:
    """Draw x (campaigns · metrics, targets, 2, sessions, repetitions), and which of `MODELS` each metric has."""
    n = campaigns * metrics
    kind = random.integers(0, len(MODELS), n)
    scale = np.exp(random.normal(0.0, SCALE_SD, n))
    x = np.empty((n, design.targets, 2, design.sessions, design.repetitions))
    for number, noise in enumerate(MODELS):
        mine = np.flatnonzero(kind == number)
        x[mine] = simulate(noise, design, len(mine), random, scale=scale[mine])
    fast = np.array([noise.fast_sd for noise in MODELS])[kind] * scale
    together = wander(random, normal, (campaigns, 1, design.targets), design.days, FAST_CORRELATION)
    weight = (SHARED * fast).reshape(campaigns, metrics, 1, 1, 1)
    x += (weight * together).reshape(n, design.targets, 2, design.sessions, 1)
    if moved:
        common = random.standard_normal((campaigns, 1, design.targets))
        own = random.standard_normal((campaigns, metrics, design.targets))
        shift = MOVED_SD * (np.sqrt(MOVED_SHARED) * common + np.sqrt(1 - MOVED_SHARED) * own)
        x[:, :, 1] += shift.reshape(n, design.targets, 1, 1)
    return x, kind
