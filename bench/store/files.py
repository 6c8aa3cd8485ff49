"""How bytes get onto the disk and back: synced writes, regular files only, private folders, digests, safe names."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from bench.errors import StoreError

VERIFY_REMEDY = "Run `bench verify` to see what is damaged"
_CHUNK = 1 << 20
_WRITABLE = 0o600
_READ_ONLY = 0o400
_FOLDER = 0o700
_LONGEST_NAME = 255
_SHOWN = 80


def open_regular(path: Path) -> BinaryIO:
    """A regular file to be read; OSError for anything else.

    A link is not followed, and a fifo not waited for: who can write into the store decides nothing outside of it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a link") from error
        raise
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise OSError(errno.EISDIR, "it is a folder" if stat.S_ISDIR(mode) else "it is no regular file")
    return os.fdopen(descriptor, "rb")


def read_bytes(path: Path) -> bytes:
    """The content of a regular file; StoreError when it cannot be read."""
    try:
        with open_regular(path) as file:
            return file.read()
    except OSError as error:
        raise StoreError(f"cannot be read ({error.strerror})", where=str(path), remedy=VERIFY_REMEDY) from error


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
    """A descriptor to read and write a file; one that is not there is made, 0600. Follows no link."""
    flags |= os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags | os.O_EXCL, _WRITABLE)
    except FileExistsError:
        return os.open(path, flags, _WRITABLE)
    os.fchmod(descriptor, _WRITABLE)
    return descriptor


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """An empty file to write into, 0600 whatever the umask, that becomes `path` by rename; OSError as the disk says.

    It lies beside `path` under a name that cannot be guessed, and is made by us or not at all: who may write into the
    folder too (a shared /tmp) can put nothing in its way, and a link at `path` is replaced, never followed. What is no
    file (/dev/stdout, a fifo) is written to itself, unless others could have put it there.
    """
    if _is_sink(path):
        yield path
        return
    temporary = path.with_name(f".tmp-{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _WRITABLE)
        os.fchmod(descriptor, _WRITABLE)
        os.close(descriptor)
        yield temporary
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def replace_private(path: Path, content: bytes) -> None:
    """Put `content` at `path`, as `replacing` does."""
    with replacing(path) as file:
        file.write_bytes(content)


def _is_sink(path: Path) -> bool:
    """Whether `path` is a device or pipe in a folder that belongs to its owner alone."""
    try:
        mode, above = path.stat().st_mode, path.parent.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) and not above & 0o022


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
            names = [entry.name for entry in entries if not entry.name.startswith(".") and _is_folder(entry)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"cannot be read ({error.strerror})", where=str(path)) from error
    return [path / name for name in sorted(names)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def sha256(path: Path) -> str:
    """The SHA-256 of a regular file, in hexadecimal; OSError when it cannot be read."""
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def safe_relative(path: str, where: str = "") -> str:
    """`path` when it is a plain relative path that stays in its folder; StoreError otherwise."""
    parts = path.split("/")
    plain = PurePosixPath(path).parts == tuple(parts) and not path.startswith("/")
    if not plain or ".." in parts or "." in parts or not all(_is_component(part) for part in parts):
        raise StoreError(
            f"{shown(path)} is not a file name inside the attempt's folder",
            where=where,
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
