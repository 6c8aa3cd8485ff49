"""One sentence per step: what the story's author should have been able to write."""

from __future__ import annotations

from dataclasses import replace

from report_factory import HOSTILE, key, metric

from bench.analyse.result import Attribution, AttributionKind, Comparison, FactChange, Verdict
from bench.model import Kind, Scale
from bench.report.ladder import ladder
from bench.report.text import Text

TEXT = Text()
NETWORK = key("ntttcp", "tcp", "throughput")


def step(before: str, after: str, ratio: float, factor: str = "", half: float = 0.01, **judged: object) -> Comparison:
    moved = ((factor, "off", "on"),) if factor else ()
    kind = AttributionKind.ATTRIBUTED if factor else AttributionKind.UNDECLARED
    attribution = replace(Attribution(kind, "", moved), **judged)
    network = metric(NETWORK, "Network throughput", ratio, half, kind=Kind.NETWORK, primary=True)
    other = metric(key(), "IOPS", 0.5)  # not primary: it does not decide
    return Comparison(before, after, (network, other), attribution)


def said(*steps: Comparison) -> tuple[str, ...]:
    return ladder(steps, set(), TEXT)


def test_the_sentence_that_the_author_needed() -> None:
    steps = [
        step("pre", "host", 1.001, "host_patch"),
        step("host", "guest", 0.922, "guest_patch", half=0.015),
        step("guest", "vf", 1.086, "sriov"),
        step("pre", "vf", 1.002),  # from the first to the last: not a step
    ]
    assert said(*steps) == (
        "Host patch: no meaningful change.",
        "Guest patch: Network throughput −7.8 % (−9.2 … −6.4 %), attributed.",
        "SR-IOV: Network throughput recovered, +8.6 % (+7.5 … +9.7 %), attributed.",
    )


def test_an_improvement_that_makes_good_only_a_part_is_no_recovery() -> None:
    steps = [step("a", "b", 0.7, "guest_patch"), step("b", "c", 1.1, "sriov")]
    assert said(*steps)[1] == "SR-IOV: Network throughput +10.0 % (+8.9 … +11.1 %), attributed."
    late = [step("a", "b", 0.7, "guest_patch"), step("b", "c", 1.0, "resize"), step("c", "d", 1.43, "sriov")]
    assert "recovered" in said(*late)[2]
    assert "recovered" not in said(step("b", "c", 1.43, "sriov"))[0]


def test_every_doubt_is_in_the_sentence() -> None:
    changed = (FactChange("guest-os", "kernel", "1", "2", ("vm",), 1), FactChange("disk", "x", "1", "2", ("vm",), 1))
    confounded = step("a", "b", 0.9, "host_patch", kind=AttributionKind.CONFOUNDED, changes=changed)
    assert said(confounded)[0].endswith(", confounded by guest-os kernel, disk x.")
    seeds = tuple(FactChange("guest-os", "kernel", f"{n}", f"{n + 1}", (f"vm-{n}",), 1) for n in range(40))
    many = step("a", "b", 0.9, "host_patch", kind=AttributionKind.CONFOUNDED, changes=(*seeds, *changed))
    assert said(many)[0].endswith(", confounded by guest-os kernel, disk x.")
    calm = step("a", "b", 1.0, "host_patch", kind=AttributionKind.CONFOUNDED, changes=changed[:1])
    assert said(calm) == ("Host patch: no meaningful change, confounded by guest-os kernel.",)
    assert said(step("a", "b", 1.0, "sriov", not_observed=("sriov",)))[0].endswith(
        "no meaningful change, but no fact shows that it happened."
    )
    joint = step("a", "b", 0.9, kind=AttributionKind.JOINT, factors=(("host_patch", "0", "1"), ("my_tune", "0", "1")))
    assert said(joint)[0].startswith("Host patch and my tune: ")
    assert said(joint)[0].endswith(", a joint effect, not separable.")
    assert said(step("a", "b", 0.9))[0] == "a → b: Network throughput −10.0 % (−10.9 … −9.1 %), no factor declared."
    assert "nothing is known of what else changed" in said(replace(step("a", "b", 0.9), attribution=None))[0]


def test_undecided_and_empty_steps() -> None:
    assert said(step("a", "b", 1.0, "sriov", half=0.3)) == ("SR-IOV: not decided.",)
    assert said(replace(step("a", "b", 1.0, "sriov"), metrics=())) == ("SR-IOV: nothing to compare.",)
    assert said() == ()


def test_a_count_that_appears_has_no_ratio() -> None:
    one = step("a", "b", 1.0, "sriov")
    appeared = replace(
        one.metrics[0], before=0.0, after=12.0, ratio=None, interval=None, verdict=Verdict.REGRESSED, reason=None,
        scale=Scale.COUNT,
    )  # fmt: skip
    assert said(replace(one, metrics=(appeared,))) == ("SR-IOV: Network throughput 0 → 12, attributed.",)


def test_hostile_names_stay_on_one_line() -> None:
    (sentence,) = said(step("a", "b", 0.9, f"x\n{HOSTILE}"))
    assert "\n" not in sentence
    assert "\x1b" not in sentence
