"""How bytes get onto the disk and back: synced writes, JSON that survives any text, folders, digests, safe names."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path, PurePosixPath
from typing import Any

from bench.errors import StoreError

SCHEMA = 1
"""The version of the layout and of the records that this vmbench writes."""

VERIFY_REMEDY = "Run `bench verify` to see what is damaged"
_CHUNK = 1 << 20
_WRITABLE = 0o600
_READ_ONLY = 0o400
_FOLDER = 0o700
_LONGEST_NAME = 255
_SHOWN = 80


def dump(data: Any) -> bytes:
    """`data` as readable JSON; text that is no UTF-8 (lone surrogates) is escaped rather than lost."""
    try:
        return json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(data, indent=1).encode() + b"\n"


def dump_line(data: Any) -> bytes:
    """`data` as JSON on one line."""
    return json.dumps(data).encode() + b"\n"


def read_json(path: Path) -> Any:
    """The JSON in a file; StoreError when it cannot be read or is no JSON."""
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise StoreError(f"cannot be read ({error.strerror})", where=str(path), remedy=VERIFY_REMEDY) from error
    except (ValueError, RecursionError) as error:
        raise StoreError(f"is not JSON ({error})", where=str(path), remedy=VERIFY_REMEDY) from error


def read_record(path: Path) -> dict[str, Any]:
    """A JSON object with a `schema` that this version knows; StoreError otherwise.

    The schema is looked at before anything else: what a newer version means by a field is not ours to guess.
    """
    data = read_json(path)
    if not isinstance(data, dict):
        raise StoreError("is not a JSON object", where=str(path), remedy=VERIFY_REMEDY)
    schema = data.get("schema", SCHEMA)
    if type(schema) is not int or schema < 1:
        raise StoreError(f"schema {schema!r} is no version", where=str(path), remedy=VERIFY_REMEDY)
    if schema > SCHEMA:
        raise StoreError(
            f"schema {schema} is newer than this vmbench, which reads up to {SCHEMA}",
            where=str(path),
            remedy="Update vmbench",
        )
    return data


def write_synced(path: Path, content: bytes) -> None:
    """Write a new file and wait until the disk has it; it must not exist. Whatever the umask: private, then read-only.

    0600 while it is written and 0400 afterwards: raw output may hold host names, addresses and mount points.
    """
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _WRITABLE), "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), _READ_ONLY)
        os.fsync(file.fileno())


def append_whole(path: Path, line: bytes) -> None:
    """Append a line to a file, on a line of its own even after a torn one; OSError when the disk refuses.

    A file that is not there is made, private. One write, so that two writers do not mix; only what a full disk left of
    it is written after it.
    """
    descriptor = open_private(path, os.O_APPEND)
    try:
        size = os.fstat(descriptor).st_size
        if size > 0 and os.pread(descriptor, 1, size - 1) != b"\n":
            line = b"\n" + line
        while line:
            line = line[os.write(descriptor, line) :]
    finally:
        os.close(descriptor)


def open_private(path: Path, flags: int = 0) -> int:
    """A descriptor to read and write a file; one that is not there is made, 0600 whatever the umask."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | flags, _WRITABLE)
    except FileExistsError:
        return os.open(path, os.O_RDWR | os.O_CREAT | flags, _WRITABLE)
    os.fchmod(descriptor, _WRITABLE)
    return descriptor


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, all of them 0700 whatever the umask; existing ones stay."""
    missing = [folder]
    while not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    for one in reversed(missing):
        try:
            one.mkdir(mode=_FOLDER)
        except FileExistsError:
            if not one.is_dir():
                raise
        else:
            one.chmod(_FOLDER)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def discard(folder: Path) -> None:
    """Delete what was not published, as far as it can be."""
    shutil.rmtree(folder, ignore_errors=True)


def folders(path: Path) -> list[Path]:
    """The folders in a folder, sorted by name, without hidden ones; none when it does not exist."""
    try:
        with os.scandir(path) as entries:
            names = [entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"cannot be read ({error.strerror})", where=str(path)) from error
    return [path / name for name in sorted(names)]


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; OSError when it cannot be read."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def safe_relative(path: str) -> str:
    """`path` when it is a plain relative path that stays in its folder; StoreError otherwise."""
    parts = path.split("/")
    plain = PurePosixPath(path).parts == tuple(parts) and not path.startswith("/")
    if not plain or ".." in parts or "." in parts or not all(_is_component(part) for part in parts):
        raise StoreError(
            f"{shown(path)} is not a file name inside the attempt's folder",
            remedy="A name is relative, without '..', and at most 255 bytes of UTF-8 per part",
        )
    return path


def safe_component(name: str, what: str) -> str:
    """`name` when it can be the name of one visible folder; StoreError otherwise."""
    if "/" in name or name.startswith(".") or not name.isprintable() or not _is_component(name):
        raise StoreError(f"{shown(name)} is not a safe {what}", remedy="Use letters, digits, '.', '_', '+' and '-'")
    return name


def _is_component(name: str) -> bool:
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return False
    return 0 < size <= _LONGEST_NAME and "\0" not in name


def shown(text: str) -> str:
    """`text` quoted, and shortened where it is very long."""
    return repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}… ({len(text)} characters)"


def cannot_write(path: Path, error: OSError) -> StoreError:
    """The error for a write that failed."""
    return StoreError(
        f"cannot write ({error.strerror or error})",
        where=str(path),
        remedy="Free space or fix the permissions, then resume",
    )
