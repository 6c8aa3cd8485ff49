"""How does a sentence travel to its reader? As its key and what is filled in; read as text it is English.

A sentence that was made as plain English could only be read in English. A `Said` is a `str`, so the terminal, CSV,
JSON and the journal take it as it is; a report in another language makes it anew from the key and the values.

Names (targets, tags, suites, metrics, facts, factors, tools, files) and what comes from outside (messages of tools and
parsers, damage) are values: they stay as they are in every language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from string import Formatter
from typing import Any, TypeGuard

from bench.words.english import ENGLISH

_COMMA = "comma"


class Said(str):
    """One sentence or phrase. `{name}` in the words of `key` is filled in with `values[name]`.

    `{name:and}` joins a list with the words of "join.and" ("a, b and c") instead of commas; `{name!r}` puts a name in
    quotes.
    """

    __slots__ = ("key", "values")
    key: str
    values: dict[str, Any]

    def __new__(cls, key: str, values: Mapping[str, Any]) -> Said:
        """The sentence, in English as a `str`; KeyError when there are no words for it."""
        made = super().__new__(cls, fill(ENGLISH, key, values))
        made.key = key
        made.values = dict(values)
        return made

    def __reduce__(self) -> tuple[type[Said], tuple[str, dict[str, Any]]]:
        """Copies and pickles keep what it was made of."""
        return Said, (self.key, self.values)


def say(key: str, **values: Any) -> Said:
    """The sentence `key` with its values: text, numbers, other sentences, tuples of them."""
    return Said(key, values)


def quoted(text: str) -> Said:
    """What comes from outside, as it is; a sentence of ours stays one."""
    return text if isinstance(text, Said) else Said("quoted", {"text": text})


def counted(noun: str, number: int) -> Said:
    """A counted noun, as in "1 session", "12 sessions"."""
    return Said(f"{noun}.{'one' if number == 1 else 'many'}", {"n": f"{number:,}"})


def joined(items: Iterable[str], how: str = "comma") -> Said:
    """A list with the words of "join.<how>" between its items."""
    return Said(f"joined.{how}", {"items": tuple(items)})


def first_names(names: Sequence[str], limit: int = 5) -> Said:
    """The first few names of a list, with an ellipsis where there are more."""
    first = joined(names[:limit])
    return say("names.cut", names=first) if len(names) > limit else first


def fill(words: Mapping[str, str], key: str, values: Mapping[str, Any]) -> str:
    """The words of `key` in the language of `words`, with `values` in their places; KeyError when something lacks."""
    return words[key].format_map({name: _in_place(value, words) for name, value in values.items()})


def in_a_row(items: Iterable[str], how: str, words: Mapping[str, str]) -> str:
    """`items` with the words of "join.<how>" between the last two, and those of "join.<how>.inner" between others."""
    listed = [told(one, words) for one in items]
    last = words[f"join.{how}"]
    inner = words.get(f"join.{how}.inner", last)
    return inner.join(listed[:-1]) + last + listed[-1] if len(listed) > 1 else "".join(listed)


def told(value: str, words: Mapping[str, str]) -> str:
    """A sentence in the language of `words`; other text as it is."""
    return fill(words, value.key, value.values) if isinstance(value, Said) else value


def places(sentence: str) -> frozenset[str]:
    """The names of the places of a catalogue's entry."""
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name)


def to_plain(value: Any) -> Any:
    """A sentence (or a value of one) as JSON can keep it."""
    if isinstance(value, Said):
        return {value.key: {name: to_plain(one) for name, one in value.values.items()}}
    return [to_plain(one) for one in value] if isinstance(value, tuple) else value


def from_plain(data: Any) -> Any:
    """The reverse of `to_plain`; ValueError when there are no such words."""
    if isinstance(data, list):
        return tuple(from_plain(one) for one in data)
    if not _is_sentence(data):
        return data
    ((key, values),) = data.items()
    try:
        return Said(key, {name: from_plain(one) for name, one in values.items()})
    except (KeyError, IndexError) as error:
        raise ValueError(f"there are no such words: {key!r}") from error


def _is_sentence(data: Any) -> TypeGuard[dict[str, dict[str, Any]]]:
    return isinstance(data, dict) and len(data) == 1 and all(isinstance(one, dict) for one in data.values())


def _in_place(value: Any, words: Mapping[str, str]) -> Any:
    """What `str.format` writes in the place of a value; a report of a large fleet has a million of them."""
    return value if type(value) is str or type(value) is int else _Place(value, words)


class _Place:
    """A sentence, or a list, in a sentence of a language: how `str.format` writes it."""

    __slots__ = ("_value", "_words")

    def __init__(self, value: Any, words: Mapping[str, str]) -> None:
        self._value, self._words = value, words

    def __format__(self, how: str) -> str:
        if isinstance(self._value, tuple):
            return in_a_row(self._value, how or _COMMA, self._words)
        return told(self._value, self._words) if isinstance(self._value, str) else format(self._value, how)

    def __str__(self) -> str:
        return format(self, "")

    def __repr__(self) -> str:
        return repr(str(self))
