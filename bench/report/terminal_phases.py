"""How do the steps along the phases, and factors, read in a terminal? A table where it fits, else a list per metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Words

from bench.analyse.phases.designs import Effect, Interaction, Path, Square
from bench.analyse.result import MetricResult, Verdict
from bench.report import numbers
from bench.report.columns import GAP
from bench.report.formats import Output
from bench.report.plain import one_line
from bench.report.squares import sentences, square_metrics
from bench.report.steps import dropped_words, left_out_words, level_words, move_words, path_metrics
from bench.report.terminal import as_shown, plain, printed, remark, table_for
from bench.report.text import Text
from bench.report.verdicts import places, ratio_words, result_unit, title
from bench.report.view import Report
from bench.report.words import look

_NAME = 24
"""Cells beyond which the name of a metric may fold before the table becomes a list."""


def render_phases(report: Report, output: Output = Output()) -> str:  # noqa: B008  # frozen
    """What the phases say together; "" for a report of two of them."""
    if report.factorial is None:
        return ""
    found = report.factorial

    def write(console: Console) -> None:
        _print_path(console, report, found.path, output)
        for square in found.squares:
            console.print()
            _print_square(console, report, square, output)

    return printed(write, output)


def _print_path(console: Console, report: Report, path: Path, output: Output) -> None:
    text = Text()
    console.print(Words(plain(text("steps.title"), output), style="bold"))
    moves = [", ".join(move_words(move, text) for move in step.moved) or text("steps.none") for step in path.steps]
    heads = [f"{one_line(step.after)}\n{moved}" for step, moved in zip(path.steps, moves, strict=True)]
    names = places(report.comparisons)
    metrics, shown = path_metrics(report, path)
    rows = [
        (_metric(one.total, names[one.key]), [_result(result) for result in (*one.steps, one.total)])
        for one in metrics
        if one.key in shown
    ]
    _print_grid(console, _Grid(text("matrix.metric"), (*heads, text("steps.total")), tuple(rows)), output)
    _print_more(console, len(metrics) - len(shown), text, output)
    for said in (
        *(text("steps.joint", before=step.before, after=step.after) for step in path.steps if len(step.moved) > 1),
        *left_out_words([pair for one in path.metrics for pair in one.left_out], text),
        *dropped_words(path.dropped, text),
    ):
        remark(console, "!", one_line(said), output)


def _print_square(console: Console, report: Report, square: Square, output: Output) -> None:
    text = Text()
    first, second = square.moves
    head = text("factors.title", first=one_line(first[0]), second=one_line(second[0]))
    console.print(Words(plain(head, output), style="bold"))
    if square.metrics:
        heads = (*(move_words(move, text) for move in square.moves), text("factors.interaction"))
        names = places(report.comparisons)
        metrics, shown = square_metrics(report, square)
        rows: list[tuple[Words, list[Words]]] = []
        for one in metrics:
            if one.key in shown:
                half = len(one.effects) // 2
                effects = (_effects(one.effects[:half], text), _effects(one.effects[half:], text))
                cells = [*effects, _interaction(one.interaction, text)]
                rows.append((_metric(one.result, names[one.key]), cells))
        _print_grid(console, _Grid(text("matrix.metric"), heads, tuple(rows)), output)
        _print_more(console, len(metrics) - len(shown), text, output)
    for said in sentences(square, text, lead=False):
        remark(console, "!", one_line(said), output)


def _print_more(console: Console, number: int, text: Text, output: Output) -> None:
    """How many metrics have no row here; the page has them."""
    if number:
        console.print(Words(plain(text("steps.more", metrics=text.number("further", number)), output)))


@dataclass(frozen=True, slots=True)
class _Grid:
    """Metrics × steps or effects; heads and cells may have several lines."""

    first: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Words, list[Words]], ...]


def _print_grid(console: Console, grid: _Grid, output: Output) -> None:
    """Side by side where every cell has room, because a cut cell says something else; else one below another."""
    names = max((name.cell_len for name, _ in grid.rows), default=0)
    columns = [
        max(cell_len(line) for cell in cells for line in cell.split("\n"))
        for cells in zip(grid.heads, *([cell.plain for cell in cells] for _, cells in grid.rows), strict=True)
    ]
    if max(min(names, _NAME), cell_len(grid.first)) + sum(GAP + size for size in columns) <= output.width:
        console.print(_table(grid, columns, output))
        return
    for name, cells in grid.rows:
        console.print(Padding(as_shown(name, output), (0, 0, 0, 1)))
        listed = Table.grid(padding=(0, 2, 0, 0))
        listed.add_column(overflow="fold")
        listed.add_column(overflow="fold", min_width=min(output.width // 2, max(map(_widest, cells))))
        for head, cell in zip(grid.heads, cells, strict=True):
            listed.add_row(Words(plain(head.replace("\n", ": "), output), style="dim"), as_shown(cell, output))
        console.print(Padding(listed, (0, 0, 0, 3)))


def _widest(cell: Words) -> int:
    return max(map(cell_len, cell.plain.split("\n")))


def _table(grid: _Grid, columns: Sequence[int], output: Output) -> Table:
    table = table_for(output)
    table.add_column(plain(grid.first, output), overflow="fold")
    for head, size in zip(grid.heads, columns, strict=True):
        table.add_column(plain(head, output), overflow="fold", min_width=size)
    for name, cells in grid.rows:
        table.add_row(as_shown(name, output), *(as_shown(cell, output) for cell in cells))
    return table


def _metric(result: MetricResult, place: str) -> Words:
    named = f"{one_line(result.key.suite)} {title(result)}"
    return Words(f"{named} ({place})" if place else named)


def _result(result: MetricResult) -> Words:
    return _cell(result.verdict, ratio_words(result, result_unit(result)))


def _cell(verdict: Verdict, ratio: str) -> Words:
    shown = look(verdict)
    return Words(f"{shown.symbol} {ratio}", style=shown.style)


def _effects(effects: Sequence[Effect], text: Text) -> Words:
    """A main effect, or one effect per level of the other factor."""
    said = Words()
    for number, one in enumerate(effects):
        ratio = numbers.percent(one.ratio, one.interval, moved=one.verdict in (Verdict.IMPROVED, Verdict.REGRESSED))
        said.append("\n" if number else "")
        said.append_text(_cell(one.verdict, ratio))
        said.append(f" ({level_words(one.held, text)})" if one.held else "")
    return said


def _interaction(one: Interaction, text: Text) -> Words:
    word = "factors.unknown" if one.p is None else "factors.interact" if one.significant else "factors.apart"
    return Words(f"{numbers.percent(one.ratio, one.interval, moved=one.significant)} {text(word)}")
