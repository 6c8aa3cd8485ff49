"""What must hold for every comparison, whatever the numbers are."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_tables import AFTER, BEFORE, rows, table

from bench.analyse.compare import compare
from bench.analyse.result import Comparison, MetricResult, Reason, Verdict

VALUES = st.floats(0.5, 2.0).map(lambda x: round(x, 4))
SESSIONS = st.lists(st.lists(VALUES, min_size=1, max_size=3), min_size=1, max_size=6)
TABLES = st.lists(st.tuples(SESSIONS, SESSIONS), min_size=1, max_size=7).map(
    lambda targets: {f"t{number}": pair for number, pair in enumerate(targets)}
)
MIRROR = {Verdict.IMPROVED: Verdict.REGRESSED, Verdict.REGRESSED: Verdict.IMPROVED}
FAST = settings(max_examples=25, deadline=None)


def one(comparison: Comparison) -> MetricResult:
    (result,) = comparison.metrics
    return result


def assert_same(left: MetricResult, right: MetricResult, *, reasons: bool = True) -> None:
    assert right.ratio == pytest.approx(left.ratio)
    assert (right.interval is None) == (left.interval is None)
    if left.interval is not None and right.interval is not None:
        assert right.interval.low == pytest.approx(left.interval.low)
        assert right.interval.high == pytest.approx(left.interval.high)
    assert right.verdict is left.verdict
    assert not reasons or right.reason is left.reason


@FAST
@given(TABLES)
def test_swapping_tags_inverts_the_ratio_and_mirrors_the_interval(targets: dict) -> None:
    samples = table(targets)
    forth, back = one(compare(samples, BEFORE, AFTER)), one(compare(samples, AFTER, BEFORE))
    assert back.ratio == pytest.approx(1 / forth.ratio)
    assert back.verdict is MIRROR.get(forth.verdict, forth.verdict)
    assert back.reason is forth.reason
    assert (back.interval is None) == (forth.interval is None)
    if forth.interval is not None and back.interval is not None:
        assert back.interval.low == pytest.approx(1 / forth.interval.high)
        assert back.interval.high == pytest.approx(1 / forth.interval.low)


@FAST
@given(TABLES, st.sampled_from(["KB/s", "GiB/s", "bit/s"]))
def test_changing_units_changes_nothing(targets: dict, name: str) -> None:
    from bench.units import convert

    samples = table(targets)
    other = samples.assign(unit=samples["unit"].where(samples.index % 2 == 0, name))
    other["value"] = [convert(value, "MB/s", unit) for value, unit in zip(samples["value"], other["unit"], strict=True)]
    assert_same(one(compare(samples, BEFORE, AFTER)), one(compare(other, BEFORE, AFTER)))


@FAST
@given(TABLES, st.randoms(use_true_random=False))
def test_permuting_targets_changes_nothing(targets: dict, random: object) -> None:
    names = list(targets)
    random.shuffle(names)
    renamed = dict(zip(names, targets.values(), strict=True))
    assert_same(one(compare(table(targets), BEFORE, AFTER)), one(compare(table(renamed), BEFORE, AFTER)))


@FAST
@given(TABLES, st.integers(0, 2**31), st.booleans())
def test_permuting_rows_changes_nothing(targets: dict, seed: int, categories: bool) -> None:
    samples = table(targets)
    shuffled = samples.sample(frac=1, random_state=seed)
    if categories:
        for name in ("tag", "target", "metric", "unit", "run"):
            shuffled[name] = shuffled[name].astype("category")
    left, right = compare(samples, BEFORE, AFTER), compare(shuffled, BEFORE, AFTER)
    assert repr(left) == repr(right)


@FAST
@given(TABLES)
def test_lower_is_better_mirrors_the_verdict_and_keeps_the_ratio(targets: dict) -> None:
    samples = table(targets)
    higher, lower = one(compare(samples, BEFORE, AFTER)), one(compare(samples.assign(better="lower"), BEFORE, AFTER))
    assert lower.ratio == pytest.approx(higher.ratio)
    assert lower.verdict is MIRROR.get(higher.verdict, higher.verdict)


@FAST
@given(TABLES, st.lists(st.sampled_from([math.nan, math.inf, -math.inf, -1.0, 0.0]), max_size=4))
def test_values_that_cannot_be_compared_are_counted_and_change_nothing(targets: dict, bad: list) -> None:
    samples = table(targets)
    extra = samples.head(1).loc[[0] * len(bad)].assign(value=bad)
    clean, dirty = compare(samples, BEFORE, AFTER), compare(pd.concat([samples, extra]), BEFORE, AFTER)
    assert_same(one(clean), one(dirty))
    assert sum(excluded.count for excluded in dirty.excluded) == len(bad)


@FAST
@given(TABLES)
def test_every_inconclusive_verdict_has_a_reason_and_says_what_would_settle_it(targets: dict) -> None:
    result = one(compare(table(targets), BEFORE, AFTER))
    for judged in (result, *result.targets):
        assert (judged.verdict is Verdict.INCONCLUSIVE) == (judged.reason is not None) == bool(judged.settle)
    if len(targets) < 3 and any(len(pair[0]) == 1 == len(pair[1]) for pair in targets.values()) and len(targets) == 1:
        assert result.reason is Reason.UNREPLICATED


def duplicated(samples: pd.DataFrame) -> pd.DataFrame:
    """Every session twice, a second apart: as if somebody had copied its values into a run of another name."""
    copy = samples.assign(run=samples["run"] + "-copy", started_at=samples["started_at"] + pd.Timedelta(seconds=1))
    return pd.concat([samples, copy], ignore_index=True)


SHORT = st.lists(st.lists(VALUES, min_size=1, max_size=3), min_size=1, max_size=2)  # twice as many are not trimmed
MANY = st.lists(st.tuples(SHORT, SHORT), min_size=5, max_size=7).map(
    lambda targets: {f"t{number}": pair for number, pair in enumerate(targets)}
)


@FAST
@given(MANY)
def test_copies_of_sessions_change_nothing_where_targets_are_the_sample(targets: dict) -> None:
    samples = table(targets, day=30.0)
    once, twice = one(compare(samples, BEFORE, AFTER)), one(compare(duplicated(samples), BEFORE, AFTER))
    assert_same(once, twice, reasons=False)  # flags count sessions, so twice as many may name another reason


@FAST
@given(st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=2), st.integers(3, 90))
def test_copies_of_sessions_narrow_no_more_than_the_formula_allows(pairs: list, days: int) -> None:
    before = rows("a", BEFORE, [[pair[0]] for pair in pairs])
    after = rows("a", AFTER, [[pair[1]] for pair in pairs], day=days)
    samples = pd.DataFrame(before + after)
    once, twice = one(compare(samples, BEFORE, AFTER)), one(compare(duplicated(samples), BEFORE, AFTER))
    assert once.ratio == pytest.approx(twice.ratio)
    assert once.se is not None
    assert twice.se is not None
    tau = 0.01 if days <= 14 else 0.02 if days <= 60 else 0.04
    # Σ s²/S over twice as many: (S − 1)/(2S − 1) of it, 1/3 for two; that copies repeat each other only widens this.
    allowed = max((once.se**2 - tau**2) / 3, 0.0) + tau**2
    assert twice.se**2 >= allowed * (1 - 1e-9)
