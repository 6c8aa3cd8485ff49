"""The timeline: lanes of runs, what happened to machines in captions that do not cover each other."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pandas as pd
import pytest
import report_factory as factory
from chart_checks import checked, drawn, points, words
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.analyse.happened import Event, Happening
from bench.analyse.result import Comparison
from bench.report.charts.canvas import width_of
from bench.report.charts.timeline import LEFT, MOST_ROWS, NEAR, RIGHT, Caption, Mark, clusters, placed
from bench.report.text import Text
from bench.report.timeline import timeline
from bench.report.view import Report


def a_report(*happened: Happening, **changes: object) -> Report:
    report = factory.report((Comparison("pre", "post", ()),), samples=None, **changes)
    return replace(report, happenings=happened)


def happening(event: Event, target: str, after: str, before: str, **changes: object) -> Happening:
    return replace(Happening(target, event, after, before, ("pre", "post")), **changes)  # type: ignore[arg-type]  # fields of Happening


@pytest.mark.parametrize(
    ("minutes", "first"), [(0, "2 Jan 09:00"), (3, "2 Jan 09:00"), (300, "2 Jan 09:00"), (60 * 24 * 90, "8 Jan")]
)
def test_the_time_axis_has_few_round_ticks(minutes: int, first: str) -> None:
    times = pd.Timestamp("2018-01-02T09:00:00Z"), pd.Timestamp("2018-01-02T09:00:00Z") + pd.Timedelta(minutes=minutes)
    runs = [factory.run(tag, 1, time.isoformat()) for tag, time in zip(("pre", "post"), times, strict=True)]
    found = timeline(a_report(runs=runs), Text())
    assert found is not None
    root = checked(found.svg)
    ticks = [text.text or "" for text in root.iter("text") if text.get("class") == "tick"]
    assert 1 <= len(ticks) <= 9
    assert ticks[0].startswith(first)
    assert [text.text for text in root.iter("text") if text.get("class") == "plabel"] == ["pre", "post"]
    assert all(LEFT <= x <= RIGHT for x, _ in drawn(root, "run"))
    assert len(drawn(root, "run")) == 2


def test_no_run_has_a_time() -> None:
    runs = [factory.run(tag, 1, "2018-01-02T09:00:00Z", imported=True) for tag in ("pre", "post")]
    assert timeline(a_report(runs=runs), Text()) is None


def test_what_happened_is_said_and_stands_in_the_middle_of_its_window() -> None:
    window = ("2018-01-05T03:10:00Z", "2018-01-08T01:10:00Z")
    evidence = (("host", "build", "3020", "3098"),)
    updates = [happening(Event.HOST_UPDATED, f"vm-{n}", *window, evidence=evidence) for n in (1, 2, 3)]
    freeze = happening(Event.FROZE, "db-2", "2018-01-09T02:00:00Z", "2018-01-09T02:00:04Z", detail="4.2 s")
    found = timeline(a_report(*updates, freeze), Text())
    assert found is not None
    root = checked(found.svg)
    assert "host updated in place 3020 → 3098 (3 targets)" in words(root)
    assert "stood still 4.2 s (db-2)" in words(root)
    (first, last) = list(points(drawn_data(found.svg, "win"))[:2])
    line = drawn(root, "ev")[0]
    assert line[0] == pytest.approx((first[0] + last[0]) / 2, abs=1)
    assert "by 2018-01-08 01:10 host updated in place 3020 → 3098 (3 targets)" in (root.findtext("desc") or "")
    assert found.note


def drawn_data(svg: str, css: str) -> str:
    return next(path.get("d", "") for path in checked(svg).iter("path") if path.get("class") == css)


def test_hostile_names_are_text() -> None:
    one = happening(Event.REBOOTED, factory.HOSTILE, "2018-01-05T00:00:00Z", "2018-01-05T01:00:00Z")
    found = timeline(a_report(one, replace(one, detail=factory.HOSTILE[:30], event=Event.FROZE)), Text())
    assert found is not None
    assert {part.tag for part in checked(found.svg).iter()} <= {"svg", "g", "title", "desc", "path", "text"}
    assert "\x1b" not in found.svg


def test_a_thousand_events_are_few_captions_that_count_them() -> None:
    events = list(Event)
    many = [
        happening(
            events[n % len(events)],
            f"vm-{n % 50}",
            (pd.Timestamp("2018-01-02T00:00:00Z") + pd.Timedelta(minutes=14 * n)).isoformat(),
            (pd.Timestamp("2018-01-02T00:20:00Z") + pd.Timedelta(minutes=14 * n)).isoformat(),
        )
        for n in range(1000)
    ]
    found = timeline(a_report(*many), Text())
    assert found is not None
    root = checked(found.svg)
    captions = [text for text in root.iter("text") if text.get("class") == "evl"]
    assert 1 <= len(captions) <= 12
    assert len(found.svg) < 20_000
    assert timeline(a_report(*reversed(many)), Text()) == found


def test_an_event_of_a_kind_that_is_new_is_drawn_all_the_same() -> None:
    for event in Event:
        found = timeline(a_report(happening(event, "vm-1", "", "2018-01-05T01:00:00Z")), Text())
        assert found is not None
        assert len(drawn(checked(found.svg), "ev")) == 1


marks = st.lists(
    st.builds(
        lambda x, wide, kind, target: Mark(x, (max(LEFT, x - wide), min(RIGHT, x + wide)), kind, f"vm-{target}"),
        st.floats(LEFT, RIGHT),
        st.floats(0, 50),
        st.integers(0, 7),
        st.integers(0, 20),
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(marks, st.text(min_size=1, max_size=60))
def test_captions_do_not_cover_each_other_and_nothing_is_lost(some: list[Mark], words_: str) -> None:
    for near in NEAR:
        groups = clusters(some, near)
        assert sorted(mark for group in groups for mark in group) == sorted(some)
        found = placed([(group, words_) for group in groups])
        if found is not None:
            break
    assert found is not None
    assert all(caption.row < MOST_ROWS for caption in found)
    rows: dict[int, list[tuple[float, float]]] = {}
    for caption in found:
        assert caption.right - caption.left == pytest.approx(width_of(caption.words))
        rows.setdefault(caption.row, []).append((caption.left, caption.right))
    for spans in rows.values():
        spans.sort()
        assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))


def lying(*marked: tuple[float, str]) -> dict[float, Caption]:
    found = placed([((Mark(x, (x, x), 0, "vm"),), said) for x, said in marked])
    assert found is not None
    return {one.marks[0].x: one for one in found}


def test_words_begin_or_end_at_their_line_and_no_other_line_passes_them() -> None:
    some = lying((300.0, "x" * 60), (450.0, "y" * 20), (500.0, "z" * 20), (930.0, "w" * 20))
    assert [(one.row, one.anchor) for one in some.values()] == [(2, ""), (1, ""), (0, ""), (0, "end")]
    assert [some[x].left for x in (300.0, 450.0, 500.0)] == [297.0, 447.0, 497.0]
    assert some[930.0].right == 933.0
    for one, other in itertools.permutations(some.values(), 2):
        passes = other.row > one.row and one.left <= other.marks[0].x <= one.right
        assert not passes, (one, other)


def test_where_a_line_must_pass_words_it_passes_the_fewest() -> None:
    """Of three that cover each other's lines none can be the lowest without being passed."""
    some = lying((200.0, "x" * 90), (500.0, "y" * 20), (800.0, "z" * 90))
    assert sorted(one.row for one in some.values()) == [0, 1, 2]
    assert some[500.0].row == 0
