"""Bytes that a tool printed, after terminals, editors and Windows shells had them, as text with plain line ends.

The one helper beside the contracts that suites may import: every parser starts with it.
"""

from __future__ import annotations

import codecs
import re

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def decode(data: bytes) -> str:
    """`data` as text: UTF-16 (with or without a byte order mark) or UTF-8; terminal escapes and CR are dropped."""
    text = data.decode(_encoding(data), errors="replace")
    return _ESCAPES.sub("", text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""))


def _encoding(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = data[:200]
    if len(head) >= 4 and head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    if len(head) >= 4 and head[0::2].count(0) > len(head) // 4:
        return "utf-16-be"
    return "utf-8"
