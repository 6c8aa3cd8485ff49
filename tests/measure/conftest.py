"""Shells and job folders for the tests of the measuring half."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from shells import Place, Shell, shells

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def all_shells(tmp_path_factory: pytest.TempPathFactory) -> list[Shell]:
    return shells(tmp_path_factory.mktemp("shells"))


@pytest.fixture(params=["sh", "bash"])
def shell(request: pytest.FixtureRequest, all_shells: list[Shell]) -> Shell:
    for one in all_shells:
        if one.name == request.param:
            return one
    pytest.skip(f"{request.param} is not installed")


@pytest.fixture
def make_place(shell: Shell, tmp_path: Path) -> Iterator[Callable[[], Place]]:
    made: list[Place] = []

    def make() -> Place:
        job_id = f"t{next(_NUMBERS):07d}-{os.getpid():016x}"  # the mark of its processes, on the whole machine
        made.append(Place(shell, tmp_path / "base dir" / "jobs" / job_id, job_id))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def place(make_place: Callable[[], Place]) -> Place:
    return make_place()
