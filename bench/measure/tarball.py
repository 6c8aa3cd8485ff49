"""Which files are in a tar archive that a stranger made? Read in one pass, in time and memory that its length bounds.

Not by `tarfile`: for 300 kB of digits in a pax header it needs minutes (a regular expression that backtracks), it
unpacks compressed archives, seeks to where a header tells it to, makes files of holes, and keeps an object per member.
What the tar of a Linux, BSD or busybox target writes is understood: POSIX.1-1988 headers with prefix (ustar), GNU long
names, and pax headers, of which only `path` is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

BLOCK = 512
MAX_MEMBERS = 10_000
"""Headers that are read: far more than a job may leave files, folders and links."""
_LONGEST_EXTENSION = 1 << 16
"""Bytes of a pax header or a long name; a path has 4096."""
_REGULAR = (b"0", b"\0")
_FOLDER, _GNU_NAME, _GNU_LINK, _PAX, _PAX_GLOBAL, _SPARSE = b"5", b"L", b"K", b"x", b"g", b"S"
_WITHOUT_CONTENT = (b"1", b"2", b"3", b"4", _FOLDER, b"6")


class TarError(Exception):
    """Bytes that are no tar archive, or one that goes on after `MAX_MEMBERS`."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file, link or device of an archive, as it calls itself. content: None for whatever is no regular file."""

    name: str
    content: memoryview | None


def members(archive: bytes) -> Iterator[Member]:
    """Everything but folders, in order; TarError where the archive stops making sense.

    What is empty is passed over: where names are many and long, find calls tar more than once, and one archive follows
    the end of another.
    """
    data, place, name, entries = memoryview(archive), 0, "", 0
    while place < len(data):
        header = bytes(data[place : place + BLOCK])
        if not header.strip(b"\0"):
            place += BLOCK
            continue
        entries += 1
        if entries > MAX_MEMBERS:
            raise TarError(f"it has more than {MAX_MEMBERS} entries")
        size, kind = _checked(header), header[156:157]
        start = place + BLOCK
        end = start if kind in _WITHOUT_CONTENT else start + size
        if end > len(data):
            raise TarError("it is cut off")
        place = end + -end % BLOCK
        content = data[start:end]
        if kind in (_GNU_NAME, _PAX):
            name = _extension(kind, content) or name
        elif kind in (_GNU_LINK, _PAX_GLOBAL):
            continue
        else:
            if kind != _FOLDER:
                yield Member(name or _name(header), content if kind in _REGULAR else None)
            name = ""


def _checked(header: bytes) -> int:
    """The size that a whole and true header tells; TarError otherwise."""
    if len(header) < BLOCK:
        raise TarError("it is cut off")
    total = sum(header) - sum(header[148:156]) + 8 * ord(" ")
    if _octal(header[148:156]) != total:
        raise TarError("a header does not fit its checksum")
    if header[156:157] == _SPARSE:
        raise TarError("it has a file of holes")
    return _octal(header[124:136])


def _octal(field: bytes) -> int:
    digits = field.split(b"\0", 1)[0].strip(b" ")
    if not digits:
        return 0
    if len(digits) > 12 or not all(digit in b"01234567" for digit in digits):
        raise TarError("a header has a number that is none")
    return int(digits, 8)


def _name(header: bytes) -> str:
    name = header[:100].split(b"\0", 1)[0]
    prefix = header[345:500].split(b"\0", 1)[0] if header[257:263] == b"ustar\0" else b""
    return _text(prefix + b"/" + name if prefix else name)


def _extension(kind: bytes, content: memoryview) -> str:
    """The name that an extended header gives the next member, "" when it gives none."""
    if len(content) > _LONGEST_EXTENSION:
        raise TarError("a header is too long")
    if kind == _GNU_NAME:
        return _text(bytes(content).split(b"\0", 1)[0])
    return _text(_pax(bytes(content)).get(b"path", b""))


def _pax(records: bytes) -> dict[bytes, bytes]:
    """Lines "LENGTH KEY=VALUE" of a pax header. TarError for one that would change what the next member is."""
    found: dict[bytes, bytes] = {}
    place = 0
    while place < len(records):
        digits = records[place : place + 6].split(b" ", 1)[0]
        length = int(digits) if digits.isdigit() else 0
        record = records[place + len(digits) + 1 : place + length]
        key, equals, value = record.partition(b"=")
        if not equals or not value.endswith(b"\n") or place + length > len(records):
            raise TarError("a pax header is damaged")
        if key == b"size" or key.startswith(b"GNU.sparse."):
            raise TarError("a pax header gives a file another size")
        found[key] = value[:-1]
        place += length
    return found


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
