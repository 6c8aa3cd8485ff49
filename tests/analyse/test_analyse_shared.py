"""Pairs of machines that share some are no replicates of each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sample_tables import AFTER, BEFORE, table
from scipy import stats

from bench.analyse.compare import compare
from bench.analyse.result import Reason, Verdict

MUTUAL = ("a → b", "b → a", "c → d", "d → c", "e → f", "f → e")
RATIOS = (1.10, 1.12, 1.20, 1.22, 1.15, 1.17)


def metric(ratios: dict[str, float], **options: object):
    named = {name: ([[100.0]], [[100.0 * ratio]]) for name, ratio in ratios.items()}
    (result,) = compare(table(named, **options), BEFORE, AFTER).metrics
    return result


def test_three_mutual_pairs_count_as_three() -> None:
    result = metric(dict(zip(MUTUAL, RATIOS, strict=True)))
    logs = np.log(RATIOS).reshape(3, 2).mean(axis=1)
    assert result.df == 2
    assert math.log(result.ratio) == pytest.approx(logs.mean())
    assert result.se == pytest.approx(stats.sem(logs))
    assert "6 targets share machines and count as 3" in result.warnings[0]
    assert len(result.targets) == 6


@pytest.mark.parametrize(
    "names",
    [("a → b", "b → c", "c → d", "d → e", "e → a"), ("a → z", "b → z", "c → z", "d → z", "e → z")],
    ids=["ring", "star"],
)
def test_a_ring_and_a_star_are_one_target(names: tuple[str, ...]) -> None:
    result = metric(dict.fromkeys(names, 1.5))
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.UNREPLICATED)
    assert "count as 1" in result.warnings[0]


def test_pairs_that_share_nothing_count_one_by_one() -> None:
    result = metric({f"a{i} → b{i}": 1.1 + i / 100 for i in range(5)})
    assert result.df == 4
    assert result.warnings == ()


def test_a_component_weighs_as_much_as_a_lone_pair() -> None:
    result = metric({"a → b": 2.0, "b → a": 2.0, "c → d": 1.0, "e → f": 1.0, "g → h": 1.0})
    assert result.df == 3
    assert math.log(result.ratio) == pytest.approx(math.log(2) / 4)


def test_events_of_mutual_pairs_count_as_three_targets() -> None:
    named = {name: ([[100 + i]], [[201 + i]]) for i, name in enumerate(MUTUAL)}
    samples = table(named, scale="count", better="lower", unit="segments", kind="network")
    (result,) = compare(samples, BEFORE, AFTER).metrics
    assert (result.df, result.verdict) == (2, Verdict.REGRESSED)


def test_pairs_of_unchanged_machines_are_seldom_called_changed() -> None:
    """Mutual pairs whose error is their machines': a pair's ratio is the sum of two shifts (SD 5 % each)."""
    random, found = np.random.default_rng(5), 0
    for _ in range(150):
        shift = dict(zip("abcdef", random.normal(0, 0.05, 6), strict=True))
        ratios = {name: math.exp(shift[name[0]] + shift[name[-1]] + random.normal(0, 0.005)) for name in MUTUAL}
        found += metric(ratios, kind="network").verdict in (Verdict.IMPROVED, Verdict.REGRESSED)
    assert found <= stats.binom(150, 0.05).ppf(0.999)
