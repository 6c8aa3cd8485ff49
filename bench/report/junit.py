"""How does a pipeline see a regression? JUnit XML: a test suite per step, a test case per metric that decides.

What regressed is a failure; what is inconclusive is skipped, with its reason and what would settle it. The primary
metrics are the test cases, or all where none is primary. With `--fail-on`, every metric that is shown is one, and those
verdicts are failures: so the file agrees with the exit code. The form is what Jenkins, GitLab, GitHub actions and
Azure DevOps read in common: testsuites > testsuite > (properties, testcase > (skipped | failure), system-out).

Test cases of several steps have the step in their names: GitLab forgets test suites, and keeps one of those test cases
that agree in class and name; some actions take the second for a retry of the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from bench.analyse.headline import decisive
from bench.analyse.result import Comparison, MetricResult, Verdict
from bench.report import numbers
from bench.report.formats import Output
from bench.report.lines import flag_lines, heading, remarks, summary
from bench.report.plain import one_line
from bench.report.verdicts import keys_in_order, places, ratio_words, result_unit, title
from bench.report.words import verdict_words

if TYPE_CHECKING:
    from bench.report.view import Report

FAILING = (Verdict.REGRESSED,)
"""What fails unless `--fail-on` says otherwise."""


def render(comparisons: Sequence[Comparison], output: Output = Output()) -> str:  # noqa: B008  # frozen
    """One document with a test suite per comparison."""
    return _document("vmbench", comparisons, output)


def render_report(report: Report, failing: tuple[Verdict, ...] | None = None) -> str:
    """The same for all steps of a report; the one from first to last is a test suite as well."""
    return _document(report.title, report.comparisons, Output(failing=failing))


def _document(name: str, comparisons: Sequence[Comparison], output: Output) -> str:
    root = ET.Element("testsuites", name=one_line(name))
    several = len(comparisons) > 1
    root.extend(_suite(one, output.failing, f", {heading(one)}" if several else "") for one in comparisons)
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _suite(comparison: Comparison, failing: tuple[Verdict, ...] | None, step: str) -> ET.Element:
    metrics = decisive(comparison.metrics) if failing is None else comparison.metrics
    names, order = places([comparison]), keys_in_order([comparison])
    cases = [
        _case(metric, _name(metric, names[metric.key]) + step, FAILING if failing is None else failing)
        for metric in sorted(metrics, key=lambda one: order.index(one.key))
    ]
    found = {kind: sum(case.find(kind) is not None for case in cases) for kind in ("failure", "skipped")}
    suite = ET.Element(
        "testsuite",
        name=heading(comparison),
        tests=str(len(cases)),
        failures=str(found["failure"]),
        errors="0",
        skipped=str(found["skipped"]),
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (("before", comparison.before), ("after", comparison.after), ("summary", summary(comparison))):
        ET.SubElement(properties, "property", name=name, value=one_line(value))
    suite.extend(cases)
    said = [*remarks(comparison), *flag_lines(comparison)]
    if said:
        ET.SubElement(suite, "system-out").text = "\n".join(map(one_line, said))
    return suite


def _name(metric: MetricResult, place: str) -> str:
    """What a metric is called in every other output."""
    return f"{title(metric)} ({place})" if place else title(metric)


def _case(metric: MetricResult, name: str, failing: Sequence[Verdict]) -> ET.Element:
    """A test case; its class is suite and case, so that servers group them."""
    parts = (metric.key.suite, metric.key.case)
    case = ET.Element(
        "testcase",
        classname=".".join(part for part in map(one_line, parts) if part),
        name=name,
        time="0",
    )
    shown = result_unit(metric)
    ratio, words = ratio_words(metric, shown), verdict_words(metric.verdict, metric.reason)
    message = f"{words}: {ratio}"
    if metric.interval is not None:
        message += f" ({numbers.percent_range(metric.interval)})"
    if metric.verdict in failing:
        failure = ET.SubElement(case, "failure", message=message, type=metric.verdict.value.upper())
        failure.text = "\n".join(_details(metric, shown))
    elif metric.verdict is Verdict.INCONCLUSIVE:
        settle = one_line(metric.settle)
        ET.SubElement(case, "skipped", message=f"{message}. To settle: {settle}" if settle else message)
    return case


def _details(metric: MetricResult, unit: numbers.Shown) -> list[str]:
    """The numbers behind a failure, a line each."""
    named = f" {one_line(unit.name)}" if unit.name else ""
    found = [
        f"before: {numbers.quantity(metric.before, unit)}{named}",
        f"after: {numbers.quantity(metric.after, unit)}{named}, {metric.better.value} is better",
        f"ratio: {ratio_words(metric, unit)}, interval {numbers.percent_range(metric.interval)}",
        f"margin: {numbers.margin(metric.margin)}",
    ]
    found += [f"to settle: {one_line(metric.settle)}"] * bool(metric.settle)
    return [one_line(line) for line in found]
