"""How do the steps along the phases, and factors, read in a terminal? One table for the path, one per 2×2."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text as Words

from bench.analyse.phases.designs import Effect, Interaction, Path, Square
from bench.analyse.result import MetricResult, Verdict
from bench.report import numbers
from bench.report.formats import Output
from bench.report.plain import one_line
from bench.report.squares import sentences, square_metrics
from bench.report.steps import dropped_words, left_out_words, level_words, move_words, path_metrics
from bench.report.terminal import printed
from bench.report.text import Text
from bench.report.verdicts import places, ratio_words, result_unit, title
from bench.report.view import Report
from bench.report.words import look


def render_phases(report: Report, output: Output = Output()) -> str:  # noqa: B008  # frozen
    """What the phases say together; "" for a report of two of them."""
    if report.factorial is None:
        return ""
    found, text = report.factorial, Text()

    def write(console: Console) -> None:
        _print_path(console, report, found.path, text)
        for square in found.squares:
            console.print()
            _print_square(console, report, square, text)

    return printed(write, output)


def _print_path(console: Console, report: Report, path: Path, text: Text) -> None:
    console.print(Words(text("steps.title"), style="bold"))
    table = _table(report, text)
    for step in path.steps:
        moved = ", ".join(move_words(move, text) for move in step.moved) or text("steps.none")
        table.add_column(f"{one_line(step.after)}\n{moved}", overflow="fold")
    table.add_column(text("steps.total"), overflow="fold")
    names = places(report.comparisons)
    metrics, shown = path_metrics(report, path)
    for one in metrics:
        if one.key in shown:
            cells = [_result(result) for result in (*one.steps, one.total)]
            table.add_row(_metric(one.total, names[one.key]), *cells)
    console.print(table)
    _print_more(console, len(metrics) - len(shown), text)
    for said in (
        *(text("steps.joint", before=step.before, after=step.after) for step in path.steps if len(step.moved) > 1),
        *left_out_words([pair for one in path.metrics for pair in one.left_out], text),
        *dropped_words(path.dropped, text),
    ):
        console.print(Words(f"! {one_line(said)}"))


def _print_square(console: Console, report: Report, square: Square, text: Text) -> None:
    first, second = square.moves
    head = text("factors.title", first=one_line(first[0]), second=one_line(second[0]))
    console.print(Words(head, style="bold"))
    if square.metrics:
        table = _table(report, text)
        for move in square.moves:
            table.add_column(move_words(move, text), overflow="fold")
        table.add_column(text("factors.interaction"), overflow="fold")
        names = places(report.comparisons)
        metrics, shown = square_metrics(report, square)
        for one in metrics:
            if one.key in shown:
                half = len(one.effects) // 2
                effects = (_effects(one.effects[:half], text), _effects(one.effects[half:], text))
                table.add_row(_metric(one.result, names[one.key]), *effects, _interaction(one.interaction, text))
        console.print(table)
        _print_more(console, len(metrics) - len(shown), text)
    for said in sentences(square, text, lead=False):
        console.print(Words(f"! {one_line(said)}"))


def _print_more(console: Console, number: int, text: Text) -> None:
    """How many metrics have no row here; the page has them."""
    if number:
        console.print(Words(text("steps.more", metrics=text.number("further", number))))


def _table(report: Report, text: Text) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=False, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)
    table.add_column(text("matrix.metric"), overflow="fold", min_width=20)
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
