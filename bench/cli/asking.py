"""What secrets this command has: those of its environment, taken out of it at once, and those that a person types."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from bench.measure.credentials import Credentials, Secret

_LOOK_S = 0.2
_LONGEST = 4096


class Display(Protocol):
    """Something that draws on the terminal and can be halted: rich's Live."""

    def start(self, refresh: bool = False) -> None:
        """Draw (again)."""
        ...

    def stop(self) -> None:
        """Draw no more."""
        ...


class Terminal:
    """Asks for secrets at the controlling terminal without echo, from whatever thread needs one.

    Only where standard input is that terminal, and this is its foreground process: a script is never kept waiting.
    """

    def __init__(self) -> None:
        self._display: Display | None = None
        self._halts = 0
        self._halting = threading.Lock()
        self._cancelled = False  # set by signal handlers, which must not wait for a lock of their own thread

    def ask(self, question: str) -> Secret | None:
        """What was typed; None for an empty line, a cancelled question, or where nobody can answer."""
        try:
            if self._cancelled or not sys.stdin.isatty():
                return None
            descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        except (OSError, ValueError):
            return None
        try:
            if os.tcgetpgrp(descriptor) != os.getpgrp():
                return None
            with self.halted(), _silent(descriptor):
                os.write(descriptor, question.encode())
                line = self._line(descriptor)
                os.write(descriptor, b"\n")
        finally:
            os.close(descriptor)
        text = line.decode("utf-8", "surrogateescape")
        return Secret(text) if text else None

    def cancel(self) -> None:
        """Give up the question that is being asked, and ask no more."""
        self._cancelled = True

    def renew(self) -> None:
        """Another command begins."""
        self._cancelled = False

    @contextmanager
    def sharing(self, display: Display) -> Iterator[None]:
        """While the `with` lasts, `display` is halted for each question, and for whatever else is printed."""
        with self._halting:
            self._display = display
        try:
            yield
        finally:
            with self._halting:  # whoever halts it still must not start it again
                self._display = None

    @contextmanager
    def halted(self) -> Iterator[None]:
        """While the `with` lasts, in any thread, nothing is drawn: both streams can be printed on as ever."""
        with self._halting:
            display, self._halts = self._display, self._halts + 1
            if display is not None and self._halts == 1:
                display.stop()
        try:
            yield
        finally:
            with self._halting:
                self._halts -= 1
                if display is not None and self._halts == 0 and self._display is display:
                    display.start(refresh=True)

    def _line(self, descriptor: int) -> bytes:
        typed = b""
        while not self._cancelled and len(typed) < _LONGEST:
            ready, _, _ = select.select([descriptor], [], [], _LOOK_S)
            if ready:
                typed += (data := os.read(descriptor, _LONGEST))
                if not data or b"\n" in typed:
                    return typed.partition(b"\n")[0]
        return b""


@contextmanager
def _silent(descriptor: int) -> Iterator[None]:
    """No echo while the `with` lasts; what was typed before is thrown away."""
    before = termios.tcgetattr(descriptor)
    quiet = [*before]
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSAFLUSH, quiet)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)


@contextmanager
def ending_questions() -> Iterator[None]:
    """While the `with` lasts, Ctrl-C also ends the question that another thread waits with."""

    def on_signal(number: int, frame: object) -> None:
        TERMINAL.cancel()
        signal.default_int_handler(number, frame)  # type: ignore[arg-type]  # it looks at neither

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


TERMINAL = Terminal()
_taken: list[Credentials] = []


def take_secrets() -> None:
    """Take the secrets out of the environment, before anything else is started; ConfigError when one is unusable."""
    TERMINAL.renew()
    _taken[:] = [Credentials.taken(os.environ, TERMINAL.ask)]


def credentials() -> Credentials:
    """The secrets of this command: one object, so that each account is asked for once."""
    if not _taken:
        take_secrets()
    return _taken[0]
