"""One session: run the planned trials that are missing, publish each one as it ends.

`bench run` and `bench resume` are the same call: resuming is a set difference, and a job that an earlier controller
started is found again by its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from bench.config.catalogue import LoadedSuite
from bench.errors import TransportError
from bench.measure import posix
from bench.measure.clock import now
from bench.measure.connections import Connections
from bench.measure.credentials import Credentials
from bench.measure.fleet import Fleet
from bench.measure.leftovers import Leftover, by_target, note_cleaned, note_removed, remains
from bench.measure.protocol import Protocol
from bench.measure.provision import SourceProvider
from bench.measure.reboot import Limits, Rebooter
from bench.measure.reboots import reboot_before
from bench.measure.scheduler import Scheduler, Work
from bench.measure.trials import Trials
from bench.measure.watch import Observer, Outcome, State
from bench.model import Target, Trial
from bench.store import StoredRun
from bench.store.locking import whoami

__all__ = ["Observer", "Outcome", "Session", "State"]

CLEANING_THREADS = 16
_DAMAGED = "what is stored of it is damaged; `bench repair` moves that aside, then it is measured anew"


@dataclass(slots=True)
class Session:
    """Runs what is missing of one stored run. One instance serves one call of `execute`."""

    run: StoredRun
    suites: Mapping[str, LoadedSuite]
    connections: Connections
    scheduler: Scheduler
    source: SourceProvider
    observer: Observer
    probe: str
    patience_s: float = 600.0
    credentials: Credentials = field(default_factory=Credentials)
    reboot_limits: Limits = field(default_factory=Limits)
    outcome: Outcome = field(default_factory=Outcome)
    fleet: Fleet = field(init=False)
    _targets: dict[str, Target] = field(init=False)

    def __post_init__(self) -> None:
        """The fleet starts unknown."""
        tell = self.observer.target
        self.fleet = Fleet(self.run, self.suites, self.connections, self.source, tell, self.credentials)
        self._targets = {target.name: target for target in self.run.info.targets}

    def execute(self) -> Outcome:
        """Prepare, run and clean up; StoreError when a result cannot be written (nothing published is harmed)."""
        survey = self.run.survey()
        self.outcome.missing |= {name: f"{_DAMAGED} ({one.problem})" for name, one in survey.blocked.items()}
        done = survey.done | survey.blocked.keys()
        trials = [trial for trial in self.run.info.plan if trial.trial_id not in done]
        protocol = Protocol(
            self.connections,
            self.probe,
            self.patience_s,
            self.observer.target,
            lambda: self.scheduler.stopping,
            f"run {self.run.info.run_id} ({whoami()})",
        )
        running = Trials(self.run, self.suites, self.fleet, protocol, self.scheduler, self.observer, self.outcome)
        for trial in trials:
            self.observer.trial(trial, State.WAITING)
        try:
            if trials and self.run.info.rebooted_first:
                self._reboot({name for trial in trials for name in trial.targets})
            self.scheduler.run([self._work(running, trial) for trial in trials], on_abandon=self.connections.abort)
            if not self.scheduler.abandoned:
                self._clean(running.flying)
        finally:
            self.connections.close()
            self._account(trials, running.flying)
        return self.outcome

    def _reboot(self, names: set[str]) -> None:
        """Reboot the targets at once before anything is measured; nothing runs on one that did not come back."""
        rebooter = Rebooter(
            self.connections,
            self.reboot_limits,
            self.observer.target,
            lambda: self.scheduler.stopping,
            credentials=self.credentials,
        )
        targets = [target for target in self.run.info.targets if target.name in names]
        for name, error in reboot_before(self.run, targets, rebooter, self.scheduler).items():
            self.fleet.give_up(self._targets[name], str(error))

    def _work(self, running: Trials, trial: Trial) -> Work:
        """A trial for the scheduler: it occupies its targets and what they share."""
        targets = [self._targets[name] for name in trial.targets]
        resources = [f"target {target.name}" for target in targets]
        resources += [f"shared {target.exclusive}" for target in targets if target.exclusive]
        return Work(frozenset(resources), lambda: running.start(trial, self._targets))

    def _account(self, trials: list[Trial], flying: set[str]) -> None:
        """Say of every planned trial that is still missing why it is."""
        self.outcome.interrupted = self.scheduler.stopping
        for trial in trials:
            if trial.trial_id not in self.outcome.done:
                why = "its job was left on the target" if trial.trial_id in flying else "not started"
                self.outcome.missing.setdefault(trial.trial_id, why)

    # --- cleaning up ---

    def _clean(self, flying: set[str]) -> None:
        """Delete the session's data files, and job folders that a controller could not remove when it died."""
        plan = self.run.info.plan
        held = {name for trial in plan if trial.trial_id in flying for name in trial.targets}
        found = remains(self.run)
        left, data = by_target(found.jobs), found.data
        names = sorted((set(data) | set(left)) - held)
        with ThreadPoolExecutor(CLEANING_THREADS) as pool:
            list(pool.map(lambda name: self._clean_one(name, data.get(name, ""), left.get(name, [])), names))

    def _clean_one(self, name: str, data: str, left: list[Leftover]) -> None:
        folders = [one.folder for one in left] + ([data] if data else [])
        stops = [f"({posix.stop(one.job_id, one.folder)})" for one in left]
        try:
            with self.connections.to(self._targets[name]) as connection:
                connection.run("\n".join([*stops, posix.remove(*folders)]), timeout_s=120)
        except TransportError:
            self.run.event(now(), "left behind", target=name, job=", ".join(one.job_id for one in left) or "data")
            return
        for one in left:
            note_removed(self.run, name, one.job_id)
        if data:
            note_cleaned(self.run, name)
