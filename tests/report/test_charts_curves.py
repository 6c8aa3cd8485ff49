"""Series and latency curves: every point within the axes, thinned without losing extremes, the message in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
import report_factory as factory
from chart_checks import checked, points, words
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.analyse.latencies import LatencyCurve, LatencyLine
from bench.analyse.result import Comparison
from bench.analyse.series import MetricSeries, SeriesLine
from bench.report.charts.lines import Line, curve_chart, series_chart
from bench.report.charts.scales import linear, logarithmic
from bench.report.curves import MOST_POINTS, latency_pictures, series_pictures, thin
from bench.report.html import render_html
from bench.report.text import Text
from bench.report.view import Report

TAGS = ("pre-maintenance", "post-host-patch", "post-guest-patch", "sriov-on")


def a_report() -> Report:
    step = Comparison("pre", "post", (factory.metric(factory.key(), "IOPS", 0.9, primary=True),))
    return factory.report((step,), samples=None)


def a_series(length: int = 60, target: str = "vm-1") -> MetricSeries:
    lines = [
        SeriesLine(tag, 2, 1, tuple((float(n + 1), level + (n * 7919 % 101) / 10) for n in range(length)))
        for tag, level in (("pre", 1000.0), ("post", 900.0))
    ]
    return MetricSeries(factory.key(), target, "IOPS", tuple(lines))


def a_curve(**changes: object) -> LatencyCurve:
    percents = (1.0, 50.0, 90.0, 99.0, 99.9, 99.99)
    lines = tuple(
        LatencyLine(tag, 12, tuple((percent, level * (1 + number**2)) for number, percent in enumerate(percents)))
        for tag, level in (("pre", 90_000.0), ("post", 110_000.0))
    )
    made = LatencyCurve(
        factory.key(metric="clat_p99", part="job read"), "Completion latency", "ns", lines, ("vm-1",), 4
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of LatencyCurve


def test_a_series_has_a_panel_per_phase_on_common_axes() -> None:
    (picture,) = series_pictures(replace(a_report(), series=(a_series(),)), Text())
    root = checked(picture.svg)
    lines = [path for path in root.iter("path") if "s" in path.get("class", "").split()]
    assert [len(points(line.get("d", ""))) for line in lines] == [60, 60]
    first, second = ([y for _, y in points(line.get("d", ""))] for line in lines)
    assert min(second) > min(first)
    assert {"0", "60 s", "pre", "post"} <= set(words(root))
    assert picture.note.startswith("IOPS, vm-1; higher is better; pre session 2 trial 1, post session 2 trial 1")
    assert "post: least 900, middle 905, greatest 910 IOPS" in (root.findtext("desc") or "")


def test_a_long_series_says_that_it_is_thinned() -> None:
    (picture,) = series_pictures(replace(a_report(), series=(a_series(3600),)), Text())
    assert "of up to 3,600 points the least and the greatest of each stretch are drawn" in picture.note
    assert len(picture.svg) < 5000
    assert "greatest 1,010" in picture.svg


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(-1e9, 1e9)), min_size=1, max_size=600), st.integers(6, 130))
def test_thinning_keeps_ends_extremes_and_order(some: list[tuple[float, float]], most: int) -> None:
    some.sort()
    kept = thin(tuple(some), most)
    assert len(kept) <= most
    assert kept[0] == some[0]
    assert kept[-1] == some[-1]
    assert [x for x, _ in kept] == sorted(x for x, _ in kept)
    assert set(kept) <= set(some)
    values = [y for _, y in some]
    assert {min(values), max(values)} <= {y for _, y in kept}
    assert thin(tuple(some), 1000) == tuple(some)


def test_percentiles_have_room_by_nines_and_a_line_per_phase() -> None:
    (picture,) = latency_pictures(replace(a_report(), latencies=(a_curve(),)), Text())
    root = checked(picture.svg)
    lines = [points(path.get("d", "")) for path in root.iter("path") if path.get("class", "").startswith("l ")]
    curves = [line for line in lines if len(line) == 6]
    assert len(curves) == 2
    xs = [x for x, _ in curves[0]]
    assert xs[4] - xs[3] == pytest.approx(xs[5] - xs[4], abs=0.2)
    assert all(below > above for (_, below), (_, above) in zip(*curves, strict=True))
    assert {"50 %", "99 %", "99.99 %", "pre", "post"} <= set(words(root))
    assert picture.title == "Completion latency (randread · job read)"
    assert picture.note.startswith("ms; median over 12 runs of the tool per phase on 1 of 4 targets")
    assert "post: 50 % within 0.22 ms" in (root.findtext("desc") or "").replace("0.2200", "0.22")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.floats(1e-6, 1e12), min_size=2, max_size=20),
        min_size=1,
        max_size=7,
    ),
    st.text(min_size=1, max_size=30),
)
def test_whatever_the_values_nothing_is_outside(values: list[list[float]], tag: str) -> None:
    lines = tuple(
        Line(tag, n, tuple((float(x), y) for x, y in enumerate(sorted(some), 1))) for n, some in enumerate(values)
    )
    assert series_chart(lines, "t", "d") == series_chart(lines, "t", "d")
    checked(series_chart(lines, "t", "d"))
    spread = tuple(replace(line, points=tuple((100 - 50 / x, y) for x, y in line.points)) for line in lines)
    checked(curve_chart(spread, "t", "d"))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(1e-9, 1e15), min_size=1, max_size=5))
def test_scales_have_a_few_ticks_within(values: list[float]) -> None:
    for scale in (linear(values, 100, 0), linear(values, 100, 0, zero=True), logarithmic(values, 100, 0)):
        assert 1 <= len(scale.ticks) <= 26
        assert all(scale.low * (1 - 1e-9) <= tick <= scale.high * (1 + 1e-9) for tick, _ in scale.ticks)
        assert all(scale.holds(value) and 0 <= scale.place(value) <= 100 for value in values)


def test_hostile_names_are_text_and_the_page_has_both_sections() -> None:
    key = factory.key(metric="clat_p99", part=factory.HOSTILE)
    curve = a_curve(key=key, title=factory.HOSTILE)
    report = replace(a_report(), series=(a_series(target=factory.HOSTILE),), latencies=(curve,))
    for picture in (*series_pictures(report, Text()), *latency_pictures(report, Text())):
        assert {part.tag for part in checked(picture.svg).iter()} == {"svg", "title", "desc", "path", "text"}
    page = render_html(report)
    assert 'id="series"' in page
    assert 'id="latencies"' in page
    assert "<script" not in page
    assert MOST_POINTS < 400
