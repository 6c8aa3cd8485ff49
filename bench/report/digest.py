"""What of a report fits into a ticket? Its first screen: sentences, doubts, the matrix, coverage counts, provenance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench.analyse.coverage import Coverage
from bench.report.blocks import Block, Bullets, Grid, Heading, Paragraph, Strong, Words, section
from bench.report.data_files import data_lines
from bench.report.ladder import ladder
from bench.report.layout import footer, meta
from bench.report.matrix import matrix, page_axis
from bench.report.numbers import MISSING, count
from bench.report.page import Matrix, MatrixRow, SquareRow, SquareView, VerdictView
from bench.report.plain import one_line
from bench.report.squares import square_views
from bench.report.steps import steps_view
from bench.report.text import Text
from bench.report.trust import findings
from bench.report.view import Report


def digest_blocks(report: Report) -> Iterator[Block]:
    """The first screen of a report, in its language and in the order of the page; the long tables stay in the file."""
    text, axis = Text(report.lang), page_axis(report)
    yield Heading(one_line(report.title))
    yield Paragraph((Strong(one_line(report.campaign)), meta(report, text)))
    yield Bullets(tuple((sentence,) for sentence in ladder(report.comparisons, report.leading, text)))
    yield from _doubts(report, text)
    yield from _author(report, text)
    yield Heading(text("matrix.title"), 2)
    yield from _matrix(matrix(report, axis, text), text)
    steps = steps_view(report, axis, text)
    if steps is not None:
        yield Heading(text("steps.title"), 2)
        yield from _matrix(steps.matrix, text)
        yield from _notes(steps.notes)
    for square in square_views(report, axis, text):
        yield from _square(square, text)
    yield from _coverage(report.coverage, text)
    yield from _provenance(report, text)


def _doubts(report: Report, text: Text) -> Iterator[Block]:
    """What to know before relying on it; it stands before the numbers."""
    shown, folded = findings(report, text)
    yield Heading(text("trust.title"), 2)
    items: list[Words] = [(Strong(one.point), one.detail) for one in shown] or [(text("trust.none"),)]
    if folded:
        more = text("trust.more", points=text.number("note", len(folded)))
        items.append((text("sentence", said=more),))
    yield Bullets(tuple(items))


def _author(report: Report, text: Text) -> Iterator[Block]:
    """What the author adds, below what to distrust."""
    if report.notes:
        from bench.report.notes import notes_blocks

        yield Heading(text("notes.title"), 2)
        yield from notes_blocks(report.notes)


def _matrix(view: Matrix, text: Text) -> Iterator[Block]:
    """Metrics × steps; what is in the fold of the page is counted."""
    head = (text("matrix.metric"), *(text("named", name=name, place=sub) for name, sub in view.columns))
    rows: list[tuple[Words, ...]] = []
    for group in view.groups:
        rows += [section(group.title, len(head)), *(_metric(row, text) for row in group.rows)]
    if rows:
        yield Grid(head, tuple(rows))
    if view.more:
        yield Paragraph((text("sentence", said=view.more_title),))


def _metric(row: MatrixRow, text: Text) -> tuple[Words, ...]:
    named = text("named", name=row.title, place=row.where) if row.where else row.title
    said = " · ".join((named, row.unit, *([text("matrix.primary")] if row.primary else []), *row.flags))
    return (said,), *((verdict_words(cell, text) if cell else text("matrix.none"),) for cell in row.cells)


def verdict_words(view: VerdictView, text: Text) -> str:
    """A verdict in one line: "▼ 92.2 % (91 … 93.5 %) regressed", "? 101 % inconclusive (underpowered)"."""
    known = view.interval != MISSING
    ratio = text("named", name=view.ratio, place=view.interval) if known else view.ratio
    word = text("named", name=view.word, place=view.reason) if view.reason else view.word
    return " ".join(part for part in (view.symbol, ratio, word) if part)


def _square(view: SquareView, text: Text) -> Iterator[Block]:
    yield Heading(view.title, 2)
    yield from _notes(view.sentences)
    head = (text("matrix.metric"), *view.columns)
    rows: list[tuple[Words, ...]] = []
    for title, some in view.groups:
        rows += [section(title, len(head)), *(_square_row(row, text) for row in some)]
    if rows:
        yield Grid(head, tuple(rows))
    if view.more:
        yield Paragraph((text("sentence", said=view.more_title),))


def _square_row(row: SquareRow, text: Text) -> tuple[Words, ...]:
    cells = (
        text.listed(
            (text.listed((verdict_words(one, text), held)) if held else verdict_words(one, text) for held, one in cell),
            "semicolon",
        )
        for cell in row.cells
    )
    named = text("named", name=row.title, place=row.where) if row.where else row.title
    return (named,), *((cell,) for cell in cells)


def _coverage(coverage: Coverage, text: Text) -> Iterator[Block]:
    """Trials planned and measured, by phase."""
    missing = coverage.planned - coverage.ok
    yield Heading(text("coverage.title", ok=count(coverage.ok), planned=count(coverage.planned)), 2)
    yield Paragraph((text("coverage.missing", missing=count(missing)) if missing else text("coverage.complete"),))
    tallies: dict[str, list[int]] = {}
    for row in coverage.rows:
        tally = tallies.setdefault(one_line(row.tag), [0, 0, 0])
        for place, number in enumerate((row.planned, row.ok, row.attempts)):
            tally[place] += number
    head = tuple(text(f"coverage.{name}") for name in ("phase", "planned", "ok", "attempts"))
    rows = tuple(((tag,), *((count(number),) for number in tally)) for tag, tally in tallies.items())
    if rows:
        yield Grid(head, rows, right=(1, 2, 3))


def _provenance(report: Report, text: Text) -> Iterator[Block]:
    """What an auditor holds against the store: one digest over all raw files, and the command that says this again."""
    files = text.number("file", len(report.provenance.files))
    runs = sum(len(phase.runs) for phase in report.phases)
    yield Heading(text("provenance.title", runs=text.number("run", runs), files=files), 2)
    items: list[Words] = []
    if report.provenance.files:
        items.append((text("provenance.digest", files=files, digest=report.provenance.digest),))
    items += [(line,) for line in data_lines(report, text)]
    items += [(text("provenance.again"), one_line(command)) for command in report.reproduce]
    items.append((footer(report, text),))
    yield Bullets(tuple(items))


def _notes(sentences: Iterable[str]) -> Iterator[Block]:
    items = tuple((one,) for one in sentences)
    if items:
        yield Bullets(items)
