"""`bench watch`: follows maintenance of the targets, from inside and from control planes, and acts when it is over."""

from __future__ import annotations

import json as jsons
import math
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli import context
from bench.cli.asking import TERMINAL
from bench.cli.console import note, paragraph, print_json, print_table, say, warn
from bench.cli.context import JsonOption, LimitOption, RunsOption, SourceOption
from bench.cli.following import Follow, following
from bench.errors import BenchError, ConfigError

if TYPE_CHECKING:
    from bench.cloud.protocol import ControlPlane
    from bench.cloud.states import Happening, Standing
    from bench.cloud.watching import Watch


def watch(
    campaign: Annotated[
        Path | None, typer.Argument(metavar="CAMPAIGN", help="With --then: its campaign (default: campaign.yaml).")
    ] = None,
    inventory: Annotated[
        Path | None, typer.Option("--inventory", "-i", help="The targets (default: those of the campaign).")
    ] = None,
    limit: LimitOption = None,
    control: Annotated[
        list[str] | None, typer.Option("--control", help="Ask this control plane too: azure, aws or gcp.")
    ] = None,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="With --control: a subscription, region or project.")
    ] = None,
    scheduled_events: Annotated[
        bool,
        typer.Option(
            "--scheduled-events",
            help="Ask Azure's scheduled events inside the VMs. The first call enables them: restarts that you ask for "
            "then wait for approval, up to 15 minutes.",
        ),
    ] = False,
    metadata: Annotated[
        str | None, typer.Option("--metadata", metavar="URL", help="Ask this metadata service, not the cloud's own.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Ask once, print the table, end.")] = False,
    interval: Annotated[int, typer.Option("--interval", min=5, help="Seconds between two looks.")] = 60,
    then: Annotated[
        str | None,
        typer.Option("--then", metavar="TAG", help="Measure this phase on each target whose maintenance is over."),
    ] = None,
    freeze_probe: Annotated[
        bool, typer.Option("--freeze-probe", help="With --then: measure as `bench run --freeze-probe` does.")
    ] = False,
    source: SourceOption = None,
    runs: RunsOption = None,
    json: JsonOption = False,
) -> None:
    """Follow the maintenance of the targets: none, scheduled, in progress, done, unpatched again. Ctrl-C ends it.

    What was seen is kept in the workspace's watch/, so that a restart loses nothing. With --json, one object per line
    for what happens; with --json --once, the table.
    """
    from bench.cloud.parallel import beside

    tell_run = note if json else say
    asked = Follow(campaign, inventory, tuple(limit or ()), then, tuple(source or ()), runs, freeze_probe, tell_run)
    targets, place = asked.targets()
    planes, store, address = _planes(control, scope), context.open_store(runs), _url(metadata)
    with following(targets, place, planes, store, events=scheduled_events, address=address) as made:
        if scheduled_events:
            note("Azure's first answer about scheduled events can take two minutes.")
        asked.unfinished(store)
        tell(made, made.poll(), json=json, once=once, first=True)
        if once:
            act(asked, made, nullcontext())
            return
        looking = _Looking(made, interval, json=json)
        act(asked, made, beside(looking.on))
        for _ in looking.rounds(threading.Event()):
            act(asked, made, beside(looking.on))


@dataclass(frozen=True, slots=True)
class _Looking:
    """Looks again and again, `interval_s` apart, and tells. Nothing else touches the watch while it does."""

    made: Watch
    interval_s: float
    json: bool

    def rounds(self, ending: threading.Event) -> Iterator[None]:
        """Yields after each look at everything, until `ending` is set."""
        while True:
            *early, last = _pauses(self.interval_s, self.made.notice_s)
            for pause in early:
                if _wait(pause, ending):
                    return
                self._tell(self.made.poll(urgent=True, waiting=False))
            if _wait(last, ending):
                return
            self._tell(self.made.poll(waiting=False))
            yield

    def on(self, ending: threading.Event) -> None:
        """Look until `ending` is set: what goes on beside measuring."""
        for _ in self.rounds(ending):
            pass

    def _tell(self, happened: Sequence[Happening]) -> None:
        if happened or self.made.unsaved:
            with TERMINAL.halted():
                tell(self.made, happened, json=self.json, once=False, first=False)


def _pauses(interval_s: float, notice_s: float | None) -> list[float]:
    """The pauses up to the next whole look: machines that give a short notice are looked at between them as well."""
    parts = max(1, math.ceil(interval_s / notice_s)) if notice_s else 1
    return [interval_s / parts] * parts


def _wait(seconds: float, ending: threading.Event) -> bool:
    """Wait; whether `ending` was set meanwhile."""
    return ending.wait(seconds)


def _url(text: str | None) -> str:
    """The address of a metadata service; ConfigError when it is not one."""
    if text is None:
        return ""
    host = text.removeprefix("http://")
    if host == text or not host.strip("/") or not host.isascii() or any(sign in host for sign in " '\"\\$`?#@"):
        raise ConfigError(f"{text!r} is no address", where="--metadata", remedy="Write http://HOST:PORT")
    return text


def _planes(names: Sequence[str] | None, scope: Sequence[str] | None) -> dict[str, ControlPlane]:
    """The control planes that were asked for, opened."""
    from bench.cloud.clouds import CLOUDS
    from bench.config.yaml_source import suggest

    if scope and not names:
        raise ConfigError("--scope goes with --control", remedy="Name the cloud: --control azure")
    if scope and names and len(set(names)) > 1:
        raise ConfigError("--scope goes with one --control", remedy="Watch one cloud per command")
    planes = {}
    for name in names or ():
        if name not in CLOUDS:
            raise ConfigError(f"there is no cloud {name!r}", where="--control", remedy=suggest(name, CLOUDS))
        planes[name] = CLOUDS[name].control_plane(scope or ())
    return planes


def tell(made: Watch, happened: Sequence[Happening], *, json: bool, once: bool, first: bool) -> None:
    """Print what there is to see: the table when it changed, what happened beside it."""
    from bench.cloud.clocks import iso, shown
    from bench.cloud.tables import as_json, happening_words

    if made.unsaved:
        warn(f"not remembered: {made.unsaved}")
    if json and once:
        print_json([as_json(one) for one in made.standings])
        return
    if json:
        for one in happened:
            line = {"time": iso(one.at), "target": one.target, "kind": one.kind, "source": one.source, "text": one.text}
            _print_line(line)
        return
    if not first:
        for one in happened:
            say(f"{shown(one.at)} {one.target}: {happening_words(one)}")
    if first or happened:
        _table(made.standings)
        sys.stdout.flush()


def _table(standings: Sequence[Standing]) -> None:
    """In a pipe one line a target; on a terminal the remarks stand below it, each once for all whom it concerns."""
    from bench.cloud.tables import COLUMNS, as_row, common_remarks

    rows = [as_row(one) for one in standings]
    if not sys.stdout.isatty():
        print_table(COLUMNS, rows)
        return
    print_table(COLUMNS[:-1], [row[:-1] for row in rows], whole=("target",))
    for place, (whom, said) in enumerate(common_remarks(standings)):
        if not place:
            say("")
        paragraph(f"{whom}: {said}", indent="  ")


def _print_line(data: dict[str, Any]) -> None:
    sys.stdout.write(jsons.dumps(data) + "\n")
    sys.stdout.flush()


def act(asked: Follow, made: Watch, meanwhile: AbstractContextManager[None]) -> None:
    """With --then: measure the phase on targets whose maintenance is over, if all that are measured together are.

    All that are ready at the same look are measured in one session. meanwhile: entered while they are: looks at others.
    """
    if asked.then is None:
        return
    try:
        ready = asked.ready(made.standings)
    except BenchError as error:  # somebody edits the campaign: the watch outlives it
        warn(str(error))
        return
    names = [name for group in ready for name in group]
    if not names:
        return
    note(f"Maintenance of {', '.join(names)} is over: measuring {asked.then}")
    made.leave(names)
    trouble = asked.measure(names, lambda: made.handled(names), meanwhile)
    made.leave(())
    if trouble:
        warn(trouble)
