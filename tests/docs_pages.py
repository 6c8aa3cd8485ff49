"""The documentation as data: its pages, fenced blocks, inline code, tables and command lines."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
LINKED = (*PAGES, ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md")

_FENCE = re.compile(
    r"(?:^<!-- (?P<mark>.+?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: where it stands, its language, the comment right above it, its text."""

    page: str
    line: int
    language: str
    mark: str
    text: str


def blocks(language: str, *, mark: str | None = None) -> list[Block]:
    """All fenced blocks of a language, in the order of pages and lines."""
    found = []
    for page in PAGES:
        text = page.read_text("utf-8")
        for match in _FENCE.finditer(text):
            if match["language"] == language and (mark is None or match["mark"] == mark):
                line = text.count("\n", 0, match.start("text")) + 1
                found.append(Block(page.name, line, language, match["mark"] or "", match["text"]))
    return found


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def inline() -> list[tuple[str, str]]:
    """(page, text) of every code span outside fenced blocks."""
    return [(page.name, match[1]) for page in PAGES for match in _INLINE.finditer(prose(page))]


def commands() -> Iterator[tuple[str, list[str]]]:
    """(where, words after `bench`) of every command line that a reader may paste."""
    for block in blocks("sh"):
        for number, line in enumerate(block.text.splitlines()):
            lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;<>")
            lexer.whitespace_split = True
            words = [*lexer, "&&"]
            while words:
                end = next(index for index, word in enumerate(words) if set(word) <= set("&|;<>"))
                if words[:end][:1] in (["bench"], [".venv/bin/bench"]):
                    yield f"{block.page}:{block.line + number}", words[1:end]
                words = words[end + 1 :] if set(words[end]) <= set("&;") else []


def table(page: Path, header: str) -> list[list[str]]:
    """The rows (cells, stripped) of the table whose header starts with `header`."""
    rows: list[list[str]] = []
    inside = False
    for line in page.read_text("utf-8").splitlines():
        if line.startswith(f"| {header} |"):
            inside = True
        elif inside and not line.startswith("|"):
            break
        elif inside and not set(line) <= set("|-: "):
            rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def spans(cell: str) -> list[str]:
    """The code spans of a table's cell."""
    return _INLINE.findall(cell)


def slug(heading: str) -> str:
    """The anchor that a heading gets."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
