"""How ratios, intervals and values are rounded: no change is rounded away, no order is turned round."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.analyse.result import Interval
from bench.report import numbers
from bench.report.plain import one_line, shorten


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [(742, 799, "108 %"), (785, 824, "105 %"), (1770, 1676, "95 %"), (1015, 1890, "186 %"), (2877, 2914, "101 %")],
)
def test_single_values_are_said_in_whole_per_cent(before: float, after: float, said: str) -> None:
    assert numbers.percent(after / before) == said


def test_what_lies_beyond_what_is_said_is_said_once() -> None:
    assert numbers.percent_range(Interval(11.0, 40.0, 0.95)) == "> 1,000 %"
    assert numbers.change_range(Interval(0.001, 0.002, 0.95)) == "< −99 %"
    assert numbers.percent_range(Interval(0.99999, 1.00001, 0.95)) == "100.0 … 100.0 %"


def test_a_decimal_needs_a_narrow_interval() -> None:
    assert numbers.percent(0.9534, Interval(0.94, 0.965, 0.95)) == "95.3 %"
    assert numbers.percent(0.9534, Interval(0.90, 1.01, 0.95)) == "95 %"
    assert numbers.percent_range(Interval(0.94, 0.9651, 0.95)) == "94.0 … 96.5 %"
    assert numbers.percent_range(None) == "–"


def test_a_change_is_never_rounded_away() -> None:
    assert numbers.percent(1.004, moved=True) == "100.4 %"
    assert numbers.percent(1.004) == "100 %"


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (0.0012, "< 1 %"),
        (0.01, "1.0 %"),
        (0.05, "5.0 %"),
        (10.0, "1,000 %"),
        (10.1, "> 1,000 %"),
        (1234.0, "> 1,000 %"),
        (None, "–"),
        (math.inf, "–"),
        (0.0, "0 %"),
    ],
)
def test_extreme_ratios(ratio: float | None, said: str) -> None:
    assert numbers.percent(ratio) == said


def test_changes_carry_a_real_minus_and_no_signed_zero() -> None:
    assert numbers.change(0.922, Interval(0.909, 0.936, 0.95)) == "−7.8 %"
    assert numbers.change_range(Interval(0.909, 0.936, 0.95)) == "−9.1 … −6.4 %"
    assert numbers.change(1.0) == "0 %"
    assert numbers.change(0.9999, Interval(0.99, 1.01, 0.95)) == "0.0 %"


@pytest.mark.parametrize(
    ("low", "high", "ratios", "changes"),
    [
        (1.7e-38, 7.7e36, "< 1 … > 1,000 %", "< −99 … > +900 %"),
        (0.0, 0.21, "0 … 21 %", "−100 … −79 %"),
        (0.086, 13.7, "8.6 … > 1,000 %", "−91 … > +900 %"),
        (0.5, math.inf, "50 … > 1,000 %", "−50 … > +900 %"),
        (math.nan, 2.0, "– … 200 %", "– … +100 %"),
    ],
)
def test_extreme_intervals_say_only_their_magnitude(low: float, high: float, ratios: str, changes: str) -> None:
    interval = Interval(low, high, 0.95)
    assert numbers.percent_range(interval) == ratios
    assert numbers.change_range(interval) == changes


@pytest.mark.parametrize(
    ("values", "unit", "said"),
    [
        ([2.914e9, 2.687e9], "bit/s", ["2.914 Gbit/s", "2.687 Gbit/s"]),
        ([1400.0, 900.0], "us", ["1.400 ms", "0.9000 ms"]),
        ([3.2e-6], "s", ["3.200 µs"]),
        ([812.5, 64.0], "MiB/s", ["812.5 MiB/s", "64.00 MiB/s"]),
        ([2048.0], "MiB/s", ["2.000 GiB/s"]),
        ([64_512.0], "IOPS", ["64,512 IOPS"]),
        ([0.0, 0.0], "bit/s", ["0 bit/s", "0 bit/s"]),
        ([742.0, None], "index", ["742 index", "– index"]),
        ([1.5e12], "lps", ["1.500e+12 lps"]),
    ],
)
def test_values_share_a_readable_unit(values: list[float | None], unit: str, said: list[str]) -> None:
    shown = numbers.shown_unit(values, unit)
    assert [f"{numbers.quantity(value, shown)} {shown.name}" for value in values] == said


@given(st.floats(min_value=1e-6, max_value=1e6), st.floats(min_value=1e-6, max_value=1e6))
def test_a_larger_ratio_is_never_said_to_be_smaller(one: float, other: float) -> None:
    def read(ratio: float) -> float:
        return known.get(said := numbers.percent(ratio), 0) or float(said.removesuffix(" %").replace(",", ""))

    known = {"< 1 %": 0.99, "> 1,000 %": 1001.0}
    low, high = sorted((one, other))
    assert read(low) <= read(high)
    assert read(one) == pytest.approx(min(max(one * 100, 0.99), 1001), rel=0.051)


@given(st.text())
def test_foreign_text_becomes_one_harmless_line(text: str) -> None:
    shown = one_line(text)
    assert "\n" not in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert one_line(shown) == shown


def test_escape_sequences_and_direction_tricks_become_visible() -> None:
    assert one_line("a\x1b[31mb\u202ec\r\nd\x00") == "a�[31mb�c d�"


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_shortened_text_fits(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text or "…" in short
