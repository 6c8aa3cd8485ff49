"""Odd logins over real sshd, each with a user of its own: they work, or give one clear error."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import paramiko
import pytest
from ssh_ground import Field, only, scripted
from ssh_users import KEYS, let_in, needs_root, new_user, target_of

from bench.errors import SuiteError, TransportError
from bench.measure import provision
from bench.measure.connections import Connections
from bench.measure.credentials import Credentials
from bench.measure.provision import install, survey
from bench.measure.sandbox import Sandbox
from bench.measure.ssh import SshConnection, SshTransport
from bench.model import Status, Target, Tool
from tests.chaos.proxy import Kind, Proxy
from tests.waiting import until

pytestmark = [needs_root, pytest.mark.one_at_a_time("accounts")]
CONFIG_FISH = ".config/fish/config.fish"


@dataclass(slots=True)
class Account:
    """Somebody's account on a daemon of its own, as a target."""

    user: pwd.struct_passwd
    target: Target

    @property
    def home(self) -> Path:
        return Path(self.user.pw_dir)

    def write(self, name: str, text: str) -> None:
        """A file of the user's."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        for one in (path, *path.parents):
            if self.home in one.parents:
                os.chown(one, self.user.pw_uid, self.user.pw_gid)


@pytest.fixture(scope="module")
def somebody(box: Sandbox) -> Iterator[Account]:
    """One user for all of these tests: making one takes longer than most of them."""
    with new_user() as user:
        daemon = let_in(box, user)
        yield Account(user, target_of(box, daemon, user))
        box.stop(daemon)


@pytest.fixture
def account(somebody: Account) -> Callable[[str], Account]:
    """Gives the user a login shell and an empty home."""

    def make(shell: str = "/bin/sh") -> Account:
        if not Path(shell).exists():
            pytest.skip(f"{shell} is not installed")
        subprocess.run(["usermod", "--shell", shell, somebody.user.pw_name], check=True, capture_output=True)
        os.chown(somebody.home, somebody.user.pw_uid, somebody.user.pw_gid)
        for path in somebody.home.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != KEYS:
                path.unlink()
        return somebody

    return make


NOISE = "head -c 1000000 /dev/zero | tr '\\0' x; echo; head -c 3000000 /dev/zero | tr '\\0' y >&2; echo hello\n"


@pytest.mark.parametrize(
    ("shell", "files"),
    [
        ("/usr/bin/fish", {CONFIG_FISH: "echo hello from fish\nset -x LANG de_DE.latin1\n"}),
        ("/usr/bin/tcsh", {".cshrc": "echo hello from csh\nstty erase ^H\nsetenv LANG de_DE.latin1\n"}),
        ("/bin/csh", {".cshrc": "printf '@@x state\\nrunning\\n'\n"}),
        ("/bin/bash", {".bashrc": NOISE, ".bash_profile": "exit 1\n"}),
        ("/bin/bash", {".bashrc": "export SHLVL=5\nexec bash\n"}),
    ],
    ids=["fish", "tcsh", "csh", "4 MB of noise", "bash in bash"],
)
def test_login_shells_and_what_they_print(
    ground: Field, account: Callable[[str], Account], shell: str, files: dict[str, str]
) -> None:
    there = account(shell)
    for name, text in files.items():
        there.write(name, text)
    run = ground.run(scripted("[ $LC_ALL = C ] && echo rate 42"), targets=(there.target,))
    assert ground.execute(run).missing == {}
    record = only(run)
    assert record.status is Status.OK
    assert next(run.attempts()).read("raw/single/stdout") == b"rate 42\n"


@pytest.mark.parametrize(
    ("shell", "files", "said"),
    [
        ("/usr/sbin/nologin", {}, "the shell ended with exit code 1 (This account is currently not available.)"),
        ("/bin/false", {}, "the shell ended with exit code 1 (no message)"),
        ("/bin/bash", {".bashrc": "echo go away; exit 3\n"}, "the shell ended with exit code 3 (go away)"),
        ("/bin/bash", {".bashrc": "read answer\n"}, "the shell ended with exit code 2 (sh: "),
        ("/bin/bash", {".bashrc": "cat >/dev/null\n"}, "no answer in time (1 s). If that happens every time"),
        ("/bin/bash", {".bashrc": "exec fish\n"}, "no answer in time (1 s). If that happens every time"),
        ("/bin/bash", {".bashrc": "exec tcsh\n"}, "no answer in time (1 s). If that happens every time"),
    ],
    ids=["nologin", "false", "exits", "asks", "eats", "fish in bash", "tcsh in bash"],
)
def test_login_shells_that_cannot_be_used(
    account: Callable[[str], Account], monkeypatch: pytest.MonkeyPatch, shell: str, files: dict[str, str], said: str
) -> None:
    there = account(shell)
    for name, text in files.items():
        there.write(name, text)
    monkeypatch.setattr(provision, "QUERY_TIMEOUT_S", 1.0 if "in time" in said else 300.0)
    connection = SshTransport().connect(there.target)
    with pytest.raises(TransportError) as caught:
        survey(connection, there.target)
    connection.close()
    assert said in str(caught.value)
    assert "The login has to run `sh -s` and nothing else" in caught.value.remedy


def test_a_shell_that_ended_before_anything_was_sent_is_described_all_the_same(
    account: Callable[[str], Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = account("/bin/bash")
    there.write(".bashrc", "echo go away; exit 3\n")
    opened = SshConnection._open_shell

    def late(connection: SshConnection, timeout_s: float) -> paramiko.Channel:
        channel = opened(connection, timeout_s)
        until(lambda: channel.closed)
        return channel

    monkeypatch.setattr(SshConnection, "_open_shell", late)
    connection = SshTransport().connect(there.target)
    with pytest.raises(TransportError, match=r"the shell ended with exit code 3 \(go away\)"):
        survey(connection, there.target)
    connection.close()


def test_bytes_that_are_no_utf8_come_home_as_they_are(ground: Field, account: Callable[[str], Account]) -> None:
    """On both outputs and in files; a file whose name is no text is left behind and named."""
    there = account("/bin/sh")
    latin = "printf '\\351t\\351 \\377\\000\\n'"
    script = f"echo rate 42; {latin}; {latin} >&2; {latin} >out/data; : >\"out/$(printf 'caf\\351')\""
    run = ground.run(scripted(script), targets=(there.target,))
    assert ground.execute(run).missing == {}
    stored = next(run.attempts())
    assert stored.read("raw/single/stdout") == b"rate 42\n\xe9t\xe9 \xff\x00\n"
    assert stored.read("raw/single/stderr") == stored.read("raw/single/out/data") == b"\xe9t\xe9 \xff\x00\n"
    assert any("unsafe file" in event.get("message", "") for event in run.events())
    run = ground.run(scripted(f"{latin} >&2; exit 3"), targets=(there.target,))
    ground.execute(run)
    assert only(run).status is Status.FAILED
    assert "stderr ends with" in only(run).cause


def test_a_home_that_is_read_only(ground: Field, account: Callable[[str], Account], tmp_path: Path) -> None:
    there = account("/bin/bash")
    os.chown(there.home, 0, 0)
    there.home.chmod(0o755)
    run = ground.run(scripted(), targets=(there.target,))
    (cause,) = ground.execute(run).missing.values()
    assert f"cannot write to {there.home}/.bench. Set `base:` to a folder" in cause
    # Elsewhere it works: a folder of the user's own.
    place = there.home / "place"
    place.mkdir()
    os.chown(place, there.user.pw_uid, there.user.pw_gid)
    run = ground.run(scripted(), targets=(replace(there.target, base=str(place / "bench")),))
    assert ground.execute(run).missing == {}


RECIPE = "printf '#!/bin/sh\\n' >$DEST/tool; chmod 700 $DEST/tool"
TOOL = Tool("tool", (("apt", ()), ("dnf", ())), RECIPE, ("tool",), ())


def equip(target: Target, tool: Tool = TOOL) -> None:
    """Survey a target and install a tool there."""
    connection = SshTransport().connect(target)
    try:
        machine = survey(connection, target)
        install(connection, target, machine, tool, lambda tool: b"", Credentials())
    finally:
        connection.close()


@pytest.fixture
def noexec(ground: Field, tmp_path: Path) -> Iterator[Path]:
    """A file system from which no program can be started."""
    place = tmp_path / "noexec"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "noexec,size=8m", "none", place]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("nothing may be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_base_that_is_mounted_noexec(ground: Field, noexec: Path) -> None:
    """What a shell reads runs there all the same; a tool cannot, and that is said when it is installed."""
    there = replace(ground.targets[0], peer=None, base=str(noexec / "base"))
    assert ground.execute(ground.run(scripted(), targets=(there,))).missing == {}
    with pytest.raises(
        SuiteError, match=r"no program can be started from .*noexec/base \(mounted noexec\?\): set `bas"
    ):
        equip(there)


def test_tmp_that_is_mounted_noexec(ground: Field, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of vmbench's is started from /tmp: an sshd in a mount namespace of its own has one without."""
    probe = "mount --bind /tmp /tmp && mount -o remount,bind,noexec /tmp"
    if (
        shutil.which("unshare") is None
        or subprocess.run(["unshare", "-m", "sh", "-c", probe], capture_output=True, check=False).returncode
    ):
        pytest.skip("no mount namespace can be made here")
    wrapper = ground.folder / "bin" / "sshd"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nexec unshare -m sh -c \'{probe} && exec "$0" "$@"\' {shutil.which("sshd")} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setattr(box, "_sshd", str(wrapper))
    base = Path("/var/tmp") / f"vmbench-{os.getpid()}"  # noqa: S108  # has to be another file system than /tmp
    daemon = box.start()
    try:
        there = replace(ground.targets[0], peer=None, port=daemon.port, base=str(base))
        script = "t=/tmp/try.$$; printf '#!/bin/sh\\n' >$t; chmod 700 $t; ! $t && echo rate 42; rm $t"
        assert ground.execute(ground.run(scripted(script), targets=(there,))).missing == {}
        equip(there)
    finally:
        box.stop(daemon)
        shutil.rmtree(base, ignore_errors=True)


def test_a_connection_that_breaks_does_not_end_an_installation(ground: Field, box: Sandbox) -> None:
    """It runs on by itself, whatever it prints: a package manager that is ended halfway leaves a mess."""
    base = Path(ground.targets[0].base)
    script = f"echo $$ >>{base}/began; sleep 1; seq 20000; sleep 0.1; seq 20000; echo $$ >>{base}/ended; {RECIPE}"
    tool = replace(TOOL, install=script)
    key = " ".join((box.folder / "host_key.pub").read_text().split()[:2])
    hosts = ground.folder / "hosts"
    with Proxy(ground.targets[0].port or 0) as proxy:
        hosts.write_text(f"[127.0.0.1]:{proxy.port} {key}\n")
        there = replace(ground.targets[0], peer=None, port=proxy.port, known_hosts=str(hosts))
        pool = Connections(SshTransport(), retry_after_s=(0.1,))
        with pool.to(there) as connection:
            machine = survey(connection, there)

        def cut() -> None:
            until(lambda: (base / "began").exists())
            proxy.cut(Kind.RESET)

        threading.Thread(target=cut).start()
        with pytest.raises(TransportError, match="the connection broke"), pool.to(there) as connection:
            install(connection, there, machine, tool, lambda tool: b"", Credentials())
        until(lambda: (base / "ended").exists())
        equip(there, tool)
    assert (base / "began").read_text() == (base / "ended").read_text()
    assert sorted(path.name for path in base.iterdir()) == ["began", "ended", "jobs", "tools"]
