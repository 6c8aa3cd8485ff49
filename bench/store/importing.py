"""Raw output that was measured elsewhere, taken into the store: a run per call, a trial per file, every byte kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bench.errors import StoreError
from bench.model import Attempt, Pairs, Parser, Phase, Run, Status, Suite, Target, Trial, is_safe_name
from bench.store.files import shown
from bench.store.publishing import publish
from bench.store.reading import StoredRun
from bench.store.store import Store

_LONGEST = 200
"""Characters of a trial's name."""


@dataclass(frozen=True, slots=True)
class RawFile:
    """One file to import: its name, its content, and the target (or sender and receiver) it speaks of.

    beside: further files that are kept with it and not parsed, e.g. the table its rows were taken from.
    """

    name: str
    content: bytes
    targets: tuple[str, ...]
    case: str = "imported"
    beside: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where imported files belong. measured_at: ISO 8601 with offset. labels: of each target, by name."""

    campaign: str
    tag: str
    measured_at: str
    session: int | None = None
    factors: Pairs = ()
    labels: tuple[tuple[str, Pairs], ...] = ()
    phases: tuple[Phase, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """Where a content was imported to."""

    run_id: str
    tag: str
    case: str
    targets: tuple[str, ...]
    session: int


def find_imports(store: Store, campaign: str, suite: str, content: bytes) -> list[Imported]:
    """Every imported trial of a campaign and suite with this very content (by SHA-256), oldest run first."""
    digest = hashlib.sha256(content).hexdigest()
    return [
        Imported(run.info.run_id, run.info.tag, stored.record.trial.case, stored.record.trial.targets, run.info.session)
        for run in store.readable(campaign=campaign)[0]
        if run.info.imported and suite in dict(run.info.suites)
        for stored in run.attempts()
        if any(file.sha256 == digest for file in stored.record.files)
    ]


def import_files(
    store: Store, suite: Suite, digest: str, parse: Parser, files: Sequence[RawFile], origin: Origin
) -> StoredRun:
    """Parse every file first (ParseError and nothing is stored), then publish them as one imported run.

    The run appears with all of them or not at all: half an import could neither be resumed nor be imported again.
    The session is the next one of the tag unless `origin` names it. StoreError when a name is unsafe.
    """
    for name in (origin.campaign, origin.tag, *(name for file in files for name in (*file.targets, file.case))):
        if not is_safe_name(name):
            raise StoreError(
                f"{shown(name)} is not a safe file name", remedy="Use letters, digits, '.', '_' and '-' (at most 64)"
            )
    for file in files:
        parse(file.content, file.name)
    trials = _trials(suite.name, files)
    with store.numbering(origin.campaign):
        return _store(store, suite, digest, trials, files, origin)


def _store(
    store: Store, suite: Suite, digest: str, trials: Sequence[Trial], files: Sequence[RawFile], origin: Origin
) -> StoredRun:
    known = [run for run in store.readable(campaign=origin.campaign)[0] if run.info.tag == origin.tag]
    session = origin.session or max((run.info.session for run in known), default=0) + 1
    moment = datetime.fromisoformat(origin.measured_at)
    labels = dict(origin.labels)
    names = sorted({name for trial in trials for name in trial.targets})
    return store.create(
        Run(
            run_id=f"{moment:%Y%m%dT%H%M%S}-{origin.tag[:36].rstrip('.')}-s{session}-{secrets.token_hex(2)}",
            campaign=origin.campaign,
            tag=origin.tag,
            factors=origin.factors,
            session=session,
            seed=0,
            created_at=origin.measured_at,
            plan=tuple(trials),
            targets=tuple(Target(name, "", "", labels=labels.get(name, ())) for name in names),
            suites=((suite.name, digest),),
            versions=(),
            title=origin.title,
            phases=origin.phases,
            imported=True,
        ),
        lambda run: _publish(run, trials, files, origin),
    )


def _trials(suite: str, files: Sequence[RawFile]) -> list[Trial]:
    """One trial per file; files of the same case and targets are repetitions, in the order given."""
    counts: dict[tuple[str, tuple[str, ...]], int] = {}
    trials = []
    for file in files:
        number = counts[file.case, file.targets] = counts.get((file.case, file.targets), 0) + 1
        name = f"{suite}.{file.case}.{'+'.join(file.targets)}.r{number:02d}"
        trials.append(Trial(_fitting(name), file.targets, suite, file.case, number, ()))
    return trials


def _fitting(name: str) -> str:
    """`name` as a folder's name: a very long one ends in a digest, so that two of them stay two."""
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 17]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _publish(run: StoredRun, trials: Sequence[Trial], files: Sequence[RawFile], origin: Origin) -> None:
    for trial, file in zip(trials, files, strict=True):
        _publish_one(run, trial, file, origin)


def _publish_one(run: StoredRun, trial: Trial, file: RawFile, origin: Origin) -> None:
    name = file.name.replace("\\", "/").rsplit("/", 1)[-1]
    path = name if name.isprintable() and name not in ("", ".", "..") else "output"
    record = Attempt(
        trial=trial,
        attempt=1,
        status=Status.OK,
        cause="",
        started_at=origin.measured_at,
        ended_at=origin.measured_at,
        files=(),
        results=(f"raw/imported/{path}",),
        roles=tuple((target, "imported") for target in trial.targets),
        imported=True,
    )
    beside = {f"imported/{name}": content for name, content in file.beside}
    publish(run, record, {**beside, f"imported/{path}": file.content}, {})
