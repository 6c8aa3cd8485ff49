"""Reports and comparisons in the markup of tickets: what is said, and that no name in it becomes markup."""

from __future__ import annotations

import html
import itertools
import re
from dataclasses import replace
from pathlib import Path

import pytest
import report_factory as factory
import stored_phases
from markdown_it import MarkdownIt

from bench.analyse.result import Comparison
from bench.report import jira, markdown
from bench.report.blocks import Bullets, Grid, Heading, Paragraph, Strong
from bench.report.formats import Output, render
from bench.report.layout import page
from bench.report.report_files import REPORT_FILES, format_by_name, render_report
from bench.report.view import Report
from tests.analyse.phase_tables import IN_A_ROUND
from tests.chaos import sinks_report

TEXTS = ("md", "jira", "csv", "json", "junit")


BACKSLASHED = "-#*_+?^~|%{}[]()!@"
"""What a backslash makes literal in Jira's renderer; before anything else it is shown itself."""


def said(name: str, report: Report) -> str:
    return render_report(name, report).decode()


def words_of(jira_text: str) -> str:
    """What a reader of Jira sees of escaped text: entities and escapes resolved, bold marks gone."""
    plain = re.sub(r"(?<!\\)\*|^h\d\. ", "", jira_text, flags=re.MULTILINE)
    return html.unescape(re.sub(rf"\\([{re.escape(BACKSLASHED)}])", r"\1", plain))


def words_of_markdown(text: str) -> str:
    reader = MarkdownIt("commonmark").enable("table")
    return "\n".join(
        "".join(child.content for child in token.children or ())
        for token in reader.parse(text)
        if token.type == "inline"
    )


# --- what is said ---


@pytest.mark.parametrize(("name", "read"), [("md", words_of_markdown), ("jira", words_of)])
def test_a_ticket_has_the_first_screen_of_the_page(name: str, read: object) -> None:
    report = factory.ladder()
    seen = " ".join(read(said(name, report)).split())  # type: ignore[operator]  # one of the two functions
    shown = page(report)
    for sentence in shown.ladder:
        assert sentence in seen
    for finding in shown.findings:
        assert f"{finding.point} {finding.detail}" in seen
    assert "And 6 further notes." in seen
    for group in shown.matrix.groups:
        assert group.title in seen
        for row in group.rows:
            assert row.title in seen
            for cell in row.cells:
                assert (f"{cell.symbol} {cell.ratio} ({cell.interval}) {cell.word}" if cell else "not measured") in seen
    assert "Coverage: 26 of 30 trials" in seen
    assert report.provenance.digest in seen
    assert "bench report pre post -o report.html" in seen
    assert shown.footer in seen


def test_what_lies_in_a_fold_of_the_page_is_counted() -> None:
    found = said("md", factory.demo())
    assert page(factory.demo()).matrix.more_title in found
    assert len(found.splitlines()) < 60


def test_steps_and_factors_are_in_the_ticket(tmp_path: Path) -> None:
    levels = dict(zip(IN_A_ROUND, (0.0, 0.1, 0.0, 0.1), strict=True))
    report = stored_phases.report(tmp_path, levels, stored_phases.of(IN_A_ROUND))
    shown = page(report)
    found = words_of_markdown(said("md", report))
    assert shown.steps is not None
    assert "Steps and total" in found
    assert "Total" in found
    assert shown.squares
    for square in shown.squares:
        assert square.title in found
        for sentence in square.sentences:
            assert sentence in found


def test_a_comparison_has_the_same_rows_in_both_markups() -> None:
    comparison = factory.ladder().comparisons[1]
    one = words_of_markdown(render("md", [comparison]))
    other = words_of(render("jira", [comparison]))
    for line in one.splitlines():
        assert line in other
    assert "▼ 92.2 %" in other
    assert "REGRESSED" in other


def test_jira_markup_is_what_its_help_says() -> None:
    blocks = (
        Heading("a"),
        Heading("b", 2),
        Paragraph((Strong("bold"), "plain")),
        Bullets((("one",), ("two",))),
        Grid(("x", "y"), (((Strong("1"),), ()), (("2",), ("3",)))),
    )
    assert jira.write(blocks) == (
        "h3. a\n\nh4. b\n\n*bold* plain\n\n* one\n* two\n\n|| x || y ||\n| *1* |  |\n| 2 | 3 |\n"
    )
    assert markdown.write(blocks[2:4]) == "**bold** plain\n\n- one\n- two\n"


# --- what is not let through ---


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("{{mono}} {code}", r"\{\{mono\}\} \{code\}"),
        ("[text|http://x.org]", r"\[text\|http&#58;//x.org\]"),
        ("[~admin] !pic.png!", r"\[\~admin\] \!pic.png\!"),
        ("*b* _i_ -s- +u+ ^up^ ~down~ ??cite??", r"\*b\* \_i\_ \-s\- \+u\+ \^up\^ \~down\~ \?\?cite\?\?"),
        ("h1. big", "h1&#46; big"),
        ("bq. said", "bq&#46; said"),
        ("# one", r"\# one"),
        ("a | b || c", r"a \| b \|\| c"),
        (r"two\\lines \{x}", r"two&#92;&#92;lines &#92;\{x\}"),
        ("a &amp; b &#42;c&#42; <b>", r"a &amp;amp; b &amp;#42;c&amp;#42; &lt;b&gt;"),
        (":) ;( (x) (tcp) :D 12:30:45", r":\) ;\( \(x) (tcp) &#58;D 12:30:45"),
        ("mailto:a@b.org file:/x why? what??", r"mailto&#58;a@b.org file&#58;/x why? what\?\?"),
        ("ABC-1 AB12-3 d8-1 2026-11-25 ----", r"ABC\-1 AB12\-3 d8-1 2026-11-25 \-\-\-\-"),
        ("pre-maintenance web-1 WEB-1 a--b -x- é-x-", r"pre-maintenance web-1 WEB\-1 a\-\-b \-x\- é\-x\-"),
        ("a\nh1. b\r\x1b[31m", "a h1. b \N{REPLACEMENT CHARACTER}\\[31m"),
    ],
)
def test_jira_reads_nothing_as_markup(text: str, literal: str) -> None:
    assert jira.escape(text) == literal


def bare(text: str) -> list[str]:
    """A Jira text without what is escaped, with every run of words as one x: the markup that is left, by line."""
    rest = re.sub(r"\\[^A-Za-z0-9\s]|&(?:amp|lt|gt|#\d+);|(?<=\w)-(?=\w)", "", text)
    return [re.sub(r"[^|*{}\[\]_^~+?!#\\-]+", " ", re.sub(r"^h[34]\. ", "= ", line)) for line in rest.splitlines()]


def test_hostile_names_leave_the_markup_of_jira_as_it_is() -> None:
    hostile = said("jira", sinks_report.report(itertools.cycle([f"x{factory.HOSTILE}"])))
    assert not re.search(r"[{}\[\]_^~+?!#\\-]", "".join(bare(hostile)))
    for line in bare(hostile):
        assert line.count("|") in (0, 3, 5, 6, 10), line  # the matrix has two columns, the coverage four; heads double
    assert not re.search(rf"\\[^{re.escape(BACKSLASHED)}]", hostile), "a backslash that would be shown"


def test_hostile_names_leave_the_markup_of_markdown_as_it_is() -> None:
    hostile = said("md", sinks_report.report(itertools.cycle([f"x{factory.HOSTILE}"])))
    kinds = {
        token.type for line in MarkdownIt("commonmark", {"html": True}).enable("table").parse(hostile)
        for token in (line, *(line.children or ()))
    }  # fmt: skip
    assert not kinds & {"link_open", "image", "html_inline", "html_block", "code_inline", "fence"}


@pytest.mark.parametrize("name", TEXTS)
def test_no_format_of_a_report_lets_control_characters_through(name: str) -> None:
    found = said(name, sinks_report.report(itertools.cycle([f"x{factory.HOSTILE}"])))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", found)


# --- one table of formats ---


@pytest.mark.parametrize("name", [*TEXTS, "html"])
def test_the_same_report_gives_the_same_bytes(name: str) -> None:
    assert render_report(name, factory.ladder()) == render_report(name, factory.ladder())


def test_a_files_name_says_its_format() -> None:
    for name, one in REPORT_FILES.items():
        assert format_by_name(Path(f"january{one.suffix.upper()}")) == name
    assert format_by_name(Path("january.page")) == "html"


def test_csv_of_a_report_has_a_row_for_each_metric_step_and_target() -> None:
    report = factory.ladder()
    rows = said("csv", report).splitlines()[1:]
    levels = [row.split(",")[2] for row in rows]
    metrics = [metric for step in report.comparisons for metric in step.metrics]
    assert levels.count("all") == len(metrics)
    assert levels.count("target") == sum(len(metric.targets) for metric in metrics)


def test_an_empty_cell_and_an_empty_name_are_no_markup() -> None:
    nothing = factory.metric(factory.key(), " ", 1.0, unit="")
    text = render("jira", [Comparison("a", "b", (replace(nothing, targets=()),))], Output())
    assert "**" not in text
    assert markdown.write([Paragraph((Strong("\n"), "x"))]) == "x\n"
