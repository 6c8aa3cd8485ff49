"""How does a comparison or a report look in Jira? Its wiki markup, ready to be pasted into a description or a comment.

The notation is that of Jira's own help, "Text Formatting Notation" (also Confluence's old one, and REST API 2's).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bench.analyse.result import Comparison
from bench.report.blocks import Block, Bullets, Grid, Heading, Paragraph, Verbatim, Words, comparison_blocks, spoken
from bench.report.formats import Output
from bench.report.plain import one_line, visible

_SMILEY = r"[yni/x!+?*-]|on|off|\*[rgby]|flag|flagoff"
_MARKS = re.compile(
    r"[{}\[\]*_+^~!|]|^#|\?(?=\?)|(?<=\?)\?|:(?=[/A-Za-z])|(?<=^h[1-6])\.|(?<=^bq)\.|[&<>\\]"
    rf"|(?<=[:;])[()]|\((?=(?:{_SMILEY})\))"
    r"|(?<![A-Za-z0-9])-|-(?![A-Za-z0-9])|(?:(?<=[A-Z]{2})|(?<=[A-Z]\d)|(?<=[A-Z]\d\d))-(?=\d)"
)
"""Macros, links, mentions, smileys, bold, italic, inserted, deleted and dashes, citations, images, tables, lists.

A hyphen inside of a word is none of these, and names are to be found again: vm-2. In ABC-1 it makes a link. A round
bracket is one in a smiley only.
"""
_NOFORMAT = re.compile(r"\{noformat", re.IGNORECASE)
"""What would end a piece of text in which nothing is markup."""
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\\": "&#92;", ":": "&#58;", ".": "&#46;"}
"""What a backslash does not make literal: two of them are a line break, and before other marks it is shown itself."""


def render(comparisons: Sequence[Comparison], output: Output = Output()) -> str:  # noqa: B008  # frozen
    """Every comparison as a heading, one sentence, a table and its remarks."""
    return write(comparison_blocks(comparisons, output))


def write(blocks: Iterable[Block]) -> str:
    """Blocks one below the other, the foreign text in them escaped."""
    return "\n\n".join(map(_block, blocks)) + "\n"


def escape(text: str) -> str:
    """`text` with everything that Jira would read as markup made literal."""
    return _MARKS.sub(_literal, one_line(text))


def _literal(found: re.Match[str]) -> str:
    return _ENTITIES.get(found[0], f"\\{found[0]}")


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
    return spoken(words, escape, "*")
