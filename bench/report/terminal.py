"""How does a comparison look in a terminal? A Rich table that fits 60 to 200 columns.

Narrow terminals lose columns, never words: first what would settle a metric (it moves below the table), then before
and after, then the interval. Without colour the text is plain: no escape sequence comes from here or from the data.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bench.analyse.result import Comparison
from bench.report.formats import Output
from bench.report.lines import Line, heading, lines, remarks, settles, summary
from bench.report.words import look

_INTERVAL, _VALUES, _SETTLE = 84, 108, 150
"""Columns of terminal from which on these columns of the table are shown."""


def render(comparisons: Sequence[Comparison], output: Output = Output()) -> str:  # noqa: B008  # frozen
    """All comparisons as tables, one after the other."""
    stream = io.StringIO()
    console = Console(
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
    for number, comparison in enumerate(comparisons):
        if number:
            console.print()
        _print(console, comparison, output)
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


def _print(console: Console, comparison: Comparison, output: Output) -> None:
    rows = lines(comparison, targets=output.targets)
    console.print(Text(heading(comparison), style="bold"))
    console.print(Text(summary(comparison)))
    if rows:
        console.print(_table(rows, output.width))
    if output.width < _SETTLE:
        for words, number in settles(rows).items():
            console.print(Text(f"? {number} to settle: {words}", style="yellow"))
    for words in remarks(comparison):
        console.print(Text(f"! {words}"))


def _table(rows: Sequence[Line], width: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=False, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)
    columns = _columns(width)
    for name, right, _ in columns:
        flexible = name in ("Metric", "What would settle it")
        table.add_column(
            name, justify="right" if right else "left", no_wrap=not flexible, overflow="fold", ratio=None,
            min_width=16 if name == "Metric" else None,
        )  # fmt: skip
    suite = ""
    for row in rows:
        if row.suite != suite:
            suite = row.suite
            table.add_row(Text(suite, style="bold"), *("" for _ in columns[1:]))
        table.add_row(*(cell(row) for _, _, cell in columns))
    return table


Cell = Callable[[Line], Text | Padding]
"""From a row to one of its cells."""


def _columns(width: int) -> list[tuple[str, bool, Cell]]:
    """(head, aligned right, cell) of the columns that fit."""
    found: list[tuple[str, bool, Cell]] = [("Metric", False, _labelled if width >= _INTERVAL else _metric)]
    if width >= _VALUES:
        found.append(("Before", True, lambda row: Text(row.before)))
        found.append(("After", True, lambda row: Text(f"{row.after} {row.unit}".strip())))
    found.append(("Ratio", True, _ratio))
    if width >= _INTERVAL:
        found.append(("Interval", False, lambda row: Text(row.interval)))
    found.append(("Verdict", False, lambda row: Text(row.words, style=look(row.verdict).style)))
    if width >= _SETTLE:
        found.append(("What would settle it", False, lambda row: Text(row.settle)))
    return found


def _metric(row: Line) -> Padding:
    """The metric, or one of its targets, indented also where it wraps."""
    if not row.target:
        return Padding(Text(row.metric), (0, 0, 0, 1))
    return Padding(Text(row.target, style="dim"), (0, 0, 0, 3))


def _labelled(row: Line) -> Padding:
    """The same, with the labels of a target."""
    if not row.target:
        return _metric(row)
    return Padding(Text(" · ".join((row.target, *row.labels)), style="dim"), (0, 0, 0, 3))


def _ratio(row: Line) -> Text:
    return Text(f"{row.symbol} {row.ratio}", style=look(row.verdict).style)
