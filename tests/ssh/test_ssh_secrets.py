"""A campaign with a password, a sudo password and a passphrase leaves none of them anywhere: everything is grepped."""

from __future__ import annotations

import base64
import io
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from password_ground import SUITE, Person, missing, person
from ssh_ground import ROOT, SUITES

from bench.cli import main
from bench.measure.sandbox import Sandbox
from tests.waiting import LONGEST_S

PASSWORD = "S3cret-of-the-acc0unt"  # noqa: S105  # of a user who lives for seconds
PASSPHRASE = "S3cret-of-the-k3y"  # noqa: S105  # of a key that is made here
TOKEN = "S3cret-of-the-pr0xy"  # noqa: S105  # of a proxy that is not there
WRONG = "S3cret-that-is-wr0ng"
pytestmark = [pytest.mark.skipif(bool(missing()), reason=missing()), pytest.mark.one_at_a_time("accounts")]

RELAY = """\
import os, socket, sys, threading
open(sys.argv[2], "a").write(f"{sys.argv} {dict(os.environ)}\\n")
there = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def back():
    while data := there.recv(65536):
        os.write(1, data)
    os._exit(0)
threading.Thread(target=back).start()
while data := os.read(0, 65536):
    there.sendall(data)
os._exit(0)
"""

BROKEN = """\
import sys
from bench.measure import provision
def broken(*words, **more):
    secret = more.get("credentials") or words[3]
    raise RuntimeError(f"with {words} {more} {secret}")
provision.run_privileged = broken
from bench.cli import main
main(sys.argv[1:])
"""


@dataclass(slots=True)
class Spy:
    """Looks at every process of this machine again and again, for as long as the `with` lasts."""

    found: list[str] = field(default_factory=list)
    looks: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Spy:
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        assert self._thread is not None
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self.looks += 1
            for folder in Path("/proc").glob("[0-9]*"):
                try:
                    words = (folder / "cmdline").read_bytes()
                    # `bench` was given its secrets in the environment, and what it forks has them until it starts.
                    given = b"" if b"-m\0bench\0" in words else (folder / "environ").read_bytes()
                except OSError:
                    continue
                if set(secrets_in(words + given)) - {TOKEN}:  # a proxy variable is for every process
                    self.found.append(f"{words!r} {given!r}")


def secrets_in(data: bytes) -> list[str]:
    """The secrets that some bytes hold, as they are, in base64 or quoted for a URL."""
    found = []
    for secret in (PASSWORD, PASSPHRASE, TOKEN, WRONG):
        coded = base64.b64encode(secret.encode())[:-4]
        if any(form in data for form in (secret.encode(), coded, urllib.parse.quote(secret).encode())):
            found.append(secret)
    return found


@dataclass(slots=True)
class Scene:
    """A workspace whose one target wants a password and a sudo password, and what `bench` said there."""

    folder: Path
    somebody: Person
    spy: Spy
    said: list[str] = field(default_factory=list)

    def bench(self, *words: str, code: int = 0, inside: bool = False, program: str = "", **environment: str) -> str:
        """Run a command with the secrets in its environment; what it printed. inside: in this process."""
        own = {
            "VMBENCH_SSH_PASSWORD": PASSWORD,
            "VMBENCH_SUDO_PASSWORD": PASSWORD,
            "VMBENCH_KEY_PASSPHRASE": PASSPHRASE,
        }
        environment = {**own, "HTTPS_PROXY": f"http://me:{TOKEN}@127.0.0.1:1", **environment}
        if inside:
            return self._inside(words, own)
        start = ["-c", BROKEN] if program else ["-m", "bench"]
        process = subprocess.Popen(
            [sys.executable, *start, *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(self.folder / "home"), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        text, _ = process.communicate(timeout=LONGEST_S)
        self.said.append(f"$ bench {' '.join(words)}\n{text}")
        assert process.returncode == code, text
        return text

    def _inside(self, words: tuple[str, ...], environment: dict[str, str]) -> str:
        written = io.BytesIO()
        said = io.TextIOWrapper(written, "utf-8", write_through=True)
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
            patch.chdir(self.folder)
            for name, value in environment.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main(words)
        text = written.getvalue().decode("utf-8")
        self.said.append(f"$ bench {' '.join(words)}\n{text}")
        assert ended.value.code == 0, text
        return text


@pytest.fixture
def scene(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    key = tmp_path / "key"
    with person(PASSWORD) as somebody:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        (somebody.home / "authorized_keys").write_text(key.with_suffix(".pub").read_text())
        subprocess.run(
            ["ssh-keygen", "-q", "-p", "-P", "", "-N", PASSPHRASE, "-f", key], check=True, capture_output=True
        )
        # Key, then password: both secrets are needed to log in.
        daemon = box.start(
            options=(
                f"AuthorizedKeysFile {somebody.home}/authorized_keys",
                "UsePAM yes",
                "PasswordAuthentication yes",
                "AuthenticationMethods publickey,password",
                "LogLevel DEBUG3",
            )
        )
        somebody.sudo(f"Defaults:{somebody.name} logfile={tmp_path}/sudo.log", f"{somebody.name} ALL=(ALL) ALL")
        (tmp_path / "home").mkdir()
        (tmp_path / "relay.py").write_text(RELAY)
        (tmp_path / "config").write_text(
            f"ProxyCommand {sys.executable} {tmp_path}/relay.py {daemon.port} {tmp_path}/relay.log\n"
        )
        shutil.copytree(SUITES, tmp_path / "suites", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(tmp_path / "suites" / "scripted", tmp_path / "suites" / "packaged")
        (tmp_path / "suites" / "packaged" / "suite.py").write_text(SUITE)
        (tmp_path / "inventory.yaml").write_text(
            f"known_hosts: {box.known_hosts}\nssh_config: config\ntargets:\n  t0:\n    address: 127.0.0.1\n"
            f"    port: {daemon.port}\n    user: {somebody.name}\n    identity_file: {key}\n    base: ~/base\n"
        )
        with Spy() as spy:
            yield Scene(tmp_path, somebody, spy)
        box.stop(daemon)
        shutil.copy(daemon.log, tmp_path / "sshd.log")


def grepped(*folders: Path) -> tuple[int, list[str]]:
    """How many files there are, and which hold a secret."""
    count, found = 0, []
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                count += 1
                if secrets := secrets_in(path.read_bytes()):
                    found.append(f"{path}: {secrets}")
    return count, found


def test_nothing_that_a_campaign_leaves_holds_a_secret(scene: Scene, box: Sandbox) -> None:
    target = ("-i", "inventory.yaml")
    suites = ("-s", "packaged", "-s", "scripted")
    wrong = scene.bench("run", *target, *suites, "--tag", "before", code=3, VMBENCH_SUDO_PASSWORD=WRONG)
    assert "sudo refused the password" in wrong
    scene.bench("doctor", *target, "-s", "packaged", "--json")
    assert "sudo takes the password" in scene.said[-1]
    assert "incorrect password" in (scene.folder / "sudo.log").read_text()
    for tag in ("before", "after"):
        scene.bench("run", *target, *suites, "--tag", tag, "-n", "1")
    run = re.findall(r"run (\S+)$", scene.said[-1], re.MULTILINE)[-1]
    for words in (["runs"], ["show", run, "--json"], ["verify"], ["report", "-o", "report.html"]):
        scene.bench(*words, inside=True)
    for kind in ("table", "md", "csv", "json"):
        scene.bench("compare", "before", "after", "--format", kind, inside=True)
    for kind in ("csv", "jsonl", "parquet"):
        scene.bench("export", "--format", kind, "-o", f"export.{kind}", inside=True)
    failed = scene.bench("run", *target, *suites, "--tag", "x", code=3, VMBENCH_SSH_PASSWORD=WRONG)
    assert "the password was refused" in failed
    (scene.folder / "said").write_text("\n".join(scene.said))

    seen = scene.somebody.seen()
    assert "uid 0\n" in seen, "sudo was used"
    assert "arguments -q -o DPkg" in seen
    relays = (scene.folder / "relay.log").read_text()
    assert "'HOME'" in relays, "the proxy command ran, and wrote down its environment"
    assert "VMBENCH_" not in relays
    looked = list((scene.folder / "runs").rglob("looked"))
    assert looked
    assert all("uid=" in path.read_text("utf-8", "replace") for path in looked)
    assert list(scene.folder.rglob("out/jobs")), "the job folder itself is among what was collected"
    assert scene.spy.looks > 10
    assert scene.spy.found == []
    count, found = grepped(scene.folder, scene.somebody.home, scene.somebody.apt, box.folder)
    assert count > 100
    # A proxy variable is for every process, and these two files hold the environments of processes on purpose.
    assert found == [f"{path}: {[TOKEN]}" for path in (scene.folder / "relay.log", scene.somebody.apt / "seen")]


def test_a_traceback_shows_no_secret(scene: Scene) -> None:
    """An error inside vmbench, at the place where all secrets are at hand."""
    said = scene.bench("doctor", "-i", "inventory.yaml", "-s", "packaged", "--fix", program="broken", code=1)
    assert "Traceback" in said
    assert "RuntimeError: with (" in said
    assert secrets_in(said.encode()) == []
