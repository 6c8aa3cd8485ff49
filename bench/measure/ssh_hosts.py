"""Where a target really is and the way there: the inventory first, then the ssh configuration, then ssh's defaults.

Nothing here connects.
What ssh would do and vmbench cannot is refused by name: nobody measures another machine than `ssh NAME` reaches.
"""

from __future__ import annotations

import getpass
import glob
import re
import shlex
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import paramiko

from bench.errors import TransportError
from bench.model import Target

MAX_HOPS = 8
"""More jump hosts than this before a target are a loop."""

SYSTEM = Path("/etc/ssh")
"""Where the machine's own ssh_config and ssh_known_hosts are."""

_MAX_INCLUDES = 16
"""How deep files may include each other, as in OpenSSH."""

_FAMILIES = {"any": socket.AF_UNSPEC, "inet": socket.AF_INET, "inet6": socket.AF_INET6}
_HOP = re.compile(r"(?:ssh://)?(?:(?P<user>.+)@)?(?:\[(?P<six>[^]]+)]|(?P<host>[^:\s]+))(?::(?P<port>\d{1,5}))?/?")
_SETTING = re.compile(r"\s*(?P<key>\w+)(?:\s*=\s*|\s+)(?P<value>.+)")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a target really is, after the ssh configuration; at most one of `jump` and `proxy` is set.

    known_hosts: the files whose keys are believed, the one that `bench trust` writes to first.
    family, bind: which addresses (AF_…) it is reached at, and from which.
    """

    host: str
    port: int
    user: str
    identities: tuple[str, ...]
    jump: str | None
    known_hosts: tuple[Path, ...]
    alias: str | None = None
    proxy: str | None = None
    family: int = socket.AF_UNSPEC
    bind: str | None = None

    @property
    def address(self) -> str:
        """`host`, or `[host]:port`."""
        return self.host if self.port == paramiko.config.SSH_PORT else f"[{self.host}]:{self.port}"

    @property
    def name(self) -> str:
        """How known_hosts calls it: its HostKeyAlias, or its address."""
        return self.alias or self.address


def resolve(target: Target) -> Endpoint:
    """The endpoint of a target; TransportError names the file that cannot be used."""
    path = Path(target.ssh_config).expanduser() if target.ssh_config else Path.home() / ".ssh" / "config"
    try:
        found = _found(_text(target, path), target.user, target.port, target.address)
        return _endpoint(target, found)
    except (paramiko.SSHException, OSError, ValueError, KeyError, ImportError) as error:
        # ValueError: `Port abc`, undecodable text. KeyError: CanonicalizeHostname without CanonicalDomains.
        # ImportError: `Match exec` without invoke.
        reason = f"{type(error).__name__}: {error}".removesuffix(": ")
        raise TransportError(f"cannot be used for {target.address} ({reason})", where=str(path)) from error


def route(target: Target) -> list[tuple[Target, Endpoint]]:
    """The jump hosts before a target in the order of connecting, then the target; each with its endpoint.

    TransportError when they form a loop.
    """
    current, endpoint = target, resolve(target)
    found = [(current, endpoint)]
    while endpoint.jump:
        if len(found) > MAX_HOPS:
            raise TransportError(
                f"is behind more than {MAX_HOPS} jump hosts; they form a loop at {endpoint.jump}",
                where=target.name,
                remedy="Check `jump:` in the inventory and ProxyJump in the ssh configuration "
                "(`ProxyJump none` for the jump host itself)",
            )
        before, _, last = endpoint.jump.rpartition(",")
        current = _hop(target, last.strip(), before.strip() or None)
        endpoint = resolve(current)
        found.insert(0, (current, endpoint))
    return found


def known_hosts_paths(target: Target) -> list[Path]:
    """The files whose keys are believed for this target; `bench trust` writes to the first."""
    return list(resolve(target).known_hosts)


def _endpoint(target: Target, found: Mapping[str, str]) -> Endpoint:
    for key, name in (("proxyusefdpass", "ProxyUseFdpass"), ("bindinterface", "BindInterface")):
        if found.get(key, "no").lower() != "no":
            raise ValueError(f"{name} is not supported")
    family = found.get("addressfamily", "any").lower()
    if family not in _FAMILIES:
        raise ValueError(f"AddressFamily {family}")
    port = target.port or int(found.get("port", paramiko.config.SSH_PORT))
    if not 0 < port < 1 << 16:
        raise ValueError(f"Port {port}")
    jump, proxy = _way(target, found)
    identity = (target.identity_file,) if target.identity_file else tuple(found.get("identityfile", ()))
    return Endpoint(
        host=found.get("hostname", target.address),
        port=port,
        user=target.user or found.get("user") or getpass.getuser(),
        identities=tuple(str(Path(name).expanduser()) for name in identity if name != "none"),
        jump=jump,
        known_hosts=_known_hosts(target, found),
        alias=found.get("hostkeyalias"),
        proxy=proxy,
        family=_FAMILIES[family],
        bind=found.get("bindaddress"),
    )


def _way(target: Target, found: Mapping[str, str | None]) -> tuple[str | None, str | None]:
    """(jump hosts, proxy command): the inventory's `jump`, else what the configuration says first, as ssh has it."""
    if target.jump:
        return (None if target.jump == "none" else target.jump), None
    for key in found:
        if key in ("proxyjump", "proxycommand"):
            value = found[key]
            if value is None or value.lower() == "none":
                return None, None
            return (value, None) if key == "proxyjump" else (None, value)
    return None, None


def _known_hosts(target: Target, found: Mapping[str, str]) -> tuple[Path, ...]:
    """The inventory's file, the user's, the machine's. Without a user's own file (`none`) ssh's default stays."""
    home = Path.home() / ".ssh"
    paths = [Path(target.known_hosts).expanduser()] if target.known_hosts else []
    own = _files(found, "userknownhostsfile")
    paths += own or [home / "known_hosts", home / "known_hosts2"]
    system = [SYSTEM / "ssh_known_hosts", SYSTEM / "ssh_known_hosts2"]
    return (*paths, *(_files(found, "globalknownhostsfile") if "globalknownhostsfile" in found else system))


def _files(found: Mapping[str, str], key: str) -> list[Path]:
    names = [name for name in shlex.split(found.get(key, "")) if name not in ("none", "/dev/null")]
    for name in names:
        if "%" in name.replace("%d", "") or "$" in name:
            raise ValueError(f"{key} {name}: only ~ and %d are expanded")
    return [Path(name.replace("%d", str(Path.home()))).expanduser() for name in names]


def _hop(target: Target, spec: str, jump: str | None) -> Target:
    """The jump host `[user@]host[:port]` as a target of its own."""
    read = _HOP.fullmatch(spec)
    if read is None:
        raise TransportError(f"jump host {spec!r} cannot be read", where=target.name, remedy="Write [user@]host[:port]")
    return replace(
        target,
        name=f"{target.name} (jump host {spec})",
        address=read["six"] or read["host"],
        port=int(read["port"]) if read["port"] else None,
        user=read["user"],
        jump=jump,
        peer=None,
    )


def _text(target: Target, path: Path) -> str:
    """The configuration with its included files; the machine's own follows the user's unless the inventory names one.

    Small files are read anew each time: no change is missed, and parsing is what costs.
    """
    lines = list(_lines(path, Path.home() / ".ssh")) if target.ssh_config or path.exists() else []
    if not target.ssh_config and (SYSTEM / "ssh_config").exists():
        lines += ["Host *", *_lines(SYSTEM / "ssh_config", SYSTEM)]
    return "\n".join(lines)


def _lines(path: Path, base: Path, block: str = "Host *", depth: int = 0) -> Iterator[str]:
    """The lines of a file, `Include` replaced by the lines of those files; `block` is the Host or Match line around it.

    ValueError where a Host block inside another would be needed: paramiko has no such thing.
    """
    if depth > _MAX_INCLUDES:
        raise ValueError(f"{path}: too many nested Include")
    around = block
    for line, key, value in _settings(path.read_text("utf-8")):
        if not key:
            yield line
        elif key != "include":
            if not _everywhere(around):
                raise ValueError(f"{path}: {line.strip()!r} in a file that is included below {around.strip()!r}")
            block = line
            yield line
        else:
            for file in included(value, base):
                yield from _lines(file, base, block, depth + 1)
            yield block


@lru_cache(maxsize=256)
def _settings(text: str) -> tuple[tuple[str, str, str], ...]:
    """The lines of a file as (line, `host`, `match` or `include` where it is one, its value)."""
    found = []
    for line in text.splitlines():
        read = _SETTING.fullmatch(line)
        key = read["key"].lower() if read else ""
        found.append((line, key, read["value"]) if read and key in ("host", "match", "include") else (line, "", ""))
    return tuple(found)


def included(value: str, base: Path) -> Iterator[Path]:
    """The files that an `Include` means, in ssh's order; as in a shell, `*` means no hidden ones.

    base: the folder of names that are not absolute. ValueError for what would have to be expanded.
    """
    for name in shlex.split(value, comments=True):
        if "%" in name or "$" in name:
            raise ValueError(f"Include {name}: only ~ and patterns are expanded")
        yield from map(Path, sorted(glob.glob(str(base / Path(name).expanduser()))))  # noqa: PTH207  # Path.glob takes hidden files


def _everywhere(block: str) -> bool:
    return block.lower().replace("=", " ").split() in (["host", "*"], ["match", "all"])


@lru_cache(maxsize=4096)
def _found(text: str, user: str | None, port: int | None, address: str) -> Mapping[str, str]:
    """What the configuration says about one address, looked up once: with hundreds of Host blocks that takes 5 ms.

    So `Match exec` and canonical names are settled at the first connection and stay for the whole command.
    """
    return _parsed(text, user, port).lookup(address)


@lru_cache(maxsize=1024)
def _parsed(text: str, user: str | None, port: int | None) -> paramiko.SSHConfig:
    """The configuration after `-l user` and `-p port`, which come first: tokens and `Match user` see them."""
    first = ["Host *", *([f"User {user}"] if user else []), *([f"Port {port}"] if port else []), "Host *"]
    return paramiko.SSHConfig.from_text("\n".join([*first, text]))
