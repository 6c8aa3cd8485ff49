"""What flags promise, on seeded simulated noise: few false alarms, and few drifts that are taken for a change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bench.analyse.compare import compare
from bench.analyse.flags.oddities import ALPHA
from bench.analyse.result import FlagKind, MetricResult, Reason, Verdict
from tests.stats.models import DRIFTING, HEAVY, MODELS, QUIET, SESSION, Design, Noise, simulate
from tests.stats.rates import too_many

N = 400
CHANGED = (Verdict.IMPROVED, Verdict.REGRESSED)
FAST_DRIFT = replace(DRIFTING, name="fast drift", drift_sd=0.01)


def judged(noise: Noise, design: Design, effect: float = 0.0, seed: int = 0) -> tuple[MetricResult, ...]:
    """`N` metrics, each judged alone, with a true change of `effect` (log ratio) up or down."""
    random = np.random.default_rng([17, seed, design.targets, design.sessions])
    x = simulate(noise, design, N, random)
    x[:, :, 1] += effect * random.choice([-1.0, 1.0], (N, 1, 1, 1))
    metric, target, tag, session, repetition = np.indices(x.shape).reshape(5, -1)

    def text(codes: np.ndarray, name: str) -> pd.Categorical:
        return pd.Categorical.from_codes(codes, [f"{name}{number:03}" for number in range(int(codes.max()) + 1)])

    samples = pd.DataFrame(
        {
            "tag": text(tag, "tag"), "run": text(tag * design.sessions + session, "run"), "suite": "s",
            "target": text(target, "vm"), "metric": text(metric, "m"), "unit": "MB/s", "better": "higher",
            "kind": "cpu", "value": np.exp(x.ravel()), "repetition": repetition + 1,
            "started_at": pd.Timestamp("2026-06-01", tz="UTC") + pd.to_timedelta(design.days[tag, session], unit="D"),
        }
    )  # fmt: skip
    return compare(samples, "tag000", "tag001", correct=False).metrics


def believed(found: tuple[MetricResult, ...]) -> tuple[float, float]:
    """Which part of the metrics would be called changed without the rule about drift, and which is."""
    beyond = [
        one.reason is Reason.DRIFT
        and one.interval is not None
        and not one.interval.low <= 1 <= one.interval.high
        and abs(np.log(one.ratio)) >= np.log1p(one.margin)
        for one in found
    ]
    after = np.mean([one.verdict in CHANGED for one in found])
    return float(after + np.mean(beyond)), float(after)


@pytest.mark.parametrize(("targets", "common"), [(1, 0.0), (6, 0.8)])
def test_what_a_drift_makes_is_seldom_called_a_change(targets: int, common: float) -> None:
    before, after = believed(judged(replace(FAST_DRIFT, common=common), Design(targets, 8, 3)))
    assert before > 0.5
    assert after < before / 3


@pytest.mark.parametrize("noise", [QUIET, SESSION, HEAVY], ids=lambda noise: noise.name)
@pytest.mark.parametrize("targets", [1, 6])
def test_where_nothing_drifts_true_changes_are_found_as_before(noise: Noise, targets: int) -> None:
    before, after = believed(judged(noise, Design(targets, 8, 3), effect=0.10))
    assert before > 0.8
    assert after >= before - 0.015


@pytest.mark.parametrize("noise", MODELS, ids=lambda noise: noise.name)
def test_flags_of_repetitions_are_rare_in_all_noise(noise: Noise) -> None:
    for targets, sessions in ((1, 8), (3, 3), (6, 1)):
        found = judged(noise, Design(targets, sessions, 3), seed=1)
        for kind in (FlagKind.WARM_UP, FlagKind.THROTTLING):
            wrong = sum(any(flag.kind is kind for flag in one.flags) for one in found)
            assert not too_many(wrong, N, 1.5 * ALPHA), (kind, wrong)


def test_a_quiet_benchmark_has_no_flags_to_speak_of() -> None:
    for targets, sessions in ((1, 3), (3, 3), (6, 1), (6, 5)):
        found = judged(QUIET, Design(targets, sessions, 3), seed=2)
        assert not too_many(sum(bool(one.flags) for one in found), N, ALPHA)
