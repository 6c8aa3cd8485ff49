"""A target is made ready once: surveyed, then given all tools of the session before its first trial."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.config.catalogue import LoadedSuite, load_suite
from bench.errors import SuiteError, TransportError
from bench.measure import fleet as fleets
from bench.measure.connections import Connections
from bench.measure.fleet import Fleet
from bench.measure.provision import Machine
from bench.measure.transport import FakeTransport, Reply
from bench.model import Run, Target, Trial
from bench.resources import data_folder
from bench.store import Store, StoredRun

TARGET = Target("vm", "vm", "vm")
MACHINE = Machine("/h", "/h/.bench", 2, 0, "apt", -1, math.nan, 0.0, "boot")


@pytest.fixture
def suites() -> Mapping[str, LoadedSuite]:
    return {name: load_suite(data_folder("suites") / name) for name in ("fio", "iperf3")}


@pytest.fixture
def run(tmp_path: Path) -> StoredRun:
    plan = tuple(Trial(f"{suite}.r01", ("vm",), suite, "case", 1, ()) for suite in ("fio", "iperf3"))
    return Store(tmp_path).create(Run("r1", "c", "t", (), 1, 1, "2026-01-01T00:00:00Z", plan, (TARGET,), (), ()))


def make(run: StoredRun, suites: Mapping[str, LoadedSuite], said: list[str]) -> Fleet:
    connections = Connections(FakeTransport(lambda target, script: Reply(0, b"", b"")))
    return Fleet(run, suites, connections, lambda tool: b"", lambda name, message: said.append(message))


def test_all_tools_come_before_the_first_trial(
    run: StoredRun, suites: Mapping[str, LoadedSuite], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[str] = []

    def install(
        connection: object, target: object, machine: object, tool: object, source: object, credentials: object
    ) -> tuple[()]:
        installed.append(tool.name)  # type: ignore[attr-defined]  # a Tool
        return ()

    monkeypatch.setattr(fleets, "survey", lambda connection, target: MACHINE)
    monkeypatch.setattr(fleets, "install", install)
    fleet = make(run, suites, [])
    assert fleet.problem(TARGET, suites["fio"]) == ""
    assert installed == ["fio", "iperf3"]
    assert fleet.problem(TARGET, suites["iperf3"]) == ""
    assert installed == ["fio", "iperf3"]


def test_a_tool_that_cannot_be_installed_stops_its_suite_only(
    run: StoredRun, suites: Mapping[str, LoadedSuite], monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(
        connection: object, target: object, machine: object, tool: object, source: object, credentials: object
    ) -> tuple[()]:
        if tool.name == "fio":  # type: ignore[attr-defined]  # a Tool
            raise SuiteError("no package", where="vm", remedy="Install it")
        return ()

    said: list[str] = []
    monkeypatch.setattr(fleets, "survey", lambda connection, target: MACHINE)
    monkeypatch.setattr(fleets, "install", install)
    fleet = make(run, suites, said)
    assert fleet.problem(TARGET, suites["iperf3"]) == ""
    assert "no package" in fleet.problem(TARGET, suites["fio"])
    assert "cannot run fio: no package. Install it" in said
    assert [event["suite"] for event in run.events() if event["kind"] == "unusable"] == ["fio"]


def test_a_target_whose_line_breaks_is_asked_once_more_and_then_no_more(
    run: StoredRun, suites: Mapping[str, LoadedSuite], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def survey(connection: object, target: Target) -> Machine:
        asked.append(target.name)
        raise TransportError("is down", where=target.name)

    monkeypatch.setattr(fleets, "survey", survey)
    fleet = make(run, suites, [])
    assert "is down" in fleet.problem(TARGET, suites["fio"])
    assert "is down" in fleet.problem(TARGET, suites["iperf3"])
    assert asked == ["vm", "vm"]
    assert fleet.known() == []
