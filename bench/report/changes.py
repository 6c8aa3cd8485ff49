"""What else changed between two tags? The facts that differ, undeclared ones first; rare changes share a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from bench.analyse.result import AttributionKind, FactChange
from bench.report import numbers
from bench.report.factors import cause_words, factor_name
from bench.report.plain import one_line, shorten
from bench.report.tables import FactRow, FactTable
from bench.report.text import Text
from bench.report.view import Report

MOST_CHANGES = 4
"""Changes of one fact that have a row each: of more, the widespread ones have, and the others share one."""

MOST_EXAMPLES, LONGEST_EXAMPLE = 3, 60
"""How many of the changes that share a row are given, and how long a value in them is."""

MOST_ROWS, FEW_TARGETS = 60, 3
"""Rows for one step, and targets of a change up to which they are named."""


def fact_tables(report: Report, text: Text) -> tuple[FactTable, ...]:
    """What changed between the tags of each step, undeclared changes first."""
    found: list[FactTable] = []
    for comparison in report.comparisons:
        judged = comparison.attribution
        if judged is None or (judged.kind is AttributionKind.UNKNOWN and not judged.changes):
            continue
        rows = sorted(_rows(judged.changes, text), key=lambda row: not row.warn)
        factors = text.listed(
            (
                text("facts.factor", name=factor_name(name, text), before=text.line(before), after=text.line(after))
                for name, before, after in judged.factors
            ),
            "semicolon",
        )
        declared = text("facts.declared", factors=factors) if factors else ""
        more = text.number("more_fact", len(rows) - MOST_ROWS) if len(rows) > MOST_ROWS else ""
        found.append(
            FactTable(
                one_line(comparison.before),
                one_line(comparison.after),
                declared,
                cause_words(judged, text),
                tuple(rows[:MOST_ROWS]),
                more,
            )
        )
    return tuple(found)


def _rows(changes: Sequence[FactChange], text: Text) -> Iterator[FactRow]:
    """A row per change; the changes of one fact that are many and rare share one."""
    by_fact: dict[tuple[str, str, str], list[FactChange]] = {}
    for change in changes:
        by_fact.setdefault((change.layer, change.name, change.declared_by), []).append(change)
    for same in by_fact.values():
        wide = sorted(same, key=lambda change: -len(change.targets))
        alone = len(wide) if len(wide) <= MOST_CHANGES else sum(_widespread(change) for change in wide)
        alone = min(alone, MOST_CHANGES)
        yield from (_fact(change, text) for change in wide[:alone])
        if wide[alone:]:
            yield _together(wide[alone:], text)


def _widespread(change: FactChange) -> bool:
    """Whether a change is on so many targets that it says something of the fleet: a tenth of it, two at least."""
    return len(change.targets) >= max(2, change.total / 10)


def _fact(change: FactChange, text: Text) -> FactRow:
    return FactRow(
        layer=one_line(change.layer),
        name=one_line(change.name),
        before=one_line(change.before) or numbers.MISSING,
        after=one_line(change.after) or numbers.MISSING,
        targets=_share(change.targets, change.total, text),
        names=_named(change.targets, change.total),
        declared=_by(change, text),
        warn=not change.declared_by,
    )


def _together(changes: Sequence[FactChange], text: Text) -> FactRow:
    """One row for many changes of one fact: how many there are, and a few of them with the target that has it."""
    first = changes[0]
    targets = tuple(target for change in changes for target in change.targets)
    examples = text.listed(
        (
            text(
                "facts.example",
                before=shorten(one_line(change.before) or numbers.MISSING, LONGEST_EXAMPLE),
                after=shorten(one_line(change.after) or numbers.MISSING, LONGEST_EXAMPLE),
                target=one_line(change.targets[0]),
            )
            for change in islice(changes, MOST_EXAMPLES)
        ),
        "semicolon",
    )
    return FactRow(
        layer=one_line(first.layer),
        name=one_line(first.name),
        before="",
        after="",
        targets=_share(targets, first.total, text),
        names=_named(targets, first.total),
        declared=_by(first, text),
        warn=not first.declared_by,
        many=text("facts.together", changes=text.number("change", len(changes)), examples=examples),
    )


def _by(change: FactChange, text: Text) -> str:
    """What may have moved a fact: a declared factor, or the target's new host."""
    return factor_name(change.declared_by, text) if change.declared_by else text("facts.undeclared")


def _share(targets: Sequence[str], total: int, text: Text) -> str:
    return text("facts.share", number=numbers.count(len(targets)), total=numbers.count(total))


def _named(targets: Sequence[str], total: int) -> tuple[str, ...]:
    """Which targets, where they are few and not all."""
    return tuple(map(one_line, targets)) if len(targets) <= FEW_TARGETS and len(targets) < total else ()
