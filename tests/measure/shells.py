"""Runs the shell texts that vmbench sends, on this machine, with the shells and tools that targets have."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.measure import posix
from bench.measure.transport import Reply
from bench.model import JobSpec, Step
from tests.waiting import LONGEST_S, until


@dataclass(frozen=True, slots=True)
class Shell:
    """A shell and the PATH it finds its tools on."""

    name: str
    argv: tuple[str, ...]
    path: str = os.environ["PATH"]

    def run(self, text: str, timeout_s: float = LONGEST_S, env: Mapping[str, str] | None = None) -> Reply:
        """What `text` prints; it must not keep our pipes open."""
        done = subprocess.run(
            [*self.argv, "-s"],
            input=text.encode(),
            capture_output=True,
            timeout=timeout_s,
            check=False,
            env={**os.environ, "PATH": self.path, **(env or {})},
        )
        return Reply(done.returncode, done.stdout, done.stderr)

    def state(self, text: str) -> posix.JobState:
        """The job state that `text` prints."""
        reply = self.run(posix.marked("nonce", [("state", text)]))
        return posix.read_state(posix.sections(reply, "nonce", self.name)["state"], self.name)


def shells(folder: Path) -> list[Shell]:
    """dash (or whatever sh is), bash, and busybox with its own tools, as far as this machine has them."""
    found = [Shell("sh", ("/bin/sh",))]
    if bash := shutil.which("bash"):
        found.append(Shell("bash", (bash, "--posix")))
    if busybox := shutil.which("busybox"):
        tools = folder / "busybox"
        tools.mkdir()
        subprocess.run([busybox, "--install", "-s", str(tools)], check=True, capture_output=True)
        found.append(Shell("busybox", (str(tools / "sh"),), str(tools)))
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """A job folder for one job, and the texts that concern it."""

    shell: Shell
    folder: Path
    job_id: str

    def launch(self, spec: JobSpec, probe: str = "echo probed", owner: str = "") -> posix.JobState:
        """Launch and read the state."""
        text = posix.launch(
            self.job_id, str(self.folder), spec, str(self.folder.parents[1] / "data"), probe, owner=owner
        )
        return self.shell.state(text)

    def state(self) -> posix.JobState:
        """Where the job is."""
        return self.shell.state(posix.status(self.job_id, str(self.folder)))

    def stop(self) -> posix.JobState:
        """Stop the job."""
        return self.shell.state(posix.stop(self.job_id, str(self.folder)))

    def done(self) -> Mapping[str, object]:
        """`done.json`, when the job has ended and its shell is gone."""
        until(lambda: (self.folder / "done.json").exists())
        until(lambda: not alive(int(self.read("claim/pid"))))
        return posix.read_json((self.folder / "done.json").read_bytes())

    def read(self, name: str) -> str:
        """A file of the job."""
        return (self.folder / name).read_text()


def spec(*scripts: str, timeout_s: float = 300, expected_s: float = 0.1) -> JobSpec:
    """A job whose steps are shell scripts."""
    steps = tuple(Step(("sh", "-c", script), timeout_s=timeout_s, expected_s=expected_s) for script in scripts)
    return JobSpec(steps, results=("stdout",))


def alive(pid: int) -> bool:
    """Whether a process is there and not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


@contextmanager
def ended(path: Path) -> Iterator[None]:
    """Afterwards the process whose pid is in `path` is ended, by its pid."""
    try:
        yield
    finally:
        if path.exists() and path.read_text().strip().isdecimal() and alive(int(path.read_text())):
            os.kill(int(path.read_text()), 9)
