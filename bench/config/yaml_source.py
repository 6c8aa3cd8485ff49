"""YAML as plain data that remembers its lines: how every configuration file is read.

Scalars stay the text that was written, so that `on`, `1.10` and `0755` reach a factor level or a version untouched; the
schema of a key decides its type, never the look of its value. Only a plain empty value, `~` or `null` is None.
Duplicate keys, anchors, aliases, tags and further documents are refused: they hide what a file says.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from bench.errors import ConfigError

Keys: TypeAlias = tuple[str | int, ...]
"""The way to a value: ("groups", "europe", "port") or ("suites", 0)."""

Data: TypeAlias = Any
"""None, str, list[Data] or dict[str, Data]."""

MAX_CHARACTERS = 1 << 20
MAX_DEPTH = 24
_LONGEST_PATH = 200

NO_SECRETS = (
    "Remove it, and change it if others have the file. VMBENCH_SSH_PASSWORD, VMBENCH_KEY_PASSPHRASE and "
    "VMBENCH_SUDO_PASSWORD are read from the environment, or asked for at the terminal"
)
_SECRET = re.compile("pass|secret|token|credential", re.IGNORECASE)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: `data` and the 1-based line of every key and list item."""

    path: str
    data: Data
    lines: Mapping[Keys, int]

    def line(self, keys: Keys) -> int:
        """The line of `keys`, or of the nearest key above it."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, 1)

    def error(self, keys: Keys, what: str, remedy: str = "") -> ConfigError:
        """A ConfigError that names the file, the line and the key path."""
        where = f"{self.path}:{self.line(keys)}"
        return ConfigError(what, where=f"{where}: {key_path(keys)}" if keys else where, remedy=remedy)

    def mapping(self, keys: Keys, data: Data) -> dict[str, Data]:
        """`data` as a mapping; nothing at all is an empty one."""
        if data is None:
            return {}
        if not isinstance(data, dict):
            raise self.error(keys, f"expected keys and values, found {describe(data)}", "Write `key: value` lines here")
        return data

    def only(self, keys: Keys, data: Mapping[str, Data], known: Iterable[str]) -> None:
        """ConfigError when `data` (found at `keys`) has a key that is not in `known`."""
        names = tuple(known)
        for key in data:
            if key in names:
                continue
            if _SECRET.search(key):
                raise self.error((*keys, key), f"{describe(key)}: a secret does not stand in this file", NO_SECRETS)
            raise self.error((*keys, key), f"unknown key {describe(key)}", suggest(key, names))


def load_document(path: Path) -> Document:
    """The YAML file at `path`; ConfigError when it cannot be read or used."""
    where = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(4 * MAX_CHARACTERS + 1)
    except FileNotFoundError:
        raise ConfigError("no such file", where=where, remedy=_similar_files(path)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"cannot be read ({reason})", where=repr(where) if "\0" in where else where) from error
    return parse_document(decode(data, where), where)


def decode(data: bytes, path: str) -> str:
    """`data` as UTF-8 text (a byte order mark is dropped); ConfigError naming the line of the first wrong byte."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"is not UTF-8 text (byte 0x{data[error.start]:02x})",
            where=f"{path}:{line}",
            remedy="Save the file as UTF-8",
        ) from error


def parse_document(text: str, path: str) -> Document:
    """`text` as a Document whose data is a non-empty mapping; `path` is only used in messages. Pure."""
    if len(text) > MAX_CHARACTERS:
        raise ConfigError(f"is larger than {MAX_CHARACTERS >> 20} MiB", where=path, remedy="Is this the right file?")
    if any(unicodedata.category(character) == "Cs" for character in text):
        raise ConfigError("is not valid Unicode text", where=path, remedy="Save the file as UTF-8")
    builder = _Builder(path, text)
    data = builder.document()
    document = Document(path, data, builder.lines)
    if data is None:
        raise document.error((), "is empty", "`bench init` writes commented examples")
    if not isinstance(data, dict):
        raise document.error((), f"expected keys and values, found {describe(data)}", "Write `key: value` lines")
    return document


class _Builder:
    """Builds data from YAML events, one by one, so that nothing is expanded or constructed on the way."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines: dict[Keys, int] = {}
        self._events = self._read(text)

    def _read(self, text: str) -> Iterator[Any]:
        try:
            yield from yaml.parse(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            raise self._error(
                line, f"is not valid YAML ({error.problem or error.context})", _indent_hint(error)
            ) from error
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise self._error(line, f"is not valid YAML ({error.reason})", "Remove the invisible character") from error
        except yaml.YAMLError as error:
            raise self._error(1, f"is not valid YAML ({error})") from error

    def document(self) -> Data:
        """The data of the only document, None when there is none."""
        data: Data = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._error(_line(event), "a second document starts here", "Write one file per document")
                data = self._node(next(self._events), (), 0)
        return data

    def _node(self, event: Any, keys: Keys, depth: int) -> Data:
        if depth > MAX_DEPTH:
            raise self._error(_line(event), f"is nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            remedy = "Write the value out, or put what targets share into `defaults:` or a group"
            raise self._error(_line(event), "anchors (&) and aliases (*) are not used here", remedy)
        if event.tag is not None:
            raise self._error(_line(event), f"tags ({event.tag}) are not used here", "Put the value into quotes")
        if isinstance(event, yaml.SequenceStartEvent):
            return list(self._items(keys, depth))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(keys, depth)
        return self._scalar(event)

    def _items(self, keys: Keys, depth: int) -> Iterator[Data]:
        for index, event in enumerate(iter(lambda: next(self._events), None)):
            if isinstance(event, yaml.SequenceEndEvent):
                return
            self.lines[*keys, index] = _line(event)
            yield self._node(event, (*keys, index), depth + 1)

    def _mapping(self, keys: Keys, depth: int) -> dict[str, Data]:
        found: dict[str, Data] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, keys, depth + 1)
            if not isinstance(key, str) or not key.strip():
                raise self._error(_line(event), f"a key must be a word, found {describe(key)}", "Quote it if it is one")
            if key in found:
                first = self.lines[*keys, key]
                raise self._error(_line(event), f"key {key!r} stands here again (first on line {first})", "Keep one")
            self.lines[*keys, key] = _line(event)
            found[key] = self._node(next(self._events), (*keys, key), depth + 1)
        return found

    def _scalar(self, event: Any) -> str | None:
        text: str = event.value
        if not event.style and text in _NULLS:
            return None
        for character in text:
            if unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t":
                name = f"U+{ord(character):04X}"
                raise self._error(_line(event), f"a value holds the control character {name}", "Remove it")
        return text

    def _error(self, line: int, what: str, remedy: str = "") -> ConfigError:
        return ConfigError(what, where=f"{self.path}:{line}", remedy=remedy)


def key_path(keys: Keys) -> str:
    """`keys` as shown to people: groups.europe.port, suites[0]."""
    text = ""
    for key in keys:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    text = text if len(text) <= _LONGEST_PATH else f"{text[:_LONGEST_PATH]}…"
    return text if text.isprintable() else repr(text)


def describe(data: Data) -> str:
    """What `data` is, for "found …"."""
    if data is None:
        return "nothing"
    if isinstance(data, str):
        return repr(data if len(data) <= 60 else data[:57] + "…")
    return "a list" if isinstance(data, list) else "keys and values"


def suggest(word: str, known: Iterable[str]) -> str:
    """A remedy for an unknown word: the nearest known one, or all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(word[:80].lower(), [name.lower() for name in names], n=1, cutoff=0.6)
    if close:
        return f"Did you mean {next(name for name in names if name.lower() == close[0])!r}?"
    if not names:
        return ""
    shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    return f"Known: {shown}"


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1


def _indent_hint(error: yaml.MarkedYAMLError) -> str:
    text = f"{error.problem} {error.context}"
    if "\\t" in text or "\t" in text or "tab" in text:
        return "Indent with spaces, not tabs"
    return "Look at the line above as well: a missing colon, quote or wrong indentation shows up late"


def _similar_files(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.suffix in (".yaml", ".yml")]
    except (OSError, ValueError):
        return f"There is no folder {str(path.parent)!r} either" if str(path.parent).isprintable() else ""
    return suggest(path.name, names) if names else "`bench init` writes commented examples"
