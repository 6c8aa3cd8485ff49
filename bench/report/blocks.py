"""What stands in a ticket? Headings, sentences, lists and tables, which each markup then writes in its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.analyse.result import Comparison
from bench.report.formats import Output
from bench.report.lines import FLAG, Line, flag_lines, heading, lines, remarks, summary


@dataclass(frozen=True, slots=True)
class Strong:
    """Text that is set in bold."""

    text: str


Words = tuple["str | Strong", ...]
"""One line: pieces of foreign text, not yet escaped, with a blank between them."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 4 of what is pasted."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One line of its own."""

    words: Words


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; every row has as many cells as the head. right: columns whose numbers are aligned right."""

    head: tuple[str, ...]
    rows: tuple[tuple[Words, ...], ...]
    right: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Lines that keep their breaks and blanks, such as what a program printed."""

    text: str


Block = Heading | Paragraph | Bullets | Grid | Verbatim

_HEAD = ("Metric", "Target", "Before", "After", "Unit", "Ratio", "Interval", "Verdict", "What would settle it")
_RIGHT = (2, 3, 5)


def comparison_blocks(comparisons: Sequence[Comparison], output: Output) -> Iterator[Block]:
    """Every comparison as a heading, one sentence, a table and its remarks."""
    for comparison in comparisons:
        yield from _comparison(comparison, output)


def _comparison(comparison: Comparison, output: Output) -> Iterator[Block]:
    yield Heading(heading(comparison))
    yield Paragraph((f"{summary(comparison)}.",))
    rows = lines(comparison, targets=output.targets)
    if rows:
        yield Grid(_HEAD, tuple(_rows(rows)), _RIGHT)
    notes = [(words,) for words in remarks(comparison)]
    notes += [(f"{FLAG} {words}",) for words in flag_lines(comparison)]
    if notes:
        yield Bullets(tuple(notes))


def spoken(words: Words, escape: Callable[[str], str], bold: str) -> str:
    """Pieces with a blank between them, `bold` around strong ones; what has nothing to show is left out with them."""
    shown = ((escape(one.text), bold) if isinstance(one, Strong) else (escape(one), "") for one in words)
    return " ".join(f"{mark}{piece}{mark}" for piece, mark in shown if piece)


def section(title: str, columns: int) -> tuple[Words, ...]:
    """The row above those of a suite."""
    return ((Strong(title),), *[()] * (columns - 1))


def _rows(rows: Sequence[Line]) -> Iterator[tuple[Words, ...]]:
    suite = ""
    for row in rows:
        if row.suite != suite:
            suite = row.suite
            yield section(suite, len(_HEAD))
        target: str | Strong = " · ".join((row.target, *row.labels)) if row.target else Strong("all")
        name = f"{row.metric} {FLAG}" if row.flagged else row.metric
        cells = (row.before, row.after, row.unit, row.share, row.interval, row.words, row.settle)
        yield ((name,), (target,), *((cell,) for cell in cells))
