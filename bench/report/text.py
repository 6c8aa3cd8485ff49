"""Which words does a report use? All of them, in one catalogue per language, by key.

A key that is missing is an error, never an empty place. Another language is another catalogue with the same keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bench.errors import ReportError
from bench.report.catalogues.english import ENGLISH
from bench.report.catalogues.japanese import JAPANESE
from bench.report.numbers import count
from bench.report.plain import one_line
from bench.words import english, fill, in_a_row, japanese, told

CATALOGUES: dict[str, Mapping[str, str]] = {"en": english.ENGLISH | ENGLISH, "ja": japanese.JAPANESE | JAPANESE}
"""Language → key → words; `{name}` marks what is filled in."""


@dataclass(frozen=True, slots=True)
class Text:
    """The words of one language: `text("key", name=value)`. A sentence of analysing is told in it, too."""

    lang: str = "en"

    def __post_init__(self) -> None:
        """Refuse a language that has no catalogue."""
        if self.lang not in CATALOGUES:
            known = ", ".join(sorted(CATALOGUES))
            raise ReportError(f"there is no language {self.lang!r}", remedy=f"Use one of: {known}")

    def __call__(self, key: str, **values: object) -> str:
        """The words of `key`; ReportError when the catalogue lacks it."""
        try:
            return fill(CATALOGUES[self.lang], key, values)
        except KeyError as error:
            raise ReportError(f"the {self.lang} catalogue has no words for {error} in {key!r}") from error

    def line(self, said: str) -> str:
        """A sentence of analysing (`bench.words.Said`) in this language, any other text as it is; on one line."""
        try:
            return one_line(told(said, CATALOGUES[self.lang]))
        except KeyError as error:
            raise ReportError(f"the {self.lang} catalogue has no words for {error} in {said!r}") from error

    def listed(self, items: Iterable[str], how: str = "comma") -> str:
        """Names or sentences in a row, with the words of "join.<how>" between them."""
        return in_a_row(map(self.line, items), how, CATALOGUES[self.lang])

    def number(self, noun: str, number: int) -> str:
        """A counted noun: "1 target", "2 targets"."""
        return self(f"{noun}.{'one' if number == 1 else 'many'}", n=count(number))

    def date(self, form: str, time: datetime) -> str:
        """A moment in the form of "date.<form>"."""
        return self(
            f"date.{form}",
            day=time.day,
            month=time.month,
            name=self(f"month.{time.month}"),
            year=time.year,
            clock=f"{time:%H:%M}",
        )
