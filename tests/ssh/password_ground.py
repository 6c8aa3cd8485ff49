"""An account with passwords on this machine: a user of its own, a sudo that asks, and an apt-get that remembers."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.measure.credentials import Credentials
from bench.measure.sandbox import Sandbox, Sshd
from bench.measure.ssh import SshTransport
from bench.model import Target
from tests.waiting import until

PASSWORD = "c0rrect $(horse) 'battery' \\n %s"  # noqa: S105  # of a user who lives for seconds
WRONG = "not-this-one"
TOOLS = ("useradd", "userdel", "chpasswd", "sudo", "sshd")
SUDOERS = Path("/etc/sudoers.d")

FAKE_APT = """\
#!/bin/sh
# In place of the real one: remembers who called it with what, and what could be seen meanwhile.
{{
    echo "uid $(id -u)"
    echo "arguments $*"
    echo "input $(cat)"
    for each in /proc/[0-9]*; do
        # The controller is another machine, as a rule: `bench` itself was given its secrets in the environment.
        words=$(tr '\\0' ' ' <"$each/cmdline")
        case $words in *'-m bench '*) ;; *) echo "$words"; tr '\\0' ' ' <"$each/environ"; echo ;; esac
    done
}} >>{folder}/seen 2>/dev/null
cp -r {home} {folder}/copy.$$
[ ! -e {folder}/fails ]
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A user with a password. It is sudo's too; `apt` is where the apt-get that sudo finds keeps what it saw."""

    name: str
    uid: int
    home: Path
    password: str
    apt: Path

    def sudo(self, *lines: str) -> None:
        """What sudoers say of the user."""
        path = SUDOERS / self.name
        defaults = (
            f"Defaults:{self.name} secure_path={self.apt}:/usr/sbin:/usr/bin:/sbin:/bin, !lecture, passwd_tries=1"
        )
        path.write_text("\n".join([defaults, *lines, ""]))
        path.chmod(0o440)

    def keys(self, box: Sandbox) -> str:
        """A line of sshd_config with which the sandbox's key is the user's."""
        path = self.home / "authorized_keys"
        shutil.copy(box.folder / "authorized_keys", path)
        shutil.chown(path, self.name)
        return f"AuthorizedKeysFile {path}"

    def seen(self) -> str:
        """What apt-get saw so far."""
        path = self.apt / "seen"
        return path.read_text("utf-8", "replace") if path.exists() else ""


@contextmanager
def person(password: str) -> Iterator[Person]:
    """A user who lives as long as the `with`; RuntimeError when none can be made here."""
    name = f"vmbench-{secrets.token_hex(4)}"
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    folder.chmod(0o755)
    home, apt = folder / "home", folder / "apt"
    words = ["useradd", "--create-home", "--home-dir", home, "--shell", "/bin/sh", name]
    made = subprocess.run(words, capture_output=True, check=False)
    try:
        if made.returncode:
            raise RuntimeError(made.stderr.decode("utf-8", "replace").strip())
        subprocess.run(["chpasswd"], input=f"{name}:{password}\n".encode(), check=True, capture_output=True)
        apt.mkdir()
        (apt / "apt-get").write_text(FAKE_APT.format(folder=apt, home=home))
        (apt / "apt-get").chmod(0o755)
        yield Person(name, pwd.getpwnam(name).pw_uid, home, password, apt)
    finally:
        (SUDOERS / name).unlink(missing_ok=True)
        _remove(name)
        shutil.rmtree(folder)


def _remove(name: str) -> None:
    """Waits for the sessions of sshd, which leave by themselves when the controller has hung up."""
    try:
        until(lambda: subprocess.run(["userdel", name], capture_output=True, check=False).returncode == 0, 60)
    except AssertionError:
        subprocess.run(["userdel", "--force", name], capture_output=True, check=False)


def at(box: Sandbox, daemon: Sshd, somebody: Person, **more: object) -> Target:
    """The user's login on a daemon, as a target."""
    return replace(
        Target("web-1", "127.0.0.1", "127.0.0.1", known_hosts=str(box.known_hosts), ssh_config=os.devnull),
        port=daemon.port,
        user=somebody.name,
        **more,  # type: ignore[arg-type]  # fields of Target
    )


def transport(**environment: str) -> SshTransport:
    """SSH with secrets: SSH_PASSWORD=…"""
    return SshTransport(credentials=Credentials({f"VMBENCH_{name}": value for name, value in environment.items()}))


def missing() -> str:
    """Why there can be no such user here, "" when there can."""
    if os.geteuid() != 0:
        return "needs root"
    lacking = [name for name in TOOLS if not shutil.which(name)]
    return f"needs {', '.join(lacking)}" if lacking else "" if SUDOERS.is_dir() else f"needs {SUDOERS}"


SUITE = '''\
"""A suite whose tool is a package that is not installed, so that root is needed."""

from __future__ import annotations

from collections.abc import Mapping

from bench.model import Better, Case, Context, JobSpec, Kind, Metric, Profile, Scalar, Step, Suite, Tool

LOOK = """
env; id; cp -r .. out/jobs
for each in /proc/[0-9]*; do cat $each/cmdline $each/environ; done 2>/dev/null | tr '\\\\0' '\\\\n'
"""

SUITE = Suite(
    name="packaged",
    title="Packaged",
    metrics=(Metric("rate", "Rate", "lps", Better.HIGHER, Kind.CPU),),
    cases=(Case("one", "One"),),
    profiles=(Profile("standard", "one case", ("one",)),),
    tool=Tool(
        "packaged",
        (("apt", ("vmbench-no-such-package", "vmbench-no-other-package")),),
        "touch $DEST/packaged",
        ("packaged",),
        ("echo", "1"),
    ),
)


def steps(case: Case, params: Mapping[str, Scalar], context: Context) -> JobSpec:
    """Look around, and report a rate."""
    del case, params, context
    look = Step(("sh", "-c", LOOK), timeout_s=20.0, expected_s=0.1, stdout="out/looked")
    return JobSpec((look, Step(("echo", "rate 42"), timeout_s=20.0, expected_s=0.1)), results=("stdout",))
'''
