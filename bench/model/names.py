"""Names and pairs: what may be a file name, and mappings as hashable values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

Pairs: TypeAlias = tuple[tuple[str, str], ...]
"""A mapping of strings as sorted pairs."""

Scalar: TypeAlias = str | int | float | bool
Params: TypeAlias = tuple[tuple[str, Scalar], ...]
"""Parameters of a suite as sorted pairs; part of a sample's identity."""

SAFE_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?\Z")
"""What a target, tag, campaign, suite or case may be called: a safe file name on every system."""

DEFAULT_PHASES = ("pre-maintenance", "post-host-patch", "post-guest-patch", "sriov-on")
"""The default ladder of phases."""


def is_safe_name(name: str) -> bool:
    """Whether `name` may be a file name: 1–64 of A–Z a–z 0–9 . _ -, starting with a letter or digit, no final dot."""
    return SAFE_NAME.match(name) is not None


def pairs(mapping: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """`mapping` as pairs sorted by key."""
    return tuple(sorted(mapping.items()))
