"""How does a comparison or a report look in Markdown? As GitHub and GitLab read it, to be pasted into a ticket."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bench.analyse.result import Comparison
from bench.report.blocks import Block, Bullets, Grid, Heading, Paragraph, Verbatim, Words, comparison_blocks, spoken
from bench.report.formats import Output
from bench.report.plain import one_line, visible

_ANYWHERE = re.compile(r"([\\`*_\[\]|~$!])")
_AT_START = re.compile(r"^([#+>-])")
_NUMBERED = re.compile(r"^(\d+)([.)])(?=\s|$)")
_LINKS = (("://", "&#58;//"), ("www.", "www&#46;"))
"""What GitHub makes a link of without any markup."""
_REFERENCE = re.compile(r"(?<!\w)(@(?=\w)|#(?=\d))", re.ASCII)
"""What mentions a person, or an issue: looked for when everything else is read, so only what stands between helps."""
_NO_REFERENCE = r"\1&#8203;"


def render(comparisons: Sequence[Comparison], output: Output = Output()) -> str:  # noqa: B008  # frozen
    """Every comparison as a heading, one sentence, a table and its remarks."""
    return write(comparison_blocks(comparisons, output))


def write(blocks: Iterable[Block]) -> str:
    """Blocks one below the other, the foreign text in them escaped."""
    return "\n\n".join(map(_block, blocks)) + "\n"


def escape(text: str) -> str:
    """`text` with everything that Markdown or HTML would read as markup made literal."""
    shown = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = _AT_START.sub(r"\\\1", _ANYWHERE.sub(r"\\\1", shown))
    shown = _NUMBERED.sub(r"\1\\\2", shown)
    shown = _REFERENCE.sub(_NO_REFERENCE, shown)
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
    return spoken(words, escape, "**")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
