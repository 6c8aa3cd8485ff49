"""Where the command line prints: results on standard output, errors and progress on standard error, no raw escapes."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.errors import BenchError, JobFailed

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    """`text` with control characters shown as `�`: what a target or a file says never reaches the terminal raw."""
    return _CONTROL.sub("�", text)


def out() -> Console:
    """The console for results; plain when standard output is no terminal or NO_COLOR is set."""
    return Console(soft_wrap=not sys.stdout.isatty(), highlight=False)


def err() -> Console:
    """The console for errors and progress."""
    return Console(stderr=True, highlight=False)


def complain(error: BenchError) -> None:
    """One paragraph on standard error."""
    console = err()
    console.print(Text.assemble(("error: ", "bold red"), clean(str(error))), soft_wrap=True)
    if isinstance(error, JobFailed) and error.tail:
        console.print(Text(clean(error.tail)), soft_wrap=True)


def note(text: str) -> None:
    """One line on standard error."""
    err().print(Text(clean(text)), soft_wrap=True)


def warn(text: str) -> None:
    """One warning on standard error."""
    err().print(Text.assemble(("warning: ", "yellow"), clean(text)), soft_wrap=True)


def say(text: str) -> None:
    """One line on standard output."""
    out().print(Text(clean(text)), soft_wrap=True)


def print_json(data: Any) -> None:
    """`data` as JSON on standard output."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2) + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """A table on standard output; columns named in `right` are aligned right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(clean(cell)) for cell in row))
    console = out()
    console.print(table, soft_wrap=False, width=None if sys.stdout.isatty() else 200)


def duration(seconds: float) -> str:
    """`42 s`, `3 min 20 s`, `2 h 05 min`."""
    total = round(seconds)
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min {total % 60:02d} s"
    return f"{total // 3600} h {total % 3600 // 60:02d} min"
