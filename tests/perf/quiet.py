"""What measuring itself costs: bytes on the wire and CPU of the wrapper while a job runs, and how fast commands start.

Goals: no byte from the controller to the target while a job runs, the wrapper under 0.1 % of one CPU, commands that
need no table in under 0.4 s.
"""

from __future__ import annotations

import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

import psutil

from bench.measure.sandbox import sandbox
from bench.measure.scheduler import Scheduler
from bench.measure.ssh import SshTransport
from bench.measure.start import Sources, execute
from bench.model import Target
from bench.store import Store

sys.path.insert(0, str(Path(__file__).parent))
from napping import Silent, nap_run, nap_suite

NAP_S = 20.0
EDGE_S = 3.0
"""How long launching and collecting may take at either end of the job."""


class Counter:
    """A loopback proxy that notes when how many bytes went from the controller to the target."""

    def __init__(self, port: int) -> None:
        self.sent: list[tuple[float, int]] = []
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            here, _ = self._listener.accept()
            there = socket.create_connection(("127.0.0.1", self._port))
            threading.Thread(target=self._pump, args=(here, there), daemon=True).start()

    def _pump(self, here: socket.socket, there: socket.socket) -> None:
        with selectors.DefaultSelector() as waiting, here, there:
            waiting.register(here, selectors.EVENT_READ, there)
            waiting.register(there, selectors.EVENT_READ, here)
            while True:
                for ready, _ in waiting.select():
                    data = ready.fileobj.recv(1 << 16)
                    if not data:
                        return
                    if ready.fileobj is here:
                        self.sent.append((time.monotonic(), len(data)))
                    ready.data.sendall(data)


def wrapper_cpu(seen: dict[int, float], stop: threading.Event) -> None:
    """Note the CPU seconds of every shell that runs a job.sh, until told to stop."""
    while not stop.wait(0.2):
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if len(words) == 2 and words[1].endswith("/job.sh"):
                try:
                    times = process.cpu_times()
                except psutil.NoSuchProcess:
                    continue
                seen.setdefault(process.pid, times.user + times.system)
                seen[-process.pid] = times.user + times.system


def job_costs(folder: Path) -> tuple[int, float]:
    """(bytes to the target in the middle of the job, CPU seconds of its wrapper while the tool ran)."""
    seen: dict[int, float] = {}
    stop = threading.Event()
    with sandbox(folder / "ssh") as box:
        counter = Counter(box.start().port)
        key = (box.folder / "host_key.pub").read_text("utf-8").split()
        box.known_hosts.write_text(f"[127.0.0.1]:{counter.port} {key[0]} {key[1]}\n", "utf-8")
        target = Target(
            name="t",
            address="127.0.0.1",
            data_address="127.0.0.1",
            port=counter.port,
            identity_file=str(box.identity),
            known_hosts=str(box.known_hosts),
            base=str(folder / "base"),
        )
        suite = nap_suite(folder / "suites")
        run = nap_run(Store(folder / "runs"), suite, [target], NAP_S)
        watcher = threading.Thread(target=wrapper_cpu, args=(seen, stop), daemon=True)
        watcher.start()
        outcome = execute(
            run,
            {"nap": suite},
            transport=SshTransport(),
            scheduler=Scheduler(),
            source=Sources({}, folder / "cache"),
            observer=Silent(),
        )
        end = time.monotonic()
        stop.set()
        watcher.join()
        if outcome.ok != 1:
            raise SystemExit(f"the job did not come home: {outcome.missing}")
    middle = [size for moment, size in counter.sent if end - NAP_S + EDGE_S < moment < end - EDGE_S]
    used = sum(seen[-pid] - cpu for pid, cpu in seen.items() if pid > 0)
    return sum(middle), used


def start_up(words: list[str]) -> float:
    """Median wall seconds of five starts of a command."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "bench", *words], check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return median(times)


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="bench-perf-"))
    try:
        sent, used = job_costs(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"one {NAP_S:g} s job, all but {EDGE_S:g} s at either end:")
    print(f"  bytes from the controller to the target: {sent} (goal: 0)")
    print(f"  CPU of the job's wrapper: {used:.3f} s, {100 * used / NAP_S:.3f} % of one CPU (goal: under 0.1 %)")
    python = start_up_of_python()
    for words in (["--help"], ["suites"], ["runs"]):
        taken = start_up(words)
        print(f"  bench {words[0]}: {taken:.2f} s, {taken / python:.0f} × an empty Python (goal: under 0.4 s)")


def start_up_of_python() -> float:
    """Median wall seconds of five starts of Python itself: the rival of the same run."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", ""], check=True)
        times.append(time.perf_counter() - start)
    return median(times)


if __name__ == "__main__":
    main()
