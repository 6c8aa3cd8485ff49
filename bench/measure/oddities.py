"""What else happened while a job ran that a reader must know of: a signal, cut output, a clock that was set.

All of it is read from `started.json` and `done.json`, which a target controls: nothing is believed to have a type.
"""

from __future__ import annotations

import signal
from datetime import datetime

from bench.measure.protocol import Collected

LOW_DISK_KIB = 1024
LOW_DISK_FILES = 16
MIN_CLOCK_STEP_S = 2.0
"""Less than this is how time is kept right, not a clock that was set."""
_LARGEST = 1e18
_OUTPUTS = ("stdout", "stderr", "out")


def ended_by(code: object) -> str:
    """` (signal SEGV)` for the exit code of a process that a signal ended, as a shell reports it; else ""."""
    if type(code) is not int or not 128 < code < 193:
        return ""
    try:
        return f" (signal {signal.Signals(code - 128).name.removeprefix('SIG')})"
    except ValueError:
        return f" (signal {code - 128})"


def capped(collected: Collected) -> str:
    """`output capped at 32 MiB (stdout)` when the kernel cut off a file of the job, "" when it did not."""
    words = str(collected.done.get("capped", ""))[:100].split()
    names = [name for name in _OUTPUTS if name in words]
    size = _number(collected.done.get("cap_bytes"))
    if not names or size is None:
        return ""
    said = f"{size / (1 << 20):g} MiB" if size >= 1 << 20 else f"{size / (1 << 10):g} KiB"
    return f"output capped at {said} ({', '.join(names)})"


def circumstances(collected: Collected) -> str:
    """What may be why a job failed, each after a semicolon."""
    said = []
    if (ooms := _number(collected.done.get("oom_kills"))) is not None and ooms > 0:
        many = "a process" if ooms == 1 else f"{ooms:g} processes"
        said.append(f"the kernel killed {many} for lack of memory meanwhile")
    free = _number(collected.done.get("free_kib"))
    if free is not None and free < LOW_DISK_KIB:
        said.append(f"its disk is full ({free:g} KiB free)")
    files = _number(collected.done.get("free_files"))
    if files is not None and files < LOW_DISK_FILES:
        said.append(f"its disk is full (room for {files:g} more files)")
    said += [note for note in collected.notes if "flood" in note]
    return "".join(f"; {one}" for one in said)


def remarks(collected: Collected) -> tuple[str, ...]:
    """What is said of a job however it ended: warnings that travel with the run."""
    said = list(collected.notes)
    if step := clock_step_s(collected):
        said.append(f"its clock was set {'forward' if step > 0 else 'back'} by {abs(step):,.0f} s while a job ran")
    left = _number(collected.done.get("survivors"))
    if left is not None and left > 0:
        said.append(f"{left:g} processes of a job could not be ended and may still run")
    return tuple(said)


def clock_step_s(collected: Collected) -> float:
    """By how much the target's clock was set while the job ran, against the seconds since boot; 0 when it was not.

    A job that began under another boot, or whose records cannot be read, has none.
    """
    before, after = collected.started, collected.done
    if before.get("boot_id") != after.get("boot_id"):
        return 0.0
    ups = _number(before.get("uptime_s")), _number(after.get("uptime_s"))
    times = _moment(before.get("realtime")), _moment(after.get("realtime"))
    if ups[0] is None or ups[1] is None or times[0] is None or times[1] is None:
        return 0.0
    step = (times[1] - times[0]).total_seconds() - (ups[1] - ups[0])
    return step if abs(step) >= MIN_CLOCK_STEP_S else 0.0


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= _LARGEST:
        return None
    return float(value)


def _moment(text: object) -> datetime | None:
    """A time in whole seconds: how a target writes the rest depends on its `date`."""
    try:
        return datetime.fromisoformat(str(text)[:19])
    except ValueError:
        return None
