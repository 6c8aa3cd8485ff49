"""2×2 of two factors: which ones there are, and their effects and interaction worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phase_tables import IN_A_ROUND, LADDER, ON_A_LADDER, ROUND, phases
from scipy import stats

import bench
from bench.analyse.compare import compare
from bench.analyse.phases.designs import Effect, Square, SquareMetric
from bench.analyse.phases.factorial import factorial, find_squares, is_ladder
from bench.analyse.result import Attribution, AttributionKind, Comparison, FactChange, Interval, Reason, Verdict
from bench.config.phases import default_phases
from bench.model import pairs

FAST = settings(max_examples=10, deadline=None)


def levels(found: Mapping[str, Mapping[str, str]]) -> dict[str, tuple[tuple[str, str], ...]]:
    return {tag: pairs(dict(some)) for tag, some in found.items()}


def grid(text: str, names: str = "ab") -> dict[str, dict[str, str]]:
    """ "00 10 11" → phases p0, p1, p2 with those levels of factors a, b, …"""
    return {f"p{place}": dict(zip(names, cell, strict=True)) for place, cell in enumerate(text.split())}


def found(text: str, names: str = "ab") -> list[Square]:
    phases_ = grid(text, names)
    return list(find_squares(list(phases_), levels(phases_)))


def judged(samples: pd.DataFrame, **options: object) -> Square:
    (square,) = bench.steps(samples, ROUND, IN_A_ROUND, **options).squares
    return square


def only(samples: pd.DataFrame, **options: object) -> SquareMetric:
    (one,) = judged(samples, **options).metrics
    return one


def check(interval: Interval | None, delta: float, var: float, df: float, level: float = 0.95) -> None:
    half = stats.t.ppf((1 + level) / 2, df) * math.sqrt(var)
    assert interval is not None
    assert (math.log(interval.low), math.log(interval.high)) == pytest.approx((delta - half, delta + half))
    assert interval.level == pytest.approx(level)


# --- which squares there are ---


@pytest.mark.parametrize("text", ["00 10 11", "00 01 11", "000 100 110 111", "00 10 20 21", "0 1", "00", "00 00"])
def test_a_ladder_is_a_path_and_no_square(text: str) -> None:
    names = "abc"[: len(text.split()[0])]
    phases_ = grid(text, names)
    assert is_ladder(list(phases_), levels(phases_))
    assert found(text, names) == []


def test_the_default_phases_are_a_ladder() -> None:
    default = {phase.tag: phase.factors for phase in default_phases()}
    assert len(default) == 4
    assert is_ladder(list(default), default)
    assert list(find_squares(list(default), default)) == []
    assert is_ladder(["x", "y", "z"], {})


def test_a_full_square_in_any_order_of_measuring() -> None:
    for text, tags in (
        ("00 10 11 01", ("p0", "p1", "p3", "p2")),
        ("00 10 01 11", ("p0", "p1", "p2", "p3")),
        ("11 01 00 10", ("p0", "p1", "p3", "p2")),  # levels in the order of the phases: 1 is the earlier one
    ):
        (square,) = found(text)
        assert square.tags == tags
        assert square.missing == ()
    assert found("11 01 00 10")[0].moves == (("a", "1", "0"), ("b", "1", "0"))


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("00 10 01", ("1", "1")),
        ("00 11 10", ("0", "1")),
        ("00 11 01", ("1", "0")),
        ("10 00 10 11", ("0", "1")),
    ],
)
def test_a_missing_cell_is_named(text: str, missing: tuple[str, str]) -> None:
    (square,) = found(text)
    assert square.missing == ((("a", missing[0]), ("b", missing[1])),)
    assert square.tags.count("") == 1
    assert square.metrics == ()


def test_two_cells_are_no_square() -> None:
    assert found("00 11") == []
    assert found("00 11 00") == []


def test_every_pair_of_factors_with_the_others_constant() -> None:
    cube = found("000 100 110 010 011 111 101 001", "abc")
    assert [(one.moves[0][0], one.moves[1][0], one.held) for one in cube] == [
        ("a", "b", (("c", "0"),)),
        ("a", "b", (("c", "1"),)),
        ("a", "c", (("b", "0"),)),
        ("a", "c", (("b", "1"),)),
        ("b", "c", (("a", "0"),)),
        ("b", "c", (("a", "1"),)),
    ]
    assert cube[1].tags == ("p7", "p6", "p4", "p5")
    assert all(not one.missing for one in cube)


def test_more_than_two_levels_are_taken_two_by_two() -> None:
    six = found("00 10 20 21 11 01")
    assert [one.moves[0] for one in six] == [("a", "0", "1"), ("a", "0", "2"), ("a", "1", "2")]
    assert [one.tags for one in six] == [
        ("p0", "p1", "p5", "p4"),
        ("p0", "p2", "p5", "p3"),
        ("p1", "p2", "p4", "p3"),
    ]


def test_phases_at_levels_that_were_measured_already_are_said() -> None:
    (square,) = found("00 10 11 01 00")
    assert (square.tags[0], square.unused) == ("p0", ("p4",))


def test_a_phase_that_does_not_say_its_level_is_in_no_square() -> None:
    known = grid("00 10 11 01") | {"p4": {"a": "0"}}
    (square,) = find_squares(list(known), levels(known))
    assert square.tags == ("p0", "p1", "p3", "p2")


# --- the numbers ---


def test_three_targets_without_interaction_by_hand() -> None:
    samples = phases(  # none, a, ab, b
        {
            "t": [1.00, 1.04, 1.16, 1.10],  # a: .04 alone, .06 with b; b: .10 alone, .12 with a
            "u": [2.00, 2.06, 2.18, 2.14],  # a: .06, .04; b: .14, .12
            "v": [3.00, 3.05, 3.17, 3.11],  # a: .05, .06; b: .11, .12
        },
        ROUND,
    )
    one = only(samples)
    crossed = [0.02, -0.02, 0.01]
    assert one.interaction.ratio == pytest.approx(math.exp(0.01 / 3))
    check(one.interaction.interval, 0.01 / 3, np.var(crossed, ddof=1) / 3, 2)
    assert one.interaction.p == pytest.approx(stats.ttest_1samp(crossed, 0).pvalue)
    assert not one.interaction.significant
    first, second = one.effects
    assert (first.move, first.held) == (("a", "off", "on"), ())
    assert (second.move, second.held) == (("b", "off", "on"), ())
    for effect, d in ((first, [0.05, 0.05, 0.055]), (second, [0.11, 0.13, 0.115])):
        assert effect.ratio == pytest.approx(math.exp(np.mean(d)))
        check(effect.interval, float(np.mean(d)), float(np.var(d, ddof=1)) / 3, 2)
        assert effect.p == pytest.approx(stats.ttest_1samp(d, 0).pvalue)
        assert (effect.verdict, effect.reason, effect.clear) == (Verdict.IMPROVED, None, True)
    assert (one.targets, one.left_out) == (("t", "u", "v"), ())


def test_with_an_interaction_only_conditional_effects_are_stated() -> None:
    samples = phases(
        {
            "t": [1.00, 1.10, 1.00, 1.00],  # a: .10 alone, nothing with b; b: nothing alone, −.10 with a
            "u": [2.00, 2.11, 2.02, 2.01],  # .11, .01; .01, −.09
            "v": [3.00, 3.09, 2.99, 3.01],  # .09, −.02; .01, −.10
        },
        ROUND,
    )
    one = only(samples)
    crossed = [-0.10, -0.10, -0.11]
    assert one.interaction.significant
    assert one.interaction.ratio == pytest.approx(math.exp(np.mean(crossed)))
    assert one.interaction.p == pytest.approx(stats.ttest_1samp(crossed, 0).pvalue)
    assert [(effect.move[0], effect.held) for effect in one.effects] == [
        ("a", (("b", "off"),)),
        ("a", (("b", "on"),)),
        ("b", (("a", "off"),)),
        ("b", (("a", "on"),)),
    ]
    for effect, (before, after) in zip(
        one.effects, (("none", "a"), ("b", "ab"), ("none", "b"), ("a", "ab")), strict=True
    ):
        alone = compare(samples, before, after).metrics[0]
        assert (effect.ratio, effect.interval, effect.p, effect.verdict) == (
            alone.ratio, alone.interval, alone.p, alone.verdict,
        )  # fmt: skip
    assert [round(math.log(effect.ratio), 4) for effect in one.effects] == [0.1, -0.0033, 0.0067, -0.0967]


def sessions(shift: float, scatter: float = 0.01) -> list[float]:
    return [shift, shift + scatter, shift + 2 * scatter]


@pytest.mark.parametrize("names", ["t", "tu"])
def test_one_or_two_targets_rest_on_sessions(names: str) -> None:
    targets = {
        name: [sessions(1.0), sessions(1.2), sessions(1.5 + 0.01 * place, 0.02), sessions(1.3)]
        for place, name in enumerate(names)
    }
    samples = phases(targets, ROUND)
    one = only(samples)
    alone, with_b = (compare(samples, *pair).metrics[0] for pair in (("none", "a"), ("b", "ab")))
    parts = [edge.se**2 for edge in (alone, with_b)]
    var = sum(parts)
    df = var**2 / sum(part**2 / edge.df for part, edge in zip(parts, (alone, with_b), strict=True))
    # t: a is .2 alone and .21 with b (the median of the sessions is theirs); u, if any, .01 more with b
    crossed = 0.01 if names == "t" else 0.015
    assert one.interaction.ratio == pytest.approx(math.exp(crossed))
    check(one.interaction.interval, crossed, var, df)
    main = one.effects[0]
    assert main.ratio == pytest.approx(math.exp(0.2 + crossed / 2))
    check(main.interval, 0.2 + crossed / 2, var / 4, df)
    assert main.verdict is Verdict.IMPROVED


def test_two_targets_that_scatter_more_than_their_sessions_say_widen_the_interval() -> None:
    same = [1.0, 1.0001, 1.0]
    targets = {"t": [same, [x + 0.1 for x in same], [x + 0.1 for x in same], same],
               "u": [same, [x + 0.5 for x in same], [x + 0.5 for x in same], same]}  # fmt: skip
    one = only(phases(targets, ROUND))
    interval = one.effects[0].interval
    half = (math.log(interval.high) - math.log(interval.low)) / 2
    assert half >= stats.norm.ppf(0.975) * math.sqrt(np.var([0.1, 0.5], ddof=1) / 2)


def test_one_session_on_one_machine_gives_ratios_and_no_more() -> None:
    one = only(phases({"t": [1.0, 1.1, 1.3, 1.2]}, ROUND))
    assert (one.interaction.ratio, one.interaction.interval, one.interaction.p) == (pytest.approx(1), None, None)
    assert [round(effect.ratio, 6) for effect in one.effects] == [
        pytest.approx(math.exp(0.1), abs=1e-6), pytest.approx(math.exp(0.2), abs=1e-6),
    ]  # fmt: skip
    assert {(effect.verdict, effect.reason, effect.interval) for effect in one.effects} == {
        (Verdict.INCONCLUSIVE, Reason.UNREPLICATED, None)
    }
    assert one.effects[0].settle == "at least one more session per tag, or 4 more targets"


def test_where_lower_is_better_ratios_stay_and_verdicts_turn() -> None:
    targets = {"t": [1.00, 1.04, 1.16, 1.10], "u": [2.00, 2.06, 2.18, 2.14], "v": [3.00, 3.05, 3.17, 3.11]}
    higher, lower = only(phases(targets, ROUND)), only(phases(targets, ROUND, better="lower"))
    assert lower.interaction.ratio == pytest.approx(higher.interaction.ratio)
    for one, other in zip(higher.effects, lower.effects, strict=True):
        assert other.ratio == pytest.approx(one.ratio)
        assert (other.interval.low, other.interval.high) == pytest.approx((one.interval.low, one.interval.high))
        assert (one.verdict, other.verdict) == (Verdict.IMPROVED, Verdict.REGRESSED)


def test_targets_that_share_machines_are_one() -> None:
    alone = {"x → y": [1.00, 1.05, 1.15, 1.11], "w": [2.00, 2.06, 2.18, 2.14], "v": [3.00, 3.05, 3.17, 3.11]}
    pair = {"x → y": [1.00, 1.04, 1.16, 1.10], "y → x": [1.00, 1.06, 1.14, 1.12]} | {
        name: alone[name] for name in ("w", "v")
    }
    one, other = only(phases(alone, ROUND)), only(phases(pair, ROUND))
    assert len(other.targets) == 4
    assert other.interaction.ratio == pytest.approx(one.interaction.ratio)
    assert other.interaction.p == pytest.approx(one.interaction.p)
    assert other.effects[0].interval.low == pytest.approx(one.effects[0].interval.low)


def test_missing_targets_are_left_out_and_counts_have_no_square() -> None:
    whole = phases({"t": [1.00, 1.04, 1.16, 1.10], "u": [2.00, 2.06, None, 2.14]}, ROUND)
    part = phases({"t": [1.0, 1.0, 1.0, None], "u": [1.0, None, 1.0, 1.0]}, ROUND, metric="part")
    counts = phases({"t": [1.0, 1.0, 1.0, 1.0]}, ROUND, metric="errors", scale="count", unit="events")
    square = judged(pd.concat([whole, part, counts]))
    assert [(one.key.metric, one.targets, one.left_out) for one in square.metrics] == [
        ("metric", ("t",), (("u", "not measured in ab"),))
    ]
    assert (square.dropped, square.counts) == (1, 1)
    nothing = judged(counts)
    assert (nothing.metrics, nothing.dropped, nothing.counts) == ((), 0, 1)
    controls = judged(whole, controls=["u"])
    assert (controls.metrics[0].targets, controls.metrics[0].left_out) == (("t",), ())


def test_a_cause_of_doubt_in_one_comparison_is_one_of_the_main_effect() -> None:
    samples = phases(
        {"t": [1.00, 1.04, 1.16, 1.10], "u": [2.00, 2.06, 2.18, 2.14], "v": [3.0, 3.05, 3.17, 3.11]}, ROUND
    )
    change = FactChange("disk", "scheduler", "none", "bfq", ("t",), 3)

    def judge(some: pd.DataFrame, before: str, after: str, rounds: bool) -> Comparison:
        doubtful = (before, after) == ("b", "ab")
        known = Attribution(AttributionKind.CONFOUNDED, "…", changes=(change,)) if doubtful else None
        return compare(some, before, after, attribution=known, rounds=rounds)

    (square,) = factorial(samples, ROUND, levels(IN_A_ROUND), judge).squares
    first, second = square.metrics[0].effects
    assert (first.verdict, first.reason, first.clear) == (Verdict.INCONCLUSIVE, Reason.CONFOUNDED, False)
    assert "scheduler none → bfq" in first.settle
    assert second.verdict is Verdict.IMPROVED


def test_many_metrics_widen_the_intervals_of_main_effects() -> None:
    flat = {f"t{i}": [1.0, 1.0 + d, 1.0 + d / 2, 1.0 - d] for i, d in enumerate((0.05, -0.06, 0.02, -0.02, 0.03))}
    samples = pd.concat([phases(flat, ROUND, metric=f"m{i}") for i in range(10)])
    square = judged(samples)
    assert [one.effects[0].interval.level for one in square.metrics] == [pytest.approx(1 - 0.05 / 10)] * 10
    assert {one.interaction.interval.level for one in square.metrics} == {0.95}
    alone = judged(samples, correct=False, alpha=0.1)
    assert [one.effects[0].interval.level for one in alone.metrics] == [pytest.approx(0.9)] * 10
    primary = judged(samples, primary=["suite/m3"]).metrics
    assert [one.effects[0].interval.level for one in primary if one.result.primary] == [pytest.approx(0.95)]


def test_as_a_table() -> None:
    flat = {"t": [1.00, 1.04, 1.16, 1.10], "u": [2.00, 2.06, 2.18, 2.14], "v": [3.00, 3.05, 3.17, 3.11]}
    crossed = {"t": [1.00, 1.10, 1.00, 1.00], "u": [2.00, 2.11, 2.02, 2.01], "v": [3.00, 3.09, 2.99, 3.01]}
    samples = pd.concat([phases(flat, ROUND, metric="flat"), phases(crossed, ROUND, metric="crossed")])
    frame = bench.steps(samples, ROUND, IN_A_ROUND).to_frame()
    some = frame[~frame["what"].isin(["step", "total"])]
    assert list(zip(some["metric"], some["what"], some["factors"], some["held"], strict=True)) == [
        ("crossed", "conditional effect", "a off → on", "b=off"),
        ("crossed", "conditional effect", "a off → on", "b=on"),
        ("crossed", "conditional effect", "b off → on", "a=off"),
        ("crossed", "conditional effect", "b off → on", "a=on"),
        ("crossed", "interaction", "a off → on, b off → on", ""),
        ("flat", "main effect", "a off → on", ""),
        ("flat", "main effect", "b off → on", ""),
        ("flat", "interaction", "a off → on, b off → on", ""),
    ]
    assert some[some["what"] == "interaction"]["verdict"].isna().all()
    assert (some["p"] <= 1).all()


# --- whatever the numbers are ---


LEVELS = st.lists(st.floats(-1, 1), min_size=1, max_size=5)
TARGETS = st.lists(st.tuples(LEVELS, LEVELS, LEVELS, LEVELS), min_size=1, max_size=5).map(
    lambda some: {f"t{number}": list(one) for number, one in enumerate(some)}
)


def same(one: Effect, other: Effect) -> None:
    assert other.ratio == pytest.approx(one.ratio)
    assert (other.interval is None) == (one.interval is None)
    if one.interval is not None:
        assert (other.interval.low, other.interval.high) == pytest.approx((one.interval.low, one.interval.high))
    assert (other.verdict, other.reason) == (one.verdict, one.reason)


@FAST
@given(TARGETS)
def test_swapping_the_factors_swaps_their_effects(targets: dict) -> None:
    samples = phases(targets, ROUND)
    swapped = {tag: {"a": known["b"], "b": known["a"]} for tag, known in IN_A_ROUND.items()}
    one = only(samples)
    (square,) = bench.steps(samples, ROUND, swapped).squares
    other = square.metrics[0]
    assert other.interaction.ratio == pytest.approx(one.interaction.ratio)
    if len(targets) < 3:
        return  # the sessions of other phases carry the interaction's error, so it may be significant in one only
    assert other.interaction.significant == one.interaction.significant
    half = len(one.effects) // 2
    for left, right in zip(one.effects, (*other.effects[half:], *other.effects[:half]), strict=True):
        same(left, right)


@FAST
@given(TARGETS)
def test_main_effects_and_interaction_are_those_of_the_ratios(targets: dict) -> None:
    samples = phases(targets, ROUND)
    one = only(samples)
    ratio = {
        pair: math.log(compare(samples, *pair).metrics[0].ratio)
        for pair in (("none", "a"), ("b", "ab"), ("none", "b"), ("a", "ab"))
    }
    crossed = ratio["b", "ab"] - ratio["none", "a"]
    assert crossed == pytest.approx(ratio["a", "ab"] - ratio["none", "b"], abs=1e-9)
    assert math.log(one.interaction.ratio) == pytest.approx(crossed, abs=1e-9)
    if not one.interaction.significant:
        main = [math.log(effect.ratio) for effect in one.effects]
        assert main[0] == pytest.approx((ratio["none", "a"] + ratio["b", "ab"]) / 2, abs=1e-9)
        assert main[1] == pytest.approx((ratio["none", "b"] + ratio["a", "ab"]) / 2, abs=1e-9)


@FAST
@given(TARGETS, st.randoms(use_true_random=False))
def test_permuting_targets_changes_nothing(targets: dict, random: object) -> None:
    names = list(targets)
    random.shuffle(names)
    renamed = dict(zip(targets, (targets[name] for name in names), strict=True))
    one, other = only(phases(targets, ROUND)), only(phases(renamed, ROUND))
    assert other.interaction.ratio == pytest.approx(one.interaction.ratio)
    assert len(other.effects) == len(one.effects)
    for left, right in zip(one.effects, other.effects, strict=True):
        same(left, right)


def test_the_ladder_of_the_default_factors_has_no_square() -> None:
    samples = phases({"t": [1.0, 1.1, 1.2, 1.3]})
    assert bench.steps(samples, LADDER, ON_A_LADDER).squares == ()
