"""The promises of a verdict on real Azure machines on which nobody changed anything, where their data is at hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.stats import azure_data, engine
from tests.stats.engine import STAYED, UNKNOWN
from tests.stats.experiments import Task, cut
from tests.stats.models import Design
from tests.stats.rates import Rates, ours, signs, theirs, too_many
from tests.stats.rivals import RIVALS
from tests.stats.tables import AZURE_METRICS

needs_data = pytest.mark.skipif(not azure_data.DATA.exists(), reason=azure_data.MISSING)
PROMISE = 0.05


def windows(targets: int, sessions: int, repetitions: int, days: float, study: str = "azure"):
    """Complete windows, and how many of them count: campaigns that share no day, times the metrics."""
    design = Design(targets, sessions, repetitions, days)
    x, starts = cut(Task(study, targets, days), design)
    whole = np.isfinite(x).all(axis=(2, 3, 4, 5))
    independent = azure_data.disjoint(np.unique(starts[whole.any(axis=1)]), design) * AZURE_METRICS
    return x[whole], design, min(independent, int(whole.sum()))


def judged(targets: int, sessions: int, days: float, host: float) -> tuple[Rates, int]:
    x, design, independent = windows(targets, sessions, 3, days)
    sign = signs(np.random.default_rng(8), len(x))
    return ours(engine.reduce(x, design.days), sign, 3, host, by_looks=sessions == 8), independent


def broken(share: float, independent: int) -> bool:
    return too_many(round(share * independent), independent, PROMISE)


@needs_data
@pytest.mark.parametrize("days", [1.0, 30.0])
@pytest.mark.parametrize(("targets", "sessions", "host"), [(1, 3, STAYED), (3, 1, UNKNOWN), (3, 3, STAYED)])
def test_nothing_is_seldom_called_a_change(targets: int, sessions: int, host: float, days: float) -> None:
    rates, independent = judged(targets, sessions, days, host)
    assert rates.replicates > 2000
    assert not broken(rates.share("false"), independent)
    assert not broken(rates.share("false_same"), independent)


@needs_data
def test_a_day_apart_the_intervals_hold_the_truth_and_changes_are_found() -> None:
    rates, independent = judged(3, 1, 1.0, UNKNOWN)
    assert not broken(1 - rates.coverage, independent)
    assert rates.share("found", 1) > 0.6
    assert rates.share("found", 2) > 0.75
    looks, independent = judged(3, 8, 1.0, STAYED)
    assert not broken(looks.share("false"), independent)
    assert looks.share("found", 1) > 0.8


@needs_data
@pytest.mark.parametrize(("study", "days"), [("azure practice", 30.0), ("across practice", 1.0)])
def test_common_practice_calls_changes_where_there_are_none(study: str, days: float) -> None:
    x, _, independent = windows(1, 1, 10, days, study)
    for method in ("Mann-Whitney", "t-test"):
        rates = theirs(x, signs(np.random.default_rng(8), len(x)), RIVALS[method])
        assert broken(rates.share("false"), independent)
        assert rates.share("false") > 0.2


def test_a_session_is_consecutive_values_close_in_time() -> None:
    hours = np.array([0.0, 1.0, 2.0, 20.0, 48.0, 49.0, 50.0])
    machine = azure_data.Series(hours, np.arange(7.0))
    design = Design(1, 1, 3, 2.0)
    x = azure_data.windows([[machine]], np.array([[24.0], [30.0], [40.0]]), design, [0], [0])[:, 0, 0, :, 0]
    np.testing.assert_array_equal(x[0], [[0, 1, 2], [4, 5, 6]])
    assert np.isnan(x[1]).all(), "20 h and 48 h are no session, and after 54 h there is nothing"
    assert np.isnan(x[2, 1]).all(), "after 64 h there is nothing"


def test_campaigns_that_overlap_count_once() -> None:
    starts = np.arange(0.0, 240.0, 12.0)
    assert azure_data.disjoint(starts, Design(1, 1, 3, 1.0)) == 5
    assert azure_data.disjoint(starts, Design(1, 1, 3, 30.0)) == 1
