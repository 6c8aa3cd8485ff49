"""How does a report lose its names? Its plain data is rebuilt with aliases before anything is rendered from it.

So no output can forget to: charts, titles, tables, commands and file names only ever see aliases. Fields that hold
names are known by what they are called; every other text is searched for what is known and for shapes of addresses
and identifiers (`text.py`). Whatever a new field holds is searched too.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar, cast

from bench.analyse.facts import BETWEEN_VALUES
from bench.analyse.findings import Revision
from bench.analyse.happened import Happening, Stay
from bench.analyse.phases.designs import PathMetric, SquareMetric
from bench.analyse.result import Comparison, FactChange, MetricResult
from bench.analyse.sightings import Sighting
from bench.model import Finding, Run, Target
from bench.report.provenance import Provenance
from bench.report.redaction.aliases import AliasBook, folded, natural
from bench.report.redaction.confidential import (
    identify,
    is_build,
    kind_of_fact,
    learn_fact,
    learn_facts,
    learn_labels,
    learn_runs,
    learn_target,
    names_something,
)
from bench.report.redaction.text import TextRedactor
from bench.report.redaction.vocabulary import NAMES, PLAIN, Vocabulary, is_frame, text_columns
from bench.report.view import Report
from bench.words import Said

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

_FOREIGN = frozenset(
    {"cause", "causes", "detail", "details", "evidence", "left_out", "params", "path", "problem", "reproduce", "what"}
)
"""Fields that hold what targets, tools and files say."""
_OURS = frozenset({"tag", "tags", "before", "after", "suite", "metric", "title", "name", "layer", "factor", "factors"})
"""Places in sentences that hold what the campaign or a suite calls things."""
_KEPT = frozenset({"sha256", "digest", "digests"})


Given = Iterable[tuple[str, str]]


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the report itself.

    given: every (alias, name) so far, as `bench.store.read_aliases` gives them. runs: all of the campaign, so that it
    does not matter of which phases the report is. seen: facts, because what is in them may stand in free text too.
    folders: paths of this machine, and what to say instead.
    """

    given: Given = ()
    runs: Iterable[Run] = ()
    seen: Iterable[Sighting] = ()
    folders: Mapping[str, str] = dataclasses.field(default_factory=dict)


def redact(report: Report, known: Known = Known()) -> tuple[Report, tuple[tuple[str, str], ...]]:  # frozen
    """`report` with aliases for names, and every (alias, name) that was given, the old ones first."""
    runs = [*known.runs, *(run for phase in report.phases for run in phase.runs)]
    made, given = _redacted(dataclasses.replace(report, redacted=True), dataclasses.replace(known, runs=runs))
    return made, given


def redact_comparison(
    compared: Comparison,
    known: Known = Known(),  # frozen
) -> tuple[Comparison, tuple[tuple[str, str], ...]]:
    """The same for one comparison."""
    return _redacted(compared, known)


def _redacted(value: T, known: Known) -> tuple[T, tuple[tuple[str, str], ...]]:
    book = AliasBook(known.given)
    fixed = {**learn_runs(book, known.runs), **known.folders}
    vocabulary = Vocabulary()
    vocabulary.read(value)
    for name in vocabulary.names:
        learn_target(book, name, {folded(one) for one in vocabulary.names})
    for host in vocabulary.hosts:
        identify(book, "host", host)
    fixed |= learn_facts(book, known.seen)
    for fact in vocabulary.facts:
        fixed |= learn_fact(book, *fact)
    for labels in vocabulary.labels:
        learn_labels(book, (labels,))
    first = TextRedactor(book, fixed, vocabulary.words)
    for text in vocabulary.texts:
        first.learn(text)
    made = _Redaction(book, TextRedactor(book, fixed, vocabulary.words)).value(value)
    return made, tuple(book.given)


class _Redaction:
    """Rebuilds values with aliases in the place of names."""

    def __init__(self, book: AliasBook, text: TextRedactor) -> None:
        self._book = book
        self._text = text
        self._seen: dict[Any, Any] = {}

    def value(self, value: T, field: str = "") -> T:
        """`value` without names, all the way down; `field` is what it is called."""
        made: Any = value
        if type(value) in PLAIN:
            return value
        if isinstance(value, Said):
            made = self._sentence(value)
        elif isinstance(value, str):
            made = value if isinstance(value, Enum) else self._string(value, field)
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            made = self._object(value)
        elif isinstance(value, tuple):
            made = tuple(self.value(one, field) for one in value)
            if field in NAMES and all(isinstance(one, str) for one in made):
                made = tuple(sorted(made, key=natural)) if len(made) > 1 else made
        elif isinstance(value, list | set | frozenset):
            made = type(value)(self.value(one, field) for one in value)
        elif isinstance(value, Mapping):
            made = {self.value(key, field): self.value(one, field) for key, one in value.items()}
        elif is_frame(value):
            made = self._frame(cast("pd.DataFrame", value))
        return made  # type: ignore[no-any-return]  # the same type as before

    def _sentence(self, said: Said) -> Said:
        """The same sentence about aliases."""
        made = {name: self._said(one, name) for name, one in said.values.items()}
        if said.key in ("attribution.change", "attribution.change.others"):
            layer, name = said.values["layer"], said.values["name"]
            made |= {when: self._fact(layer, name, said.values[when]) for when in ("before", "after")}
        return Said(said.key, made)

    def _said(self, value: Any, place: str) -> Any:
        """What is filled into a sentence."""
        if isinstance(value, Said):
            return self._sentence(value)
        if isinstance(value, tuple):
            return tuple(self._said(one, place) for one in value)
        return self._text(value, place not in _OURS) if isinstance(value, str) else value

    def _string(self, text: str, field: str) -> str:
        if field in _KEPT:
            return text
        if field in NAMES:
            return learn_target(self._book, text)
        return self._text(text, field in _FOREIGN)

    def _object(self, value: Any) -> Any:
        special = self._special(value)
        changes = {
            one.name: self._labels(inner) if one.name == "labels" else self.value(inner, one.name)
            for one in dataclasses.fields(value)
            if one.name not in special and type(inner := getattr(value, one.name)) not in PLAIN
        }
        made = dataclasses.replace(value, **changes, **special)
        if isinstance(made, MetricResult):
            return dataclasses.replace(made, targets=tuple(sorted(made.targets, key=lambda one: natural(one.target))))
        if isinstance(made, Provenance):
            return dataclasses.replace(made, files=tuple(sorted(made.files, key=lambda one: one.path)))
        return made

    def _special(self, one: Any) -> dict[str, Any]:
        """Fields whose text says what it is, or that no output needs."""
        match one:
            case FactChange():
                return self._change(one)
            case Happening():
                return self._happening(one)
            case Stay():
                return {"host": self._fact("host", "physical_host", one.host)}
            case Target():
                return {"identity_file": None, "ssh_config": None, "known_hosts": None}
            case PathMetric() | SquareMetric():
                return self._left_out(one)
            case Finding():
                return {"undeclared": tuple(map(self._fact_words, one.undeclared))}
            case Revision():
                return {"newly_seen": tuple(map(self._fact_words, one.newly_seen))}
            case _:
                return {}

    def _change(self, one: FactChange) -> dict[str, Any]:
        before, after = (self._fact(one.layer, one.name, value) for value in (one.before, one.after))
        return {"before": before, "after": after}

    def _happening(self, one: Happening) -> dict[str, Any]:
        return {
            "evidence": tuple(
                (layer, self._text(name), self._fact(layer, name, before), self._fact(layer, name, after))
                for layer, name, before, after in one.evidence
            )
        }

    def _left_out(self, one: PathMetric | SquareMetric) -> dict[str, Any]:
        pairs = [(learn_target(self._book, name), self.value(why)) for name, why in one.left_out]
        return {"left_out": tuple(sorted(pairs, key=lambda pair: natural(pair[0])))}

    def _labels(self, labels: Any) -> Any:
        """Pairs of a label and its value; one that names a machine or an owner is replaced as a whole."""
        pairs = tuple(labels)
        if pairs not in self._seen:
            self._seen[pairs] = tuple((self._text(name), self._label(name, value)) for name, value in pairs)
        return self._seen[pairs]

    def _label(self, name: str, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return (names_something(name) and self._book.find(value)) or self._text(value)

    def _fact(self, layer: str, name: str, value: str) -> str:
        """The value of a fact, or all that it had."""
        kind = kind_of_fact(layer, name)
        if kind:
            return BETWEEN_VALUES.join(
                identify(self._book, kind, one) if one else "" for one in value.split(BETWEEN_VALUES)
            )
        return value if is_build(layer, name) and not self._named(value) else self._text(value, strict=True)

    def _named(self, value: str) -> bool:
        return self._book.find(value) is not None

    def _fact_words(self, text: str) -> str:
        """A fact as a finding was told: "host physical_host A → B"."""
        if isinstance(text, Said):
            return self._sentence(text)
        layer, _, rest = text.partition(" ")
        name, _, values = rest.partition(" ")
        before, arrow, after = values.partition(" → ")
        if not (arrow and kind_of_fact(layer, name)):
            return self._text(text, strict=True)
        return f"{layer} {name} {self._fact(layer, name, before)} → {self._fact(layer, name, after)}"

    def _frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A table with its columns of text rewritten."""
        return frame.assign(**{name: self._column(frame[name], name) for name in text_columns(frame)})

    def _column(self, column: pd.Series, name: str) -> pd.Series:
        write: Callable[[str, str], str] = self._json if name in ("params", "labels") else self.value
        new = {one: write(one, name) for one in column.dropna().unique() if isinstance(one, str)}
        plain = column.astype(object).map(lambda one: new.get(one, one))
        return plain.astype("category" if str(column.dtype) == "category" else column.dtype)

    def _json(self, text: str, field: str) -> str:
        """A JSON object of scalars, its values rewritten as those of the same name in a comparison."""
        try:
            found = json.loads(text)
        except ValueError:
            return self._text(text, strict=True)
        if not isinstance(found, dict):
            return self._text(text, strict=True)
        if field == "labels":
            new = dict(self._labels(found.items()))
        else:
            new = {self._text(name, strict=True): self.value(value, field) for name, value in found.items()}
        return text if new == found else json.dumps(new)
