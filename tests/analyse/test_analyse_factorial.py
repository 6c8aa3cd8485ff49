"""Steps along a path: worked out by hand, adding up whatever the data, over the same targets in every step."""

from __future__ import annotations

import math
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phase_tables import LADDER, ON_A_LADDER, ROUND, phases
from sample_tables import rows
from scipy import stats

import bench
from bench.analyse.compare import compare
from bench.analyse.phases.designs import Path, PathMetric, PathStep
from bench.analyse.phases.factorial import factorial
from bench.analyse.result import Basis, Comparison, Reason, Verdict
from bench.errors import AnalysisError
from bench.model import Limit

FAST = settings(max_examples=25, deadline=None)


def only(path: Path) -> PathMetric:
    (one,) = path.metrics
    return one


def adds_up(path: Path) -> None:
    for one in path.metrics:
        steps = [step.ratio for step in one.steps]
        if all(steps) and one.total.ratio:
            assert sum(map(math.log, steps)) == pytest.approx(math.log(one.total.ratio), abs=1e-9)
        for result in (*one.steps, one.total):
            assert [row.target for row in result.targets if row.pooled] == list(one.targets)


def walk(samples: pd.DataFrame, tags: tuple[str, ...] = LADDER, **options: object) -> Path:
    """The path where what is known of hosts and limits is known of every pair of tags: {(before, after): {…}}."""
    moved = options.pop("host_moved", {})

    def judge(some: pd.DataFrame, before: str, after: str, rounds: bool) -> Comparison:
        return compare(some, before, after, rounds=rounds, host_moved=moved.get((before, after)), **options)

    return factorial(samples, tags, {}, judge).path


def test_three_targets_in_four_phases_by_hand() -> None:
    samples = phases(
        {
            "a": [1.00, 1.01, 0.93, 1.02],  # steps .01, −.08, .09; total .02
            "b": [2.00, 2.02, 1.95, 2.04],  # steps .02, −.07, .09; total .04
            "c": [3.00, 3.03, 2.94, 3.06],  # steps .03, −.09, .12; total .06
        }
    )
    found = bench.steps(samples, LADDER, ON_A_LADDER)
    one = only(found.path)
    for result, d in zip(
        (*one.steps, one.total),
        ((0.01, 0.02, 0.03), (-0.08, -0.07, -0.09), (0.09, 0.09, 0.12), (0.02, 0.04, 0.06)),
        strict=True,
    ):
        test = stats.ttest_1samp(d, 0)
        known = test.confidence_interval(0.95)
        assert result.ratio == pytest.approx(math.exp(sum(d) / 3))
        assert (result.interval.low, result.interval.high) == pytest.approx((math.exp(known.low), math.exp(known.high)))
        assert result.p == pytest.approx(test.pvalue)
        assert result.df == 2
    assert [result.verdict for result in one.steps] == [Verdict.INCONCLUSIVE, Verdict.REGRESSED, Verdict.IMPROVED]
    assert one.total.reason is Reason.UNDERPOWERED
    assert one.targets == ("a", "b", "c")
    assert one.left_out == ()
    adds_up(found.path)
    assert found.squares == ()  # a ladder is a path and no more


def test_a_step_names_the_factors_that_moved_and_the_levels_held() -> None:
    samples = phases({"a": [1.0, 1.0, 1.0]}, ("pre", "guest", "sriov"))
    assert bench.steps(samples, ["pre", "guest", "sriov"], ON_A_LADDER).path.steps == (
        PathStep("pre", "guest", (("guest", "off", "on"), ("host", "off", "on")), (("sriov", "off"),)),
        PathStep("guest", "sriov", (("sriov", "off", "on"),), (("guest", "on"), ("host", "on"))),
    )
    assert bench.steps(samples, ["pre", "guest", "sriov"]).path.steps == (
        PathStep("pre", "guest", (), ()),
        PathStep("guest", "sriov", (), ()),
    )


def test_targets_that_miss_a_phase_are_left_out_and_named() -> None:
    samples = phases(
        {
            "a": [1.00, 1.01, 1.02],
            "b": [1.00, 1.03, 1.02],
            "late": [None, 5.0, 6.0],
            "gap": [1.0, None, 9.0],
            "once": [None, None, 1.0],
        },
        LADDER[:3],
    )
    path = bench.steps(samples, LADDER[:3]).path
    one = only(path)
    assert one.targets == ("a", "b")
    assert one.left_out == (
        ("gap", "not measured in host"),
        ("late", "not measured in pre"),
        ("once", "not measured in pre and host"),
    )
    assert [step.ratio for step in one.steps] == [pytest.approx(math.exp(0.02)), pytest.approx(1)]
    assert one.total.ratio == pytest.approx(math.exp(0.02))
    assert compare(samples, "pre", "guest").metrics[0].ratio != pytest.approx(math.exp(0.02))
    adds_up(path)


def test_each_metric_has_its_own_targets() -> None:
    whole = phases({"a": [1.0, 1.1, 1.2, 1.3], "b": [1.0, 1.2, 1.4, 1.6]}, metric="whole")
    part = phases({"a": [1.0, 1.1, 1.2, 1.3], "b": [1.0, None, 1.4, 1.6]}, metric="part", params='{"depth": 4}')
    none = phases({"a": [1.0, None, 1.2, 1.3], "b": [1.0, 1.0, 1.4, None]}, metric="none")
    path = bench.steps(pd.concat([whole, part, none]), LADDER).path
    assert {one.key.metric: one.targets for one in path.metrics} == {"part": ("a",), "whole": ("a", "b")}
    assert path.dropped == 1
    adds_up(path)
    nothing = bench.steps(none, LADDER).path
    assert (nothing.metrics, nothing.dropped) == ((), 1)


def test_values_that_cannot_be_compared_are_no_measurement() -> None:
    samples = phases({"a": [1.0, 1.1, 1.2, 1.3], "b": [1.0, 1.2, 1.4, 1.6]})
    samples.loc[(samples["target"] == "b") & (samples["tag"] == "guest"), "value"] = math.nan
    one = only(bench.steps(samples, LADDER).path)
    assert (one.targets, one.left_out) == (("a",), (("b", "not measured in guest"),))


def test_units_that_do_not_convert_never_make_a_path() -> None:
    mixed = phases({"a": [1.0, 1.0, 1.0], "b": [1.0, 1.0, 1.0]}, LADDER[:3])
    mixed.loc[(mixed["target"] == "b") & (mixed["tag"] == "guest"), "unit"] = "IOPS"
    path = bench.steps(mixed, LADDER[:3]).path
    one = only(path)
    assert (one.targets, one.left_out) == (("a",), (("b", "not measured in guest"),))
    assert path.dropped == 1  # in IOPS it was measured in one phase


def test_one_that_moved_to_another_host_is_not_in_some_steps_and_so_in_none() -> None:
    samples = phases(
        {name: [1.0, 1.0 + x, 1.0, 1.0 - x] for name, x in zip("abcd", (0.01, 0.02, 0.03, 0.5), strict=True)}
    )
    moved = {("host", "guest"): {"d": True}, ("pre", "sriov"): {"d": True}}
    path = walk(samples, host_moved=moved)
    one = only(path)
    assert (one.targets, one.left_out) == (
        ("a", "b", "c"),
        (("d", "changed its host, unlike others, between host and guest"),),
    )
    adds_up(path)
    all_moved = {pair: dict.fromkeys("abcd", True) for pair in moved}
    assert only(walk(samples, host_moved=all_moved)).targets == ("a", "b", "c", "d")


def test_one_at_its_limit_in_some_steps_is_in_none() -> None:
    samples = phases({"a": [1.0, 1.0, 1.1], "b": [1.0, 1.02, 1.1], "c": [2.0, 2.0, 1.1]}, LADDER[:3])
    limit = (Limit("suite/metric", math.exp(2.0), "MB/s"),)
    path = walk(samples, LADDER[:3], limits={"c": limit})
    one = only(path)
    assert one.targets == ("a", "b")
    assert one.left_out == (("c", "was at its published limit, unlike others, between pre and host"),)
    adds_up(path)


def test_controls_are_beside_the_path() -> None:
    samples = phases({"a": [1.0, 1.1, 1.2, 1.3], "x": [1.0, 1.0, 1.0, 1.0], "y": [1.0, None, 1.0, 1.0]})
    one = only(bench.steps(samples, LADDER, controls=["x", "y"]).path)
    assert (one.targets, one.left_out) == (("a",), ())
    assert [step.controls.net for step in one.steps] == [pytest.approx(math.exp(0.1))] * 3


def test_counts_add_up_as_rates() -> None:
    columns = {"scale": "count", "better": "lower", "unit": "events"}
    made = []
    for target, events in {"a": (40, 60, 30), "b": (10, 40, 20), "c": (50, 50, 50), "d": (7, None, 9)}.items():
        for tag, count in zip(LADDER, events, strict=False):
            if count is not None:
                made += rows(target, tag, [[count]], **columns)
    path = bench.steps(pd.DataFrame(made), LADDER[:3]).path
    one = only(path)
    assert [step.ratio for step in one.steps] == [pytest.approx(1.5), pytest.approx(100 / 150)]
    assert one.total.ratio == pytest.approx(1)
    adds_up(path)


def test_phases_that_were_toggled_add_up_though_a_round_is_incomplete() -> None:
    made = []
    for place, (tag, level) in enumerate(zip("ABCCBAAB", (1.0, 1.2, 1.3, 1.31, 1.23, 1.04, 1.01, 1.27), strict=True)):
        made += rows("vm", tag, [[level]], logs=True, day=place / 8, run=f"run-{place}")
    samples = pd.DataFrame(made)
    by_rounds = [compare(samples, *pair).metrics[0] for pair in (("A", "B"), ("B", "C"), ("A", "C"))]
    assert {one.rests_on for one in by_rounds} == {Basis.ROUNDS}
    assert by_rounds[0].ratio * by_rounds[1].ratio != pytest.approx(by_rounds[2].ratio)
    path = bench.steps(samples, ["A", "B", "C"]).path
    assert {step.rests_on for step in only(path).steps} == {Basis.SESSIONS}
    adds_up(path)
    whole = samples[samples["run"].isin([f"run-{place}" for place in range(6)])]
    path = bench.steps(whole, ["A", "B", "C"]).path
    assert {step.rests_on for step in only(path).steps} == {Basis.ROUNDS}
    adds_up(path)


def test_what_was_compared_already_is_not_compared_again() -> None:
    samples = phases({"a": [1.0, 1.1, 1.2, 1.3], "b": [1.0, 1.2, 1.4, 1.6]})
    known = [compare(samples, *pair) for pair in (*pairwise(LADDER), ("pre", "sriov"))]

    def never(*_: object) -> Comparison:
        raise AssertionError

    one = only(factorial(samples, LADDER, {}, never, known).path)
    assert one.steps == tuple(comparison.metrics[0] for comparison in known[:3])
    assert one.total is known[3].metrics[0]


def test_two_phases_are_one_step() -> None:
    samples = phases({"a": [1.0, 1.1], "b": [1.0, 1.2]}, LADDER[:2])
    one = only(bench.steps(samples, LADDER[:2]).path)
    assert one.steps == (one.total,)


@pytest.mark.parametrize("tags", [(), ("pre",), ("pre", "host", "pre")])
def test_tags_that_make_no_path_are_refused(tags: tuple[str, ...]) -> None:
    with pytest.raises(AnalysisError, match="two or more different tags"):
        bench.steps(phases({"a": [1.0, 1.0]}, LADDER[:2]), tags)


def test_a_tag_without_samples_is_named() -> None:
    with pytest.raises(AnalysisError, match="no samples of tag 'later'"):
        bench.steps(phases({"a": [1.0, 1.0]}, LADDER[:2]), ["pre", "host", "later"])


def test_options_reach_every_comparison() -> None:
    samples = phases({f"t{i}": [1.0, 1.1 + 0.01 * i, 1.2, 1.3] for i in range(5)})
    one = only(bench.steps(samples, LADDER, primary=["suite/metric"], margins=[("suite/metric", 0.5)], alpha=0.01).path)
    for result in (*one.steps, one.total):
        assert (result.primary, result.margin, result.interval.level) == (True, 0.5, pytest.approx(0.99))


def test_as_a_table() -> None:
    samples = phases({"a": [1.00, 1.01, 0.93, 1.02], "b": [2.00, 2.02, 1.95, 2.04], "c": [3.0, None, 2.94, 3.06]})
    frame = bench.steps(samples, LADDER, ON_A_LADDER).to_frame()
    assert list(frame["what"]) == ["step", "step", "step", "total"]
    assert list(frame["factors"]) == ["host off → on", "guest off → on", "sriov off → on", ""]
    assert list(frame["held"]) == ["guest=off, sriov=off", "host=on, sriov=off", "guest=on, host=on", ""]
    assert list(frame["before_tag"]) == ["pre", "host", "guest", "pre"]
    assert list(frame["after_tag"]) == ["host", "guest", "sriov", "sriov"]
    assert set(frame["targets"]) == {2}
    assert set(frame["left_out"]) == {1}
    assert frame["ratio"].head(3).prod() == pytest.approx(frame["ratio"][3])


LEVELS = st.one_of(st.none(), st.lists(st.floats(-2, 2), min_size=1, max_size=6))
TARGETS = st.lists(st.tuples(LEVELS, LEVELS, LEVELS, LEVELS), min_size=1, max_size=6).map(
    lambda some: {f"t{number}": list(levels) for number, levels in enumerate(some)}
)


def measured(targets: dict[str, list[list[float] | None]]) -> bool:
    return all(any(levels[place] for levels in targets.values()) for place in range(4))


@FAST
@given(TARGETS.filter(measured), st.sampled_from(["higher", "lower"]))
def test_steps_add_up_to_the_total_whatever_the_data(targets: dict, better: str) -> None:
    path = bench.steps(phases(targets, better=better), LADDER).path
    adds_up(path)
    whole = [name for name, levels in targets.items() if all(levels)]
    assert [one.targets for one in path.metrics] == ([tuple(whole)] if whole else [])
    assert path.dropped == (0 if whole else 1)
    named = [name for one in path.metrics for name, _ in one.left_out]
    assert not whole or sorted(named) == sorted({name for name, levels in targets.items() if any(levels)} - set(whole))


@FAST
@given(TARGETS.filter(measured), st.randoms(use_true_random=False))
def test_the_order_of_targets_and_rows_changes_nothing(targets: dict, random: object) -> None:
    samples = phases(targets, ROUND)
    names = list(targets)
    random.shuffle(names)
    other = phases({name: targets[name] for name in names}, ROUND).sample(frac=1, random_state=random.randint(0, 99))
    one, two = bench.steps(samples, ROUND).path, bench.steps(other, ROUND).path
    assert repr(one) == repr(two)


@FAST
@given(TARGETS.filter(measured))
def test_going_back_inverts_every_step(targets: dict) -> None:
    forth = bench.steps(phases(targets), LADDER).path.metrics
    back = bench.steps(phases(targets), LADDER[::-1]).path.metrics
    for one, other in zip(forth, back, strict=True):
        assert [1 / step.ratio for step in other.steps[::-1]] == pytest.approx([step.ratio for step in one.steps])
        assert 1 / other.total.ratio == pytest.approx(one.total.ratio)
