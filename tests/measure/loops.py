"""Block devices for tests: loop devices with a stable name, and partitions of them, real ones that are taken away."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

LINKS = Path("/dev/disk/by-id")
_NUMBERS = itertools.count()


@dataclass(frozen=True, slots=True)
class Device:
    """A block device: its node (`/dev/loop3`), its stable name, and the file behind it."""

    node: str
    link: str
    image: Path

    @property
    def number(self) -> str:
        """`7:3`."""
        device = Path(self.node).stat().st_rdev
        return f"{os.major(device)}:{os.minor(device)}"


def run(*argv: str | Path, data: bytes = b"") -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(argv, input=data, capture_output=True, check=False)
    assert done.returncode == 0, f"{argv}: {done.stderr.decode()}"
    return done.stdout.decode()


def needs(*commands: str) -> None:
    """Skip where a command is missing."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    if missing := [name for name in commands if not shutil.which(name, path=path)]:
        pytest.skip(f"not installed: {', '.join(missing)}")


@contextmanager
def loop_device(folder: Path, *options: str, mib: int = 16, backing: str = "") -> Iterator[Device]:
    """An empty loop device with a name in /dev/disk/by-id. backing: a device to lie on, instead of a new file."""
    needs("losetup", "wipefs")
    if os.getuid() != 0:
        pytest.skip("a loop device needs root")
    image = Path(backing or folder / f"disk{next(_NUMBERS)}.img")
    if not backing:
        image.touch()
        os.truncate(image, mib << 20)
    made = subprocess.run(["losetup", "--find", "--show", *options, image], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"no loop device here: {made.stderr.strip()}")
    node = made.stdout.strip()
    try:
        with stable_name(node) as link:
            yield Device(node, link, image)
    finally:
        subprocess.run(["losetup", "--detach", node], check=True)


@contextmanager
def stable_name(node: str) -> Iterator[str]:
    """A name of a device in /dev/disk/by-id."""
    missing = [folder for folder in (LINKS, LINKS.parent) if not folder.exists()]
    link = LINKS / f"vmbench-test-{os.getpid()}-{next(_NUMBERS)}"
    try:
        LINKS.mkdir(parents=True, exist_ok=True)
        link.symlink_to(node)
        yield str(link)
    finally:
        link.unlink(missing_ok=True)
        for folder in missing:
            if not any(folder.iterdir()):
                folder.rmdir()


@contextmanager
def partition(disk: Device, number: int, start_mib: int, size_mib: int) -> Iterator[Device]:
    """A partition that the kernel is told of; this works also where it reads no partition tables by itself."""
    needs("addpart", "delpart")
    run("addpart", disk.node, str(number), str(start_mib << 11), str(size_mib << 11))
    node = f"{disk.node}p{number}"
    made = not Path(node).exists()
    try:
        if made:  # where /dev is no devtmpfs
            text = Path(f"/sys/class/block/{Path(node).name}/dev").read_text()
            major, minor = map(int, text.split(":"))
            os.mknod(node, stat.S_IFBLK | 0o600, os.makedev(major, minor))
        with stable_name(node) as link:
            yield Device(node, link, disk.image)
    finally:
        run("delpart", disk.node, str(number))
        if made:
            Path(node).unlink(missing_ok=True)


@contextmanager
def mounted(node: str, folder: Path, kind: str = "ext4") -> Iterator[None]:
    """A new file system on a device, mounted."""
    needs(f"mkfs.{kind}")
    run(f"mkfs.{kind}", "-q", *(["-F"] if kind == "ext4" else ["-f"]), node)
    folder.mkdir(parents=True)
    run("mount", "-t", kind, node, folder)
    try:
        yield
    finally:
        run("umount", folder)
