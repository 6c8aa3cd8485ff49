"""The inventory: which machines are measured, and how they are reached.

    ssh_config, known_hosts     files on this machine (relative to the inventory)
    defaults: {settings}        for every target
    groups: {name: {settings, groups: {…}, targets: {…}}}
    targets: {name: {settings, peer}}

Groups are a tree and a target stands in exactly one place, so what it inherits is never ambiguous: target before inner
group before outer group before defaults; `labels` are merged key by key. Cross-cutting choices are made by label.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from pydantic import Field

from bench.config.fields import (
    SAFE_NAME_REMEDY,
    Address,
    Devices,
    Jump,
    Labels,
    Limits,
    Line,
    Port,
    SafeName,
    Section,
    TargetPath,
    User,
    section,
)
from bench.config.yaml_source import Data, Document, Keys, describe, load_document, parse_document, suggest
from bench.errors import ConfigError
from bench.model import Inventory, Target, is_safe_name, pairs


class DefaultSettings(Section):
    """What may be set for every target. An address is shared where one host forwards a port to each machine."""

    address: Address | None = None
    data_address: Address | None = None
    port: Port | None = None
    user: User | None = None
    identity_file: Line | None = None
    jump: Jump | None = None
    labels: Labels = Field(default_factory=dict)
    exclusive: SafeName | None = None
    disk: TargetPath | None = None
    limits: Limits = Field(default_factory=dict)
    base: TargetPath = "~/.bench"
    sudo: bool = True


class GroupSettings(DefaultSettings):
    """What may be set for a group. Disks to destroy are named here or at the target, never for all."""

    destroyable: Devices = ()


class TargetSettings(GroupSettings):
    """What may be set for one target."""

    peer: SafeName | None = None


class _Files(Section):
    ssh_config: Line | None = None
    known_hosts: Line | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """A target as found in the file: where, its name, and everything set on the way to it."""

    keys: Keys
    name: str
    settings: dict[str, Any]


def load_inventory(path: Path) -> Inventory:
    """The inventory in the file `path`; ConfigError names file, line, key and remedy."""
    return _inventory(load_document(path))


def parse_inventory(text: str, path: str) -> Inventory:
    """The inventory in `text`; `path` serves messages and relative files, nothing is read. ConfigError as above."""
    return _inventory(parse_document(text, path))


def select(inventory: Inventory, patterns: Sequence[str]) -> Inventory:
    """The targets that match any of `patterns`; all of them when there are none.

    A pattern is a glob on the name (`web*`) or on labels (`region=japaneast`); parts joined by commas must all match
    (`region=japan*,size=Standard_D3_v2`). A peer that is not selected is dropped. ConfigError when a pattern matches
    nothing.
    """
    if not patterns:
        return inventory
    kept: set[str] = set()
    for pattern in patterns:
        found = {target.name for target in inventory.targets if _matches(target, pattern)}
        if not found:
            raise ConfigError(
                f"no target matches {describe(pattern)}",
                where=inventory.path,
                remedy=suggest(pattern, _selectable(inventory)),
            )
        kept |= found
    targets = (target for target in inventory.targets if target.name in kept)
    return replace(
        inventory,
        targets=tuple(target if target.peer in kept else replace(target, peer=None) for target in targets),
    )


def _matches(target: Target, pattern: str) -> bool:
    for part in pattern.split(","):
        key, equals, value = part.partition("=")
        text = target.label(key) if equals else target.name
        if not fnmatch.fnmatchcase(text, value if equals else part):
            return False
    return True


def _selectable(inventory: Inventory) -> set[str]:
    labels = {f"{key}={value}" for target in inventory.targets for key, value in target.labels}
    return labels | {target.name for target in inventory.targets}


def _inventory(document: Document) -> Inventory:
    top = document.data
    files = section(_Files, document, (), top, also=("defaults", "groups", "targets"))
    settings = _given(section(DefaultSettings, document, ("defaults",), top.get("defaults")))
    for name in ("ssh_config", "known_hosts"):
        settings[name] = getattr(files, name)
    places = sorted(_members(document, (), top, settings), key=lambda place: document.line(place.keys))
    if not places:
        remedy = "Add `targets:` with one line per machine, e.g. `vm1: {address: 10.0.0.4}`"
        raise document.error((), "has no targets", remedy)
    targets = tuple(_target(place, document.path) for place in places)
    _check_unique(document, places, targets)
    _check_peers(document, places)
    for place, target in zip(places, targets, strict=True):
        _check_disk(document, place, target)
    return Inventory(document.path, targets)


def _members(document: Document, keys: Keys, data: dict[str, Data], inherited: dict[str, Any]) -> Iterator[_Place]:
    """Every target below a group (or the top), with what it inherits."""
    for name, value in document.mapping((*keys, "targets"), data.get("targets")).items():
        here = (*keys, "targets", name)
        _check_name(document, here, "target", name)
        short = {"address": value} if isinstance(value, str) else value
        own = section(TargetSettings, document, here, short)
        yield _Place(here, name, _merge(inherited, _given(own)))
    for name, value in document.mapping((*keys, "groups"), data.get("groups")).items():
        here = (*keys, "groups", name)
        _check_name(document, here, "group", name)
        group = document.mapping(here, value)
        shared = section(GroupSettings, document, here, group, also=("groups", "targets"))
        yield from _members(document, here, group, _merge(inherited, _given(shared)))


def _given(settings: Section) -> dict[str, Any]:
    """What the file really says; a key that is written as null is there and undoes what was inherited."""
    return {name: getattr(settings, name) for name in settings.model_fields_set}


def _merge(inherited: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    merged = {name: inherited.get(name, {}) | own.get(name, {}) for name in ("labels", "limits")}
    return inherited | own | merged


def _target(place: _Place, path: str) -> Target:
    settings = {key: value for key, value in place.settings.items() if value is not None}
    address = settings.pop("address", place.name)
    settings.setdefault("data_address", address)
    for name in ("identity_file", "ssh_config", "known_hosts"):
        if name in settings:
            settings[name] = _beside(path, settings[name])
    settings["labels"] = pairs(settings["labels"])
    settings["limits"] = tuple(settings["limits"][metric] for metric in sorted(settings["limits"]))
    return Target(name=place.name, address=address, **settings)


def _beside(path: str, file: str) -> str:
    """`file` relative to the inventory; `~` is left for the transport to expand."""
    return file if file.startswith("~") else str(PurePath(path).parent / file)


def _check_name(document: Document, keys: Keys, what: str, name: str) -> None:
    if not is_safe_name(name):
        raise document.error(keys, f"the {what} name {describe(name)} is not a safe file name", SAFE_NAME_REMEDY)


def _check_unique(document: Document, places: Sequence[_Place], targets: Sequence[Target]) -> None:
    """Names differ by more than case, and no machine stands in the file twice."""
    names: dict[str, _Place] = {}
    machines: dict[tuple[str, int, str | None], _Place] = {}
    for place, target in zip(places, targets, strict=True):
        first = names.setdefault(place.name.lower(), place)
        if first is not place:
            again = f"the target {place.name!r} stands here again (first on line {document.line(first.keys)})"
            raise document.error(place.keys, again, "Give every target a name of its own")
        machine = (target.address.lower(), target.port or 22, target.jump)
        first = machines.setdefault(machine, place)
        if first is not place:
            raise document.error(
                place.keys,
                f"{place.name!r} has the same address and port as {first.name!r} (line {document.line(first.keys)}): "
                "one machine would be measured twice and count as two",
                "Correct the address, or remove one of them",
            )


def _check_peers(document: Document, places: Sequence[_Place]) -> None:
    names = [place.name for place in places]
    for place in places:
        peer = place.settings.get("peer")
        if peer == place.name:
            raise document.error((*place.keys, "peer"), "a target cannot be its own peer", "Name another target")
        if peer is not None and peer not in names:
            remedy = suggest(peer, [name for name in names if name != place.name])
            raise document.error((*place.keys, "peer"), f"there is no target {describe(peer)}", remedy)


def _check_disk(document: Document, place: _Place, target: Target) -> None:
    """A block device is only used when it is named as destroyable; the target itself is asked again before a run."""
    if target.disk_is_device and not target.destroyable:
        raise document.error(
            (*place.keys, "disk"),
            f"{target.disk} of {target.name!r} is a block device, and benchmarks overwrite it",
            "List its stable name under `destroyable:` (e.g. /dev/disk/by-id/…), or name a file instead",
        )
