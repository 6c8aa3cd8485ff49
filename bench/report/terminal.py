"""How does a comparison look in a terminal? A table that fits 60 columns or more, and lists where there are fewer.

Narrow terminals lose columns, never words: first what would settle a metric (it moves below the table), then before
and after, then the interval; cells that are still too wide are folded. Labels stand behind the names of targets where
all of them fit. Without colour the text is plain: no escape sequence comes from here or from the data.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bench.analyse.result import Comparison
from bench.report.columns import GAP, Wanted, fit
from bench.report.formats import Output
from bench.report.ladder import adjacent
from bench.report.lines import FLAG, Line, flag_lines, heading, in_one_sentence, lines, remarks, settles, summary
from bench.report.numbers import MISSING
from bench.report.symbols import nearest
from bench.report.words import look
from bench.words import counted

_TABLE, _INTERVAL, _VALUES, _SETTLE = 60, 84, 108, 150
"""Columns of terminal from which on there is a table, and from which on it has these columns although they fold."""

MOST_SETTLES = 3
"""Sentences below the table that say what would settle metrics."""


def render(comparisons: Sequence[Comparison], output: Output = Output()) -> str:  # noqa: B008  # frozen
    """All comparisons as tables, one after the other; those of adjacent phases know what was before them."""
    steps = list(adjacent(comparisons))

    def write(console: Console) -> None:
        for number, comparison in enumerate(comparisons):
            if number:
                console.print()
            _print(console, comparison, steps[: steps.index(comparison)] if comparison in steps else (), output)

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


def plain(text: str, output: Output) -> str:
    """`text` as the terminal can show it."""
    return nearest(text) if output.ascii else text


def remark(console: Console, mark: str, words: str, output: Output, style: str = "") -> None:
    """A line below a table, its further lines indented behind the mark."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=len(mark))
    grid.add_column(overflow="fold")
    grid.add_row(Text(mark, style=style), Text(plain(words, output), style=style))
    console.print(grid)


def _print(console: Console, comparison: Comparison, earlier: Sequence[Comparison], output: Output) -> None:
    rows = lines(comparison, targets=output.targets)
    head, sentence = heading(comparison), in_one_sentence(comparison, earlier)
    titled = sentence.startswith(head)  # without a declared factor, the tags are what the sentence speaks of
    console.print(Text(plain(sentence if titled else head, output), style="bold"))
    if sentence and not titled:
        console.print(Text(plain(sentence, output)))
    console.print(Text(plain(summary(comparison), output)))
    settled = False
    if rows and output.width < _TABLE:
        _print_list(console, rows, output)
    elif rows:
        chosen, labelled = _columns(rows, output)
        settled = _SETTLES in [column for column, _ in chosen]
        console.print(_table(rows, chosen, labelled, output))
    if not settled:
        _print_settles(console, rows, output)
    for words in remarks(comparison):
        remark(console, "!", words, output)
    for words in flag_lines(comparison):
        remark(console, FLAG, words, output)


def _print_settles(console: Console, rows: Sequence[Line], output: Output) -> None:
    """What would settle the most metrics, and how many are left unsaid."""
    found = list(settles(rows).items())
    for words, number in found[:MOST_SETTLES]:
        remark(console, "?", f"To settle {counted('metric', number)}: {words}", output, "yellow")
    more = sum(number for _, number in found[MOST_SETTLES:])
    if more:
        remark(console, "?", f"and {more} more (see --format json)", output, "yellow")


def _print_list(console: Console, rows: Sequence[Line], output: Output) -> None:
    """Every row as its name and, below it, as much of the rest as fits on a line."""
    suite = ""
    for row in rows:
        if row.suite != suite:
            suite = row.suite
            console.print(Text(plain(suite, output), style="bold"))
        indent = 3 if row.target else 1
        name = _marked(row, row.target, "dim") if row.target else _marked(row, row.metric)
        console.print(Padding(_plain(name, output), (0, 0, 0, indent)))
        interval = row.interval if row.interval != MISSING else ""
        pieces = [plain(piece, output) for piece in (row.share, interval, row.words) if piece]
        said = pieces[0]
        for piece in pieces[1:]:
            fits = cell_len(said.rpartition("\n")[2]) + 2 + cell_len(piece) <= output.width - indent - 2
            said += f"{'  ' if fits else chr(10)}{piece}"
        console.print(Padding(Text(said, style=_style(row)), (0, 0, 0, indent + 2)))


def _table(rows: Sequence[Line], columns: Sequence[tuple[_Column, int]], labelled: bool, output: Output) -> Table:
    table = table_for(output)
    for column, size in columns:
        table.add_column(column.head, justify=column.justify, width=size, overflow="fold")
    suite, room = "", _room(rows)
    for row in rows:
        if row.suite != suite:
            suite = row.suite
            table.add_row(Text(plain(suite, output), style="bold"), *("" for _ in columns[1:]))
        table.add_row(*(_plain(column.cell(row, labelled, room), output) for column, _ in columns))
    return table


def table_for(output: Output) -> Table:
    """An empty table with a rule below its head."""
    style = _ASCII_HEAD if output.ascii else box.SIMPLE_HEAD
    return Table(box=style, expand=False, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)


def _room(rows: Sequence[Line]) -> int:
    """Cells of the widest percentage: symbols stand below each other, and so do the signs of per cent."""
    return max((cell_len(row.ratio) for row in rows if row.ratio.endswith("%")), default=0)


def as_shown(text: Text, output: Output) -> Text:
    """`text` as the terminal can show it, with its styles where it has all symbols."""
    return Text(plain(text.plain, output), style=text.style) if output.ascii else text


def _plain(cell: Text | Padding, output: Output) -> Text | Padding:
    if isinstance(cell, Text):
        return as_shown(cell, output)
    inner = cell.renderable
    made = as_shown(inner, output) if isinstance(inner, Text) else inner
    return Padding(made, (cell.top, cell.right, cell.bottom, cell.left))


@dataclass(frozen=True, slots=True)
class _Column:
    """One column: how its cell is made (row, whether labels are shown, room for ratios) and how much room it may have.

    least, most: cells below which it is not folded, and above which it always is.
    """

    head: str
    justify: Literal["left", "right"]
    cell: Callable[[Line, bool, int], Text | Padding]
    least: int
    most: int
    since: int = 0
    drop: int = 0
    prose: bool = False


_CHOICES = ((True, 3), (True, 2), (False, 2), (True, 1), (False, 1), (True, 0), (False, 0))
"""Whether labels are shown, and which columns (those with this `drop` or a lower one), the most that is said first."""
_NAME = 34
"""Cells beyond which the name of a metric, which stands there once, may fold before a column goes."""


def _columns(rows: Sequence[Line], output: Output) -> tuple[list[tuple[_Column, int]], bool]:
    """The columns that fit, with their widths, and whether labels do: rather fewer of them than a row on two lines."""
    for labelled, most in _CHOICES:
        columns = [column for column in _COLUMNS if column.drop <= most]
        wanted = [replace(_wanted(column, rows, labelled, output), since=0) for column in columns]
        names = max((_cells(_metric(row, labelled, 0)) for row in rows if row.target), default=0)
        least = min(wanted[0].natural, max(names, _NAME))
        if least + sum(GAP + (one.least if one.prose else one.natural) for one in wanted[1:]) <= output.width:
            return _shown(columns, fit(wanted, output.width)), labelled
    wanted = [_wanted(column, rows, False, output) for column in _COLUMNS]
    return _shown(_COLUMNS, fit(wanted, output.width)), False


def _shown(columns: Sequence[_Column], sizes: Sequence[int | None]) -> list[tuple[_Column, int]]:
    return [(column, size) for column, size in zip(columns, sizes, strict=True) if size is not None]


def _wanted(column: _Column, rows: Sequence[Line], labelled: bool, output: Output) -> Wanted:
    room = _room(rows)
    widest = max((_cells(_plain(column.cell(row, labelled, room), output)) for row in rows), default=0)
    natural = max(min(widest, column.most), cell_len(column.head))
    return Wanted(natural, min(column.least, natural), column.since, column.drop, column.prose)


def _cells(cell: Text | Padding) -> int:
    """How wide a cell is in one line."""
    if isinstance(cell, Padding):
        text = cell.renderable
        return cell.left + (text.cell_len if isinstance(text, Text) else 0)
    return cell.cell_len


def _metric(row: Line, labelled: bool, room: int) -> Padding:
    """The metric, or one of its targets with its labels, indented also where it wraps.

    A group has no other name than its labels: they are always shown.
    """
    if not row.target:
        return Padding(_marked(row, row.metric), (0, 0, 0, 1))
    words = " · ".join((row.target, *row.labels)) if labelled or row.group else row.target
    return Padding(_marked(row, words, "dim"), (0, 0, 0, 3))


def _marked(row: Line, words: str, style: str = "") -> Text:
    """The words, with a mark where the lines below the table say something about the values of the row."""
    return Text(f"{words} {FLAG}" if row.flagged else words, style=style)


def _after(row: Line, labelled: bool, room: int) -> Text:
    return Text(f"{row.after} {row.unit}".strip())


def _ratio(row: Line, labelled: bool, room: int) -> Text:
    return Text(f"{row.symbol} {' ' * (room - cell_len(row.ratio))}{row.ratio}".strip(), style=_style(row))


def _verdict(row: Line, labelled: bool, room: int) -> Text:
    return Text(row.words, style=_style(row))


def _style(row: Line) -> str:
    return "" if row.verdict is None else look(row.verdict).style


_ASCII_HEAD = box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
_SETTLES = _Column(
    "What would settle it",
    "left",
    lambda row, labelled, room: Text("" if row.target else row.settle),
    24,
    80,
    _SETTLE,
    drop=3,
    prose=True,
)
_COLUMNS = (
    _Column("Metric", "left", _metric, 20, 200),
    _Column("Before", "right", lambda row, labelled, room: Text(row.before), 9, 14, _VALUES, drop=2),
    _Column("After", "right", _after, 9, 22, _VALUES, drop=2),
    _Column("Ratio", "right", _ratio, 9, 24),
    _Column("Interval", "left", lambda row, labelled, room: Text(row.interval), 8, 24, _INTERVAL, drop=1),
    _Column("Verdict", "left", _verdict, 14, 30),
    _SETTLES,
)
"""All columns from left to right."""
