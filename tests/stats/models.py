"""What does the noise of cloud machines look like? Six models of it, and machines that are moved unnoticed.

All on the scale of the verdicts: ln(value), positive is better, so .01 is 1 %. STATISTICS names the six; their
parameters are choices, not estimates: of the scale that cloud machines are known for (repetitions scatter by 0.3–4 %,
days by 0.3–3 %), and loud enough that common practice errs on them about as often as STATISTICS §9 reports. A
value of target v at time t is

    level_v + fast_v(t) + slow_v(t) + drift_v · t + repetition noise

fast: correlates 0.7 from one day to the next (as day medians of an Azure VM do), so that sessions of one phase are
partly pseudo-replicates. slow: correlates over a month; sessions of one machine close together cannot see it. Targets
are independent of each other in the six; `common` is the part of the variance of fast and drift that all share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Shape = tuple[int, ...]

FAST_CORRELATION = 0.7
"""Of a target's level with itself a day later."""

SLOW_DAYS = 30.0
"""Time over which the slow part of a target's level forgets."""

LEVEL_SD = 0.05
"""Machines of one size differ; the pairing removes it from ours, not from a heap of all values."""

MOVED_SD = 0.04
"""How much a target's level shifts when it lands on another host of the same size."""


ROUND_DAYS = 0.25
"""Between the two sessions of a round."""


@dataclass(frozen=True, slots=True)
class Design:
    """What is measured: targets, sessions per tag, repetitions per session, and when (days).

    apart: from the last session before the change to the first after it. gap: between sessions of a tag. toggled: in
    rounds instead, a session of each tag six hours apart, in the order AB, BA, AB …
    """

    targets: int
    sessions: int
    repetitions: int
    apart: float = 1.0
    gap: float = 1.0
    toggled: bool = False

    @property
    def days(self) -> Floats:
        """When each session was, shape (2 tags, sessions), nearest to the change first, so that looks are prefixes."""
        number = np.arange(self.sessions)
        if self.toggled:
            late = ROUND_DAYS * (number % 2)
            return self.gap * number + np.stack([late, ROUND_DAYS - late])
        away = self.apart / 2 + self.gap * number
        return np.stack([-away, away])


@dataclass(frozen=True, slots=True)
class Noise:
    """One model: SDs on the log scale, `tail` draws noise of mean about 0 and SD 1.

    drift_sd: slope of each target per day. burst: how far below its burst rate a throttled repetition lies (0: there is
    none). common: part of the variance of fast and drift that all targets share.
    """

    name: str
    repetition_sd: float
    fast_sd: float
    slow_sd: float
    tail: Callable[[np.random.Generator, Shape], Floats]
    drift_sd: float = 0.0
    burst: float = 0.0
    common: float = 0.0


def normal(random: np.random.Generator, shape: Shape) -> Floats:
    """Gaussian noise."""
    return random.standard_normal(shape)


def heavy(random: np.random.Generator, shape: Shape) -> Floats:
    """Student's t with three degrees of freedom: one value in a hundred lies 2.6 SD out, some much further."""
    return random.standard_t(3, shape) / np.sqrt(3.0)


def skewed(random: np.random.Generator, shape: Shape) -> Floats:
    """Lognormal (σ = 0.8) with the long tail towards slower: interference only ever takes away."""
    sigma = 0.8
    value = np.exp(sigma * random.standard_normal(shape))
    mean, sd = np.exp(sigma**2 / 2), np.sqrt(np.expm1(sigma**2) * np.exp(sigma**2))
    out: Floats = -(value - mean) / sd
    return out


QUIET = Noise("quiet", 0.003, 0.003, 0.002, normal)
"""A pinned CPU benchmark: everything within a few tenths of a percent."""

SESSION = Noise("session-dominated", 0.006, 0.03, 0.01, normal)
"""Repetitions agree to 0.6 %, days differ by 3 %: where repetitions deceive most."""

BURST = Noise("burst-limited", 0.015, 0.01, 0.006, normal, burst=0.20)
"""Disk or network with credits: single repetitions, and now and then a whole session, lie 20 % below the burst rate."""

HEAVY = Noise("heavy-tailed", 0.03, 0.02, 0.008, heavy)
"""Outliers in repetitions and in sessions alike (t, 3 degrees of freedom)."""

SKEWED = Noise("skewed", 0.04, 0.02, 0.008, skewed)
"""Latency-like: a wall on the good side, a long tail on the bad one."""

DRIFTING = Noise("drifting", 0.012, 0.012, 0.006, normal, drift_sd=0.003)
"""Each target moves its own way by about 0.3 % a day, for as long as it is measured: a filling disk, a growing file."""

MODELS = (QUIET, SESSION, BURST, HEAVY, SKEWED, DRIFTING)


def simulate(
    noise: Noise,
    design: Design,
    replicates: int,
    random: np.random.Generator,
    *,
    moved_sd: float = 0.0,
    scale: Floats | float = 1.0,
) -> Floats:
    """Draw x (replicates, targets, 2 tags, sessions, repetitions); nothing is changed between the tags.

    moved_sd: of a shift of each target between the phases. scale: factor on all noise, per replicate.
    """
    n, targets, sessions = replicates, design.targets, design.sessions
    days = design.days
    shape = (n, targets, 2, sessions)
    level = noise.slow_sd * wander(random, normal, (n, targets), days, np.exp(-1 / SLOW_DAYS))
    fast = wander(random, noise.tail, (n, targets), days, FAST_CORRELATION)
    slope = random.standard_normal((n, targets, 1, 1))
    if noise.common:
        own, all_ = np.sqrt(1 - noise.common), np.sqrt(noise.common)
        fast = own * fast + all_ * wander(random, noise.tail, (n, 1), days, FAST_CORRELATION)
        slope = own * slope + all_ * random.standard_normal((n, 1, 1, 1))
    level += noise.fast_sd * fast + noise.drift_sd * slope * days
    x = level[..., None] + noise.repetition_sd * noise.tail(random, (*shape, design.repetitions))
    if noise.burst:
        tired = np.where(random.random(shape) < 0.1, 0.9, 0.1)  # how often a repetition of this session is throttled
        x -= noise.burst * (random.random(x.shape) < tired[..., None])
    x *= np.reshape(scale, (-1, 1, 1, 1, 1))
    x += LEVEL_SD * random.standard_normal((n, targets, 1, 1, 1))
    x[:, :, 1] += moved_sd * random.standard_normal((n, targets, 1, 1))
    return x


def wander(
    random: np.random.Generator,
    tail: Callable[[np.random.Generator, Shape], Floats],
    shape: Shape,
    days: Floats,
    per_day: float,
) -> Floats:
    """A stationary first-order autoregression of SD 1, read at `days` (2, sessions); `per_day`: its correlation.

    For noise that is not normal the steps are drawn from `tail`, so single sessions stand out.
    """
    order = np.argsort(days, axis=None)
    when = days.ravel()[order]
    out = np.empty((*shape, len(when)))
    out[..., 0] = tail(random, shape)
    for index in range(1, len(when)):
        keep = per_day ** (when[index] - when[index - 1])
        out[..., index] = keep * out[..., index - 1] + np.sqrt(1 - keep**2) * tail(random, shape)
    back = np.empty_like(out)
    back[..., order] = out
    return back.reshape(*shape, *days.shape)
