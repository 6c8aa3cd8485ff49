"""What a disk may carry that makes it somebody's: signatures written to a device, by the tools that normally do."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from tests.measure.loops import Device, needs, run


def md_member(device: Device) -> None:
    """The superblock of a RAID 1 of two disks, version 1.2, at 4 KiB: md itself is not needed for it."""
    block = bytearray(256 + 2 * 2)
    struct.pack_into("<IIII", block, 0, 0xA92B4EFC, 1, 0, 0)
    block[16:32] = bytes(range(16))
    block[32:42] = b"vmbench:md"
    sectors = 32 << 11
    struct.pack_into("<QIIQII", block, 64, 0, 1, 0, sectors, 0, 2)
    struct.pack_into("<QQQ", block, 128, 2048, sectors, 8)
    struct.pack_into("<I", block, 220, 2)
    total = sum(struct.unpack(f"<{len(block) // 4}I", block))
    struct.pack_into("<I", block, 216, (total & 0xFFFFFFFF) + (total >> 32) & 0xFFFFFFFF)
    with Path(device.node).open("r+b") as file:
        file.seek(4096)
        file.write(block)


def luks(version: str) -> Callable[[Device], None]:
    def make(device: Device) -> None:
        needs("cryptsetup")
        cheap = ("--pbkdf", "pbkdf2") if version == "luks2" else ()
        words = ("--batch-mode", "--type", version, *cheap, "--pbkdf-force-iterations", "1000", device.node, "-")
        run("cryptsetup", "luksFormat", *words, data=b"pass")

    return make


def lvm(device: Device) -> None:
    needs("pvcreate")
    run("pvcreate", "-q", "-ff", "-y", device.node)


def table(label: str) -> Callable[[Device], None]:
    def make(device: Device) -> None:
        needs("sfdisk")
        run(
            "sfdisk", "-q", "--no-reread", "--no-tell-kernel", device.node, data=f"label: {label}\n2048,8192\n".encode()
        )

    return make


def ext4(device: Device) -> None:
    needs("mkfs.ext4")
    run("mkfs.ext4", "-q", "-F", device.node)


def swap_space(device: Device) -> None:
    needs("mkswap")
    run("mkswap", device.node)


SIGNATURES: dict[str, tuple[str, Callable[[Device], None]]] = {
    "ext4": ("ext4", ext4),
    "MBR": ("dos", table("dos")),
    "GPT": ("gpt", table("gpt")),
    "LVM": ("LVM2_member", lvm),
    "RAID": ("linux_raid_member", md_member),
    "LUKS1": ("crypto_LUKS", luks("luks1")),
    "LUKS2": ("crypto_LUKS", luks("luks2")),
    "swap": ("swap", swap_space),
}
"""Kind → the type that wipefs says, and what makes it."""
