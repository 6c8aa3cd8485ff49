"""Ways to a target over real sshd: several jump hosts, proxy commands, aliases, revoked keys, missing files."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from ssh_ground import Field

from bench.errors import AuthError, HostKeyError, TransportError
from bench.measure.sandbox import Sandbox, Sshd, free_port
from bench.measure.ssh import SshTransport, scan_host_keys
from bench.model import Target

RELAY = """\
import os, socket, sys, threading
there = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def back():
    while data := there.recv(65536):
        os.write(1, data)
    os._exit(0)
threading.Thread(target=back).start()
open(sys.argv[2], "w").write(str(os.getpid()))
while data := os.read(0, 65536):
    there.sendall(data)
os._exit(0)
"""


@pytest.fixture
def target(ground: Field) -> Target:
    return replace(ground.targets[1], peer=None)


def hello(target: Target) -> None:
    connection = SshTransport().connect(target)
    try:
        assert connection.run("echo hello", timeout_s=300).stdout == b"hello\n"
    finally:
        connection.close()


def test_every_jump_host_is_passed(ground: Field, box: Sandbox, daemons: list[Sshd], target: Target) -> None:
    first, second = daemons
    before = [daemon.log.read_text().count("Accepted publickey") for daemon in daemons]
    hello(replace(target, port=first.port, jump=f"127.0.0.1:{first.port},127.0.0.1:{second.port}"))
    after = [daemon.log.read_text().count("Accepted publickey") for daemon in daemons]
    assert [new - old for new, old in zip(after, before, strict=True)] == [2, 1]


@pytest.mark.parametrize("place", [0, 1])
def test_a_jump_host_that_is_down_is_named(daemons: list[Sshd], target: Target, place: int) -> None:
    ports = [daemons[0].port, daemons[0].port]
    ports[place] = down = free_port()
    with pytest.raises(TransportError, match=rf"jump host 127\.0\.0\.1:{down}\).*127\.0\.0\.1:{down}"):
        SshTransport().connect(replace(target, jump=",".join(f"127.0.0.1:{port}" for port in ports)))


def test_a_proxy_command_is_used_and_ended(target: Target, tmp_path: Path) -> None:
    (tmp_path / "relay.py").write_text(RELAY)
    config = tmp_path / "config"
    command = f"{sys.executable} {tmp_path}/relay.py {target.port} {tmp_path}/pid"
    config.write_text(f"Host unreal.invalid\n ProxyCommand {command}\n HostKeyAlias [127.0.0.1]:{target.port}\n")
    through = replace(target, address="unreal.invalid", ssh_config=str(config))
    hello(through)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    ((line, *_),) = scan_host_keys(through)
    assert line.startswith(f"[127.0.0.1]:{target.port} ssh-ed25519 ")


def test_a_proxy_command_that_fails_is_quoted(target: Target, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("ProxyCommand sh -c 'echo no relay here >&2'\n")
    with pytest.raises(TransportError, match="the ProxyCommand said 'no relay here'"):
        SshTransport().connect(replace(target, ssh_config=str(tmp_path / "config")))


def test_lines_that_cannot_be_read_cost_nothing(box: Sandbox, target: Target, tmp_path: Path) -> None:
    kind, key, *_ = (box.folder / "host_key.pub").read_text().split()
    lines = [f"@cert-authority * {kind} {key}", "x ssh-ed25519 !!!", f"[127.0.0.1]:{target.port} {kind} {key}"]
    (tmp_path / "hosts").write_text("\n".join(lines))
    hello(replace(target, known_hosts=str(tmp_path / "hosts")))


@pytest.mark.parametrize("recorded", ["same", "other", "nothing"])
def test_a_revoked_key_is_refused(box: Sandbox, target: Target, tmp_path: Path, recorded: str) -> None:
    kind, key, *_ = (box.folder / "host_key.pub").read_text().split()
    other = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
    line = {"same": key, "other": other, "nothing": ""}[recorded]
    text = f"@revoked * {kind} {key}\n" + (f"[127.0.0.1]:{target.port} {kind} {line}\n" if line else "")
    (tmp_path / "hosts").write_text(text)
    with pytest.raises(HostKeyError, match="is REVOKED"):
        SshTransport().connect(replace(target, known_hosts=str(tmp_path / "hosts")))


def test_a_missing_identity_file_is_said(target: Target, tmp_path: Path) -> None:
    with pytest.raises(AuthError, match=r"identity_file .*/nokey does not exist"):
        SshTransport().connect(replace(target, identity_file=str(tmp_path / "nokey")))


def test_a_missing_identity_file_of_the_configuration_is_said(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (tmp_path / "config").write_text(f"IdentityFile {tmp_path}/nokey\n")
    without = replace(target, identity_file=None, ssh_config=str(tmp_path / "config"))
    with pytest.raises(AuthError, match=r"no key to log in.*nokey \(does not exist\)"):
        SshTransport().connect(without)


def test_from_an_address_of_ones_own(target: Target, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("BindAddress 127.0.0.2\nAddressFamily inet\n")
    there = replace(target, ssh_config=str(tmp_path / "config"))
    connection = SshTransport().connect(there)
    assert connection.run("echo $SSH_CLIENT", timeout_s=300).stdout.startswith(b"127.0.0.2 ")
    connection.close()
