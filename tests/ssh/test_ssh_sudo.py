"""A sudo that asks, over a real sshd: its password reaches sudo alone, once, and what needs root goes one way."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from password_ground import PASSWORD, SUITE, WRONG, Person, at, missing
from ssh_ground import SUITES

from bench.config.catalogue import load_suites
from bench.errors import SuiteError
from bench.measure.credentials import Credentials, Secret
from bench.measure.privileged import run_privileged
from bench.measure.provision import install, survey
from bench.measure.sandbox import Sandbox, Sshd
from bench.measure.ssh import SshTransport
from bench.measure.transport import Connection
from bench.model import Target, Tool

pytestmark = [pytest.mark.skipif(bool(missing()), reason=missing()), pytest.mark.one_at_a_time("accounts")]


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    folder = tmp_path / "suites" / "packaged"
    shutil.copytree(SUITES / "scripted", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "suite.py").write_text(SUITE)
    found = load_suites([tmp_path / "suites"])["packaged"].suite.tool
    assert found is not None
    return found


@pytest.fixture
def there(box: Sandbox, serve: Callable[..., Sshd], somebody: Person) -> Iterator[tuple[Target, Connection]]:
    target = at(box, serve(), somebody, identity_file=str(box.identity), base=f"{somebody.home}/base")
    connection = SshTransport().connect(target)
    yield target, connection
    connection.close()
    shutil.rmtree(somebody.home / "base", ignore_errors=True)
    for path in ("seen", "fails"):
        (somebody.apt / path).unlink(missing_ok=True)


def put(there: tuple[Target, Connection], tool: Tool, **environment: str) -> None:
    target, connection = there
    known = Credentials({f"VMBENCH_{name}": value for name, value in environment.items()})
    install(connection, target, survey(connection, target), tool, lambda _: b"", known)


@pytest.mark.parametrize("defaults", ["", "timestamp_timeout=0", "timestamp_type=global", "use_pty"])
def test_a_tool_is_installed_with_sudos_password(
    there: tuple[Target, Connection], somebody: Person, tool: Tool, defaults: str
) -> None:
    more = [f"Defaults:{somebody.name} {defaults}"] if defaults else []
    somebody.sudo(*more, f"{somebody.name} ALL=(ALL) ALL")
    put(there, tool, SUDO_PASSWORD=PASSWORD)
    seen = somebody.seen()
    assert seen.startswith("uid 0\narguments -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends vmbench-")
    assert "input \n" in seen, "no command finds the password on its standard input"
    assert PASSWORD not in seen, "neither in the arguments nor in the environment of any process"
    assert there[1].run("sudo -n true", timeout_s=300).exit_code != 0, "the ticket is taken back"
    assert there[1].run("echo $secret; IFS= read -r rest; echo $rest", timeout_s=300).stdout == b"\n\n"


def test_a_wrong_sudo_password_is_tried_once(
    there: tuple[Target, Connection], somebody: Person, tool: Tool, tmp_path: Path
) -> None:
    somebody.sudo(f"Defaults:{somebody.name} logfile={tmp_path}/sudo.log", f"{somebody.name} ALL=(ALL) ALL")
    with pytest.raises(SuiteError, match=r"sudo refused the password.*Correct VMBENCH_SUDO_PASSWORD") as caught:
        put(there, tool, SUDO_PASSWORD=WRONG)
    assert WRONG not in str(caught.value)
    assert (tmp_path / "sudo.log").read_text().count("incorrect password") == 1
    assert somebody.seen() == ""


@pytest.mark.parametrize("word", ["no", "sudo"])
def test_a_password_that_is_an_everyday_word_hides_no_message(
    there: tuple[Target, Connection], somebody: Person, tool: Tool, word: str
) -> None:
    somebody.sudo(f"{somebody.name} ALL=(ALL) ALL")
    said = r"installed \(the login is not root, and sudo refused the password\).*Correct VMBENCH_SUDO_PASSWORD"
    with pytest.raises(SuiteError, match=said):
        put(there, tool, SUDO_PASSWORD=word)


def test_without_a_password_the_variable_is_named(
    there: tuple[Target, Connection], somebody: Person, tool: Tool
) -> None:
    somebody.sudo(f"{somebody.name} ALL=(ALL) ALL")
    with pytest.raises(SuiteError, match=r"sudo asks for a password\).*Set VMBENCH_SUDO_PASSWORD or VMBENCH_SUDO_PASS"):
        put(there, tool)


def test_a_sudo_that_asks_for_none_gets_none(there: tuple[Target, Connection], somebody: Person, tool: Tool) -> None:
    somebody.sudo(f"{somebody.name} ALL=(ALL) NOPASSWD: ALL")
    put(there, tool, SUDO_PASSWORD=PASSWORD)
    assert somebody.seen().startswith("uid 0\n")
    (somebody.apt / "fails").touch()
    (somebody.home / "base" / "tools").rename(somebody.home / "base" / "old")
    with pytest.raises(SuiteError, match="could not be installed: vmbench-no-such-package"):
        put(there, tool, SUDO_PASSWORD=PASSWORD)


def test_a_sudo_that_insists_on_a_terminal(there: tuple[Target, Connection], somebody: Person, tool: Tool) -> None:
    somebody.sudo(f"Defaults:{somebody.name} requiretty", f"{somebody.name} ALL=(ALL) ALL")
    for known in ({}, {"SUDO_PASSWORD": PASSWORD}):
        with pytest.raises(SuiteError, match=r"sudo insists on a terminal: `requiretty`\)"):
            put(there, tool, **known)


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox", "zsh", "ksh", "mksh"])
def test_every_sh_hands_the_secret_to_the_script_alone(
    there: tuple[Target, Connection], somebody: Person, tmp_path: Path, shell: str
) -> None:
    """Shells that read ahead must not take the line for a command: long scripts, and one whose end fits no block."""
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"no {shell} here")
    target, _ = there
    folder = somebody.home / f"as-{shell}"
    folder.mkdir(exist_ok=True)
    (folder / "sh").write_text(f'#!/bin/sh\nexec {found} {"sh" if shell == "busybox" else ""} "$@"\n')
    (folder / "sh").chmod(0o755)
    with closing(SshTransport().connect(target)) as connection:
        connection._shell = shell_of(connection, f"PATH={folder}:$PATH exec sh -s")
        for length in (0, 4096, 8150, 8192, 100_000):
            script = f": {'x' * length}\nprintf '%s|' \"$secret\"; cat"
            reply = connection.run(script, timeout_s=300, secret=Secret(PASSWORD))
            assert reply.stdout.endswith(b"\n" + PASSWORD.encode() + b"|"), reply
            assert reply.stderr == b""
            assert connection.run('printf "%s" "$secret"', timeout_s=300).stdout == b""


def shell_of(connection: Connection, command: str) -> object:
    channel = connection._client.get_transport().open_session()  # type: ignore[attr-defined]
    channel.exec_command(command)
    return channel


def test_one_way_for_all_that_needs_root(there: tuple[Target, Connection], somebody: Person) -> None:
    """As `bench reboot` may use it."""
    somebody.sudo(f"{somebody.name} ALL=(ALL) ALL")
    target, connection = there
    script = 'as_root id -u || echo "refused cannot be root$(why_not)"'
    known = Credentials({"VMBENCH_SUDO_PASSWORD": PASSWORD})
    assert run_privileged(connection, target, script, known, timeout_s=300).lines[-1] == "0"
    without = run_privileged(connection, target, script, Credentials(), timeout_s=300)
    assert without.refusal.startswith("cannot be root (the login is not root, and sudo asks for a password")
    never = run_privileged(connection, replace(target, sudo=False), script, known, timeout_s=300)
    assert (never.refusal, never.remedy) == (
        "cannot be root (the login is not root, and the inventory says `sudo: no`)",
        "",
    )
