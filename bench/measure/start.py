"""How a session begins: a new run in the store from a plan, the sources of tools, and the call that runs it."""

from __future__ import annotations

import os
import platform
import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench import __version__
from bench.config.catalogue import LoadedSuite
from bench.errors import SuiteError
from bench.measure import posix, sources
from bench.measure.clock import now
from bench.measure.connections import Connections
from bench.measure.credentials import Credentials
from bench.measure.plan import Plan
from bench.measure.scheduler import Scheduler
from bench.measure.session import Observer, Outcome, Session
from bench.measure.transport import Transport
from bench.model import Campaign, Pairs, Run, Source, Tool, pairs
from bench.store import Store, StoredRun, sweep

_LIBRARIES = ("paramiko",)


def cache_folder() -> Path:
    """Where fetched sources are kept: `BENCH_CACHE`, else `$XDG_CACHE_HOME/vmbench`, else `~/.cache/vmbench`."""
    named = os.environ.get("BENCH_CACHE")
    if named:
        return Path(named).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "vmbench"


class Sources:
    """Packed source trees of tools, each fetched and packed once. overrides: tool name → path given by `--source`."""

    def __init__(self, overrides: Mapping[str, Path], cache: Path) -> None:
        self._overrides = dict(overrides)
        self._cache = cache
        self._packed: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self.notes: list[str] = []
        """What a reader should know of the sources that were used."""

    def __call__(self, tool: Tool) -> bytes:
        """The tar.gz to upload; SuiteError when the source cannot be had."""
        with self._lock:
            if tool.name not in self._packed:
                self._packed[tool.name] = sources.pack(self._tree(tool))
            return self._packed[tool.name]

    def _tree(self, tool: Tool) -> Path:
        if tool.source is None:
            raise SuiteError(f"{tool.name} is not built from source")
        tree = self._override(tool.source)
        if tree:
            return tree.folder
        with _readable(tool.source.name):
            return sources.fetch(tool.source, self._cache)

    def _override(self, source: Source) -> sources.Tree | None:
        path = self._overrides.get(source.name)
        if path is None:
            return None
        with _readable(source.name):
            return sources.from_path(source, path, self._cache)

    def applied(self, suites: Mapping[str, LoadedSuite]) -> dict[str, LoadedSuite]:
        """`suites` as they are run: a tool built from another tree is another tool, kept in another folder."""
        found = dict(suites)
        for name, loaded in suites.items():
            tool = loaded.suite.tool
            tree = self._override(tool.source) if tool and tool.source else None
            if tool is None or tool.source is None or tree is None or tree.pinned:
                continue
            note = f"{tool.name}: {tree.folder} is not the pinned source (tree {tree.digest[:12]})"
            if note not in self.notes:
                self.notes.append(note)
            other = replace(tool, source=replace(tool.source, tree_sha256=tree.digest, commit="", version="local"))
            found[name] = replace(loaded, suite=replace(loaded.suite, tool=other))
        return found


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """A source or cache that cannot be read or written is said to be so."""
    try:
        yield
    except OSError as error:
        raise SuiteError(
            f"the source of {name} cannot be read or cached ({error.strerror})",
            where=str(error.filename or ""),
            remedy="Fix the permissions or free space; BENCH_CACHE names the cache",
        ) from error


def next_session(store: Store, campaign: str, tag: str) -> int:
    """The number of the next session of a tag, from 1; a damaged run of long ago is in nobody's way."""
    runs, _ = store.readable(campaign=campaign)
    return max((run.info.session for run in runs if run.info.tag == tag), default=0) + 1


def new_run(
    store: Store,
    campaign: Campaign,
    plan: Plan,
    suites: Mapping[str, LoadedSuite],
    *,
    sequential: bool = False,
    freeze_probe: bool = False,
    reboot: bool = False,
) -> StoredRun:
    """Write a new run that will hold the trials of `plan`.

    suites: as they are run (`Sources.applied`). sequential: the campaign looks early, and may stop.
    freeze_probe: a ticker runs beside every job.
    reboot: its targets are rebooted before its first trial.
    """
    moment = datetime.now(UTC)
    tag = plan.phase.tag[:36].rstrip(".")
    used = sorted({trial.suite for trial in plan.trials})
    return store.create(
        Run(
            run_id=f"{moment:%Y%m%dT%H%M%S}-{tag}-s{plan.session}-{secrets.token_hex(2)}",
            campaign=campaign.name,
            tag=plan.phase.tag,
            factors=plan.phase.factors,
            session=plan.session,
            seed=plan.seed,
            created_at=now(),
            plan=plan.trials,
            targets=campaign.inventory.targets,
            suites=pairs({name: suites[name].digest for name in used}),
            versions=_versions(),
            title=campaign.title,
            primary=campaign.primary,
            controls=campaign.controls,
            margins=campaign.margins,
            phases=campaign.phases,
            left_out=plan.left_out,
            sources=_trees(suites, used),
            sequential=sequential,
            freeze_probe=freeze_probe,
            rebooted_first=reboot,
        )
    )


def _trees(suites: Mapping[str, LoadedSuite], names: Iterable[str]) -> Pairs:
    """(suite, digest of its tool's source tree), for tools that are built."""
    tools = {name: suites[name].suite.tool for name in names}
    return pairs({name: tool.source.tree_sha256 for name, tool in tools.items() if tool and tool.source})


def _check_trees(run: Run, suites: Mapping[str, LoadedSuite]) -> None:
    """Refuse to measure a run with another build of a tool than it began with."""
    now_used = dict(_trees(suites, [name for name, _ in run.sources]))
    for name, digest in run.sources:
        if now_used.get(name) != digest:
            other = now_used.get(name, "")[:12] or "none"
            raise SuiteError(
                f"{name} of this run is built from the source tree {digest[:12]}, not from {other}",
                where=run.run_id,
                remedy=f"Give the same --source {name}=PATH as when the run began, or measure in a new run",
            )


def _versions() -> tuple[tuple[str, str], ...]:
    found = {"vmbench": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return pairs(found)


def execute(
    run: StoredRun,
    suites: Mapping[str, LoadedSuite],
    *,
    transport: Transport,
    scheduler: Scheduler,
    source: Sources,
    observer: Observer,
    patience_s: float = 600.0,
    idle_connections: int = 32,
    credentials: Credentials | None = None,
) -> Outcome:
    """Run what is missing of a stored run, alone: StoreError when another controller holds it.

    credentials: where sudo's password comes from, on targets whose sudo asks for one.

    SuiteError when one of its suites is gone; a suite that changed meanwhile is used, and the run's events say so.
    """
    changed = [name for name, digest in run.info.suites if name in suites and suites[name].digest != digest]
    missing = [name for name, _ in run.info.suites if name not in suites]
    if missing:
        raise SuiteError(
            f"suite {missing[0]!r} of this run is not here any more",
            where=run.info.run_id,
            remedy="Put its folder back into the workspace's suites/, or measure in a new run",
        )
    used = source.applied(suites)
    _check_trees(run.info, used)
    with run.lock():
        sweep(run)
        for name in changed:
            run.event(now(), "warning", suite=name, message="the suite changed since this run was planned")
        session = Session(
            run=run,
            suites=used,
            connections=Connections(transport, idle_connections),
            scheduler=scheduler,
            source=source,
            observer=observer,
            probe=posix.resource("probe.sh"),
            patience_s=patience_s,
            credentials=credentials or Credentials(),
        )
        return session.execute()
