"""What may a foreign string contain when it is shown? Controls, direction tricks and what hides are made visible.

Names, causes and versions come from machines that are measured. An escape sequence in one of them must not move a
terminal's cursor, and a bidirectional override must not make a table read differently from what it says.
"""

from __future__ import annotations

import re

_SPACE = re.compile(r"[\t\n\r\v\f\x85\u2028\u2029]+")
UNSEEN = (
    "\xad\u061c\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
) + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
"""What turns the direction of text, takes no room, or is no character, as the inside of a character class: two names
that differ in it look alike."""
_FORMULA = "=+-@\t\r\n＝＋－＠"
_HIDDEN = re.compile(f"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f{UNSEEN}]")


def one_line(text: str) -> str:
    """`text` on one line: line breaks and tabs become a space, what steers, turns or hides becomes U+FFFD."""
    return visible(_SPACE.sub(" ", text)).strip()


def visible(text: str) -> str:
    """`text` with its blanks as they are; what steers, turns or hides becomes U+FFFD."""
    return _HIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def no_formula(text: str) -> str:
    """`text` as no spreadsheet runs it: what begins like a formula (also in full width) gets a leading apostrophe."""
    return f"'{text}" if text[:1] in _FORMULA and text else text


def shorten(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, the middle replaced by an ellipsis (both ends tell names apart)."""
    if len(text) <= limit:
        return text
    head = limit // 2
    tail = limit - 1 - head
    return f"{text[:head]}…{text[len(text) - tail :] if tail else ''}"
