"""A workspace on this machine whose target is a virtual machine, and `bench` as a user calls it there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vm_machine import Machine

from bench.store import Store, StoredRun

ROOT = Path(__file__).parents[2]
BEFORE, AFTER = "pre-guest-patch", "post-guest-patch"
INVENTORY = """\
known_hosts: known_hosts
ssh_config: /dev/null
targets:
  vm: {{address: 127.0.0.1, port: {port}, user: {user}, identity_file: {identity}}}
"""
CAMPAIGN = f"""\
name: meltdown
inventory: inventory.yaml
suites: [perfbench]
repetitions: 2
min_gap: 0 s
primary: [perfbench/syscall/rate, perfbench/pipe/rate]
phases:
  - {BEFORE}: {{guest_patch: off}}
  - {AFTER}: {{guest_patch: on}}
"""


@dataclass(slots=True)
class Campaign:
    """The workspace, and how long its commands took."""

    folder: Path
    machine: Machine
    started: float = field(default_factory=time.monotonic)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Write what `bench init` and an editor would."""
        shutil.copytree(ROOT / "tests/vm/suites", self.folder / "suites", ignore=shutil.ignore_patterns("__pycache__"))
        for name, user in (("inventory", "root"), ("sudo", "bench")):
            text = INVENTORY.format(port=self.machine.port, user=user, identity=self.machine.identity)
            (self.folder / f"{name}.yaml").write_text(text)
        (self.folder / "campaign.yaml").write_text(CAMPAIGN)

    def bench(self, *words: str, code: int = 0) -> str:
        """What `bench` prints; AssertionError with it when it does not exit with `code`."""
        began = time.monotonic()
        done = subprocess.run(
            self._command(words), cwd=self.folder, env=_environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        self.tell(f"bench {' '.join(words)}: {time.monotonic() - began:.0f} s")
        console = "" if done.returncode == code else f"\nIts console ends with:\n{self.machine.console()}"
        assert done.returncode == code, (
            f"bench {' '.join(words)} exited with {done.returncode}:\n{done.stdout}{console}"
        )
        return done.stdout

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """`bench` in the background; `end` ends it."""
        with (self.folder / "background.log").open("ab") as log:
            process = subprocess.Popen(
                self._command(words), cwd=self.folder, env=_environment(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.running.append(process)
        return process

    def finish(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for a background process, which must end well."""
        code = process.wait()
        assert code == 0, (self.folder / "background.log").read_text("utf-8", "replace")[-3000:]

    def end(self) -> None:
        """Kill what still runs."""
        for process in self.running:
            if process.poll() is None:
                process.kill()
                process.wait()

    def runs(self, tag: str) -> list[StoredRun]:
        """The sessions of a phase."""
        return Store(self.folder / "runs").runs(tags=[tag])

    def compared(self) -> dict[str, Any]:
        """The one comparison of the campaign."""
        text = self.bench("compare", BEFORE, AFTER, "--campaign", "meltdown", "--json")
        (one,) = json.loads(text)["comparisons"]
        return dict(one)

    def await_job(self) -> str:
        """Wait until a job has started on the target; its id."""
        while True:
            found = self.machine.ssh("ls -d /root/.bench/jobs/*/started.json 2>/dev/null || true").split()
            if found:
                return found[0].split("/")[-2]
            assert any(process.poll() is None for process in self.running), "bench ended without a job"
            time.sleep(0.2)

    def await_ticker(self) -> None:
        """Wait until the freeze probe of a job has begun."""
        while "start" not in self.machine.ssh("cat /root/.bench/jobs/*/freeze.log 2>/dev/null || true"):
            assert any(process.poll() is None for process in self.running), "bench ended without a freeze probe"
            time.sleep(0.2)

    def jobs_left(self) -> list[str]:
        """Job folders on the target, of both accounts."""
        return self.machine.ssh("ls -A /root/.bench/jobs /home/bench/.bench/jobs 2>/dev/null | grep - || true").split()

    def tell(self, text: str) -> None:
        """A line for whoever waits: how far it has come."""
        print(f"[{time.monotonic() - self.started:4.0f} s] {text}", flush=True)

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return ["setpriv", "--pdeathsig", "KILL", "--", sys.executable, "-m", "bench", *words]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
