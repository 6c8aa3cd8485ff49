"""A session as commands ask for it: which campaign and phase, its plan, its run, and how it went."""

from __future__ import annotations

import random
import shlex
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cli import context
from bench.cli.asking import TERMINAL, credentials
from bench.cli.console import counted, duration, note, say, warn
from bench.errors import ConfigError

if TYPE_CHECKING:
    from bench.measure.plan import Plan
    from bench.measure.scheduler import Scheduler
    from bench.measure.session import Outcome
    from bench.measure.start import Sources
    from bench.model import Campaign, Phase
    from bench.store import Store, StoredRun


@dataclass(frozen=True, slots=True)
class Words:
    """What `plan` and `run` are asked: the options that they share, as they were written."""

    campaign: Path | None
    phase: str | None
    inventory: Path | None
    suites: list[str] | None
    params: list[str] | None
    factors: list[str] | None
    repetitions: int | None
    limit: list[str] | None
    seed: int | None
    freeze_probe: bool = False
    """Whether a ticker runs beside every job."""
    reboot: bool = False
    """Whether the targets are rebooted before each session of a phase but the first."""


def chosen_phase(words: Words) -> tuple[Campaign, Phase]:
    """The campaign and the phase that was asked for."""
    if words.phase is None and words.inventory is not None:
        raise ConfigError("which phase is this?", remedy="Add --tag, for example --tag pre-maintenance")
    made = context.load_campaign(
        words.campaign,
        words.inventory,
        words.suites,
        words.phase or "",
        params=words.params,
        levels=context.factors(words.factors),
        repetitions=words.repetitions,
        limit=words.limit,
    )
    names = ", ".join(one.tag for one in made.phases)
    if words.phase is None:
        raise ConfigError("which phase is this?", where=made.path, remedy=f"Add --phase with one of: {names}")
    try:
        return made, made.phase(words.phase)
    except KeyError:
        raise ConfigError(
            f"this campaign has no phase {words.phase!r}", where=made.path, remedy=f"Its phases are: {names}"
        ) from None


def planned_session(words: Words, store: Store) -> tuple[Campaign, Plan]:
    """The campaign and the plan of its next session."""
    made, chosen = chosen_phase(words)
    return made, _plan(words, store, made, chosen)


def _plan(words: Words, store: Store, made: Campaign, chosen: Phase) -> Plan:
    from bench.measure.plan import make_plan
    from bench.measure.start import next_session

    session = next_session(store, made.name, chosen.tag)
    number = random.SystemRandom().randrange(2**31) if words.seed is None else words.seed
    return make_plan(made, context.suites(), chosen, session=session, seed=number)


def new_session(
    words: Words, sources: dict[str, Path], store: Store, *, sequential: bool = False
) -> tuple[StoredRun, Sources]:
    """A new run in the store, planned and announced."""
    from bench.measure.start import Sources, cache_folder, new_run

    made, chosen = chosen_phase(words)
    provider = Sources(sources, cache_folder())
    applied = provider.applied(context.suites())
    with store.numbering(made.name):
        planned = _plan(words, store, made, chosen)
        stored = new_run(
            store,
            made,
            planned,
            applied,
            sequential=sequential,
            freeze_probe=words.freeze_probe,
            reboot=words.reboot and planned.session > 1,
        )
    for what, why in planned.left_out:
        warn(f"{what} is left out: {why}")
    for text in planned.warnings:
        warn(text)
    after = ", after a reboot of its targets" if stored.info.rebooted_first else ""
    note(f"run {stored.info.run_id}: {counted(len(planned.trials), 'trial')}, about {duration(planned.eta_s)}{after}")
    return stored, provider


def source_words(sources: dict[str, Path]) -> str:
    """The `--source` words that a resume needs too."""
    return "".join(f" --source {shlex.quote(f'{name}={path}')}" for name, path in sources.items())


def measure(
    stored: StoredRun, provider: Sources, again: str, tell: Callable[[str], None] = say
) -> tuple[Outcome, bool]:
    """Execute what is missing and `tell` how it went. Also returns whether it was interrupted (Ctrl-C, SIGTERM)."""
    from bench.cli.progress import progress
    from bench.measure.scheduler import Scheduler
    from bench.measure.ssh import SshTransport
    from bench.measure.start import execute

    scheduler, secrets = Scheduler(), credentials()
    with progress() as shown, interruptible(scheduler, shown.announce):
        outcome = execute(
            stored,
            context.suites(),
            transport=SshTransport(credentials=secrets),
            scheduler=scheduler,
            source=provider,
            observer=shown,
            credentials=secrets,
        )
    for text in provider.notes:
        warn(text)
    _tell(stored, outcome, again, tell)
    return outcome, scheduler.stopping


def _tell(stored: StoredRun, outcome: Outcome, again: str, tell: Callable[[str], None]) -> None:
    total = len(stored.info.plan)
    done = total - len(outcome.missing)
    tell(f"{done} of {total} trials measured, run {stored.info.run_id}")
    causes: dict[str, int] = {}
    for cause in outcome.missing.values():
        causes[cause] = causes.get(cause, 0) + 1
    for cause, count in sorted(causes.items(), key=lambda item: -item[1])[:8]:
        tell(f"  {count} missing: {cause}")
    if outcome.missing:
        tell(f"Carry on with: bench resume {stored.info.run_id}{again}")


@contextmanager
def interruptible(scheduler: Scheduler, announce: Callable[[str], None] = note) -> Iterator[None]:
    """First Ctrl-C: start nothing new, finish what runs. Second: leave at once, jobs stay on their targets."""

    def on_signal(number: int, frame: object) -> None:
        del number, frame
        TERMINAL.cancel()
        if scheduler.stopping:
            scheduler.abandon()
            return
        scheduler.stop()
        announce("Stopping after the trials that run now; Ctrl-C again leaves their jobs on the targets.")

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
