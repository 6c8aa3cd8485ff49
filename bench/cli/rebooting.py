"""The command that reboots targets: asks them whether it may, asks the user, waits until they are back and at rest."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import context
from bench.cli.asking import credentials
from bench.cli.console import complain, counted, duration, note, print_table, say, warn
from bench.cli.context import RunsOption
from bench.cli.sessions import interruptible
from bench.errors import BenchError, RebootError, StoreError

if TYPE_CHECKING:
    from bench.measure.reboot import Rebooted, Standing
    from bench.measure.reboots import Ended
    from bench.model import Target


def reboot(
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="The inventory whose targets to reboot.")],
    target: Annotated[
        list[str] | None,
        typer.Argument(metavar="TARGET", help="Only these targets: a name, a glob, or label=value (default: all)."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Reboot without asking.")] = False,
    runs: RunsOption = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, help="Seconds for coming back, and again for coming to rest.")
    ] = 600,
) -> None:
    """Reboot targets all at once, and wait until each has another boot id, answers SSH, and is at rest.

    At rest: systemd (where there is one) has booted, the load is below 0.5 per CPU, and no package manager is at work.
    When one of them runs a vmbench job, cannot become root, or is this machine, none of them is rebooted. What was done
    is written down beside the runs of the targets.
    """
    from bench.config.inventory import load_inventory, select
    from bench.measure.connections import Connections
    from bench.measure.reboot import DOWN_S, Limits, Rebooter
    from bench.measure.reboots import look_at, reboot_all
    from bench.measure.scheduler import Scheduler
    from bench.measure.ssh import SshTransport

    targets = select(load_inventory(inventory), target or []).targets
    scheduler = Scheduler()
    secrets = credentials()
    rebooter = Rebooter(
        Connections(SshTransport(credentials=secrets)),
        Limits(DOWN_S, timeout, timeout),
        tell=lambda name, message: note(f"{name}: {message}"),
        stopping=lambda: scheduler.stopping,
        credentials=secrets,
    )
    try:
        was = _allowed(look_at(targets, rebooter, scheduler))
        question = f"Reboot {counted(len(targets), 'target')} ({', '.join(one.name for one in targets)})?"
        if not yes and not typer.confirm(question, err=True):
            raise typer.Exit(1)
        with (
            _remembering(inventory, targets, runs) as ended,
            interruptible(scheduler, lambda text: note("Waiting no longer; a target that was told to reboot does.")),
        ):
            found = reboot_all(targets, was, rebooter, scheduler, ended)
    finally:
        rebooter.connections.close()
    _tell(found, [one.name for one in targets])
    if len(found) < len(targets) or any(isinstance(one, BenchError) for one in found.values()):
        raise typer.Exit(1)


def _allowed(standings: Mapping[str, Standing | BenchError]) -> dict[str, str]:
    """Boot ids by target; RebootError when one of them may not be rebooted: then none is."""
    refusals = [
        f"{name}: {one.refusal}" if not isinstance(one, BenchError) else str(one)
        for name, one in standings.items()
        if isinstance(one, BenchError) or one.refusal
    ]
    if refusals:
        raise RebootError(
            f"nothing was rebooted: {'; '.join(refusals)}",
            remedy="Put that right, or name only the other targets" if len(standings) > 1 else "",
        )
    return {name: one.boot_id for name, one in standings.items() if not isinstance(one, BenchError)}


@contextmanager
def _remembering(inventory: Path, targets: Sequence[Target], runs: Path | None) -> Iterator[Ended]:
    """Write down that reboots begin, and how each ended: in the watch's journal, and in the runs of the targets."""
    from bench.cloud.keeping import Keeper
    from bench.cloud.telling import Memory

    store = context.open_store(runs)
    memory = Memory(Keeper.of(context.workspace().root, inventory), store, targets, time.time, "bench reboot")

    def ended(name: str, outcome: Rebooted | BenchError) -> None:
        kind, told = ("failed", str(outcome)) if isinstance(outcome, BenchError) else ("ended", "boot id")
        try:
            memory.say(name, f"action {kind}", f"reboot: {told}")
        except StoreError as error:
            warn(f"{name}: how its reboot ended is not remembered: {error}")

    memory.begin([target.name for target in targets], "reboot")
    try:
        yield ended
    finally:
        memory.catch_up()


def _tell(found: Mapping[str, Rebooted | BenchError], names: Sequence[str]) -> None:
    """A line for each target that is back, a paragraph for each that is not, or that nobody waited for."""
    done = [(name, one) for name, one in found.items() if not isinstance(one, BenchError)]
    if done:
        print_table(
            ("target", "boot id before", "boot id now", "back after", "at rest after"),
            [(name, one.before, one.after, duration(one.back_s), duration(one.settled_s)) for name, one in done],
            right=("back after", "at rest after"),
        )
    for name, one in done:
        if one.note:
            warn(f"{name}: {one.note}")
    for outcome in found.values():
        if isinstance(outcome, BenchError):
            complain(outcome)
    if left := [name for name in names if name not in found]:
        warn(f"nobody waited for {', '.join(left)}, which may reboot")
    say(f"{len(done)} of {counted(len(names), 'target')} rebooted")
