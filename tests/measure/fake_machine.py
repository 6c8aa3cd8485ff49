"""Machines that are only files: trees of /sys, /proc, /etc and a few commands, on which the real probe is run.

Its paths are led into the tree by changing the text of the script, so that the script itself knows nothing of tests.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import bench.measure.facts

PROBE = Path(bench.measure.facts.__file__).with_name("probe.sh")
SERVICE = "169.254.169.254/80"
_PATHS = re.compile(r"(?<![\w.}-])/(sys|proc|etc|var|dev/disk|dev/cpu)/")
_LIST = re.compile(rb"^l\S+ .*? (?=/)", re.MULTILINE)
_ANSWERS = {"uname": "x86_64", "nproc": "4", "systemd-detect-virt": "microsoft"}


@dataclass(slots=True)
class FakeMachine:
    """A tree below `root`. commands: what ethtool, dmesg and others print, by their command line."""

    root: Path
    commands: dict[str, str] = field(default_factory=lambda: dict(_ANSWERS))

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Files by their absolute path on the machine."""
        for path, content in files.items():
            place = self.root / path[1:]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else f"{content}\n".encode())

    def link(self, path: str, target: str) -> None:
        """A symbolic link; target as the kernel writes it, relative to the link."""
        place = self.root / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(target)

    def card(self, name: str, driver: str, bus: str = "vmbus", *, queues: int = 2, above: str = "") -> None:
        """A network card with a device; above: the one that it is the VF of."""
        (self.root / f"sys/bus/{bus}/drivers/{driver}").mkdir(parents=True, exist_ok=True)
        (self.root / f"sys/bus/{bus}/devices").mkdir(exist_ok=True)
        (self.root / f"sys/devices/{bus}-{name}").mkdir(parents=True, exist_ok=True)
        self.link(f"/sys/devices/{bus}-{name}/driver", f"../../bus/{bus}/drivers/{driver}")
        self.link(f"/sys/class/net/{name}/device", f"../../../devices/{bus}-{name}")
        self.write({f"/sys/class/net/{name}/mtu": "1500", f"/sys/class/net/{name}/tx_queue_len": "1000"})
        self.count(name, 0, 0)
        for number in range(queues):
            for kind in ("rx", "tx"):
                (self.root / f"sys/class/net/{name}/queues/{kind}-{number}").mkdir(parents=True, exist_ok=True)
        if above:
            self.link(f"/sys/class/net/{name}/master", f"../{above}")
            self.write({f"/sys/devices/{bus}-{name}/vendor": "0x15b3"})

    def without_card(self, name: str) -> None:
        """Take a card away."""
        subprocess.run(["rm", "-r", self.root / f"sys/class/net/{name}"], check=True)

    def count(self, name: str, received: int, sent: int) -> None:
        """Set the byte counters of a card."""
        base = f"/sys/class/net/{name}/statistics"
        self.write({f"{base}/rx_bytes": str(received), f"{base}/tx_bytes": str(sent)})

    def disk(self, block: str, gib: int, target: str, *, by_id: str = "", model: str = "", scheduler: str = "") -> None:
        """A disk, with the name that udev gives it."""
        base = f"/sys/block/{block}"
        self.write({f"{base}/size": str(gib << 21), f"{base}/queue/scheduler": scheduler or "[none] mq-deadline"})
        self.write({f"{base}/queue/nr_requests": "256", f"{base}/queue/rotational": "0"})
        self.link(f"{base}/device", target)
        if model:
            (self.root / f"sys/block/{block}/{target}").resolve().mkdir(parents=True, exist_ok=True)
            self.write({f"{base}/device/model": model})
        if by_id:
            self.link(f"/dev/disk/by-id/{by_id}", f"../../{block}")

    def probe(self, service: str = "", shell: tuple[str, ...] = ("sh",)) -> bytes:
        """What the real probe prints; dates and owners of links are made the same. service: HOST/PORT that is asked."""
        text = _PATHS.sub(lambda match: f"{self.root}{match[0]}", PROBE.read_text("utf-8"))
        text = text.replace(SERVICE, service or "127.0.0.1/1")
        for path in ("sbin", "usr/sbin"):
            text = text.replace(f" /{path}", f" {self.root}/{path}")
        self._make_commands()
        done = subprocess.run(
            [*shell, "-s"], input=text.encode(), capture_output=True, check=False,
            env={"PATH": f"{self.root}/bin:/usr/bin:/bin"}, timeout=300,
        )  # fmt: skip
        said = done.stdout.replace(str(self.root).encode(), b"")
        return _LIST.sub(b"lrwxrwxrwx 1 root root 0 Nov 25 18:00 ", said)

    def _make_commands(self) -> None:
        """One script per command, with a case per command line; what is not listed fails."""
        names = {line.split()[0] for line in self.commands}
        for name in ("ethtool", "dmesg", *names):
            cases = "".join(
                f"'{line}')\ncat <<'@@END'\n{said}\n@@END\n;;\n"
                for line, said in self.commands.items()
                if line.split()[0] == name
            )
            place = self.root / "bin" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            if cases or name == "dmesg":  # which every machine has, and which may refuse
                place.write_text(f'#!/bin/sh\ncase "{name}${{*:+ $*}}" in\n{cases}*) exit 1 ;;\nesac\n')
                place.chmod(0o755)


def kvp_pool(records: Mapping[str, str]) -> bytes:
    """/var/lib/hyperv/.kvp_pool_3: a name of 512 bytes and a value of 2048, padded with NUL."""
    return b"".join(
        name.encode().ljust(512, b"\0") + value.encode().ljust(2048, b"\0") for name, value in records.items()
    )
