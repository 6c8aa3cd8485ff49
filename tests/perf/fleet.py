"""200 simulated targets on one controller: CPU per launch and collect, threads, and memory per waiting target.

Goals: 16 threads, no waiting target holds one, at most 20 ms of CPU per target, memory grows by less than 1 MB each.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from bench.measure.sandbox import Sandbox
from bench.measure.scheduler import Scheduler
from bench.measure.ssh import SshTransport
from bench.measure.start import Sources, execute
from bench.model import Target
from bench.store import Store

sys.path.insert(0, str(Path(__file__).parent))
from napping import Silent, nap_run, nap_suite
from simulated import address

TARGETS = 200
NAP_S = 5.0
IDLE_CONNECTIONS = 32


class Watch:
    """The most threads and the most memory of this process while it is watched."""

    def __init__(self) -> None:
        self.threads = 0
        self.rss = 0
        self._stop = threading.Event()
        self._process = psutil.Process()
        self._start_rss = self._process.memory_info().rss

    def _look(self) -> None:
        while not self._stop.wait(0.05):
            workers = [thread for thread in threading.enumerate() if thread.name.startswith("bench")]
            self.threads = max(self.threads, len(workers))
            self.rss = max(self.rss, self._process.memory_info().rss - self._start_rss)

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def measure(box: Sandbox, folder: Path, count: int, port: int) -> tuple[float, float, int, int]:
    """(wall s, CPU s, threads, bytes of memory gained) of one session over `count` targets."""
    targets = [
        Target(
            name=f"t{index:03d}",
            address=address(index),
            data_address=address(index),
            port=port,
            identity_file=str(box.identity),
            known_hosts=str(box.known_hosts),
        )
        for index in range(count)
    ]
    suite = nap_suite(folder / "suites")
    run = nap_run(Store(folder / "runs"), suite, targets, NAP_S)
    cpu, wall = time.process_time(), time.monotonic()
    with Watch() as watch:
        outcome = execute(
            run,
            {"nap": suite},
            transport=SshTransport(),
            scheduler=Scheduler(),
            source=Sources({}, folder / "cache"),
            observer=Silent(),
            idle_connections=IDLE_CONNECTIONS,
        )
    if outcome.ok != count:
        raise SystemExit(f"{outcome.ok} of {count} came home: {list(outcome.missing.items())[:3]}")
    return time.monotonic() - wall, time.process_time() - cpu, watch.threads, watch.rss


def main() -> None:
    """Start the fleet, measure a small and a large session, print figures."""
    top = Path(tempfile.mkdtemp(prefix="bench-perf-"))
    box = Sandbox(top / "ssh")
    box.prepare()
    script = Path(__file__).with_name("simulated.py")
    server = subprocess.Popen(
        [sys.executable, str(script), str(box.folder), str(TARGETS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        port = int(server.stdout.readline())
        key = (box.folder / "host_key.pub").read_text("utf-8").split()
        hosts = (f"[{address(index)}]:{port} {key[0]} {key[1]}\n" for index in range(TARGETS))
        box.known_hosts.write_text("".join(hosts), "utf-8")
        (top / "small").mkdir()
        (top / "large").mkdir()
        measure(box, top / "small", 20, port)
        wall, cpu, threads, rss = measure(box, top / "large", TARGETS, port)
    finally:
        server.stdin.close()
        server.wait(timeout=10)
        box.close()
        shutil.rmtree(top, ignore_errors=True)
    print(f"{TARGETS} simulated targets, {NAP_S:g} s job, 100 KB result, {IDLE_CONNECTIONS} idle connections kept:")
    print(f"  wall {wall:.1f} s; CPU per launch + collect {1000 * cpu / TARGETS:.1f} ms (goal: at most 20)")
    print(f"  at most {threads} worker threads (goal: 16)")
    print(f"  memory grew by {rss / 1e6 / TARGETS:.2f} MB per target (goal: under 1)")


if __name__ == "__main__":
    main()
