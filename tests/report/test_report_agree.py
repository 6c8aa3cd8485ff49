"""Every format of a report says the same verdict, ratio and interval of every metric and step, whatever they are."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterator

import report_factory as factory
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.analyse.result import Comparison, Interval, MetricResult, Reason, Verdict
from bench.model import Better, Kind
from bench.report import numbers
from bench.report.formats import Output, render
from bench.report.layout import page
from bench.report.page import MatrixGroup
from bench.report.report_files import Wishes, render_report
from bench.report.verdicts import ratio_words, result_unit
from bench.report.words import look, verdict_words

Said = tuple[str, str, str, str]
"""Symbol, ratio, interval, verdict with its reason: of one metric in one step."""

CALLED = ("Alpha", "Beta", "Gamma")
"""Titles that no other word of a report contains."""


@st.composite
def metrics(draw: st.DrawFn, title: str) -> MetricResult:
    ratio = draw(st.one_of(st.none(), st.floats(0.004, 12.0), st.floats(0.9, 1.1)))
    half = draw(st.one_of(st.none(), st.floats(0.0005, 3.0), st.floats(0.001, 0.05)))
    return factory.metric(
        factory.key(case=title.lower()),
        title,
        ratio,
        half,
        before=draw(st.floats(0.001, 1e9)),
        better=draw(st.sampled_from(Better)),
        kind=draw(st.sampled_from(Kind)),
        primary=title == CALLED[0],
        reason=Reason.NO_BASELINE if ratio is None else draw(st.sampled_from((None, None, Reason.CONFOUNDED))),
    )


steps = st.tuples(st.tuples(*map(metrics, CALLED)), st.tuples(*map(metrics, CALLED))).map(
    lambda both: (Comparison("pre", "mid", both[0], factory.ATTRIBUTED), Comparison("mid", "post", both[1]))
)


def expected(one: MetricResult) -> Said:
    said = verdict_words(one.verdict, one.reason)
    ratio = ratio_words(one, result_unit(one))
    return look(one.verdict).symbol, ratio, numbers.percent_range(one.interval), said


def blocks(text: str) -> Iterator[str]:
    """What a terminal says of each metric, from its name to that of the next, on one line."""
    names = "|".join(CALLED)
    for found in re.findall(rf"^ (?:{names}) \([a-z]+\)(?:.|\n)*?(?=^ (?:{names}) \(|^[?!~] |\Z)", text, re.MULTILINE):
        yield " ".join(found.split())


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def check_terminals(step: Comparison) -> None:
    for width in (40, 80, 120, 200):
        said = list(blocks(render("table", [step], Output(width, targets=False))))
        assert len(said) == len(CALLED), width
        for one, block in zip(step.metrics, said, strict=True):
            symbol, ratio, interval, words = expected(one)
            assert block.startswith(f"{one.title} ")
            assert squeezed(f"{symbol}{ratio}") in squeezed(block), width
            assert squeezed(words) in squeezed(block), width
            if interval != numbers.MISSING and width != 80:  # there it goes first, as it says least
                assert squeezed(interval) in squeezed(block), width


def check_markups(step: Comparison) -> None:
    for name, escape in (("md", r"\\(.)"), ("jira", r"\\(.)")):
        table = html.unescape(re.sub(escape, r"\1", render(name, [step], Output(targets=False))))
        rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines()]
        for one in step.metrics:
            (row,) = [row for row in rows if row[0].startswith(f"{one.title} (")]
            symbol, ratio, interval, words = expected(one)
            assert row[5:8] == [f"{symbol} {ratio}", interval, words], name


def in_words(ratio: str, low: str, high: str, verdict: str, reason: str) -> Said:
    """What a program says of numbers that it read, in the words of people."""
    interval = Interval(float(low), float(high), 0.95) if low else None
    kind = Verdict(verdict)
    moved = kind in (Verdict.IMPROVED, Verdict.REGRESSED)
    said = numbers.percent(float(ratio) if ratio else None, interval, moved=moved)
    return (
        look(kind).symbol,
        said,
        numbers.percent_range(interval),
        verdict_words(kind, Reason(reason) if reason else None),
    )


def check_data(comparisons: tuple[Comparison, ...]) -> None:
    every = [expected(one) for step in comparisons for one in step.metrics]
    table = [row for row in csv.DictReader(io.StringIO(render("csv", comparisons))) if row["level"] == "all"]
    assert every == [
        in_words(*(row[name] for name in ("ratio", "ratio_low", "ratio_high", "verdict", "reason"))) for row in table
    ]
    found = [one for step in json.loads(render("json", comparisons))["comparisons"] for one in step["metrics"]]
    assert every == [
        in_words(
            str(one["ratio"] or ""),
            *(str(one["interval"][end]) if one["interval"] else "" for end in ("low", "high")),
            one["verdict"],
            one["reason"] or "",
        )
        for one in found
    ]


def check_junit(comparisons: tuple[Comparison, ...]) -> None:
    report = factory.report(comparisons, samples=None)
    root = fromstring(render_report("junit", report, Wishes(failing=tuple(Verdict))).decode())
    said = {case.get("name"): case[0].get("message") for case in root.iter("testcase")}
    for step in comparisons:
        for one in step.metrics:
            _, ratio, interval, words = expected(one)
            between = f" ({interval})" if one.interval else ""
            name = f"{one.title} ({one.key.case}), {step.before} → {step.after}"
            assert said[name] == f"{words}: {ratio}{between}"


def check_page(comparisons: tuple[Comparison, ...]) -> None:
    report = factory.report(comparisons, samples=None)
    matrix = page(report).matrix
    groups: tuple[MatrixGroup, ...] = (*matrix.groups, *matrix.more)
    rows = {row.title: row.cells for group in groups for row in group.rows}
    digest = html.unescape(render_report("md", report).decode())
    for place, step in enumerate(comparisons):
        for one in step.metrics:
            cell = rows[one.title][place]
            assert cell is not None
            symbol, ratio, interval, _ = expected(one)
            assert (cell.symbol, cell.ratio, cell.interval, cell.word) == (symbol, ratio, interval, one.verdict.value)
            if any(one.title == row.title for group in matrix.groups for row in group.rows):
                (line,) = [row for row in digest.splitlines() if row.startswith(f"| {one.title} (")]
                assert f"{symbol} {ratio}" in line.split(" | ")[place + 1].replace("\\", "")


@settings(max_examples=40, deadline=None)
@given(steps)
def test_every_format_says_the_same(comparisons: tuple[Comparison, ...]) -> None:
    for step in comparisons:
        check_terminals(step)
        check_markups(step)
    check_data(comparisons)
    check_junit(comparisons)
    check_page(comparisons)


def test_the_terminal_knows_what_recovered_as_the_page_does() -> None:
    report = factory.ladder()
    said = render("table", report.comparisons, Output(200))
    for sentence in page(report).ladder:
        assert sentence in said
    assert "recovered" in said
