"""Does a learned τ hold what it promises? One and two simulated targets that drift more, or less, than the default.

Each phase of three daily sessions has a level of its own on top of the scatter of sessions, so that phases differ by τ.
The history is two phases, ten days apart, of a few other targets. Coverage is that of the 95 % interval of no change.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtrit

from bench.analyse.estimate import Pools, estimate
from bench.analyse.levels import Levels, Sessions, levels_of
from bench.analyse.past.history import History, MetricName
from bench.analyse.past.window_sums import sum_pairs
from bench.analyse.past.windows import Session, pairs_of
from bench.analyse.result import MetricKey
from bench.analyse.tau import Tau

METRICS = 400
DAYS = np.array([0.0, 1, 2, 10, 11, 12])
DEFAULT = 0.01
SESSION_SD = 0.005
LEAST = 0.95 - 2.6 * math.sqrt(0.95 * 0.05 / METRICS)
"""Share below which a coverage of 95 % falls in one of 200 simulations."""


def drawn(random: np.random.Generator, tau: float, targets: int) -> np.ndarray:
    """Levels of sessions, shape (metrics, targets, sessions), of two phases whose levels differ by N(0, τ²)."""
    phases = np.repeat(random.normal(0, tau / math.sqrt(2), (METRICS, targets, 2)), 3, axis=2)
    return phases + random.normal(0, SESSION_SD, phases.shape)


def name(metric: int) -> MetricName:
    return MetricName(MetricKey("s", "c", f"m{metric}", "", ()), "u")


def history(values: np.ndarray) -> History:
    metric, target, session = (one.ravel() for one in np.indices(values.shape))
    visits = pd.DataFrame(
        {
            "campaign": "c", "tag": "t", "run": [f"r{one}" for one in session], "suite": "s", "case": "c",
            "metric": [f"m{one}" for one in metric], "part": "", "params": "{}", "base": "u",
            "target": [f"v{one}" for one in target], "size": "z", "tool_digest": "", "title": "", "detail": False,
            "level": values.ravel(), "count": 3, "time": DAYS[session] * 86400,
        }
    )  # fmt: skip
    sessions = [Session(f"r{place}", "t", day) for place, day in enumerate(DAYS)]
    return History(sum_pairs(visits, pairs_of("c", sessions)))


def levels(values: np.ndarray) -> Levels:
    units = values.shape[0] * values.shape[1]
    unit, session = (one.ravel() for one in np.indices((units, len(DAYS))))
    x = values.reshape(-1)
    return levels_of(
        Sessions(unit, session // 3, session, x, x, x, np.ones(len(x), dtype=int), x, DAYS[session] * 86400), units
    )


def judged(values: np.ndarray, tau: Tau | None) -> tuple[float, float]:
    """How often the interval holds "no change", and half its median width."""
    metrics, targets, _ = values.shape
    units = np.arange(metrics * targets)
    pools = Pools(units // targets, units, units, metrics)
    found = estimate(levels(values), pools, np.full(len(units), np.nan), tau=tau)
    half = stdtrit(found.df, 0.975) * found.se
    return float((np.abs(found.delta) <= half).mean()), float(np.median(half))


@pytest.mark.parametrize("targets", [1, 2])
@pytest.mark.parametrize("times", [3.0, 1 / 3])
def test_coverage_and_width_with_a_learned_tau(targets: int, times: float) -> None:
    random = np.random.default_rng(20240105)
    learned = history(drawn(random, times * DEFAULT, 8))
    values = drawn(random, times * DEFAULT, targets)
    tau = learned.tau_for([(name(metric), "z") for metric in range(METRICS) for _ in range(targets)])
    assert (tau.pairs[:, 1] == 8).all()
    (default, default_half), (covered, half) = judged(values, None), judged(values, tau)
    assert covered >= LEAST
    if times > 1:
        assert default < 0.92, "the default promises too much here"
        assert half > default_half
    else:
        assert default >= LEAST
        assert half < 0.85 * default_half, "what is known to be quiet may be said to be quiet"


@pytest.mark.parametrize("targets", [1, 2])
def test_learning_costs_no_coverage_where_the_default_is_right(targets: int) -> None:
    random = np.random.default_rng(20240106)
    learned = history(drawn(random, DEFAULT, 8))
    values = drawn(random, DEFAULT, targets)
    tau = learned.tau_for([(name(metric), "z") for metric in range(METRICS) for _ in range(targets)])
    assert judged(values, tau)[0] >= LEAST
