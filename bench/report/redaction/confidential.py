"""What in a store names a machine, a person or an account? Read off the inventories of the runs and the facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from bench.analyse.facts import BETWEEN_VALUES, NOT_IDENTITY, short_id
from bench.analyse.sightings import Sighting
from bench.analyse.table import machines_of
from bench.model import Pairs, Run, Target
from bench.report.redaction.aliases import AliasBook, folded
from bench.report.redaction.shapes import address, compact
from bench.report.redaction.text import NOT_NAMES

_LABELS = re.compile(
    r"(?i:.*(?:subscription|resource.?group|account|project|owner|user|contact|mail|customer|tenant|host|fqdn|address|"
    r"instance.?id|vm.?id|serial|uuid|vpc|vnet|subnet|vmname|machine.?name|cluster|company|department|team).*|"
    r"ip|ipv[46]|mac|id|arn|name|vm|node|server|machine|instance|rack)"
)
"""Labels that name something; region, size, zone and the like are what a report is about."""
_GUID = re.compile(r"\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?", re.IGNORECASE)
_COMMON_DISK = re.compile(r"(temporary|os|root|lun\d+|(sd|hd|vd|xvd|nvme|mmcblk|dm-|md|loop|zram|sr|fd)[a-z0-9]*)")
_COMMON_PLACE = re.compile(
    r"/|/(boot|efi|home|mnt|media|opt|srv|tmp|usr|var|data\d*|scratch|resource|work|bench)"
    r"(/(boot|efi|log|lib|tmp|data\d*|resource|local|scratch|bench))?"
)
_BUILDS = {("host", "build"), ("host", "build_at_boot"), ("host", "os_major"), ("host", "os_minor")}


def learn_runs(book: AliasBook, runs: Iterable[Run]) -> dict[str, str]:
    """Give aliases to what the inventories of `runs` name: targets, their addresses and users, jump hosts.

    Targets come first, in the order in which runs and inventories have them. What is returned is replaced too, and
    needs no alias of its own: the ids of trials, made of the aliases.
    """
    every = list(runs)
    names = dict.fromkeys(target.name for run in every for target in run.targets)
    names |= dict.fromkeys(name for run in every for trial in run.plan for name in trial.targets)
    avoid = {folded(name) for name in names}
    for name in names:
        learn_target(book, name, avoid)
    for target in dict.fromkeys(target for run in every for target in run.targets):
        _learn_settings(book, target)
    return {
        trial.trial_id: ".".join((trial.suite, trial.case, joined(book, trial.targets), f"r{trial.repetition:02d}"))
        for run in every
        for trial in run.plan
    }


def joined(book: AliasBook, targets: Sequence[str]) -> str:
    """The aliases of the targets of a trial, as the ids of trials put them together."""
    return "+".join(book.find(name) or name for name in targets)


def learn_target(book: AliasBook, name: str, avoid: Iterable[str] = ()) -> str:
    """The alias of a target or pair, given when it has none; "a → b" becomes "target-1 → target-2"."""
    return " → ".join(book.give("target", machine, avoid) if machine else "" for machine in machines_of(name))


def _learn_settings(book: AliasBook, target: Target) -> None:
    """Whatever else an inventory says of a target that names something."""
    alias = book.find(target.name) or ""
    for one in (target.address, target.data_address):
        _learn_host(book, one, alias)
    _learn_user(book, target.user or "")
    for hop in re.split(r"[,\s]+", target.jump or ""):
        user, _, host = hop.rpartition("@")
        _learn_user(book, user)
        host = host if address(host) else re.sub(r":\d+$", "", host)
        if host and not book.find(host):
            _learn_host(book, host, "" if address(host) is not None else book.give("jump", host))
    learn_labels(book, target.labels)


def _learn_host(book: AliasBook, host: str, alias: str) -> None:
    """An address gets one of its own; the name of a machine, with and without its domain, is its target's."""
    form = address(host)
    if form:
        book.give("address", form)
    if form is not None or not host or not alias:
        return
    short, _, domain = host.partition(".")
    for name in (host, short):
        if name and folded(name) not in NOT_NAMES:
            book.also(alias, name)
    if "." in domain:
        book.give("domain", domain)


def _learn_user(book: AliasBook, user: str) -> None:
    if user and folded(user) not in NOT_NAMES:
        book.give("user", user)


def learn_labels(book: AliasBook, labels: Pairs) -> None:
    """The values of labels that name a machine, a person or an account."""
    for name, value in labels:
        if value and names_something(name) and not book.find(value) and not address(value):
            book.give("label", value)


def names_something(label: str) -> bool:
    """Whether the values of a label name a machine, a person or an account; `host` is our own, of relocated groups."""
    return label != "host" and _LABELS.fullmatch(label) is not None


def learn_facts(book: AliasBook, seen: Iterable[Sighting]) -> dict[str, str]:
    """Give aliases to hosts, ids, keys and disks in facts, in the order of time; see `learn_fact`."""
    known: set[tuple[str, str, str]] = set()
    short: dict[str, str] = {}
    for one in sorted(seen, key=lambda one: (one.since, one.target)):
        for fact in one.facts.values:
            if fact not in known:
                known.add(fact)
                short |= learn_fact(book, *fact)
    return short


def learn_fact(book: AliasBook, layer: str, name: str, *values: str) -> dict[str, str]:
    """Give aliases to what one fact, with the values that it had, gives away.

    What is returned stands for it too: the beginning of an id, which is as far as sentences write it.
    """
    kind = kind_of_fact(layer, name)
    short: dict[str, str] = {}
    for value in values_of(values) if kind else ():
        known = identify(book, kind, value)
        if layer == "identity" and short_id(value) != value:
            short[short_id(value).rstrip("…")] = known
    if layer == "disk" and not kind:
        disk = name.rpartition(".")[0] or name
        if disk.startswith("/") and not _COMMON_PLACE.fullmatch(disk):
            book.give("folder", disk)
        elif not disk.startswith("/") and not _COMMON_DISK.fullmatch(disk):
            book.give("disk", disk)
    return short


def values_of(values: Iterable[str]) -> Iterator[str]:
    """Single values: a fact that varied within a phase holds several of them."""
    for value in values:
        yield from (one for one in value.split(BETWEEN_VALUES) if one)


def kind_of_fact(layer: str, name: str) -> str:
    """Of which kind the alias of a fact's value is; "" for facts that name nothing."""
    if layer == "identity" and name not in NOT_IDENTITY[1:]:
        return "key" if name == "ssh_host_key" else "id"
    if (layer, name) in (("host", "physical_host"), ("host", "host_id")):
        return "host"
    return "disk" if (layer, name) == ("disk", "temporary.id") else ""


def is_build(layer: str, name: str) -> bool:
    """Whether a fact is a version, which may look like an address and is none."""
    return (layer, name) in _BUILDS or layer in ("guest-os", "tool")


def identify(book: AliasBook, kind: str, value: str) -> str:
    """The alias of a fact's value, the same for every way to write a GUID."""
    return book.give(kind, compact(value) if _GUID.fullmatch(value) else value)
