"""Which block devices are refused, each with its reason, and that an empty one is used: real ones, really signed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from shells import Place, Shell

from bench.config.catalogue import load_suites
from bench.measure import posix
from bench.measure.plan import case_of
from bench.model import Context, Role
from bench.resources import data_folder
from tests.measure.loops import Device, loop_device, mounted, needs, partition, run, stable_name
from tests.measure.signatures import SIGNATURES

pytestmark = pytest.mark.one_at_a_time("devices")

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shell(all_shells: list[Shell]) -> Shell:
    """One is enough here; test_device_guard.py asks them all."""
    return all_shells[0]


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    with loop_device(tmp_path, mib=64) as made:
        yield made


def refusals(shell: Shell, name: str) -> list[str]:
    """Why a device is refused; nothing when it is free."""
    lines = shell.run(posix.guard_device(name)).stdout.decode().splitlines()
    refused = [line.removeprefix("refused ") for line in lines if line.startswith("refused ")]
    assert ("free" in lines) is not bool(refused), lines
    return refused


def said(shell: Shell, name: str, reason: str) -> bool:
    found = refusals(shell, name)
    assert any(reason in one for one in found), found
    return True


# --- signatures ---


@pytest.mark.parametrize("kind", SIGNATURES)
def test_what_carries_a_signature_is_refused(shell: Shell, device: Device, kind: str) -> None:
    signature, make = SIGNATURES[kind]
    make(device)
    (reason,) = refusals(shell, device.link)
    assert reason.startswith("it carries a signature: ")
    assert f" {signature} " in f"{reason} "


# --- use ---


def test_a_mounted_device_is_refused(shell: Shell, device: Device, tmp_path: Path) -> None:
    with mounted(device.node, tmp_path / "mnt"):
        found = refusals(shell, device.link)
        assert {"it is mounted", "something holds it exclusively"} <= set(found)
    run("wipefs", "-aq", device.node)
    assert refusals(shell, device.link) == []


def test_what_is_mounted_is_refused_even_when_its_signature_was_wiped(
    shell: Shell, device: Device, tmp_path: Path
) -> None:
    with mounted(device.node, tmp_path / "mnt"):
        os.sync()
        run("wipefs", "-aqf", device.node)
        assert said(shell, device.link, "it is mounted")


def test_a_file_system_with_a_number_of_its_own_is_found_by_name(shell: Shell, tmp_path: Path) -> None:
    needs("mkfs.btrfs")
    with loop_device(tmp_path, mib=160) as device, mounted(device.node, tmp_path / "mnt", "btrfs"):
        assert said(shell, device.link, "it is mounted")


def test_swap_in_use_is_refused(shell: Shell, device: Device) -> None:
    SIGNATURES["swap"][1](device)
    done = subprocess.run(["swapon", device.node], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no swap here: {done.stderr}")
    try:
        assert said(shell, device.link, "it is used as swap")
    finally:
        run("swapoff", device.node)


@contextmanager
def holding(node: str, flags: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has a device open."""
    code = f"import os, sys; os.open(sys.argv[1], {flags}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        ["/usr/bin/env", "python3", "-c", code, node], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"open\n"
        yield holder
        holder.stdin.close()


def test_what_is_held_exclusively_is_refused(shell: Shell, device: Device) -> None:
    with holding(device.node, "os.O_RDONLY | os.O_EXCL"):
        assert said(shell, device.link, "something holds it exclusively")
    assert refusals(shell, device.link) == []


def test_what_somebody_has_open_is_refused_with_his_name(shell: Shell, device: Device) -> None:
    """A database on a raw device holds it open like this."""
    with holding(device.node, "os.O_RDWR") as holder:
        assert said(shell, device.link, f"process {holder.pid} (python")
    assert refusals(shell, device.link) == []


def test_what_another_loop_device_lies_on_is_refused(shell: Shell, device: Device, tmp_path: Path) -> None:
    with loop_device(tmp_path, backing=device.node) as upper:
        assert said(shell, device.link, f"{Path(upper.node).name} is built on it")


def test_what_device_mapper_is_built_on_is_refused(shell: Shell, device: Device) -> None:
    needs("dmsetup")
    if subprocess.run(["dmsetup", "version"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this kernel has no device mapper")
    name = f"vmbench-test-{os.getpid()}"
    run("dmsetup", "create", name, data=f"0 16384 linear {device.node} 0\n".encode())
    try:
        assert said(shell, device.link, "is built on it")
    finally:
        run("dmsetup", "remove", name)


# --- partitions ---


def test_a_disk_with_partitions_is_refused_and_an_unused_partition_is_free(shell: Shell, device: Device) -> None:
    with partition(device, 1, 1, 16) as part:
        assert refusals(shell, device.link) == ["it has partitions"]
        assert refusals(shell, part.link) == []


def test_a_partition_of_a_disk_that_is_in_use_is_refused(shell: Shell, device: Device, tmp_path: Path) -> None:
    with partition(device, 1, 1, 16) as first, partition(device, 2, 20, 16) as second:
        with mounted(first.node, tmp_path / "mnt"):
            name = Path(first.node).name
            assert refusals(shell, second.link) == [f"{name} of the same disk is mounted"]
            assert said(shell, device.link, "it has partitions")
        assert refusals(shell, second.link) == []


def test_the_disk_below_root_is_refused(shell: Shell) -> None:
    """Where root lies on a block device at all: by that device's own number, whatever /dev calls it."""
    number = Path("/").stat().st_dev
    found = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if not found.exists():
        pytest.skip("root does not lie on a block device")
    node = Path("/dev") / found.resolve().name
    if not node.exists():
        pytest.skip(f"{node} is not here")
    with stable_name(str(node)) as link:
        assert said(shell, link, "it is mounted")


# --- devices that are none, or not to be written ---


def test_what_cannot_be_written_is_refused(shell: Shell, tmp_path: Path) -> None:
    with loop_device(tmp_path, "--read-only") as device:
        assert said(shell, device.link, "it is read-only")


def test_a_loop_device_with_nothing_behind_it_is_refused(shell: Shell, tmp_path: Path) -> None:
    with loop_device(tmp_path) as device:
        node = device.node
    with stable_name(node) as link:
        assert said(shell, link, "it has no size: nothing is behind it")


@pytest.mark.parametrize("name", ["/dev/disk/by-id/absent", "/dev/disk/by-id", "/dev/null"])
def test_what_is_no_block_device_is_refused(shell: Shell, name: str) -> None:
    assert refusals(shell, name) == ["it is not a block device"]


def test_a_name_that_only_looks_stable_is_refused(shell: Shell, device: Device) -> None:
    assert said(shell, device.node, "its name is not a stable id")
    assert said(shell, f"/dev/disk/by-id/../../{Path(device.node).name}", "its name is not a stable id")
    twice = str(Path(device.link).parent / "." / "..") + f"/by-id/{Path(device.link).name}"
    assert said(shell, twice, "its name is not a stable id")


# --- use by fio ---


def test_an_empty_listed_device_is_written_by_fio(shell: Shell, device: Device, tmp_path: Path) -> None:
    needs("fio")
    tool = tmp_path / "tool" / "bin"
    tool.mkdir(parents=True)
    (tool / "fio").symlink_to(str(shutil.which("fio")))
    loaded = load_suites([data_folder("suites")])["fio"]
    params = {one.name: one.default for one in loaded.suite.parameters}
    params |= {"rw": "randwrite", "runtime_s": 1, "ramp_s": 0, "size_mib": 8, "ioengine": "psync", "direct": False}
    for number in (1, 2):
        place = Place(shell, tmp_path / "jobs" / f"t0000000-fio{number}", f"t0000000-fio{number}")
        context = Context(Role.SINGLE, str(tool.parent), str(place.folder), device.link, True, 1, "", "")
        job = loaded.steps(case_of(loaded, loaded.suite.cases[0].name), params, context)
        state = shell.state(posix.launch(place.job_id, str(place.folder), job, "", "echo probed", device.link))
        assert state.fresh, state
        assert place.done()["exit_code"] == 0, place.read("stderr")
        assert loaded.parse((place.folder / "out" / "fio.json").read_bytes(), "fio.json").measurements
    assert any(Path(device.node).read_bytes()[: 8 << 20])
    assert not any(Path(device.node).read_bytes()[8 << 20 :])
