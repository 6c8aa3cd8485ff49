"""Targets behind proxies: where the steps of a conversation lie in its bytes, and what became of trials afterwards."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

import psutil

from bench.config.catalogue import load_suites
from bench.measure import protocol, provision, ssh, ssh_route
from bench.measure.sandbox import Sandbox, Sshd
from bench.measure.ssh import SshTransport
from bench.measure.transport import Connection, Reply
from bench.model import Status, SuiteChoice, Target, Trial, pairs
from bench.store import StoredRun, verify
from tests.chaos.outcome import Outcome
from tests.chaos.proxy import Proxy
from tests.ssh.ssh_ground import SUITES, Field

WRITE = "head -c 30000 /dev/urandom >out/data; sha256sum <out/data >>../../truth; echo ran >>../../ran"
SCRIPT = f"{WRITE}; sleep 0.4; echo rate 42"
"""What it wrote and that it ran is kept on the target, outside the job folder."""

Region = tuple[str, str, int, int]
"""(step, direction, from, to): bytes of a conversation."""


@dataclass(slots=True)
class Recorder:
    """SSH that notes at which bytes of a proxy each step of the protocol begins."""

    proxy: Proxy
    marks: list[tuple[str, int, int]] = field(default_factory=list)
    inner: SshTransport = field(default_factory=SshTransport)

    def note(self, step: str) -> None:
        self.marks.append((step, self.proxy.passed["up"], self.proxy.passed["down"]))

    def connect(self, target: Target) -> Connection:
        self.note("connecting")
        return _Recorded(self, self.inner.connect(target))

    def regions(self) -> list[Region]:
        """All that crossed, by step: going up a launch is `staging`, coming down it is `launching`."""
        self.note("end")
        found: list[Region] = []
        for (step, up, down), (_, next_up, next_down) in itertools.pairwise(self.marks):
            found.append(("staging" if step == "launching" else step, "up", up, next_up))
            found.append((step, "down", down, next_down))
        return [region for region in found if region[3] > region[2]]


@dataclass(slots=True, eq=False)
class _Recorded:
    owner: Recorder
    inner: Connection

    def run(self, script: str, *, timeout_s: float) -> Reply:
        self.owner.note(_step(script))
        return self.inner.run(script, timeout_s=timeout_s)

    def alive(self) -> bool:
        return self.inner.alive()

    def close(self) -> None:
        self.inner.close()


def _step(script: str) -> str:
    if "launch()" in script:
        return "launching"
    if "hashes" in script:
        return "collecting"
    return "removing" if script.startswith("rm -rf") else "surveying"


@contextmanager
def short_timeouts() -> Iterator[None]:
    """The bounds of all steps in seconds instead of minutes: a stall is noticed in the time of a test."""
    with ExitStack() as stack:
        for module, name, value in (
            (provision, "QUERY_TIMEOUT_S", 8.0),
            (protocol, "LAUNCH_TIMEOUT_S", 8.0),
            (protocol, "COLLECT_TIMEOUT_S", 8.0),
            (protocol, "ASK_TIMEOUT_S", 6.0),
            (ssh, "CONNECT_TIMEOUT_S", 5.0),
            (ssh_route, "CONNECT_TIMEOUT_S", 5.0),
        ):
            stack.enter_context(patch.object(module, name, value))
        yield


@dataclass(slots=True)
class Wires:
    """Targets on one sshd, each with a base folder and a proxy of its own; `t0` sends to `t1` when they are paired."""

    field: Field
    proxies: dict[str, Proxy]

    @property
    def targets(self) -> tuple[Target, ...]:
        return self.field.targets

    def run(self, choice: SuiteChoice | None = None) -> StoredRun:
        """A new run: one trial on each target."""
        return self.field.run(choice or scripted(SCRIPT), targets=self.targets)

    def resume(self, run: StoredRun) -> None:
        """What somebody does who sees that trials are missing, once the network is back."""
        for _ in range(3):
            if run.missing():
                self.field.execute(run, patience_s=30)
        self.field.execute(run, patience_s=30)  # sweeps job folders that could not be removed


@contextmanager
def wires(box: Sandbox, daemon: Sshd, folder: Path, number: int, *, paired: bool = False) -> Iterator[Wires]:
    """`number` targets below `folder`."""
    folder.mkdir(parents=True)
    key = " ".join((box.folder / "host_key.pub").read_text().split()[:2])
    with ExitStack() as stack:
        proxies = {f"t{one}": stack.enter_context(Proxy(daemon.port)) for one in range(number)}
        hosts = folder / "hosts"
        hosts.write_text("".join(f"[127.0.0.1]:{proxy.port} {key}\n" for proxy in proxies.values()))
        targets = tuple(
            Target(
                name,
                "127.0.0.1",
                "127.0.0.1",
                port=proxy.port,
                identity_file=str(box.identity),
                known_hosts=str(hosts),
                base=str(folder / f"base-{name}"),
                ssh_config=os.devnull,
            )
            for name, proxy in proxies.items()
        )
        if paired:
            targets = (replace(targets[0], peer="t1"), *targets[1:])
        field_ = Field(folder, targets, load_suites([SUITES]), SshTransport(connect_timeout_s=5.0))
        try:
            yield Wires(field_, proxies)
        finally:
            field_.end_jobs()


def scripted(script: str) -> SuiteChoice:
    """The suite `scripted`, given time enough for a busy machine."""
    return SuiteChoice("scripted", params=pairs({"script": script, "timeout": 120.0, "expected": 0.4}))


def judge(made: Wires, run: StoredRun, trials: Sequence[Trial], kind: str, injected: int, note: str = "") -> Outcome:
    """What became of `trials`: their attempts, whether their jobs ran once, and whether what is stored is what ran."""
    wanted = {trial.trial_id for trial in trials}
    targets = {name for trial in trials for name in trial.targets}
    stored = [one for one in run.attempts() if one.record.trial.trial_id in wanted]
    good = Counter(one.record.trial.trial_id for one in stored if one.record.status is Status.OK)
    wrong = [f"{item.path}: {item}" for item in verify(run)]
    ran = 0
    for name in targets:
        base = made.field.folder / f"base-{name}"
        ran += len(_lines(base / "ran"))
        written = {line.split()[0] for line in _lines(base / "truth")}
        for one in stored:
            if one.record.trial.targets[0] == name and one.record.status is Status.OK and written:
                data = one.read(next(file.path for file in one.record.files if file.path.endswith("out/data")))
                if hashlib.sha256(data).hexdigest() not in written:
                    wrong.append(f"{name}: stored bytes that no tool wrote")
    left = [job for job in made.field.jobs() if re.fullmatch(rf"base-({'|'.join(targets)})", job.parents[1].name)]
    return Outcome(
        kind,
        injected,
        planned=len(trials),
        ok=len(good),
        interrupted=sum(one.record.status is Status.INTERRUPTED for one in stored),
        lost=len(trials) - len(good),
        duplicated=max(0, ran - len(stored)) + sum(number - 1 for number in good.values()),
        jobs_left=len(left),
        crashes=len(wrong),
        note="; ".join([*([note] if note else []), *wrong]),
    )


def added(first: Outcome, second: Outcome) -> Outcome:
    """Two outcomes of one kind."""
    numbers = ("injected", "planned", "ok", "interrupted", "lost", "duplicated", "jobs_left", "crashes")
    return replace(
        first,
        **{name: getattr(first, name) + getattr(second, name) for name in numbers},
        note="; ".join(filter(None, (first.note, second.note))),
    )


def kill_sessions(daemon: Sshd) -> int:
    """Kill a daemon's sessions, which a stopped daemon leaves behind; not the jobs that were started through them."""
    killed = 0
    for child in psutil.Process(daemon.process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if child.name().startswith("sshd"):
                child.kill()
                killed += 1
    return killed


def until(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Wait for a condition; whether it came."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
