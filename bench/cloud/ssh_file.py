"""Which machines does a plain ssh_config name? Aliases without a pattern; the rest ssh's rules say when connecting."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.cloud.inventories import Entry, Made
from bench.config.yaml_source import decode
from bench.errors import ConfigError
from bench.measure.ssh_hosts import included

_LINE = re.compile(r"\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*$")
_DEEPEST = 16


def read_ssh_config(path: Path, where: str, ssh_config: str, read: Callable[[str], bytes]) -> Made:
    """Aliases of `Host` lines as entries that keep pointing to the file: HostName, User, keys and jumps stay there.

    Files that are included are read as well; as for ssh, relative names lie in ~/.ssh. ssh_config: how the inventory
    calls the file. read: gives the content of a file. Patterns and negations are no machines. ConfigError for no
    machine, and for a file that cannot be read.
    """
    names: dict[str, None] = {}
    notes: list[str] = []
    for key, value in _settings(path, where, read, notes, 0):
        if key == "host":
            names |= dict.fromkeys(word for word in _words(value) if not re.search(r"[*?!]", word))
    if not names:
        raise ConfigError("names no machine", where=where, remedy="`Host` lines without a pattern are machines")
    entries = tuple(Entry(name, (("address", name),)) for name in names)
    return Made(entries, top=(("ssh_config", ssh_config),), notes=tuple(notes))


def _settings(
    path: Path, where: str, read: Callable[[str], bytes], notes: list[str], depth: int
) -> Iterator[tuple[str, str]]:
    """(key in lower case, value) of all lines, those of included files in their place."""
    for line in decode(read(str(path)), where).splitlines():
        match = _LINE.match(line)
        if match is None or line.lstrip().startswith("#"):
            continue
        key, value = match[1].lower(), match[2]
        if key != "include":
            yield key, value
            continue
        try:
            files = list(included(value, Path.home() / ".ssh"))
        except ValueError as error:
            notes.append(f"{where}: {error}")
            continue
        if not files:
            notes.append(f"{where}: Include {value}: there is no such file (relative names lie in ~/.ssh)")
        if depth >= _DEEPEST:
            raise ConfigError("too many nested Include", where=where)
        for file in files:
            yield from _settings(file, str(file), read, notes, depth + 1)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()
