"""Which aliases stand for the names of a store in redacted reports, as they are kept, so that none ever changes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Aliases:
    """Every alias that was given, in the order in which they were: the content of `.aliases.json`.

    given: (alias, what it stands for). Several names of one machine have one alias.
    """

    given: tuple[tuple[str, str], ...] = ()
    schema: int = 1
