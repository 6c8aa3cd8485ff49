"""Ctrl-C: what the first and the second do, and that the demo leaves nothing behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_process import ROOT

from bench.cli.sessions import interruptible
from bench.measure.scheduler import Scheduler
from bench.store import Store, verify

LONGEST_S = 60.0


class Told(Scheduler):
    """A scheduler that remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def stop(self) -> None:
        self.told.append("stop")
        super().stop()

    def abandon(self) -> None:
        self.told.append("abandon")
        super().abandon()


def test_the_first_stops_the_second_leaves(capsys: pytest.CaptureFixture[str]) -> None:
    scheduler = Told()
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with interruptible(scheduler):
        assert scheduler.told == []
        os.kill(os.getpid(), signal.SIGINT)
        assert scheduler.told == ["stop"]
        os.kill(os.getpid(), signal.SIGTERM)
        assert scheduler.told[1:2] == ["abandon"]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    said = " ".join(capsys.readouterr().err.split())
    assert said == "Stopping after the trials that run now; Ctrl-C again leaves their jobs on the targets."


def test_an_error_gives_the_signals_back_too() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ValueError, match="boom"), interruptible(Scheduler()):
        raise ValueError("boom")
    assert signal.getsignal(signal.SIGINT) == before


# --- the demo ---


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A TMPDIR of this test alone; whatever still runs below it at the end is stopped."""
    folder = Path.cwd().parent / "tmp"
    folder.mkdir(mode=0o700)
    yield folder
    for pid in processes(folder):
        os.kill(pid, signal.SIGKILL)


def processes(folder: Path) -> list[int]:
    """Processes whose command line or working directory names a folder."""
    found = []
    for place in Path("/proc").iterdir():
        if not place.name.isdecimal() or int(place.name) == os.getpid():
            continue
        try:
            words = (place / "cmdline").read_bytes().decode("utf-8", "replace")
            where = str((place / "cwd").readlink())
        except OSError:
            continue  # it ended meanwhile
        if str(folder) in words or where.startswith(str(folder)):
            found.append(int(place.name))
    return found


def in_use(ports: list[int]) -> list[str]:
    """Lines of the kernel's table of sockets that listen on, or are connected to, one of the ports."""
    wanted = {f"{port:04X}" for port in ports}
    found = []
    for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        _, local, remote, state, *_ = line.split()
        if state in ("01", "0A") and {local.rpartition(":")[2], remote.rpartition(":")[2]} & wanted:
            found.append(line)
    return found


def left(folder: Path, ports: list[int]) -> bool:
    """Whether something still runs; what sshd forked may take a moment to see that its controller has hung up."""
    deadline = time.monotonic() + 60
    while (found := bool(processes(folder) or in_use(ports))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def until(what: Callable[[], bool], controller: subprocess.Popen[bytes]) -> bool:
    """Whether it came true while the controller was alive, in time."""
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline and controller.poll() is None:
        if what():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_an_interrupted_demo_leaves_no_process_key_or_job(temporary: Path, times: int) -> None:
    if not shutil.which("fio") or not shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin"):
        pytest.skip("the demo needs fio and sshd")
    log = Path.cwd() / "log"
    env = {
        **os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary), "BENCH_CACHE": str(Path.cwd() / "cache"),
        "https_proxy": "http://127.0.0.1:9",  # no network: UnixBench is left out
    }  # fmt: skip
    with log.open("wb") as file:
        controller = subprocess.Popen(
            [sys.executable, "-m", "bench", "demo", "there", "--sessions", "1"],
            env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
        )  # fmt: skip
    try:
        assert until(lambda: "] running " in log.read_text("utf-8"), controller), log.read_text("utf-8")
        assert len(list(temporary.glob("bench-demo-*/user_key"))) == 1
        assert processes(temporary), "the daemons are found by their command line"
        ports = [
            int(port) for port in re.findall(r"port: (\d+)", Path("there/inventories/demo.yaml").read_text("utf-8"))
        ]
        assert in_use(ports)
        controller.send_signal(signal.SIGINT)
        if times == 2:
            assert until(lambda: "Stopping after" in log.read_text("utf-8"), controller), log.read_text("utf-8")
            controller.send_signal(signal.SIGINT)
        assert controller.wait(LONGEST_S) == 130, log.read_text("utf-8")
    finally:
        controller.kill()
        controller.wait()
    said = log.read_text("utf-8")
    assert said.splitlines()[-1] == "Interrupted. What was measured is in there/runs; nothing is left running."
    assert "Traceback" not in said
    assert list(temporary.iterdir()) == []
    assert not left(temporary, ports)
    (run,) = Store(Path("there/runs")).runs()
    assert verify(run) == []
    assert {metric.split("/")[0] for metric in run.info.primary} == {"fio", "iperf3"}, "UnixBench is left out"
    done = len(run.info.plan) - len(run.missing())
    assert (done == 0) if times == 2 else (1 <= done < len(run.info.plan)), "the trial that ran is kept, no other"
