"""What do an engineer and an auditor look up? The method in this campaign's numbers, and provenance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from bench.analyse.result import Basis, MetricResult
from bench.report.drift import drift, every_tau
from bench.report.numbers import MISSING, count, margin
from bench.report.page import Fold, Table
from bench.report.plain import one_line
from bench.report.sequence import in_words, sequential
from bench.report.text import Text
from bench.report.timeline import parse_time
from bench.report.verdicts import keys_in_order, places, title
from bench.report.view import Report

MOST_FILES, MOST_TARGETS = 200, 6
"""Raw files listed one by one, and targets named for a tool; the digest over all files covers the rest."""


def method(report: Report, text: Text) -> Fold:
    """How the verdicts were reached, with the numbers of this campaign."""
    metrics = [metric for comparison in report.comparisons for metric in comparison.metrics]
    sessions = text.listed(
        (
            text("method.sessions", tag=one_line(phase.tag), sessions=text.number("session", phase.sessions))
            for phase in report.phases
        ),
        "semicolon",
    )
    sentences = [
        text("method.ratio"),
        text("method.unit", repetitions=sessions or MISSING),
        *_samples(metrics, text),
        *drift(map(every_tau, metrics), text),
        text("method.verdict"),
    ]
    if metrics:
        sentences.append(text("method.margin", margins=text.listed(_margins(metrics, text))))
    levels = sorted({f"{one.interval.level * 100:g}" for one in metrics if one.interval is not None})
    if levels:
        sentences.append(text("method.level", level=text.listed(levels)))
    sentences += [*_looks(report, text), _primary(report, text), text("method.missing")]
    return Fold("method", text("method.title"), tuple(sentences))


def _samples(metrics: Iterable[MetricResult], text: Text) -> Iterator[str]:
    """What the intervals rest on, for every number of targets (or pairs) that a metric was measured on."""
    sizes: dict[str, set[int]] = {}
    for number, toggled in sorted({(len(one.targets), one.rests_on is Basis.ROUNDS) for one in metrics}):
        size = "rounds" if toggled else "many" if number >= 5 else "some" if number >= 3 else "few"
        sizes.setdefault(size, set()).add(number)
    for size, numbers in sizes.items():
        targets = text.number("unit", max(numbers))
        if min(numbers) < max(numbers):
            targets = text("method.range", least=count(min(numbers)), most=targets)
        yield text(f"method.sample.{size}", targets=targets)


def _looks(report: Report, text: Text) -> Iterator[str]:
    """Every look that was taken at a step that may stop early, with the sequential p of its primary metrics."""
    for one in report.comparisons:
        if one.looks:
            step = f"{one_line(one.before)} → {one_line(one.after)}"
            said = text.listed(map(in_words, one.looks), "semicolon")
            values = text.listed(f"{name} {p:.2g}" for name, p in sequential(one.looks).items())
            yield text("method.looks", step=step, looks=said, p=values or MISSING)


def _margins(metrics: Iterable[MetricResult], text: Text) -> Iterator[str]:
    pairs = {(metric.margin, metric.kind) for metric in metrics}
    for size in sorted({size for size, _ in pairs}):
        kinds = text.listed(text(f"kind.{kind.name}") for kind in sorted(kind for one, kind in pairs if one == size))
        yield text("method.margin.kind", margin=margin(size), kind=kinds)


def _primary(report: Report, text: Text) -> str:
    names = places(report.comparisons)
    primary = {metric.key: metric for one in report.comparisons for metric in one.metrics if metric.primary}
    said = [
        _placed(f"{one_line(key.suite)} {title(primary[key])}", names[key], text)
        for key in keys_in_order(report.comparisons)
        if key in primary
    ]
    return text("method.primary", names=text.listed(said, "semicolon")) if said else text("method.primary.none")


def _placed(name: str, place: str, text: Text) -> str:
    return text("named", name=name, place=place) if place else name


def provenance(report: Report, text: Text) -> Fold:
    """Runs, versions, digests and raw files."""
    known = report.provenance
    runs = sum(len(phase.runs) for phase in report.phases)
    files = text.number("file", len(known.files))
    sentences = [text("provenance.lead")]
    if known.files:
        sentences.append(text("provenance.digest", files=files, digest=known.digest))
    if len(known.files) > MOST_FILES:
        sentences.append(text("provenance.more", more=count(len(known.files) - MOST_FILES)))
    if report.redacted:
        sentences.append(text("redacted.provenance"))
    commands = tuple((one_line(command),) for command in report.reproduce)
    tables = (
        Table(text("provenance.reproduce"), _head(text, "provenance", "command"), commands, code=(0,)),
        _runs(report, text),
        _counted(text("provenance.versions"), _head(text, "provenance", "what", "value", "used"), _versions(report)),
        _counted(
            text("provenance.digests"), _head(text, "provenance", "suite", "suite_digest", "used"), _suites(report)
        ),
        *_details(report, text),
    )
    heading = text("provenance.title", runs=text.number("run", runs), files=files)
    return Fold("provenance", heading, tuple(sentences), tuple(table for table in tables if table.rows))


def _runs(report: Report, text: Text) -> Table:
    rows: list[tuple[str, ...]] = []
    for phase in report.phases:
        for run in phase.runs:
            began = parse_time(run.created_at)
            factors = ", ".join(f"{one_line(name)}={one_line(level)}" for name, level in run.factors)
            time = f"{began:%Y-%m-%d %H:%M:%S}" if began else one_line(run.created_at)
            rows.append((one_line(run.run_id), one_line(run.tag), str(run.session), time, str(run.seed), factors))
    head = _head(text, "provenance", "run", "tag", "session", "began", "seed", "factors")
    return Table(text("provenance.runs"), head, tuple(rows), numeric=(2, 4), code=(0,))


def _versions(report: Report) -> Counter[tuple[str, str]]:
    return Counter(pair for phase in report.phases for run in phase.runs for pair in run.versions)


def _suites(report: Report) -> Counter[tuple[str, str]]:
    return Counter(pair for phase in report.phases for run in phase.runs for pair in run.suites)


def _counted(heading: str, head: tuple[str, ...], pairs: Counter[tuple[str, str]]) -> Table:
    rows = tuple((one_line(name), one_line(value), count(pairs[name, value])) for name, value in sorted(pairs))
    return Table(heading, head, rows, numeric=(2,), code=(1,))


def _details(report: Report, text: Text) -> Iterator[Table]:
    known = report.provenance
    tools = tuple(
        (
            one_line(tool.suite),
            one_line("; ".join(f"{name} {value}" for name, value in tool.details)),
            _named(tool.targets, text),
            count(tool.trials),
        )
        for tool in known.tools
    )
    head = _head(text, "provenance", "suite", "details", "targets", "trials")
    yield Table(text("provenance.tools"), head, tools, numeric=(3,), code=(1,))
    parameters = tuple((one_line(suite), one_line(case), one_line(words)) for suite, case, words in known.parameters)
    yield Table(
        text("provenance.parameters"), _head(text, "provenance", "suite", "case", "params"), parameters, code=(2,)
    )
    files = tuple((one_line(file.path), count(file.size), file.sha256) for file in known.files[:MOST_FILES])
    head = _head(text, "provenance", "path", "bytes", "sha")
    yield Table(text("provenance.files"), head, files, numeric=(1,), code=(0, 2))


def _named(targets: Sequence[str], text: Text) -> str:
    """The first of many targets, and how many more there are."""
    names = text.listed(targets[:MOST_TARGETS])
    more = len(targets) - MOST_TARGETS
    return text("names.more", names=names, more=count(more)) if more > 0 else names


def _head(text: Text, section: str, *names: str) -> tuple[str, ...]:
    return tuple(text(f"{section}.{name}") for name in names)
