"""Rules of a comparison beyond the estimate: what is compared with what, groups, strata, controls and reasons."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest
from sample_tables import AFTER, BEFORE, rows, table

from bench.analyse.compare import compare
from bench.analyse.result import CLOSE_SESSIONS, Attribution, AttributionKind, FactChange, Reason, Verdict
from bench.errors import AnalysisError
from bench.words import Said

FIVE = {f"t{i}": ([[100 + i]], [[(100 + i) * r]]) for i, r in enumerate((1.10, 1.11, 1.12, 1.11, 1.11))}


def metric(samples: pd.DataFrame, **options: object):
    (result,) = compare(samples, BEFORE, AFTER, **options).metrics
    return result


def test_different_parameters_never_meet() -> None:
    before = rows("a", BEFORE, [[1], [1]], params='{"runtime": 30}')
    after = rows("a", AFTER, [[2], [2]], params='{"runtime": 60}')
    comparison = compare(pd.DataFrame(before + after), BEFORE, AFTER)
    assert [one.reason for one in comparison.metrics] == [Reason.NO_BASELINE] * 2
    first, second = comparison.metrics
    assert first.ratio is None
    assert (first.before, first.after) == (1.0, None)
    assert "other parameters: runtime 30 → 60" in first.settle
    assert "'before'" in second.settle
    assert first.key.params == (("runtime", 30),)


def test_units_that_do_not_convert_never_meet() -> None:
    samples = pd.DataFrame(rows("a", BEFORE, [[1], [1]], unit="MB/s") + rows("a", AFTER, [[1], [1]], unit="IOPS"))
    assert [one.reason for one in compare(samples, BEFORE, AFTER).metrics] == [Reason.NO_BASELINE] * 2


def test_targets_without_a_partner_are_shown_and_not_pooled() -> None:
    samples = pd.concat([table(FIVE), pd.DataFrame(rows("lonely", BEFORE, [[7]]))])
    result = metric(samples)
    assert result.df == 4
    lonely = next(one for one in result.targets if one.target == "lonely")
    assert (lonely.before, lonely.after, lonely.ratio, lonely.reason) == (7.0, None, None, Reason.NO_BASELINE)
    assert [one.target for one in result.targets if not one.pooled] == ["lonely"]
    assert result.warnings == ("1 of 6 targets were measured in one of the tags only",)


def test_moved_targets_are_their_own_stratum() -> None:
    moved = dict.fromkeys(FIVE, False) | {"m": True}
    samples = table(FIVE | {"m": ([[100]], [[50]])})
    comparison = compare(samples, BEFORE, AFTER, host_moved=moved)
    result = comparison.metrics[0]
    assert result.df == 4
    assert result.ratio == pytest.approx(1.11, rel=1e-3)
    assert "changed its host unlike the others: m" in result.warnings[0]
    assert [one.relocated for one in result.targets] == [True, False, False, False, False, False]
    assert {one.labels: one.targets for one in comparison.groups} == {
        (): tuple(FIVE),
        (("host", "moved"),): ("m",),
    }


def test_a_metric_that_only_targets_on_another_kind_of_host_have_is_confounded_by_that() -> None:
    """Most of the fleet stayed, so the cause of the whole is clear: not that of what five of them measured alone."""
    change = FactChange("size", "cpu_model", "63", "79", tuple(FIVE), 20, "relocation")
    judged = Attribution(
        AttributionKind.ATTRIBUTED, "…", changes=(change,), relocated=tuple(FIVE), unlike_hosts=(change,)
    )
    assert not judged.mostly_elsewhere
    result = metric(table(FIVE), attribution=judged)
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.CONFOUNDED)
    assert "cpu_model 63 → 79" in result.settle
    assert {one.reason for one in result.targets} == {Reason.HOST_MOVED}
    name = next(iter(FIVE))
    alone = metric(table({name: FIVE[name]}), attribution=judged)
    assert alone.reason is Reason.HOST_MOVED


def test_one_moved_target_is_always_host_moved() -> None:
    samples = table({"a": ([[100], [100]], [[200], [200]])})
    result = metric(samples, host_moved={"a": True})
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.HOST_MOVED)
    assert result.ratio == pytest.approx(2)


def test_a_pair_moves_with_either_end() -> None:
    result = metric(table({"a → b": ([[100], [100]], [[200], [200]])}), host_moved={"a": False, "b": True})
    assert result.reason is Reason.HOST_MOVED


def test_controls_are_not_part_of_the_effect() -> None:
    comparison = compare(table(FIVE | {"ctl": ([[100]], [[100]])}), BEFORE, AFTER, controls=["ctl", "nobody"])
    assert comparison.metrics[0].df == 4
    assert (("control", "yes"),) in [group.labels for group in comparison.groups]
    assert "no target is called 'nobody'" in comparison.warnings


def test_groups_by_region_and_size() -> None:
    samples = table(FIVE)
    samples["labels"] = samples["target"].map(
        lambda name: (
            '{"cloud": "x", "region": "east", "size": "s"}' if name < "t3" else '{"region": "west", "size": "s"}'
        )
    )
    groups = compare(samples, BEFORE, AFTER).groups
    assert [group.labels for group in groups] == [
        (("region", "east"), ("size", "s")),
        (("region", "west"), ("size", "s")),
    ]
    assert groups[0].targets == ("t0", "t1", "t2")
    assert groups[0].result.df == 2
    assert groups[1].result.reason is Reason.UNREPLICATED


def test_groups_keep_movers_and_controls_apart() -> None:
    effects = dict(zip("abcdefghij", (1.1, 1.1, 1.1, 1.3, 1.5, 1.0, 0.9, 0.9, 0.7, 1.0), strict=True))
    samples = table({name: ([[100]], [[100 * r]]) for name, r in effects.items()})
    east = {"region": "east"}
    samples["labels"] = [json.dumps(east if name < "f" or name == "j" else {}) for name in samples["target"]]
    moved = {"d": True, "e": True, "i": True}
    comparison = compare(samples, BEFORE, AFTER, controls=["j"], host_moved=moved)
    found = {one.labels: one for one in comparison.groups}
    region = ("region", "east")
    assert {labels: one.targets for labels, one in found.items()} == {
        (): ("f", "g", "h"),
        (("host", "moved"),): ("i",),
        (region,): ("a", "b", "c"),
        (region, ("host", "moved")): ("d", "e"),
        (region, ("control", "yes")): ("j",),
    }
    assert found[(region,)].result.ratio == pytest.approx(1.1)
    assert found[region, ("host", "moved")].result.ratio == pytest.approx(math.sqrt(1.3 * 1.5))
    assert found[(("host", "moved"),)].result.reason is Reason.HOST_MOVED
    (result,) = comparison.metrics
    assert result.ratio == pytest.approx((1.1**3 * 1.0 * 0.9 * 0.9) ** (1 / 6))  # stayed, and changed
    assert result.warnings == ("not pooled, changed its host unlike the others: d, e, i",)
    assert [one.target for one in result.targets if one.relocated] == ["d", "e", "i"]
    assert [one.target for one in result.targets if one.control] == ["j"]
    assert [one.target for one in result.targets if one.pooled] == ["a", "b", "c", "f", "g", "h"]
    assert [one.result.controls for one in comparison.groups] == [None] * 5


def test_where_most_moved_they_speak_for_the_fleet_and_who_stayed_is_apart() -> None:
    samples = table(FIVE | {"s": ([[100]], [[50]])})
    comparison = compare(samples, BEFORE, AFTER, host_moved=dict.fromkeys(FIVE, True))
    (result,) = comparison.metrics
    assert result.ratio == pytest.approx(1.11, rel=1e-3)
    assert result.warnings == ("not pooled, stayed on its host unlike the others: s",)
    assert {one.labels: one.targets for one in comparison.groups} == {(): ("s",), (("host", "moved"),): tuple(FIVE)}


def test_another_tool_is_confounded() -> None:
    samples = table(FIVE)
    samples["tool_digest"] = samples["tag"].map({BEFORE: "1" * 64, AFTER: "2" * 64})
    result = metric(samples)
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.CONFOUNDED)
    assert "tool 111111111111 → 222222222222" in result.settle
    assert result.ratio == pytest.approx(1.11, rel=1e-3)
    assert metric(samples.assign(tool_digest=samples["tool_digest"].where(samples["tag"] == BEFORE, ""))).reason is None


def test_undeclared_changes_confound_their_targets_only() -> None:
    change = FactChange("disk", "sda.scheduler", "none", "bfq", ("t1",), 5)
    declared = FactChange("host", "build", "1", "2", ("t2",), 5, "host_patch")
    attribution = Attribution(AttributionKind.CONFOUNDED, "…", changes=(change, declared))
    result = metric(table(FIVE), attribution=attribution)
    assert result.reason is Reason.CONFOUNDED
    assert "sda.scheduler none → bfq" in result.settle
    assert not result.clear
    assert [one.reason for one in result.targets].count(Reason.CONFOUNDED) == 1


def test_parameters_that_are_lists_can_still_be_told_apart() -> None:
    assert metric(table(FIVE, params='{"jobs": [1, 2]}')).key.params == (("jobs", "[1, 2]"),)


def test_margins_by_kind_metric_and_campaign() -> None:
    samples = table(FIVE)
    assert metric(samples.assign(kind="tail latency")).margin == 0.10
    assert metric(samples.assign(margin=0.2)).margin == 0.2
    assert metric(samples.assign(margin=0.2), margins=[("suite/METRIC", 0.5)]).margin == 0.5
    assert metric(samples, margins=[("suite/case/metric", 0.5)]).verdict is Verdict.NO_CHANGE


def test_primary_metrics_come_first_and_by_holm() -> None:
    samples = pd.concat([table(FIVE, metric=name) for name in ("a", "b", "c", "d")])
    comparison = compare(samples, BEFORE, AFTER, primary=["suite/case/c", "suite/d", "suite/zzz"])
    assert [(one.key.metric, one.primary) for one in comparison.metrics] == [
        ("c", True), ("d", True), ("a", False), ("b", False)
    ]  # fmt: skip
    assert "no metric is called 'suite/zzz'" in comparison.warnings


def test_many_unchanged_metrics_widen_the_intervals() -> None:
    flat = {f"t{i}": ([[100]], [[100 * r]]) for i, r in enumerate((0.95, 1.06, 0.98, 1.02, 1.00))}
    samples = pd.concat([table(flat, metric=f"m{i}") for i in range(10)])
    assert compare(samples, BEFORE, AFTER).metrics[0].interval.level == pytest.approx(1 - 0.05 / 10)
    assert compare(samples, BEFORE, AFTER, correct=False).metrics[0].interval.level == pytest.approx(0.95)


def test_zero_is_excluded_from_ratios_and_counted() -> None:
    samples = pd.concat([table(FIVE), pd.DataFrame(rows("t0", BEFORE, [[0]]) + rows("t0", AFTER, [[math.nan]]))])
    excluded = compare(samples, BEFORE, AFTER).excluded
    assert {(one.what, one.cause, one.count) for one in excluded} == {
        ("suite/metric", "not a number", 1),
        ("suite/metric", "zero in a metric that is compared as a ratio", 1),
    }


def test_only_unusable_values_leave_no_metric_but_their_count() -> None:
    comparison = compare(table({"a": ([[0]], [[0]])}), BEFORE, AFTER)
    assert comparison.metrics == ()
    assert comparison.excluded[0].count == 2


def test_sessions_close_together_are_said() -> None:
    samples = table({"a": ([[1], [1]], [[1], [1]])})
    start = pd.Timestamp("2024-01-01", tz="UTC")
    samples["started_at"] = [start + pd.Timedelta(minutes=10 * i) for i in range(len(samples))]
    said = (
        "sessions began less than 6 h apart, without a reboot between them, so they are more alike than the intervals "
        "assume: 2 of 'before' (smallest gap 10 min), 2 of 'after' (smallest gap 10 min)"
    )
    assert compare(samples, BEFORE, AFTER, host_moved={"a": False}).warnings == (said,)
    apart = table({"a": ([[1], [1]], [[1], [1]])})
    assert compare(apart, BEFORE, AFTER, host_moved={"a": False}).warnings == ()


def test_sessions_of_other_targets_are_not_close() -> None:
    """Runs of one day that measured different machines replicate nothing, so there is nothing to warn of."""
    both = rows("a", BEFORE, [[1]]) + rows("b", BEFORE, [[1]], run="beside")
    samples = pd.DataFrame([*both, *rows("a", AFTER, [[1]], day=9), *rows("b", AFTER, [[1]], day=9)])
    warnings = compare(samples, BEFORE, AFTER).warnings
    assert not [one for one in warnings if isinstance(one, Said) and one.key == CLOSE_SESSIONS]


def test_an_unnoticed_host_move_is_not_in_the_interval_of_few_targets() -> None:
    warning = "whether the host changed is not known for a: "
    few = compare(table({"a": ([[1], [1]], [[1], [1]])}), BEFORE, AFTER)
    assert few.warnings[0].startswith(warning)
    assert compare(table(FIVE), BEFORE, AFTER).warnings == ()


def test_a_table_without_times_or_optional_columns_can_be_compared() -> None:
    needed = ["tag", "session", "target", "suite", "metric", "unit", "better", "kind", "value"]
    result = metric(table(FIVE)[needed])
    assert result.verdict is Verdict.IMPROVED
    assert result.title == "metric"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [("nope", AFTER, "no samples of tag 'nope'"), (BEFORE, BEFORE, "with itself")],
)
def test_tags_that_cannot_be_compared(before: str, after: str, message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        compare(table(FIVE), before, after)


def test_missing_columns_and_unknown_words_are_said() -> None:
    with pytest.raises(AnalysisError, match="lack the columns better, kind"):
        compare(table(FIVE).drop(columns=["kind", "better"]), BEFORE, AFTER)
    with pytest.raises(AnalysisError, match="'x' in the column 'params' is not a JSON object"):
        compare(table(FIVE, params="x"), BEFORE, AFTER)
    with pytest.raises(AnalysisError, match="suite/metric has an unknown direction"):
        compare(table(FIVE).assign(better="bigger"), BEFORE, AFTER)


@pytest.mark.parametrize("alpha", [0.0, 1.0, 1.5, -0.1, math.nan])
def test_an_alpha_that_means_nothing_is_refused(alpha: float) -> None:
    with pytest.raises(AnalysisError, match="alpha"):
        compare(table(FIVE), BEFORE, AFTER, alpha=alpha)


@pytest.mark.parametrize("margin", [0.0, -1.5, 10.0, math.nan])
def test_a_margin_that_means_nothing_is_refused(margin: float) -> None:
    with pytest.raises(AnalysisError, match="margin"):
        compare(table(FIVE), BEFORE, AFTER, margins=[("suite/metric", margin)])


def test_alpha_reaches_the_test_of_no_meaningful_change() -> None:
    samples = table({f"t{i}": ([[100]], [[100 * r]]) for i, r in enumerate((1.011, 1.012, 1.015, 1.012, 1.013))})
    assert metric(samples).verdict is Verdict.NO_CHANGE
    assert metric(samples, alpha=1e-6).verdict is Verdict.INCONCLUSIVE
