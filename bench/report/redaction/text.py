"""How does one piece of text lose the names in it? Shapes and known names, each replaced by its alias, word by word."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus, unquote

from bench.report.redaction.aliases import AliasBook, folded
from bench.report.redaction.messages import INNER, KINDS
from bench.report.redaction.shapes import CANONICAL, address, shapes_in

_SIMPLE = re.compile(r"[\w.-]+", re.ASCII)
_PARTS = re.compile(r"([._-]+)")
_MARKED = re.compile(r"%[0-9A-Fa-f]{2}|&(?:#\w+|\w+);|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}")
_BLOB = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/_-]{12,}={0,2}(?![\w+/=])", re.ASCII)
_TAIL = re.compile(
    r"(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
    r"\.(?!(?:json|txt|log|csv|xml|html|out|err|gz|tar|py|sh)\b)[a-z]{2,}(?![\w-])",
    re.ASCII | re.IGNORECASE,
)
"""The domain behind the name of a machine, which no ending of a file is."""
_NO_CHANCE = re.compile(r"(?=.*[0-9])(?=.*[g-z]).{5,}", re.ASCII | re.IGNORECASE)
_QUOTES = "'\"`‘’“”「」"
_WORD = re.compile(r"[^\W\d_]+")
NOT_NAMES = frozenset({"root", "localhost", "failed", "timeout", "interrupted", "unreachable", "damaged", "ok"})
"""What is nobody's name wherever it stands: the user of every machine, and how an attempt ended."""


class TextRedactor:
    """Replaces in text what `book` knows, and what has the shape of an address or identifier.

    fixed: what is replaced by itself and is not kept, such as the id of a trial. ordinary: folded words of the report
    that may be names as well; in our own sentences they are replaced only where they stand as a name.
    """

    def __init__(self, book: AliasBook, fixed: Mapping[str, str], ordinary: Iterable[str]) -> None:
        self._book = book
        self._ordinary = frozenset(ordinary)
        self._exact = {**book.known(), **fixed}
        self._folded = {folded(name): alias for name, alias in reversed(self._exact.items())}
        self._longest = max((len(_PARTS.split(name)) for name in self._exact), default=1)
        self._odd = _odd(name for name in self._exact if not _SIMPLE.fullmatch(name))
        self._telling = _telling(name for name in self._exact.keys() - set(self._exact.values()))
        self._seen: dict[tuple[str, bool], str] = {}

    def __call__(self, text: str, strict: bool = False) -> str:
        """`text` without names. strict: foreign words, in which also an ordinary word may be a name."""
        found = self._seen.get((text, strict))
        if found is None:
            lines = (self._whole(line, strict) for line in text.split("\n"))
            found = self._seen[text, strict] = "\n".join(lines)
        return found

    def learn(self, text: str) -> None:
        """Give aliases to the addresses and identifiers in `text`, so that they have them wherever they stand."""
        for found in shapes_in(unquote(text) if "%" in text else text):
            self._shape(found)

    def _whole(self, text: str, strict: bool) -> str:
        if _MARKED.search(text):  # escaped for a URL, a page or JSON: a name may hide in it
            plain = _unescaped(text)
            shown = self._decoded(plain, strict)
            if shown != plain:
                return shown
        return self._decoded(text, strict)

    def _decoded(self, text: str, strict: bool) -> str:
        return _BLOB.sub(lambda found: self._blob(found[0]), self._plain(text, strict))

    def _blob(self, text: str) -> str:
        """What is text once it is decoded may hold names too."""
        try:
            plain = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)).decode()
        except (binascii.Error, ValueError):
            return text
        return text if self._plain(plain, strict=True) == plain else "(data)"

    def _plain(self, text: str, strict: bool) -> str:
        if self._odd is None:
            return self._shapes(text, strict)
        made, at = [], 0
        for found in self._odd.finditer(text):
            if found.start() >= at:
                made += [self._shapes(text[at : found.start()], strict), self._known(found[0]) or found[0]]
                tail = _TAIL.match(text, found.end())
                at = tail.end() if tail else found.end()
        return "".join((*made, self._shapes(text[at:], strict)))

    def _shapes(self, text: str, strict: bool) -> str:
        made, at = [], 0
        for found in shapes_in(text):
            made += [self._names(text, at, found.start(), strict), self._shape(found)]
            at = found.end()
        return "".join((*made, self._names(text, at, len(text), strict)))

    def _shape(self, found: re.Match[str]) -> str:
        """The alias of what has a shape; what is nobody's (a loopback address) stays."""
        group, text = found.lastgroup or "", found[0]
        if group in KINDS:
            start, end = (at - found.start() for at in found.span(INNER + group))
            return text[:start] + self._told(KINDS[group], text[start:end]) + text[end:]
        kind = group.partition("_")[0]
        if group not in CANONICAL:
            return self._named(text) if group == "name" else self._alias(kind, text)
        stripped = text.rstrip(":.") if group == "address_six" else text
        form = CANONICAL[group](stripped)
        if form is None and group == "address_six" and stripped != text:
            form = CANONICAL[group](text)
        if not form or (group == "address_six" and not re.search(r"\d", stripped)) or form in self._ordinary:
            return self._names(text, 0, len(text), strict=False)
        return self._alias(kind, form) + text[len(stripped) :]

    def _told(self, kind: str, name: str) -> str:
        """What stands for a name that a usual message gives away; nobody's address stays."""
        form = address(name)
        if folded(name) in NOT_NAMES or form == "":
            return name
        if form is not None:
            return self._alias("address", form)
        return self._named(name) if kind == "name" else self._alias(kind, name)

    def _alias(self, kind: str, name: str) -> str:
        return self._known(name) or self._book.give(kind, name, self._folded)

    def _named(self, text: str) -> str:
        """A name with its domain: what it is without some of that, else a name of its own."""
        labels = text.split(".")
        for end in range(len(labels), 0, -1):
            if alias := self._known(".".join(labels[:end])):
                return alias
        return self._alias("name", text)

    def _known(self, name: str) -> str | None:
        """What stands for a name in whatever case, also for an address in another notation."""
        found = self._exact.get(name) or self._folded.get(folded(name)) or self._book.find(name)
        return found or (self._book.find(form) if (form := address(name)) else None)

    def _names(self, text: str, start: int, end: int, strict: bool) -> str:
        """Part of a text with the known names replaced: the longest that begins at a word, with its domain."""
        made, at = [], start
        for token in _SIMPLE.finditer(text, start, end):
            if token.start() < at:
                continue
            made.append(text[at : token.start()])
            at = self._token(text, token.start(), token.end(), end, strict, made)
        made.append(text[at:end])
        said = "".join(made)
        return self._telling.sub(lambda found: self._known(found[0]) or found[0], said) if self._telling else said

    def _token(self, text: str, start: int, stop: int, end: int, strict: bool, made: list[str]) -> int:
        """Append what a run of word characters becomes; where it ends."""
        parts = _PARTS.split(text[start:stop])
        at, first = start, 0
        while first < len(parts):
            last, alias = self._match(parts, first)
            size = sum(map(len, parts[first:last]))
            if alias is not None and not self._is_word(text, at, at + size, strict):
                tail = _TAIL.match(text, at + size, end)
                made.append(alias)
                at = tail.end() if tail else at + size
                if tail and at >= stop:
                    return at
                if tail:
                    return self._token(text, at, stop, end, strict, made)
            else:
                made.append(parts[first])
                last, at = first + 1, at + len(parts[first])
            first = last
        return at

    def _match(self, parts: list[str], first: int) -> tuple[int, str | None]:
        """Behind which part the longest known name ends that begins at `first`, and its alias."""
        if not parts[first] or _PARTS.fullmatch(parts[first]):
            return first + 1, None
        for last in range(min(len(parts), first + self._longest), first, -1):
            if parts[last - 1] and not _PARTS.fullmatch(parts[last - 1]):
                name = "".join(parts[first:last])
                if alias := self._exact.get(name) or self._folded.get(folded(name)):
                    return last, alias
        return first + 1, None

    def _is_word(self, text: str, start: int, end: int, strict: bool) -> bool:
        """Whether what is a name elsewhere is a word or number here."""
        word = folded(text[start:end])
        if word in NOT_NAMES:
            return True
        usual = word.isdecimal() or (len(word) < 3 and word.isalpha())
        if not usual and (strict or word not in self._ordinary):
            return False
        before, after = text[:start], text[end:]
        heads = after.startswith(": ") and (not before or before.endswith("; "))
        quoted = before[-1:] in _QUOTES and after[:1] in _QUOTES and before != "" and after != ""
        return not (heads or quoted or before.endswith(("@", "//")))


def _odd(names: Iterable[str]) -> re.Pattern[str] | None:
    """Names that are no plain words, in every form in which they may be written; None without any."""
    forms = {form for name in names for form in _forms(name) if form}
    if not forms:
        return None
    return re.compile("|".join(map(_bounded, sorted(forms, key=lambda one: (-len(one), one)))), re.IGNORECASE)


def _telling(names: Iterable[str]) -> re.Pattern[str] | None:
    """Names that no word contains by chance, so that they are found within longer ones: web01 in web01nic.

    They have a digit, and a letter that no hexadecimal number has. A further digit makes another name: web012.
    """
    forms = sorted(name for name in names if _SIMPLE.fullmatch(name) and _NO_CHANCE.fullmatch(name))
    if not forms:
        return None
    bounded = (
        ("(?<![0-9])" if name[0].isdecimal() else "") + re.escape(name) + ("(?![0-9])" if name[-1].isdecimal() else "")
        for name in sorted(forms, key=len, reverse=True)
    )
    return re.compile("|".join(bounded), re.IGNORECASE)


def _forms(name: str) -> Iterable[str]:
    normal = [unicodedata.normalize(form, name) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    for one in (name, *normal):
        yield from (one, one.upper(), one.lower(), one.casefold(), one.title())
    yield from (quote(name), quote(name, safe=""), quote_plus(name), html.escape(name), json.dumps(name)[1:-1])


def _bounded(name: str) -> str:
    """Not within a longer word of ASCII; other scripts put no blanks between words."""
    head = r"(?<![A-Za-z0-9])" if name[0].isascii() and name[0].isalnum() else ""
    tail = r"(?![A-Za-z0-9])" if name[-1].isascii() and name[-1].isalnum() else ""
    return head + re.escape(name) + tail


def _unescaped(text: str) -> str:
    """What escapes for URLs, pages and JSON stand for."""
    plain = re.sub(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})", lambda one: chr(int(one[1] or one[2], 16)), text)
    return unquote(html.unescape(plain))


def words_in(text: str) -> Iterable[str]:
    """The words of a text, folded."""
    return (folded(word) for word in _WORD.findall(text))
