"""Which words does a report use? All of them, in one catalogue per language, by key.

A key that is missing is an error, never an empty place. Another language is another catalogue with the same keys.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.errors import ReportError
from bench.report.numbers import count
from bench.report.text_en import ENGLISH

CATALOGUES: dict[str, dict[str, str]] = {"en": ENGLISH}
"""Language → key → words; `{name}` marks what is filled in."""


@dataclass(frozen=True, slots=True)
class Text:
    """The words of one language: `text("key", name=value)`."""

    lang: str = "en"

    def __post_init__(self) -> None:
        """Refuse a language that has no catalogue."""
        if self.lang not in CATALOGUES:
            known = ", ".join(sorted(CATALOGUES))
            raise ReportError(f"there is no language {self.lang!r}", remedy=f"Use one of: {known}")

    def __call__(self, key: str, **values: object) -> str:
        """The words of `key`; ReportError when the catalogue lacks it."""
        try:
            return CATALOGUES[self.lang][key].format(**values)
        except KeyError as error:
            raise ReportError(f"the {self.lang} catalogue has no words for {error} in {key!r}") from error

    def number(self, noun: str, number: int) -> str:
        """A counted noun: "1 target", "2 targets"."""
        return self(f"{noun}.{'one' if number == 1 else 'many'}", n=count(number))
