"""What is a factor called where people read? The name that the catalogue has for it, never its key."""

from __future__ import annotations

from collections.abc import Iterable

from bench.report.plain import one_line
from bench.report.text import Text

_NAMED = ("host_patch", "guest_patch", "sriov", "resize")
"""Factors that have a name of their own in the catalogue of texts."""


def factor_name(name: str, text: Text) -> str:
    """A factor by its name in running text: "host patch", "SR-IOV"; one of a campaign's own without underscores."""
    return text(f"factor.{name}") if name in _NAMED else one_line(name).replace("_", " ")


def factor_names(names: Iterable[str], text: Text, *, first: bool = False) -> str:
    """Several factors in a row, as in "guest patch and SR-IOV"; first: they begin a sentence."""
    joined = text.listed((factor_name(name, text) for name in names), "and")
    return joined[:1].upper() + joined[1:] if first else joined
