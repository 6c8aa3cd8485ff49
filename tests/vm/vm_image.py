"""What the virtual machine of the test boots from: a Debian 12 root disk made once, and a boot disk made per machine.

Nothing is mounted, no loop device is used: the root disk is a bare ext4 file system that `mke2fs -d` fills, the boot
disk a bare FAT file system with syslinux on it, whose configuration the "guest patch" of the test edits.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

RELEASE = "bookworm"
PACKAGES = (
    "kmod",
    "linux-image-cloud-amd64",
    "linux-perf",
    "openssh-server",
    "procps",
    "sudo",
    "systemd-sysv",
    "udev",
)
TOOLS = ("debootstrap", "mke2fs", "mkfs.vfat", "mcopy", "syslinux", "qemu-system-x86_64", "ssh-keygen")
ROOT_MIB, BOOT_MIB = 4096, 64
CACHE = Path(__file__).parent / ".cache"
"""Ignored by git."""

_COMMON = "root=/dev/vdb rw console=ttyS0 loglevel=4 systemd.show_status=1 net.ifnames=0"
BOOT_MENU = f"""\
SERIAL 0 115200
DEFAULT unpatched
PROMPT 0
TIMEOUT 0
LABEL unpatched
  LINUX vmlinuz
  INITRD initrd.img
  APPEND {_COMMON} mitigations=off
LABEL patched
  LINUX vmlinuz
  INITRD initrd.img
  APPEND {_COMMON} pti=on
"""
"""syslinux.cfg: the first line that says DEFAULT decides what the next boot starts."""

# mount options: sshd reads its keys from the boot disk, and wants them private.
_FILES = {
    "etc/fstab": "/dev/vdb / ext4 defaults 0 1\n/dev/vda /boot vfat umask=077,sync 0 0\n",
    "etc/hostname": "bench-vm\n",
    "etc/hosts": "127.0.0.1 localhost bench-vm\n",
    "etc/systemd/network/eth0.network": "[Match]\nName=eth0\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n",
    "etc/ssh/sshd_config.d/test.conf": (
        "HostKey /run/host_key\nAuthorizedKeysFile /run/authorized_keys\nUseDNS no\nPasswordAuthentication no\n"
    ),
    "etc/systemd/system/ssh.service.d/keys.conf": (
        "[Unit]\nRequiresMountsFor=/boot\n[Service]\nExecStartPre=\n"
        "ExecStartPre=/usr/bin/install -m 600 /boot/host_key /run/host_key\n"
        "ExecStartPre=/usr/bin/install -m 644 /boot/authorized_keys /run/authorized_keys\n"
        "ExecStartPre=/usr/sbin/sshd -t\n"
    ),
    "etc/sudoers.d/bench": "bench ALL=(ALL) NOPASSWD: ALL\n",
    "etc/initramfs-tools/conf.d/small": "MODULES=list\nCOMPRESS=zstd\n",
    "etc/initramfs-tools/modules": "virtio_pci\nvirtio_blk\n",
    "etc/modules-load.d/boot.conf": "vfat\nnls_cp437\nnls_ascii\n",
}
_SETTLE = """\
set -e
update-initramfs -u -k all
useradd -m -s /bin/bash bench
systemctl enable systemd-networkd.service ssh.service
systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
    fstrim.timer systemd-networkd-wait-online.service getty@tty1.service serial-getty@ttyS0.service \
    getty-static.service \
    dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
    sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount systemd-binfmt.service systemd-pstore.service \
    systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-logind.service \
    modprobe@configfs.service modprobe@drm.service modprobe@efi_pstore.service modprobe@fuse.service
rm -rf /var/cache/apt /var/lib/apt/lists /usr/share/doc /usr/share/man /usr/share/locale /etc/ssh/ssh_host_*
"""
"""Run in the new root: a small initramfs, little that makes a boot longer, and nothing that wakes up by itself."""


class ImageError(Exception):
    """The image cannot be made here; says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class Image:
    """A root disk that is never written to, and the kernel and initramfs that belong to it."""

    root: Path
    kernel: Path
    initrd: Path
    built_in_s: float
    """0 when it was there."""


def image() -> Image:
    """The image of this recipe, from the cache or made now; ImageError when it cannot be made."""
    key = hashlib.sha256(
        "\0".join((RELEASE, *PACKAGES, str(ROOT_MIB), *_FILES, *_FILES.values(), _SETTLE)).encode()
    ).hexdigest()[:16]
    folder = CACHE / key
    _check_tools()
    CACHE.mkdir(exist_ok=True)
    started = time.monotonic()
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        there = (folder / "root.img").exists()
        if not there:
            for other in CACHE.iterdir():
                if other.is_dir():
                    shutil.rmtree(other)
            _build(folder)
    built = 0.0 if there else time.monotonic() - started
    return Image(folder / "root.img", folder / "vmlinuz", folder / "initrd.img", built)


def boot_disk(made: Image, folder: Path, public_key: Path, host_key: Path) -> Path:
    """A boot disk for one machine, with its keys on it."""
    disk = folder / "boot.img"
    with disk.open("wb") as file:
        file.truncate(BOOT_MIB << 20)
    menu = folder / "syslinux.cfg"
    menu.write_text(BOOT_MENU)
    _run("mkfs.vfat", "-F", "32", disk)
    _run("syslinux", "--install", disk)
    for source, name in (
        (made.kernel, "vmlinuz"),
        (made.initrd, "initrd.img"),
        (menu, "syslinux.cfg"),
        (public_key, "authorized_keys"),
        (host_key, "host_key"),
    ):
        _run("mcopy", "-i", disk, source, f"::{name}")
    return disk


def _check_tools() -> None:
    missing = [tool for tool in TOOLS if shutil.which(tool, path=_path()) is None]
    if missing:
        raise ImageError(f"not installed: {', '.join(missing)}. `sh scripts/setup.sh vm` installs the Debian packages")


def _build(folder: Path) -> None:
    if os.geteuid() != 0:
        raise ImageError("debootstrap needs root to make the image. Run `make test-vm` as root")
    work = Path(tempfile.mkdtemp(prefix="building-", dir=CACHE))
    root = work / "root"
    try:
        _run("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", RELEASE, root, mirror())
        for name, text in {**_FILES, "etc/machine-id": f"{uuid.uuid4().hex}\n"}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (root / "etc/sudoers.d/bench").chmod(0o440)
        _run("chroot", root, "/bin/sh", "-c", _SETTLE)
        made = work / "made"
        made.mkdir()
        for name in ("vmlinuz", "initrd.img"):
            (found,) = (root / "boot").glob(f"{name}-*")
            shutil.move(found, made / name)
        _run("mke2fs", "-q", "-t", "ext4", "-d", root, made / "root.img", f"{ROOT_MIB}M")
        made.rename(folder)
    finally:
        shutil.rmtree(work)


def mirror() -> str:
    """The Debian mirror that this machine's apt uses."""
    listed = _run("apt-get", "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)")
    for line in listed.splitlines():
        release, component, *address = line.split()
        if (release, component) == (RELEASE, "main") and address:
            return address[0]
    raise ImageError(f"apt here has no Debian mirror with {RELEASE}/main: add one to /etc/apt/sources.list")


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def _run(*words: str | Path) -> str:
    """What a command prints; ImageError with its last lines when it fails."""
    env = {**os.environ, "PATH": _path(), "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", "MTOOLS_SKIP_CHECK": "1"}
    done = subprocess.run(
        list(map(str, words)), env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise ImageError(f"{' '.join(map(str, words[:2]))} failed with exit code {done.returncode}:\n{tail}")
    return done.stdout
