"""Commands that read results: compare, report, export, import."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import context
from bench.cli.console import note, say, warn
from bench.cli.context import CampaignOption, RunsOption
from bench.errors import AnalysisError, ConfigError, ReportError

if TYPE_CHECKING:
    from bench.analyse.result import Comparison
    from bench.config.catalogue import LoadedSuite
    from bench.report.campaign import Evidence
    from bench.report.view import Report

FAIL_ON = ("improved", "regressed", "inconclusive", "no-change")
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
    format: Annotated[str, typer.Option("--format", "-f", help="table, md, csv or json.")] = "table",  # noqa: A002  # the option's name
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="VERDICT,…", help="Exit 4 when a metric has one of these verdicts.")
    ] = "",
    runs: RunsOption = None,
) -> None:
    """Verdicts between two tags: improved, regressed, no meaningful change, or inconclusive."""
    from bench.report.campaign import choose_campaign, compare_tags, read
    from bench.report.formats import FORMATS

    if format not in FORMATS:
        raise ConfigError(f"there is no format {format!r}", where="--format", remedy=f"Use {', '.join(FORMATS)}")
    wanted = [word.strip() for word in fail_on.split(",") if word.strip()]
    for word in wanted:
        if word not in FAIL_ON:
            raise ConfigError(f"{word!r} is no verdict", where="--fail-on", remedy=f"Use {', '.join(FAIL_ON)}")
    chosen = choose_campaign(context.open_store(runs).runs(), (before, after), campaign)
    evidence = filtered(read(chosen, context.suites()), suite, target)
    compared = only_metrics(compare_tags(evidence, before, after), metric)
    print_comparison(compared, format)
    found = {result.verdict.value.replace("no meaningful change", "no-change") for result in compared.metrics}
    if found & set(wanted):
        raise typer.Exit(4)


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


def print_comparison(compared: Comparison, format: str = "table") -> None:  # noqa: A002  # as the option is called
    """The verdicts on standard output."""
    from bench.cli.console import out
    from bench.report.formats import Output, render

    console = out()
    colour = console.is_terminal and not console.no_color
    sys.stdout.write(render(format, [compared], Output(width=console.width, colour=colour)))


def report(
    tags: Annotated[list[str] | None, typer.Argument(metavar="TAG…", help="Phases in order (default: all).")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Default: reports/CAMPAIGN.html.")] = None,
    campaign: CampaignOption = None,
    title: Annotated[str, typer.Option("--title", help="The report's title.")] = "",
    runs: RunsOption = None,
) -> None:
    """Write the file for the change ticket: all phases, adjacent ones and first to last."""
    from bench.report.campaign import choose_campaign, make_report, read, tags_of

    found = choose_campaign(context.open_store(runs).runs(), tags or (), campaign)
    chosen = tags or tags_of(found)
    evidence = read(found, context.suites())
    command = f"bench report {' '.join(chosen)} --campaign {found[0].info.campaign}"
    made = make_report(evidence, chosen, generated_at=generated_at(), title=title, reproduce=[command])
    path = output or context.workspace().reports / f"{found[0].info.campaign}.html"
    for compared in made.comparisons:
        print_comparison(compared)
    say(f"Report: {write_html(made, path)}")


def generated_at() -> str:
    """The one stated time of a report: now, or what `SOURCE_DATE_EPOCH` fixes (UTC, ISO 8601)."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        moment = datetime.fromtimestamp(int(fixed), UTC) if fixed else datetime.now(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ConfigError(f"{fixed!r} is no number of seconds", where="SOURCE_DATE_EPOCH") from error
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def write_html(made: Report, path: Path) -> Path:
    """Render and write by rename; ReportError when the file cannot be written."""
    from bench.report.html import render_html

    templates = context.workspace().reports / "templates"
    text = render_html(made, templates=templates if templates.is_dir() else None)
    temporary = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, "utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ReportError(
            f"cannot be written ({error.strerror})", where=str(path), remedy="Choose another file with -o"
        ) from error
    return path


def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    format: Annotated[str, typer.Option("--format", "-f", help="csv, parquet or jsonl.")] = "csv",  # noqa: A002  # the option's name
    tag: Annotated[list[str] | None, typer.Option("--tag", "-t", help="Only these tags.")] = None,
    campaign: CampaignOption = None,
    runs: RunsOption = None,
) -> None:
    """Write all samples, one row per value."""
    from bench.analyse.frames import export_frame
    from bench.analyse.samples import load_samples

    if format not in ("csv", "parquet", "jsonl"):
        raise ConfigError(f"there is no format {format!r}", where="--format", remedy="Use csv, parquet or jsonl")
    loaded = load_samples(context.open_store(runs).runs(campaign=campaign, tags=tag), context.suites())
    frame = export_frame(loaded.frame)
    try:
        if format == "csv":
            frame.to_csv(output, index=False)
        elif format == "parquet":
            frame.to_parquet(output, index=False)
        else:
            frame.to_json(output, orient="records", lines=True, date_format="iso", force_ascii=False)
    except OSError as error:
        raise ReportError(f"cannot be written ({error.strerror})", where=str(output)) from error
    for problem in loaded.problems:
        warn(f"{problem.trial_id}: {problem.message}")
    note(f"{len(frame)} samples in {output}")


def import_(
    suite: Annotated[str, typer.Argument(metavar="SUITE", help="A suite, or `table` for published numbers.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Raw output of the tool, one repetition each.")],
    tag: Annotated[str | None, typer.Option("--tag", "-t", help="The phase these files were measured in.")] = None,
    target: Annotated[
        str | None, typer.Option("--target", help="The machine; SENDER,RECEIVER for a network suite.")
    ] = None,
    campaign: Annotated[str, typer.Option("--campaign", "-c", help="The campaign they belong to.")] = "imported",
    case: Annotated[str, typer.Option("--case", help="The case, when it is one.")] = "imported",
    session: Annotated[int | None, typer.Option("--session", min=1, help="The session (default: the next).")] = None,
    label: Annotated[list[str] | None, typer.Option("--label", help="Of the target: region=japaneast.")] = None,
    factor: Annotated[list[str] | None, typer.Option("--factor", help="Of the phase: NAME=LEVEL.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="When it was measured, ISO 8601 (default: the file's).")
    ] = None,
    runs: RunsOption = None,
) -> None:
    """Take in raw output that was measured elsewhere, or a table of published numbers."""
    from bench.store.importing import Origin, RawFile, import_files

    known = context.suites()
    if suite not in known:
        raise ConfigError(f"there is no suite {suite!r}", remedy=f"The suites are: {', '.join(known)}")
    contents = _contents(files)
    store = context.open_store(runs)
    if suite == "table":
        _import_table(known[suite], contents, campaign, at or _measured_at(files[0]), runs)
        return
    if tag is None or target is None:
        raise ConfigError("which phase and machine is this?", remedy="Add --tag and --target")
    targets = tuple(target.split(","))
    loaded = known[suite]
    origin = Origin(
        campaign, tag, _iso(at) if at else _measured_at(files[0]), session, context.factors(factor),
        tuple((name, context.factors(label)) for name in targets),
    )  # fmt: skip
    raw = [RawFile(path.name, content, targets, case) for path, content in contents.items()]
    run = import_files(store, loaded.suite, loaded.digest, loaded.parse, raw, origin)
    say(f"{len(raw)} files in run {run.info.run_id}")


def _contents(files: Sequence[Path]) -> dict[Path, bytes]:
    found: dict[Path, bytes] = {}
    for path in files:
        try:
            found[path] = path.read_bytes()
        except OSError as error:
            raise ConfigError(f"cannot be read ({error.strerror})", where=str(path)) from error
    return found


def _iso(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no date", where="--at", remedy="Write 2018-01-05T10:00:00Z") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _measured_at(path: Path) -> str:
    """A file's modification time, UTC, ISO 8601."""
    moment = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _import_table(
    loaded: LoadedSuite, contents: Mapping[Path, bytes], campaign: str, measured_at: str, runs: Path | None
) -> None:
    """Published numbers: the table says targets, tags and sessions itself."""
    from bench.analyse.published import import_table

    store = context.open_store(runs)
    for path, content in contents.items():
        made = import_table(store, loaded, content, path.name, campaign=campaign, measured_at=measured_at)
        for run in made:
            say(f"{len(run.info.plan)} trials of {run.info.tag} in run {run.info.run_id}")
