from __future__ import annotations

from dataclasses import replace

import report_factory as factory

from bench.analyse.coverage import Coverage
from bench.analyse.result import CLOSE_SESSIONS
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
        "guest_patch was declared but not observed.",
        "vm-2 moved to another host.",
        "4 of 30 trials missing.",
        "Left out: unixbench.",
        "pre-maintenance → post-host-patch: 1 of 4 metrics not decided.",
    ]
    assert len(made.findings) == MOST
    assert made.more_findings
    assert made.more_findings_title == f"And {len(made.more_findings)} further notes"
    assert not set(made.findings) & set(made.more_findings)


def test_few_doubts_need_no_fold() -> None:
    coverage = Coverage((), (("unixbench", "give --source unixbench=PATH"),))
    made = page(factory.report((factory.story(),), coverage=coverage, samples=None))
    assert ("Left out: unixbench.", "give --source unixbench=PATH") in [(f.point, f.detail) for f in made.findings]
    assert made.more_findings == ()
    assert "further note" not in render_html(factory.report((factory.story(),), coverage=coverage, samples=None))
