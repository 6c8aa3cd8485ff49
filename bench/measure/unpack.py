"""What a target sent home of a job: a tar archive and hashes in, safe and checked files out. Pure.

A target controls every byte here, so nothing in it becomes a path before it was looked at, and nothing in it decides
how long that takes: an archive at the cap is read once, its files are copied once.
"""

from __future__ import annotations

import hashlib
import posixpath
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.measure.tarball import TarError, members

MAX_FILES = 2000
MAX_BYTES = 128 << 20
MAX_NAME = 200
MAX_PART = 255
"""Bytes of one component that a file system takes."""
_SAID = 5


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Files by path below the job folder. problem: what makes the result untrue; notes: what was left behind."""

    files: dict[str, bytes]
    problem: str
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Taken:
    """What was taken so far. names: folded, so that no file system takes two of them for one; folders: above them."""

    files: dict[str, bytes] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    full: bool = False

    def collides(self, name: str) -> bool:
        """Whether a name is taken, or would need a file to be a folder, or a folder to be a file."""
        return name in self.names or name in self.folders or any(folder in self.names for folder in _above(name))

    def refuse(self, name: str) -> None:
        """Leave a member out, and say so of the first few."""
        self.refused.add(name[:MAX_NAME])
        if len(self.notes) < _SAID:
            self.notes.append(f"unsafe file {name[:80]!r} was not taken")


def unpack(archive: bytes, hashes: Mapping[str, str], left: list[str]) -> Unpacked:
    """Regular files of the archive with safe names, checked against their hashes. Links, devices and fifos stay out."""
    taken = _Taken(notes=[f"{what}, it was not taken" for what in left[:_SAID]])
    problems: list[str] = []
    try:
        _read(archive, taken)
    except TarError as error:
        problems.append(f"the archive is damaged ({error})")
    for name, content in taken.files.items():
        if hashes.get(name) != hashlib.sha256(content).hexdigest():
            problems.append(f"{name} is not what the target hashed")
    if not taken.full:
        gone = (name for name in hashes if name not in taken.files and is_safe(name) and name not in taken.refused)
        problems += [f"{name} did not arrive" for name in gone]
    return Unpacked(taken.files, "; ".join(problems[:_SAID]), tuple(taken.notes[:_SAID]))


def _read(archive: bytes, taken: _Taken) -> None:
    """Take from the archive what may be taken, as far as it can be read."""
    size = 0
    for member in members(archive):
        name = member.name.removeprefix("./")
        folded = _folded(name) if len(name) < MAX_NAME else ""
        if member.content is None or not is_safe(name) or taken.collides(folded):
            taken.refuse(name)
            continue
        size += len(member.content)
        if size > MAX_BYTES or len(taken.files) >= MAX_FILES:
            taken.notes = taken.notes[: _SAID - 1]
            taken.notes.append(f"more than {MAX_BYTES >> 20} MiB or {MAX_FILES} files: the rest was not taken")
            taken.full = True
            return
        taken.files[name] = bytes(member.content)
        taken.names.add(folded)
        taken.folders.update(_above(folded))


def _folded(name: str) -> str:
    """What a name is to a file system that knows no case and no two ways to write an accent."""
    return unicodedata.normalize("NFC", name).casefold()


def _above(name: str) -> list[str]:
    """The folders that a name lies in."""
    found = []
    while name := posixpath.dirname(name):
        found.append(name)
        if name == "/":
            break
    return found


def is_safe(name: str) -> bool:
    """Whether `name` is a plain relative path that stays inside its folder and can be shown."""
    return (
        0 < len(name) < MAX_NAME
        and name.isprintable()
        and max(map(len, name.encode("utf-8", "replace").split(b"/"))) <= MAX_PART
        and "\\" not in name  # sha256sum would escape it, and elsewhere it separates folders
        and not name.startswith("/")
        and posixpath.normpath(name) == name
        and ".." not in name.split("/")
        and name != "."
    )
