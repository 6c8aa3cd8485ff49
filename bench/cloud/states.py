"""The words of maintenance: what a source says of a machine, and where the machine stands because of it.

Times are seconds since 1970 (UTC). What a source does not say is absent: None or "", never 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bench.model import Pairs


class Word(StrEnum):
    """Where a target stands."""

    UNKNOWN = "unknown"
    """No source that knows of maintenance has answered."""
    NONE = "none"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in progress"
    DONE = "done"
    UNPATCHED = "unpatched again"
    """Its maintenance was done, then the machine came to a host that has not had it."""


class Progress(StrEnum):
    """How far a maintenance is, by its source."""

    SCHEDULED = "scheduled"
    STARTED = "started"
    COMPLETED = "completed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Notice:
    """A maintenance as a source speaks of it.

    notice_id: the source's own name for it. kind: the source's word for what happens (reboot, freeze, …).
    not_before, not_after: the window. duration_s: how long the machine is away; None when the source does not know.
    """

    notice_id: str
    kind: str
    progress: Progress
    not_before: float | None = None
    not_after: float | None = None
    duration_s: float | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Host:
    """What a machine says of where it runs; "" is unknown. Names are opaque: other name, other host.

    clock: a word that its cloud changes when the machine's clock was interrupted, as by a live migration.
    """

    name: str = ""
    build: str = ""
    boot_id: str = ""
    clock: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one source said once.

    notices: None when it did not speak of maintenance (no answer, not asked); () when it said that there is none.
    machine: what it calls the machine (name, id, size, region, zone, cloud). retry_after_s: when it wants to be asked
    again. notice_s: how long before it begins a maintenance is told of; who looks less often than that misses some.
    """

    notices: tuple[Notice, ...] | None = None
    host: Host = Host()
    machine: Pairs = ()
    problem: str = ""
    note: str = ""
    retry_after_s: float | None = None
    notice_s: float | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """A reading, with who said it (a source: "azure metadata", "azure instance view", …) and when."""

    source: str
    at: float
    reading: Reading


@dataclass(frozen=True, slots=True)
class Pending:
    """A maintenance that is announced or runs. origin: the host when it was first heard of."""

    source: str
    notice: Notice
    first_at: float
    origin: Host


@dataclass(frozen=True, slots=True)
class Done:
    """The last maintenance that ended.

    before, after: the host around it. confirmed: which facts moved ("boot id", "host", "host build", "virtual clock");
    () as long as only the source says so.
    """

    at: float
    source: str
    kind: str
    before: Host
    after: Host
    confirmed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stay:
    """A host that a machine was seen on."""

    host: Host
    first_at: float
    last_at: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a target stands, and everything that must be remembered to say so after a restart.

    since: when the word became true. closed: notices (source, id) that have been accounted for. handled_at: the `at`
    of the maintenance after which something was done already (`--then`). troubles, notes: (source, text), latest only.
    """

    target: str
    word: Word = Word.UNKNOWN
    since: float | None = None
    pending: tuple[Pending, ...] = ()
    done: Done | None = None
    unpatched: bool = False
    host: Host = Host()
    stays: tuple[Stay, ...] = ()
    closed: tuple[tuple[str, str], ...] = ()
    answered: tuple[tuple[str, float], ...] = ()
    """(source, when it last spoke of maintenance)."""
    troubles: Pairs = ()
    notes: Pairs = ()
    machine: Pairs = ()
    handled_at: float | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that was seen to happen to a target: one line of the journal.

    at: when it was seen. number: the source's own name for the maintenance. looked: when the source was heard of
    before, so that it happened between the two. begun, ended: the window, where the source says itself that it is over.
    """

    at: float
    target: str
    kind: str
    source: str
    text: str = field(default="")
    number: str = ""
    looked: float | None = None
    begun: float | None = None
    ended: float | None = None
