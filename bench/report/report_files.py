"""As which files can a report be written? One table: a name, the ending of its files, and what makes its content."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.analyse.result import Verdict
from bench.errors import ReportError
from bench.report.view import Report


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a format may look at. templates: a workspace's own. failing: which verdicts a pipeline calls failures."""

    templates: Path | None = None
    failing: tuple[Verdict, ...] | None = None


def _html(report: Report, wishes: Wishes) -> str:
    from bench.report.html import render_html

    return render_html(report, templates=wishes.templates)


def _pdf(report: Report, wishes: Wishes) -> bytes:
    from bench.report.pdf import print_pdf

    return print_pdf(_html(report, wishes), generated_at=report.generated_at)


def _markdown(report: Report, wishes: Wishes) -> str:
    from bench.report.digest import digest_blocks
    from bench.report.markdown import write

    return write(digest_blocks(report))


def _jira(report: Report, wishes: Wishes) -> str:
    from bench.report.digest import digest_blocks
    from bench.report.jira import write

    return write(digest_blocks(report))


def _csv(report: Report, wishes: Wishes) -> str:
    from bench.report.csv_export import render

    return render(report.comparisons)


def _json(report: Report, wishes: Wishes) -> str:
    from bench.report.json_report import render_report

    return render_report(report)


def _junit(report: Report, wishes: Wishes) -> str:
    from bench.report.junit import render_report

    return render_report(report, wishes.failing)


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A format of reports: the ending of its files, and what makes their content."""

    suffix: str
    render: Callable[[Report, Wishes], str | bytes]


REPORT_FILES: Mapping[str, ReportFile] = {
    "html": ReportFile(".html", _html),
    "md": ReportFile(".md", _markdown),
    "jira": ReportFile(".jira", _jira),
    "csv": ReportFile(".csv", _csv),
    "json": ReportFile(".json", _json),
    "junit": ReportFile(".xml", _junit),
    "pdf": ReportFile(".pdf", _pdf),
}
"""Every format of `bench report`, the one for people first."""


def format_by_name(path: Path) -> str:
    """The format that a file's ending names, else HTML."""
    return next((name for name, one in REPORT_FILES.items() if one.suffix == path.suffix.lower()), "html")


def render_report(name: str, report: Report, wishes: Wishes | None = None) -> bytes:
    """`report` in the format `name`; ReportError when there is no such format, or it cannot be rendered."""
    if name not in REPORT_FILES:
        raise ReportError(f"there is no format {name!r}", remedy=f"Use one of: {', '.join(REPORT_FILES)}")
    content = REPORT_FILES[name].render(report, wishes or Wishes())
    return content if isinstance(content, bytes) else content.encode()
