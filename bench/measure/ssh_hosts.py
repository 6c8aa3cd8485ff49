"""Where a target really is and which keys it may have: `~/.ssh/config`, known_hosts, and what it offers now.

Beside `bench.measure.ssh` the only file that knows paramiko's names. Nothing here logs in or writes anything.
"""

from __future__ import annotations

import base64
import hashlib
import socket
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import paramiko

from bench.errors import TransportError
from bench.model import Target

CONNECT_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a target really is, after `~/.ssh/config`."""

    host: str
    port: int
    user: str
    identities: tuple[str, ...]
    jump: str | None

    @property
    def name(self) -> str:
        """How known_hosts calls it: `host`, or `[host]:port`."""
        return self.host if self.port == paramiko.config.SSH_PORT else f"[{self.host}]:{self.port}"


def resolve(target: Target) -> Endpoint:
    """The endpoint of a target: the inventory first, then `ssh_config`, then defaults."""
    path = Path(target.ssh_config).expanduser() if target.ssh_config else Path.home() / ".ssh" / "config"
    found = _config(str(path), mtime(path)).lookup(target.address)
    identity = (target.identity_file,) if target.identity_file else tuple(found.get("identityfile", ()))
    jump = target.jump or found.get("proxyjump")
    return Endpoint(
        host=found.get("hostname", target.address),
        port=target.port or int(found.get("port", paramiko.config.SSH_PORT)),
        user=target.user or found.get("user") or _login_name(),
        identities=tuple(str(Path(name).expanduser()) for name in identity),
        jump=None if jump in (None, "none") else jump,
    )


def _login_name() -> str:
    import getpass

    return getpass.getuser()


def mtime(path: Path) -> float:
    """When a file was changed; 0 when there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


@lru_cache(maxsize=64)
def _config(path: str, changed_s: float) -> paramiko.SSHConfig:
    """The parsed file; `changed_s` makes a changed file a new cache entry."""
    if not changed_s:
        return paramiko.SSHConfig()
    try:
        return paramiko.SSHConfig.from_path(path)
    except (paramiko.ConfigParseError, OSError, UnicodeDecodeError) as error:
        raise TransportError(f"cannot be read ({error})", where=path) from error


def known_hosts_paths(target: Target) -> list[Path]:
    """The files whose keys are believed for this target; `bench trust` writes to the first."""
    own = [Path(target.known_hosts).expanduser()] if target.known_hosts else []
    return [*own, Path.home() / ".ssh" / "known_hosts"]


@lru_cache(maxsize=64)
def recorded_keys(path: str, changed_s: float) -> paramiko.HostKeys:
    """The parsed known_hosts file; `changed_s` makes a changed file a new cache entry.

    TransportError when it cannot be read.
    """
    if not changed_s:
        return paramiko.HostKeys()
    try:
        return paramiko.HostKeys(path)
    except (OSError, UnicodeDecodeError) as error:
        raise TransportError(f"cannot be read ({error})", where=path) from error


def fingerprint(key: paramiko.PKey) -> str:
    """`SHA256:…` as OpenSSH prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")


def scan_host_keys(target: Target, timeout_s: float = CONNECT_TIMEOUT_S) -> list[tuple[str, str, str]]:
    """The host keys a target offers now, as (known_hosts line, key type, fingerprint); nothing is believed or written.

    One handshake per key type, like ssh-keyscan; a target behind a jump host cannot be scanned this way.
    """
    endpoint = resolve(target)
    found: list[tuple[str, str, str]] = []
    problem: BaseException | None = None
    for kinds in (("ssh-ed25519",), ("ecdsa-sha2-nistp256",), ("rsa-sha2-512", "rsa-sha2-256")):
        try:
            sock = socket.create_connection((endpoint.host, endpoint.port), timeout=timeout_s)
        except OSError as error:
            raise TransportError(
                f"cannot connect to {endpoint.host}:{endpoint.port} ({error})", where=target.name
            ) from error
        transport = paramiko.Transport(sock)
        try:
            transport.get_security_options().key_types = kinds
            transport.start_client(timeout=timeout_s)
            key = transport.get_remote_server_key()
            found.append((f"{endpoint.name} {key.get_name()} {key.get_base64()}", key.get_name(), fingerprint(key)))
        except (paramiko.SSHException, EOFError, OSError) as error:
            problem = error
        finally:
            transport.close()
    if not found:
        raise TransportError(f"offered no host key ({problem})", where=target.name)
    return found


def known_key_types(target: Target) -> dict[str, str]:
    """What is on record for a target: key type → fingerprint."""
    name = resolve(target).name
    known: dict[str, str] = {}
    for path in known_hosts_paths(target):
        for kind, key in (recorded_keys(str(path), mtime(path)).lookup(name) or {}).items():
            known.setdefault(kind, fingerprint(key))
    return known
