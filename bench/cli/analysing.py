"""Commands that read results: compare, export, and how verdicts are printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import context
from bench.cli.console import counted, note, warn
from bench.cli.context import CampaignOption, JsonOption, RunsOption
from bench.cli.redacting import RedactOption, redacted_comparison
from bench.cli.reporting import FailOn, exit_failing, failing
from bench.cli.symbols import shows_symbols
from bench.errors import AnalysisError, ConfigError, ReportError

if TYPE_CHECKING:
    from bench.analyse.result import Comparison, Verdict
    from bench.report.campaign import Evidence
    from bench.report.formats import Output
    from bench.store import Damage, StoredRun

LEAST_COLUMNS = 20
PIPE_COLUMNS = 120
"""How wide the table of verdicts is where there is no terminal to ask: intervals and values are shown as well."""
SuiteFilter = Annotated[list[str] | None, typer.Option("--suite", "-s", help="Only these suites.")]
MetricFilter = Annotated[
    list[str] | None,
    typer.Option("--metric", "-m", help="Only these metrics: suite/metric or suite/case/metric, globs."),
]
TargetFilter = Annotated[list[str] | None, typer.Option("--target", help="Only these targets (globs).")]


def compare(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="The tag before the change.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="The tag after it.")],
    campaign: CampaignOption = None,
    suite: SuiteFilter = None,
    metric: MetricFilter = None,
    target: TargetFilter = None,
    format: Annotated[str, typer.Option("--format", "-f", help="table, md, jira, csv, json or junit.")] = "table",  # noqa: A002  # the option's name
    fail_on: FailOn = "",
    redact: RedactOption = False,
    runs: RunsOption = None,
    json: JsonOption = False,
) -> None:
    """Verdicts between two tags: improved, regressed, no meaningful change, or inconclusive.

    --metric chooses what is shown; every metric of the chosen suites and targets is judged either way.
    """
    from bench.report.campaign import compare_tags, read
    from bench.report.formats import FORMATS

    if format not in FORMATS:
        raise ConfigError(f"there is no format {format!r}", where="--format", remedy=f"Use {', '.join(FORMATS)}")
    unwanted = failing(fail_on)
    check_tags((before, after))
    chosen, broken = runs_with((before, after), campaign, runs)
    evidence = filtered(read(chosen, context.suites(), broken), suite, target)
    compared = only_metrics(compare_tags(evidence, before, after), metric)
    if redact:
        compared = redacted_comparison(compared, chosen)
    print_comparisons([compared], "json" if json else format, unwanted)
    exit_failing([compared], unwanted)


def check_tags(tags: Sequence[str]) -> None:
    """ConfigError when a tag would be compared with itself."""
    for tag in tags:
        if tags.count(tag) > 1:
            raise ConfigError(f"{tag!r} is named twice", remedy="A comparison needs two different tags")


def runs_with(tags: Sequence[str], campaign: str | None, runs: Path | None) -> tuple[list[StoredRun], list[Damage]]:
    """The runs of the one campaign that has all `tags`, and what cannot be read; AnalysisError without such a one."""
    from bench.analyse.damaged import in_campaign, left_out, nothing_left
    from bench.report.campaign import choose_campaign

    store = context.open_store(runs)
    found, damage = store.readable(campaign=campaign)
    try:
        if campaign is not None and not found:
            known = sorted({run.info.campaign for run in store.readable()[0]})
            if known:
                raise AnalysisError(f"there is no campaign {campaign!r}", remedy=f"There are: {', '.join(known)}")
        chosen = choose_campaign(found, tags, campaign)
    except AnalysisError as error:
        raise nothing_left(error, left_out((), damage)) from error
    mine = in_campaign(damage, chosen[0].folder.parent)
    for item in damage:
        if item not in mine:
            warn(f"left out: {item.path}: {item.problem}")
    return chosen, damage


def filtered(evidence: Evidence, suites: Sequence[str] | None, targets: Sequence[str] | None) -> Evidence:
    """The evidence of some suites and targets only; AnalysisError when nothing is left."""
    from dataclasses import replace
    from fnmatch import fnmatchcase

    frame = evidence.loaded.frame
    for column, patterns in (("suite", suites), ("target", targets)):
        if patterns:
            known = [str(value) for value in frame[column].unique()]
            keep = {value for value in known if any(fnmatchcase(value, pattern) for pattern in patterns)}
            if not keep:
                raise AnalysisError(
                    f"no {column} is called {', '.join(patterns)}", remedy=f"There are: {', '.join(sorted(known))}"
                )
            frame = frame[frame[column].astype(str).isin(keep)]
    return replace(evidence, loaded=replace(evidence.loaded, frame=frame))


def only_metrics(compared: Comparison, patterns: Sequence[str] | None) -> Comparison:
    """The comparison reduced to some metrics: judged with all of them, so that filtering changes no verdict."""
    from dataclasses import replace

    from bench.analyse.keys import matches_any

    if not patterns:
        return compared
    metrics = tuple(result for result in compared.metrics if matches_any(patterns, result.key))
    if not metrics:
        names = sorted({f"{result.key.suite}/{result.key.metric}" for result in compared.metrics})
        raise AnalysisError(f"no metric matches {', '.join(patterns)}", remedy=f"There are: {', '.join(names[:12])}")
    return replace(compared, metrics=metrics)


def print_comparisons(
    compared: Sequence[Comparison],
    format: str = "table",  # noqa: A002  # as the option is called
    verdicts: tuple[Verdict, ...] | None = None,
) -> None:
    """The verdicts on standard output; verdicts: those that a pipeline calls failures."""
    from dataclasses import replace

    from bench.report.formats import render

    said = render(format, compared, replace(output_of_terminal(), failing=verdicts))
    if format == "table":
        sys.stdout.write(said)
    else:  # a file for other programs is UTF-8 whatever the locale
        sys.stdout.flush()
        sys.stdout.buffer.write(said.encode())


def output_of_terminal() -> Output:
    """How wide the terminal is, and whether it has colours and symbols."""
    from bench.cli.console import out
    from bench.report.formats import Output

    console = out()
    colour = console.is_terminal and not console.no_color and not console.is_dumb_terminal
    width = console.width if console.is_terminal or os.environ.get("COLUMNS") else PIPE_COLUMNS
    return Output(width=max(width, LEAST_COLUMNS), colour=colour, ascii=not shows_symbols(sys.stdout))


def _runs_tagged(found: Sequence[StoredRun], tags: Sequence[str], campaign: str | None) -> list[StoredRun]:
    """The runs that have one of `tags` (no tags: all); AnalysisError when a tag or the campaign is unknown."""
    known = sorted({run.info.tag for run in found})
    for tag in tags:
        if tag not in known:
            raise AnalysisError(
                f"no run{f' of campaign {campaign!r}' if campaign else ''} has the tag {tag!r}",
                remedy=f"The tags are: {', '.join(known)}" if known else "`bench runs` lists the runs",
            )
    if not found:
        raise AnalysisError(
            f"there is no run of campaign {campaign!r}" if campaign else "there are no runs yet",
            remedy="`bench runs` lists the runs; `bench run` and `bench import` make one",
        )
    return [run for run in found if not tags or run.info.tag in tags]


def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    format: Annotated[  # noqa: A002  # the option's name
        str | None,
        typer.Option("--format", "-f", help="csv, parquet or jsonl (default: by the file's name, else csv)."),
    ] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", "-t", help="Only these tags.")] = None,
    campaign: CampaignOption = None,
    runs: RunsOption = None,
) -> None:
    """Write all samples, one row per value."""
    from bench.analyse.damaged import left_out, nothing_left
    from bench.analyse.frames import export_frame
    from bench.analyse.samples import load_samples
    from bench.report.sample_files import SAMPLE_FILES
    from bench.store.files import replacing

    if format is not None and format not in SAMPLE_FILES:
        raise ConfigError(f"there is no format {format!r}", where="--format", remedy=f"Use {', '.join(SAMPLE_FILES)}")
    suffix = output.suffix.removeprefix(".").lower()
    chosen = format or (suffix if suffix in SAMPLE_FILES else "csv")
    found, damage = context.open_store(runs).readable(campaign=campaign)
    try:
        some = _runs_tagged(found, tag or (), campaign)
    except AnalysisError as error:
        raise nothing_left(error, left_out((), damage)) from error
    loaded = load_samples(some, context.suites())
    frame = export_frame(loaded.frame)
    try:
        with replacing(output) as file:
            SAMPLE_FILES[chosen](frame, file)
    except OSError as error:
        raise ReportError(f"cannot be written ({error.strerror})", where=str(output)) from error
    for item in damage:
        warn(f"left out: {item.path}: {item.problem}")
    for problem in loaded.problems:
        warn(f"{'left out: ' if problem.damaged else ''}{problem.trial_id}: {problem.message}")
    note(f"{counted(len(frame), 'sample')} in {output}")
