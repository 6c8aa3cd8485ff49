"""What does `ansible-inventory --list` say of the hosts? JSON of groups, and of variables in `_meta`."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from bench.cloud.inventories import Entry, Made, safe_name
from bench.cloud.replies import list_of, mapping_of
from bench.errors import ConfigError
from bench.model import pairs

_NAMES = {
    "address": ("ansible_host", "ansible_ssh_host"),
    "port": ("ansible_port", "ansible_ssh_port"),
    "user": ("ansible_user", "ansible_ssh_user"),
    "identity_file": ("ansible_ssh_private_key_file", "ansible_private_key_file"),
}
_ARGUMENTS = ("ansible_ssh_common_args", "ansible_ssh_extra_args")
_LABELS = ("region", "zone", "size", "cloud")
_OF_ALL = ("all", "ungrouped")


def read_ansible(data: bytes, where: str) -> Made:
    """Hosts as entries. Each group that a host is in, also through children, is a label `GROUP: yes`.

    ConfigError when `data` is not what `ansible-inventory --list` prints. Hosts that are not reached by SSH are left
    out, and so are those whose address is a template.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"is not JSON ({error})", where=where, remedy="Write it with ansible-inventory --list"
        ) from error
    top = mapping_of(document)
    variables = mapping_of(mapping_of(top.get("_meta")).get("hostvars"))
    groups = {str(name): mapping_of(group) for name, group in top.items() if name != "_meta"}
    member = {name: _hosts(name, groups, frozenset()) for name in groups}
    hosts = sorted(set(variables) | {host for found in member.values() for host in found})
    if not hosts:
        raise ConfigError("names no hosts", where=where, remedy="Write it with ansible-inventory --list")
    entries, left = [], []
    for host in hosts:
        known = mapping_of(variables.get(host))
        own = [name for name in groups if host in member[name] and name not in _OF_ALL]
        entry, why = _entry(host, known, own)
        if why:
            left.append((host, why))
        else:
            entries.append(entry)
    return Made(tuple(entries), tuple(left))


def _hosts(name: str, groups: Mapping[str, Mapping[str, Any]], above: frozenset[str]) -> frozenset[str]:
    """The hosts of a group and of those below it; a group that contains itself ends there."""
    group = groups.get(name, {})
    found = {str(host) for host in list_of(group.get("hosts")) if isinstance(host, str)}
    for child in list_of(group.get("children")):
        if isinstance(child, str) and child != name and child not in above:
            found |= _hosts(child, groups, above | {name})
    return frozenset(found)


def _entry(host: str, known: Mapping[str, Any], groups: list[str]) -> tuple[Entry, str]:
    way = known.get("ansible_connection", "ssh")
    if way not in ("ssh", "smart", "paramiko", "paramiko_ssh"):
        return Entry(host), f"is reached by {way!s:.40}, not by SSH"
    settings = {key: _text(known, names) for key, names in _NAMES.items()}
    settings["address"] = settings["address"] or host
    settings["jump"] = _jump(known)
    if template := next((key for key, value in settings.items() if "{{" in value), ""):
        return Entry(host), f"has a template for its {template.replace('_', ' ')}"
    labels = {safe_name(name): "yes" for name in groups} | {
        key: value for key in _LABELS if (value := _text(known, (key,))) and "{{" not in value
    }
    given = tuple((key, settings[key]) for key in (*_NAMES, "jump") if settings[key])
    return Entry(host, given, pairs(labels)), ""


def _text(known: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = known.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value)
    return ""


def _jump(known: Mapping[str, Any]) -> str:
    """The host of `-J HOST` or `-o ProxyJump=HOST` in the arguments for ssh; everything else there is ssh's own."""
    text = " ".join(_text(known, (name,)) for name in _ARGUMENTS)
    try:
        words = shlex.split(text)
    except ValueError:
        return ""
    for place, word in enumerate(words):
        if word == "-J" and place + 1 < len(words):
            return words[place + 1]
        match = re.fullmatch(r"(?:-J|(?:-o)?ProxyJump[= ])(.+)", word, re.IGNORECASE)
        if match:
            return match[1]
    return ""
