"""What a launch says on a disk that is full, on a real small file system."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from shells import Place, Shell, spec


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "vmbench-test", folder]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("nothing can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_named(shell: Shell, small: Path) -> None:
    place = Place(shell, small / "jobs" / "t0000000-full", "t0000000-full")
    fill = ["dd", "if=/dev/zero", f"of={small / 'filler'}", "bs=4k"]
    assert b"No space" in subprocess.run(fill, capture_output=True, check=False).stderr
    state = place.launch(spec("echo never"))
    assert state.word == "refused"
    assert "its disk is full: 0 KiB free" in state.detail
    assert not (place.folder / "claim").exists()


def test_a_job_that_does_not_start_says_how_much_is_free(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.measure import posix

    whole = posix.resource
    monkeypatch.setattr(posix, "resource", lambda name: ":" if name == "start.sh" else whole(name))
    state = Place(shell, tmp_path / "jobs" / "t0000000-idle", "t0000000-idle").launch(spec("echo never"))
    assert state.word == "staged"
    assert "KiB free; is setsid installed?)" in state.detail


def test_a_disk_without_room_for_a_file_is_named(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "few"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=5", "vmbench-test", folder]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("nothing can be mounted here")
    try:
        state = Place(shell, folder / "jobs" / "t0000000-full", "t0000000-full").launch(spec("echo never"))
        assert state.word == "refused"
        if shell.name != "busybox":  # its df may count no files
            assert "its disk is full: room for" in state.detail
    finally:
        subprocess.run(["umount", folder], check=True)
