"""How does a comparison or a report look in Markdown? As GitHub reads it, ready to be pasted into a ticket."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bench.analyse.result import Comparison
from bench.report.blocks import Block, Bullets, Grid, Heading, Paragraph, Strong, Verbatim, Words, comparison_blocks
from bench.report.formats import Output
from bench.report.plain import one_line, visible

if TYPE_CHECKING:
    from bench.report.view import Report

_ANYWHERE = re.compile(r"([\\`*_\[\]|~$!])")
_AT_START = re.compile(r"^([#+>-])")
_NUMBERED = re.compile(r"^(\d+)([.)])(?=\s|$)")
_LINKS = (("://", "&#58;//"), ("www.", "www&#46;"), ("@", "&#64;"))
"""What GitHub makes a link or a mention of without any markup."""


def render(comparisons: Sequence[Comparison], output: Output = Output()) -> str:  # noqa: B008  # frozen
    """Every comparison as a heading, one sentence, a table and its remarks."""
    return write(block for comparison in comparisons for block in comparison_blocks(comparison, output))


def render_report(report: Report) -> str:
    """The first screen of a report (`bench.report.digest`)."""
    from bench.report.digest import digest_blocks

    return write(digest_blocks(report))


def write(blocks: Iterable[Block]) -> str:
    """Blocks one below the other, the foreign text in them escaped."""
    return "\n\n".join(map(_block, blocks)) + "\n"


def escape(text: str) -> str:
    """`text` with everything that Markdown or HTML would read as markup made literal."""
    shown = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = _AT_START.sub(r"\\\1", _ANYWHERE.sub(r"\\\1", shown))
    shown = _NUMBERED.sub(r"\1\\\2", shown)
    for plain, harmless in _LINKS:
        shown = shown.replace(plain, harmless)
    return shown


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * min(6, block.level + 2)} {escape(block.text)}"
        case Paragraph():
            return _words(block.words)
        case Bullets():
            return "\n".join(f"- {_words(item)}" for item in block.items)
        case Grid():
            return _grid(block)
        case Verbatim():
            return _fenced(block.text)


def _fenced(text: str) -> str:
    """Between two fences that are longer than any in the text."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return "\n".join((fence, *map(visible, text.split("\n")), fence))


def _grid(grid: Grid) -> str:
    rule = ["--:" if column in grid.right else "---" for column in range(len(grid.head))]
    rows = [[_words(cell) for cell in row] for row in grid.rows]
    return "\n".join(map(_row, [[escape(name) for name in grid.head], rule, *rows]))


def _words(words: Words) -> str:
    """Pieces with a blank between them; what has nothing to show is left out, also its stars."""
    shown = ((escape(one.text), "**") if isinstance(one, Strong) else (escape(one), "") for one in words)
    return " ".join(f"{mark}{piece}{mark}" for piece, mark in shown if piece)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
