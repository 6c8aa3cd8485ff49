"""Events that can be 0: rates, exact tests, bursts, and the drift of targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from sample_tables import AFTER, BEFORE, table
from scipy import stats

from bench.analyse.compare import compare
from bench.analyse.counts import count_p_values, count_up, decide_counts
from bench.analyse.estimate import Pools
from bench.analyse.levels import Sessions
from bench.analyse.result import Reason, Verdict
from bench.analyse.verdict import VERDICTS

Values = Sequence[Sequence[float]]
"""One list of repetitions per session."""


def counted(*targets: tuple[Values, Values], **columns: object) -> pd.DataFrame:
    """Each target's sessions before and after."""
    named = {f"t{number}": one for number, one in enumerate(targets)}
    return table(named, scale="count", better="lower", unit="segments", kind="network", **columns)


def single(before: Sequence[float], after: Sequence[float]) -> pd.DataFrame:
    """One session and one value per target and tag."""
    return counted(*(([[one]], [[two]]) for one, two in zip(before, after, strict=True)))


def metric(samples: pd.DataFrame, **options: object):
    (result,) = compare(samples, BEFORE, AFTER, **options).metrics
    return result


def test_few_independent_events_use_the_poisson_means_test() -> None:
    result = metric(counted(*[([[3], [2]], [[9], [11]]), ([[2], [3]], [[10], [10]]), ([[3], [2]], [[11], [9]])]))
    assert (result.before, result.after) == (2.5, 10.0)
    assert result.ratio == pytest.approx(4)
    assert result.df == 2
    assert result.p == pytest.approx(stats.poisson_means_test(60, 6, 15, 6).pvalue)
    low, high = stats.binomtest(60, 75).proportion_ci(0.95)
    assert result.interval.low == pytest.approx(low / (1 - low))
    assert result.interval.high == pytest.approx(high / (1 - high))
    assert result.verdict is Verdict.REGRESSED  # fewer retransmits are better


def test_fractions_of_events_are_not_cut_off() -> None:
    result = metric(single([2.5, 2.5, 2.75], [9.75, 10.0, 10.0]))
    upper = stats.beta(29.75, 8.75).cdf(0.5)
    assert result.p == pytest.approx(2 * upper)


def test_targets_that_scatter_are_not_mistaken_for_change() -> None:
    quiet = metric(single([100, 110, 90], [160, 150, 155]))
    bursty = metric(single([10, 280, 10], [400, 15, 50]))
    assert quiet.ratio == pytest.approx(bursty.ratio)
    assert quiet.verdict is Verdict.REGRESSED
    assert (bursty.verdict, bursty.reason) == (Verdict.INCONCLUSIVE, Reason.UNDERPOWERED)
    assert "session" not in bursty.settle
    assert bursty.detectable > 5 * quiet.detectable


def test_one_target_with_most_of_the_events_does_not_decide_alone() -> None:
    result = metric(single([100_000, 1000, 1000], [200_000, 1000, 1000]))
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.UNDERPOWERED)


def test_from_none_to_many_is_a_change_without_a_ratio() -> None:
    result = metric(single([0, 0, 0], [30, 31, 29]))
    assert (result.ratio, result.interval, result.verdict) == (None, None, Verdict.REGRESSED)
    assert (result.before, result.after) == (0.0, 30.0)
    back = metric(single([30, 31, 29], [0, 0, 0]))
    assert (back.ratio, back.verdict) == (0.0, Verdict.IMPROVED)
    assert metric(single([0, 0, 0], [0, 0, 90])).reason is Reason.UNREPLICATED  # one target had all of them


@pytest.mark.parametrize(
    ("before", "after", "targets", "settled"),
    [([[0], [0]], [[0], [0]], 1, True), ([[0]], [[0]], 3, True), ([[0]], [[0]], 2, False)],
)
def test_no_events_in_either_tag(before: Values, after: Values, targets: int, *, settled: bool) -> None:
    result = metric(counted(*[(before, after)] * targets))
    assert (result.ratio, result.interval) == (None, None)
    assert result.verdict is (Verdict.NO_CHANGE if settled else Verdict.INCONCLUSIVE)
    assert result.reason is (None if settled else Reason.UNREPLICATED)
    assert result.warnings == ("no events in either tag",)
    said = "no events in either tag: at least one more session per tag, or 1 more target"
    assert result.settle == ("" if settled else said)


@pytest.mark.parametrize("targets", [1, 2])
def test_one_or_two_targets_cannot_tell_change_from_drift(targets: int) -> None:
    result = metric(counted(*[([[5], [6], [7]], [[500], [600], [700]])] * targets))
    assert result.ratio == pytest.approx(100)
    assert (result.verdict, result.reason, result.interval) == (Verdict.INCONCLUSIVE, Reason.UNREPLICATED, None)
    assert "cannot be told from their drift" in result.settle


def test_no_word_about_intervals_where_there_are_none() -> None:
    comparison = compare(counted(([[5], [6]], [[50], [60]])), BEFORE, AFTER)
    assert not [one for one in comparison.warnings if "whether the host changed" in one]


def test_one_target_whose_host_changed_is_host_moved() -> None:
    for before, after in (([[1000], [1010]], [[100], [105]]), ([[0], [0]], [[0], [0]])):
        result = metric(counted((before, after)), host_moved={"t0": True})
        assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.HOST_MOVED)
        assert result.targets[0].reason is Reason.HOST_MOVED


def test_many_events_that_stay_alike_are_no_meaningful_change() -> None:
    assert metric(single([100_000, 100_100, 99_900], [100_050, 100_020, 99_950])).verdict is Verdict.NO_CHANGE


def changes(draws: np.ndarray) -> float:
    """How often unchanged counts (campaign, target, tag, session) are called changed; a pool per campaign."""
    n, targets, _, sessions = draws.shape
    unit, tag, _ = (one.ravel() for one in np.indices((n * targets, 2, sessions)))
    none = np.zeros(len(unit))
    cells = Sessions(unit, tag, tag, none, none, none, np.ones(len(unit), np.int64), draws.ravel().astype(float), none)
    units = np.arange(n * targets)
    counts = count_up(cells, Pools(units // targets, units, units, n), n * targets)
    same = np.ones(n)
    found = decide_counts(
        counts, count_p_values(counts), -same, np.log1p(0.05) * same, 0.05 * same, np.zeros(n, dtype=np.bool_)
    )
    return float((found.verdict < VERDICTS.index(Verdict.NO_CHANGE)).mean())


@pytest.mark.parametrize(
    ("targets", "sessions", "spread", "at_most"),
    [
        (3, 3, 0.0, 0.05), (5, 5, 0.0, 0.05), (10, 8, 0.0, 0.05),
        (3, 3, 1.0, 0.08), (5, 3, 1.0, 0.08), (10, 3, 1.0, 0.09),
        (1, 3, 0.0, 0.0), (2, 3, 0.0, 0.0),
    ],
)  # fmt: skip
def test_drift_of_targets_is_seldom_called_a_change(targets: int, sessions: int, spread: float, at_most: float) -> None:
    """Poisson(1000), SD 0.3 per (target, tag), 0.1 per session; `spread`: SD of the targets' own levels (log)."""
    random, n = np.random.default_rng(11), 1000
    log_rate = random.normal(0, spread, (n, targets, 1, 1)) + random.normal(0, 0.3, (n, targets, 2, 1))
    draws = random.poisson(1000 * np.exp(log_rate + random.normal(0, 0.1, (n, targets, 2, sessions))))
    assert changes(draws) <= stats.binom(n, at_most).ppf(0.999) / n
