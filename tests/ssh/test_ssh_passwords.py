"""Logins with passwords and encrypted keys over a real sshd: each is sent once, to a verified host, after the keys."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from password_ground import PASSWORD, WRONG, Person, at, missing, transport

from bench.errors import AuthError, HostKeyError
from bench.measure.connections import Connections
from bench.measure.credentials import Credentials, Secret
from bench.measure.sandbox import Sandbox, Sshd
from bench.measure.ssh import SshTransport
from bench.measure.transport import Connection
from tests.waiting import until

PASSPHRASE = "a passphrase"  # noqa: S105  # of a key that is made here
pytestmark = [pytest.mark.skipif(bool(missing()), reason=missing()), pytest.mark.one_at_a_time("accounts")]
METHODS = {
    "password": ("PasswordAuthentication yes",),
    "keyboard-interactive": ("UsePAM yes", "KbdInteractiveAuthentication yes"),
    "key and password": ("PasswordAuthentication yes", "AuthenticationMethods publickey,password"),
    "password and key": ("PasswordAuthentication yes", "AuthenticationMethods password,publickey"),
    "key and keyboard": (
        "UsePAM yes",
        "KbdInteractiveAuthentication yes",
        "AuthenticationMethods publickey,keyboard-interactive",
    ),
}


def who(connection: Connection) -> str:
    with closing(connection):
        return connection.run("id -un", timeout_s=300).stdout.decode().strip()


@pytest.mark.parametrize("method", METHODS)
def test_a_password_is_taken_where_the_server_takes_one(
    box: Sandbox, somebody: Person, serve: Callable[..., Sshd], alone: Path, method: str
) -> None:
    daemon = serve(*METHODS[method])
    key = str(box.identity) if "key " in method or " key" in method else None
    target = at(box, daemon, somebody, identity_file=key)
    assert who(transport(SSH_PASSWORD=PASSWORD).connect(target)) == somebody.name
    with pytest.raises(AuthError, match="Set VMBENCH_SSH_PASSWORD or VMBENCH_SSH_PASSWORD_WEB_1 in") as caught:
        transport(SSH_PASSWORD_WEB_2=PASSWORD).connect(target)
    assert "there is no key" in str(caught.value) or "refused the login" in str(caught.value)


def test_a_wrong_password_is_sent_once(box: Sandbox, somebody: Person, serve: Callable[..., Sshd], alone: Path) -> None:
    daemon = serve("PasswordAuthentication yes", "KbdInteractiveAuthentication yes")
    ways = transport(SSH_PASSWORD=WRONG)
    for _ in range(3):
        with pytest.raises(AuthError, match="Correct VMBENCH_SSH_PASSWORD") as caught:
            ways.connect(at(box, daemon, somebody))
        assert WRONG not in str(caught.value)
    assert daemon.log.read_text().count("Failed password") == 1


def test_no_password_is_sent_to_an_unverified_host(
    box: Sandbox, somebody: Person, serve: Callable[..., Sshd], alone: Path
) -> None:
    daemon = serve("PasswordAuthentication yes")
    other = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
    for line in ("", f"[127.0.0.1]:{daemon.port} ssh-ed25519 {other}\n"):
        (alone / "hosts").write_text(line)
        with pytest.raises(HostKeyError):
            transport(SSH_PASSWORD=PASSWORD).connect(at(box, daemon, somebody, known_hosts=str(alone / "hosts")))
    assert "Accepted" not in daemon.log.read_text()
    assert "Failed password" not in daemon.log.read_text()


def test_who_types_slowly_finds_the_connection_made_again(
    box: Sandbox, somebody: Person, serve: Callable[..., Sshd], alone: Path
) -> None:
    daemon = serve("PasswordAuthentication yes", "LoginGraceTime 5")
    questions: list[str] = []

    def slowly(question: str) -> Secret | None:
        questions.append(question)
        sessions = Path(f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children")
        until(lambda: not sessions.read_text())  # sshd has hung up
        return Secret(PASSWORD)

    pool = Connections(SshTransport(credentials=Credentials({}, slowly)), retry_after_s=(0.1,))
    with pool.to(at(box, daemon, somebody)) as connection:
        assert connection.run("id -un", timeout_s=300).stdout.decode().strip() == somebody.name
    pool.close()
    assert questions == [f"password for {somebody.name}@[127.0.0.1]:{daemon.port}: "]


def test_keys_come_before_a_password(box: Sandbox, somebody: Person, serve: Callable[..., Sshd], alone: Path) -> None:
    daemon = serve("PasswordAuthentication yes")

    def never(question: str) -> Secret | None:
        raise AssertionError(f"nobody is asked {question!r}")

    ways = SshTransport(credentials=Credentials({}, never))
    assert who(ways.connect(at(box, daemon, somebody, identity_file=str(box.identity)))) == somebody.name


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_an_encrypted_key(box: Sandbox, serve: Callable[..., Sshd], somebody: Person, alone: Path, kind: str) -> None:
    key = alone / "locked"
    shutil.copy(box.identity, key)
    if kind == "rsa":
        key.unlink()
        subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", key], check=True)
        with (box.folder / "authorized_keys").open("a") as file:
            file.write(key.with_suffix(".pub").read_text())
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", PASSPHRASE, "-f", key], check=True, capture_output=True)
    target = at(box, serve(), somebody, identity_file=str(key))
    assert who(transport(KEY_PASSPHRASE=PASSPHRASE).connect(target)) == somebody.name
    assert who(transport(KEY_PASSPHRASE_LOCKED=PASSPHRASE).connect(target)) == somebody.name
    with pytest.raises(AuthError, match=r"locked is encrypted.*Set VMBENCH_KEY_PASSPHRASE"):
        transport().connect(target)
    with pytest.raises(AuthError, match=r"the passphrase of .*locked is wrong.*Correct VMBENCH_KEY_PASSPHRASE"):
        transport(KEY_PASSPHRASE=WRONG).connect(target)


def test_a_password_for_the_targets_is_not_shown_to_a_jump_host(
    box: Sandbox, somebody: Person, serve: Callable[..., Sshd], alone: Path
) -> None:
    daemon = serve("PasswordAuthentication yes")
    target = at(box, daemon, somebody, jump=f"{somebody.name}@127.0.0.1:{daemon.port}")
    with pytest.raises(AuthError, match=r"jump host.*Set VMBENCH_SSH_PASSWORD_127_0_0_1 in"):
        transport(SSH_PASSWORD=PASSWORD).connect(target)
    assert "Failed password" not in daemon.log.read_text()
    both = transport(SSH_PASSWORD=PASSWORD, SSH_PASSWORD_127_0_0_1=PASSWORD)
    assert who(both.connect(target)) == somebody.name
