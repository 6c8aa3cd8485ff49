"""When was each target seen as what? The facts around every attempt, in the order of time, read back from the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from bench.analyse import cache
from bench.errors import StoreError
from bench.model import Facts, Status
from bench.store import StoredRun


@dataclass(frozen=True, slots=True)
class Sighting:
    """One target with the same facts for a while.

    since, until: ISO 8601, UTC: the first and the last probe that said so. ok: of attempts that count; the others
    (an interrupted one) say what became of the machine all the same.
    """

    target: str
    run: str
    tag: str
    since: str
    until: str
    ok: bool
    facts: Facts


def sightings_of(runs: Iterable[StoredRun]) -> tuple[Sighting, ...]:
    """All sightings of `runs`, by target and time."""
    found = [sighting for run in runs for sighting in sightings(run)]
    return tuple(sorted(found, key=lambda one: (one.target, one.since, one.until)))


def sightings(run: StoredRun) -> tuple[Sighting, ...]:
    """The sightings of one run, by target and time, from the cache where they are."""
    key = cache.run_key(run)
    cached = _cached(run, cache.read_json(run, "sightings", key))
    if cached is not None:
        return cached
    probes, sound = _probes(run)
    found = tuple(_merged(probes))
    if not sound:
        return found
    kinds = list(dict.fromkeys(one.facts for one in found))
    numbers = {facts: number for number, facts in enumerate(kinds)}
    cache.write_json(
        run,
        "sightings",
        key,
        {
            "facts": [[list(facts.values), list(facts.notes)] for facts in kinds],
            "seen": [[one.target, one.since, one.until, one.ok, numbers[one.facts]] for one in found],
        },
    )
    return found


def _probes(run: StoredRun) -> tuple[list[Sighting], bool]:
    """Every probe of a run, by target and time, and whether none was left out because it is damaged.

    Equal files are read once: most trials add nothing.
    """
    known: dict[str, dict[str, Facts]] = {}
    found: list[Sighting] = []
    survey = run.survey()
    sound = not survey.damage
    for stored in survey.attempts:
        record = stored.record
        digests = {file.path: file.sha256 for file in record.files}
        for when in ("before", "after"):
            digest = digests.get(f"facts-{when}.json")
            if digest is None:
                continue
            if digest not in known:
                try:
                    known[digest] = stored.facts(when)
                except StoreError:  # the problems of the samples name it
                    sound = False
                    continue
            at = record.started_at if when == "before" else record.ended_at or record.started_at
            ok = record.status is Status.OK
            found += [
                Sighting(target, run.info.run_id, run.info.tag, at, at, ok, facts)
                for target, facts in known[digest].items()
            ]
    return sorted(found, key=lambda one: (one.target, one.since)), sound


def _merged(probes: Iterable[Sighting]) -> Iterable[Sighting]:
    """Probes that follow each other and say the same, as one."""
    current: Sighting | None = None
    for one in probes:
        if current and (current.target, current.ok, current.facts) == (one.target, one.ok, one.facts):
            current = replace(current, until=one.until)
            continue
        if current:
            yield current
        current = one
    if current:
        yield current


def _cached(run: StoredRun, data: Any) -> tuple[Sighting, ...] | None:
    """Cached sightings, or None when they are not what is kept there."""
    try:
        kinds = [
            Facts(tuple((str(layer), str(name), str(value)) for layer, name, value in values), tuple(map(str, notes)))
            for values, notes in data["facts"]
        ]
        return tuple(
            Sighting(str(target), run.info.run_id, run.info.tag, str(since), str(until), bool(ok), kinds[number])
            for target, since, until, ok, number in data["seen"]
        )
    except (LookupError, TypeError, ValueError):
        return None
