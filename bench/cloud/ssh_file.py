"""Which machines does a plain ssh_config name? Aliases without a pattern; the rest ssh's rules say when connecting."""

from __future__ import annotations

import re
import shlex

from bench.cloud.inventories import Entry, Made
from bench.config.yaml_source import decode
from bench.errors import ConfigError

_LINE = re.compile(r"\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*$")


def read_ssh_config(data: bytes, path: str, ssh_config: str) -> Made:
    """Aliases of `Host` lines as entries that keep pointing to the file: HostName, User, keys and jumps stay there.

    ssh_config: how the inventory calls the file. Patterns and negations are no machines. ConfigError for no machine.
    """
    names: dict[str, None] = {}
    notes = []
    for line in decode(data, path).splitlines():
        match = _LINE.match(line)
        if match is None or line.lstrip().startswith("#"):
            continue
        key = match[1].lower()
        if key == "include":
            notes.append(f"{match[2]} is not read for names: give it to `bench inventory ssh` by itself")
        if key == "host":
            names |= dict.fromkeys(word for word in _words(match[2]) if not re.search(r"[*?!]", word))
    if not names:
        raise ConfigError("names no machine", where=path, remedy="`Host` lines without a pattern are machines")
    entries = tuple(Entry(name, (("address", name),)) for name in names)
    return Made(entries, top=(("ssh_config", ssh_config),), notes=tuple(notes))


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()
