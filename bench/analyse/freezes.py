"""Did the machine stand still, or was its clock set, while it was measured? Reads the log of `measure/freeze.pl`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from bench.store import StoredAttempt

LOG = "freeze.log"
"""The name of the log in the files of a job."""

_MOST_EVENTS = 1000
_LONGEST_S = 10 * 86400.0


class Interruption(StrEnum):
    """What a ticker notices."""

    FREEZE = "stood still"
    CLOCK = "clock was set"
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
    """What the tickers of an attempt noticed, of all its roles, in the order of time; StoreError when a log is gone."""
    logs = [file.path for file in stored.record.files if file.path.startswith("raw/") and file.path.endswith(f"/{LOG}")]
    found = [event for path in logs for event in parse_freezes(stored.read(path))]
    return tuple(sorted(found, key=lambda one: one.ended_at))


def in_words(freezes: tuple[Freeze, ...]) -> str:
    """What taints, as in "stood still for 4.2 s": the longest of each kind, nothing when nothing does."""
    said = []
    for what in (Interruption.FREEZE, Interruption.CLOCK):
        lengths = [one.seconds for one in freezes if one.what is what]
        if lengths:
            longest = max(lengths, key=abs)
            how = f"for {longest:.1f} s" if what is Interruption.FREEZE else f"by {longest:+.1f} s"
            times = f", {len(lengths)} times" if len(lengths) > 1 else ""
            said.append(f"{what.value} {how}{times}")
    return " and its ".join(said)


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
