"""Strings reach programs, environments and paths as they were written, and no shell reads them. Short form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos import sinks_shell
from tests.chaos.strings import ALL, LONG, Strings
from tests.measure.shells import Shell, shells

COUNT = 400


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> list[Shell]:
    return shells(tmp_path_factory.mktemp("shells"))


def test_arguments_and_environment(tools: list[Shell], tmp_path: Path) -> None:
    for shell in tools:
        folder = tmp_path / shell.name
        folder.mkdir()
        assert sinks_shell.arguments(shell, Strings(1).many(0, COUNT), folder) == []


def test_folders_and_files(tools: list[Shell], tmp_path: Path) -> None:
    for shell in tools:
        folder = tmp_path / shell.name
        folder.mkdir()
        assert sinks_shell.paths(shell, ALL[::3], folder) == []
        assert (
            sinks_shell.bases(shell, [one for one in ALL[::20] if "\\" not in one] + ["a\\tb", "\\c", "\\\\"], folder)
            == []
        )


def test_a_megabyte_fails_and_nothing_else_happens(tools: list[Shell], tmp_path: Path) -> None:
    for shell in tools:
        folder = tmp_path / shell.name
        folder.mkdir()
        wrong = sinks_shell.arguments(shell, [LONG[0][:100_000], "$(touch CANARY)" * 5000], folder)
        assert wrong == []


def test_the_canary_sings(tools: list[Shell], tmp_path: Path) -> None:
    """Were something run, it would be seen."""
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "canary").touch()
    assert "something was run" in sinks_shell.arguments(tools[0], ["x"], folder)[0]
