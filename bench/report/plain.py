"""What may a foreign string contain when it is shown? Control characters and text-direction tricks are made visible.

Names, causes and versions come from machines that are measured. An escape sequence in one of them must not move a
terminal's cursor, and a bidirectional override must not make a table read differently from what it says.
"""

from __future__ import annotations

import re

_SPACE = re.compile(r"[\t\n\r\v\f\x85\u2028\u2029]+")
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufeff\ufffe\uffff\ud800-\udfff]"
)


def one_line(text: str) -> str:
    """`text` on one line: line breaks and tabs become a space, control and direction characters become U+FFFD."""
    return _HIDDEN.sub("\N{REPLACEMENT CHARACTER}", _SPACE.sub(" ", text)).strip()


def shorten(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, the middle replaced by an ellipsis (both ends tell names apart)."""
    if len(text) <= limit:
        return text
    head = limit // 2
    tail = limit - 1 - head
    return f"{text[:head]}…{text[len(text) - tail :] if tail else ''}"
