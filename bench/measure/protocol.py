"""The job protocol: launch, wait for a port, collect, stop, remove — each one round trip that may be repeated.

Nothing crosses the wire while a job runs: the controller hangs up (or leaves an idle connection) and comes back when
the job should be over.
"""

from __future__ import annotations

import hashlib
import io
import secrets
import tarfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from bench.errors import AuthError, HostKeyError, TransportError
from bench.measure import posix
from bench.measure.connections import Connections
from bench.measure.facts import parse_facts
from bench.model import Facts, JobSpec, Role, Target

PORT_WAIT_S = 15
COLLECT_TIMEOUT_S = 300.0
LAUNCH_TIMEOUT_S = 60.0
FIRST_POLL_S = 0.05
LONGEST_POLL_S = 15.0
PEER_GRACE_S = 20.0
"""How long a receiver may take to end by itself after its sender did."""
MAX_FILES = 2000
MAX_BYTES = 128 << 20

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

    @property
    def expected_s(self) -> float:
        """Seconds it normally takes."""
        return sum(step.expected_s for step in self.spec.steps)

    @property
    def longest_s(self) -> float:
        """Seconds after which every timeout inside it must have struck."""
        return sum(step.timeout_s for step in self.spec.steps) + 30


@dataclass(slots=True)
class Collected:
    """What came back from one job."""

    state: posix.JobState
    files: dict[str, bytes] = field(default_factory=dict)
    before: Facts | None = None
    after: Facts | None = None
    problem: str = ""

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
    """The job protocol over a pool of connections. patience_s: how long an unreachable target is waited for."""

    connections: Connections
    probe: str
    patience_s: float = 600.0

    def launch(self, job: Job) -> posix.JobState:
        """Start a job, or find it started; prints nothing else. One round trip."""
        nonce = secrets.token_hex(8)
        text = posix.launch(job.job_id, job.folder, job.spec, job.data_folder, self.probe)
        with self.connections.to(job.target) as connection:
            reply = connection.run(posix.marked(nonce, [("state", text)]), timeout_s=LAUNCH_TIMEOUT_S)
        return posix.read_state(posix.sections(reply, nonce, job.target.name)["state"], job.target.name)

    def listening(self, job: Job) -> bool:
        """Wait on the target until the receiver's port is open."""
        nonce = secrets.token_hex(8)
        text = posix.await_port(job.spec.ready_port or 0, PORT_WAIT_S)
        with self.connections.to(job.target) as connection:
            reply = connection.run(posix.marked(nonce, [("port", text)]), timeout_s=PORT_WAIT_S + 10)
        return b"listening" in posix.sections(reply, nonce, job.target.name)["port"]

    def stop(self, job: Job) -> None:
        """End a job's running step; the job writes its result."""
        nonce = secrets.token_hex(8)
        with self.connections.to(job.target) as connection:
            connection.run(posix.marked(nonce, [("state", posix.stop(job.job_id, job.folder))]), timeout_s=30)

    def remove(self, job: Job) -> None:
        """Delete the job folder."""
        with self.connections.to(job.target) as connection:
            connection.run(posix.remove(job.folder), timeout_s=30)

    def collect(self, job: Job) -> Collected:
        """The state of a job and, when it has ended, facts, hashes and files: one round trip."""
        nonce = secrets.token_hex(8)
        ended = [
            ("facts", f"(\n{self.probe}\n) </dev/null 2>/dev/null"),
            ("hashes", posix.list_files(job.folder)),
            ("archive", posix.archive(job.folder)),
        ]
        wanted = [("state", posix.status(job.job_id, job.folder))]
        wanted += [(name, posix.when_done(job.folder, text)) for name, text in ended]
        with self.connections.to(job.target) as connection:
            reply = connection.run(posix.marked(nonce, wanted), timeout_s=COLLECT_TIMEOUT_S)
        return _read_collected(posix.sections(reply, nonce, job.target.name), job)

    def salvage(self, job: Job) -> Collected:
        """What is left of a dead job: files as they are."""
        nonce = secrets.token_hex(8)
        wanted = [
            ("state", posix.status(job.job_id, job.folder)),
            ("facts", f"(\n{self.probe}\n) </dev/null 2>/dev/null"),
            ("hashes", posix.list_files(job.folder)),
            ("archive", posix.archive(job.folder)),
        ]
        with self.connections.to(job.target) as connection:
            reply = connection.run(posix.marked(nonce, wanted), timeout_s=COLLECT_TIMEOUT_S)
        return _read_collected(posix.sections(reply, nonce, job.target.name), job)

    def patiently(self, action: str, job: Job, delay_s: float) -> Wait[Collected]:
        """Sleep `delay_s`, then collect or salvage; an unreachable target is tried again until patience ends."""
        yield delay_s
        waited, pause = 0.0, 2.0
        while True:
            try:
                return self.salvage(job) if action == "salvage" else self.collect(job)
            except (HostKeyError, AuthError) as error:
                raise LeftOnTarget(str(error)) from error
            except TransportError as error:
                if waited >= self.patience_s:
                    raise LeftOnTarget(f"{error}; its job stays on the target") from error
                yield pause
                waited += pause
                pause = min(pause * 2, 30.0)

    def await_end(self, job: Job) -> Wait[Collected]:
        """Come back when the job should be over, then ask at growing intervals until it has ended."""
        found = yield from self.patiently("collect", job, job.expected_s + FIRST_POLL_S)
        pause, waited = max(0.25, min(job.expected_s * 0.05, LONGEST_POLL_S)), job.expected_s
        while found.state.word == "running":
            if waited > job.longest_s:
                self.stop(job)
            if waited > job.longest_s + 60:
                raise LeftOnTarget("the job neither ends nor can be stopped")
            found = yield from self.patiently("collect", job, pause)
            waited += pause
            pause = min(pause * 1.5, LONGEST_POLL_S)
        if found.state.word == "dead":
            return (yield from self.patiently("salvage", job, 0.0))
        return found


def _read_collected(found: Mapping[str, bytes], job: Job) -> Collected:
    state = posix.read_state(found["state"], job.target.name)
    if state.word not in ("done", "dead") or not found.get("archive"):
        return Collected(state)
    files, problem = _unpack(found["archive"], posix.read_hashes(found["hashes"]))
    collected = Collected(state, files, problem=problem)
    before = files.get(posix.FACTS_BEFORE)
    collected.before = parse_facts(before) if before else None
    collected.after = parse_facts(found["facts"]) if found.get("facts", b"").strip() else None
    if found.get("facts"):
        files["facts-after.txt"] = found["facts"]
    return collected


def _unpack(archive: bytes, hashes: Mapping[str, str]) -> tuple[dict[str, bytes], str]:
    """Regular files of the archive with safe names, checked against their hashes; and what was wrong with the rest."""
    files: dict[str, bytes] = {}
    problems: list[str] = []
    size = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            for member in tar:
                name = member.name.removeprefix("./")
                if member.isdir():
                    continue
                if not member.isfile() or not _safe(name):
                    problems.append(f"unsafe file {name[:80]!r} was not taken")
                    continue
                size += member.size
                if size > MAX_BYTES or len(files) >= MAX_FILES:
                    problems.append(f"more than {MAX_BYTES >> 20} MiB or {MAX_FILES} files: the rest was not taken")
                    break
                reader = tar.extractfile(member)
                files[name] = reader.read() if reader else b""
    except (tarfile.TarError, EOFError, ValueError) as error:
        problems.append(f"the archive is damaged ({error})")
    for name, content in files.items():
        if hashes.get(name) != hashlib.sha256(content).hexdigest():
            problems.append(f"{name} is not what the target hashed")
    problems += [f"{name} did not arrive" for name in hashes if name not in files and _safe(name)]
    return files, "; ".join(problems[:5])


def _safe(name: str) -> bool:
    return (
        not name.startswith("/")
        and ".." not in name.split("/")
        and "\0" not in name
        and len(name) < 200
        and name.isprintable()
    )
