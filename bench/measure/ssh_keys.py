"""Which host keys are on record: known_hosts files line by line, as ssh reads them.

A line that cannot be read costs nobody the others. `@cert-authority` lines are passed over (such a host is unknown here
until `bench trust`); a key of a `@revoked` line is refused wherever it is offered.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import paramiko
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey

from bench.errors import HostKeyError, TransportError
from bench.measure.ssh_hosts import Endpoint, resolve
from bench.model import Target


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """One parsed file. `plain` is found by name; hashed names and patterns are tried one by one."""

    plain: dict[str, list[paramiko.PKey]] = field(default_factory=dict)
    patterns: list[tuple[tuple[str, ...], paramiko.PKey]] = field(default_factory=list)
    revoked: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    """Names and the fingerprint of the key."""

    def keys(self, name: str) -> Iterable[paramiko.PKey]:
        """The keys of a host."""
        yield from self.plain.get(name, ())
        for names, key in self.patterns:
            if _matches(names, name):
                yield key


def fingerprint(key: paramiko.PKey) -> str:
    """`SHA256:…` as OpenSSH prints it."""
    return _fingerprint(key.asbytes())


def known_keys(endpoint: Endpoint) -> dict[str, paramiko.PKey]:
    """The keys that an endpoint may have, by type; the first file that names a type wins, revoked keys are left out."""
    bad = revoked_at(endpoint)
    found: dict[str, paramiko.PKey] = {}
    for path in endpoint.known_hosts:
        for key in recorded_keys(str(path), mtime(path)).keys(endpoint.name.lower()):
            if not bad or fingerprint(key) not in bad:
                found.setdefault(key.get_name(), key)
    return found


def revoked_at(endpoint: Endpoint) -> frozenset[str]:
    """Fingerprints of keys that this endpoint must not have."""
    name = endpoint.name.lower()
    return frozenset(
        print_
        for path in endpoint.known_hosts
        for names, print_ in recorded_keys(str(path), mtime(path)).revoked
        if _matches(names, name)
    )


def known_key_types(target: Target) -> dict[str, str]:
    """What is on record for a target: key type → fingerprint."""
    return {kind: fingerprint(key) for kind, key in known_keys(resolve(target)).items()}


def revoked_keys(target: Target) -> frozenset[str]:
    """Fingerprints of keys that a target must not have."""
    return revoked_at(resolve(target))


def mtime(path: Path) -> float:
    """When a file was changed; 0 when there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def replace_keys(path: Path, gone: Iterable[tuple[str, str]], lines: Iterable[str]) -> None:
    """Take the keys of (host, key type) out of a known_hosts file and add lines, at once: by rename.

    HostKeyError, and nothing is changed, when a line speaks of other hosts too by a pattern: that is not ours to edit.
    A key in another file stays there: the file written here is believed first. OSError when it cannot be written.
    """
    real = path.resolve()
    there = real.exists()
    text = real.read_bytes().decode("utf-8", "surrogateescape") if there else ""
    hosts = tuple(gone)
    kept = [line for old in text.splitlines() if (line := _without(old, hosts, path)) is not None]
    new = "".join(f"{line}\n" for line in (*kept, *lines))
    descriptor, name = tempfile.mkstemp(prefix=f".{real.name}-", dir=real.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(new.encode("utf-8", "surrogateescape"))
            if there:
                os.fchmod(file.fileno(), real.stat().st_mode & 0o777)
            os.fsync(file.fileno())
        Path(name).replace(real)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _without(line: str, hosts: Iterable[tuple[str, str]], path: Path) -> str | None:
    """A line without these hosts, None when nothing of it is left; HostKeyError where that cannot be said of it."""
    words = line.split()
    if len(words) < 3 or words[0].startswith(("#", "@")):
        return line
    names = words[0].split(",")
    for host, kind in hosts:
        if words[1] != kind or not _matches(_names(words[0]), host.lower()):
            continue
        if any(set(name) & set("*?!") and not name.startswith("|") for name in names):
            raise HostKeyError(
                f"the recorded key stands in a line for {words[0]!r}, which is not only for {host}",
                where=str(path),
                remedy="Edit that line by hand",
            )
        names = [name for name in names if not _matches(_names(name), host.lower())]
    if not names:
        return None
    return line if names == words[0].split(",") else " ".join([",".join(names), *words[1:]])


@lru_cache(maxsize=64)
def recorded_keys(path: str, changed_s: float) -> KnownHosts:
    """The parsed known_hosts file; `changed_s` makes a changed file a new cache entry.

    TransportError when it cannot be read.
    """
    found = KnownHosts()
    if not changed_s:
        return found
    try:
        lines = Path(path).read_text("utf-8", "replace").splitlines()
    except OSError as error:
        raise TransportError(f"cannot be read ({error.strerror})", where=path) from error
    for line in lines:
        _take(found, line.split())
    return found


def _take(found: KnownHosts, words: list[str]) -> None:
    """One line: `[@marker] name,name… type base64 [comment]`."""
    if len(words) >= 4 and words[0] == "@revoked":
        try:
            found.revoked.append((_names(words[1]), _fingerprint(base64.b64decode(words[3]))))
        except ValueError:
            return
    if len(words) < 3 or words[0].startswith(("#", "@")):
        return
    try:
        entry = HostKeyEntry.from_line(" ".join(words[:3]))
    except (InvalidHostKey, paramiko.SSHException, ValueError, TypeError, IndexError):
        return  # a damaged key: its host stays unknown
    if entry is None or entry.key is None:
        return
    names = _names(words[0])
    if any(name.startswith(("|", "!")) or "*" in name or "?" in name for name in names):
        found.patterns.append((names, entry.key))
    else:
        for name in names:
            found.plain.setdefault(name, []).append(entry.key)


def _names(word: str) -> tuple[str, ...]:
    return tuple(name if name.startswith("|") else name.lower() for name in word.split(","))


def _matches(names: Iterable[str], host: str) -> bool:
    hit = False
    for name in names:
        if name.startswith("|"):
            hit = hit or _hashed(name, host)
        elif _like(name.removeprefix("!"), host):
            if name.startswith("!"):
                return False
            hit = True
    return hit


def _like(pattern: str, host: str) -> bool:
    """Only `*` and `?` mean something: `[host]:port` is a name."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), host) is not None


def _hashed(name: str, host: str) -> bool:
    """Whether `|1|salt|HMAC-SHA1(salt, host)` means `host`."""
    try:
        _, _, salt, digest = name.split("|")
        return hmac.compare_digest(hmac.digest(base64.b64decode(salt), host.encode(), "sha1"), base64.b64decode(digest))
    except ValueError:
        return False


def _fingerprint(blob: bytes) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
