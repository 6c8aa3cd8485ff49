"""What is known of the targets in this session: surveyed, guarded and equipped with all tools at their first trial.

A target or suite that cannot run is remembered with its cause, so that the rest of the run goes on without it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from bench.config.catalogue import LoadedSuite
from bench.errors import AuthError, BenchError, HostKeyError, TransportError
from bench.measure.attempt import run_key
from bench.measure.clock import now
from bench.measure.connections import Connections
from bench.measure.credentials import Credentials
from bench.measure.guards import check_machine, guard_device, same_machine
from bench.measure.provision import Machine, SourceProvider, install, survey, tool_digest
from bench.measure.transport import Connection
from bench.model import Pairs, Target
from bench.store import StoredRun

T = TypeVar("T")
Tell = Callable[[str, str], None]
"""(target, message): for whoever watches."""


class Fleet:
    """The machines of one session; safe to use from several threads, one of which holds each target."""

    def __init__(
        self,
        run: StoredRun,
        suites: Mapping[str, LoadedSuite],
        connections: Connections,
        source: SourceProvider,
        tell: Tell,
        credentials: Credentials | None = None,
    ) -> None:
        self._run = run
        self._planned: dict[str, dict[str, LoadedSuite]] = {}
        for trial in run.info.plan:
            for name in trial.targets:
                self._planned.setdefault(name, {})[trial.suite] = suites[trial.suite]
        self._connections = connections
        self._source = source
        self._tell = tell
        self._credentials = credentials or Credentials()
        self._machines: dict[str, Machine] = {}
        self._problems: dict[tuple[str, str], str] = {}
        """(target, suite or "") → why nothing of it can run, "" when it can."""
        self._lock = threading.Lock()

    def machine(self, name: str) -> Machine:
        """What a target said of itself; KeyError before it was asked."""
        return self._machines[name]

    def known(self) -> list[str]:
        """Names of the targets that answered."""
        return sorted(self._machines)

    def give_up(self, target: Target, cause: str) -> None:
        """Nothing more of this session runs on a target: it could not be reached for as long as patience lasted."""
        with self._lock:
            self._problems[(target.name, "")] = cause
        self._tell(target.name, f"cannot run any more: {cause}")
        self._run.event(now(), "unusable", target=target.name, suite="", cause=cause)

    def problem(self, target: Target, loaded: LoadedSuite) -> str:
        """Why `loaded` cannot run on `target`, "" when it can; finds out at the first call.

        All tools of the session are installed then: the packages that come with them must not change between two
        trials, or they would look like an undeclared change of the target.
        """
        if cause := self._once((target.name, ""), lambda: self._survey(target)):
            return cause
        for planned in self._planned[target.name].values():
            self._once((target.name, planned.suite.name), lambda planned=planned: self._equip(target, planned))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        return self._problems[target.name, loaded.suite.name]

    def _once(self, key: tuple[str, str], action: Callable[[], None]) -> str:
        if key not in self._problems:
            cause = ""
            try:
                action()
            except BenchError as error:
                cause = str(error)
                self._tell(key[0], f"cannot run{f' {key[1]}' if key[1] else ''}: {cause.removeprefix(f'{key[0]}: ')}")
                self._run.event(now(), "unusable", target=key[0], suite=key[1], cause=cause)
            with self._lock:
                self._problems[key] = cause
        return self._problems[key]

    def _ask(self, target: Target, question: Callable[[Connection], T]) -> T:
        """The answer; asked once more when the line breaks in the middle. Every question here may be repeated."""
        reached = []
        while True:
            try:
                with self._connections.to(target) as connection:
                    reached.append(connection)
                    return question(connection)
            except (HostKeyError, AuthError):
                raise
            except TransportError:
                if len(reached) != 1:
                    raise

    def _survey(self, target: Target) -> None:
        self._tell(target.name, "connecting")
        machine = self._ask(target, lambda connection: survey(connection, target))
        with self._lock:
            others = [(one, self._machines[one.name]) for one in self._run.info.targets if one.name in self._machines]
            self._machines[target.name] = machine
        warnings = check_machine(machine, target, own=f"{run_key(self._run.info.run_id)}-")
        for warning in [*warnings, *same_machine(machine, target, others)]:
            self._tell(target.name, f"warning: {warning}")
            self._run.event(now(), "warning", target=target.name, message=warning)
        self._tell(target.name, "ready")

    def _equip(self, target: Target, loaded: LoadedSuite) -> None:
        """The suite's tool on the target, and its disk guarded."""
        machine, tool = self._machines[target.name], loaded.suite.tool
        if tool is not None and tool_digest(tool) not in machine.tools:
            self._tell(target.name, f"installing {tool.name}")

            def equip(connection: Connection) -> Pairs:
                return install(connection, target, machine, tool, self._source, self._credentials)

            found = self._ask(target, equip)
            with self._lock:
                self._machines[target.name] = replace(machine, tools={**machine.tools, tool_digest(tool): found})
            version = dict(found).get("version", "")
            self._run.event(now(), "installed", target=target.name, tool=tool.name, version=version)
            self._tell(target.name, "ready")
        if loaded.suite.uses_disk and target.disk_is_device:
            self._ask(target, lambda connection: guard_device(connection, target))
