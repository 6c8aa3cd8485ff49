"""A workspace of real `bench` processes whose target counts what ran: for tests in which controllers are hurt."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.store import Store, StoredRun
from tests.ssh.ssh_ground import Workspace
from tests.waiting import LONGEST_S, until

SCRIPT = "echo ${PWD##*/} >>../../ran; sleep 0.7; echo rate 42"
"""Counts itself by the name of its job, takes a while, and has a result."""


@dataclass(slots=True)
class Desk(Workspace):
    """A workspace whose target counts what ran."""

    def start_run(self, repetitions: int, script: str = SCRIPT, tag: str = "before") -> subprocess.Popen[str]:
        return self.start(
            "run", "-i", "inventory.yaml", "-s", "scripted", "-p", f"scripted.script={script}",
            "-p", "scripted.timeout=600", "--tag", tag, "-n", str(repetitions), "--seed", "1",
        )  # fmt: skip

    def finish(self, process: subprocess.Popen[str], timeout_s: float = LONGEST_S) -> tuple[int, str]:
        said, _ = process.communicate(timeout=timeout_s)
        return process.returncode, said

    def store(self) -> Store:
        return Store(self.folder / "runs")

    def stored(self) -> StoredRun:
        (run,) = self.store().runs()
        return run

    def ran(self) -> list[str]:
        """The job of every time that something ran, in order."""
        found = [
            path.read_text().split() for path in (self.folder / "base" / "ran", self.folder / "ran") if path.exists()
        ]
        return [job for jobs in found for job in jobs]

    def jobs(self) -> list[Path]:
        return sorted((self.folder / "base" / "jobs").glob("*"))

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Until it holds; AssertionError when the latest `bench` ends before."""
        until(lambda: self.started[-1].poll() is not None or condition())
        if not condition():
            raise AssertionError(f"bench ended early: {self.finish(self.started[-1])}")


def heard(process: subprocess.Popen[str], words: str) -> str:
    """What a process has said as soon as these words were among it."""
    said = ""
    assert process.stdout is not None
    while words not in said:
        line = process.stdout.readline()
        assert line, f"it ended and never said {words!r}: {said}"
        said += line
    return said
