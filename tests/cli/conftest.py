"""The folder that every test of a command starts in, and `bench` called in this process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cli_process import Bench, Done

from bench.cli import main


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test works in an empty folder, with no word from the environment."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in list(os.environ):
        if name.startswith("BENCH_") or name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "SOURCE_DATE_EPOCH"):
            monkeypatch.delenv(name)


@pytest.fixture
def bench(capsys: pytest.CaptureFixture[str]) -> Bench:
    """Run one command in this process."""

    def run(*argv: str | Path) -> Done:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in argv])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Done(int(ended.value.code or 0), said.out, said.err)

    return run
