"""20 loopback targets, a 2 s job and a 100 KB result each: vmbench against a parallel shell loop of ssh and scp.

vmbench also probes facts twice, detaches the job, hashes everything and publishes it; the loop does none of that.
Goals: wall time at most the loop's, at most 60 ms of controller CPU per trial.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.measure.sandbox import Sandbox, sandbox
from bench.measure.scheduler import Scheduler
from bench.measure.ssh import SshTransport
from bench.measure.start import Sources, execute
from bench.model import Target
from bench.store import Store, verify

sys.path.insert(0, str(Path(__file__).parent))
from napping import RESULT_BYTES, Silent, nap_run, nap_suite

TARGETS = 20
SECONDS = 2.0
ROUNDS = 3


def shell_loop(box: Sandbox, ports: list[int], folder: Path) -> tuple[float, float]:
    """(wall, CPU) seconds of `ssh … ; scp …` to all targets at once."""
    options = (
        f"-i {box.identity} -o UserKnownHostsFile={box.known_hosts} -o StrictHostKeyChecking=yes "
        f"-o IdentitiesOnly=yes -o BatchMode=yes -o LogLevel=ERROR"
    )
    job = f"sleep {SECONDS}; head -c {RESULT_BYTES} /dev/zero | tr '\\0' x >"
    lines = [
        f'(ssh -p {port} {options} {box.user}@127.0.0.1 "{job} {folder}/remote.{port}"; '
        f"scp -q -P {port} {options} {box.user}@127.0.0.1:{folder}/remote.{port} {folder}/local.{port}) &"
        for port in ports
    ]
    cpu, wall = _children_cpu(), time.monotonic()
    subprocess.run(["/bin/sh", "-c", "\n".join([*lines, "wait"])], check=True)
    wall, cpu = time.monotonic() - wall, _children_cpu() - cpu
    arrived = sum((folder / f"local.{port}").stat().st_size == RESULT_BYTES for port in ports)
    if arrived != len(ports):
        raise SystemExit(f"the shell loop brought home {arrived} of {len(ports)} results")
    return wall, cpu


def vmbench(box: Sandbox, ports: list[int], folder: Path) -> tuple[float, float]:
    """(wall, CPU) seconds of the same work through the job protocol."""
    suite = nap_suite(folder / "suites")
    targets = [
        Target(
            name=f"t{index}",
            address="127.0.0.1",
            data_address="127.0.0.1",
            port=port,
            identity_file=str(box.identity),
            known_hosts=str(box.known_hosts),
            base=str(folder / f"base{index}"),
        )
        for index, port in enumerate(ports)
    ]
    run = nap_run(Store(folder / "runs"), suite, targets, SECONDS)
    cpu, wall = time.process_time(), time.monotonic()
    outcome = execute(
        run,
        {"nap": suite},
        transport=SshTransport(),
        scheduler=Scheduler(),
        source=Sources({}, folder / "cache"),
        observer=Silent(),
    )
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    if outcome.ok != len(ports) or verify(run):
        raise SystemExit(f"vmbench brought home {outcome.ok} of {len(ports)}: {outcome.missing}")
    return wall, cpu


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Alternate the two and print medians and ratios."""
    loop: list[tuple[float, float]] = []
    ours: list[tuple[float, float]] = []
    top = Path(tempfile.mkdtemp(prefix="bench-perf-"))
    try:
        with sandbox(top / "ssh") as box:
            ports = [box.start().port for _ in range(TARGETS)]
            for number in range(ROUNDS):
                for name, function, results in (("loop", shell_loop, loop), ("ours", vmbench, ours)):
                    folder = top / f"{name}{number}"
                    folder.mkdir()
                    results.append(function(box, ports, folder))
    finally:
        shutil.rmtree(top, ignore_errors=True)
    wall = median(w for w, _ in ours), median(w for w, _ in loop)
    cpu = median(c for _, c in ours), median(c for _, c in loop)
    print(f"{TARGETS} loopback targets, {SECONDS:g} s job, {RESULT_BYTES // 1000} KB result, median of {ROUNDS}:")
    ratio = wall[0] / wall[1]
    print(f"  wall: vmbench {wall[0]:.2f} s, shell loop {wall[1]:.2f} s, ratio {ratio:.2f} (goal: at most 1)")
    print(f"  controller CPU: vmbench {cpu[0]:.2f} s, ssh and scp {cpu[1]:.2f} s, ratio {cpu[0] / cpu[1]:.2f}")
    print(f"  controller CPU per trial: {1000 * cpu[0] / TARGETS:.0f} ms (goal: at most 60)")


if __name__ == "__main__":
    main()
