"""Did the machine stand still, or was its clock set, while it was measured? Reads the log of `measure/freeze.pl`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from bench.analyse import cache
from bench.errors import StoreError
from bench.store import StoredAttempt, StoredRun
from bench.words import Said, joined, say

LOG = "freeze.log"
"""The name of the log in the files of a job."""

_MOST_EVENTS = 1000
_LONGEST_S = 10 * 86400.0


class Interruption(StrEnum):
    """What a ticker notices."""

    FREEZE = "stood still"
    CLOCK = "its clock was set"
    STARVED = "ticker was not let run"


@dataclass(frozen=True, slots=True)
class Freeze:
    """One thing that a ticker noticed. ended_at: seconds since 1970, by the target's clock. seconds: how long it was.

    A clock that was set back has negative seconds. STARVED: the machine ran all the time, but others had the CPU.
    """

    what: Interruption
    ended_at: float
    seconds: float

    @property
    def taints(self) -> bool:
        """Whether values of that time do not count: the machine stood still, or nobody knows how long they took."""
        return self.what is not Interruption.STARVED


def parse_freezes(data: bytes) -> tuple[Freeze, ...]:
    """The events of one log, at most 1,000; what is no event of ours is passed over. Never raises.

    A gap is a freeze when less than half of it was spent waiting for a CPU (`run_delay` of /proc/self/schedstat).
    """
    return tuple(islice(_events(data), _MOST_EVENTS))


def freezes_of(stored: StoredAttempt) -> tuple[Freeze, ...]:
    """What the tickers of an attempt noticed, on all its targets, by time; StoreError when a log is damaged."""
    return tuple(sorted((one for _, one in _by_target(stored)), key=lambda one: one.ended_at))


def watched(stored: StoredAttempt) -> bool:
    """Whether the probe ran on every target of an attempt: without perl there, nobody saw whether one stood still."""
    logs = [file.path for file in stored.record.files if file.path.endswith(f"/{LOG}")]
    return bool(logs) and all(stored.read(path).startswith(b"start ") for path in logs)


def frozen(run: StoredRun) -> tuple[tuple[str, Freeze], ...]:
    """(target, what taints) of every attempt of a run, by time; from the cache where it is, without damaged logs."""
    if not run.info.freeze_probe:
        return ()
    key = cache.run_key(run)
    cached = _cached(cache.read_json(run, "freezes", key))
    if cached is not None:
        return cached
    survey = run.survey()
    found: list[tuple[str, Freeze]] = []
    sound = not survey.damage
    for stored in survey.attempts:
        try:
            found += [(target, one) for target, one in _by_target(stored) if one.taints]
        except StoreError:  # the problems of the samples name it
            sound = False
    found.sort(key=lambda one: (one[1].ended_at, one[0]))
    if sound:
        rows = [[target, one.what.value, one.ended_at, one.seconds] for target, one in found]
        cache.write_json(run, "freezes", key, rows)
    return tuple(found)


def _by_target(stored: StoredAttempt) -> Iterator[tuple[str, Freeze]]:
    """The events of an attempt with the target on which each happened."""
    record = stored.record
    roles = {role: target for target, role in record.roles}
    for file in record.files:
        place, _, name = file.path.rpartition("/")
        if name == LOG and place.startswith("raw/"):
            target = roles.get(place.removeprefix("raw/"), record.trial.targets[0])
            yield from ((target, one) for one in parse_freezes(stored.read(file.path)))


def _cached(data: Any) -> tuple[tuple[str, Freeze], ...] | None:
    """Cached events, or None when they are not what is kept there."""
    if not isinstance(data, list):
        return None
    try:
        return tuple(
            (str(target), Freeze(Interruption(what), float(at), float(seconds))) for target, what, at, seconds in data
        )
    except (TypeError, ValueError):
        return None


def in_words(freezes: tuple[Freeze, ...]) -> Said:
    """What taints, as in "stood still for 4.2 s": the longest of each kind, nothing when nothing does."""
    said: list[Said] = []
    for what, key in ((Interruption.FREEZE, "taint.froze"), (Interruption.CLOCK, "taint.clock")):
        lengths = [one.seconds for one in freezes if one.what is what]
        if lengths:
            longest = max(lengths, key=abs)
            seconds = f"{longest:.1f}" if what is Interruption.FREEZE else f"{longest:+.1f}"
            said.append(say(f"{key}.times" if len(lengths) > 1 else key, seconds=seconds, times=len(lengths)))
    return joined(said)


def _events(data: bytes) -> Iterator[Freeze]:
    for line in data.decode("ascii", "replace").splitlines():
        word, *fields = line.split(" ")
        numbers = _numbers(fields)
        if word == "gap" and len(numbers) == 3:
            at, stood, waited = numbers
            what = Interruption.FREEZE if waited < stood / 2 else Interruption.STARVED
            if 0 < stood < _LONGEST_S:
                yield Freeze(what, at, stood)
        elif word == "step" and len(numbers) == 2 and numbers[1] != 0:
            yield Freeze(Interruption.CLOCK, *numbers)


def _numbers(fields: list[str]) -> list[float]:
    """The fields as finite numbers; none when one is not."""
    try:
        found = [float(field) for field in fields if len(field) < 30]
    except ValueError:
        return []
    return found if len(found) == len(fields) and all(map(math.isfinite, found)) else []
