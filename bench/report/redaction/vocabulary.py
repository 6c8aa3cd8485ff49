"""What does a report say, and which of its words are only words? Read before the first name is replaced.

A target may be called "test" or "12". Where such a word stands in a sentence of ours, it is no name; the words of the
catalogues, of the suites and of the facts are known from here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from bench.analyse.happened import Happening, Stay
from bench.analyse.result import FactChange, MetricKey, MetricResult
from bench.model import LAYERS
from bench.report.redaction.aliases import folded
from bench.report.redaction.confidential import is_build, values_of
from bench.report.redaction.text import words_in
from bench.report.text import CATALOGUES

if TYPE_CHECKING:
    import pandas as pd

NAMES = frozenset({"target", "targets", "relocated", "replaced"})
"""Fields that hold names of targets, or of pairs of them, and nothing else."""
PLAIN = frozenset({float, int, bool, type(None)})
"""Types that name nothing: most of a report's values."""
_ORDINARY = (
    "host guest node server client sender receiver local remote test target control fleet network disk memory cpu",
    "session sessions run runs phase phases trial trials value values metric metrics step steps fact facts change",
    "before after baseline improved regressed inconclusive confounded attributed joint undeclared measured planned",
)
"""Words of sentences that are not in the catalogue."""


class Vocabulary:
    """Everything that a report says, sorted by what it may give away; each once, in the order of the report."""

    def __init__(self) -> None:
        self.words = set(_catalogue_words()) | set(LAYERS)
        self.names: dict[str, None] = {}
        self.hosts: dict[str, None] = {}
        self.facts: dict[tuple[str, ...], None] = {}
        self.labels: dict[tuple[str, str], None] = {}
        self.texts: dict[str, None] = {}
        self._labels: set[object] = set()

    def read(self, value: Any, field: str = "") -> None:
        """Note what is in `value`, all the way down."""
        if type(value) in PLAIN:
            return
        if isinstance(value, str):
            if not isinstance(value, Enum) and value:
                (self.names if field in NAMES else self.texts).setdefault(value)
        elif dataclasses.is_dataclass(value):
            self._special(value)
            for one in dataclasses.fields(value):
                if type(inner := getattr(value, one.name)) not in PLAIN and not self._is_read(inner, one.name):
                    self.read(inner, one.name)
        elif isinstance(value, tuple | list | set | frozenset):
            for inner in sorted(value, key=str) if isinstance(value, set | frozenset) else value:
                self.read(inner, field)
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                self.read(key, field)
                self.read(inner, field)
        elif is_frame(value):
            for name in text_columns(value):
                self.read(sorted(map(str, value[name].dropna().unique())), name)

    def _is_read(self, value: Any, field: str) -> bool:
        """Whether these labels were read before, as those of a target are with every metric."""
        if field != "labels" or value not in self._labels:
            if field == "labels":
                self._labels.add(value)
            return False
        return True

    def _special(self, value: Any) -> None:
        if isinstance(value, MetricKey):
            self.words.update(word for part in (value.suite, value.case, value.metric) for word in _folded_all(part))
        if isinstance(value, MetricResult):
            self.words.update(word for part in (value.title, value.unit) for word in _folded_all(part))
        if isinstance(value, FactChange):
            self.facts.setdefault((value.layer, value.name, value.before, value.after))
            self._fact(value.layer, value.name, value.before, value.after)
        if isinstance(value, Happening):
            for fact in value.evidence:
                self.facts.setdefault(fact)
                self._fact(*fact)
        if isinstance(value, Stay) and value.host:
            self.hosts.setdefault(value.host)
            self.words.add(folded(value.build))
        self.labels.update(dict.fromkeys(getattr(value, "labels", ())))
        for tag, factors in ((getattr(value, "tag", ""), getattr(value, "factors", ())),):
            self.words.update(folded(word) for word in (tag, *(factor[0] for factor in factors)) if word.isalpha())

    def _fact(self, layer: str, name: str, *values: str) -> None:
        self.words.update((folded(layer), *words_in(name)))
        if is_build(layer, name):
            self.words.update(folded(value) for value in values_of(values))


def _folded_all(text: str) -> Iterator[str]:
    yield folded(text)
    yield from words_in(text)


@cache
def _catalogue_words() -> frozenset[str]:
    """Words of our own sentences, in every language."""
    said = (text for catalogue in CATALOGUES.values() for text in catalogue.values())
    return frozenset(word for text in (*said, *_ORDINARY) for word in words_in(text))


def is_frame(value: object) -> bool:
    """Whether `value` is a pandas table; asked without importing pandas."""
    return type(value).__name__ == "DataFrame" and hasattr(value, "columns")


def text_columns(frame: pd.DataFrame) -> list[str]:
    """The columns of a table that may hold text."""
    return [str(name) for name in frame.select_dtypes(exclude=["number", "bool", "datetimetz", "datetime"])]
