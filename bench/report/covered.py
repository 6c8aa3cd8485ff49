"""What was planned, measured, missing, excluded and left out? Of a large fleet, what is complete is only counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from operator import attrgetter

from bench.analyse.coverage import Coverage, CoverageRow
from bench.report.numbers import count
from bench.report.page import Fold, Table
from bench.report.plain import one_line
from bench.report.text import Text
from bench.report.view import Report

FEW_ROWS = 24
"""Rows by phase, target and suite up to which all of them are listed, complete or not."""

MOST_ROWS = 60
"""Rows of any table about coverage; the others are counted."""


def coverage(report: Report, text: Text) -> Fold:
    """What was planned, measured, missing, excluded and left out."""
    seen = report.coverage
    missing = seen.planned - seen.ok
    sentences = [text("coverage.missing", missing=count(missing)) if missing else text("coverage.complete")]
    details = max((one.details for one in report.comparisons), default=0)
    if details:
        sentences.append(text("coverage.details", details=count(details)))
    tables: list[Table] = []
    for table, more in (*_trials(seen, text), _excluded(report, text), _left_out(seen, text)):
        if table.rows:
            tables.append(table)
        if more:
            sentences.append(more)
    heading = text("coverage.title", ok=count(seen.ok), planned=count(seen.planned))
    return Fold("coverage", heading, tuple(sentences), tuple(tables))


def _trials(seen: Coverage, text: Text) -> Iterator[tuple[Table, str]]:
    """Planned against measured, with a sentence about what is not listed."""
    if len(seen.rows) <= FEW_ROWS:
        yield _by_target(text("coverage.table"), seen.rows, text), ""
        return
    yield _by_suite(seen.rows, text), ""
    incomplete = sorted(
        (row for row in seen.rows if row.ok < row.planned or row.attempts > row.planned),
        key=lambda row: (row.ok - row.planned, row.planned - row.attempts, row.tag, row.target, row.suite),
    )
    complete = text(
        "coverage.complete.rows", complete=count(len(seen.rows) - len(incomplete)), rows=count(len(seen.rows))
    )
    yield _causes(seen.rows, text), complete
    yield (
        _by_target(text("coverage.incomplete"), incomplete[:MOST_ROWS], text),
        _more(len(incomplete), text("coverage.incomplete"), text),
    )


def _by_target(title: str, rows: Sequence[CoverageRow], text: Text) -> Table:
    head = _head(text, "phase", "target", "suite", "planned", "ok", "absent", "attempts", "causes")
    cells = tuple(
        (
            *(one_line(name) for name in (row.tag, row.target, row.suite)),
            *_counts(row.planned, row.ok, row.attempts),
            text.listed(
                (text("coverage.times", cause=text.line(cause), number=count(n)) for cause, n in row.causes),
                "semicolon",
            ),
        )
        for row in rows
    )
    return Table(title, head, cells, numeric=(3, 4, 5, 6))


def _by_suite(rows: Sequence[CoverageRow], text: Text) -> Table:
    """Trials by phase and suite, over all targets."""
    tallies: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        tally = tallies.setdefault((row.tag, row.suite), Counter())
        tally.update(targets=1, planned=row.planned, ok=row.ok, attempts=row.attempts)
    head = _head(text, "phase", "suite", "targets", "planned", "ok", "absent", "attempts")
    cells = tuple(
        (one_line(tag), one_line(suite), count(one["targets"]), *_counts(one["planned"], one["ok"], one["attempts"]))
        for (tag, suite), one in tallies.items()
    )
    return Table(text("coverage.by_suite"), head, cells, numeric=(2, 3, 4, 5, 6))


def _causes(rows: Sequence[CoverageRow], text: Text) -> Table:
    """Every cause of what is missing, the most frequent first, and on how many targets."""
    trials: Counter[str] = Counter()
    targets: dict[str, set[str]] = {}
    for row in rows:
        for cause, number in row.causes:
            trials[cause] += number
            targets.setdefault(cause, set()).add(row.target)
    cells = tuple(
        (text.line(cause), count(number), count(len(targets[cause]))) for cause, number in trials.most_common(MOST_ROWS)
    )
    return Table(text("coverage.causes"), _head(text, "cause", "trials", "targets"), cells, numeric=(1, 2))


def _excluded(report: Report, text: Text) -> tuple[Table, str]:
    rows = [
        (
            text("coverage.between", before=one_line(one.before), after=one_line(one.after)),
            text.line(item.what),
            text.line(item.cause),
            count(item.count),
        )
        for one in report.comparisons
        for item in sorted(one.excluded, key=attrgetter("count"), reverse=True)
    ]
    title = text("coverage.excluded")
    table = Table(title, _head(text, "step", "what", "cause", "count"), tuple(rows[:MOST_ROWS]), numeric=(3,))
    return table, _more(len(rows), title, text)


def _left_out(seen: Coverage, text: Text) -> tuple[Table, str]:
    rows = tuple((one_line(what), one_line(why)) for what, why in seen.left_out)
    title = text("coverage.left_out")
    return Table(title, _head(text, "what", "why"), rows[:MOST_ROWS]), _more(len(rows), title, text)


def _more(number: int, title: str, text: Text) -> str:
    """A sentence about the rows beyond those that are listed, "" without any."""
    if number <= MOST_ROWS:
        return ""
    return text("coverage.more", title=title, shown=count(MOST_ROWS), rows=text.number("row", number))


def _counts(planned: int, ok: int, attempts: int) -> tuple[str, str, str, str]:
    return count(planned), count(ok), count(planned - ok), count(attempts)


def _head(text: Text, *names: str) -> tuple[str, ...]:
    return tuple(text(f"coverage.{name}") for name in names)
