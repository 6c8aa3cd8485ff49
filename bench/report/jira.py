"""How does a comparison or a report look in Jira? Its wiki markup, ready to be pasted into a description or a comment.

The notation is that of Jira's own help, "Text Formatting Notation" (also Confluence's old one, and REST API 2's).
"""

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

_MARKS = re.compile(
    r"[{}\[\]()*_+^~?!|#]|:(?=[/\w])|^(?:h[1-6]|bq)(?=\.)|[&<>\\]"
    r"|(?<![A-Za-z0-9])-|-(?![A-Za-z0-9])|(?<=[A-Z0-9])-(?=\d)"
)
"""Macros, links, mentions, smileys, bold, italic, inserted, deleted and dashes, citations, images, tables, lists.

A hyphen inside of a word is none of these, and names are to be found again: vm-2. In ABC-1 it makes a link.
"""
_NOFORMAT = re.compile(r"\{noformat", re.IGNORECASE)
"""What would end a piece of text in which nothing is markup."""
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\\": "&#92;"}
"""What a backslash cannot make literal: two backslashes are a line break."""


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
    """`text` with everything that Jira would read as markup made literal."""
    return _MARKS.sub(_literal, one_line(text))


def _literal(found: re.Match[str]) -> str:
    mark = found[0]
    if mark in _ENTITIES:
        return _ENTITIES[mark]
    return f"\\{mark}" if len(mark) == 1 else f"{mark}\\"  # h1\. is no heading


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"h{min(6, block.level + 2)}. {escape(block.text)}"
        case Paragraph():
            return _words(block.words)
        case Bullets():
            return "\n".join(f"* {_words(item)}" for item in block.items)
        case Grid():
            rows = [f"|| {' || '.join(map(escape, block.head))} ||"]
            return "\n".join(rows + [f"| {' | '.join(map(_words, row))} |" for row in block.rows])
        case Verbatim():
            lines = _NOFORMAT.sub("{ noformat", block.text).split("\n")
            return "\n".join(("{noformat}", *map(visible, lines), "{noformat}"))


def _words(words: Words) -> str:
    """Pieces with a blank between them; what has nothing to show is left out, also its stars."""
    shown = ((escape(one.text), "*") if isinstance(one, Strong) else (escape(one), "") for one in words)
    return " ".join(f"{mark}{piece}{mark}" for piece, mark in shown if piece)
