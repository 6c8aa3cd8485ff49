"""One session: run the planned trials that are missing, publish each one as it ends.

`bench run` and `bench resume` are the same call: resuming is a set difference, and a job that an earlier controller
started is found again by its id.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol as Interface

from bench.config.catalogue import LoadedSuite
from bench.errors import AuthError, HostKeyError, TransportError
from bench.measure import posix
from bench.measure.attempt import make_job, record
from bench.measure.clock import now
from bench.measure.connections import Connections
from bench.measure.fleet import Fleet
from bench.measure.plan import roles
from bench.measure.protocol import PEER_GRACE_S, Collected, Job, LeftOnTarget, Protocol, Wait
from bench.measure.provision import SourceProvider, tool_digest
from bench.measure.scheduler import Activity, Scheduler, Work
from bench.model import Role, Status, Target, Trial
from bench.store import StoredRun, publish

BUSY_PAUSE_S = 5.0
CLEANING_THREADS = 16
RETRIES_AFTER_INTERRUPTION = 1


class State(StrEnum):
    """Where a trial is, for whoever watches."""

    WAITING = "waiting"
    PREPARING = "preparing"
    RUNNING = "running"
    COLLECTING = "collecting"
    OK = "ok"
    FAILED = "failed"
    MISSING = "missing"


class Observer(Interface):
    """Told about progress, from several threads."""

    def target(self, name: str, message: str) -> None:
        """A target is being prepared, was refused, or warns."""
        ...

    def trial(self, trial: Trial, state: State, detail: str = "") -> None:
        """A trial changed its state."""
        ...


@dataclass(slots=True)
class Outcome:
    """What became of the planned trials of this call. missing: trial id → cause."""

    ok: int = 0
    failed: int = 0
    missing: dict[str, str] = field(default_factory=dict)
    interrupted: bool = False


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
    outcome: Outcome = field(default_factory=Outcome)
    fleet: Fleet = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """The fleet starts unknown."""
        self.fleet = Fleet(self.run, self.connections, self.source, self.observer.target)

    def execute(self) -> Outcome:
        """Prepare, run and clean up; StoreError when a result cannot be written (nothing published is harmed)."""
        missing = set(self.run.missing())
        trials = [trial for trial in self.run.info.plan if trial.trial_id in missing]
        targets = {target.name: target for target in self.run.info.targets}
        for trial in trials:
            self.observer.trial(trial, State.WAITING)
        works = [
            Work(
                self._resources([targets[name] for name in trial.targets]),
                lambda trial=trial: self._trial(trial, targets),  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            )
            for trial in trials
        ]
        try:
            self.scheduler.run(works)
            if not self.scheduler.stopping:
                on_disk = [trial for trial in trials if self.suites[trial.suite].suite.uses_disk]
                self._clean({name for trial in on_disk for name in trial.targets})
        finally:
            self.connections.close()
            left = set(self.run.missing())
            self.outcome.interrupted = self.scheduler.stopping
            for trial in trials:
                if trial.trial_id in left:
                    self.outcome.missing.setdefault(trial.trial_id, "not started")
        return self.outcome

    @staticmethod
    def _resources(targets: list[Target]) -> frozenset[str]:
        """The targets themselves and what they share."""
        return frozenset(
            [f"target {target.name}" for target in targets]
            + [f"shared {target.exclusive}" for target in targets if target.exclusive]
        )

    def _trial(self, trial: Trial, targets: Mapping[str, Target]) -> Activity:
        """Attempts until one ends for good; a new attempt follows an interruption only, and is counted."""
        yield 0.0
        self.observer.trial(trial, State.PREPARING)
        for name in trial.targets:
            if cause := self.fleet.problem(targets[name], self.suites[trial.suite]):
                self._miss(trial, cause)
                return
        for _ in range(1 + RETRIES_AFTER_INTERRUPTION):
            try:
                status = yield from self._attempt(trial, targets)
            except (HostKeyError, AuthError, TransportError) as error:
                self._miss(trial, str(error))
                return
            except LeftOnTarget as error:
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
        """One attempt from launch to publishing."""
        loaded = self.suites[trial.suite]
        number = self.run.next_attempt(trial.trial_id)
        protocol = Protocol(self.connections, self.probe, self.patience_s)
        jobs = self._jobs(trial, number, loaded, targets)
        started_at = now()
        self.run.event(started_at, "launch", trial=trial.trial_id, attempt=str(number), job=jobs[-1].job_id)
        launched: list[Job] = []
        refusal = ""
        try:
            for job in jobs:
                refusal = yield from self._launch(protocol, trial, job)
                launched.append(job)
                if refusal:
                    break
        except TransportError:
            self._abort(protocol, launched)
            raise
        self.observer.trial(trial, State.RUNNING)
        ends = yield from self._bring_home(protocol, launched, refused=bool(refusal))
        self.observer.trial(trial, State.COLLECTING)
        return self._publish(protocol, trial, number, ends, loaded, started_at, refusal)

    def _jobs(self, trial: Trial, number: int, loaded: LoadedSuite, targets: Mapping[str, Target]) -> list[Job]:
        """The jobs of an attempt, receivers first."""
        jobs = []
        for name, role in roles(loaded, trial.targets):
            others = [targets[other] for other in trial.targets if other != name]
            jobs.append(
                make_job(
                    self.run.info.run_id,
                    trial,
                    number,
                    targets[name],
                    role,
                    self.fleet.machine(name),
                    loaded,
                    others[0] if others else None,
                )
            )
        return jobs

    def _launch(self, protocol: Protocol, trial: Trial, job: Job) -> Wait[str]:
        """Start a job and, for a receiver, wait for its port; returns why it could not, or ""."""
        waited = 0.0
        state = protocol.launch(job)
        while state.word == "busy":
            if waited >= self.patience_s:
                raise LeftOnTarget(f"{job.target.name} is busy with job {state.detail} of another run")
            self.observer.trial(trial, State.WAITING, f"{job.target.name} is busy with {state.detail}")
            yield BUSY_PAUSE_S
            waited += BUSY_PAUSE_S
            state = protocol.launch(job)
        if state.word in ("refused", "staged", "absent"):
            return f"{job.target.name}: {state.detail or 'the job did not start (is setsid installed?)'}"
        if (
            job.role is Role.RECEIVER
            and job.spec.ready_port
            and state.word == "running"
            and not protocol.listening(job)
        ):
            return f"{job.target.name}: nothing listened on port {job.spec.ready_port} in time"
        return ""

    def _abort(self, protocol: Protocol, launched: list[Job]) -> None:
        """End jobs that wait for a partner that will not come, as far as their targets can be reached."""
        for job in launched:
            try:
                protocol.stop(job)
                protocol.remove(job)
            except TransportError:
                self.run.event(now(), "left behind", target=job.target.name, job=job.job_id)

    def _bring_home(
        self, protocol: Protocol, launched: list[Job], *, refused: bool
    ) -> Wait[list[tuple[Job, Collected]]]:
        """Wait for the last job (the sender, or the only one), then for the receivers; collect them all."""
        ends: list[tuple[Job, Collected]] = []
        for job in reversed(launched):
            sender_failed = any(collected.done.get("exit_code") != 0 for _, collected in ends)
            if refused or (job.role is Role.RECEIVER and (job.spec.serves or sender_failed)):
                self._quietly_stop(protocol, job)
            if job.role is Role.RECEIVER:
                collected = yield from self._receiver_end(protocol, job)
            elif refused:
                collected = yield from protocol.patiently("salvage", job, 0.0)
            else:
                collected = yield from protocol.await_end(job)
            ends.append((job, collected))
        return ends

    def _receiver_end(self, protocol: Protocol, job: Job) -> Wait[Collected]:
        """A receiver normally ends with its sender; one that does not is stopped."""
        waited, pause = 0.0, 0.2
        collected = yield from protocol.patiently("collect", job, 0.0)
        while collected.state.word == "running":
            if waited > PEER_GRACE_S:
                self._quietly_stop(protocol, job)
            collected = yield from protocol.patiently("collect", job, pause)
            waited += pause
            pause = min(pause * 1.5, 3.0)
            if waited > 4 * PEER_GRACE_S:
                raise LeftOnTarget("the receiver neither ends nor can be stopped")
        if collected.state.word != "done":
            return (yield from protocol.patiently("salvage", job, 0.0))
        return collected

    @staticmethod
    def _quietly_stop(protocol: Protocol, job: Job) -> None:
        """Stop a job if its target can be reached; collecting tells what became of it."""
        try:
            protocol.stop(job)
        except TransportError:
            return

    def _publish(
        self,
        protocol: Protocol,
        trial: Trial,
        number: int,
        ends: list[tuple[Job, Collected]],
        loaded: LoadedSuite,
        started_at: str,
        refusal: str,
    ) -> Status:
        tool = loaded.suite.tool
        tools = {
            job.target.name: self.fleet.machine(job.target.name).tools.get(tool_digest(tool), ()) if tool else ()
            for job, _ in ends
        }
        attempt, raw, facts = record(trial, number, ends, loaded, started_at, tools)
        if refusal:
            attempt = replace(attempt, status=Status.FAILED, cause="; ".join(filter(None, (refusal, attempt.cause))))
        publish(self.run, attempt, raw, facts)
        ok = attempt.status is Status.OK
        with self._lock:
            self.outcome.ok += ok
            self.outcome.failed += not ok
            if not ok:
                self.outcome.missing[trial.trial_id] = attempt.cause
            else:
                self.outcome.missing.pop(trial.trial_id, None)
        self.run.event(
            now(),
            "published",
            trial=trial.trial_id,
            attempt=str(number),
            status=attempt.status.value,
            cause=attempt.cause,
        )
        self.observer.trial(trial, State.OK if ok else State.FAILED, attempt.cause)
        for job, _ in ends:
            try:
                protocol.remove(job)
            except TransportError:
                self.run.event(now(), "left behind", target=job.target.name, job=job.job_id)
        return attempt.status

    def _clean(self, names: set[str]) -> None:
        """Delete the session's data files on the targets that had some."""
        targets = {target.name: target for target in self.run.info.targets}
        with ThreadPoolExecutor(CLEANING_THREADS) as pool:
            list(pool.map(self._clean_one, (targets[name] for name in sorted(names & set(self.fleet.known())))))

    def _clean_one(self, target: Target) -> None:
        folder = f"{self.fleet.machine(target.name).base}/data/{self.run.info.run_id}"
        try:
            with self.connections.to(target) as connection:
                connection.run(posix.remove(folder), timeout_s=60)
        except TransportError:
            self.run.event(now(), "left behind", target=target.name, job="data")
