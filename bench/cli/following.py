"""What `bench watch` follows, and how the phase of `--then` is measured: by the function that `bench run` calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cli import context
from bench.cli.asking import credentials
from bench.cli.console import counted, say, warn
from bench.cli.sessions import Words, measure, new_session, source_words
from bench.errors import BenchError, ConfigError

if TYPE_CHECKING:
    from bench.cloud.protocol import ControlPlane
    from bench.cloud.states import Standing
    from bench.cloud.watching import Watch
    from bench.model import Target
    from bench.store import Store

_CONNECTIONS = 256
"""Connections that stay open between two looks: logging in costs more than looking."""


@dataclass(frozen=True, slots=True)
class Follow:
    """What was asked: which targets, and what to measure when their maintenance is over."""

    campaign: Path | None
    inventory: Path | None
    limit: tuple[str, ...]
    then: str | None
    sources: tuple[str, ...]
    runs: Path | None
    freeze_probe: bool = False
    tell: Callable[[str], None] = say
    """How a session went: with --json standard output is not for that."""

    def targets(self) -> tuple[tuple[Target, ...], Path]:
        """The targets to follow, and the file that they stand in."""
        from bench.config.inventory import load_inventory, select

        if self.campaign is not None and self.then is None:
            raise ConfigError("a campaign goes with --then", remedy="To follow an inventory: bench watch -i INVENTORY")
        if self.inventory is None:
            made = context.load_campaign(self.campaign, None, None, "", limit=self.limit)
            self._check(made.inventory.targets)
            return made.inventory.targets, Path(made.inventory.path)
        found = load_inventory(self.inventory)
        targets = (select(found, self.limit) if self.limit else found).targets
        self._check(targets)
        return targets, self.inventory

    def _check(self, targets: Sequence[Target]) -> None:
        """With --then: the phase is there and every target stands in the campaign; better said now than then."""
        if self.then is None:
            if self.freeze_probe:
                raise ConfigError("--freeze-probe goes with --then", remedy="Name the phase: --then post-host-patch")
            return
        made = context.load_campaign(self.campaign, None, None, "")
        if self.then not in [phase.tag for phase in made.phases]:
            names = ", ".join(phase.tag for phase in made.phases)
            raise ConfigError(f"this campaign has no phase {self.then!r}", where=made.path, remedy=f"It has: {names}")
        known = {target.name for target in made.inventory.targets}
        missing = [target.name for target in targets if target.name not in known]
        if missing:
            raise ConfigError(
                f"target {missing[0]!r} is not in this campaign",
                where=made.path,
                remedy="Leave it out with --limit, or watch without -i: then the campaign's inventory is followed",
            )
        context.source_paths(self.sources)

    def unfinished(self, store: Store) -> None:
        """With --then: say which runs of the phase are not whole: a watch that was killed left them so."""
        if self.then is None:
            return
        made = context.load_campaign(self.campaign, None, None, "")
        for run in store.readable()[0]:
            if (run.info.campaign, run.info.tag, run.info.imported) == (made.name, self.then, False):
                missing = len(run.missing())
                if missing:
                    warn(f"run {run.info.run_id} lacks {counted(missing, 'trial')}: bench resume {run.info.run_id}")

    def ready(self, standings: Sequence[Standing]) -> list[tuple[str, ...]]:
        """Groups of targets to measure now: those whose maintenance facts confirm, each with its peers, once."""
        made = context.load_campaign(self.campaign, None, None, "")
        by_name = {one.target: one for one in standings}
        peers = {target.name: target.peer for target in made.inventory.targets}
        found = []
        for names in together(peers):
            watched = [by_name[name] for name in names if name in by_name]
            if watched and all(over(one) for one in watched):
                found.append(tuple(one.target for one in watched))
        return found

    def measure(
        self, names: Sequence[str], planned: Callable[[], None], meanwhile: AbstractContextManager[None]
    ) -> str:
        """One session of the phase on these targets; "" or what went wrong: the watch goes on.

        planned: called when the run is in the store. From then on `bench resume` carries on with it, not the watch.
        meanwhile: entered while it is measured.
        """
        paths = context.source_paths(self.sources)
        words = Words(
            self.campaign, self.then, None, None, None, None, None, list(names), None, freeze_probe=self.freeze_probe
        )
        try:
            stored, provider = new_session(words, paths, context.open_store(self.runs))
            planned()
            again = context.again(self.runs) + source_words(paths)
            with meanwhile:
                outcome, interrupted = measure(stored, provider, again, self.tell)
                if interrupted:
                    raise KeyboardInterrupt
        except BenchError as error:
            return str(error)
        missing = len(outcome.missing)
        return f"run {stored.info.run_id} lacks {counted(missing, 'trial')}: bench resume" if missing else ""


def over(one: Standing) -> bool:
    """Whether a target's maintenance is done, its facts confirm it, and nothing was measured after it yet."""
    from bench.cloud.states import Word

    return one.word is Word.DONE and one.done is not None and bool(one.done.confirmed) and one.handled_at != one.done.at


def together(peers: Mapping[str, str | None]) -> list[list[str]]:
    """Targets that a phase measures together: a target, its peer, and so on, in the order of the inventory."""
    group: dict[str, list[str]] = {name: [name] for name in peers}
    for name, peer in peers.items():
        if peer in group and group[peer] is not group[name]:
            joined = group[name] + group[peer]
            for one in joined:
                group[one] = joined
    order = list(peers)
    unique = {id(names): sorted(names, key=order.index) for names in group.values()}
    return sorted(unique.values(), key=lambda names: order.index(names[0]))


@contextmanager
def following(
    targets: Sequence[Target],
    inventory: Path,
    planes: Mapping[str, ControlPlane],
    store: Store,
    *,
    events: bool,
    address: str,
) -> Iterator[Watch]:
    """A watch over SSH connections that stay open, alone on its files; what happened is told to the runs in `store`."""
    from bench.cloud.keeping import Keeper
    from bench.cloud.probing import Asking
    from bench.cloud.telling import into_runs
    from bench.cloud.watching import Watch
    from bench.measure.connections import Connections
    from bench.measure.ssh import SshTransport

    keeper = Keeper.of(context.workspace().root, inventory)
    connections = Connections(SshTransport(credentials=credentials()), capacity=_CONNECTIONS, retry_after_s=())
    with keeper.alone():
        try:
            asking = Asking(events, address)
            yield Watch(
                targets,
                connections,
                asking,
                keeper,
                time.time,
                planes,
                lambda news, running: into_runs(store, targets, news, running),
            )
        finally:
            connections.close()
