"""One virtual machine under QEMU's software emulation: started, reached over SSH, reset, and ended for sure."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vm_image import Image, boot_disk

from bench.measure.sandbox import free_port

MEMORY_MIB = 768
BOOT_TIMEOUT_S = 240.0
CPU = "Nehalem"
"""An Intel CPU without RDCL_NO: the kernel believes that it leaks, so that isolating page tables means something.
Software emulation forgets its translations whenever the page table changes, so that it costs, too."""


TRANSLATED_MIB = 64
"""What QEMU keeps of translated code. By default it is a GiB, which holds all of a kernel when the machine reboots: the
next one is then unpacked over pages that were code, which takes minutes."""


class MachineError(Exception):
    """The machine did not do what it was asked; ends with the last lines of its console."""


@dataclass(slots=True)
class Machine:
    """A running virtual machine. folder: its boot disk, keys, console log and QMP socket."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def identity(self) -> Path:
        """The private key that logs in as root and as bench."""
        return self.folder / "user_key"

    def console(self, lines: int = 40) -> str:
        """The last lines of the serial console."""
        log = self.folder / "console.log"
        text = log.read_text("utf-8", "replace") if log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def ssh(self, command: str, *, user: str = "root", timeout_s: float = 60.0) -> str:
        """What a shell command on it prints; MachineError when it fails."""
        done = subprocess.run(
            [
                "ssh", "-F", "none", "-i", str(self.identity), "-p", str(self.port), "-o", "BatchMode=yes",
                "-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={self.folder / 'known_hosts'}",
                "-o", "ConnectTimeout=10", f"{user}@127.0.0.1", command,
            ],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout_s, check=False,
        )  # fmt: skip
        if done.returncode:
            raise MachineError(f"{command!r} exited with {done.returncode}: {done.stderr}")
        return done.stdout

    def fingerprint(self) -> str:
        """Of its host key, as OpenSSH shows it."""
        words = ["ssh-keygen", "-lf", str(self.folder / "host_key.pub")]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()[1]

    def await_ssh(self, timeout_s: float = BOOT_TIMEOUT_S) -> float:
        """Wait until somebody can log in; the seconds that it took."""
        started, said = time.monotonic(), "nobody tried"
        while time.monotonic() - started < timeout_s:
            if self.process.poll() is not None:
                raise MachineError(f"QEMU ended with {self.process.returncode}: {self._said()}")
            try:
                self.ssh("true", timeout_s=30)
            except (MachineError, subprocess.TimeoutExpired) as error:
                said = str(error)
                time.sleep(0.5)
            else:
                return time.monotonic() - started
        raise MachineError(f"no login within {timeout_s:.0f} s ({said}); its console ends with\n{self.console()}")

    def qmp(self, command: str) -> None:
        """Send one QMP command, e.g. `system_reset`, and wait for its answer."""
        with socket.socket(socket.AF_UNIX) as raw:
            raw.settimeout(20)
            raw.connect(str(self.folder / "qmp"))
            with raw.makefile("rw", encoding="utf-8") as stream:
                stream.readline()  # its greeting
                for word in ("qmp_capabilities", command):
                    stream.write(json.dumps({"execute": word}) + "\n")
                    stream.flush()
                    while "return" not in (answer := _answer(stream.readline())):
                        if "error" in answer:
                            raise MachineError(f"QEMU refused {word}: {answer['error']}")

    def end(self) -> None:
        """Kill QEMU: its disks are thrown away anyhow."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=30)

    def _said(self) -> str:
        return (self.folder / "qemu.log").read_text("utf-8", "replace").strip()[-500:]


def _answer(line: str) -> dict[str, Any]:
    if not line:
        raise MachineError("QEMU hung up")
    answer = json.loads(line)
    return answer if isinstance(answer, dict) else {}


@contextmanager
def machine(made: Image, folder: Path) -> Iterator[Machine]:
    """A machine from this image that lives as long as the `with`, and never longer than this process."""
    for name in ("user_key", "host_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "vm", "-f", folder / name], check=True)
    port = free_port()
    kind, key, _ = (folder / "host_key.pub").read_text().split()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {kind} {key}\n")
    disk = boot_disk(made, folder, folder / "user_key.pub", folder / "host_key")
    with (folder / "qemu.log").open("wb") as log:
        process = subprocess.Popen(_command(made, disk, folder, port), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    started = Machine(folder, port, process)
    try:
        yield started
    finally:
        started.end()


def _command(made: Image, disk: Path, folder: Path, port: int) -> list[str]:
    """QEMU's argv; setpriv makes the kernel kill it when the process that started it dies, however that happens."""
    return [
        "setpriv", "--pdeathsig", "KILL", "--",
        "qemu-system-x86_64", "-no-user-config", "-nodefaults", "-display", "none",
        "-accel", f"tcg,tb-size={TRANSLATED_MIB}", "-machine", "pc", "-cpu", CPU, "-smp", "1", "-m", f"{MEMORY_MIB}M",
        "-drive", f"file={disk},format=raw,if=virtio,cache=unsafe",
        "-drive", f"file={made.root},format=raw,if=virtio,cache=unsafe,snapshot=on",
        "-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22", "-device", "virtio-net-pci,netdev=net",
        "-device", "virtio-rng-pci", "-serial", f"file:{folder / 'console.log'}",
        "-qmp", f"unix:{folder / 'qmp'},server=on,wait=off",
    ]  # fmt: skip
