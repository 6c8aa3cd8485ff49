"""What is nearest to a symbol of ours in ASCII? For terminals that have nothing else."""

from __future__ import annotations

import unicodedata

_NEAREST = str.maketrans(
    {
        "▲": "^", "▼": "v", "→": "->", "←": "<-", "…": "...", "−": "-", "–": "-", "—": "-", "×": "x", "·": "|",
        "±": "+-", "µ": "u", "≤": "<=", "≥": ">=", "≈": "~", "τ": "tau", "─": "-", "━": "-", "│": "|",
        "“": '"', "”": '"',
        "‘": "'", "’": "'", "•": "*", "\N{NO-BREAK SPACE}": " ", "²": "2",
    }
)  # fmt: skip


def nearest(text: str) -> str:
    """`text` in ASCII: symbols by what is nearest, letters without their accents, and a ? for all else."""
    plain = unicodedata.normalize("NFKD", text.translate(_NEAREST))
    return "".join(one if one.isascii() else "?" for one in plain if not unicodedata.combining(one))
