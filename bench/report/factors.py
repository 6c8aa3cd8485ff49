"""What is a factor called where people read? The name that the catalogue has for it, never its key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bench.analyse.attribution import RELOCATION
from bench.analyse.result import Attribution
from bench.report.plain import one_line
from bench.report.text import Text
from bench.words import Said

_NAMED = ("host_patch", "guest_patch", "sriov", "resize", RELOCATION)
"""What has a name of its own in the catalogue of texts: the known factors, and what comes with another host."""


def factor_name(name: str, text: Text) -> str:
    """A factor by its name in running text: "host patch", "SR-IOV"; one of a campaign's own without underscores."""
    return text(f"factor.{name}") if name in _NAMED else one_line(name).replace("_", " ")


def factor_names(names: Iterable[str], text: Text, *, first: bool = False) -> str:
    """Several factors in a row, as in "guest patch and SR-IOV"; first: they begin a sentence."""
    joined = text.listed((factor_name(name, text) for name in names), "and")
    return joined[:1].upper() + joined[1:] if first else joined


def cause_words(judged: Attribution, text: Text) -> str:
    """The sentence of an attribution, with its factors by their names."""
    return text.line(_named(judged.sentence, text))


def _named(said: str, text: Text) -> str:
    """`said` with everything that it gives as a factor, or in its parts, called by its name."""
    if not isinstance(said, Said):
        return said
    values: dict[str, Any] = {}
    for key, value in said.values.items():
        if key == "factors":
            values[key] = tuple(factor_name(name, text) for name in value)
        elif isinstance(value, tuple):
            values[key] = tuple(_named(one, text) if isinstance(one, str) else one for one in value)
        else:
            values[key] = _named(value, text) if isinstance(value, str) else value
    return Said(said.key, values)
