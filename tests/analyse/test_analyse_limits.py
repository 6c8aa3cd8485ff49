"""Metrics at the published limit of a machine's size: what is said of them, and what is not."""

from __future__ import annotations

import pandas as pd
import pytest

from bench.analyse.compare import compare
from bench.analyse.limits import Limits
from bench.analyse.result import Comparison, MetricResult, Reason, Verdict
from bench.model import Limit
from tests.analyse.sample_tables import AFTER, BEFORE, table

NAMES = ("a", "b", "c", "d", "e", "f")


def fleet(levels: dict[str, tuple[float, float]], **columns: object) -> pd.DataFrame:
    """Two sessions of three values around these levels before and after."""
    tables = {name: tuple([[x * 0.999, x, x * 1.001]] * 2 for x in pair) for name, pair in levels.items()}
    return table(tables, kind="network", unit="Gbit/s", **columns)  # type: ignore[arg-type]


def judged(samples: pd.DataFrame, limits: Limits) -> Comparison:
    return compare(samples, BEFORE, AFTER, limits=limits)


def only(samples: pd.DataFrame, limit: Limit = Limit("suite/metric", 10.0, "Gbit/s")) -> MetricResult:  # noqa: B008  # frozen
    (metric,) = judged(samples, dict.fromkeys(NAMES, (limit,))).metrics
    return metric


ALIKE = dict.fromkeys(NAMES, (9.5, 9.5))


def test_at_the_limit_in_both_phases_no_change_is_not_said() -> None:
    assert judged(fleet(ALIKE), {}).metrics[0].verdict is Verdict.NO_CHANGE
    held = only(fleet(ALIKE))
    assert (held.verdict, held.reason) == (Verdict.INCONCLUSIVE, Reason.CENSORED)
    assert "cycles per byte" in held.settle
    assert {one.reason for one in held.targets} == {Reason.CENSORED}
    assert held.ratio == pytest.approx(1.0)


@pytest.mark.parametrize("limit", [Limit("suite/case/metric", 10_000, "Mbit/s"), Limit("suite/metric", 1.25, "GB/s")])
def test_limits_come_in_any_unit_and_by_any_name(limit: Limit) -> None:
    assert only(fleet(ALIKE), limit).reason is Reason.CENSORED


def test_a_change_that_shows_is_said() -> None:
    fell = only(fleet(dict.fromkeys(NAMES, (9.5, 7.0))))
    assert fell.verdict is Verdict.REGRESSED
    rose = only(fleet(dict.fromkeys(NAMES, (6.0, 9.5))))
    assert rose.verdict is Verdict.IMPROVED


def test_targets_at_their_limit_do_not_dilute_those_that_can_move() -> None:
    levels = {"a": (9.5, 9.5), **dict.fromkeys(NAMES[1:], (5.0, 4.0))}
    result = only(fleet(levels))
    assert result.verdict is Verdict.REGRESSED
    assert result.ratio == pytest.approx(0.8)
    assert result.warnings == ("not pooled, at the limit of its size unlike the others: a",)


def test_only_where_more_is_better() -> None:
    assert only(fleet(ALIKE, better="lower")).verdict is Verdict.NO_CHANGE


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (Limit("suite/speed", 10, "Gbit/s"), "no metric is called so"),
        (Limit("suite/metric", 10, "IOPS"), "not in a unit of that metric (Gbit/s)"),
        (Limit("elsewhere/metric", 10, "IOPS"), ""),
    ],
)
def test_a_limit_that_says_nothing_is_named(limit: Limit, said: str) -> None:
    result = judged(fleet(ALIKE), {"a": (limit,), "b": (limit,)})
    assert [said in one for one in result.warnings if "limit" in one] == ([True] if said else [])
