"""How does a comparison look in a terminal? A Rich table that fits 60 to 200 columns.

Narrow terminals lose columns, never words: first what would settle a metric (it moves below the table), then before
and after, then the interval; cells that are still too wide are folded. Without colour the text is plain: no escape
sequence comes from here or from the data.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bench.analyse.result import Comparison
from bench.report.columns import Wanted, fit
from bench.report.formats import Output
from bench.report.lines import FLAG, Line, flag_lines, heading, lines, remarks, settles, summary
from bench.report.words import look

_INTERVAL, _VALUES, _SETTLE = 84, 108, 150
"""Columns of terminal from which on these columns of the table are shown."""

MOST_SETTLES = 3
"""Sentences below the table that say what would settle metrics."""


def render(comparisons: Sequence[Comparison], output: Output = Output()) -> str:  # noqa: B008  # frozen
    """All comparisons as tables, one after the other."""

    def write(console: Console) -> None:
        for number, comparison in enumerate(comparisons):
            if number:
                console.print()
            _print(console, comparison, output)

    return printed(write, output)


def printed(write: Callable[[Console], None], output: Output) -> str:
    """What `write` prints to a console of this width, as text without blanks at the ends of lines."""
    stream = io.StringIO()
    write(
        Console(
            file=stream,
            width=output.width,
            force_terminal=output.colour,
            color_system="standard" if output.colour else None,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
            _environ={},
        )
    )
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


def _print(console: Console, comparison: Comparison, output: Output) -> None:
    rows = lines(comparison, targets=output.targets)
    console.print(Text(heading(comparison), style="bold"))
    console.print(Text(summary(comparison)))
    shown = _columns(rows, output.width)
    if rows:
        console.print(_table(rows, shown, output.width))
    if _SETTLES not in [column for column, _ in shown]:
        _print_settles(console, rows)
    for words in remarks(comparison):
        console.print(Text(f"! {words}"))
    for words in flag_lines(comparison):
        console.print(Text(f"{FLAG} {words}"))


def _print_settles(console: Console, rows: Sequence[Line]) -> None:
    """What would settle the most metrics, and how many are left unsaid."""
    found = list(settles(rows).items())
    for words, number in found[:MOST_SETTLES]:
        console.print(Text(f"? {number} to settle: {words}", style="yellow"))
    more = sum(number for _, number in found[MOST_SETTLES:])
    if more:
        console.print(Text(f"? and {more} more (see --format json)", style="yellow"))


def _table(rows: Sequence[Line], shown: Sequence[tuple[_Column, int]], width: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=False, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)
    for column, size in shown:
        table.add_column(column.head, justify=column.justify, width=size, overflow="fold")
    suite = ""
    for row in rows:
        if row.suite != suite:
            suite = row.suite
            table.add_row(Text(suite, style="bold"), *("" for _ in shown[1:]))
        table.add_row(*(column.cell(row, width) for column, _ in shown))
    return table


@dataclass(frozen=True, slots=True)
class _Column:
    """One column: how its cell is made (from a row and the terminal's width) and how much room it may have.

    least, most: cells below which it is not folded, and above which it always is.
    """

    head: str
    justify: Literal["left", "right"]
    cell: Callable[[Line, int], Text | Padding]
    least: int
    most: int
    since: int = 0
    drop: int = 0
    prose: bool = False


def _columns(rows: Sequence[Line], width: int) -> list[tuple[_Column, int]]:
    """The columns that fit, with their widths."""
    wanted = [_wanted(column, rows, width) for column in _COLUMNS]
    return [(column, size) for column, size in zip(_COLUMNS, fit(wanted, width), strict=True) if size is not None]


def _wanted(column: _Column, rows: Sequence[Line], width: int) -> Wanted:
    cells = (column.cell(row, width) for row in rows)
    widest = max(map(_cells, cells), default=0)
    natural = max(min(widest, column.most), cell_len(column.head))
    return Wanted(natural, min(column.least, natural), column.since, column.drop, column.prose)


def _cells(cell: Text | Padding) -> int:
    """How wide a cell is in one line."""
    if isinstance(cell, Padding):
        text = cell.renderable
        return cell.left + (text.cell_len if isinstance(text, Text) else 0)
    return cell.cell_len


def _metric(row: Line, width: int) -> Padding:
    """The metric, or one of its targets (with its labels where there is room), indented also where it wraps."""
    if not row.target:
        return Padding(_marked(row, row.metric), (0, 0, 0, 1))
    words = " · ".join((row.target, *row.labels)) if width >= _INTERVAL else row.target
    return Padding(_marked(row, words, "dim"), (0, 0, 0, 3))


def _marked(row: Line, words: str, style: str = "") -> Text:
    """The words, with a mark where the lines below the table say something about the values of the row."""
    return Text(f"{words} {FLAG}" if row.flagged else words, style=style)


def _after(row: Line, width: int) -> Text:
    return Text(f"{row.after} {row.unit}".strip())


def _ratio(row: Line, width: int) -> Text:
    return Text(row.share, style=_style(row))


def _verdict(row: Line, width: int) -> Text:
    return Text(row.words, style=_style(row))


def _style(row: Line) -> str:
    return "" if row.verdict is None else look(row.verdict).style


_SETTLES = _Column("What would settle it", "left", lambda row, _: Text(row.settle), 24, 80, _SETTLE, drop=3, prose=True)
_COLUMNS = (
    _Column("Metric", "left", _metric, 20, 200),
    _Column("Before", "right", lambda row, _: Text(row.before), 9, 14, _VALUES, drop=2),
    _Column("After", "right", _after, 9, 22, _VALUES, drop=2),
    _Column("Ratio", "right", _ratio, 9, 24),
    _Column("Interval", "left", lambda row, _: Text(row.interval), 8, 24, _INTERVAL, drop=1),
    _Column("Verdict", "left", _verdict, 14, 30),
    _SETTLES,
)
"""All columns from left to right."""
