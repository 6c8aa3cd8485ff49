"""Campaigns of small scripted suites over two real sshd processes, and what tests ask of them."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.config.catalogue import LoadedSuite
from bench.measure import posix
from bench.measure.clock import now
from bench.measure.connections import Connections
from bench.measure.plan import make_plan
from bench.measure.posix import resource
from bench.measure.sandbox import Sandbox, Sshd, free_port
from bench.measure.scheduler import Scheduler
from bench.measure.session import Session
from bench.measure.ssh import SshTransport
from bench.measure.transport import Transport
from bench.measure.watch import Outcome, State
from bench.model import Attempt, Campaign, Inventory, Phase, Run, Scalar, SuiteChoice, Target, Tool, Trial, pairs
from bench.store import Store, StoredRun, verify

ROOT = Path(__file__).parents[2]
SUITES = ROOT / "tests" / "suites_for_tests"
_NUMBERS = itertools.count(1)


@dataclass(slots=True)
class Watcher:
    """An observer that remembers."""

    said: list[str] = field(default_factory=list)
    on_state: Callable[[Trial, State], None] | None = None

    def target(self, name: str, message: str) -> None:
        self.said.append(f"{name}: {message}")

    def trial(self, trial: Trial, state: State, detail: str = "") -> None:
        self.said.append(f"{trial.trial_id} {state} {detail}")
        if self.on_state:
            self.on_state(trial, state)


@dataclass(slots=True)
class Field:
    """Two targets in a folder of this test, and runs over them."""

    folder: Path
    targets: tuple[Target, ...]
    suites: dict[str, LoadedSuite]
    transport: Transport = field(default_factory=SshTransport)

    def run(
        self,
        *choices: SuiteChoice,
        targets: tuple[Target, ...] | None = None,
        repetitions: int = 1,
        freeze_probe: bool = False,
    ) -> StoredRun:
        """A new run in the store."""
        inventory = Inventory("", targets or self.targets[:1])
        campaign = Campaign("c", inventory, choices, (Phase("before"),), repetitions=repetitions)
        plan = make_plan(campaign, self.suites, campaign.phases[0], session=1, seed=1)
        names = sorted({trial.suite for trial in plan.trials})
        digests = pairs({name: self.suites[name].digest for name in names})
        number = next(_NUMBERS)
        # A job is named after its run, and its processes are looked for on the whole machine.
        run = Run(
            f"r{secrets.token_hex(6)}", "c", "before", (), number, 1, now(), plan.trials, inventory.targets, digests, ()
        )
        return Store(self.folder / "runs").create(replace(run, freeze_probe=freeze_probe))

    def execute(
        self,
        run: StoredRun,
        *,
        watcher: Watcher | None = None,
        scheduler: Scheduler | None = None,
        patience_s: float = 3.0,
    ) -> Outcome:
        """What `bench run` and `bench resume` do."""
        with run.lock():
            return Session(
                run=run,
                suites=self.suites,
                connections=Connections(self.transport, retry_after_s=(0.1,)),
                scheduler=scheduler or Scheduler(),
                source=_no_source,
                observer=watcher or Watcher(),
                probe=resource("probe.sh"),
                patience_s=patience_s,
            ).execute()

    def jobs(self) -> list[Path]:
        """Job folders on the targets."""
        return sorted(self.folder.glob("base*/jobs/*"))

    def end_jobs(self) -> None:
        """Whatever a test left running is stopped, job by job."""
        for job in self.jobs():
            subprocess.run(
                ["/bin/sh", "-s"], input=posix.stop(job.name, str(job)).encode(), capture_output=True, check=False
            )


@dataclass(slots=True)
class Workspace:
    """A workspace with one target, and the `bench` processes that were started in it."""

    folder: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    before: tuple[str, ...] = ()
    """What starts `bench`: `prlimit …`, `faketime …`."""

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start `bench` with these words."""
        process = subprocess.Popen(
            [*self.before, sys.executable, "-m", "bench", *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def end(self) -> None:
        """Kill what was started and still runs."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()


def write_workspace(folder: Path, box: Sandbox, daemon: Sshd) -> None:
    """The suites for tests, and an inventory with the one target t0."""
    shutil.copytree(SUITES, folder / "suites", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "inventory.yaml").write_text(
        f"known_hosts: {box.known_hosts}\nssh_config: /dev/null\ntargets:\n  t0:\n    address: 127.0.0.1\n"
        f"    port: {daemon.port}\n    identity_file: {box.identity}\n    base: {folder / 'base'}\n"
    )


def _no_source(tool: Tool) -> bytes:
    raise AssertionError(f"nobody asked for {tool.name}")


def scripted(script: str = "echo rate 42", **params: Scalar) -> SuiteChoice:
    """The suite `scripted` with a script of its own."""
    return SuiteChoice("scripted", params=pairs({"script": script, **params}))


def duo(**params: Scalar) -> SuiteChoice:
    """The suite `duo`, from one target to its peer, on a port of its own."""
    return SuiteChoice("duo", params=pairs({"port": free_port(), **params}))


def only(run: StoredRun) -> Attempt:
    """The record of the only attempt."""
    (stored,) = run.attempts()
    assert verify(run) == []
    return stored.record


def kinds(run: StoredRun) -> list[str]:
    """The kinds of a run's events."""
    return [event["kind"] for event in run.events()]
