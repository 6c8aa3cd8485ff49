"""The job protocol: launch, wait for a port, collect, stop, remove — each one round trip that may be repeated.

Nothing crosses the wire while a job runs: the controller hangs up (or leaves an idle connection) and comes back when
the job should be over.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from bench.errors import AuthError, HostKeyError, TransportError
from bench.measure import posix
from bench.measure.connections import Connections
from bench.measure.facts import parse_facts
from bench.measure.unpack import unpack
from bench.model import Facts, JobSpec, Role, Target

PORT_WAIT_S = 15
COLLECT_TIMEOUT_S = 300.0
LAUNCH_TIMEOUT_S = 60.0
REMOVE_TIMEOUT_S = 60.0
"""Of deleting a job folder that a tool may have filled with files."""
ASK_TIMEOUT_S = 30.0
"""Of what takes a moment: to look at a job, to stop it."""
FIRST_POLL_S = 0.05
LONGEST_POLL_S = 15.0
PEER_GRACE_S = 20.0
"""How long a receiver may take to end by itself after its sender did."""
HANG_UP_S = 10.0
"""A job that is expected to take longer than this is left without a connection: an idle one is silent by itself, but
a server may ask whether its client is alive (`ClientAliveInterval`), and the answer would fall into the measurement."""

T = TypeVar("T")
Wait = Generator[float, None, T]
"""A piece of an activity: yields seconds to sleep, returns a T."""


@dataclass(frozen=True, slots=True)
class Job:
    """What runs on one target for an attempt."""

    job_id: str
    target: Target
    role: Role
    folder: str
    data_folder: str
    spec: JobSpec
    device: str = ""
    """The block device that it overwrites, "" for none."""

    @property
    def expected_s(self) -> float:
        """Seconds it normally takes."""
        return sum(step.expected_s for step in self.spec.steps)

    @property
    def longest_s(self) -> float:
        """Seconds after which every timeout inside it must have struck."""
        return sum(step.timeout_s + posix.KILL_AFTER_S for step in self.spec.steps) + 30


@dataclass(slots=True)
class Collected:
    """What came back from one job. problem: why its files cannot be believed; notes: what else should be known."""

    state: posix.JobState
    files: dict[str, bytes] = field(default_factory=dict)
    before: Facts | None = None
    after: Facts | None = None
    problem: str = ""
    notes: tuple[str, ...] = ()

    @property
    def started(self) -> Mapping[str, object]:
        """`started.json`."""
        return posix.read_json(self.files.get("started.json", b""))

    @property
    def done(self) -> Mapping[str, object]:
        """`done.json`."""
        return posix.read_json(self.files.get("done.json", b""))


class LeftOnTarget(Exception):  # noqa: N818  # a state of affairs that is recorded, not a mistake
    """An attempt that could not be brought home now: nothing is published, `bench resume` attaches to it again."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """The job protocol over a pool of connections.

    patience_s: how long an unreachable target is waited for. tell: is told (target, message) of such waiting.
    stopping: whether nobody wants to wait any more. owner: said to other controllers that find a target taken.
    """

    connections: Connections
    probe: str
    patience_s: float = 600.0
    tell: Callable[[str, str], None] = lambda target, message: None
    stopping: Callable[[], bool] = lambda: False
    owner: str = ""

    def launch(self, job: Job) -> posix.JobState:
        """Start a job, or find it started. One round trip."""
        text = posix.launch(job.job_id, job.folder, job.spec, job.data_folder, self.probe, job.device, self.owner)
        keep = job.expected_s <= HANG_UP_S
        found = self._ask(job.target, [("state", text)], LAUNCH_TIMEOUT_S, keep=keep)
        return posix.read_state(found["state"], job.target.name)

    def look(self, job: Job) -> posix.JobState:
        """Where a job is, without starting it."""
        found = self._ask(job.target, [("state", posix.status(job.job_id, job.folder))], ASK_TIMEOUT_S)
        return posix.read_state(found["state"], job.target.name)

    def listening(self, job: Job) -> str:
        """Wait on the target until the receiver's port is open: "listening", "silent", or "ended"."""
        text = posix.await_port(job.spec.ready_port or 0, PORT_WAIT_S, job.folder)
        keep = job.expected_s <= HANG_UP_S
        found = self._ask(job.target, [("port", text)], PORT_WAIT_S + 10, keep=keep)
        return found["port"].decode("utf-8", "replace").strip()

    def stop(self, job: Job) -> None:
        """End a job's running step; the job writes its result."""
        self._ask(job.target, [("state", posix.stop(job.job_id, job.folder))], ASK_TIMEOUT_S)

    def remove(self, job: Job) -> None:
        """Delete the job folder; TransportError when the target could not."""
        with self.connections.to(job.target) as connection:
            reply = connection.run(posix.remove(job.folder), timeout_s=REMOVE_TIMEOUT_S)
        if reply.exit_code != 0:
            said = reply.stderr.decode("utf-8", "replace").strip()[-200:]
            raise TransportError(f"could not delete {job.folder}: {said}", where=job.target.name)

    def collect(self, job: Job) -> Collected:
        """The state of a job and, when it has ended, facts, hashes and files: one round trip."""
        ended = [(name, posix.when_done(job.folder, text)) for name, text in self._evidence(job)]
        return self._fetch(job, ended)

    def salvage(self, job: Job) -> Collected:
        """What is left of a dead job: files as they are. What still runs of it is killed before they are read."""
        return self._fetch(job, [("sweep", posix.sweep(job.job_id, job.folder)), *self._evidence(job)])

    def _evidence(self, job: Job) -> list[tuple[str, str]]:
        return [
            ("facts", f"(\n{self.probe}\n) </dev/null 2>/dev/null"),
            ("hashes", posix.list_files(job.folder)),
            (posix.ARCHIVE, posix.archive(job.folder)),
        ]

    def _fetch(self, job: Job, evidence: list[tuple[str, str]]) -> Collected:
        state = ("state", posix.status(job.job_id, job.folder))
        found = self._ask(job.target, [state, *evidence], COLLECT_TIMEOUT_S)
        return _read_collected(found, job)

    def _ask(
        self, target: Target, wanted: list[tuple[str, str]], timeout_s: float, *, keep: bool = True
    ) -> dict[str, bytes]:
        nonce = secrets.token_hex(8)
        with self.connections.to(target, keep=keep) as connection:
            reply = connection.run(posix.marked(nonce, wanted), timeout_s=timeout_s)
        found = posix.sections(reply, nonce, target.name)
        if absent := [name for name, _ in wanted if name not in found]:
            raise TransportError(f"gave half an answer (no {absent[0]!r})", where=target.name)
        return found

    # --- waiting ---

    def patiently(self, call: Callable[[Job], T], job: Job, delay_s: float, patience_s: float | None = None) -> Wait[T]:
        """Sleep `delay_s`, then `call(job)`; an unreachable target is tried again until patience ends.

        Every call of this protocol may be repeated: it finds what an earlier one did, even when that one's answer was
        lost. A refused key or an unknown host key is never tried again. Patience is time on the clock from the first
        failure, which calls that stall use up as well; at least one more try is made.
        """
        if delay_s > 0:
            yield delay_s
        failed_at, pause, name = 0.0, 1.0, job.target.name
        patience = self.patience_s if patience_s is None else patience_s
        while True:
            try:
                found = call(job)
                if failed_at:
                    self.tell(name, "can be reached again")
                return found
            except (HostKeyError, AuthError) as error:
                raise LeftOnTarget(str(error)) from error
            except TransportError as error:
                moment = time.monotonic()
                waited = moment - failed_at if failed_at else 0.0
                if waited >= patience or self.stopping():
                    raise LeftOnTarget(str(error)) from error
                if not failed_at:
                    failed_at = moment
                    until = time.strftime("%H:%M:%S", time.localtime(time.time() + patience))
                    self.tell(name, f"cannot be reached, trying again until {until}: {_without(name, error)}")
                yield from self.pause(pause)
                pause = min(pause * 2, 30.0)

    def pause(self, seconds: float) -> Wait[None]:
        """Sleep, at most a second longer than somebody wants to wait."""
        while seconds > 0 and not self.stopping():
            yield min(seconds, 1.0)
            seconds -= 1.0

    def await_end(self, job: Job, state: posix.JobState) -> Wait[Collected]:
        """Come back when the job should be over, then ask at growing intervals until it has ended.

        Asking costs a few packets while an overrunning job still measures; the intervals grow to 5 % of what the job
        should take, at most 15 s.
        """
        running = state.word == "running"
        expected = max(0.0, job.expected_s - state.ran_s) + FIRST_POLL_S if running else 0.0
        found = yield from self.patiently(self.collect, job, expected)
        pause, waited = max(0.25, min(job.expected_s * 0.05, LONGEST_POLL_S)), state.ran_s + expected
        while found.state.word == "running":
            if waited > job.longest_s:
                yield from self.patiently(self.stop, job, 0.0)
            if waited > job.longest_s + 60:
                raise LeftOnTarget("the job neither ends nor can be stopped")
            found = yield from self.patiently(self.collect, job, pause)
            waited += pause
            pause = min(pause * 1.5, LONGEST_POLL_S)
        return (yield from self._whole(job, found))

    def receiver_end(self, job: Job) -> Wait[Collected]:
        """A receiver normally ends with its sender; one that does not is stopped after a grace period."""
        waited, pause = 0.0, 0.2
        found = yield from self.patiently(self.collect, job, 0.0)
        while found.state.word == "running":
            if waited > PEER_GRACE_S:
                yield from self.patiently(self.stop, job, 0.0)
            if waited > 4 * PEER_GRACE_S:
                raise LeftOnTarget("the receiver neither ends nor can be stopped")
            found = yield from self.patiently(self.collect, job, pause)
            waited += pause
            pause = min(pause * 1.5, 3.0)
        return (yield from self._whole(job, found))

    def _whole(self, job: Job, found: Collected) -> Wait[Collected]:
        """What there is of a job that did not end as it should."""
        if found.state.word == "done":
            return found
        return (yield from self.patiently(self.salvage, job, 0.0))


def _without(name: str, error: Exception) -> str:
    return str(error).removeprefix(f"{name}: ")


def _read_collected(found: Mapping[str, bytes], job: Job) -> Collected:
    state = posix.read_state(found["state"], job.target.name)
    if state.word not in ("done", "dead") or not found.get(posix.ARCHIVE):
        return Collected(state)
    hashes = found["hashes"]
    unpacked = unpack(found[posix.ARCHIVE], posix.read_hashes(hashes), posix.read_left(hashes))
    collected = Collected(state, unpacked.files, problem=unpacked.problem, notes=unpacked.notes)
    before = unpacked.files.get(posix.FACTS_BEFORE)
    collected.before = parse_facts(before) if before else None
    collected.after = parse_facts(found["facts"]) if found.get("facts", b"").strip() else None
    if found.get("facts"):
        collected.files["facts-after.txt"] = found["facts"]
    return collected
