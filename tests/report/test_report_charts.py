from __future__ import annotations

import xml.etree.ElementTree as ET

import pandas as pd
import pytest
import report_factory as factory
from defusedxml.ElementTree import fromstring

from bench.analyse.result import Comparison
from bench.report.charts import sample_chart
from bench.report.layout import page
from bench.report.strips import MOST_POINTS, Strip, strips
from bench.report.text import Text
from bench.report.timeline import timeline


def one_strip(targets: int = 1, **changes: object) -> Strip:
    made = tuple(factory.target(f"vm-{n}", 1000.0 * n, 900.0 * n) for n in range(1, targets + 1))
    one = factory.metric(factory.key(bs="4k"), "IOPS", 0.9, 0.01, targets=made)
    frame = factory.samples((Comparison("pre", "post", (one,)),)).assign(**changes)
    found = strips(frame, ("pre", "post"))
    assert list(found) == [one.key]
    return found[one.key]


def dots(svg: str) -> int:
    return sum(
        part.get("d", "").count("M") for part in fromstring(svg).iter("path") if part.get("class", "").startswith("d ")
    )


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
    labels = [
        (part.text or "", float(part.get("x", "nan")))
        for part in fromstring(sample_chart(strip, "t", "d")).iter("text")
        if part.get("text-anchor") == "end"
    ]
    assert len(labels) >= 2
    widest = 9.5 * 0.636  # points that a digit takes in DejaVu Sans and Verdana; a comma takes half
    assert all(x > widest * (len(text) - text.count(",") / 2) for text, x in labels), labels


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


def test_a_chart_is_a_fragment_that_follows_the_page() -> None:
    svg = sample_chart(one_strip(), "A <b> & title", "and $x^2$ description")
    root: ET.Element = fromstring(svg)
    assert root.findtext("title") == "A <b> & title"
    assert root.findtext("desc") == "and $x^2$ description"
    for word in ("#0", "#f", "style=", "id=", "font-family", "<style", "<?xml", "metadata", "clip-path"):
        assert word not in svg
    assert 'class="d d0"' in svg
    assert 'class="d d1"' in svg


def test_text_in_a_chart_keeps_its_digits_and_is_no_formula() -> None:
    one = factory.metric(factory.key(), "IOPS", 0.9, 0.01, targets=(factory.target("vm", 1.0, 0.9),))
    frame = factory.samples((Comparison("v1.2345 $x^2$", "post", (one,)),))
    (strip,) = strips(frame, ("v1.2345 $x^2$", "post")).values()
    assert "v1.2345 $x^2$" in "".join(fromstring(sample_chart(strip, "t", "d")).itertext())


def test_noise_of_a_few_per_mille_does_not_fill_the_picture() -> None:
    strip = one_strip(1, value=[1000.0 + n % 3 for n in range(18)])
    ys = [
        float(point.split()[1])
        for part in fromstring(sample_chart(strip, "t", "d")).iter("path")
        if part.get("class", "").startswith("d ")
        for point in part.get("d", "").replace("h0", "").split("M")[1:]
    ]
    assert max(ys) - min(ys) < 10


def test_every_metric_has_a_picture_with_words_for_who_cannot_see_it() -> None:
    galleries = page(factory.demo()).galleries
    assert [gallery.title for gallery in galleries] == ["fio", "iperf3", "UnixBench"]
    pictures = [picture for gallery in galleries for picture in (*gallery.first, *gallery.more)]
    assert len(pictures) == 25
    assert "Medians per session: before: " in pictures[0].svg


@pytest.mark.parametrize(
    ("minutes", "first"), [(0, "2 Jan 09:00"), (3, "2 Jan 09:00"), (300, "2 Jan 09:00"), (60 * 24 * 90, "8 Jan")]
)
def test_the_time_axis_has_few_round_ticks(minutes: int, first: str) -> None:
    times = pd.Timestamp("2018-01-02T09:00:00Z"), pd.Timestamp("2018-01-02T09:00:00Z") + pd.Timedelta(minutes=minutes)
    runs = [factory.run(tag, 1, time.isoformat()) for tag, time in zip(("pre", "post"), times, strict=True)]
    found = timeline(factory.report((Comparison("pre", "post", ()),), runs=runs, samples=None), Text())
    assert found is not None
    assert 1 <= len(found.ticks) <= 9
    assert found.ticks[0].text.startswith(first)
    assert [lane.tag for lane in found.lanes] == ["pre", "post"]
    assert all(200 <= x <= 940 for lane in found.lanes for x, _ in lane.runs)
