"""What A/A pairs say about τ, worked out by hand; which history speaks for a metric; what a comparison makes of it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from sample_tables import AFTER, BEFORE, table
from scipy import stats

from bench.analyse.compare import compare
from bench.analyse.past.history import FLOOR, History, MetricName, PairSum, Source, learned
from bench.analyse.past.window_sums import sum_pairs
from bench.analyse.past.windows import WindowPair
from bench.analyse.result import Comparison, MetricKey, TauUsed
from bench.analyse.tau import MOVED, buckets_of

NAME = MetricName(MetricKey("suite", "case", "metric", "", ()), "bit/s")


def pair_sum(
    pairs: int,
    tau: float,
    *,
    bucket: int = 1,
    size: str = "",
    name: MetricName = NAME,
    tags: tuple[str, str] = ("a", "a"),
) -> PairSum:
    """So many pairs whose D scatter with this τ beyond their sessions."""
    return PairSum(name, "A metric", False, size, bucket, "c", tags, pairs, pairs * (tau**2 + 1e-4), pairs * 1e-4)


def visits(levels: dict[str, list[list[float]]], days: list[float]) -> pd.DataFrame:
    """Target → windows → levels of sessions; `days` of all sessions in order. Runs are called r0, r1 …"""
    made = []
    for target, windows in levels.items():
        for place, level in enumerate(one for window in windows for one in window):
            made.append(
                {
                    "campaign": "c", "tag": "a", "run": f"r{place}", "suite": "suite", "case": "case",
                    "metric": "metric", "part": "", "params": "{}", "base": "bit/s", "target": target, "size": "D4",
                    "tool_digest": "", "title": "A metric", "detail": False, "level": level, "count": 3,
                    "time": days[place] * 86400,
                }
            )  # fmt: skip
    return pd.DataFrame(made)


# --- from sessions to sums ---


def test_one_pair_worked_out_by_hand() -> None:
    # two windows 400 days apart, each of two sessions 100 days apart, so that sessions repeat nothing of each other
    data = visits({"vm": [[1.00, 1.02], [1.05, 1.09]]}, [0, 100, 500, 600])
    (one,) = sum_pairs(data, [WindowPair("c", ("a", "a"), (("r0", "r1"), ("r2", "r3")), 3)])
    assert (one.pairs, one.size, one.bucket, one.tags) == (1, "D4", 3, ("a", "a"))
    assert one.name == NAME
    assert one.squares == pytest.approx((1.07 - 1.01) ** 2)  # D = .06
    # s² of two sessions is half their squared difference, of their mean half of that
    assert one.within == pytest.approx(0.02**2 / 4 + 0.04**2 / 4)


def test_targets_add_up_and_one_session_is_no_window() -> None:
    data = visits({"x": [[0, 0.02], [0.05, 0.05]], "y": [[0, 0.02], [0.03, 0.03]]}, [0, 100, 500, 600])
    pair = WindowPair("c", ("a", "a"), (("r0", "r1"), ("r2", "r3")), 3)
    (one,) = sum_pairs(data, [pair])
    assert one.pairs == 2
    assert one.squares == pytest.approx(0.04**2 + 0.02**2)
    lone = data[~((data["target"] == "y") & (data["run"] == "r3"))]
    (one,) = sum_pairs(lone, [pair])
    assert one.pairs == 1
    assert one.squares == pytest.approx(0.04**2)
    assert sum_pairs(data, []) == ()


def test_another_tool_or_size_is_another_machine() -> None:
    pair = WindowPair("c", ("a", "a"), (("r0", "r1"), ("r2", "r3")), 3)
    for column, other in (("tool_digest", "new"), ("size", "D8"), ("base", "s"), ("params", '{"depth": 2}')):
        data = visits({"x": [[0, 0.02], [0.05, 0.05]]}, [0, 100, 500, 600])
        data.loc[data["run"].isin(["r2", "r3"]), column] = other
        assert sum_pairs(data, [pair]) == ()


def test_a_moved_host_is_a_bucket_of_its_own_and_a_changed_machine_is_no_pair() -> None:
    levels = [[0, 0.02], [0.05, 0.05], [0.01, 0.01]]
    data = visits(
        {"went": levels, "stays": levels, "odd": levels, "odd → stays": levels}, [0, 100, 500, 600, 900, 1000]
    )
    runs = (("r0", "r1"), ("r2", "r3"), ("r4", "r5"))
    moved, changed = frozenset({"went"}), frozenset({"odd"})
    found = sum_pairs(
        data,
        [
            WindowPair("c", ("a", "a"), (runs[0], runs[1]), 2, moved, changed),
            WindowPair("c", ("a", "a"), (runs[0], runs[2]), 3, moved, changed),  # shares a window with the first
            WindowPair("c", ("a", "a"), (runs[1], runs[2]), 3),
        ],
    )
    assert {one.bucket: one.pairs for one in found} == {
        2: 1,  # `stays`
        3: 1 + 4,  # `stays`; where nothing is known to have moved or changed, all of them
        MOVED: 1,  # `went`, once: its second pair shares a window
    }


# --- from sums to τ ---


@pytest.mark.parametrize(
    ("seen", "pairs", "default", "tau2"),
    [
        (0.03**2, 6, 0.01**2, 0.03**2),  # larger: believed at once
        (0.0, 6, 0.01**2, 4 * 0.01**2 / 10),  # smaller: as if the default had been seen in four pairs
        (0.005**2, 16, 0.01**2, (4 * 0.01**2 + 16 * 0.005**2) / 20),
        (0.01**2, 6, 0.01**2, 0.01**2),
        (0.0, 10_000, 0.01**2, FLOOR**2),
    ],
)
def test_larger_is_believed_at_once_and_smaller_gradually(seen: float, pairs: int, default: float, tau2: float) -> None:
    assert learned(seen, pairs, default) == pytest.approx(tau2)


def tau(history: History, bucket: int, size: str = "", name: MetricName = NAME) -> tuple[float, float, int]:
    found = history.tau_for([(name, size)])
    squared, df, pairs = found.of(np.array([0]), np.array([bucket]))
    return math.sqrt(squared[0]), df[0], int(pairs[0])


def test_without_history_the_default_table_holds() -> None:
    assert [tau(History(), bucket) for bucket in range(5)] == [
        (pytest.approx(sd), 10, 0) for sd in (0.005, 0.01, 0.02, 0.04, 0.04)
    ]
    assert History().rows() == ()


def test_six_pairs_are_enough_and_three_where_the_host_moved() -> None:
    assert tau(History((pair_sum(5, 0.03),)), 1) == (pytest.approx(0.01), 10, 0)
    assert tau(History((pair_sum(6, 0.03),)), 1) == (pytest.approx(0.03), 6, 6)
    assert tau(History((pair_sum(5, 0.03), pair_sum(1, 0.03, tags=("b", "b")))), 1) == (pytest.approx(0.03), 6, 6)
    assert tau(History((pair_sum(2, 0.08, bucket=MOVED),)), MOVED) == (pytest.approx(0.04), 10, 0)
    assert tau(History((pair_sum(3, 0.08, bucket=MOVED),)), MOVED) == (pytest.approx(0.08), 3, 3)


def test_sessions_that_explain_everything_give_no_negative_tau() -> None:
    quiet = PairSum(NAME, "", False, "", 1, "c", ("a", "a"), 12, 12 * 1e-5, 12 * 1e-4)
    assert tau(History((quiet,)), 1)[0] == pytest.approx(math.sqrt(4 * 0.01**2 / 16))


def test_own_size_first_then_all_sizes_then_imports() -> None:
    history = History((pair_sum(6, 0.03, size="D4"), pair_sum(4, 0.05, size="D8")))
    assert tau(history, 1, "D4") == (pytest.approx(0.03), 6, 6)
    every = math.sqrt((6 * 0.03**2 + 4 * 0.05**2) / 10)
    assert tau(history, 1, "D8") == (pytest.approx(every), 6, 10)
    assert tau(history, 1, "D96") == (pytest.approx(every), 6, 10)
    deep = MetricName(MetricKey("suite", "case", "metric", "", (("depth", 4),)), "bit/s")
    assert tau(history, 1, "D4", deep) == (pytest.approx(0.03), 6, 6)  # what was imported knows no parameters
    other = MetricName(MetricKey("suite", "other", "metric", "", (("depth", 4),)), "bit/s")
    assert tau(history, 1, "D4", other) == (pytest.approx(0.01), 10, 0)
    own = History((*history.pairs, pair_sum(6, 0.02, size="D4", name=deep)))
    assert tau(own, 1, "D4", deep) == (pytest.approx(0.02), 6, 6)


def test_what_was_learned_nearby_holds_further_away_too() -> None:
    history = History((pair_sum(6, 0.03, bucket=0),))
    assert [tau(history, bucket)[0] for bucket in range(5)] == pytest.approx([0.03, 0.03, 0.03, 0.04, 0.04])
    assert tau(history, 2)[1:] == (6, 6)
    wild = History((pair_sum(6, 0.08, bucket=1),))
    assert [tau(wild, bucket)[0] for bucket in range(5)] == pytest.approx([0.005, 0.08, 0.08, 0.08, 0.08])
    quiet = History((pair_sum(60, 0.001, bucket=0),))
    assert tau(quiet, 1)[0] == pytest.approx(0.01)


def test_the_rows_say_what_was_seen_and_what_is_used() -> None:
    history = History(
        (pair_sum(6, 0.03, size="D4"), pair_sum(4, 0.05, size="D8"), pair_sum(1, 0.1, bucket=2, size="D4"))
    )
    rows = {(one.size, one.bucket): one for one in history.rows()}
    assert rows["D4", 1].source is Source.OWN
    assert rows["D4", 1].seen == pytest.approx(0.03)
    assert (rows["D8", 1].pairs, rows["D8", 1].source) == (4, Source.ALL_SIZES)
    assert rows["D8", 1].seen == pytest.approx(0.05)
    assert (rows[None, 1].pairs, rows[None, 1].source) == (10, Source.ALL_SIZES)
    assert rows["D4", 2].source is Source.NEARER  # one pair is too few; 3 % within two weeks is more than 2 %
    assert rows["D4", 2].tau == pytest.approx(0.03)
    assert rows["D4", 2].default == 0.02


def test_parameters_of_any_type_can_be_listed() -> None:
    names = [
        MetricName(MetricKey("suite", "case", "metric", "", (("depth", value),)), "bit/s")
        for value in (4, "four", True)
    ]
    assert len(History(tuple(pair_sum(6, 0.03, name=name) for name in names)).rows()) == 3


def test_a_pair_across_tags_never_judges_those_tags() -> None:
    history = History((pair_sum(6, 0.03), pair_sum(6, 0.2, tags=("a", "b")), pair_sum(6, 0.05, tags=("c", "d"))))
    kept = [one.tags for one in history.without(("b", "x")).pairs]
    assert kept == [("a", "a"), ("c", "d")]
    assert len(history.without(("x", "y")).pairs) == 3


# --- in a comparison ---


@pytest.mark.parametrize(
    ("days", "moved", "bucket"),
    [
        *((0, 0, 0), (2, 0, 0), (-2, 0, 0), (2.01, 0, 1), (14, math.nan, 1), (60, 0, 2), (61, 0, 3)),
        *((math.nan, 0, 3), (1, 1, MOVED)),
    ],
)
def test_days_apart_choose_the_bucket(days: float, moved: float, bucket: int) -> None:
    assert buckets_of(np.array([float(days)]), np.array([moved])).tolist() == [bucket]


def compared(history: History | None) -> Comparison:
    samples = table({"vm": ([[100], [101], [102]], [[104], [105], [106]])}, labels='{"size": "D4"}')
    samples.loc[samples["tag"] == AFTER, "started_at"] += pd.Timedelta(days=10)
    return compare(samples, BEFORE, AFTER, history=history)


def test_a_comparison_uses_the_learned_tau_and_says_so() -> None:
    name = MetricName(NAME.key, "bit/s")
    plain, wide = compared(None).metrics[0], compared(History((pair_sum(8, 0.03, size="D4", name=name),))).metrics[0]
    assert plain.tau == TauUsed(pytest.approx(0.01), 0)
    assert wide.tau == TauUsed(pytest.approx(0.03), 8)
    assert wide.targets[0].tau == wide.tau
    assert plain.se is not None
    assert plain.df is not None
    assert wide.df is not None
    w = plain.se**2 - 0.01**2
    assert wide.se == pytest.approx(math.sqrt(w + 0.03**2))
    w_part = (w + 0.01**2) ** 2 / plain.df - 0.01**4 / 10  # w²/df_w, the same in both
    assert wide.df == pytest.approx((w + 0.03**2) ** 2 / (w_part + 0.03**4 / 6))
    assert wide.interval is not None
    half = stats.t.ppf(0.975, wide.df) * wide.se
    assert wide.interval.high == pytest.approx(wide.ratio * math.exp(half))


def test_history_of_another_metric_or_across_the_compared_tags_changes_nothing() -> None:
    other = MetricName(MetricKey("suite", "case", "else", "", ()), "bit/s")
    for history in (
        History((pair_sum(8, 0.03, name=other),)),
        History((pair_sum(8, 0.03, tags=(BEFORE, "third")),)),
        History((pair_sum(8, 0.03, tags=(BEFORE, AFTER)),)),
    ):
        assert compared(history) == compared(None)
    assert compared(History((pair_sum(8, 0.03, tags=(BEFORE, BEFORE)),))) != compared(None)


def test_five_targets_need_no_history() -> None:
    samples = table({f"t{i}": ([[100 + i], [101]], [[104], [105 + i]]) for i in range(5)})
    history = History((pair_sum(8, 0.2, bucket=0), pair_sum(8, 0.2)))
    plain, other = (compare(samples, BEFORE, AFTER, history=one).metrics[0] for one in (None, history))
    assert plain.tau is None
    assert (plain.interval, plain.verdict) == (other.interval, other.verdict)
    assert plain.targets[0].tau != other.targets[0].tau  # a single target rests on its sessions
