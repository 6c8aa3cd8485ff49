"""A block device is asked before every start of a job, on a real loop device and with a real filesystem."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from shells import Place, Shell, spec

from bench.measure import posix
from bench.model import JobSpec
from tests.measure.loops import loop_device, needs

pytestmark = pytest.mark.one_at_a_time("devices")

OVERWRITE = "dd if=/dev/urandom of={} bs=64k count=16 conv=notrunc,fsync 2>/dev/null && echo written"


@pytest.fixture
def device(tmp_path: Path) -> Iterator[str]:
    """A stable name of an empty loop device of 16 MiB."""
    needs("mkfs.ext4")
    with loop_device(tmp_path) as made:
        yield made.link


def launch(place: Place, job: JobSpec, device: str) -> posix.JobState:
    return place.shell.state(posix.launch(place.job_id, str(place.folder), job, "", "echo probed", device))


def at(shell: Shell, folder: Path, name: str) -> Place:
    return Place(shell, folder / "jobs" / name, name)


def test_a_filesystem_made_between_two_repetitions_is_not_overwritten(
    shell: Shell, tmp_path: Path, device: str
) -> None:
    job = spec(OVERWRITE.format(device))
    for name in ("t0000000-first", "t0000000-second"):
        place = at(shell, tmp_path, name)
        assert launch(place, job, device).fresh
        place.done()
        assert place.read("stdout") == "written\n"
    subprocess.run(["mkfs.ext4", "-q", "-F", device], check=True)
    before = Path(device).read_bytes()
    third = at(shell, tmp_path, "t0000000-third")
    state = launch(third, job, device)
    assert (state.word, state.fresh) == ("refused", False)
    assert "it carries a signature" in state.detail
    assert not third.folder.exists()
    assert Path(device).read_bytes() == before


def test_a_device_that_holds_a_running_job_is_attached_to(shell: Shell, tmp_path: Path, device: str) -> None:
    place = at(shell, tmp_path, "t0000000-running")
    assert launch(place, spec("sleep 300"), device).fresh
    subprocess.run(["mkfs.ext4", "-q", "-F", device], check=True)
    assert launch(place, spec("sleep 300"), device).word == "running"
    assert place.stop().word == "done"


def test_an_empty_device_is_free_and_its_plain_name_is_refused(shell: Shell, device: str) -> None:
    number = Path(device).stat().st_rdev
    said = shell.run(posix.guard_device(device)).stdout.decode()
    assert said == f"number {os.major(number)}:{os.minor(number)}\nfree\n"
    plain = shell.run(posix.guard_device(os.path.realpath(device))).stdout
    assert plain.startswith(b"refused its name is not a stable id")


def test_a_device_that_the_account_cannot_write_is_refused(shell: Shell, device: str) -> None:
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is not installed")
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *shell.argv, "-c"]
    said = subprocess.run([*as_nobody, posix.guard_device(device)], capture_output=True, text=True, check=False).stdout
    assert "refused the account cannot read and write it: add the account to group disk" in said
    assert "free" not in said.splitlines()


def test_a_refusal_that_says_nothing_is_a_refusal(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posix, "guard_device", lambda device: ":")
    place = at(shell, tmp_path, "t0000000-silent")
    state = launch(place, spec("true"), "/dev/disk/by-id/x")
    assert (state.word, "it gave no answer" in state.detail) == ("refused", True)
    assert not place.folder.exists()


def test_a_name_that_leads_elsewhere_when_the_job_begins_is_not_followed(
    shell: Shell, tmp_path: Path, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = posix.guard_device
    with loop_device(tmp_path) as other:
        swap = f"ln -sfn {other.node} {device}"
        monkeypatch.setattr(posix, "guard_device", lambda name: f"{whole(name)}\n{swap}")
        place = at(shell, tmp_path, "t0000000-swapped")
        first = os.path.realpath(device)
        assert launch(place, spec(OVERWRITE.format(device)), device).fresh
        done = place.done()
        assert (done["exit_code"], done["step"]) == (125, 0)
        assert f"and to {other.number} now: nothing was written" in place.read("stderr")
        assert not (place.folder / "stdout").exists()
        assert not any(Path(first).read_bytes())
        assert not any(Path(other.node).read_bytes())


def test_a_job_without_a_device_asks_for_none(shell: Shell, tmp_path: Path) -> None:
    place = at(shell, tmp_path, "t0000000-none")
    launch(place, spec("ls"), "")
    assert place.done()["exit_code"] == 0
    assert "device" not in place.read("stdout").split()
