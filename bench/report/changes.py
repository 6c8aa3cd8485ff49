"""What else changed between two tags? The facts that differ, undeclared ones first."""

from __future__ import annotations

from bench.analyse.result import AttributionKind, FactChange
from bench.report import numbers
from bench.report.page import FactRow, FactTable
from bench.report.plain import one_line
from bench.report.text import Text
from bench.report.view import Report


def fact_tables(report: Report, text: Text) -> tuple[FactTable, ...]:
    """What changed between the tags of each step, undeclared changes first."""
    found: list[FactTable] = []
    for comparison in report.comparisons:
        judged = comparison.attribution
        if judged is None or (judged.kind is AttributionKind.UNKNOWN and not judged.changes):
            continue
        rows = sorted((_fact(change, text) for change in judged.changes), key=lambda row: not row.warn)
        factors = text.listed(
            (
                text("facts.factor", name=one_line(name), before=text.line(before), after=text.line(after))
                for name, before, after in judged.factors
            ),
            "semicolon",
        )
        declared = text("facts.declared", factors=factors) if factors else ""
        found.append(
            FactTable(
                one_line(comparison.before),
                one_line(comparison.after),
                declared,
                text.line(judged.sentence),
                tuple(rows),
            )
        )
    return tuple(found)


def _fact(change: FactChange, text: Text) -> FactRow:
    number = len(change.targets)
    named = text.listed(change.targets[:3]) if number <= 3 else ""
    share = text("facts.share", number=numbers.count(number), total=numbers.count(change.total))
    return FactRow(
        layer=one_line(change.layer),
        name=one_line(change.name),
        before=one_line(change.before) or numbers.MISSING,
        after=one_line(change.after) or numbers.MISSING,
        targets=text("facts.named", names=named, share=share) if named and number < change.total else share,
        declared=one_line(change.declared_by) or text("facts.undeclared"),
        warn=not change.declared_by,
    )
