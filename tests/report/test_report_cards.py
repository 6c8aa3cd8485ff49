"""The sentences of the first screen: which metrics a card names, and which doubts."""

from __future__ import annotations

from dataclasses import replace

import pytest
import report_factory as factory

from bench.analyse.result import Comparison, MetricResult, Reason
from bench.model import Better, Scale
from bench.report.ladder import subject
from bench.report.layout import page
from bench.report.page_parts import Move


def test_a_count_that_fell_to_zero_shows_both_values() -> None:
    one = replace(
        factory.metric(factory.key("iperf3"), "TCP retransmits", 0.5, 0.01, better=Better.LOWER, targets=()),
        before=12.0, after=0.0, ratio=0.0, scale=Scale.COUNT, unit="segments",
    )  # fmt: skip
    card = page(factory.report((Comparison("a", "b", (one,)),), samples=None)).cards[0]
    assert card.sentence == "a → b: TCP retransmits 12 → 0, and nothing is known of what else changed."
    assert (card.symbol, card.subject, card.moves) == ("▲", "iperf3 · randread", ())
    lead = factory.metric(factory.key(), "IOPS", 1.0, 0.001, primary=True)
    card = page(factory.report((Comparison("a", "b", (lead, one)),), samples=None)).cards[0]
    assert card.moves[1] == Move("up", "▲", "TCP retransmits", "iperf3 · randread", "12 → 0")


def named(*metrics: MetricResult) -> list[str]:
    """What a card names, the metric of its sentence first."""
    report = factory.report((Comparison("a", "b", metrics),), samples=None)
    card = page(report).cards[0]
    told = subject(report.comparisons[0], report.leading)
    return [*([told.title] if told else []), *(f"{move.place.split(' ·')[0]} {move.title}" for move in card.moves)]


def test_a_card_names_primary_metrics_then_headlines_then_the_strongest_moves() -> None:
    def one(number: int, ratio: float, *, primary: bool = False, headline: bool = False) -> MetricResult:
        made = factory.metric(factory.key(metric=f"m{number}"), f"m{number}", ratio, 0.001, primary=primary)
        return replace(made, headline=headline)

    plain = [one(number, 2.0 + number / 10) for number in range(5)]
    assert named(*plain) == ["m4", "fio m3", "fio m2", "fio m1"]
    head = one(9, 1.1, headline=True)
    assert named(*plain, head) == ["m9", "fio m4", "fio m3", "fio m2"]
    quiet = one(8, 1.0, primary=True)
    assert named(*plain, head, quiet) == ["fio m8", "fio m9", "fio m4", "fio m3"]
    worse = one(7, 0.93)
    assert named(*plain, head, quiet, worse) == ["fio m8", "fio m9", "fio m4", "fio m7"]


def test_every_suite_has_its_say_where_nothing_is_decided() -> None:
    found = [
        factory.metric(factory.key(suite, metric=f"m{number}"), f"m{number}", 1.0 + number / 10, 3.0)
        for suite in ("fio", "iperf3", "unixbench")
        for number in range(1, 5)
    ]
    assert named(*found) == ["fio m4", "iperf3 m4", "unixbench m4", "fio m3"]


def test_metrics_of_one_title_are_told_apart_in_the_sentence() -> None:
    found = [factory.metric(factory.key(case=case), "IOPS", ratio, 0.001) for case, ratio in (("r", 0.8), ("w", 0.7))]
    card = page(factory.report((Comparison("a", "b", tuple(found)),), samples=None)).cards[0]
    assert card.sentence.startswith("a → b: IOPS (w) −30.0 % (")
    assert card.moves[0].place == "fio · r"


@pytest.mark.parametrize(
    ("ratios", "said", "doubts"),
    [
        ((), "nothing to compare", ()),
        ((None, None), "not decided", ("Under-replicated: no interval for 2 of 2 metrics",)),
        ((1.0, None), "not decided", ("Under-replicated: no interval for 1 of 2 metrics",)),
    ],
)
def test_sentences_of_what_is_not_decided(ratios: tuple[float | None, ...], said: str, doubts: tuple[str, ...]) -> None:
    metrics = tuple(
        factory.metric(
            factory.key(case=str(n)), "x", ratio, 0.001, reason=None if ratio else Reason.UNREPLICATED, targets=()
        )
        for n, ratio in enumerate(ratios)
    )
    card = page(factory.report((Comparison("a", "b", metrics),), samples=None)).cards[0]
    assert (card.sentence, card.doubts) == (f"a → b: {said}.", doubts)


def test_declared_but_not_observed_is_a_doubt_of_the_card() -> None:
    judged = replace(factory.ATTRIBUTED, not_observed=("sriov",))
    card = page(factory.report((replace(factory.story(), attribution=judged),))).cards[0]
    assert card.doubts[0] == "Declared but not observed: SR-IOV"
    assert card.cause == "Declared: host patch. No fact of another layer moved."


def test_a_card_names_everything_to_distrust_about_its_step() -> None:
    made = page(factory.ladder())
    assert made.cards[2].doubts == (
        "Confounded: something undeclared changed too",
        "Declared but not observed: guest patch",
        "Moved to another host: vm-2",
        "5 values excluded",
    )
    assert made.cards[0].doubts == ("5 values excluded",)
    assert (made.cards[3].whole, made.cards[3].sentence) == (True, "First to last: no meaningful change.")


def test_a_factor_without_layers_rests_on_its_declaration() -> None:
    judged = replace(factory.ATTRIBUTED, factors=(("my_tune", "off", "on"),))
    card = page(factory.report((replace(factory.story(), attribution=judged),))).cards[0]
    assert card.cause == "Declared: my tune. It names no layers, so this rests on the declaration alone."


def test_many_targets_are_counted() -> None:
    judged = replace(factory.ATTRIBUTED, relocated=("vm-1", "vm-2", "vm-3"))
    card = page(factory.report((replace(factory.story(), attribution=judged),))).cards[0]
    assert "Moved to another host: 3 targets" in card.doubts
