"""In which order does the page tell its story? From a `Report` to a `Page`: sections top to bottom, all of it text."""

from __future__ import annotations

from bench.report import folds
from bench.report.cards import cards
from bench.report.changes import fact_tables
from bench.report.covered import coverage
from bench.report.curves import latency_pictures, series_pictures
from bench.report.data_files import data_links
from bench.report.fleet import fleet
from bench.report.ladder import ladder
from bench.report.machines import machines
from bench.report.matrix import matrix, page_axis
from bench.report.notes import notes_html
from bench.report.numbers import count
from bench.report.page import Page
from bench.report.pictures import galleries
from bench.report.plain import one_line
from bench.report.ratios import ratio_tables
from bench.report.squares import square_views
from bench.report.steps import steps_view
from bench.report.text import Text
from bench.report.timeline import measured_at, timeline
from bench.report.trust import findings
from bench.report.view import Report


def page(report: Report) -> Page:
    """The page of `report` in its language; ReportError when there are no words for that language."""
    text = Text(report.lang)
    axis = page_axis(report)
    shown, folded = findings(report, text)
    return Page(
        lang=report.lang,
        kicker=text("kicker", campaign=one_line(report.campaign)),
        title=one_line(report.title) or text("page.untitled"),
        meta=meta(report, text),
        ladder=ladder(report.comparisons, report.leading, text),
        cards=cards(report, text),
        findings=shown,
        more_findings=folded,
        more_findings_title=text("trust.more", points=text.number("note", len(folded))),
        matrix=matrix(report, axis, text),
        galleries=galleries(report, text),
        timeline=timeline(report, text),
        fleet=fleet(report, text),
        series=series_pictures(report, text),
        latencies=latency_pictures(report, text),
        tables=ratio_tables(report, axis, text),
        steps=steps_view(report, axis, text),
        squares=square_views(report, axis, text),
        facts=fact_tables(report, text),
        folds=tuple(
            fold
            for fold in (
                machines(report, text),
                coverage(report, text),
                folds.method(report, text),
                folds.provenance(report, text),
            )
            if fold is not None
        ),
        footer=footer(report, text),
        logo=report.logo.uri if report.logo else "",
        notes=notes_html(report.notes) if report.notes else "",
        data=data_links(report, text),
    )


def meta(report: Report, text: Text) -> str:
    """What was measured, in one line: targets, phases, runs, dates, trials."""
    runs = sum(len(phase.runs) for phase in report.phases)
    parts = [
        text.number("target", len(report.targets)),
        text.number("pair", len(report.pairs)) if report.pairs else "",
        text.number("phase", len(report.phases)),
        text.number("run", runs) if runs else "",
        _dates(report, text),
        text("meta.trials", ok=count(report.coverage.ok), planned=count(report.coverage.planned))
        if report.coverage.planned
        else "",
    ]
    return " · ".join(part for part in parts if part)


def _dates(report: Report, text: Text) -> str:
    """From the first to the last run: "2 Jan – 22 Jan 2018", the same day once, years where they differ."""
    times = sorted(time for phase in report.phases for run in phase.runs if (time := measured_at(run)))
    if not times:
        return ""
    first, last = times[0], times[-1]
    if first.date() == last.date():
        return text.date("day", last)
    within = ("from", "to") if first.year == last.year else ("day", "day")
    return text("date.span", first=text.date(within[0], first), last=text.date(within[1], last))


def footer(report: Report, text: Text) -> str:
    """By which version, from which raw files, when."""
    digest = report.provenance.digest if report.provenance.files else ""
    short = f"{digest[:8]}…{digest[-4:]}" if digest else "–"
    said = text("footer", version=one_line(report.version), digest=short, time=one_line(report.generated_at))
    return f"{said} · {text('redacted.footer')}" if report.redacted else said
