"""How an attempt takes off: its jobs are started, or found started, on all its targets or on none."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bench.config.catalogue import LoadedSuite
from bench.errors import SuiteError, TransportError
from bench.measure import posix
from bench.measure.attempt import Fault, make_job
from bench.measure.clock import now
from bench.measure.fleet import Fleet
from bench.measure.leftovers import Leftover, first_launches, note_launch, note_removed
from bench.measure.plan import roles
from bench.measure.protocol import Job, LeftOnTarget, Protocol, Wait
from bench.measure.scheduler import Scheduler
from bench.measure.watch import Observer, State
from bench.model import Role, Status, Target, Trial
from bench.store import StoredRun

BUSY_PAUSE_S = 5.0
PEER_PATIENCE_S = 60.0
"""How long a receiver is kept waiting while its sender's target cannot be reached."""
PEER_PAUSE_S = (1.0, 10.0)
"""From, to: how long both ends are left alone when one is busy. Random, since two controllers may hold what the other
one wants, and must not come back at the same time."""


class _PeerBusyError(Exception):
    """The target of a job whose partner waits already runs something else."""


class _ReceiverGoneError(Exception):
    """A receiver ended while its sender's target could not be reached."""


@dataclass(slots=True)
class Flight:
    """An attempt on its way. launched: jobs whose launch was tried (a lost answer may hide a start), in that order."""

    trial: Trial
    number: int
    loaded: LoadedSuite
    jobs: list[Job]
    started_at: str = ""
    launched: list[Job] = field(default_factory=list)
    states: dict[Role, posix.JobState] = field(default_factory=dict)


@dataclass(slots=True)
class Launcher:
    """Starts the jobs of attempts. flying: ids of trials whose jobs may be on their targets, shared with the trials."""

    run: StoredRun
    suites: Mapping[str, LoadedSuite]
    fleet: Fleet
    protocol: Protocol
    scheduler: Scheduler
    observer: Observer
    flying: set[str]
    _launches: dict[str, str] = field(init=False)
    """When each job was first launched, here or by an earlier controller. Only one controller works on a run, so the
    events are read once: a run that is resumed may attach to hundreds of jobs."""

    def __post_init__(self) -> None:
        """Earlier controllers are remembered."""
        self._launches = first_launches(self.run)

    def _flight(self, trial: Trial, targets: Mapping[str, Target]) -> Flight:
        """The attempt that comes next, with its jobs, receivers first; SuiteError when the suite cannot write them."""
        loaded = self.suites[trial.suite]
        number = self.run.next_attempt(trial.trial_id)
        jobs = []
        for name, role in roles(loaded, trial.targets):
            peer = next((targets[other] for other in trial.targets if other != name), None)
            machine = self.fleet.machine(name)
            try:
                jobs.append(
                    make_job(
                        self.run.info.run_id,
                        trial,
                        number,
                        targets[name],
                        role,
                        machine,
                        loaded,
                        peer,
                        ticker=self.run.info.freeze_probe,
                    )
                )
            except Exception as error:
                raise SuiteError(
                    f"steps() raised {type(error).__name__}: {error}", where=f"{loaded.folder}/suite.py"
                ) from error
        return Flight(trial, number, loaded, jobs)

    def take_off(self, trial: Trial, targets: Mapping[str, Target]) -> Wait[tuple[Flight, Fault | None]]:
        """Launch all jobs at once or none: a job whose partner's target is busy is taken back and tried again later.

        Whoever kept one target while waiting for the other would wait for ever for a controller that does the same in
        the opposite direction.
        """
        waited = 0.0
        while True:
            flight = self._flight(trial, targets)
            try:
                fault = yield from self._launch_all(flight)
            except _PeerBusyError as busy:
                waited += yield from self._take_back(flight, str(busy), waited)
            except LeftOnTarget:
                if len(flight.jobs) > 1:
                    self._abort(flight)
                raise
            else:
                return flight, fault

    def _take_back(self, flight: Flight, cause: str, waited_s: float) -> Wait[float]:
        """Remove what waits for a busy target and sleep; the seconds. LeftOnTarget when patience has ended."""
        sender = flight.launched[-1]
        self._never_started(flight, sender)
        self._abort(flight)
        self._leave_when_stopping(cause)
        if waited_s >= self.protocol.patience_s:
            self.fleet.give_up(sender.target, cause)
            raise LeftOnTarget(cause)
        self.observer.trial(flight.trial, State.WAITING, cause)
        pause = random.uniform(*PEER_PAUSE_S)  # noqa: S311  # no secret
        yield from self.protocol.pause(pause)
        self._leave_when_stopping(cause)
        return pause

    def _leave_when_stopping(self, cause: str) -> None:
        if self.scheduler.stopping:
            raise LeftOnTarget(f"not started: {cause}")

    def _launch_all(self, flight: Flight) -> Wait[Fault | None]:
        """Start every job, or attach to those that an earlier controller started; why the attempt cannot go on."""
        flight.started_at = now()
        for job in flight.jobs:
            if (yield from self._came_too_late(flight, job)):
                return Status.INTERRUPTED, "the receiver ended before its sender was started (the controller was away)"
            note_launch(self.run, moment := now(), self._leftover(flight, job), job.data_folder)
            first = self._launches.setdefault(job.job_id, moment)
            flight.launched.append(job)
            self.flying.add(flight.trial.trial_id)
            try:
                state = flight.states[job.role] = yield from self._launch(flight, job)
            except _ReceiverGoneError:
                return Status.INTERRUPTED, f"the receiver ended while {job.target.name} could not be reached"
            if not state.fresh and state.word in ("running", "done", "dead"):
                self.run.event(now(), "attached", target=job.target.name, job=job.job_id, state=state.word)
                flight.started_at = first
            if fault := (yield from self._fault(flight, job, state)):
                return fault
        return None

    def _launch(self, flight: Flight, job: Job) -> Wait[posix.JobState]:
        """Launch one job as soon as its target can be reached and runs nothing else."""
        patience = self.protocol.patience_s
        if len(flight.launched) > 1:
            patience = min(patience, PEER_PATIENCE_S)
        waited = 0.0
        while True:
            try:
                state = yield from self.protocol.patiently(self._launcher(flight), job, 0.0, patience)
            except LeftOnTarget as error:
                if not self.scheduler.stopping:
                    self.fleet.give_up(job.target, str(error))
                raise
            if state.word != "busy":
                return state
            cause = f"{job.target.name} is busy with {state.holder}"
            if len(flight.launched) > 1:
                raise _PeerBusyError(cause)
            if self.scheduler.stopping or waited >= patience:
                self._never_started(flight, job)
                self._leave_when_stopping(cause)
                self.fleet.give_up(job.target, cause)
                raise LeftOnTarget(cause)
            self.observer.trial(flight.trial, State.WAITING, cause)
            yield from self.protocol.pause(BUSY_PAUSE_S)
            waited += BUSY_PAUSE_S

    def _never_started(self, flight: Flight, job: Job) -> None:
        """A target that was busy wrote nothing of the job."""
        flight.launched.remove(job)
        note_removed(self.run, job.target.name, job.job_id)
        if not flight.launched:
            self.flying.discard(flight.trial.trial_id)

    def _launcher(self, flight: Flight) -> Callable[[Job], posix.JobState]:
        """Launches a job; a sender only while its receiver lives, which is asked before every try but the first."""
        tries = 0

        def launch(job: Job) -> posix.JobState:
            nonlocal tries
            tries += 1
            receiver = flight.launched[0]
            # A sender that did start (its answer was lost) may have ended, and its receiver with it.
            gone = tries > 1 and receiver is not job and self.protocol.look(receiver).word != "running"
            if gone and self.protocol.look(job).word in ("absent", "staged"):
                raise _ReceiverGoneError
            return self.protocol.launch(job)

        return launch

    def _came_too_late(self, flight: Flight, job: Job) -> Wait[bool]:
        """Whether a receiver that an earlier controller started has ended, and this sender was never started."""
        ended = any(not state.fresh and state.word in ("done", "dead") for state in flight.states.values())
        if job.role is not Role.SENDER or not ended:
            return False
        state = yield from self.protocol.patiently(self.protocol.look, job, 0.0, PEER_PATIENCE_S)
        return state.word in ("absent", "staged")

    def _fault(self, flight: Flight, job: Job, state: posix.JobState) -> Wait[Fault | None]:
        """Why an attempt cannot go on after this job was launched."""
        name = job.target.name
        if state.word == "absent":
            return Status.INTERRUPTED, f"the folder of the job on {name} was deleted as soon as it began"
        if state.word in ("refused", "staged"):
            return Status.FAILED, f"{name}: {state.detail or 'the job did not start (is setsid installed?)'}"
        receiver = flight.states.get(Role.RECEIVER)
        if job.role is Role.SENDER and not state.fresh and receiver is not None and receiver.fresh:
            return Status.INTERRUPTED, f"the sender on {name} lost its receiver while the controller was away"
        if job.role is Role.RECEIVER and job.spec.ready_port and state.word == "running":
            said = yield from self.protocol.patiently(self.protocol.listening, job, 0.0, PEER_PATIENCE_S)
            if said != "listening":
                how = "ended before it listened" if said == "ended" else "did not listen in time"
                return Status.FAILED, f"{name}: the receiver {how} on port {job.spec.ready_port}"
        return None

    def _abort(self, flight: Flight) -> None:
        """End jobs that wait for a partner that will not come, as far as their targets can be reached."""
        left = False
        for job in flight.launched:
            try:
                self.protocol.stop(job)
            except TransportError:
                self.run.event(now(), "left behind", target=job.target.name, job=job.job_id)
                left = True
            else:
                self.remove(job)
        if not left:
            self.flying.discard(flight.trial.trial_id)

    def remove(self, job: Job) -> None:
        """Delete a job folder; one that cannot be reached now is noted and swept later."""
        try:
            self.protocol.remove(job)
        except TransportError:
            self.run.event(now(), "left behind", target=job.target.name, job=job.job_id)
        else:
            note_removed(self.run, job.target.name, job.job_id)

    @staticmethod
    def _leftover(flight: Flight, job: Job) -> Leftover:
        return Leftover(job.target.name, job.job_id, job.folder, flight.trial.trial_id, flight.number)
