"""How do two words of a machine about where it runs compare? What moved between them, and what both know together."""

from __future__ import annotations

import re

from bench.cloud.states import Host


def moved(before: Host, after: Host) -> tuple[str, ...]:
    """Which facts of the host differ, of those that both know."""
    named = (
        ("boot id", before.boot_id, after.boot_id),
        ("host", before.name, after.name),
        ("host build", before.build, after.build),
        ("virtual clock", before.clock, after.clock),
    )
    return tuple(what for what, old, new in named if old and new and old != new)


def merged(old: Host, new: Host) -> Host:
    """`new`, where it does not know what `old` knew."""
    return Host(new.name or old.name, new.build or old.build, new.boot_id or old.boot_id, new.clock or old.clock)


def older(build: str, than: str) -> bool:
    """Whether a build has the smaller numbers; no where the two are not of one form and source."""
    one, other = (re.fullmatch(r"([a-z ]*)([0-9]{1,9}(?:[.-][0-9]{1,9}){0,7})", text) for text in (build, than))
    if one is None or other is None or one[1] != other[1]:
        return False
    left, right = ([int(part) for part in re.split("[.-]", found[2])] for found in (one, other))
    return len(left) == len(right) and left < right
