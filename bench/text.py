"""Bytes that a tool printed, after terminals, editors and Windows shells had them, as text with plain line ends.

The one helper beside the contracts that suites may import: every parser starts with it. Numbers that stand in text go
through `to_number` and `to_whole`.
"""

from __future__ import annotations

import codecs
import re

LARGEST = 1e30
"""No machine counts further: a larger number in an output is damage, and sums of such numbers would be infinite."""

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def decode(data: bytes) -> str:
    """`data` as text: UTF-16 (with or without a byte order mark) or UTF-8; terminal escapes and CR are dropped."""
    text = data.decode(_encoding(data), errors="replace")
    return _ESCAPES.sub("", text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""))


def to_number(text: str) -> float:
    """`text` as a number; ValueError for none, for nan and inf, and for one that no machine can have counted."""
    value = float(text)
    if not abs(value) <= LARGEST:
        raise ValueError(f"not a number that a machine prints: {text[:40]}")
    return value


def to_whole(text: str) -> int:
    """`text` as a whole number; ValueError as `to_number`."""
    to_number(text)
    return int(text)


def _encoding(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = data[:200]
    if len(head) >= 4 and head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    if len(head) >= 4 and head[0::2].count(0) > len(head) // 4:
        return "utf-16-be"
    return "utf-8"
