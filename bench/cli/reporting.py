"""How does a report get to where it is wanted? Its format, its file or standard output, and what fails a pipeline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli import context
from bench.errors import ConfigError, ReportError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.analyse.result import Comparison, Verdict
    from bench.report.attached import DataFile
    from bench.report.view import Report

FAIL_ON = ("improved", "regressed", "inconclusive", "no-change")
FailOn = Annotated[
    str,
    typer.Option(
        "--fail-on",
        metavar="VERDICT,…",
        help="Exit 4 when a metric that is shown has one of these verdicts: improved, regressed, no-change, "
        "inconclusive. A pipeline that must not lose speed unseen uses regressed,inconclusive. JUnit calls the same "
        "ones failures.",
    ),
]
ReportFormat = Annotated[
    str | None,
    typer.Option(
        "--format", "-f", help="html, md, jira, csv, json, junit or pdf (default: by the file's name, else html)."
    ),
]
LangOption = Annotated[
    str,
    typer.Option(
        "--lang",
        metavar="en|ja",
        help="The language of html, md, jira and pdf: English or Japanese. Names, measured facts and messages of tools "
        "stay as they are; csv, json, junit and the terminal are English.",
    ),
]
LogoOption = Annotated[
    Path | None, typer.Option("--logo", metavar="FILE", help="A PNG, JPEG or SVG for the header of HTML and PDF.")
]
NotesOption = Annotated[
    Path | None, typer.Option("--notes", metavar="FILE", help="Markdown that stands below the verdicts.")
]
DataOption = Annotated[
    bool,
    typer.Option(
        "--with-data",
        help="The numbers as CSV, verdicts and every value: inside the HTML while they are small, else files beside "
        "the report, named in it with their SHA-256.",
    ),
]
STDOUT = Path("-")


def failing(words: str) -> tuple[Verdict, ...] | None:
    """The verdicts of `--fail-on`, None for none; ConfigError when a word is no verdict."""
    from bench.analyse.result import Verdict

    wanted = {word.strip() for word in words.split(",") if word.strip()}
    for word in sorted(wanted - set(FAIL_ON)):
        raise ConfigError(f"{word!r} is no verdict", where="--fail-on", remedy=f"Use {', '.join(FAIL_ON)}")
    return tuple(one for one in Verdict if one.name.lower().replace("_", "-") in wanted) or None


def exit_failing(comparisons: Iterable[Comparison], verdicts: tuple[Verdict, ...] | None) -> None:
    """End with 4 when a metric has one of `verdicts`."""
    if verdicts and any(metric.verdict in verdicts for one in comparisons for metric in one.metrics):
        raise typer.Exit(4)


def chosen_format(name: str | None, output: Path | None) -> str:
    """The format that was asked for, or that the file's name says; ConfigError when there is none of that name."""
    from bench.report.report_files import REPORT_FILES, format_by_name

    if name is not None and name not in REPORT_FILES:
        raise ConfigError(f"there is no format {name!r}", where="--format", remedy=f"Use {', '.join(REPORT_FILES)}")
    return name or ("html" if output is None else format_by_name(output))


def chosen_language(name: str) -> str:
    """A language that reports are written in; ConfigError for any other."""
    from bench.report.text import CATALOGUES

    if name not in CATALOGUES:
        raise ConfigError(f"there is no language {name!r}", where="--lang", remedy=f"Use {' or '.join(CATALOGUES)}")
    return name


def for_the_ticket(logo: Path | None, notes: Path | None) -> dict[str, Any]:
    """What the author adds, as fields of the report; ConfigError when a file cannot be used."""
    from bench.report.logo import read_logo
    from bench.report.notes import read_notes

    return {"logo": read_logo(logo) if logo else None, "notes": read_notes(notes) if notes else ""}


def default_path(made: Report, name: str) -> Path:
    """Where the workspace keeps this report in the format `name`."""
    from bench.report.report_files import REPORT_FILES

    return context.workspace().reports / f"{made.campaign}{REPORT_FILES[name].suffix}"


def data_for(made: Report, path: Path, name: str) -> tuple[DataFile, ...]:
    """The tables that go with a report; ConfigError when it goes to standard output and they are too large for it."""
    from bench.report.data_files import data_files

    found = data_files(made, made.campaign if path == STDOUT else path.stem, name)
    if path == STDOUT and not all(one.embedded for one in found):
        raise ConfigError(
            "the data has no place beside standard output", where="--with-data", remedy="Name a file with -o"
        )
    return found


def write_beside(data: DataFile, path: Path) -> None:
    """Write a table beside the report at `path`, unless it is inside it. ReportError when it cannot be written."""
    from bench.cli.console import say

    if not data.embedded:
        beside = path.with_name(data.name)
        _write(beside, data.content)
        say(f"Data: {beside}, SHA-256 {data.sha256}")


def write_report(made: Report, path: Path, name: str = "html", verdicts: tuple[Verdict, ...] | None = None) -> Path:
    """Render and write by rename, for its owner only; `-` is standard output. ReportError when it cannot be written."""
    from bench.report.report_files import Wishes, render_report

    templates = context.workspace().reports / "templates"
    content = render_report(name, made, Wishes(templates if templates.is_dir() else None, verdicts))
    if path == STDOUT:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        return path
    _write(path, content)
    return path


def _write(path: Path, content: bytes) -> None:
    """By rename, for its owner only."""
    from bench.store.files import make_folder, replace_private

    try:
        make_folder(path.absolute().parent)
        replace_private(path, content)
    except OSError as error:
        raise ReportError(
            f"cannot be written ({error.strerror})", where=str(path), remedy="Choose another file with -o"
        ) from error
