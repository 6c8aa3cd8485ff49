"""Which numbers stand behind a report, as CSV? Verdicts and samples, inside the page while small, else files beside it.

`NAME.csv` has one row per metric, group and target, `NAME.samples.csv` one per value. Both are named in the report with
their SHA-256. Text in them is on one line, and no formula to a spreadsheet; the same report gives the same bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import quote

from bench.report import csv_export
from bench.report.attached import DataFile
from bench.report.numbers import count
from bench.report.plain import one_line
from bench.report.sample_files import csv_text
from bench.report.tables import DataLink
from bench.report.text import Text
from bench.report.view import Report

MOST_EMBEDDED = 250_000
"""Bytes of a file up to which it is inside the page: mail and tickets refuse large attachments."""


def data_files(report: Report, stem: str, name: str) -> tuple[DataFile, ...]:
    """The tables of `report`, which is written as `stem` in the format `name`.

    Only HTML embeds; CSV has the verdicts itself. A report that has no samples has no file of them.
    """
    found = [] if name == "csv" else [(f"{stem}.csv", "verdicts", csv_export.render(report.comparisons))]
    if report.samples is not None:
        found.append((f"{stem}.samples.csv", "samples", csv_text(report.samples)))
    made = [(file, kind, text.encode("utf-8", "replace")) for file, kind, text in found]
    return tuple(
        DataFile(file, kind, content, name == "html" and len(content) <= MOST_EMBEDDED) for file, kind, content in made
    )


def data_links(report: Report, text: Text) -> tuple[DataLink, ...]:
    """How the page offers them: a download that is inside it, or the name of the file beside it."""
    return tuple(
        DataLink(
            name=one_line(one.name),
            href=_inside(one.content) if one.embedded else quote(one.name),
            embedded=one.embedded,
            what=text(f"data.{one.kind}"),
            size=text("data.size.inside" if one.embedded else "data.size.beside", bytes=count(len(one.content))),
            sha256=one.sha256,
        )
        for one in report.data
    )


def data_lines(report: Report, text: Text) -> Iterator[str]:
    """The same as a line each, for what cannot embed."""
    for one in report.data:
        yield text("data.line", name=one_line(one.name), what=text(f"data.{one.kind}"), digest=one.sha256)


def _inside(content: bytes) -> str:
    return f"data:text/csv;charset=utf-8;base64,{base64.b64encode(content).decode('ascii')}"
