"""What was measured: trials, attempts and runs as the store keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.model.campaign import Phase, Target
from bench.model.names import Pairs, Params


@dataclass(frozen=True, slots=True)
class Trial:
    """One planned measurement: (target or sender and receiver, suite, case, repetition).

    targets: (target,) or (sender, receiver). params: all parameters, defaults included.
    """

    trial_id: str
    targets: tuple[str, ...]
    suite: str
    case: str
    repetition: int
    params: Params
    estimate_s: float = 0.0


class Status(StrEnum):
    """How an attempt at a trial ended; at most one attempt of a trial is `ok`."""

    OK = "ok"
    FAILED = "failed"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of an attempt: path relative to the attempt's folder."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One stored attempt at a trial: the content of `trial.json`.

    Times are UTC, ISO 8601. `roles` maps each target to its role. `results` are the raw files to parse, relative to
    the attempt's folder (`raw/<role>/…`). `tool` has version, digest, compiler, as far as known.
    """

    trial: Trial
    attempt: int
    status: Status
    cause: str
    started_at: str
    ended_at: str
    files: tuple[StoredFile, ...]
    results: tuple[str, ...]
    roles: tuple[tuple[str, str], ...] = ()
    exit_codes: tuple[tuple[str, int], ...] = ()
    boot_ids: tuple[tuple[str, str], ...] = ()
    clocks: tuple[tuple[str, str], ...] = ()
    tool: Pairs = ()
    imported: bool = False
    run: str = ""
    """The id of the run it belongs to; "" in records of an older version."""
    schema: int = 1


class LookOutcome(StrEnum):
    """What a look says of the campaign.

    All primary metrics are decided; none of the open ones is likely to be; this was the last look; or go on.
    """

    DECIDED = "decided"
    FUTILE = "futile"
    LAST = "last"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a campaign that may stop early (STATISTICS §5), kept with the run after which it was taken.

    number: from 1. before: the tag it was compared with. sessions: per tag (before, after). spent: α of this look and
    those before. runs: ids of all runs it rests on. p: (key of a primary metric, its p at this look), where there is
    one. outcome: what the campaign does next.
    """

    number: int
    before: str
    sessions: tuple[int, int]
    alpha: float
    spent: float
    taken_at: str
    runs: tuple[str, ...]
    p: tuple[tuple[str, float], ...]
    outcome: LookOutcome
    schema: int = 1


@dataclass(frozen=True, slots=True)
class Run:
    """One session of one phase: the content of `run.json`.

    inventory holds the targets as they were (no secrets). `suites` are (name, digest of the suite's folder).
    left_out: what was asked for and could not be planned, as (what, why and how to include it).
    """

    run_id: str
    campaign: str
    tag: str
    factors: Pairs
    session: int
    seed: int
    created_at: str
    plan: tuple[Trial, ...]
    targets: tuple[Target, ...]
    suites: Pairs
    versions: Pairs
    title: str = ""
    primary: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    margins: tuple[tuple[str, float], ...] = ()
    phases: tuple[Phase, ...] = ()
    left_out: Pairs = ()
    sources: Pairs = ()
    """(suite, digest of the source tree its tool is built from)."""
    imported: bool = False
    freeze_probe: bool = False
    """Whether a ticker ran beside every job, which says when the machine stood still."""
    sequential: bool = False
    """Whether this session belongs to a campaign that looks early, so that each look has an α of its own."""
    rebooted_first: bool = False
    """Whether its targets are rebooted before its first trial; the events say what became of that."""
    schema: int = 1


def speaker(runs: Sequence[Run]) -> Run | None:
    """The run of which the campaign's settings and a phase's factors are taken: the last one, None of none.

    One that was planned comes before one that was imported, whenever that was: numbers that others published say
    nothing of the campaign they are laid beside. Among imported ones, one that names factors comes first.
    """
    planned = [run for run in runs if not run.imported]
    return next(iter(reversed(planned or [run for run in runs if run.factors] or runs)), None)
