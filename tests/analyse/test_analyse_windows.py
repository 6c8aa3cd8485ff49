"""Which sessions make an A/A pair: windows of one state, each session once per bucket."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.analyse.past.windows import LEAST, Session, pairs_of, windows_of
from bench.analyse.tau import FURTHER, TAU_BY_DAYS


def sessions(days: list[float], tags: str = "") -> list[Session]:
    return [Session(f"r{place}", tags[place] if tags else "t", float(day)) for place, day in enumerate(days)]


def days_of(found: list[tuple[Session, ...]]) -> list[tuple[float, ...]]:
    return [tuple(one.day for one in window) for window in found]


@pytest.mark.parametrize(
    ("days", "windows"),
    [
        ([], []),
        ([0], []),  # how far one session is off is not known
        ([0, 1], [(0, 1)]),
        ([0, 1, 2], [(0, 1, 2)]),
        ([0, 1, 2, 3], [(0, 1), (2, 3)]),
        ([0, 1, 2, 3, 4], [(0, 1), (2, 3, 4)]),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8], [(0, 1, 2), (3, 4, 5), (6, 7, 8)]),
        ([0, 1, 2, 10, 11, 12], [(0, 1, 2), (10, 11, 12)]),  # cut where the gap is long
        ([0, 1, 30, 31], [(0, 1), (30, 31)]),
        ([0, 0.25, 10, 10.25, 20, 20.25, 30], [(0, 0.25), (10, 10.25), (20, 20.25)]),  # the last one stands alone
        ([12, 0, 11, 1, 10, 2], [(0, 1, 2), (10, 11, 12)]),  # in any order
    ],
)
def test_sessions_are_cut_into_windows_like_phases(days: list[float], windows: list[tuple[float, ...]]) -> None:
    assert days_of(windows_of(sessions(days))) == windows


def test_a_window_is_of_one_tag() -> None:
    found = windows_of(sessions([0, 1, 2, 3], "aabb"))
    assert [[one.tag for one in window] for window in found] == [["a", "a"], ["b", "b"]]
    assert windows_of(sessions([0, 1, 2, 3], "abab")) == []


def test_pairs_of_each_distance_take_every_window_once() -> None:
    found = pairs_of("c", sessions(list(range(24))))
    runs = [(pair.bucket, pair.runs[0][0], pair.runs[1][0]) for pair in found]
    # eight windows of three, three days apart, so 3 … 21 days: none within two days
    assert runs == [
        *((1, "r0", "r12"), (1, "r3", "r15"), (1, "r6", "r18"), (1, "r9", "r21")),  # the farthest within 14 days
        *((2, "r0", "r21"), (2, "r3", "r18")),  # 21 and 15 days
    ]


def test_tags_of_one_state_make_pairs_that_name_both() -> None:
    (pair,) = pairs_of("c", sessions([0, 1, 8, 9], "aabb"))
    assert (pair.campaign, pair.tags, pair.bucket) == ("c", ("a", "b"), 1)
    assert pair.runs == (("r0", "r1"), ("r2", "r3"))


@given(
    st.lists(
        st.tuples(st.floats(0, 400, allow_nan=False), st.sampled_from("ab")), max_size=40, unique_by=lambda one: one[0]
    )
)
def test_no_session_is_counted_twice_in_a_bucket(drawn: list[tuple[float, str]]) -> None:
    every = [Session(f"r{place}", tag, day) for place, (day, tag) in enumerate(drawn)]
    day = {one.run: one.day for one in every}
    tag = {one.run: one.tag for one in every}
    used = Counter()
    for pair in pairs_of("c", every):
        used.update((pair.bucket, run) for side in pair.runs for run in side)
        means = [sum(day[run] for run in side) / len(side) for side in pair.runs]
        low = TAU_BY_DAYS[pair.bucket - 1][0] if pair.bucket else -1
        high = TAU_BY_DAYS[pair.bucket][0] if pair.bucket < FURTHER else float("inf")
        assert low < means[1] - means[0] <= high
        for side, named in zip(pair.runs, pair.tags, strict=True):
            assert len(side) >= LEAST
            assert {tag[run] for run in side} == {named}
        assert max(day[run] for run in pair.runs[0]) <= min(day[run] for run in pair.runs[1])
    assert all(count == 1 for count in used.values())
