"""What a cell of the matrix says when it is opened."""

from __future__ import annotations

from dataclasses import replace

import pytest
import report_factory as factory

from bench.analyse.result import Basis, Comparison, ControlEffect, Flag, FlagKind, Interval, MetricResult
from bench.report.details import details, probability
from bench.report.html import render_html
from bench.report.layout import page
from bench.report.text import Text

TEXT = Text()


def said(result: MetricResult) -> dict[str, str]:
    return dict(details(result, "s0-m0", TEXT).lines)


def test_everything_behind_a_cell_is_there() -> None:
    one = factory.metric(factory.key(), "IOPS", 0.9, 0.02, targets=(
        factory.target("vm-1", 1000.0, 900.0), replace(factory.target("vm-2", 900.0, 810.0), sessions=(3, 4)),
        replace(factory.target("vm-3", 900.0, 900.0), control=True)))  # fmt: skip
    net = ControlEffect(1, 1.0, None, 0.91, Interval(0.9, 0.92, 0.95))
    assert said(replace(one, rests_on=Basis.SESSIONS, controls=net, p=0.0123)) == {
        "Verdict": "regressed",
        "95 % interval": "88.2 … 91.8 %",
        "p": "0.012 (df 4)",
        "Before → after": "1,000 → 900 IOPS",
        "Margin": "±5 %",
        "Measured": "2 targets, 1–3 + 1–4 sessions",
        "Rests on": "the scatter of the sessions",
        "Net of 1 control": "91.0 % (90.0 … 92.0 %)",
    }


def test_what_is_not_decided_says_why_and_what_would_settle_it() -> None:
    one = replace(factory.metric(factory.key(), "IOPS", 1.02, None), p=None)
    lines = said(one)
    assert lines["Verdict"] == "inconclusive (unreplicated)"
    assert lines["95 % interval"] == "none"
    assert lines["To settle it"] == one.settle != ""
    assert "p" not in lines
    assert "Rests on" not in lines


def test_flags_and_warnings_travel_with_the_cell() -> None:
    flag = Flag(FlagKind.TWO_MODES, "values of vm-1 lie around 90 and 110")
    one = replace(factory.metric(factory.key(), "IOPS", 1.0), warnings=("a\nwarning",), flags=(flag,))
    assert details(one, "", TEXT).remarks == ("a warning", "two modes: values of vm-1 lie around 90 and 110")


@pytest.mark.parametrize(("p", "words"), [(0.5, "0.5"), (0.04321, "0.043"), (0.00012, "0.00012"), (1e-7, "< 0.0001")])
def test_p_values(p: float, words: str) -> None:
    assert probability(p) == words


def test_a_cell_leads_to_its_targets_and_opens_without_a_script() -> None:
    report = factory.report(
        (
            Comparison("a", "b", (factory.metric(factory.key(), "IOPS", 1.0),)),
            Comparison("b", "c", (factory.metric(factory.key(), "IOPS", 0.8),)),
        ),
        samples=None,
    )
    cells = page(report).matrix.groups[0].rows[0].cells
    assert [cell.details.anchor for cell in cells if cell and cell.details] == ["s0-m0", "s1-m0"]
    html = render_html(report)
    assert html.count('<details><summary><span class="ratio">') == 2
    assert 'id="s1-m0"' in html


def test_a_cell_costs_little() -> None:
    """Sixty metrics in four steps are 240 cells, and the page may have 2 MB for everything."""
    metrics = factory.many(60)
    tags = (("a", "b"), ("b", "c"), ("c", "d"), ("a", "d"))
    whole = render_html(factory.report(tuple(Comparison(*pair, metrics) for pair in tags), samples=None))
    start, end = whole.index("What moved"), whole.index('aria-labelledby="time"')
    assert end - start < 240_000
