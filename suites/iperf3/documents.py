"""Finds the JSON in what iperf3 printed: one document, several in a row, text around them, or a stream of events.

Quirks: iperf3 prints `-nan` where a division failed (not JSON); a document can be cut off; `--json-stream` (3.17 and
later) prints one `{"event": …, "data": …}` per line instead of one document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_START = re.compile(r'\{\s*"(?:(?:start|end)"\s*:\s*\{|intervals"\s*:\s*\[|(?:error|title|extra_data|event)"\s*:)')
_WORD = re.compile(
    r'("(?:[^"\\\n]|\\.)*"?)|(?<![\w."])[-+]?(?:nan|inf(?:inity)?)(?:\([a-z]*\))?(?![\w"])', re.IGNORECASE
)
_MOST_BROKEN = 20
"""Broken starts after which the rest is not JSON: each costs a pass over what follows."""
_DECODER = json.JSONDecoder(parse_constant=lambda _: None)


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON document. `content` is None when it breaks off; `line` is then where it breaks, else where it starts."""

    line: int
    content: dict[str, Any] | None
    problem: str = ""


def find(text: str) -> list[Document]:
    """Every iperf3 document in `text`, in order; events are put together into the document they stand for."""
    clean = _WORD.sub(lambda match: match[1] or "null", text)
    found = list(_documents(clean))
    whole = [one for one in found if one.content is None or "event" not in one.content]
    return whole or list(_from_events(found))


def _documents(text: str) -> Iterator[Document]:
    position, line, counted, broken = 0, 1, 0, 0
    while broken < _MOST_BROKEN and (match := _START.search(text, position)):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        try:
            content, position = _DECODER.raw_decode(text, match.start())
            yield Document(line, content)
        except RecursionError:
            yield Document(line, None, "JSON nested too deeply")
            return
        except ValueError as error:
            where = getattr(error, "lineno", line)
            yield Document(where, None, getattr(error, "msg", "a number that is too long"))
            position = match.end()
            broken += 1


def _from_events(events: list[Document]) -> Iterator[Document]:
    """`start`, `interval`…, `error`, `end` events as documents; a stream without `end` or `error` breaks off."""
    current: dict[str, Any] = {}
    line = 1
    for event in events:
        if event.content is None:
            yield event
            continue
        kind, data = event.content.get("event"), event.content.get("data")
        if current and kind == "start":
            yield _closed(current, line)
            current = {}
        if not current:
            current, line = {"intervals": []}, event.line
        if kind == "interval":
            current["intervals"].append(data)
        elif isinstance(kind, str):
            current[kind] = data
        if kind == "end":
            yield _closed(current, line)
            current = {}
    if current:
        yield _closed(current, line)


def _closed(content: dict[str, Any], line: int) -> Document:
    if "end" in content or "error" in content:
        return Document(line, content)
    return Document(line, None, "no `end` event")
