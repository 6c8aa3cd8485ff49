"""A command at a terminal: what it shows there, and what is typed."""

from __future__ import annotations

import os
import pty
import select
import signal
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.waiting import LONGEST_S


class AtTerminal:
    """A process whose standard input, output and error are a terminal of its own."""

    def __init__(self, argv: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> None:
        self.shown = ""
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            try:
                os.chdir(cwd)
                os.execve(argv[0], list(argv), dict(environment))  # noqa: S606  # a test's own command
            finally:
                os._exit(127)

    def await_text(self, text: str, times: int = 1) -> None:
        """Until `text` was shown so often; AssertionError when it will not be."""
        deadline = time.monotonic() + LONGEST_S
        while self.shown.count(text) < times:
            assert self._read(), f"{text!r} was not shown: {self.shown}"
            assert time.monotonic() < deadline, f"{text!r} is not shown: {self.shown}"

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def echoes(self) -> bool:
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self._terminal)[3] & termios.ECHO)

    def end(self) -> int:
        """Read on until the process ends; its exit code."""
        deadline = time.monotonic() + LONGEST_S
        while self._read() and time.monotonic() < deadline:
            pass
        _, status = os.waitpid(self._pid, 0)
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(status)

    def kill(self) -> None:
        """For a test that failed half-way."""
        try:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        except (ProcessLookupError, ChildProcessError):
            return

    def _read(self) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], 1.0)
        if not ready:
            return True
        try:
            data = os.read(self._terminal, 65536)
        except OSError:  # Linux says so when the last process has left the terminal
            return False
        self.shown += data.decode("utf-8", "replace")
        return bool(data)
