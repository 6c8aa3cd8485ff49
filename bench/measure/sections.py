"""What did the probe print? Its `@@ section` blocks, the small files in them, and the values that may become facts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TypeAlias

Sections: TypeAlias = Mapping[str, list[str]]
Files: TypeAlias = Mapping[str, str]
Found: TypeAlias = Iterator[tuple[str, str, str]]
"""(layer, name, value); a value of "" is not known."""

MAX_PROBE = 4 << 20
"""Bytes of output that are looked at; a large machine's probe prints a tenth of it."""


def read_sections(text: bytes) -> dict[str, list[str]]:
    """Section → lines, without what may be cut short where the output broke off: half a value would be a wrong fact."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text[:MAX_PROBE].decode("utf-8", errors="replace").split("\n"):
        if line.startswith("@@ "):
            lines = sections.setdefault(line[3:].strip(), [])
        else:
            lines.append(line.rstrip("\r"))
    if "end" in sections or not sections:
        return sections
    *_, last = sections
    lines = sections[last]
    kept = [line for line in lines if line.partition(":")[0] != lines[-1].partition(":")[0]] if last == "files" else []
    return sections | {last: kept}


def read_files(sections: Sections, name: str = "files") -> dict[str, str]:
    """`path:line` as path → content."""
    found: dict[str, str] = {}
    for line in sections.get(name, []):
        path, colon, content = line.partition(":")
        if colon and path.startswith("/"):
            found[path] = f"{found[path]}\n{content}" if path in found else content
    return found


def links(sections: Sections) -> Iterator[tuple[str, str]]:
    """Path and target of each symbolic link that `ls` showed."""
    for line in sections.get("links", []):
        left, arrow, target = line.partition(" -> ")
        if arrow and "/" in left:
            yield left[left.index("/") :], target


def first_line(sections: Sections, name: str) -> str:
    """The first line of a section, "" when there is none."""
    return next(iter(sections.get(name, [])), "")


def digest(text: str) -> str:
    """Sixteen hexadecimal digits that tell two texts apart."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def bounded(text: str, longest: int) -> str:
    """`text`; a longer one than any machine has is cut, with a digest that still tells two of them apart."""
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters, {digest(text)})"
