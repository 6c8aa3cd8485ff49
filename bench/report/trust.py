"""What should be known before relying on the report? Doubts about causes, replication, missing and excluded values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from bench.analyse.coverage import Coverage
from bench.analyse.result import CLOSE_SESSIONS, AttributionKind, Comparison, FlagKind, MetricResult, Verdict
from bench.report.factors import cause_words, factor_names
from bench.report.machines import unpatched
from bench.report.numbers import count, share
from bench.report.page import Finding
from bench.report.plain import one_line
from bench.report.revised import revised
from bench.report.text import Text
from bench.report.verdicts import title
from bench.report.view import Report
from bench.words import Said

MOST = 6
"""Findings that are shown outside of the fold."""

_NAMED = 6
_KINDS = (AttributionKind.CONFOUNDED, AttributionKind.JOINT, AttributionKind.UNDECLARED, AttributionKind.UNKNOWN)


def findings(report: Report, text: Text) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Everything to distrust, the gravest kind first: what is shown, at most `MOST`, and what lies in a fold.

    The same words about several steps are said once. Every kind is heard before one of them is heard twice.
    """
    steps = report.comparisons
    kinds: list[Iterable[Finding]] = [
        revised(report.revisions, text),
        (one for step in steps for one in _replaced(step, text)),
        unpatched(report, text),
        _causes([one for one in steps if not _as_planned(one, report)], text),
        (one for step in steps for one in _wrong_path(step, text)),
        (one for step in steps for one in _not_observed(step, text)),
        _relocated(report, text),
        _missing(report.coverage, text),
        _left_out(report.coverage, text),
        _undecided(steps, text),
        _warnings(steps, text),
        _flags(steps, text),
        _excluded(steps, text),
        _imported(report, text),
        _few_targets(report, text),
        _again(report.coverage, text),
    ]
    ranked = [
        (turn, rank, finding) for rank, kind in enumerate(kinds) for turn, finding in enumerate(dict.fromkeys(kind))
    ]
    heard = {(turn, rank) for turn, rank, _ in sorted(ranked, key=lambda one: one[:2])[:MOST]}
    shown = tuple(finding for turn, rank, finding in ranked if (turn, rank) in heard)
    return shown, tuple(finding for turn, rank, finding in ranked if (turn, rank) not in heard)


def _step(comparison: Comparison) -> str:
    return f"{one_line(comparison.before)} → {one_line(comparison.after)}"


def _as_planned(comparison: Comparison, report: Report) -> bool:
    """Whether it spans all the other steps, and moves several things only because they do."""
    judged = comparison.attribution
    return judged is not None and judged.kind is AttributionKind.JOINT and report.is_whole(comparison)


def _causes(comparisons: Iterable[Comparison], text: Text) -> list[Finding]:
    """Steps whose effect has no single known cause, the most doubtful first."""
    found: list[tuple[int, Finding]] = []
    for comparison in comparisons:
        judged, step = comparison.attribution, _step(comparison)
        if judged is None:
            unknown = Finding(text("trust.UNKNOWN", step=step), text("trust.UNKNOWN.detail"))
            found.append((_KINDS.index(AttributionKind.UNKNOWN), unknown))
        elif judged.kind in _KINDS:
            said = Finding(text(f"trust.{judged.kind.name}", step=step), cause_words(judged, text))
            found.append((_KINDS.index(judged.kind), said))
    return [finding for _, finding in sorted(found, key=lambda one: one[0])]


def _not_observed(comparison: Comparison, text: Text) -> Iterator[Finding]:
    judged = comparison.attribution
    if judged is not None and judged.not_observed:
        factors = factor_names(judged.not_observed, text, first=True)
        yield Finding(
            text("trust.not_observed", factors=factors), text("trust.not_observed.detail", step=_step(comparison))
        )
    for one in judged.missed if judged is not None else ():
        factors = factor_names((one.factor,), text, first=True)
        yield Finding(
            text("trust.missed", factors=factors, targets=_names(one.targets, text)),
            text("trust.missed.detail", step=_step(comparison)),
        )


def _wrong_path(comparison: Comparison, text: Text) -> Iterator[Finding]:
    """Phases whose network trials went another way than they declare, one finding per tag."""
    found = comparison.attribution.wrong_path if comparison.attribution is not None else ()
    for tag, level in dict.fromkeys((one.tag, one.declared) for one in found):
        targets = [
            text(
                "trust.wrong_path.target",
                target=one.target,
                share=share(f"{one.share * 100:.0f}"),
                trials=one.trials,
                total=one.total,
            )
            for one in found
            if one.tag == tag
        ]
        yield Finding(
            text("trust.wrong_path", tag=one_line(tag), level=one_line(level)),
            text("trust.wrong_path.detail", targets=_names(targets, text)),
        )


def _replaced(comparison: Comparison, text: Text) -> Iterator[Finding]:
    judged = comparison.attribution
    if judged is not None and judged.replaced:
        yield Finding(
            text("trust.replaced", targets=_names(judged.replaced, text)),
            text("trust.replaced.detail", step=_step(comparison)),
        )


def _relocated(report: Report, text: Text) -> Iterator[Finding]:
    """Targets that moved, of all steps at once: what is to be said about them is the same."""
    targets: dict[str, None] = {}
    steps: list[str] = []
    for one in report.comparisons:
        moved = one.attribution.relocated if one.attribution is not None else ()
        if moved and not (report.is_whole(one) and targets.keys() >= set(moved)):
            targets.update(dict.fromkeys(moved))
            steps.append(_step(one))
    if targets:
        yield Finding(
            text("trust.relocated", targets=_names(targets, text)),
            text("trust.relocated.detail", steps=_names(steps, text)),
        )


def _undecided(comparisons: Iterable[Comparison], text: Text) -> Iterator[Finding]:
    """What is not decided, of all steps at once, why, and what would settle most of it."""
    found = [(one, [m for m in one.metrics if m.verdict is Verdict.INCONCLUSIVE]) for one in comparisons]
    steps = [one for one, metrics in found if metrics]
    undecided = [metric for _, metrics in found for metric in metrics]
    if not undecided:
        return
    reasons = Counter(metric.reason for metric in undecided if metric.reason is not None)
    said = text.listed(
        text("trust.reason", number=count(number), reason=text(f"reason.{reason.name}"))
        for reason, number in reasons.most_common()
    )
    settle = Counter(text.line(metric.settle) for metric in undecided if metric.settle).most_common(1)
    detail = [text("sentence", said=said)] if said else []
    if settle:
        words, number = settle[0]
        some = "trust.settle" if number < len(undecided) else "trust.settle.all"
        detail.append(text(some, number=count(number), settle=words))
    yield Finding(_counted("trust.undecided", steps, len(undecided), found, text), " ".join(detail))


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
            text("trust.cause", target=one_line(target), cause=text.line(cause), number=number)
            for (target, cause), number in causes.most_common(4)
        ]
        yield Finding(
            text("trust.missing", missing=count(missing), planned=text.number("trial", coverage.planned)),
            text.listed(named, "semicolon") or text("trust.missing.unknown"),
        )


def _again(coverage: Coverage, text: Text) -> Iterator[Finding]:
    again = sum(max(0, row.attempts - row.planned) for row in coverage.rows)
    if again:
        yield Finding(text("trust.again", number=text.number("attempt", again)), text("trust.again.detail"))


def _left_out(coverage: Coverage, text: Text) -> Iterator[Finding]:
    for what, why in coverage.left_out:
        yield Finding(text("trust.left_out", what=one_line(what)), text.line(why))


def _warnings(comparisons: Iterable[Comparison], text: Text) -> Iterator[Finding]:
    """Warnings of the statistics; those about close sessions, of all tags of all steps, are one."""
    tags: dict[str, None] = {}
    others: dict[str, None] = {}
    for comparison in comparisons:
        for warning in comparison.warnings:
            if isinstance(warning, Said) and warning.key == CLOSE_SESSIONS:
                tags.update(dict.fromkeys(warning.values["tags"]))
            else:
                others[text.line(warning)] = None
    if tags:
        yield Finding(text("trust.warning"), text(CLOSE_SESSIONS, tags=_names(tags, text)))
    for warning in others:
        yield Finding(text("trust.warning"), warning)


def _flags(comparisons: Iterable[Comparison], text: Text) -> Iterator[Finding]:
    """How many metrics have flags, of all steps at once, of which kinds, and one of them."""
    found = [(one, [metric for metric in one.metrics if metric.flags]) for one in comparisons]
    steps = [one for one, metrics in found if metrics]
    flagged = [metric for _, metrics in found for metric in metrics]
    if not flagged:
        return
    kinds = Counter(kind for metric in flagged for kind in {flag.kind for flag in metric.flags})
    said = text.listed(
        text("trust.flag", kind=text(f"flag.{kind.name}"), number=count(kinds[kind]))
        for kind in FlagKind
        if kind in kinds
    )
    first = next((metric for metric in flagged if metric.primary), flagged[0])
    yield Finding(
        _counted("trust.flags", steps, len(flagged), found, text),
        text("trust.flags.detail", kinds=said, metric=title(first), sentence=text.line(first.flags[0].sentence)),
    )


def _counted(
    key: str,
    steps: Sequence[Comparison],
    number: int,
    found: Sequence[tuple[Comparison, Sequence[MetricResult]]],
    text: Text,
) -> str:
    """`number` of the metrics of the one step that it is about, or of the results of all steps."""
    if len(steps) == 1:
        total = text.number("metric", len(steps[0].metrics))
        return text(key, step=_step(steps[0]), number=count(number), total=total)
    total = text.number("result", sum(len(one.metrics) for one, _ in found))
    return text(f"{key}.steps", number=count(number), total=total)


def _excluded(comparisons: Iterable[Comparison], text: Text) -> Iterator[Finding]:
    """What is left out of several steps for the same cause are said once, with all these steps."""
    steps: dict[tuple[str, str, str], dict[str, int]] = {}
    for comparison in comparisons:
        for item in comparison.excluded:
            key = (text.line(item.what), text.line(item.cause), item.counts)
            steps.setdefault(key, {})[_step(comparison)] = item.count
    for (what, cause, noun), counts in steps.items():
        most = max(counts.values())
        number = text.number("item", most) if noun == "item" else text.number("value", most)
        yield Finding(
            text("trust.excluded", number=number, what=what),
            text("trust.excluded.detail", cause=cause, step=_names(counts, text)),
        )


def _imported(report: Report, text: Text) -> Iterator[Finding]:
    tags = [phase.tag for phase in report.phases if any(run.imported for run in phase.runs)]
    if tags:
        yield Finding(text("trust.imported", tags=_names(tags, text)), text("trust.imported.detail"))


def _names(names: Iterable[str], text: Text) -> str:
    """The first few names, and how many more there are."""
    every = list(names)
    said = text.listed(every[:_NAMED])
    return said if len(every) <= _NAMED else text("names.more", names=said, more=count(len(every) - _NAMED))
