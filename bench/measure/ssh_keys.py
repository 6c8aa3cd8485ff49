"""Which host keys are on record: known_hosts files line by line, as ssh reads them.

A line that cannot be read costs nobody the others. `@cert-authority` lines are passed over (such a host is unknown here
until `bench trust`); a key of a `@revoked` line is refused wherever it is offered.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import paramiko
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey

from bench.errors import TransportError
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
