"""What stands for a name? "target-3", "host-2", "address-7": by kind and by when the name was first met.

Not by where the name stands in a sorted list, which would move when a target is added; and no digest of the name, which
anybody can undo who tries likely names. What was given is kept with the store (`bench.store.aliases`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_EDGES = "._-"


class AliasBook:
    """Names and their aliases. `given` is what a store keeps: (alias, name) in order."""

    def __init__(self, given: Iterable[tuple[str, str]] = ()) -> None:
        self.given: list[tuple[str, str]] = []
        self._exact: dict[str, str] = {}
        self._folded: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._taken: set[str] = set()
        for alias, name in given:
            self._keep(alias, name)

    def find(self, name: str) -> str | None:
        """The alias of a name, in whatever case it is written; None when it has none."""
        return self._exact.get(name) or self._folded.get(folded(name))

    def give(self, kind: str, name: str, avoid: Iterable[str] = ()) -> str:
        """The alias of `name`: the one that it has, else the next of its kind. avoid: folded names, never an alias."""
        known = self._exact.get(name)
        if known is None and kind != "target":  # "Web" and "web" may be two targets, else they are one thing
            known = self._folded.get(folded(name))
        return known or self._keep(self._next(kind, avoid), name)

    def also(self, alias: str, name: str) -> None:
        """Another name for what has `alias`; one that stands for something already stays what it is."""
        if self.find(name) is None:
            self._keep(alias, name)

    def known(self) -> dict[str, str]:
        """Every name with its alias."""
        return dict(self._exact)

    def _next(self, kind: str, avoid: Iterable[str]) -> str:
        while True:
            number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
            alias = f"{kind}-{number}"
            if alias not in self._taken and alias not in self._folded and alias not in avoid:
                return alias

    def _keep(self, alias: str, name: str) -> str:
        self.given.append((alias, name))
        self._taken.add(alias)
        self._exact.setdefault(name, alias)
        self._folded.setdefault(folded(name), alias)
        kind, _, number = alias.rpartition("-")
        if number.isdecimal():
            self._numbers[kind] = max(self._numbers.get(kind, 0), int(number))
        return alias


def folded(name: str) -> str:
    """`name` as it is looked up: without case, in one normal form, without separators at its ends."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return plain.strip(_EDGES) or plain


def natural(name: str) -> tuple[object, ...]:
    """A key for sorting that puts "target-2" before "target-10"."""
    return tuple(
        (1, int(part), "") if part.isdecimal() else (0, 0, part) for part in re.split(r"(\d+)", name, flags=re.ASCII)
    )
