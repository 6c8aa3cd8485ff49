"""How does a list of machines from somewhere become an inventory? With safe names, whatever is in it.

A word that YAML reads as nothing but itself is written plainly, every other scalar between double quotes with JSON's
escapes, which YAML reads the same; and what comes out is read again by `bench.config` before anybody sees it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bench.cloud.protocol import Machine
from bench.config.inventory import parse_inventory
from bench.errors import ConfigError
from bench.model import Pairs, is_safe_name

_LONGEST_NAME, _LONGEST_VALUE = 64, 200
_PLAIN = re.compile(r"/?[A-Za-z][A-Za-z0-9_./-]*|[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_WORDS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf")
_KEYS = ("address", "data_address", "port", "user", "identity_file", "jump", "peer")


@dataclass(frozen=True, slots=True)
class Entry:
    """A target to write: its settings as in an inventory, absent where ssh decides."""

    name: str
    settings: Pairs = ()
    labels: Pairs = ()


@dataclass(frozen=True, slots=True)
class Made:
    """Entries, and what was left out and why."""

    entries: tuple[Entry, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    top: Pairs = ()
    """Keys at the top of the inventory: ssh_config."""
    notes: tuple[str, ...] = field(default=())


def from_machines(machines: Iterable[Machine], *, public: bool = False, user: str = "") -> Made:
    """VMs that run, have an address and a POSIX shell; labels say cloud, region, zone, size, and their tags.

    public: SSH goes to the public address, benchmark traffic stays on the private one.
    """
    entries, left = [], []
    for machine in sorted(machines, key=lambda one: (one.name.lower(), one.cloud_id)):
        address = machine.public_address if public else machine.address
        why = (
            "runs Windows, and a POSIX shell is needed"
            if machine.windows
            else "does not run"
            if machine.running is False
            else f"has no {'public' if public else 'private'} address"
            if not address
            else ""
        )
        if why:
            left.append((machine.name or machine.cloud_id, why))
            continue
        settings = {"address": address, "user": user, "data_address": machine.address if public else ""}
        entries.append(Entry(machine.name, _given(settings), labels_of(machine)))
    return Made(tuple(entries), tuple(left))


def labels_of(machine: Machine) -> Pairs:
    """Labels of a VM. A tag that is called like one of ours is kept under `tag-…`."""
    own = {
        "cloud": machine.cloud, "cloud_id": machine.cloud_id, "region": machine.region, "zone": machine.zone,
        "size": machine.size,
    }  # fmt: skip
    found = {key: value for key, value in own.items() if value}
    for key, value in machine.tags:
        name = safe_name(key)
        found.setdefault(f"tag-{name}"[:_LONGEST_NAME].rstrip(".") if name in own else name, value)
    return tuple(found.items())


def safe_name(text: str) -> str:
    """`text` as a safe file name: other signs become "-"."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:_LONGEST_NAME].strip("._-")
    return name if is_safe_name(name) else "x"


def _given(settings: Mapping[str, str]) -> Pairs:
    return tuple((key, settings[key]) for key in _KEYS if settings.get(key))


def inventory_text(made: Made, head: Sequence[str], path: str) -> tuple[str, Made]:
    """The YAML text, and what was written: names made unique, entries that no inventory may hold left out.

    head: lines of a comment. ConfigError when nothing is left.
    """
    taken: dict[str, str] = {}
    places: dict[tuple[str, str, str], str] = {}
    kept: list[Entry] = []
    left = list(made.left_out)
    for entry in made.entries:
        settings = dict(entry.settings)
        name = _unique(safe_name(entry.name), taken)
        place = (settings.get("address", name).strip().lower(), settings.get("port", "22"), settings.get("jump", ""))
        one = replace(entry, name=name)
        why = f"has the same address as {places[place]}" if place in places else _wrong(one, made.top, path)
        if why:
            left.append((entry.name, why))
            continue
        places[place] = name
        taken[name.lower()] = name
        kept.append(one)
    if not kept:
        told = "; ".join(f"{name} {why}" for name, why in left[:3])
        raise ConfigError(f"no machine can be a target{f' ({told})' if told else ''}", where=path)
    text = _text(kept, made.top, head)
    parse_inventory(text, path)
    return text, replace(made, entries=tuple(kept), left_out=tuple(left))


def _unique(name: str, taken: Mapping[str, str]) -> str:
    number, found = 1, name
    while found.lower() in taken:
        number += 1
        end = f"-{number}"
        found = name[: _LONGEST_NAME - len(end)] + end
    return found


def _wrong(entry: Entry, top: Pairs, path: str) -> str:
    """What `bench.config` says against an entry alone; "" when nothing."""
    try:
        parse_inventory(_text([entry], top, ()), path)
    except ConfigError as error:
        return error.what
    return ""


def _text(entries: Sequence[Entry], top: Pairs, head: Sequence[str]) -> str:
    lines = ["# inventory", *(f"# {_clean(line)}" for line in head)]
    lines += [f"{key}: {_scalar(value)}" for key, value in top]
    lines.append("targets:")
    for entry in entries:
        lines.append(f"  {_scalar(entry.name)}:" + ("" if entry.settings or entry.labels else " {}"))
        lines += [f"    {key}: {_number(value) if key == 'port' else _scalar(value)}" for key, value in entry.settings]
        labels = [(key, _clean(value)) for key, value in entry.labels]
        if any(value for _, value in labels):
            lines.append("    labels:")
            lines += [f"      {_scalar(key)}: {_scalar(value)}" for key, value in labels if value]
    return "\n".join(lines) + "\n"


def _clean(text: str) -> str:
    """One printable line of it."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_LONGEST_VALUE].strip()


def _number(text: str) -> str:
    return text if re.fullmatch(r"[1-9][0-9]{0,4}", text) else _scalar(text)


def _scalar(text: str) -> str:
    clean = _clean(text)
    plain = _PLAIN.fullmatch(clean) and clean.lower() not in _WORDS
    return clean if plain else json.dumps(clean, ensure_ascii=False)
