"""What was planned and what was measured: every planned trial is either `ok` or has a cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.analyse.samples import ARROW
from bench.model import Attempt, Pairs, Status
from bench.store import StoredRun
from bench.words import Said, say


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """Planned against measured for one tag, target and suite. causes: (cause, how many trials); a cause is a `Said`."""

    tag: str
    target: str
    suite: str
    planned: int
    ok: int
    attempts: int
    causes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was planned, measured, missing and left out, over all tags of a report."""

    rows: tuple[CoverageRow, ...]
    left_out: Pairs = ()

    @property
    def planned(self) -> int:
        """Trials planned."""
        return sum(row.planned for row in self.rows)

    @property
    def ok(self) -> int:
        """Trials measured."""
        return sum(row.ok for row in self.rows)


@dataclass(slots=True)
class _Tally:
    planned: int = 0
    ok: int = 0
    attempts: int = 0
    causes: Counter[Said] = field(default_factory=Counter)


def coverage(runs: Iterable[StoredRun]) -> Coverage:
    """Planned against measured per tag, target (or pair) and suite, in the order of the runs.

    A trial that was stored without a plan (imported) counts as planned. Causes are those of the last attempt of
    each trial that has no `ok` one.
    """
    tallies: dict[tuple[str, str, str], _Tally] = {}
    left_out: dict[str, str] = {}
    for run in runs:
        left_out.update(run.info.left_out)
        attempts: dict[str, list[Attempt]] = {}
        survey = run.survey()
        for stored in survey.attempts:
            attempts.setdefault(stored.record.trial.trial_id, []).append(stored.record)
        trials = {trial.trial_id: trial for trial in run.info.plan}
        for name, records in attempts.items():
            trials.setdefault(name, records[0].trial)
        blocked = survey.blocked
        for name, trial in trials.items():
            key = (run.info.tag, ARROW.join(trial.targets), trial.suite)
            broken = blocked.get(name)
            _count(
                tallies.setdefault(key, _Tally()),
                attempts.get(name, []),
                say("cause.damaged", problem=broken.problem) if broken else None,
            )
    rows = tuple(
        CoverageRow(*key, tally.planned, tally.ok, tally.attempts, tuple(tally.causes.most_common()))
        for key, tally in tallies.items()
    )
    return Coverage(rows, tuple(sorted(left_out.items())))


def _count(tally: _Tally, records: list[Attempt], damaged: Said | None) -> None:
    tally.planned += 1
    tally.attempts += len(records)
    if any(record.status is Status.OK for record in records):
        tally.ok += 1
    elif damaged:
        tally.causes[damaged] += 1
    elif records:
        last = max(records, key=lambda record: record.attempt)
        status = say(f"status.{last.status.value}")
        tally.causes[say("cause", status=status, cause=last.cause) if last.cause else status] += 1
    else:
        tally.causes[say("cause.not_started")] += 1
