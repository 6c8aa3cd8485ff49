"""The picture of samples: every value a dot where it belongs, many of them medians."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
import report_factory as factory
from chart_checks import checked, drawn, words

from bench.analyse.result import Comparison
from bench.report.charts.samples import numbered, sample_chart
from bench.report.layout import page
from bench.report.strips import MOST_POINTS, Strip, strips


def one_strip(targets: int = 1, **changes: object) -> Strip:
    made = tuple(factory.target(f"vm-{n}", 1000.0 * n, 900.0 * n) for n in range(1, targets + 1))
    one = factory.metric(factory.key(bs="4k"), "IOPS", 0.9, 0.01, targets=made)
    frame = factory.samples((Comparison("pre", "post", (one,)),)).assign(**changes)
    found = strips(frame, ("pre", "post"))
    assert list(found) == [one.key]
    return found[one.key]


def dots(svg: str) -> int:
    return len(drawn(checked(svg), "d"))


def test_every_sample_is_a_dot() -> None:
    strip = one_strip()
    assert (strip.points, strip.relative, strip.unit) == (18, False, "IOPS")
    svg = sample_chart(strip, "t", "d")
    assert dots(svg) == 18
    assert svg == sample_chart(strip, "t", "d")


@pytest.mark.parametrize("factor", [1.0, 2.5e3, 2.5e9], ids=["thousands", "millions", "more"])
def test_no_label_of_the_axis_begins_outside_the_picture(factor: float) -> None:
    frame = factory.samples((Comparison("pre", "post", (factory.metric(factory.key(), "x", 1.0, unit="lps"),)),))
    alone = frame[frame["target"] == "vm-1"]
    (strip,) = strips(alone.assign(value=alone["value"] * factor), ("pre", "post")).values()
    root = checked(sample_chart(strip, "t", "d"))
    assert len([text for text in root.iter("text") if text.get("text-anchor") == "end"]) >= 2


def test_several_targets_are_drawn_relative_to_their_own_level() -> None:
    strip = one_strip(3)
    assert (strip.relative, strip.unit, len(strip.targets)) == (True, "%", 3)
    levels = [[session.median for session in phase.sessions] for phase in strip.phases]
    assert all(97 < level < 103 for level in levels[0])
    assert all(87 < level < 93 for level in levels[1])


def test_values_that_are_zero_are_drawn_as_they_are() -> None:
    assert not one_strip(2, value=0.0).relative
    assert dots(sample_chart(one_strip(2, value=0.0), "t", "d")) == 36


def test_other_tags_and_values_that_are_no_numbers_are_not_drawn() -> None:
    frame = factory.samples((Comparison("pre", "post", (factory.metric(factory.key(), "IOPS", 0.9),)),))
    frame.loc[0, "value"] = float("nan")
    (strip,) = strips(frame, ("pre",)).values()
    assert [phase.tag for phase in strip.phases] == ["pre"]
    assert strip.points == 17


def test_units_meet_in_the_first_one_and_strangers_stay_out() -> None:
    frame = factory.samples((Comparison("pre", "post", (factory.metric(factory.key(), "x", 1.0, unit="ms"),)),)).head(3)
    frame = pd.concat([frame.assign(value=2.0), frame.assign(value=2000.0, unit="us"), frame.assign(unit="index")])
    (strip,) = strips(frame, ("pre",)).values()
    assert strip.phases[0].sessions[0].values == (2.0,) * 6


def test_too_many_points_become_medians() -> None:
    frame = factory.samples((Comparison("pre", "post", (factory.metric(factory.key(), "x", 1.0),)),), repetitions=60)
    (strip,) = strips(frame, ("pre", "post")).values()
    assert strip.points > MOST_POINTS
    assert strip.medians_only
    assert dots(sample_chart(strip, "t", "d")) == 2 * 2 * 3


def test_a_thousand_targets_become_percentiles_and_keep_their_extremes() -> None:
    made = tuple(factory.target(f"vm-{n}", 1000.0, 950.0) for n in range(1000))
    one = factory.metric(factory.key(), "IOPS", 0.95, 0.01, targets=made)
    frame = factory.samples((Comparison("pre", "post", (one,)),), repetitions=1)
    (strip,) = strips(frame, ("pre", "post")).values()
    assert (strip.points, strip.percentiles_only) == (6000, True)
    root = checked(sample_chart(strip, "t", "d"))
    assert len(drawn(root, "d")) + len(drawn(root, "o")) == 6 * 21
    values = [value for phase in strip.phases for session in phase.sessions for value in session.values]
    shares = frame.groupby("target")["value"].transform(lambda some: some / (some.iloc[:3].prod() ** (1 / 3)) * 100)
    assert (min(values), max(values)) == (pytest.approx(shares.min()), pytest.approx(shares.max()))


def test_a_chart_is_a_fragment_that_follows_the_page() -> None:
    root = checked(sample_chart(one_strip(), "A <b> & title", "and $x^2$ description"))
    assert root.findtext("title") == "A <b> & title"
    assert root.findtext("desc") == "and $x^2$ description"
    assert {path.get("class") for path in root.iter("path")} == {"g", "d d0", "d d1", "m"}


@pytest.mark.parametrize("tag", ["v1.2345 $x^2$", factory.HOSTILE, "\u202egnp.exe", "<svg onload=alert(1)>"])
def test_text_in_a_chart_keeps_its_digits_and_is_no_markup(tag: str) -> None:
    one = factory.metric(factory.key(), "IOPS", 0.9, 0.01, targets=(factory.target("vm", 1.0, 0.9),))
    frame = factory.samples((Comparison(tag, "post", (one,)),))
    (strip,) = strips(frame, (tag, "post")).values()
    svg = sample_chart(strip, tag, tag)
    root = checked(svg)
    assert {part.tag for part in root.iter()} == {"svg", "title", "desc", "path", "text"}
    assert "\x1b" not in svg
    assert "\u202e" not in svg
    if tag.startswith("v1"):
        assert tag in words(root)


def test_noise_of_a_few_per_mille_does_not_fill_the_picture() -> None:
    strip = one_strip(1, value=[1000.0 + n % 3 for n in range(18)])
    ys = [y for _, y in drawn(checked(sample_chart(strip, "t", "d")), "d")]
    assert max(ys) - min(ys) < 10


def tags_of_four(*tags: str) -> Strip:
    pairs = tuple(itertools.pairwise(tags))
    metric = factory.metric(factory.key(), "IOPS", 1.0, 0.01, targets=(factory.target("vm", 1000.0, 1000.0),))
    (strip,) = strips(factory.samples(tuple(Comparison(*pair, (metric,)) for pair in pairs)), tags).values()
    return strip


def test_the_names_of_phases_are_whole_on_two_lines() -> None:
    strip = tags_of_four("pre-maintenance", "post-host-patch", "post-guest-patch", "sriov-on")
    root = checked(sample_chart(strip, "t", "d"))
    assert not numbered(strip)
    assert {"pre-", "maintenance", "post-host-", "post-guest-", "patch", "sriov-on"} <= set(words(root))


def test_phases_whose_names_have_no_room_are_numbered() -> None:
    strip = tags_of_four("pre" * 20, "post", "c", "d")
    root = checked(sample_chart(strip, "t", "d"))
    assert numbered(strip)
    assert {"1", "2", "3", "4"} <= set(words(root))
    report = factory.report((Comparison("pre" * 20, "b", (factory.many(1)[0],)), Comparison("b", "c", factory.many(1))))
    (picture,) = page(report).galleries[0].first
    assert f"1 = {'pre' * 20}, 2 = b" in picture.note


def moved_host() -> pd.DataFrame:
    """Six targets of which one jumps by a third, as after a move to newer hardware."""
    made = tuple(factory.target(f"vm-{n}", 1000.0, 1320.0 if n == 6 else 1000.0) for n in range(1, 7))
    one = factory.metric(factory.key(), "IOPS", 1.0, 0.01, targets=made)
    return factory.samples((Comparison("pre", "post", (one,)),))


def test_a_few_values_far_away_are_at_the_edge_and_counted() -> None:
    (strip,) = strips(moved_host(), ("pre", "post")).values()
    assert len(strip.beyond) == 9
    assert all(125 < value < 140 for value in strip.beyond)
    root = checked(sample_chart(strip, "t", "d"))
    assert len(drawn(root, "d")) == 108 - 9
    assert len(drawn(root, "o")) == 9
    ys = [y for _, y in drawn(root, "d")]
    assert max(ys) - min(ys) > 60


def test_a_phase_that_moved_as_a_whole_is_never_at_the_edge() -> None:
    frame = factory.samples((Comparison("pre", "post", (factory.metric(factory.key(), "x", 4.0),)),), repetitions=1)
    (strip,) = strips(frame, ("pre", "post")).values()
    assert strip.beyond == ()
    assert len(drawn(checked(sample_chart(strip, "t", "d")), "d")) == strip.points


def test_values_that_do_not_count_are_rings_and_no_part_of_a_median() -> None:
    frame = moved_host().assign(flags="")
    tainted = (frame["target"] == "vm-1") & (frame["session"] == 1)
    frame.loc[tainted, "flags"] = "imported,tainted"
    frame.loc[tainted, "value"] = 500.0
    (strip,) = strips(frame, ("pre", "post")).values()
    assert (strip.points, strip.tainted) == (102, 6)
    assert all(session.median and 98 < session.median < 104 for phase in strip.phases for session in phase.sessions)
    root = checked(sample_chart(strip, "t", "d"))
    assert len(drawn(root, "d")) + len(drawn(root, "o")) == 108


def test_a_session_of_which_nothing_counts_has_no_stroke() -> None:
    frame = factory.samples((Comparison("pre", "post", (factory.metric(factory.key(), "x", 1.0),)),)).assign(flags="")
    frame.loc[frame["session"] == 1, "flags"] = "tainted"
    (strip,) = strips(frame, ("pre", "post")).values()
    assert [session.median is None for phase in strip.phases for session in phase.sessions] == [True, False, False] * 2
    assert len(drawn(checked(sample_chart(strip, "t", "d")), "m")) == 4


def test_every_metric_has_a_picture_with_words_for_who_cannot_see_it() -> None:
    galleries = page(factory.demo()).galleries
    assert [gallery.title for gallery in galleries] == ["fio", "iperf3", "UnixBench"]
    pictures = [picture for gallery in galleries for picture in (*gallery.first, *gallery.more)]
    assert len(pictures) == 25
    assert "Medians per session: before: " in pictures[0].svg
