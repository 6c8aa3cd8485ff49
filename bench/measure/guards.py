"""What is checked before anything is measured: warnings about a machine, and the refusal of a disk that holds data.

A block device is written to only when the inventory lists it by a stable id in `destroyable` and nothing uses it:
not mounted, no partitions or holders, no signature of a filesystem, RAID or LVM, not held open.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable

from bench.errors import ConfigError
from bench.measure import posix
from bench.measure.provision import Machine
from bench.measure.transport import Connection
from bench.model import Target

MIN_FREE_KIB = 2 << 20
MAX_LOAD_PER_CPU = 0.5
MAX_CLOCK_OFF_S = 5.0
_MACHINE_ID = re.compile("[0-9a-f]{32}")


def check_machine(
    machine: Machine, target: Target, controller_clock_s: float | None = None, *, own: str = ""
) -> list[str]:
    """Warnings about free disk, load, clock and other jobs, in plain words.

    own: how the ids of the run's own jobs begin; those are attached to, and no reason to warn.
    """
    del target
    here = time.time() if controller_clock_s is None else controller_clock_s
    said = []
    if 0 <= machine.free_kib < MIN_FREE_KIB:
        said.append(f"only {machine.free_kib / (1 << 20):.1f} GiB free below {machine.base}")
    if machine.load > MAX_LOAD_PER_CPU * machine.cpus:
        said.append(f"load {machine.load:.2f} on {machine.size} before anything was started")
    off = machine.clock_s - here
    if abs(off) > MAX_CLOCK_OFF_S:
        said.append(f"its clock is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the controller's")
    if others := [job for job in machine.jobs if not own or not job.startswith(own)]:
        said.append(f"a vmbench job is running already: {', '.join(others)}")
    return said


def same_machine(machine: Machine, target: Target, others: Iterable[tuple[Target, Machine]]) -> list[str]:
    """Warnings about targets that are one machine under two names, or clones that cannot be told apart.

    Several targets on loopback are one machine on purpose (`bench demo`).
    """
    if not _MACHINE_ID.fullmatch(machine.machine_id):
        return []
    said = []
    for other, known in others:
        if known.machine_id != machine.machine_id or other.name == target.name:
            continue
        if known.boot_id != machine.boot_id:
            said.append(
                f"it has the machine-id of {other.name}: clones of one image, "
                "which later phases cannot tell apart (`systemd-machine-id-setup` on a fresh clone)"
            )
        elif not (_is_loopback(target.address) and _is_loopback(other.address)):
            said.append(f"it is the same machine as {other.name}, which is then measured twice and counts as two")
    return said


def _is_loopback(address: str) -> bool:
    return address == "localhost" or address == "::1" or address.startswith("127.")


def guard_device(connection: Connection, target: Target) -> None:
    """Refuse (ConfigError) to write to `target.disk` unless it is listed as destroyable and nothing uses it.

    The early word only: every launch asks again (see launch.sh), since a disk may be put to use in mid-session.
    """
    if target.disk not in target.destroyable:
        raise ConfigError(
            f"{target.disk} is not listed in `destroyable`",
            where=target.name,
            remedy="List its /dev/disk/by-id/… name there if everything on it may be destroyed",
        )
    nonce = secrets.token_hex(8)
    reply = connection.run(posix.marked(nonce, [("guard", posix.guard_device(target.disk))]), timeout_s=30)
    said = posix.sections(reply, nonce, target.name)["guard"].decode("utf-8", "replace").strip().split("\n")
    if said != ["free"]:  # not a line among others: what a disk is called may look like one
        reason = (
            "; ".join(line.removeprefix("refused ") for line in said if line.startswith("refused "))
            or "it gave no answer"
        )
        raise ConfigError(
            f"will not write to {target.disk}: {reason}",
            where=target.name,
            remedy="Use an empty disk, or a file: set `disk:` to a path in a filesystem",
        )
