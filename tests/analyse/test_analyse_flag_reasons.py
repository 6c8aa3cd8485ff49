"""What flags do to verdicts: reasons of open ones, and the one case in which they leave one open."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from flag_tables import frame, noise, only
from scipy.stats import binomtest

from bench.analyse.compare import compare
from bench.analyse.flags.oddities import ALPHA
from bench.analyse.result import FlagKind, Reason, Verdict

OPEN = Verdict.INCONCLUSIVE


def kinds(metric) -> set[FlagKind]:
    return {flag.kind for flag in metric.flags}


def falling(targets: int, sessions: int, a_day: float, sd: float = 0.001) -> np.ndarray:
    """A fall from the first session to the last, tags a day apart: nothing changed between them."""
    logs = noise(1, targets, sessions, 3, sd=sd, session_sd=sd)
    return logs - a_day * np.arange(2 * sessions).reshape(1, 2, sessions, 1)


@pytest.mark.parametrize("targets", [1, 2, 6])
def test_a_change_that_the_drift_makes_is_left_open(targets: int) -> None:
    metric = only(frame(falling(targets, 8, 0.01)))
    assert kinds(metric) == {FlagKind.DRIFT}
    assert metric.ratio == pytest.approx(np.exp(-0.08), rel=0.01)
    assert (metric.verdict, metric.reason, metric.clear) == (OPEN, Reason.DRIFT, False)
    assert "measure the phases alternately" in metric.settle
    assert {(one.verdict, one.reason) for one in metric.targets} == {(OPEN, Reason.DRIFT)}


def test_a_change_that_the_drift_does_not_make_stands() -> None:
    logs = falling(1, 8, 0.005)
    assert only(frame(logs)).reason is Reason.DRIFT
    against = logs.copy()
    against[:, 1] += 0.3  # up, while the level falls
    metric = only(frame(against))
    assert FlagKind.DRIFT in kinds(metric)
    assert metric.verdict is Verdict.IMPROVED
    beyond = logs.copy()
    beyond[:, 1] -= 0.3  # down by far more than the fall of 4 % from one phase to the other
    assert only(frame(beyond)).verdict is Verdict.REGRESSED


def test_a_drift_in_one_tag_counts_as_well() -> None:
    logs = noise(2, 1, 8, 3, sd=0.001, session_sd=0.001)
    logs[:, 0] -= 0.01 * np.arange(8)[:, None]
    logs[:, 1] -= 0.08
    metric = only(frame(logs))
    assert [flag.tag for flag in metric.flags if flag.kind is FlagKind.DRIFT] == ["before"]
    assert (metric.verdict, metric.reason) == (OPEN, Reason.DRIFT)


def test_toggled_in_rounds_a_drift_is_in_neither_phase() -> None:
    logs = noise(3, 1, 8, 3, sd=0.001, session_sd=0.001)
    days = np.array([[0, 3, 4, 7, 8, 11, 12, 15], [1, 2, 5, 6, 9, 10, 13, 14]])  # A B, B A, A B …
    logs -= 0.01 * days[None, :, :, None]
    logs[:, 1] -= 0.05
    samples = frame(logs)
    start = pd.Timestamp("2024-01-01", tz="UTC")
    tag = (samples["tag"] == "after").astype(int).to_numpy()
    samples["started_at"] = start + pd.to_timedelta(days[tag, samples["session"].to_numpy() - 1], unit="D")
    metric = only(samples)
    assert FlagKind.DRIFT in kinds(metric)
    assert metric.verdict is Verdict.REGRESSED


def test_an_underpowered_metric_that_drifts_says_so() -> None:
    """One of six drifts: what the others show cannot be told from its scatter."""
    logs = noise(4, 6, 10, 3, sd=0.001, session_sd=0.001)
    logs[2] -= 0.02 * np.arange(20).reshape(2, 10, 1)
    metric = only(frame(logs))
    assert (metric.verdict, metric.reason) == (OPEN, Reason.DRIFT)
    assert [flag.targets for flag in metric.flags if flag.kind is FlagKind.DRIFT] == [("vm-2",)]
    assert {one.target: one.reason for one in metric.targets}["vm-2"] is Reason.DRIFT
    assert Reason.DRIFT not in {one.reason for one in metric.targets if one.target != "vm-2"}


def test_an_underpowered_metric_with_two_modes_or_changed_variance_is_unstable() -> None:
    random = np.random.default_rng(5)
    modes = noise(5, 6, 4, 4, session_sd=0.001)
    modes -= 0.2 * (random.random(modes.shape) < 0.5)
    modes[:, 1] += 0.01
    restless = noise(6, 8, 3, 5)
    restless[:, 1] += 0.08 * random.standard_normal(restless[:, 1].shape)
    for logs, kind in ((modes, FlagKind.TWO_MODES), (restless, FlagKind.CHANGED_VARIANCE)):
        metric = only(frame(logs, margin=0.01))
        assert kind in kinds(metric)
        assert (metric.verdict, metric.reason) == (OPEN, Reason.UNSTABLE)
        assert "see its flags" in metric.settle


def test_flags_change_no_other_verdict() -> None:
    cold = noise(7, 6, 3, 3)
    cold[..., 0] -= 0.05
    cold[:, 1] += 0.1
    assert only(frame(cold)).verdict is Verdict.IMPROVED
    modes = noise(8, 10, 5, 5, session_sd=0.001)
    modes -= 0.05 * (np.random.default_rng(8).random(modes.shape) < 0.5)
    metric = only(frame(modes, margin=0.08))
    assert kinds(metric) == {FlagKind.TWO_MODES}
    assert (metric.verdict, metric.reason) == (Verdict.NO_CHANGE, None)
    lone = only(frame(falling(1, 1, 0.1)))
    assert lone.reason is Reason.UNREPLICATED


def test_quiet_data_have_as_few_flags_as_promised() -> None:
    """A report of 300 quiet metrics, for designs of one to six targets: at most ALPHA of each kind."""
    random = np.random.default_rng(9)
    for targets, sessions, repetitions in ((1, 8, 3), (3, 3, 3), (6, 1, 3), (6, 5, 4)):
        metrics = []
        for number in range(300):
            logs = noise(1000 + number, targets, sessions, repetitions, sd=0.01, session_sd=0.01)
            logs += 0.05 * random.standard_normal((targets, 1, 1, 1))
            metrics.append(frame(logs, metric=f"m{number:03}", margin=1e-6))  # nothing is too small to be said
        found = compare(pd.concat(metrics), "before", "after").metrics
        for kind in FlagKind:
            wrong = sum(kind in kinds(metric) for metric in found)
            assert binomtest(wrong, 300, ALPHA, alternative="greater").pvalue > 1e-4, (kind, targets, wrong)
