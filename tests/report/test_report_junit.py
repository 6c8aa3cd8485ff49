"""JUnit XML: which metrics are test cases, what fails and what is skipped, and that servers can read it."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any

import pytest
import report_factory as factory
from defusedxml.ElementTree import fromstring

from bench.analyse.result import Comparison, Reason, Verdict
from bench.report.formats import Output, render
from bench.report.report_files import Wishes, render_report
from tests.chaos import sinks_report

CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase", "system-out"},
    "properties": {"property"},
    "property": set(),
    "testcase": {"failure", "skipped"},
    "failure": set(),
    "skipped": set(),
    "system-out": set(),
}
ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped"},
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"classname", "name", "time"},
    "failure": {"message", "type"},
    "skipped": {"message"},
    "system-out": set(),
}
"""The part of the form that Jenkins' and Ant's schemas have in common, and what each element has here."""


def parsed(text: str) -> Any:
    """The document, held against the form: elements, attributes, their order, and numbers that add up."""
    root = fromstring(text)
    assert root.tag == "testsuites"
    for element in root.iter():
        assert {child.tag for child in element} <= CHILDREN[element.tag]
        assert set(element.keys()) == ATTRIBUTES[element.tag]
    for suite in root:
        order = [child.tag for child in suite]
        assert order == sorted(order, key=["properties", "testcase", "system-out"].index)
        assert order.count("properties") == 1
        for count, found in (("tests", "testcase"), ("failures", "testcase/failure"), ("skipped", "testcase/skipped")):
            assert int(suite.get(count)) == len(suite.findall(found))
        assert all(len(case) <= 1 for case in suite.findall("testcase"))
    for count in ("tests", "failures", "errors", "skipped"):
        assert int(root.get(count)) == sum(int(suite.get(count)) for suite in root)
    return root


def four(primary: tuple[int, ...] = ()) -> Comparison:
    """One metric of each verdict."""
    kinds = ((0.9, 0.01), (1.1, 0.01), (1.0, 0.01), (1.0, 0.2))
    return Comparison(
        "before",
        "after",
        tuple(
            factory.metric(factory.key(case=f"c{n}"), f"Metric {n}", ratio, half, primary=n in primary)
            for n, (ratio, half) in enumerate(kinds)
        ),
    )


def outcomes(root: Any) -> list[tuple[str, str]]:
    """(name, what became of it) of every test case."""
    return [(case.get("name"), case[0].tag if len(case) else "passed") for case in root.iter("testcase")]


def test_a_regression_fails_and_what_is_open_is_skipped() -> None:
    root = parsed(render("junit", [four()]))
    assert outcomes(root) == [
        ("Metric 0 (c0)", "failure"),
        ("Metric 1 (c1)", "passed"),
        ("Metric 2 (c2)", "passed"),
        ("Metric 3 (c3)", "skipped"),
    ]
    failure, skipped = root.find(".//failure"), root.find(".//skipped")
    assert failure.get("message") == "REGRESSED: 90.0 % (89.1 … 90.9 %)"
    assert "before: 1,000 IOPS\nafter: 900 IOPS, higher is better" in failure.text
    assert skipped.get("message") == (
        "INCONCLUSIVE (UNDERPOWERED): 100 % (82 … 122 %). To settle: 3 more sessions per tag; detectable now: 12 %"
    )
    assert root[0].get("name") == "before → after"


def test_primary_metrics_decide() -> None:
    assert outcomes(parsed(render("junit", [four((1, 3))]))) == [
        ("Metric 1 (c1)", "passed"),
        ("Metric 3 (c3)", "skipped"),
    ]


@pytest.mark.parametrize(
    ("failing", "failed"),
    [
        ((Verdict.REGRESSED, Verdict.INCONCLUSIVE), ["Metric 0 (c0)", "Metric 3 (c3)"]),
        ((Verdict.IMPROVED, Verdict.NO_CHANGE), ["Metric 1 (c1)", "Metric 2 (c2)"]),
    ],
)
def test_what_fails_is_what_the_pipeline_asked_for(failing: tuple[Verdict, ...], failed: list[str]) -> None:
    """As with the exit code, every metric that is shown is looked at, primary or not."""
    found = outcomes(parsed(render("junit", [four((1,))], Output(failing=failing))))
    assert [name for name, kind in found if kind == "failure"] == failed
    assert len(found) == 4


def test_a_report_has_a_test_suite_per_step() -> None:
    report = factory.ladder()
    root = parsed(render_report("junit", report).decode())
    assert [suite.get("name") for suite in root] == [f"{one.before} → {one.after}" for one in report.comparisons]
    assert [int(suite.get("failures")) for suite in root] == [0, 1, 0, 0]
    assert "Declared but not observed: guest_patch" in root[2].find("system-out").text
    every = parsed(render_report("junit", report, Wishes(failing=(Verdict.REGRESSED,))).decode())
    assert int(every.get("failures")) == sum(
        one.verdict is Verdict.REGRESSED for step in report.comparisons for one in step.metrics
    )


def test_no_server_takes_a_step_for_a_retry_of_another() -> None:
    """GitLab tells test cases by class and name alone, whatever their test suite."""
    report = factory.ladder()
    root = parsed(render_report("junit", report, Wishes(failing=(Verdict.REGRESSED,))).decode())
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(cases) == len(set(cases)) == sum(len(step.metrics) for step in report.comparisons)
    for suite in root:
        assert all(case.get("name").endswith(f", {suite.get('name')}") for case in suite.iter("testcase"))


def test_what_was_measured_once_is_skipped_with_its_reason() -> None:
    one = factory.metric(factory.key(), "x", None, None, reason=Reason.NO_BASELINE, settle="measure the other phase")
    root = parsed(render("junit", [Comparison("a", "b", (one,))]))
    assert root.find(".//skipped").get("message") == (
        "INCONCLUSIVE (NO BASELINE): –. To settle: measure the other phase"
    )


def test_hostile_names_stay_text() -> None:
    text = render_report(
        "junit", sinks_report.report(itertools.cycle([f"x{factory.HOSTILE}\x00\x0b\ufffe]]>&#0;"]))
    ).decode()
    root = parsed(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\ufffe\uffff]", text)
    assert "<script" not in text
    assert root.find(".//testcase").get("name").startswith("x<script>alert(1)</script>")


def test_many_metrics_keep_their_order() -> None:
    comparison = Comparison("a", "b", tuple(replace(one, primary=False) for one in factory.many(25)))
    assert len(outcomes(parsed(render("junit", [comparison])))) == 25
