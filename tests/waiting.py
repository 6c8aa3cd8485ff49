"""How does a test wait? For a condition, never for a duration; its bound ends a test whose condition never holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

LONGEST_S = 300.0
"""Far more than anything here takes, also on a machine that does ten other things."""


def until(condition: Callable[[], object], longest_s: float = LONGEST_S) -> None:
    """Return as soon as `condition()` is true; AssertionError when it is not within `longest_s`."""
    deadline = time.monotonic() + longest_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def until_port_listens(port: int) -> None:
    """Until somebody listens on a TCP port of this machine, without connecting: some servers serve only once."""
    ends = (f":{port:04X} 00000000:0000 0A ", f":{port:04X} {'0' * 32}:0000 0A ")
    tables = [table for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")) if table.exists()]
    until(lambda: any(end in table.read_text("ascii") for table in tables for end in ends))
