"""One trial from launch to publishing: its jobs, what can go wrong with them, and the attempt that is recorded.

A new attempt follows an interruption only, and is counted; nothing is measured again to get a nicer number.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.config.catalogue import LoadedSuite
from bench.errors import SuiteError, TransportError
from bench.measure.attempt import Fault, record
from bench.measure.clock import Watch, now
from bench.measure.fleet import Fleet
from bench.measure.launching import Flight, Launcher
from bench.measure.oddities import remarks
from bench.measure.protocol import Collected, Job, LeftOnTarget, Protocol, Wait
from bench.measure.provision import tool_digest
from bench.measure.scheduler import Activity, Scheduler
from bench.measure.watch import Observer, Outcome, State
from bench.model import Role, Status, Target, Trial
from bench.store import StoredRun, publish

RETRIES_AFTER_INTERRUPTION = 1


@dataclass(slots=True)
class Trials:
    """Runs trials, each as an activity of the scheduler. One instance serves one session."""

    run: StoredRun
    suites: Mapping[str, LoadedSuite]
    fleet: Fleet
    protocol: Protocol
    scheduler: Scheduler
    observer: Observer
    outcome: Outcome
    flying: set[str] = field(default_factory=set)
    """Ids of trials whose jobs may be on their targets."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _watch: Watch = field(default_factory=Watch)
    _launcher: Launcher = field(init=False)

    def __post_init__(self) -> None:
        """The launcher shares what is known here."""
        self._launcher = Launcher(
            self.run, self.suites, self.fleet, self.protocol, self.scheduler, self.observer, self.flying
        )

    def start(self, trial: Trial, targets: Mapping[str, Target]) -> Activity:
        """Attempts until one ends for good."""
        yield 0.0
        self.observer.trial(trial, State.PREPARING)
        for name in trial.targets:
            if cause := self.fleet.problem(targets[name], self.suites[trial.suite]):
                self._miss(trial, cause)
                return
        if self.scheduler.stopping:
            return
        for _ in range(1 + RETRIES_AFTER_INTERRUPTION):
            try:
                status = yield from self._attempt(trial, targets)
            except (LeftOnTarget, SuiteError) as error:
                if not (self.scheduler.abandoned and trial.trial_id in self.flying):
                    self._miss(trial, str(error))
                return
            if status is not Status.INTERRUPTED or self.scheduler.stopping:
                return

    def _miss(self, trial: Trial, cause: str) -> None:
        with self._lock:
            self.outcome.missing[trial.trial_id] = cause
        self.run.event(now(), "missing", trial=trial.trial_id, cause=cause)
        self.observer.trial(trial, State.MISSING, cause)

    def _attempt(self, trial: Trial, targets: Mapping[str, Target]) -> Wait[Status]:
        """One attempt: launch all jobs, wait, bring home, publish, remove."""
        flight, fault = yield from self._launcher.take_off(trial, targets)
        self.observer.trial(trial, State.RUNNING)
        ends = yield from self._bring_home(flight, fault)
        self.observer.trial(trial, State.COLLECTING)
        return self._publish(flight, ends, fault)

    # --- bringing home ---

    def _bring_home(self, flight: Flight, fault: Fault | None) -> Wait[list[tuple[Job, Collected]]]:
        """Wait for the last job (the sender, or the only one), then for the receivers; collect them all."""
        ends: list[tuple[Job, Collected]] = []
        for job in reversed(flight.launched):
            sender_failed = any(collected.done.get("exit_code") != 0 for _, collected in ends)
            if fault or (job.role is Role.RECEIVER and (job.spec.serves or sender_failed)):
                self._quietly_stop(job)
            try:
                collected = yield from self._end(flight, job, fault)
            except LeftOnTarget as error:
                if not self.scheduler.stopping:
                    self.fleet.give_up(job.target, str(error))
                raise
            ends.append((job, collected))
        return ends

    def _end(self, flight: Flight, job: Job, fault: Fault | None) -> Wait[Collected]:
        """What one job brings home, as soon as it has ended."""
        if fault:
            return (yield from self.protocol.patiently(self.protocol.salvage, job, 0.0))
        if job.role is Role.RECEIVER:
            return (yield from self.protocol.receiver_end(job))
        return (yield from self.protocol.await_end(job, flight.states[job.role]))

    def _quietly_stop(self, job: Job) -> None:
        """Stop a job if its target can be reached; collecting tells what became of it."""
        try:
            self.protocol.stop(job)
        except TransportError:
            return

    def _warn(self, trial: Trial, ends: list[tuple[Job, Collected]]) -> None:
        """Record what should be known of an attempt beside its result."""
        for job, collected in ends:
            for note in remarks(collected):
                self.run.event(now(), "warning", trial=trial.trial_id, target=job.target.name, message=note)
        with self._lock:
            step = self._watch.step_s()
        if step:
            how = f"set {'forward' if step > 0 else 'back'} by {abs(step):,.0f} s"
            message = f"the controller's clock was {how} during the session: trials are dated by two clocks"
            self.run.event(now(), "warning", trial=trial.trial_id, message=message)

    def _publish(self, flight: Flight, ends: list[tuple[Job, Collected]], fault: Fault | None) -> Status:
        """Store the attempt, tell about it, and only then remove its job folders."""
        tool, trial = flight.loaded.suite.tool, flight.trial
        tools = {
            job.target.name: self.fleet.machine(job.target.name).tools.get(tool_digest(tool), ()) if tool else ()
            for job, _ in ends
        }
        attempt, raw, facts = record(trial, flight.number, ends, flight.loaded, flight.started_at, tools, fault)
        publish(self.run, attempt, raw, facts)
        ok = attempt.status is Status.OK
        with self._lock:
            self.flying.discard(trial.trial_id)
            self.outcome.ok += ok
            self.outcome.failed += not ok
            if ok:
                self.outcome.done.add(trial.trial_id)
                self.outcome.missing.pop(trial.trial_id, None)
            else:
                self.outcome.missing[trial.trial_id] = attempt.cause
        number, status = str(flight.number), attempt.status.value
        self.run.event(now(), "published", trial=trial.trial_id, attempt=number, status=status, cause=attempt.cause)
        self._warn(trial, ends)
        self.observer.trial(trial, State.OK if ok else State.FAILED, attempt.cause)
        for job, _ in ends:
            self._launcher.remove(job)
        return attempt.status
