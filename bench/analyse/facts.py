"""What each target was during a phase, and whether its host is the same one: facts read back from the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bench.analyse import cache
from bench.errors import StoreError
from bench.model import Facts, Status
from bench.store import StoredRun

HOST_IDENTITY = ("physical_host", "host_id")
"""Fields of the layer `host` that name the machine below: other names, other hosts."""

NOT_IDENTITY = ("boot_id", "uptime", "uptime_s")
"""Fields of the layer `identity` that say which boot it is, not which machine."""

_SHOWN = 12
BETWEEN_VALUES = " | "
"""Between the values that one fact had within one phase."""

_Seen = dict[str, dict[tuple[str, str], set[str]]]
Observed = dict[str, list[tuple[str, str, list[str]]]]
"""Target → (layer, name, every value that was seen): the facts of one run."""


def facts_of(runs: Iterable[StoredRun]) -> dict[str, Facts]:
    """Facts of every target over all `ok` attempts of `runs`, before and after each.

    A fact that varied within the runs holds all its values, joined by " | " and named in `notes`: a phase whose
    environment moved is not the same as one whose environment stood still.
    """
    return merged(observed(run) for run in runs)


def merged(runs: Iterable[Observed]) -> dict[str, Facts]:
    """The facts of every target over what was `observed` in several runs, as `facts_of` gives them."""
    seen: _Seen = {}
    for run in runs:
        for target, values in run.items():
            mine = seen.setdefault(target, {})
            for layer, name, found in values:
                mine.setdefault((layer, name), set()).update(found)
    return {target: _joined(fields) for target, fields in sorted(seen.items())}


def hosts_moved(before: Mapping[str, Facts], after: Mapping[str, Facts]) -> dict[str, bool | None]:
    """Whether each target's host changed between two phases, or within one; None where its name is not known."""
    moved: dict[str, bool | None] = {}
    for target in sorted(before.keys() | after.keys()):
        moved[target] = _moved(before.get(target), after.get(target))
    return moved


def _moved(before: Facts | None, after: Facts | None) -> bool | None:
    if before is None or after is None:
        return None
    known = [(before.get("host", name), after.get("host", name)) for name in HOST_IDENTITY]
    pairs = [(one, other) for one, other in known if one is not None and other is not None]
    if not pairs:
        return None
    return any(one != other or BETWEEN_VALUES in one for one, other in pairs)


def replaced(before: Facts, after: Facts) -> tuple[tuple[str, str, str], ...]:
    """What shows that a target is another machine: (field, before, after), also where it changed within a phase.

    Machine-id, the cloud's id of the VM, the SSH host key: whatever is known in both phases.
    """
    old = {name: value for layer, name, value in before.values if layer == "identity"}
    return tuple(
        (name, old[name], value)
        for layer, name, value in after.values
        if layer == "identity"
        and name in old
        and name not in NOT_IDENTITY
        and (old[name] != value or BETWEEN_VALUES in value)
    )


def short_id(value: str) -> str:
    """An id, or several of one phase, as far as a reader needs them."""
    ids = value.split(BETWEEN_VALUES)
    return BETWEEN_VALUES.join(one if len(one) <= _SHOWN else f"{one[:_SHOWN]}…" for one in ids)


def observed(run: StoredRun) -> Observed:
    """The facts of one run, from the cache where they are. Those that are damaged are left out, and not remembered."""
    key = cache.run_key(run)
    cached = _cached(cache.read_json(run, "facts", key))
    if cached is not None:
        return cached
    seen: _Seen = {}
    known: set[str] = set()
    survey = run.survey()
    sound = not survey.damage
    for stored in survey.attempts:
        if stored.record.status is not Status.OK:
            continue
        for file in stored.record.files:
            when = {"facts-before.json": "before", "facts-after.json": "after"}.get(file.path)
            if when is None or file.sha256 in known:  # the same bytes say the same: most trials add nothing
                continue
            try:
                found = stored.facts(when)
            except StoreError:  # the problems of the samples name it
                sound = False
                continue
            known.add(file.sha256)
            for target, facts in found.items():
                fields = seen.setdefault(target, {})
                for layer, name, value in facts.values:
                    fields.setdefault((layer, name), set()).add(value)
    rows = {
        target: [(layer, name, sorted(values)) for (layer, name), values in fields.items()]
        for target, fields in seen.items()
    }
    if sound:
        cache.write_json(run, "facts", key, rows)
    return rows


def _cached(data: Any) -> Observed | None:
    """Cached rows, or None when they are not what is kept there."""
    if not isinstance(data, dict):
        return None
    try:
        return {
            str(target): [(str(layer), str(name), [str(one) for one in values]) for layer, name, values in rows]
            for target, rows in data.items()
        }
    except (TypeError, ValueError):
        return None


def _joined(fields: Mapping[tuple[str, str], set[str]]) -> Facts:
    values = tuple((layer, name, BETWEEN_VALUES.join(sorted(found))) for (layer, name), found in sorted(fields.items()))
    notes = tuple(
        f"{layer} {name} varied within the phase" for (layer, name), found in sorted(fields.items()) if len(found) > 1
    )
    return Facts(values, notes)
