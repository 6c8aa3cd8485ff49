"""Real sshd processes on loopback."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from password_ground import PASSWORD, Person, person
from ssh_ground import SUITES, Field, write_workspace

from bench.config.catalogue import LoadedSuite, load_suites
from bench.errors import TransportError
from bench.measure.sandbox import Sandbox, Sshd, sandbox
from bench.model import Target
from tests.ssh.ssh_desk import Desk


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    try:
        with sandbox(folder) as made:
            yield made
    except TransportError as error:
        pytest.skip(f"no private sshd here: {error}")


@pytest.fixture(scope="session")
def daemons(box: Sandbox) -> list[Sshd]:
    return [box.start() for _ in range(2)]


@pytest.fixture(scope="session")
def suites() -> dict[str, LoadedSuite]:
    return load_suites([SUITES])


@pytest.fixture
def ground(box: Sandbox, daemons: list[Sshd], suites: dict[str, LoadedSuite], tmp_path: Path) -> Iterator[Field]:
    targets = tuple(
        Target(
            f"t{number}",
            "127.0.0.1",
            "127.0.0.1",
            port=daemon.port,
            identity_file=str(box.identity),
            known_hosts=str(box.known_hosts),
            base=str(tmp_path / f"base{number}"),
            ssh_config=os.devnull,
        )
        for number, daemon in enumerate(daemons)
    )
    made = Field(tmp_path, (replace(targets[0], peer="t1"), targets[1]), suites)
    yield made
    made.end_jobs()


@pytest.fixture
def desk(box: Sandbox, daemons: list[Sshd], tmp_path: Path) -> Iterator[Desk]:
    """A workspace with the target t0, whose `bench` processes end with the test."""
    write_workspace(tmp_path, box, daemons[0])
    (tmp_path / "campaign.yaml").write_text("")
    made = Desk(tmp_path)
    yield made
    made.end()


@pytest.fixture(scope="module")
def somebody() -> Iterator[Person]:
    """A user of this machine with `PASSWORD`, for a file of tests that carries `one_at_a_time("accounts")`."""
    try:
        with person(PASSWORD) as made:
            yield made
    except RuntimeError as error:
        pytest.skip(f"no user can be made here: {error}")


@pytest.fixture
def serve(box: Sandbox, somebody: Person) -> Iterator[Callable[..., Sshd]]:
    """Starts daemons with options of their own, where the user may log in with the sandbox's key."""
    started: list[Sshd] = []

    def start(*options: str) -> Sshd:
        started.append(box.start(options=(somebody.keys(box), *options)))
        return started[-1]

    yield start
    for daemon in started:
        box.stop(daemon)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home without keys, and no agent."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path
