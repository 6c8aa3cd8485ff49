"""What is printed or written to a full disk: one sentence, or nothing where nothing can be said; no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_import import ROOT, STORY

from tests.chaos.disks import can_mount, small


def bench(folder: Path, *words: object, out: Path | None = None, err: Path | None = None) -> tuple[int, str]:
    """Exit code and what was said on the stream that is not given."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", *map(str, words)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=out.open("w") if out else subprocess.PIPE,
        stderr=err.open("w") if err else subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, (done.stdout or "") + (done.stderr or "")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    """A workspace whose run store and whose folder `full` are on a disk that is full."""
    if not can_mount():
        pytest.skip("nothing can be mounted here")
    folder = tmp_path / "w"
    folder.mkdir()
    (folder / "campaign.yaml").touch()
    with small(folder / "runs", "size=2m"):
        assert bench(folder, "import", "table", STORY, "-c", "a")[0] == 0
        with (folder / "runs" / ".filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"x" * 4096)
            except OSError:
                pass
        yield folder


def test_what_only_reads_works_on_a_full_disk(workspace: Path) -> None:
    code, said = bench(workspace, "compare", "pre-maintenance", "post-host-patch")
    assert code == 0, said
    assert bench(workspace, "verify")[0] == 0


def test_a_report_says_that_it_could_not_be_written_and_leaves_none(workspace: Path) -> None:
    code, said = bench(workspace, "report", "-o", "runs/r.html")
    assert code == 1
    assert "cannot be written (No space left on device)" in said
    assert "Traceback" not in said
    assert not (workspace / "runs" / "r.html").exists()


def test_an_import_on_a_full_disk_leaves_nothing(workspace: Path) -> None:
    code, said = bench(workspace, "import", "table", STORY, "-c", "b")
    assert code == 1
    assert "No space left on device" in said
    assert "Traceback" not in said
    (workspace / "runs" / ".filler").unlink()
    code, said = bench(workspace, "import", "table", STORY, "-c", "b")
    assert code == 0, said
    assert bench(workspace, "verify")[0] == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [("suites",), ("suites", "--json"), ("runs", "--json")])
def test_standard_output_on_a_full_disk_is_an_error(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "campaign.yaml").touch()
    code, said = bench(tmp_path, *words, out=Path("/dev/full"))
    assert code == 1
    assert "error: standard output: cannot be written (No space left on device)" in said.splitlines()[-1]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_log_on_a_full_disk_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "campaign.yaml").touch()
    code, _ = bench(tmp_path, "import", "table", STORY, err=Path("/dev/full"))
    assert code == 0
