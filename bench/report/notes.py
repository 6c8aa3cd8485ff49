"""What did the author write for the ticket? Markdown as safe HTML for the page, and as blocks for what is pasted.

The only module that knows markdown-it. HTML in notes is text, pictures are their words, links lead to http, https and
mailto only: notes may quote what a target said.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bench.errors import ConfigError
from bench.report.blocks import Block, Bullets, Grid, Heading, Paragraph, Verbatim, Words
from bench.report.plain import one_line, visible

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MOST_BYTES = 100_000
"""A long text; more belongs beside the report."""

_BELOW = 2
"""Levels that a heading moves down: the page has its own title and sections."""


def read_notes(path: Path) -> str:
    """The Markdown in a file, one line break everywhere; ConfigError when it cannot be read or is no text."""
    remedy = f"Give a file of Markdown in UTF-8, at most {MOST_BYTES // 1000} kB"
    where = f"--notes {path}"
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", where=where, remedy=remedy) from error
    if len(content) > MOST_BYTES:
        raise ConfigError("is too large", where=where, remedy=remedy)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError("is no text in UTF-8", where=where, remedy=remedy) from error
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def notes_html(notes: str) -> str:
    """The notes as HTML, safe in a page that forbids scripts and fetches nothing."""
    return str(_markdown().render(_seen(notes)))


def notes_blocks(notes: str) -> Iterator[Block]:
    """The notes as what a ticket's own markup can say: no bold and no nesting, and every word."""
    tokens = _markdown().parse(_seen(notes))
    at = 0
    while at < len(tokens):
        end = _end(tokens, at)
        yield from _block(tokens[at:end])
        at = end


def _seen(notes: str) -> str:
    return "\n".join(map(visible, notes.split("\n")))


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    made.validateLink = _is_safe  # type: ignore[method-assign]  # the documented way to choose what may be a link
    made.add_render_rule("link_open", _link)
    made.add_render_rule("image", _image)
    made.add_render_rule("heading_open", _heading)
    made.add_render_rule("heading_close", _heading)
    made.add_render_rule("table_open", lambda *_: '<div class="scroll" tabindex="0"><table class="plain">\n')
    made.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return made


def _is_safe(url: str) -> bool:
    try:
        return urlsplit(url).scheme.lower() in ("http", "https", "mailto")
    except ValueError:
        return False


def _link(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: MutableMapping[str, Any]) -> str:
    tokens[at].attrSet("rel", "noopener noreferrer")
    return str(renderer.renderToken(tokens, at, options, env))


def _image(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: MutableMapping[str, Any]) -> str:
    from markdown_it.common.utils import escapeHtml

    return str(escapeHtml(tokens[at].content))


def _heading(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: MutableMapping[str, Any]) -> str:
    level = min(6, int(tokens[at].tag[1]) + _BELOW)
    return f"<h{level}>" if tokens[at].nesting == 1 else f"</h{level}>\n"


def _end(tokens: Sequence[Token], at: int) -> int:
    """Behind the block that begins at `at`."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += tokens[place].nesting
        if depth == 0:
            return place + 1
    return len(tokens)


def _block(tokens: Sequence[Token]) -> Iterator[Block]:
    first = tokens[0]
    if first.type == "heading_open":
        yield Heading(_inline(tokens[1]), min(4, int(first.tag[1]) + 2))
    elif first.type in ("bullet_list_open", "ordered_list_open"):
        yield Bullets(tuple(_items(tokens)))
    elif first.type == "table_open":
        rows = [[_inline(one) for one in row] for row in _rows(tokens)]
        yield Grid(tuple(rows[0]), tuple(tuple((cell,) for cell in row) for row in rows[1:]))
    elif first.type in ("fence", "code_block"):
        yield Verbatim(first.content.rstrip("\n"))
    else:
        for one in tokens:
            if one.type in ("fence", "code_block"):
                yield Verbatim(one.content.rstrip("\n"))
            elif one.type == "inline":
                yield Paragraph((_inline(one),))


def _items(tokens: Sequence[Token]) -> Iterator[Words]:
    """Every item of a list and of those in it, one line each; numbers are kept, inner lists have a dash."""
    depth = 0
    for at, one in enumerate(tokens):
        depth += one.nesting if one.type.endswith("_list_open") or one.type.endswith("_list_close") else 0
        if one.type == "inline" or one.type in ("fence", "code_block"):
            number = _number(tokens[:at])
            words = _inline(one) if one.type == "inline" else one_line(one.content)
            yield (" ".join(filter(None, ("–" * (depth - 1), number, words))),)


def _number(before: Sequence[Token]) -> str:
    """The number of the item that just began, "" in a list without numbers or within an item."""
    last = next((one for one in reversed(before) if one.type != "paragraph_open"), None)
    return f"{last.info}{last.markup}" if last is not None and last.type == "list_item_open" and last.info else ""


def _rows(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    row: list[Token] = []
    for one in tokens:
        if one.type == "tr_open":
            row = []
        elif one.type == "inline":
            row.append(one)
        elif one.type == "tr_close":
            yield row


def _inline(token: Token) -> str:
    """The words of a line; where a link leads stands behind it in parentheses."""
    said: list[str] = []
    address = ""
    for one in token.children or ():
        if one.type in ("text", "code_inline", "image"):
            said.append(one.content)
        elif one.type in ("softbreak", "hardbreak"):
            said.append(" ")
        elif one.type == "link_open":
            address = str(one.attrGet("href") or "")
        elif one.type == "link_close":
            said.append(f" ({address})" if address and address != said[-1] else "")
    return "".join(said)
