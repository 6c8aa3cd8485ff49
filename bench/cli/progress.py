"""Progress of a session: a live table in a terminal, plain lines in a pipe."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bench.cli.asking import TERMINAL
from bench.cli.console import clean, duration, err, mention
from bench.measure.session import State
from bench.model import Trial

_STYLES = {State.OK: "green", State.FAILED: "red", State.MISSING: "yellow", State.RUNNING: "cyan"}
_ENDED = (State.OK, State.FAILED, State.MISSING)


@dataclass(slots=True)
class _Line:
    """What one target is doing."""

    total: int = 0
    done: int = 0
    left_s: float = 0.0
    trial: Trial | None = None
    state: State = State.WAITING
    since: float = 0.0
    message: str = ""


@dataclass(slots=True)
class Progress:
    """Collects what the session tells (an `Observer`) and shows it; told from several threads."""

    console: Console
    live: bool
    clock: Callable[[], float] = time.monotonic
    lines: dict[str, _Line] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _ended: set[str] = field(default_factory=set)
    _said: set[str] = field(default_factory=set)
    _waits: set[str] = field(default_factory=set)
    """Trials that wait for a target somebody else has: said once for each such wait."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _start: float = 0.0

    def target(self, name: str, message: str) -> None:
        """A target is being prepared, or there is something to say of it."""
        with self._lock:
            self.lines.setdefault(name, _Line()).message = message
        important = message.startswith(("warning", "cannot", "installing"))
        if not self.live or important:
            self._print(f"{name}: {message}", "yellow" if message.startswith(("warning", "cannot")) else "")

    def trial(self, trial: Trial, state: State, detail: str = "") -> None:
        """A trial changed its state, or waits for what the detail says."""
        with self._lock:
            waits = state is State.WAITING and bool(detail)
            new = waits and trial.trial_id not in self._waits
            (self._waits.add if waits else self._waits.discard)(trial.trial_id)
            for name in trial.targets:
                line = self.lines.setdefault(name, _Line())
                if state is State.WAITING:
                    if detail:
                        line.message = f"waiting: {detail}"
                    if trial.trial_id not in self._seen:
                        line.total += 1
                        line.left_s += trial.estimate_s
                    continue
                if line.trial is not trial or line.state is not state:
                    line.since = self.clock()
                line.trial, line.state = trial, state
                if state is not State.PREPARING:
                    line.message = ""
                if state in _ENDED:
                    line.done += 1
                    line.left_s -= trial.estimate_s
            self._seen.add(trial.trial_id)
            if state in _ENDED:
                self._ended.add(trial.trial_id)
        if new or state in (State.FAILED, State.MISSING) or (not self.live and state in (State.RUNNING, State.OK)):
            what = f"{state.value:9} {trial.suite} {trial.case} #{trial.repetition} on {' → '.join(trial.targets)}"
            self._print(what + (f": {self._first_time(detail)}" if detail else ""), _STYLES.get(state, ""))

    def announce(self, text: str) -> None:
        """Something about the session as a whole, above the table."""
        mention(Text(clean(text), style="bold"), self.console)

    def _first_time(self, cause: str) -> str:
        """`cause`, or a hint that it was said before: a target that is down has many trials."""
        if cause in self._said:
            return "for the same reason"
        self._said.add(cause)
        return cause

    def _print(self, text: str, style: str) -> None:
        stamp = "" if self.live else f"[{duration(self.clock() - self._start):>9}] "
        mention(Text(stamp + clean(text), style=style), self.console)

    def __rich__(self) -> Group:
        """The table as it stands now, shortened to the terminal's height."""
        table = Table(box=None, pad_edge=False, header_style="dim")
        for name in ("target", "suite", "repetition", "state", "done", "left"):
            table.add_column(name, justify="right" if name in ("repetition", "done", "left") else "left", no_wrap=True)
        with self._lock:
            rows = sorted(self.lines.items(), key=lambda item: (item[1].done == item[1].total, item[0]))
            room = max(3, self.console.size.height - 6)
            for name, line in rows[:room]:
                table.add_row(*self._cells(name, line))
            done, total = len(self._ended), len(self._seen)
            left = max((line.left_s for _, line in rows), default=0.0)
        more = f"… and {len(rows) - room} more targets" if len(rows) > room else ""
        so_far = duration(self.clock() - self._start)
        foot = f"{done} of {total} done, {so_far} so far, about {duration(max(0.0, left))} left"
        return Group(table, Text(more, style="dim"), Text(foot, style="bold"))

    def _cells(self, name: str, line: _Line) -> tuple[Text | str, ...]:
        trial = line.trial
        if line.total and line.done == line.total:
            return Text(clean(name)), "", "", Text("finished", style="green"), f"{line.done}/{line.total}", ""
        count, left = f"{line.done}/{line.total}", duration(max(0.0, line.left_s))
        if trial is None or line.message:
            return Text(clean(name)), "", "", Text(clean(line.message or "waiting")[:40]), count, left
        since = duration(self.clock() - line.since)
        state = Text(f"{line.state.value} {since}", style=_STYLES.get(line.state, ""))
        return Text(clean(name)), f"{trial.suite} {trial.case}", str(trial.repetition), state, count, left


@contextmanager
def progress() -> Iterator[Progress]:
    """Shown while the `with` lasts: live when standard error is a terminal."""
    console = err()
    shown = Progress(console, live=console.is_terminal and sys.stderr.isatty())
    shown._start = shown.clock()
    if not shown.live:
        yield shown
        return
    with Live(shown, console=console, refresh_per_second=4, transient=True) as table, TERMINAL.sharing(table):
        yield shown
