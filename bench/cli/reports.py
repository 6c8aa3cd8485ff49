"""The command that writes the file for the ticket, and how it can be written again."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import context
from bench.cli.analysing import check_tags, output_of_terminal, print_comparisons, runs_with
from bench.cli.console import say, warn
from bench.cli.context import CampaignOption, RunsOption
from bench.cli.redacting import RedactOption, redacted_report
from bench.cli.reporting import (
    STDOUT,
    DataOption,
    FailOn,
    LangOption,
    LogoOption,
    NotesOption,
    ReportFormat,
    chosen_format,
    chosen_language,
    data_for,
    default_path,
    exit_failing,
    failing,
    for_the_ticket,
    write_beside,
    write_report,
)
from bench.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from bench.report.view import Report


def report(
    tags: Annotated[list[str] | None, typer.Argument(metavar="TAG", help="Phases in order (default: all).")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Default: reports/CAMPAIGN.html; - is standard output.")
    ] = None,
    format: ReportFormat = None,  # noqa: A002  # the option's name
    campaign: CampaignOption = None,
    title: Annotated[str, typer.Option("--title", help="The report's title.")] = "",
    logo: LogoOption = None,
    notes: NotesOption = None,
    fail_on: FailOn = "",
    redact: RedactOption = False,
    with_data: DataOption = False,
    lang: LangOption = "en",
    runs: RunsOption = None,
) -> None:
    """Write the file for the change ticket: all phases, adjacent ones and first to last."""
    from bench.report.campaign import keep_findings, make_report, read, tags_of

    name, unwanted, lang = chosen_format(format, output), failing(fail_on), chosen_language(lang)
    extras = for_the_ticket(logo, notes)
    check_tags(tags or ())
    found, broken = runs_with(tags or (), campaign, runs)
    chosen = tags or tags_of(found)
    evidence = read(found, context.suites(), broken)
    store = " --runs RUNS" if redact and runs else context.again(runs)
    asked = {"--title": title, "--logo": logo, "--notes": notes, "--lang": lang if lang != "en" else ""}
    words = [*chosen, "--campaign", found[0].info.campaign]
    command = _command(words, asked, redact=redact, with_data=with_data) + store
    made = make_report(evidence, chosen, generated_at=generated_at(), title=title, reproduce=[command], lang=lang)
    made = replace(made, **extras)
    shown = redacted_report(made, found) if redact else made
    if output != STDOUT:
        _print_all(shown)
    path = output or default_path(shown, name)
    shown = replace(shown, data=data_for(shown, path, name)) if with_data else shown
    for file in shown.data:
        write_beside(file, path)
    write_report(shown, path, name, unwanted)
    if output != STDOUT:
        say(f"Report: {path}")
    try:
        keep_findings(evidence, made)
    except StoreError as error:
        warn(f"what this report says could not be written down for later ones: {error}")
    exit_failing(made.comparisons, unwanted)


def _command(words: Sequence[str], asked: Mapping[str, object], **switches: bool) -> str:
    """The command that writes this report again."""
    given = [str(word) for option, value in asked.items() if value for word in (option, value)]
    on = [f"--{name.replace('_', '-')}" for name, value in switches.items() if value]
    return shlex.join(["bench", "report", *words, *given, *on])


def _print_all(made: Report) -> None:
    """All verdicts of a report on standard output."""
    print_comparisons(made.comparisons)
    if made.factorial is not None:
        from bench.report.terminal_phases import render_phases

        sys.stdout.write(f"\n{render_phases(made, output_of_terminal())}")


def generated_at() -> str:
    """The one stated time of a report: now, or what `SOURCE_DATE_EPOCH` fixes (UTC, ISO 8601)."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        moment = datetime.fromtimestamp(int(fixed), UTC) if fixed else datetime.now(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ConfigError(f"{fixed!r} is no number of seconds", where="SOURCE_DATE_EPOCH") from error
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
