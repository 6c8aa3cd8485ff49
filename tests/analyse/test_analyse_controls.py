"""Controls: their own effect, and the effect of the change with that taken off, worked out by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_tables import AFTER, BEFORE, table
from scipy import stats

from bench.analyse.compare import compare
from bench.analyse.result import Comparison, ControlEffect, Interval, MetricResult, Verdict
from bench.model import Limit

CHANGED = {"a": 0.10, "b": 0.11, "c": 0.12, "d": 0.11, "e": 0.11}


def once(effects: dict[str, float]) -> dict[str, tuple[list[list[float]], list[list[float]]]]:
    """One session per tag whose log levels differ by the effect."""
    return {name: ([[1.0]], [[1.0 + d]]) for name, d in effects.items()}


def judged(samples: pd.DataFrame, *controls: str, **options: object) -> tuple[MetricResult, ControlEffect]:
    (result,) = compare(samples, BEFORE, AFTER, controls=controls, **options).metrics
    assert result.controls is not None
    return result, result.controls


def check(interval: Interval | None, delta: float, var: float, df: float, level: float = 0.95) -> None:
    half = stats.t.ppf((1 + level) / 2, df) * math.sqrt(var)
    assert interval is not None
    assert interval.level == pytest.approx(level)
    assert math.log(interval.low) == pytest.approx(delta - half)
    assert math.log(interval.high) == pytest.approx(delta + half)


def test_without_controls_nothing_is_said_of_them() -> None:
    (result,) = compare(table(once(CHANGED), logs=True), BEFORE, AFTER).metrics
    assert result.controls is None


def test_five_targets_against_three_controls_are_welchs_t() -> None:
    effects = {"x": 0.02, "y": 0.05, "z": 0.02}  # mean .03, variance .0003
    result, found = judged(table(once(CHANGED | effects), logs=True), *effects)
    assert found.targets == 3
    assert found.ratio == pytest.approx(math.exp(0.03))
    check(found.interval, 0.03, 0.0003 / 3, 2)
    # changed: mean .11, variance .00005; the difference is .08
    one, other = 0.00005 / 5, 0.0003 / 3
    df = (one + other) ** 2 / (one**2 / 4 + other**2 / 2)
    assert found.net == pytest.approx(math.exp(0.08))
    check(found.net_interval, 0.08, one + other, df)
    known = stats.ttest_ind(list(CHANGED.values()), list(effects.values()), equal_var=False).confidence_interval(0.95)
    assert (math.log(found.net_interval.low), math.log(found.net_interval.high)) == pytest.approx(
        (known.low, known.high)
    )
    (alone,) = compare(table(once(CHANGED), logs=True), BEFORE, AFTER).metrics
    assert (result.ratio, result.interval, result.verdict) == (alone.ratio, alone.interval, alone.verdict)


def test_two_controls_with_one_session_have_no_interval_of_their_own_but_a_variance() -> None:
    effects = {"x": 0.02, "y": 0.04}
    _, found = judged(table(once(CHANGED | effects), logs=True), *effects)
    assert (found.targets, found.interval) == (2, None)
    known = stats.ttest_ind(list(CHANGED.values()), list(effects.values()), equal_var=False)
    check(found.net_interval, 0.08, (0.08 / known.statistic) ** 2, known.df)


def test_one_control_scatters_like_the_changed_targets() -> None:
    _, found = judged(table(once(CHANGED | {"x": 0.03}), logs=True), "x")
    assert (found.targets, found.ratio, found.interval) == (1, pytest.approx(math.exp(0.03)), None)
    # Student's two-sample t with pooled variance, (4 · .00005 + 0)/(5 + 1 − 2)
    check(found.net_interval, 0.08, 0.00005 * (1 / 5 + 1), 4)


def test_one_changed_target_scatters_like_the_controls() -> None:
    effects = {"x": 0.02, "y": 0.05, "z": 0.02}
    _, found = judged(table(once({"a": 0.11} | effects), logs=True), *effects)
    check(found.net_interval, 0.08, 0.0003 * (1 + 1 / 3), 2)


def test_one_against_one_rests_on_sessions() -> None:
    samples = table(
        {
            "a": ([[0.0], [0.01], [0.02]], [[0.10], [0.11], [0.12]]),
            "x": ([[1.0], [1.02], [1.04]], [[1.05], [1.07], [1.09]]),
        },
        logs=True,
    )
    _, found = judged(samples, "x")
    # sessions of a: variance 1e-4, of x: 4e-4; three of them in each tag; τ = .5 %, 10 df
    parts = []
    for variance in (1e-4, 4e-4):
        w = 2 * variance / 3
        var = w + 0.005**2
        parts.append((var, var**2 / (w**2 / 4 + 0.005**4 / 10)))
    check(found.interval, 0.05, *parts[1])
    total = parts[0][0] + parts[1][0]
    check(found.net_interval, 0.05, total, total**2 / sum(var**2 / df for var, df in parts))


def test_one_against_one_with_a_single_session_is_a_ratio_and_no_more() -> None:
    _, found = judged(table(once({"a": 0.11, "x": 0.03}), logs=True), "x")
    assert (found.net, found.interval, found.net_interval) == (pytest.approx(math.exp(0.08)), None, None)


def test_two_against_one_rest_on_sessions_where_both_have_them() -> None:
    two = {name: ([[0.0], [0.01]], [[0.1], [0.11]]) for name in "ab"}
    samples = table(two | {"x": ([[0.0], [0.02]], [[0.0], [0.02]])}, logs=True)
    result, found = judged(samples, "x")
    assert result.se is not None
    assert result.df is not None
    w = 1e-4 + 1e-4  # x: variance of two values .02 apart is 2e-4, of their mean 1e-4, in both tags
    var = w + 0.005**2
    df = var**2 / (w**2 / 2 + 0.005**4 / 10)
    total = result.se**2 + var
    check(found.net_interval, 0.1, total, total**2 / (result.se**4 / result.df + var**2 / df))
    short, found = judged(table(two | {"x": ([[0.0]], [[0.0]])}, logs=True), "x")
    # no sessions of x: it scatters like a and b do between them, which is not at all
    check(found.net_interval, 0.1, 1e-8 * 1.5, 1)
    assert short.interval == result.interval


def test_nothing_changed_or_nobody_measured_twice() -> None:
    (result,) = compare(table(once({"x": 0.1, "y": 0.1}), logs=True), BEFORE, AFTER, controls=["x", "y"]).metrics
    assert result.controls is not None
    assert (result.ratio, result.controls.net, result.controls.net_interval) == (None, None, None)
    lonely = pd.DataFrame(table(once(CHANGED | {"x": 0.1}), logs=True))
    lonely = lonely[(lonely["target"] != "x") | (lonely["tag"] == BEFORE)]
    (result,) = compare(lonely, BEFORE, AFTER, controls=["x"]).metrics
    assert result.controls is None


def test_ratios_are_as_measured_where_lower_is_better() -> None:
    samples = table(once(CHANGED | {"x": 0.02, "y": 0.05, "z": 0.02}), logs=True)
    _, higher = judged(samples, "x", "y", "z")
    _, lower = judged(samples.assign(better="lower"), "x", "y", "z")
    assert lower.net == pytest.approx(higher.net)
    assert (lower.net_interval.low, lower.net_interval.high) == pytest.approx(
        (higher.net_interval.low, higher.net_interval.high)
    )


def test_the_interval_is_as_strict_as_the_metrics_own() -> None:
    effects = CHANGED | {"x": 0.02, "y": 0.05, "z": 0.02}
    flat = {name: 0.05 * (-1) ** i for i, name in enumerate(effects)}
    samples = pd.concat(
        [table(once(effects), logs=True), *(table(once(flat), logs=True, metric=f"m{i}") for i in range(9))]
    )
    found = compare(samples, BEFORE, AFTER, controls=["x", "y", "z"])
    for one in found.metrics:
        assert one.controls is not None
        assert one.controls.net_interval.level == one.controls.interval.level == one.interval.level
    assert found.metrics[0].interval.level == pytest.approx(1 - 0.05 / 10)


def test_controls_that_moved_are_a_warning_and_the_verdict_stays() -> None:
    effects = {"x": -0.10, "y": -0.11, "z": -0.12}
    samples = table(once(dict.fromkeys(CHANGED, -0.11) | effects), logs=True)
    found = compare(samples, BEFORE, AFTER, controls=effects)
    (result,) = found.metrics
    assert result.verdict is Verdict.REGRESSED
    assert result.controls.net == pytest.approx(1)
    assert result.warnings == ("something hit machines on which nothing was changed: 3 controls moved to 90 %",)
    (said,) = found.warnings
    assert said.startswith("something hit machines on which nothing was changed: 1 metric moved on the controls (suite")
    assert said.endswith("A metric 90 %); see the effects net of controls")
    small = table(once(dict.fromkeys(CHANGED, -0.11) | {"x": -0.010, "y": -0.011, "z": -0.012}), logs=True)
    assert compare(small, BEFORE, AFTER, controls=effects).warnings == ()  # excludes 0, and does not matter
    wide = table(once(dict.fromkeys(CHANGED, -0.11) | {"x": -0.5, "y": 0.1, "z": -0.12}), logs=True)
    assert compare(wide, BEFORE, AFTER, controls=effects).warnings == ()  # matters, and may be chance


def test_a_control_that_moved_to_another_host_is_none() -> None:
    samples = table(once(CHANGED | {"x": 0.02, "y": 0.05, "z": 0.5}), logs=True)
    moved = {"z": True}
    found = compare(samples, BEFORE, AFTER, controls=["x", "y", "z"], host_moved=moved)
    assert found.metrics[0].controls.targets == 2
    assert found.metrics[0].controls.ratio == pytest.approx(math.exp(0.035))
    assert "moved to another host, so no control any more: z" in found.warnings
    (row,) = [one for one in found.metrics[0].targets if one.target == "z"]
    assert (row.control, row.relocated) == (True, True)


def test_a_pair_with_one_changed_end_is_neither_changed_nor_control() -> None:
    pairs = {"a → x": 0.5, "x → y": 0.02, "w → z": 0.04}
    result, found = judged(table(once(CHANGED | pairs), logs=True), "x", "y", "z", "w")
    assert result.df == 4
    assert found.targets == 2
    assert found.ratio == pytest.approx(math.exp(0.03))
    assert {one.target for one in result.targets if one.control} == set(pairs)
    _, named = judged(table(once(CHANGED | pairs), logs=True), "a → x")
    assert named.ratio == pytest.approx(math.exp(0.5))


def test_controls_that_share_machines_are_one() -> None:
    pairs = {"x → y": 0.02, "y → x": 0.04, "w → z": 0.05}
    _, found = judged(table(once(CHANGED | pairs), logs=True), "w", "x", "y", "z")
    assert found.targets == 2
    assert found.ratio == pytest.approx(math.exp(0.04))  # .03 for the first two, .05


def test_counts_are_compared_as_rates() -> None:
    columns = {"scale": "count", "better": "lower", "unit": "events"}
    changed = {name: ([[100], [100]], [[200], [200]]) for name in "abcd"}
    quiet = {name: ([[100], [100]], [[100], [100]]) for name in "xyz"}
    _, found = judged(table(changed | quiet, **columns), "x", "y", "z")
    assert (found.ratio, found.net) == (pytest.approx(1), pytest.approx(2))
    one = 1 / 800 + 1 / 1600  # of the log of a ratio of Poisson counts, without dispersion
    other = 1 / 600 + 1 / 600
    check(found.net_interval, math.log(2), one + other, (one + other) ** 2 / (one**2 / 3 + other**2 / 2))
    none = {name: ([[100], [100]], [[0], [0]]) for name in "xyz"}
    _, found = judged(table(changed | none, **columns), "x", "y", "z")
    assert (found.net, found.net_interval) == (None, None)


EFFECTS = st.lists(st.floats(-0.3, 0.3), min_size=1, max_size=6)


def compared(changed: list[float], controls: list[float], shock: float = 0.0) -> Comparison:
    effects = {f"t{i}": d + shock for i, d in enumerate(changed)} | {f"c{i}": d + shock for i, d in enumerate(controls)}
    names = [name for name in effects if name.startswith("c")]
    return compare(table(once(effects), logs=True), BEFORE, AFTER, controls=names)


@settings(max_examples=25, deadline=None)
@given(EFFECTS, EFFECTS, st.floats(-0.5, 0.5))
def test_what_hits_everything_alike_is_taken_off(changed: list[float], controls: list[float], shock: float) -> None:
    (calm,), (hit,) = compared(changed, controls).metrics, compared(changed, controls, shock).metrics
    assert hit.controls.net == pytest.approx(calm.controls.net)
    assert hit.controls.ratio == pytest.approx(calm.controls.ratio * math.exp(shock))
    assert (hit.controls.net_interval is None) == (calm.controls.net_interval is None)
    assert (calm.controls.net_interval is None) == (len(changed) == len(controls) == 1)
    if calm.controls.net_interval is not None:
        assert hit.controls.net_interval.low == pytest.approx(calm.controls.net_interval.low, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(EFFECTS, EFFECTS)
def test_swapping_changed_and_controls_inverts_the_net_effect(changed: list[float], controls: list[float]) -> None:
    (one,), (other,) = compared(changed, controls).metrics, compared(controls, changed).metrics
    assert other.controls.net == pytest.approx(1 / one.controls.net)
    if one.controls.net_interval is not None:
        assert other.controls.net_interval.low == pytest.approx(1 / one.controls.net_interval.high)
        assert other.controls.net_interval.high == pytest.approx(1 / one.controls.net_interval.low)


def test_a_control_at_its_published_limit_says_nothing() -> None:
    limit = (Limit("suite/metric", math.exp(1.01), "MB/s"),)
    samples = table(once(CHANGED | {"x": 0.02, "y": 0.03}), logs=True)
    found = compare(samples, BEFORE, AFTER, controls=["x", "y"], limits={"x": limit}).metrics[0].controls
    assert (found.targets, found.ratio) == (1, pytest.approx(math.exp(0.03)))
    assert compare(samples, BEFORE, AFTER, controls=["x"], limits={"x": limit}).metrics[0].controls is None
