"""Where the command line prints: results on standard output, errors and progress on standard error, no raw escapes."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from textwrap import wrap
from typing import Any, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.errors import BenchError, JobFailed
from bench.report.plain import UNSEEN, one_line

_NOT_IN_JSON = re.compile(f"[\x7f-\x9f\u2028\u2029{UNSEEN}]")
_UNLIMITED = 10_000
"""Columns where there is no terminal that ends."""


def clean(text: str) -> str:
    """`text` safe to print, line by line: what a target or a file says never reaches the terminal as an escape."""
    return "\n".join(_clean_line(line) for line in text.split("\n"))


def _clean_line(line: str) -> str:
    return " " * (len(line) - len(line.lstrip(" "))) + one_line(line)


def out() -> Console:
    """The console for results; plain when standard output is no terminal or NO_COLOR is set."""
    return Console(soft_wrap=not sys.stdout.isatty(), highlight=False)


def err() -> Console:
    """The console for errors and progress."""
    return Console(stderr=True, highlight=False)


def complain(error: BenchError) -> None:
    """One paragraph on standard error."""
    mention(Text.assemble(("error: ", "bold red"), one_line(str(error))))
    if isinstance(error, JobFailed) and error.tail:
        mention(Text(clean(error.tail)))


def note(text: str) -> None:
    """One line on standard error."""
    mention(Text(_clean_line(text)))


def warn(text: str) -> None:
    """One warning on standard error."""
    mention(Text.assemble(("warning: ", "yellow"), one_line(text)))


def mention(text: Text, console: Console | None = None) -> None:
    """Print on standard error, if that can be written: a full disk below a log must not end what is going on.

    What was printed before stands before it, also where both streams go to one file.
    """
    with suppress(OSError):
        sys.stdout.flush()
    with suppress(OSError):
        (console or err()).print(text, soft_wrap=True)


def say(text: str) -> None:
    """One line on standard output, whatever `text` holds: a cause cannot pretend to be a line of ours."""
    out().print(Text(_clean_line(text)), soft_wrap=True)


def paragraph(text: str, *, indent: str = "") -> None:
    """The same, but a terminal that is narrower breaks it between words; `indent` stands before each further line."""
    line = _clean_line(text)
    width = terminal_width()
    lines = wrap(line, width, subsequent_indent=indent, break_on_hyphens=False) if cell_len(line) > width else [line]
    sys.stdout.write("".join(f"{one}\n" for one in lines))


def print_json(data: Any) -> None:
    """`data` as JSON on standard output; characters that steer a terminal are escaped."""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    sys.stdout.write(_NOT_IN_JSON.sub(lambda found: json.dumps(found[0])[1:-1], text) + "\n")


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = (), whole: Sequence[str] = ()
) -> None:
    """A table on standard output, in a pipe one line a row; a column without any content is left out.

    Columns named in `right` are aligned right; those in `whole` keep their words on one line while others fold.
    """
    cells = [[one_line(cell) for cell in row] for row in rows]
    shown = [place for place in range(len(columns)) if not cells or any(row[place] for row in cells)]
    names = [columns[place] for place in shown]
    kept = [[row[place] for place in shown] for row in cells]
    lines = _folded(names, kept, right, whole) if sys.stdout.isatty() else _aligned([names, *kept], names, right)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))


def _folded(
    names: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str], whole: Sequence[str]
) -> list[str]:
    """Lines for a terminal: cells fold where the table would be wider."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        justify: Literal["left", "right"] = "right" if name in right else "left"
        table.add_column(name, justify=justify, overflow="fold", no_wrap=name in whole)
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(highlight=False)
    with console.capture() as captured:
        console.print(table)
    return captured.get().splitlines()


def _aligned(rows: Sequence[Sequence[str]], names: Sequence[str], right: Sequence[str]) -> list[str]:
    """Lines for a pipe: one a row, however long."""
    widths = [max(cell_len(row[place]) for row in rows) for place in range(len(names))]
    lines = []
    for row in rows:
        pads = [" " * (width - cell_len(cell)) for width, cell in zip(widths, row, strict=True)]
        parts = zip(names, pads, row, strict=True)
        lines.append("  ".join(pad + cell if name in right else cell + pad for name, pad, cell in parts))
    return lines


def terminal_width() -> int:
    """Columns of the terminal; in a pipe more than any text needs."""
    return Console().width if sys.stdout.isatty() else _UNLIMITED


def counted(number: int, noun: str) -> str:
    """`1 trial`, `2 trials`, `0 trials`: for nouns that take an s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float) -> str:
    """`42 s`, `3 min 20 s`, `2 h 05 min`."""
    total = round(seconds)
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min {total % 60:02d} s"
    return f"{total // 3600} h {total % 3600 // 60:02d} min"
