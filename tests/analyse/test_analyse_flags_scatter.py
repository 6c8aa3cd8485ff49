"""Flags about scatter: two modes, changed variance, heterogeneous targets."""

from __future__ import annotations

import numpy as np
import pytest
from flag_tables import frame, noise, observed, of_kind, only
from scipy import stats

from bench.analyse.flags.scatter import _brown_forsythe, _repetitions, heterogeneous
from bench.analyse.result import FlagKind

MODES, VARIANCE, UNLIKE = FlagKind.TWO_MODES, FlagKind.CHANGED_VARIANCE, FlagKind.HETEROGENEOUS


def test_values_in_two_states_are_two_modes() -> None:
    logs = noise(1, 6, 4, 4, session_sd=0.001)
    logs -= 0.08 * (np.random.default_rng(1).random(logs.shape) < 0.5)
    (flag,) = of_kind(frame(logs), MODES)
    assert flag.sentence.startswith("single values fall into two groups about 8.")
    assert flag.sentence.endswith(" apart (192 values)")
    assert (flag.tag, flag.targets) == ("", ())


def test_sessions_in_two_states_are_two_modes_though_each_is_quiet() -> None:
    logs = noise(2, 4, 15, 3, session_sd=0.001, sd=0.001)
    logs -= (0.15 * (np.random.default_rng(2).random(logs.shape[:3]) < 0.5))[..., None]
    (flag,) = of_kind(frame(logs), MODES)
    assert flag.sentence.startswith("sessions fall into two groups about 1")
    assert flag.sentence.endswith(" apart (120 sessions)")


def test_sessions_that_stand_apart_are_no_modes() -> None:
    """Five sessions of ten close values are five heaps of ten, and nothing is bimodal."""
    for seed in range(30):
        assert not of_kind(frame(noise(seed, 1, 5, 10, sd=0.001, session_sd=0.05)), MODES)


def test_a_common_bad_day_of_all_targets_is_no_mode() -> None:
    logs = noise(3, 20, 4, 3, sd=0.001, session_sd=0.002)
    logs[:, :, 1] -= 0.05
    assert not of_kind(frame(logs), MODES)


def test_a_coarse_scale_has_no_modes() -> None:
    random = np.random.default_rng(4)
    micros = np.maximum(np.round(3 + 0.8 * random.standard_normal((6, 2, 4, 4))), 1)  # whole microseconds: 2, 3, 4
    assert not of_kind(frame(np.log(micros), better="lower", unit="us"), MODES)
    bimodal = np.where(random.random(micros.shape) < 0.5, 100, 140) + random.integers(-4, 5, micros.shape)
    assert of_kind(frame(np.log(bimodal.astype(float)), better="lower", unit="us"), MODES)


def test_close_groups_few_values_and_cold_starts_are_not_said_to_be_modes() -> None:
    heaps = np.random.default_rng(5).random((6, 2, 4, 4)) < 0.5
    assert not of_kind(frame(noise(5, 6, 4, 4, sd=0.0005, session_sd=0) - 0.006 * heaps), MODES)
    assert not of_kind(frame(noise(5, 1, 2, 4) - 0.1 * heaps[:1, :, :2]), MODES)
    cold = noise(5, 6, 4, 4)
    cold[..., 0] -= 0.05
    assert [flag.kind for flag in only(frame(cold)).flags] == [FlagKind.WARM_UP]


def test_repetitions_that_scatter_more_afterwards() -> None:
    logs = noise(6, 8, 3, 5)
    logs[:, 1] += 0.04 * np.random.default_rng(6).standard_normal(logs[:, 1].shape)
    (flag,) = of_kind(frame(logs), VARIANCE)
    assert flag.sentence.startswith("two repetitions of a session differ by 4.")
    assert "in 'after', by 0." in flag.sentence


def test_over_five_targets_repetitions_are_judged_by_students_t_over_targets() -> None:
    logs = noise(7, 6, 2, 3)
    pairs = [(0, 1), (0, 2), (1, 2)]
    apart = np.mean([np.abs(logs[..., a] - logs[..., b]) for a, b in pairs], axis=0).mean(axis=2)
    p, scatter = _repetitions(observed(frame(logs)))
    assert scatter[0] == pytest.approx(apart.mean(axis=0))
    d = np.diff(np.log(apart + 1e-4), axis=1)[:, 0]
    assert np.var(d, ddof=1) > 2 * 0.5 / 2 / 2  # above the least variance, or that would count
    assert p[0] == pytest.approx(stats.ttest_1samp(d, 0).pvalue)


def test_on_one_target_repetitions_are_judged_over_its_sessions() -> None:
    logs = noise(8, 1, 9, 2)
    apart = np.log(np.abs(logs[0, ..., 0] - logs[0, ..., 1]) + 1e-4)
    assert min(np.var(one, ddof=1) for one in apart) > 0.5
    p, _ = _repetitions(observed(frame(logs)))
    assert p[0] == pytest.approx(stats.ttest_ind(*apart).pvalue)


def test_sessions_of_one_target_are_judged_by_brown_and_forsythe() -> None:
    logs = noise(9, 1, 8, 3)
    medians = np.median(logs[0], axis=2)
    assert _brown_forsythe(observed(frame(logs)))[0] == pytest.approx(stats.levene(*medians, center="median").pvalue)


def test_sessions_that_scatter_more_afterwards() -> None:
    random = np.random.default_rng(10)
    fleet = noise(10, 12, 4, 3, sd=0.001, session_sd=0.003)
    fleet[:, 1] += 0.05 * random.standard_normal((12, 4, 1))
    (flag,) = of_kind(frame(fleet), VARIANCE)
    assert flag.sentence.startswith("two sessions of a target differ by ")
    lone = noise(10, 1, 20, 3, sd=0.001, session_sd=0.003)
    lone[:, 1] += 0.05 * random.standard_normal((1, 20, 1))
    assert of_kind(frame(lone), VARIANCE)


def test_one_bad_day_of_one_target_makes_no_restless_fleet() -> None:
    logs = noise(11, 6, 3, 3)
    logs[2, 1, 1] -= 0.5
    assert not of_kind(frame(logs), VARIANCE)


def test_values_that_never_differ_are_no_proof() -> None:
    assert only(frame(np.zeros((6, 2, 3, 3)))).flags == ()
    step = np.zeros((2, 2, 2, 2))
    step[1, 1, :, 1] = 0.05  # one of two targets, off a coarse scale: exactly alike in both its sessions afterwards
    assert not of_kind(frame(step), VARIANCE)


def test_a_target_that_changed_unlike_the_others_is_named() -> None:
    logs = noise(12, 6, 3, 3)
    logs[5, 1] -= 0.2
    (flag,) = of_kind(frame(logs), UNLIKE)
    assert flag.targets == ("vm-5",)
    assert flag.sentence.startswith("the change differs between targets by more than their sessions explain (scatter 8")
    assert flag.sentence.endswith(": vm-5 −18 %")


def test_where_all_differ_none_is_named() -> None:
    logs = noise(13, 6, 3, 3)
    logs[:, 1] += np.array([-0.2, -0.1, 0.0, 0.1, 0.2, 0.3])[:, None, None]
    (flag,) = of_kind(frame(logs), UNLIKE)
    assert flag.targets == ()
    assert "vm-" not in flag.sentence


def test_the_scatter_of_targets_is_judged_by_f() -> None:
    """B / (w + τ²) by hand, at the edge of significance."""
    logs = noise(14, 4, 3, 1, sd=0, session_sd=0.01)
    seen = observed(frame(logs))
    level = logs[..., 0].mean(axis=2)
    between = np.var(level[:, 1] - level[:, 0], ddof=1)
    explained = seen.estimates.within[0] + seen.estimates.tau2[0]
    for factor, flagged in ((0.98, False), (1.02, True)):
        df = explained**2 / (seen.estimates.within[0] ** 2 / (4 * 2) + seen.estimates.tau2[0] ** 2 / 10)
        limit = max(stats.f.isf(0.001, 3, df), 4)
        seen.difference[:] = (level[:, 1] - level[:, 0]) * np.sqrt(factor * limit * explained / between)
        assert bool(heterogeneous(seen)) is flagged


def test_a_single_session_explains_nothing() -> None:
    logs = noise(15, 6, 1, 3)
    logs[5, 1] -= 0.2
    assert not of_kind(frame(logs), UNLIKE)
