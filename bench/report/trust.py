"""What should be known before relying on the report? Doubts about causes, replication, missing and excluded values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from bench.analyse.result import AttributionKind, Comparison, Coverage, Verdict
from bench.report.numbers import count
from bench.report.page import Finding
from bench.report.plain import one_line
from bench.report.text import Text
from bench.report.view import Report

_NAMED = 6
_KINDS = (AttributionKind.CONFOUNDED, AttributionKind.JOINT, AttributionKind.UNDECLARED, AttributionKind.UNKNOWN)


def findings(report: Report, text: Text) -> tuple[Finding, ...]:
    """Everything to distrust, the gravest first; the same words about several steps are said once."""
    found: list[Finding] = []
    for comparison in report.comparisons:
        found += _attribution(comparison, text)
    for comparison in report.comparisons:
        found += _undecided(comparison, text)
    found += _few_targets(report, text)
    found += _missing(report.coverage, text)
    found += _excluded(report.comparisons, text)
    found += [Finding(text("trust.warning"), one_line(w)) for one in report.comparisons for w in one.warnings]
    found += _imported(report, text)
    found += [
        Finding(text("trust.left_out", what=one_line(what)), one_line(why)) for what, why in report.coverage.left_out
    ]
    return tuple(dict.fromkeys(found))


def _step(comparison: Comparison) -> str:
    return f"{one_line(comparison.before)} → {one_line(comparison.after)}"


def _attribution(comparison: Comparison, text: Text) -> Iterator[Finding]:
    judged = comparison.attribution
    if judged is None:
        yield Finding(text("trust.UNKNOWN", step=_step(comparison)), text("trust.UNKNOWN.detail"))
        return
    if judged.kind in _KINDS:
        yield Finding(text(f"trust.{judged.kind.name}", step=_step(comparison)), one_line(judged.sentence))
    if judged.not_observed:
        factors = _names(judged.not_observed, text)
        yield Finding(
            text("trust.not_observed", factors=factors), text("trust.not_observed.detail", step=_step(comparison))
        )
    if judged.relocated:
        yield Finding(
            text("trust.relocated", targets=_names(judged.relocated, text)),
            text("trust.relocated.detail", step=_step(comparison)),
        )


def _undecided(comparison: Comparison, text: Text) -> Iterator[Finding]:
    undecided = [metric for metric in comparison.metrics if metric.verdict is Verdict.INCONCLUSIVE]
    if not undecided:
        return
    reasons = Counter(metric.reason for metric in undecided if metric.reason is not None)
    said = ", ".join(f"{count(number)} {text(f'reason.{reason.name}')}" for reason, number in reasons.most_common())
    settle = Counter(one_line(metric.settle) for metric in undecided if metric.settle).most_common(1)
    detail = said + "." if said else ""
    if settle:
        detail = f"{detail} {text('trust.settle', settle=settle[0][0])}".strip()
    total = text.number("metric", len(comparison.metrics))
    yield Finding(text("trust.undecided", step=_step(comparison), number=len(undecided), total=total), detail)


def _few_targets(report: Report, text: Text) -> Iterator[Finding]:
    number = len(report.targets)
    if 0 < number < 3:
        yield Finding(text("trust.few", targets=text.number("target", number)), text("trust.few.detail"))


def _missing(coverage: Coverage, text: Text) -> Iterator[Finding]:
    missing = coverage.planned - coverage.ok
    if missing > 0:
        causes: Counter[tuple[str, str]] = Counter()
        for row in coverage.rows:
            for cause, number in row.causes:
                causes[row.target, cause] += number
        named = [
            f"{one_line(target)}: {one_line(cause)} ×{number}" for (target, cause), number in causes.most_common(4)
        ]
        yield Finding(
            text("trust.missing", missing=count(missing), planned=text.number("trial", coverage.planned)),
            "; ".join(named) or text("trust.missing.unknown"),
        )
    again = sum(max(0, row.attempts - row.planned) for row in coverage.rows)
    if again:
        yield Finding(text("trust.again", number=text.number("attempt", again)), text("trust.again.detail"))


def _excluded(comparisons: Iterable[Comparison], text: Text) -> Iterator[Finding]:
    """Values that are left out of several steps for the same cause are said once, with all these steps."""
    steps: dict[tuple[str, str], dict[str, int]] = {}
    for comparison in comparisons:
        for item in comparison.excluded:
            steps.setdefault((one_line(item.what), one_line(item.cause)), {})[_step(comparison)] = item.count
    for (what, cause), counts in steps.items():
        yield Finding(
            text("trust.excluded", number=text.number("value", max(counts.values())), what=what),
            text("trust.excluded.detail", cause=cause, step=_names(counts, text)),
        )


def _imported(report: Report, text: Text) -> Iterator[Finding]:
    tags = [phase.tag for phase in report.phases if any(run.imported for run in phase.runs)]
    if tags:
        yield Finding(text("trust.imported", tags=_names(tags, text)), text("trust.imported.detail"))


def _names(names: Iterable[str], text: Text) -> str:
    """The first few names, and how many more there are."""
    every = [one_line(name) for name in names]
    said = ", ".join(every[:_NAMED])
    return said if len(every) <= _NAMED else text("names.more", names=said, more=count(len(every) - _NAMED))
