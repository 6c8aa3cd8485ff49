"""Who works here? One process holds a lock file at a time, says in it who it is, and holds nothing once it is dead.

flock(2): the kernel gives the lock back when its holder ends, however it ends, so none can be left over; what stands in
the file is only for people. Linux carries it over NFS, so controllers on two hosts exclude each other too.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from bench.errors import StoreError
from bench.store.files import cannot_write, open_private

_PAUSE_S = 0.02
_SIGNING_S = 0.2
"""A lock that is taken is asked for at least so long: its holder may not have written its name yet."""
_LONGEST = 200


def whoami() -> str:
    """The present process in words, e.g. `pid 42 of alice on jump-1`."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = f"uid {os.getuid()}"
    return f"pid {os.getpid()} of {user} on {os.uname().nodename}"


@contextmanager
def held(path: Path, what: str, *, patience_s: float = 0.0) -> Iterator[None]:
    """Hold the lock file `path`; StoreError when another process holds it for longer than `patience_s`.

    what: what the other one does, for the message ("another controller works on this run").
    """
    try:
        descriptor = open_private(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        _take(descriptor, path, what, time.monotonic() + max(patience_s, _SIGNING_S))
        _sign(descriptor)
        yield
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether a process holds the lock file `path` at this moment; no where that cannot be told."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # whoever takes it just now tries again
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def _take(descriptor: int, path: Path, what: str, deadline_s: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline_s:
                raise StoreError(
                    f"{what} ({_holder(descriptor)})", where=str(path.parent), remedy="Wait for it to end, or end it"
                ) from None
            time.sleep(_PAUSE_S)
        except OSError as error:
            raise StoreError(
                f"cannot be locked ({error.strerror})",
                where=str(path),
                remedy="Keep the store on a file system that has locks, for example with --runs",
            ) from error
        else:
            return


def _sign(descriptor: int) -> None:
    """Leave word of who holds it, for the one who finds it taken; on a full disk it is held without."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        since = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        os.pwrite(descriptor, f"{whoami()}, since {since}".encode("utf-8", "replace"), 0)


def _holder(descriptor: int) -> str:
    with suppress(OSError):
        if said := os.pread(descriptor, _LONGEST, 0).decode("utf-8", "replace").strip():
            return said
    return "an unknown process"
