"""A machine that can be rebooted without harm: an sshd with process ids, boot id, load and systemctl of its own.

Its sshd is the first process of a pid namespace, so ending it ends the machine with everything that runs on it; a
supervisor then boots it again. Nothing in there can reach the commands that would reboot the machine under it.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.measure.sandbox import Sandbox
from bench.model import Target
from tests.waiting import until

TOOLS = ("unshare", "mount", "setpriv", "sshd")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_SUPERVISOR = """\
cd "$1" || exit 1
while :; do
    while [ -e dead ]; do sleep 0.05; done
    [ -e same ] || cat /proc/sys/kernel/random/uuid >boot_id
    echo boot >>boots
    setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc sh ./init "$2" "$3"
done
"""
# The home is empty: what start-up files do there (and its locks) must not be cut off when the machine ends.
_INIT = """\
mount --bind boot_id /proc/sys/kernel/random/boot_id && mount --bind loadavg /proc/loadavg &&
    mount -t tmpfs tmpfs /run && mkdir -p /run/sshd /run/systemd/system && mount -t tmpfs tmpfs "$HOME" || exit 1
for name in systemctl reboot shutdown; do
    real=$(readlink -f "$(command -v "$name")") && [ -n "$real" ] || continue
    mount --bind fake "$real" || exit 1
done
exec "$1" -D -e -f "$2"
"""
# Stands for systemctl, reboot and shutdown. What happens is said by the files beside it.
_FAKE = """\
#!/bin/sh
case ${0##*/} in systemctl) word=$1 ;; *) word=reboot ;; esac
cd FOLDER || exit 1
case $word in
    is-system-running) cat state ;;
    reboot)
        [ ! -e refused ] || { echo "a shutdown inhibitor is active" >&2; exit 1; }
        echo asked >>asked
        [ -e stubborn ] || (sleep 0.3; kill -TERM 1) >/dev/null 2>&1 & ;;
esac
"""


@dataclass(slots=True)
class Bootable:
    """The machine. Files in its folder steer it: `dead`, `same`, `stubborn`, `refused`, `state`, `loadavg`."""

    folder: Path
    box: Sandbox
    port: int
    process: subprocess.Popen[bytes]

    def target(self, name: str = "m") -> Target:
        """How it is reached."""
        return Target(
            name,
            "127.0.0.1",
            "127.0.0.1",
            port=self.port,
            identity_file=str(self.box.identity),
            known_hosts=str(self.box.known_hosts),
            base=str(self.folder / "base"),
            ssh_config=os.devnull,
        )

    def boot_id(self) -> str:
        """The present one."""
        return (self.folder / "boot_id").read_text().strip()

    def asked(self) -> int:
        """How often it was told to reboot."""
        path = self.folder / "asked"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def set(self, name: str, text: str = "") -> None:
        """Make a file that steers it, in place: it may be mounted."""
        (self.folder / name).write_text(text)

    def unset(self, name: str) -> None:
        (self.folder / name).unlink()

    def inventory(self, path: Path) -> Path:
        """An inventory with this machine as `m`."""
        path.write_text(
            f"known_hosts: {self.box.known_hosts}\nssh_config: /dev/null\ntargets:\n  m:\n    address: 127.0.0.1\n"
            f"    port: {self.port}\n    identity_file: {self.box.identity}\n    base: {self.folder / 'base'}\n"
        )
        return path


def why_not() -> str:
    """Why there cannot be such a machine here, "" when there can."""
    missing = [tool for tool in TOOLS if shutil.which(tool, path=f"{os.environ.get('PATH', '')}:{PATH}") is None]
    if missing or os.geteuid() != 0:
        return f"needs root, and {', '.join(TOOLS)}"
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "mount", "-t", "tmpfs", "tmpfs", "/run"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"no namespaces of its own here: {tried.stderr.strip()}" if tried.returncode else ""


@contextmanager
def bootable(folder: Path, box: Sandbox) -> Iterator[Bootable]:
    """A machine that runs as long as the `with`."""
    folder.mkdir()
    (folder / "bin").mkdir()
    fake = folder / "fake"
    fake.write_text(_FAKE.replace("FOLDER", str(folder)))
    fake.chmod(0o755)
    for name in ("systemctl", "reboot", "shutdown"):
        shutil.copy(fake, folder / "bin" / name)
    (folder / "init").write_text(_INIT)
    (folder / "state").write_text("running\n")
    (folder / "loadavg").write_text("0.10 0.10 0.10 1/100 1000\n")
    (folder / "boot_id").write_text("")
    daemon = box.start(options=[f"SetEnv PATH={folder / 'bin'}:{PATH} SHLVL=1"])  # writes configuration and known_hosts
    box.stop(daemon)
    sshd = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:{PATH}") or "sshd"
    config = box.folder / f"sshd_config_{daemon.port}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "sh", "-c", _SUPERVISOR, "supervisor", folder, sshd, config],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    made = Bootable(folder, box, daemon.port, process)
    try:
        _await(made)
        yield made
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await(made: Bootable) -> None:
    """Until its sshd greets."""

    def greets() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", made.port), timeout=10) as sock:
            return sock.recv(3) == b"SSH"
        return False

    try:
        until(greets)
    except AssertionError:
        raise AssertionError(f"the machine does not boot: {(made.folder / 'log').read_text()[-500:]}") from None
