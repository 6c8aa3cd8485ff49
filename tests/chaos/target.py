"""What breaks on the target: tools that flood, hang, escape, die, spoil their folder; other boots; disks with data.

Every tool fault is a real campaign over a private sshd. A fault is survived when every planned trial has an attempt
with the cause that it should have (else it counts as lost), at most one `ok`, and nothing of it is left on the target.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bench.config.catalogue import load_suites
from bench.measure import posix
from bench.measure.sandbox import Sandbox, sandbox
from bench.model import Status, Target
from bench.store import StoredRun, verify
from tests.chaos.outcome import Outcome
from tests.measure.loops import loop_device
from tests.measure.shells import Shell
from tests.measure.signatures import SIGNATURES
from tests.ssh.ssh_ground import SUITES, Field, scripted

LONGEST_S = 240.0
"""What all of it takes at most, whatever the budget."""
_ONCE = "if [ ! -e ../../$0.once ]; then : >../../$0.once; {}; fi; echo rate 42"
_FORK = (
    'bomb() { if [ "$1" -gt 0 ]; then bomb $(($1 - 1)) & bomb $(($1 - 1)) & else exec setsid sleep 300; fi; }; bomb 8'
)
_TEN_GB = "perl -e '$SIG{XFSZ} = q(IGNORE); $b = qq(y\\n) x 524288; syswrite STDOUT, $b for 1 .. 10240'"


@dataclass(frozen=True, slots=True)
class Fault:
    """What a tool does. cause: what the last attempt's must match, "" when the trial is ok in the end.

    interrupts: how many attempts before are `interrupted`. short: whether it is part of the short form.
    """

    kind: str
    script: str
    cause: str = ""
    timeout_s: float = 300.0
    interrupts: int = 0
    short: bool = False


FAULTS = (
    Fault("tool that writes 10 GB to stdout, whatever it is told", _TEN_GB, r"output capped at 32 MiB \(stdout\)"),
    Fault("flood on stdout", "exec yes", r"signal XFSZ\); output capped at 32 MiB \(stdout\)", short=True),
    Fault("flood on stderr", "exec yes >&2", r"signal XFSZ\); output capped at 32 MiB \(stderr\)"),
    Fault("flood into out/", "exec yes >out/log", r"signal XFSZ\); output capped at 32 MiB \(out\)"),
    Fault("100,000 files", "cd out; seq 100000 | xargs touch; exit 1", r"exited with 1;.* a flood of 1000\d\d files"),
    Fault("tool that hangs", "exec sleep 300", "ran into its timeout", timeout_s=1),
    Fault("tool that hangs and ignores TERM", "trap '' TERM; sleep 300; sleep 300", "its timeout", timeout_s=1),
    Fault("children left behind", "sleep 300 & setsid sleep 300 & echo rate 42"),
    Fault("escape by double fork and setsid", "(setsid env -i sh -c 'exec sleep 300' &); echo rate 42", short=True),
    Fault("fork bomb of 256", f"{_FORK}; echo rate 42"),
    Fault("exit by SEGV", "kill -SEGV $$", r"exited with 139 \(signal SEGV\)", short=True),
    Fault("exit by KILL", "kill -KILL $$", r"exited with 137 \(signal KILL\)"),
    Fault("job's own shell killed", _ONCE.format("kill -9 $(cat claim/pid); sleep 300"), interrupts=1, short=True),
    Fault("job folder deleted", _ONCE.format('rm -rf "$PWD"; sleep 300'), interrupts=1),
    Fault("done.json forged", "echo '{\"exit_code\":0}' >done.json; sleep 0.3; exit 3", "exited with 3"),
    Fault("done.json a link", "ln -s /etc/passwd done.json; ln -sf /etc/passwd done.new; echo rate 42", short=True),
    Fault("output a fifo", "rm stdout; mkfifo stdout; exit 4", "exited with 4"),
    Fault("folder closed", "echo rate 42; chmod 000 out . claim"),
    Fault("another boot", _ONCE.format("echo other 1 >claim/boot; sleep 300"), interrupts=1, short=True),
    Fault("pid of somebody else", _ONCE.format("echo 1 >claim/pid; sleep 300"), interrupts=1),
)


def scenarios(budget_s: float, *, short: bool = False) -> Iterator[Outcome]:
    """One row per fault, repeated as often as the budget allows; then disks that hold data."""
    end = time.monotonic() + min(budget_s, LONGEST_S)
    chosen = [fault for fault in FAULTS if fault.short or not short]
    with tempfile.TemporaryDirectory(prefix="vmbench-chaos-") as name, sandbox(Path(name) / "sshd") as box:
        field = _field(Path(name), box)
        for at, fault in enumerate(chosen):
            share = (end - time.monotonic()) / (len(chosen) - at)
            yield _survives(field, fault, share)
        yield _disks(Path(name), ["ext4"] if short else list(SIGNATURES))


def _field(folder: Path, box: Sandbox) -> Field:
    daemon = box.start()
    target = Target(
        *("t0", "127.0.0.1", "127.0.0.1"),
        port=daemon.port,
        identity_file=str(box.identity),
        known_hosts=str(box.known_hosts),
        base=str(folder / "base0"),
        ssh_config="/dev/null",
    )
    return Field(folder, (target,), load_suites([SUITES]))


def _survives(field: Field, fault: Fault, share_s: float) -> Outcome:
    """Campaigns of one trial until the share of time is used, three at most."""
    end = time.monotonic() + share_s
    total = Outcome(fault.kind, 0)
    while total.injected == 0 or (total.injected < 3 and time.monotonic() + share_s / 3 < end):
        run = field.run(
            scripted(fault.script.replace("$0", f"n{total.injected}{len(fault.kind)}"), timeout=fault.timeout_s)
        )
        field.execute(run)
        total = _add(total, field, run, fault)
    return total


def _add(total: Outcome, field: Field, run: StoredRun, fault: Fault) -> Outcome:
    attempts = [stored.record for stored in run.attempts()]
    states = [record.status for record in attempts]
    oks, interrupted = states.count(Status.OK), states.count(Status.INTERRUPTED)
    as_said = bool(attempts) and interrupted == fault.interrupts and verify(run) == []
    if as_said and fault.cause:
        as_said = oks == 0 and re.search(fault.cause, attempts[-1].cause) is not None
    elif as_said:
        as_said = states[-1] is Status.OK
    wrong = "" if as_said else f"ended as {[(str(one.status), one.cause) for one in attempts]}"
    return replace(
        total,
        injected=total.injected + 1,
        planned=total.planned + len(run.info.plan),
        ok=total.ok + oks,
        interrupted=total.interrupted + interrupted,
        lost=total.lost + (not as_said),
        duplicated=total.duplicated + (oks > 1),
        jobs_left=total.jobs_left + len(field.jobs()) + _left(run),
        note=wrong or total.note or (attempts[-1].cause.partition("; stdout ends")[0][:100] if fault.cause else ""),
    )


def _left(run: StoredRun) -> int:
    """Processes of the run's jobs that are still there."""
    launched = {event["job"]: event["folder"] for event in run.events() if event["kind"] == "launch"}
    count = 0
    for job, folder in launched.items():
        text = posix.sweep(job, folder).rpartition("\n")[0]
        count += len(Shell("sh", ("/bin/sh",)).run(f"{text}\nmembers none none").stdout.split())
    return count


def _disks(folder: Path, kinds: list[str]) -> Outcome:
    """Devices that hold data, offered as empty: each refused, and free before."""
    shell, taken, note = Shell("sh", ("/bin/sh",)), [], ""
    tried = 0
    for kind in kinds:
        try:
            with loop_device(folder, mib=64) as device:
                before = shell.run(posix.guard_device(device.link)).stdout
                SIGNATURES[kind][1](device)
                after = shell.run(posix.guard_device(device.link)).stdout
        except pytest.skip.Exception as skipped:
            note = f"{kind} not tried: {skipped}"
            continue
        tried += 1
        if not before.endswith(b"free\n") or not after.startswith(b"refused "):
            taken.append(kind)
    return Outcome("disk that holds data", tried, crashes=len(taken), note=", ".join(taken) or note)
