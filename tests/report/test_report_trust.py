"""What to distrust: short, gravest first, and said once."""

from __future__ import annotations

from dataclasses import replace

import report_factory as factory

from bench.analyse.coverage import Coverage
from bench.analyse.result import CLOSE_SESSIONS, AttributionKind
from bench.report.html import render_html
from bench.report.layout import page
from bench.report.trust import MOST
from bench.words import say


def test_warnings_about_close_sessions_are_one_finding() -> None:
    first, second = "2 of 'a' (smallest gap 1 min)", "3 of 'b' (smallest gap 2 min)"
    steps = [
        replace(factory.story(), warnings=(say(CLOSE_SESSIONS, tags=tags), "VM 3 is burstable"))
        for tags in ((first, second), (second,), (first,))
    ]
    made = page(factory.report(tuple(steps), samples=None))
    notes = [finding.detail for finding in made.findings if finding.point == "Note:"]
    assert notes == [say(CLOSE_SESSIONS, tags=(first, second)), "VM 3 is burstable"]


def test_the_box_of_doubts_is_short_and_has_the_gravest_of_each_kind() -> None:
    made = page(factory.ladder())
    points = [finding.point for finding in made.findings]
    assert points == [
        "post-guest-patch → sriov-on is confounded.",
        "Guest patch was declared but not observed.",
        "vm-2 moved to another host.",
        "4 of 30 trials missing.",
        "Left out: unixbench.",
        "pre-maintenance → post-host-patch: 1 of 4 metrics not decided.",
    ]
    assert len(made.findings) == MOST
    assert made.more_findings
    assert made.more_findings_title == f"And {len(made.more_findings)} further notes"
    assert not set(made.findings) & set(made.more_findings)


def test_the_same_doubt_about_several_steps_is_said_once() -> None:
    judged = [replace(factory.ATTRIBUTED, relocated=names) for names in (("vm-1",), ("vm-2",), ("vm-1", "vm-2"))]
    tags = (("a", "b"), ("b", "c"), ("a", "c"))
    steps = [
        replace(factory.story(), before=before, after=after, attribution=one)
        for (before, after), one in zip(tags, judged, strict=True)
    ]
    found = page(factory.report(tuple(steps), samples=None)).findings
    (moved,) = [one for one in found if "moved to another host" in one.point]
    assert (moved.point, moved.detail) == (
        "vm-1, vm-2 moved to another host.",
        "In a → b, b → c: results there mix the change with the other host.",
    )
    (open_,) = [one for one in found if "not decided" in one.point]
    assert open_.point == "3 of 3 results not decided."
    assert open_.detail.startswith("3 underpowered. What would settle that: 12 more targets")


def test_that_the_whole_spans_several_factors_is_no_doubt_of_its_own() -> None:
    joint = replace(factory.ATTRIBUTED, kind=AttributionKind.JOINT)
    tags = (("a", "b"), ("b", "c"), ("a", "c"))
    steps = [replace(factory.story(), before=a, after=b, attribution=factory.ATTRIBUTED) for a, b in tags]
    made = page(factory.report((*steps[:2], replace(steps[2], attribution=joint)), samples=None))
    assert not [one for one in made.findings if "several things at once" in one.point]
    assert made.cards[2].doubts[0] == "Joint effect: the factors cannot be separated"
    made = page(factory.report((replace(steps[0], attribution=joint), *steps[1:]), samples=None))
    assert "a → b changed several things at once." in [one.point for one in made.findings]


def test_few_doubts_need_no_fold() -> None:
    coverage = Coverage((), (("unixbench", "give --source unixbench=PATH"),))
    made = page(factory.report((factory.story(),), coverage=coverage, samples=None))
    assert ("Left out: unixbench.", "give --source unixbench=PATH") in [(f.point, f.detail) for f in made.findings]
    assert made.more_findings == ()
    assert "further note" not in render_html(factory.report((factory.story(),), coverage=coverage, samples=None))
