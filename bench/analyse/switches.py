"""During which trials was the data path of a machine switched? By the kernel's log around every attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.analyse import cache
from bench.analyse.paths import probes, switched
from bench.errors import StoreError
from bench.model import Status
from bench.store import StoredAttempt, StoredRun, Survey

_LONGEST_LINE = 200
_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Switch:
    """A line of the kernel's log that tells of the data path of a target, between two probes (ISO 8601, UTC)."""

    target: str
    since: str
    until: str
    line: str


@dataclass(frozen=True, slots=True)
class Switches:
    """Those of a run, by (trial id, attempt). damaged: why nothing is known of an attempt."""

    found: Mapping[_Key, tuple[Switch, ...]]
    damaged: Mapping[_Key, str] = field(default_factory=dict)

    def of(self, stored: StoredAttempt) -> tuple[tuple[Switch, ...], str]:
        """Those of one attempt, and the damage that hides them ("" for none)."""
        key = _key(stored)
        return self.found.get(key, ()), self.damaged.get(key, "")


def switches_in(run: StoredRun, survey: Survey | None = None) -> Switches:
    """Switches of the data path while the `ok` attempts of a run ran, from the cache where they are known.

    survey: that of the run, where it is at hand. Without the cache, the probe's output around every attempt is read.
    """
    key = cache.run_key(run)
    cached = _cached(cache.read_json(run, "switches", key))
    if cached is not None:
        return cached
    found: dict[_Key, tuple[Switch, ...]] = {}
    damaged: dict[_Key, str] = {}
    survey = survey or run.survey()
    for stored in survey.attempts:
        if stored.record.status is not Status.OK:
            continue
        try:
            if mine := _switches(stored):
                found[_key(stored)] = mine
        except StoreError as error:
            damaged[_key(stored)] = error.what
    if not survey.damage and not damaged:
        rows = [[*key, one.target, one.since, one.until, one.line] for key, mine in found.items() for one in mine]
        cache.write_json(run, "switches", key, rows)
    return Switches(found, damaged)


def _key(stored: StoredAttempt) -> _Key:
    return stored.record.trial.trial_id, stored.record.attempt


def _switches(stored: StoredAttempt) -> tuple[Switch, ...]:
    since = stored.record.started_at
    until = stored.record.ended_at or since
    return tuple(
        Switch(target, since, until, line.strip()[:_LONGEST_LINE])
        for target, before, after in probes(stored)
        for line in switched(before, after)
    )


def _cached(data: Any) -> Switches | None:
    """Cached switches, or None when they are not what is kept there."""
    if not isinstance(data, list):
        return None
    found: dict[_Key, tuple[Switch, ...]] = {}
    try:
        for trial, attempt, *texts in data:
            key = str(trial), int(attempt)
            found[key] = (*found.get(key, ()), Switch(*map(str, texts)))
    except (TypeError, ValueError, OverflowError):
        return None
    return Switches(found)
