"""What happened to a machine between two moments? Read off its consecutive facts, by the table of ENVIRONMENT §2."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby, pairwise

from bench.analyse.facts import HOST_IDENTITY
from bench.analyse.follows import BUILD
from bench.analyse.sightings import Sighting
from bench.model import Facts


class Event(StrEnum):
    """What happened to a target, as far as it can be seen from inside, and what its cloud and we say we did to it.

    Where it is not known whether the machine kept running (MOVED) or stayed on its host (OTHER_BUILD), neither is said.
    """

    REPLACED = "another machine"
    REDEPLOYED = "redeployed"
    MIGRATED = "moved to another host while running"
    MOVED = "moved to another host"
    HOST_UPDATED = "host updated in place"
    OTHER_BUILD = "on a host of another build"
    UNPATCHED = "back on an unpatched host"
    REBOOTED = "rebooted"
    FROZE = "stood still"
    CLOCK_SET = "its clock was set"
    SWITCHED = "its data path was switched"
    MAINTAINED = "maintenance"
    ACTED = "acted upon by vmbench"


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of one target, between two sightings, or for a while.

    after, before: ISO 8601, UTC: the last probe that saw the old state and the first that saw the new one; of what
    lasts, its start and its end (the start once more where nobody saw the end).
    tags: of these two. evidence: the facts that moved, as (layer, name, before, after). detail: what else is known.
    """

    target: str
    event: Event
    after: str
    before: str
    tags: tuple[str, str]
    evidence: tuple[tuple[str, str, str, str], ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Stay:
    """A target on one host with one build. host, build: "" where it is not known. since, until: ISO 8601, UTC."""

    target: str
    host: str
    build: str
    since: str
    until: str
    tags: tuple[str, ...]


_IDENTITY = (("identity", "machine_id"), ("identity", "vm_id"))
_HOST = tuple(("host", name) for name in HOST_IDENTITY)
_BOOT = (("identity", "boot_id"),)
_TEMPORARY_DISK = (("disk", "temporary.id"),)

_Moved = tuple[tuple[str, str, str, str], ...]


def happenings(sightings: Iterable[Sighting]) -> tuple[Happening, ...]:
    """Everything that happened between consecutive sightings of each target, by target and time."""
    found: list[Happening] = []
    for _, mine in groupby(sightings, key=lambda one: one.target):
        seen = _fresh(mine)
        found += [event for old, new in pairwise(seen) for event in _between(old, new)]
        found += _unpatched(seen)
    return tuple(sorted(found, key=lambda one: (one.target, one.before, list(Event).index(one.event))))


def stays(sightings: Iterable[Sighting]) -> tuple[Stay, ...]:
    """The host history of every target: one row for each host and build in turn, by target and time."""
    found: list[Stay] = []
    for one in (one for _, mine in groupby(sightings, key=lambda one: one.target) for one in _fresh(mine)):
        host, build = host_of(one.facts), build_of(one.facts)
        last = found[-1] if found else None
        if last is not None and (last.target, last.host, last.build) == (one.target, host, build):
            tags = last.tags if one.tag in last.tags else (*last.tags, one.tag)
            found[-1] = replace(last, until=one.until, tags=tags)
        else:
            found.append(Stay(one.target, host, build, one.since, one.until, (one.tag,)))
    return tuple(found)


def host_of(facts: Facts) -> str:
    """The name of the physical host, "" when it is not known. Names are opaque: other names, other hosts."""
    return next((value for layer, name in _HOST if (value := facts.get(layer, name))), "")


def build_of(facts: Facts) -> str:
    """The build of the host as the live sources say it, else as the kernel did at boot; "" when it is not known."""
    return _build(facts)[1]


def _build(facts: Facts) -> tuple[str, str]:
    """The source that is believed most, and what it says; builds of two sources cannot be compared."""
    live = ".".join(part for name in ("os_major", "os_minor") if (part := facts.get("host", name)))
    said = (("build", facts.get("host", "build")), ("os", live), ("build_at_boot", facts.get("host", "build_at_boot")))
    return next(((source, value) for source, value in said if value), ("", ""))


def _between(old: Sighting, new: Sighting) -> Iterator[Happening]:
    """The events that lie between two consecutive sightings."""
    identity, host, boot = (_moved(old, new, fields) for fields in (_IDENTITY, _HOST, _BOOT))
    build, disk = _moved(old, new, BUILD), _moved(old, new, _TEMPORARY_DISK)

    def event(kind: Event, *evidence: _Moved) -> Happening:
        moved = tuple(one for some in evidence for one in some)
        return Happening(new.target, kind, old.until, new.since, (old.tag, new.tag), moved)

    if identity:
        yield event(Event.REPLACED, identity, host)
    elif boot and (host or disk):
        yield event(Event.REDEPLOYED, host, disk, build, boot)
    elif host:
        yield event(Event.MIGRATED if _kept(old, new, _BOOT) else Event.MOVED, host, build)
    else:
        if boot:
            yield event(Event.REBOOTED, boot)
        if build:
            stayed = _kept(old, new, _HOST) or (boot and _kept(old, new, _TEMPORARY_DISK))
            yield event(Event.HOST_UPDATED if stayed else Event.OTHER_BUILD, build)


def _fresh(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Those of one target, without the build that the kernel printed at boot where the machine moved since then.

    That text goes stale with a live migration: it tells of the host that was left.
    """
    found: list[Sighting] = []
    at_boot: dict[str, str] = {}
    left: set[str] = set()
    for one in sightings:
        boot, host = one.facts.get("identity", "boot_id"), host_of(one.facts)
        if boot and host and at_boot.setdefault(boot, host) != host:
            left.add(boot)
        if boot in left:
            kept = tuple(fact for fact in one.facts.values if fact[:2] != ("host", "build_at_boot"))
            one = replace(one, facts=replace(one.facts, values=kept))  # the same sighting, as far as it is fresh
        found.append(one)
    return found


def _kept(old: Sighting, new: Sighting, fields: Iterable[tuple[str, str]]) -> bool:
    """Whether one of `fields` is known on both sides, and the same."""
    pairs = ((old.facts.get(*field), new.facts.get(*field)) for field in fields)
    return any(one is not None and one == other for one, other in pairs)


def _moved(old: Sighting, new: Sighting, fields: Iterable[tuple[str, str]]) -> _Moved:
    """Those of `fields` that are known on both sides and differ."""
    pairs = ((layer, name, old.facts.get(layer, name), new.facts.get(layer, name)) for layer, name in fields)
    return tuple(
        (layer, name, one, other)
        for layer, name, one, other in pairs
        if one is not None and other is not None and one != other
    )


def _unpatched(seen: Sequence[Sighting]) -> Iterator[Happening]:
    """Where a target's host build is older than the one before: patched → unpatched is a real transition."""
    last: dict[str, Sighting] = {}
    order: dict[str, list[str]] = {}
    for one in seen:
        source, build = _build(one.facts)
        if not build:
            continue
        known = order.setdefault(source, [])
        if build not in known:
            known.append(build)
        if (earlier := last.get(source)) is not None and _older(build, before := build_of(earlier.facts), known):
            moved = (("host", source, before, build),)
            yield Happening(one.target, Event.UNPATCHED, earlier.until, one.since, (earlier.tag, one.tag), moved)
        last[source] = one


def older_build(build: str, than: str) -> bool:
    """Whether a build has smaller numbers than another of the same form; False where that cannot be told."""
    one, other = _numbers(build), _numbers(than)
    return one is not None and other is not None and len(one) == len(other) and one < other


def _older(build: str, than: str, known: Sequence[str]) -> bool:
    """Whether a build has the smaller numbers or, where builds are no numbers of one form, was `known` first."""
    one, other = _numbers(build), _numbers(than)
    if one is not None and other is not None and len(one) == len(other):
        return older_build(build, than)
    return known.index(build) < known.index(than)


def _numbers(text: str) -> tuple[int, ...] | None:
    return tuple(map(int, re.split(r"[.-]", text))) if re.fullmatch(r"\d{1,9}(?:[.-]\d{1,9}){0,7}", text) else None
