"""What a target sent home of a job: a tar archive and hashes in, safe and checked files out. Pure.

A target controls every byte here, so nothing in it becomes a path before it was looked at.
"""

from __future__ import annotations

import hashlib
import io
import posixpath
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass

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


def unpack(archive: bytes, hashes: Mapping[str, str], left: list[str]) -> Unpacked:
    """Regular files of the archive with safe names, checked against their hashes. Links, devices and fifos stay out."""
    files: dict[str, bytes] = {}
    notes = [f"{what}, it was not taken" for what in left]
    problems: list[str] = []
    try:
        _read(archive, files, notes)
    except (tarfile.TarError, EOFError, ValueError, OverflowError, RecursionError) as error:
        problems.append(f"the archive is damaged ({error})")
    for name, content in files.items():
        if hashes.get(name) != hashlib.sha256(content).hexdigest():
            problems.append(f"{name} is not what the target hashed")
    missing = [name for name in hashes if name not in files and is_safe(name)]
    problems += [f"{name} did not arrive" for name in missing if not _left_out(name, notes)]
    return Unpacked(files, "; ".join(problems[:_SAID]), tuple(notes[:_SAID]))


def _read(archive: bytes, files: dict[str, bytes], notes: list[str]) -> None:
    """Fill `files` from the archive, as far as it can be read."""
    size = 0
    # Where names are many and long, find calls tar more than once: one archive follows the end of another.
    with tarfile.open(fileobj=io.BytesIO(archive), ignore_zeros=True) as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if member.isdir():
                continue
            if not member.isfile() or not is_safe(name) or _collides(name, files):
                notes.append(f"unsafe file {name[:80]!r} was not taken")
                continue
            size += member.size
            if size > MAX_BYTES or len(files) >= MAX_FILES:
                notes.append(f"more than {MAX_BYTES >> 20} MiB or {MAX_FILES} files: the rest was not taken")
                return
            reader = tar.extractfile(member)
            files[name] = reader.read() if reader else b""


def _left_out(name: str, notes: list[str]) -> bool:
    """Whether a note says already that this file, or the rest of them, was not taken."""
    return any("the rest was not taken" in note or repr(name[:80]) in note for note in notes)


def _collides(name: str, files: Mapping[str, bytes]) -> bool:
    """Whether a name is taken, or would need a file to be a folder."""
    folder = posixpath.dirname(name)
    while folder:
        if folder in files:
            return True
        folder = posixpath.dirname(folder)
    return name in files or any(other.startswith(f"{name}/") for other in files)


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
