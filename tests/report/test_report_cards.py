from __future__ import annotations

from dataclasses import replace

import pytest
import report_factory as factory

from bench.analyse.result import Comparison, MetricResult, Reason
from bench.model import Better, Scale
from bench.report.layout import page


def test_a_count_that_fell_to_zero_shows_both_values() -> None:
    one = replace(
        factory.metric(factory.key("iperf3"), "TCP retransmits", 0.5, 0.01, better=Better.LOWER, targets=()),
        before=12.0, after=0.0, ratio=0.0, scale=Scale.COUNT, unit="segments",
    )  # fmt: skip
    card = page(factory.report((Comparison("a", "b", (one,)),), samples=None)).cards[0]
    assert card.headline == "iperf3 TCP retransmits 12 → 0"
    assert card.moves == (("up", "▲", "iperf3 TCP retransmits (randread) 12 → 0"),)


def moves(*metrics: MetricResult) -> list[str]:
    card = page(factory.report((Comparison("a", "b", metrics),), samples=None)).cards[0]
    return [words.split(" (")[0] for _, _, words in card.moves]


def test_a_card_names_primary_metrics_then_headlines_then_the_strongest_moves() -> None:
    def one(number: int, ratio: float, *, primary: bool = False, headline: bool = False) -> MetricResult:
        made = factory.metric(factory.key(metric=f"m{number}"), f"m{number}", ratio, 0.001, primary=primary)
        return replace(made, headline=headline)

    plain = [one(number, 2.0 + number / 10) for number in range(5)]
    assert moves(*plain) == ["fio m4", "fio m3", "fio m2", "fio m1"]
    head = one(9, 1.1, headline=True)
    assert moves(*plain, head) == ["fio m9", "fio m4", "fio m3", "fio m2"]
    quiet = one(8, 1.0, primary=True)
    assert moves(*plain, head, quiet) == ["fio m8", "fio m9", "fio m4", "fio m3"]
    worse = one(7, 0.93)
    assert moves(*plain, head, quiet, worse) == ["fio m8", "fio m9", "fio m4", "fio m7"]


def test_every_suite_has_its_say_where_nothing_is_decided() -> None:
    found = [
        factory.metric(factory.key(suite, metric=f"m{number}"), f"m{number}", 1.0 + number / 10, 3.0)
        for suite in ("fio", "iperf3", "unixbench")
        for number in range(1, 5)
    ]
    assert moves(*found) == ["fio m4", "iperf3 m4", "unixbench m4", "fio m3"]


def test_a_suite_is_not_named_twice() -> None:
    one = factory.metric(factory.key("iperf3"), "CPU of iperf3, client", 1.5, 0.001)
    assert moves(one) == ["CPU of iperf3, client"]


@pytest.mark.parametrize(
    ("ratios", "headline"),
    [((), "Nothing to compare"), ((None, None), "Not decided"), ((1.0, None), "Not decided: 1 of 2 metrics")],
)
def test_headlines_of_what_is_not_decided(ratios: tuple[float | None, ...], headline: str) -> None:
    metrics = tuple(
        factory.metric(
            factory.key(case=str(n)), "x", ratio, 0.001, reason=None if ratio else Reason.UNREPLICATED, targets=()
        )
        for n, ratio in enumerate(ratios)
    )
    assert page(factory.report((Comparison("a", "b", metrics),), samples=None)).cards[0].headline == headline


def test_declared_but_not_observed_is_a_doubt_of_the_card() -> None:
    judged = replace(factory.ATTRIBUTED, not_observed=("sriov",))
    card = page(factory.report((replace(factory.story(), attribution=judged),))).cards[0]
    assert card.doubt == "Declared but not observed: sriov"
