"""Does a clock that is set by hours while a job runs mix anything up? It is recorded, and nothing else changes.

The controller is a real process whose wall clock libfaketime steps (package `faketime`); its monotonic clocks are the
machine's. The target's clock cannot be set without setting this machine's: a `date` that steps stands first on its
PATH, which is all that a job reads the wall clock with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.measure.sandbox import Sandbox, Sshd
from tests.chaos.killing import LONGEST_S, judged
from tests.chaos.outcome import Outcome
from tests.ssh.ssh_desk import Desk
from tests.ssh.ssh_ground import write_workspace

GATED = "echo ${PWD##*/} >>../../ran; while [ ! -e ../../go ]; do sleep 0.05; done; echo rate 42"
STEPS_H = (3, -5)


def faketime() -> Path | None:
    """The library that steps a process's clock."""
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


def scenarios_of(folder: Path, box: Sandbox, daemon: Sshd) -> Iterator[Outcome]:
    """Steps forward and back, on both sides."""
    for hours in STEPS_H:
        if library := faketime():
            yield on_controller(folder / f"controller{hours}", box, daemon, library, hours)
        yield on_target(folder / f"target{hours}", box, hours)


def on_controller(folder: Path, box: Sandbox, daemon: Sshd, library: Path, hours: int) -> Outcome:
    """The controller's clock is set while the first of two jobs runs."""
    desk = _desk(folder, box, daemon)
    offset = folder / "offset"
    offset.write_text("+0\n")
    fake = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": offset}
    settings = [f"{name}={value}" for name, value in fake.items()]
    desk.before = ("env", *settings, "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_NO_CACHE=1")
    said = f"the controller's clock was set {_way(hours)} by "
    return _step(desk, offset, f"{hours:+}h\n", said, f"clock steps by hours: controller ({hours:+} h)")


def on_target(folder: Path, box: Sandbox, hours: int) -> Outcome:
    """What the target calls the time changes while the first of two jobs runs."""
    tools = folder.with_name(f"{folder.name}-tools")
    tools.mkdir()
    stepped = tools / "stepped"
    date = tools / "date"
    date.write_text(f'#!/bin/sh\n[ -e {stepped} ] && exec /bin/date -d "{hours:+} hours" "$@"\nexec /bin/date "$@"\n')
    date.chmod(0o755)
    daemon = box.start(options=[f"SetEnv PATH={tools}:/usr/local/bin:/usr/bin:/bin SHLVL=1"])
    said = f"its clock was set {_way(hours)} by "
    try:
        return _step(
            _desk(folder, box, daemon), stepped, "", said, f"clock steps by hours: target's date ({hours:+} h)"
        )
    finally:
        box.stop(daemon)


def _step(desk: Desk, file: Path, content: str, said: str, kind: str) -> Outcome:
    """Measure, write the file that steps the clock while the first job runs, and judge."""
    process = desk.start_run(2, GATED)
    desk.wait_for(lambda: len(desk.ran()) == 1)
    file.write_text(content)
    (desk.folder / "base" / "go").touch()
    code, output = desk.finish(process, LONGEST_S)
    found = replace(judged(kind, desk, desk.store().runs(), 2), injected=1)
    warned = [event.get("message", "") for event in desk.stored().events() if event["kind"] == "warning"]
    seconds = [int(one.partition(said)[2].split(" ")[0].replace(",", "")) for one in warned if said in one]
    if code != 0 or len(seconds) != 1 or abs(seconds[0] - abs(int(kind.split("(")[1].split(" ")[0])) * 3600) > 120:
        return replace(found, crashes=found.crashes + 1, note=f"exit {code}, warnings {warned}: {output[-300:]}")
    return found


def _desk(folder: Path, box: Sandbox, daemon: Sshd) -> Desk:
    folder.mkdir()
    write_workspace(folder, box, daemon)
    (folder / "campaign.yaml").write_text("")
    return Desk(folder)


def _way(hours: int) -> str:
    return "forward" if hours > 0 else "back"
