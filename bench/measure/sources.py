"""Where the source of a tool comes from: fetched once and pinned by the content of its tree, or given with --source.

A pin is the digest of the unpacked *tree*, so it holds whatever archive the tree travelled in: a server that
compresses differently next year, a `git archive` or a plain folder all give the same digest.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import os
import re
import shutil
import stat
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from pathlib import Path, PurePosixPath
from typing import IO

from bench.errors import SuiteError
from bench.model import Source
from bench.store.files import make_folder

_TIMEOUT_S = 60.0
_MAX_BYTES = 256 << 20  # the largest archive or tree that is believed to be a benchmark's source
_CHUNK = 1 << 20
_BAD_ARCHIVE = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError),
    RuntimeError,  # an encrypted zip, or a compression this Python lacks
)


@dataclass(frozen=True, slots=True)
class Tree:
    """An unpacked source tree. `pinned` is False for a tree of `--source` that is not the pinned one."""

    folder: Path
    digest: str
    pinned: bool


def tree_digest(folder: Path) -> str:
    """SHA-256 (hex) over the sorted files of `folder`: path, executable bit, SHA-256 of the content; no `.git`.

    Times, owners and empty folders do not count. A symbolic link counts as its target's text.
    SuiteError when the folder holds no file or something that is neither a file nor a link.
    """
    digest = hashlib.sha256()
    count = 0
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            mode, content = "l", hashlib.sha256(os.fsencode(path.readlink())).hexdigest()
        else:
            mode = "x" if path.stat().st_mode & stat.S_IXUSR else "-"
            content = _sha256(path)
        digest.update(f"{name}\0{mode}\0{content}\n".encode("utf-8", "surrogateescape"))
        count += 1
    if not count:
        raise SuiteError("the source tree is empty", where=str(folder), remedy="Give the folder with the tool's source")
    return digest.hexdigest()


def fetch(source: Source, cache: Path) -> Path:
    """The pinned tree of `source` below `cache`, downloaded (https only) when it is not there yet.

    SuiteError without network, for an archive that is damaged or unsafe, and for a tree that is not the pinned one.
    """
    final = cache / f"{source.name}-{source.commit[:12]}"
    if final.is_dir():
        if tree_digest(final) == source.tree_sha256:
            return final
        raise SuiteError(
            "the cached source is not the pinned one any more", where=str(final), remedy="Delete the folder and retry"
        )
    make_folder(cache)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=cache) as work:
        archive = Path(work, "archive")
        archive.write_bytes(_download(source))
        tree = _unpack(archive, Path(work, "tree"))
        digest = tree_digest(tree)
        if digest != source.tree_sha256:
            raise SuiteError(
                f"{shown(source.url)} holds another tree ({digest[:12]}…) than the pinned {source.tree_sha256[:12]}…",
                where=source.name,
                remedy=f"Check the archive; to use it all the same, give --source {source.name}=PATH",
            )
        try:
            tree.rename(final)
        except OSError:
            if not final.is_dir():  # otherwise somebody else fetched the same tree meanwhile
                raise
    return final


def from_path(source: Source, path: Path, cache: Path) -> Tree:
    """The tree that `--source NAME=PATH` names: a folder as it stands, or a tar or zip archive unpacked below `cache`.

    One top folder around the tree is taken off. A tree that is not the pinned one is allowed (`pinned` says so);
    SuiteError when there is nothing to use.
    """
    if path.is_dir():
        folder = _without_top(path)
        digest = tree_digest(folder)
    elif path.is_file():
        make_folder(cache)
        with tempfile.TemporaryDirectory(prefix=".unpack-", dir=cache) as work:
            tree = _unpack(path, Path(work, "tree"))
            digest = tree_digest(tree)
            folder = cache / f"{source.name}-{digest[:12]}"
            if not folder.is_dir():
                tree.rename(folder)
    else:
        raise SuiteError(
            f"--source {source.name}: there is no such file or folder",
            where=str(path),
            remedy=f"Give a folder, a tar or a zip archive with the source of {source.name}",
        )
    return Tree(folder, digest, digest == source.tree_sha256)


def pack(tree: Path) -> bytes:
    """`tree` as a tar.gz whose bytes depend on nothing but its content: sorted, without times and owners."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, compresslevel=6) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in _files(tree):
            member = tar.gettarinfo(path, arcname=path.relative_to(tree).as_posix())
            member.mtime = member.uid = member.gid = 0
            member.uname = member.gname = ""
            if member.islnk():  # two names of one file: store both, the order on disk must not matter
                member.type, member.linkname, member.size = tarfile.REGTYPE, "", path.stat().st_size
            if member.isfile():
                member.mode = 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644
                with path.open("rb") as file:
                    tar.addfile(member, file)
            else:
                member.mode = 0o777
                tar.addfile(member)
    return buffer.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    """Files and links below `folder`, sorted by their path's bytes."""
    found = [
        Path(place, name)
        for place, folders, names in os.walk(folder)
        for name in [*names, *(link for link in folders if Path(place, link).is_symlink())]
        if ".git" not in Path(place, name).relative_to(folder).parts
    ]
    for path in sorted(found, key=lambda path: os.fsencode(path.relative_to(folder).as_posix())):
        if not path.is_symlink() and not path.is_file():
            raise SuiteError("neither a file nor a folder", where=str(path), remedy="Give a clean source tree")
        yield path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _without_top(folder: Path) -> Path:
    """`folder`, or the one folder that is all it holds."""
    inside = [path for path in folder.iterdir() if path.name != ".git"]
    return inside[0] if len(inside) == 1 and inside[0].is_dir() and not inside[0].is_symlink() else folder


# --- downloading -------------------------------------------------------------------------------------------------


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirections to https and to nothing else."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """The request for `newurl`; URLError when that is not https."""
        if not newurl.startswith("https://"):
            raise urllib.error.URLError(f"redirected to {newurl.split(':')[0]}, only https is followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def shown(text: str) -> str:
    """URLs as they may be shown: without user name, password, query and fragment, any of which may be a secret."""
    return re.sub(r"(?<=//)[^/\s]*@|[?#]\S*", "", text)


def _download(source: Source) -> bytes:
    remedy = f"Fetch it elsewhere and give --source {source.name}=PATH (a folder, a tar or a zip archive)"
    if not source.url.startswith("https://"):
        raise SuiteError("a source is fetched over https only", where=shown(source.url), remedy=remedy)
    if "@" in source.url.split("/")[2]:
        raise SuiteError("its URL holds a user name or password", where=shown(source.url), remedy=remedy)
    opener = urllib.request.build_opener(_HttpsOnly)
    try:
        with opener.open(source.url, timeout=_TIMEOUT_S) as answer:
            data: bytes = answer.read(_MAX_BYTES + 1)
    except (HTTPException, ValueError) as error:  # a malformed URL or proxy variable, which the message would repeat
        said = f"its URL, a proxy variable or the answer cannot be read: {type(error).__name__}"
        raise SuiteError(f"cannot be fetched ({said})", where=shown(source.url), remedy=remedy) from None
    except OSError as error:  # URLError and timeouts are OSErrors
        reason = shown(str(getattr(error, "reason", error)))
        raise SuiteError(f"cannot be fetched ({reason})", where=shown(source.url), remedy=remedy) from error
    if len(data) > _MAX_BYTES:
        raise SuiteError(f"is larger than {_MAX_BYTES >> 20} MiB", where=shown(source.url), remedy=remedy)
    return data


# --- unpacking ---------------------------------------------------------------------------------------------------


def _unpack(archive: Path, target: Path) -> Path:
    """Unpack a tar or zip archive into the new folder `target`; its tree, one top folder taken off.

    tarfile's own "data" filter would do, but Debian 12's Python 3.11.2 does not have it.
    """
    target.mkdir()
    try:
        if zipfile.is_zipfile(archive):
            _unpack_zip(archive, target)
        else:
            _unpack_tar(archive, target)
    except _BAD_ARCHIVE as error:
        raise SuiteError(
            f"not a usable tar or zip archive ({error or type(error).__name__})",
            where=str(archive),
            remedy="Give the archive as the project publishes it, or an unpacked folder",
        ) from error
    return _without_top(target)


def _unpack_tar(archive: Path, target: Path) -> None:
    total = 0
    links: list[tuple[Path, str]] = []
    with tarfile.open(archive, "r:*") as tar:
        for member in tar:
            path = _inside(target, member.name)
            total += member.size
            _check_size(total)
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            elif member.issym():
                links.append((path, member.linkname))
            elif member.isfile() and (content := tar.extractfile(member)) is not None:
                _write(path, content, executable=bool(member.mode & stat.S_IXUSR))
            else:
                raise ValueError(f"{member.name!r} is neither a file, a folder nor a symbolic link")
    for path, linkname in links:  # last, so that no file is written through a link
        _inside(target, (path.parent.relative_to(target) / linkname).as_posix(), linkname)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(linkname)


def _unpack_zip(archive: Path, target: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        members = packed.infolist()
        _check_size(sum(member.file_size for member in members))
        for member in members:
            mode = member.external_attr >> 16
            if stat.S_ISLNK(mode):
                raise ValueError(f"{member.filename!r} is a link")
            path = _inside(target, member.filename.replace("\\", "/"))
            if member.is_dir():
                path.mkdir(parents=True, exist_ok=True)
                continue
            with packed.open(member) as content:
                _write(path, content, executable=bool(mode & stat.S_IXUSR))


def _inside(target: Path, name: str, link: str = "") -> Path:
    """The path of a member below `target`; ValueError when it (or the link it is) would leave that folder."""
    if name.startswith("/") or link.startswith("/") or re.match("[A-Za-z]:", name):
        raise ValueError(f"{link or name!r} is an absolute path")
    path = Path(os.path.normpath(target / name))
    if not path.is_relative_to(target) or (".." in PurePosixPath(name).parts and not link):
        raise ValueError(f"{link or name!r} leaves the folder")
    return path


def _check_size(total: int) -> None:
    if total > _MAX_BYTES:
        raise ValueError(f"unpacks to more than {_MAX_BYTES >> 20} MiB")


def _write(path: Path, content: IO[bytes], *, executable: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(content, file, _CHUNK)
    path.chmod(0o755 if executable else 0o644)
