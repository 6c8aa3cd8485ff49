"""Private sshd processes on loopback ports: real SSH targets on this machine, for the demo and for tests.

They run as the current user with host and user keys of their own in one folder; no system configuration is touched
and root is not needed. `cpus` pins a daemon, and so everything that is started through it.
"""

from __future__ import annotations

import getpass
import itertools
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.errors import TransportError

START_TIMEOUT_S = 60.0
_PRIVSEP = Path("/run/sshd")
_PASSING_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST_PORT = 10_000
_MOST_TRIES = 1_000

_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PermitUserEnvironment no
AllowTcpForwarding yes
MaxStartups 100:30:200
MaxSessions 100
Subsystem sftp internal-sftp
LogLevel VERBOSE
SetEnv SHLVL=1
"""
"""SHLVL: bash reads ~/.bashrc over SSH in an outermost shell only. A person's own takes its time, and may take locks
(pyenv) that a session which is killed leaves behind: then every login waits."""


@dataclass(frozen=True, slots=True)
class Sshd:
    """One running daemon."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path


class Sandbox:
    """Keys and daemons below one folder; `close` ends every daemon and its sessions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.user = getpass.getuser()
        self.identity = folder / "user_key"
        self.known_hosts = folder / "known_hosts"
        self._daemons: list[Sshd] = []
        sshd = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if sshd is None or shutil.which("ssh-keygen") is None:
            raise TransportError(
                "sshd is not installed", remedy="Install it: `sudo apt-get install openssh-server` (or use `make demo`)"
            )
        self._sshd = sshd

    def prepare(self) -> None:
        """Make the folder and the keys."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in ("host_key", "user_key"):
            _run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "vmbench", "-f", str(self.folder / name)])
        shutil.copyfile(self.folder / "user_key.pub", self.folder / "authorized_keys")
        if os.geteuid() == 0 and not _PRIVSEP.exists():
            # sshd started by root insists on this empty runtime folder; the system's own unit makes the same. It stays:
            # another sandbox may be using it.
            _PRIVSEP.mkdir(mode=0o755, exist_ok=True)

    def start(self, *, cpus: Iterable[int] = (), port: int | None = None, options: Iterable[str] = ()) -> Sshd:
        """Start a daemon, pinned to `cpus` when given, and wait until it listens.

        options: further lines of its sshd_config, instead of ours of the same name.
        """
        port = port or free_port()
        config = self.folder / f"sshd_config_{port}"
        lines = list(options)
        own = {line.split()[0] for line in itertools.takewhile(lambda line: not line.startswith("Match "), lines)}
        text = _CONFIG.format(port=port, folder=self.folder).splitlines()
        config.write_text("\n".join([*(line for line in text if line.split()[0] not in own), *lines, ""]), "utf-8")
        log = self.folder / f"sshd_{port}.log"
        pin = ["taskset", "-c", ",".join(map(str, cpus))] if cpus else []
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603  # fixed argv, no shell
                [*pin, self._sshd, "-D", "-e", "-f", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        daemon = Sshd(port, process, log)
        self._daemons.append(daemon)
        _await_listening(daemon)
        key = (self.folder / "host_key.pub").read_text("utf-8").split()
        with self.known_hosts.open("a", encoding="utf-8") as file:
            file.write(f"[127.0.0.1]:{port} {key[0]} {key[1]}\n")
        return daemon

    def stop(self, daemon: Sshd) -> None:
        """End one daemon and the sessions it forked."""
        _end(daemon)
        if daemon in self._daemons:
            self._daemons.remove(daemon)

    def close(self) -> None:
        """End everything; the folder is the caller's to delete."""
        for daemon in list(self._daemons):
            self.stop(daemon)


def free_port() -> int:
    """A loopback TCP port that nothing listens on at the moment; see `free_ports`."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Different loopback TCP ports that nothing listens on at the moment.

    They lie below those that Linux gives to outgoing connections, so that none of these takes one before it is used.
    """
    found: list[int] = []
    for port in random.SystemRandom().sample(range(_LOWEST_PORT, _first_passing_port()), _MOST_TRIES):
        with socket.socket() as sock, suppress(OSError):
            sock.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise TransportError("no free TCP ports", remedy="End what listens on so many ports of this machine")


def _first_passing_port() -> int:
    """Where the ports of outgoing connections begin."""
    try:
        first = int(_PASSING_PORTS.read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        first = 0
    return first if first >= _LOWEST_PORT + _MOST_TRIES else 32768


@contextmanager
def sandbox(folder: Path) -> Iterator[Sandbox]:
    """A prepared sandbox that is closed at the end of the `with`."""
    made = Sandbox(folder)
    made.prepare()
    try:
        yield made
    finally:
        made.close()


def _await_listening(daemon: Sshd) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if daemon.process.poll() is not None:
            break
        with socket.socket() as sock:
            sock.settimeout(1)
            if sock.connect_ex(("127.0.0.1", daemon.port)) == 0:
                return
        time.sleep(0.05)
    said = daemon.log.read_text("utf-8", "replace").strip().splitlines()[-3:]
    raise TransportError("sshd did not start", where=str(daemon.log), remedy=" / ".join(said))


def _end(daemon: Sshd) -> None:
    """TERM, then KILL. Session processes of sshd leave by themselves when the controller has hung up."""
    daemon.process.terminate()
    try:
        daemon.process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        daemon.process.kill()
        daemon.process.wait()


def _run(argv: list[str]) -> None:
    done = subprocess.run(argv, capture_output=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603  # fixed argv, no shell
    if done.returncode:
        raise TransportError(f"{argv[0]} failed: {done.stderr.decode('utf-8', 'replace').strip()}")
