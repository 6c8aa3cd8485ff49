"""Servers that are set up oddly over real sshd: each works, or gives one clear error."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from ssh_ground import Field, Watcher, only, scripted

from bench.errors import AuthError, TransportError
from bench.measure.connections import Connections
from bench.measure.sandbox import Sandbox, Sshd
from bench.measure.ssh import SshTransport, scan_host_keys
from bench.measure.watch import State
from bench.model import Status, Target
from tests.chaos.proxy import Proxy
from tests.chaos.wire_ground import kill_sessions

Start = Callable[..., Target]


@pytest.fixture
def start(ground: Field, box: Sandbox) -> Iterator[Start]:
    """Starts a daemon with lines of its own in sshd_config; the target behind it."""
    started: list[Sshd] = []

    def make(*options: str) -> Target:
        started.append(box.start(options=options))
        return replace(ground.targets[0], peer=None, port=started[-1].port)

    yield make
    for daemon in started:
        box.stop(daemon)


def fails(target: Target, kind: type[TransportError] = TransportError, timeout_s: float = 300) -> str:
    """The message of a connection that cannot be used."""

    def talk() -> None:
        connection = SshTransport().connect(target)
        try:
            connection.run("true", timeout_s=timeout_s)
        finally:
            connection.close()

    with pytest.raises(kind) as caught:
        talk()
    return str(caught.value)


def test_one_session_at_a_time_is_enough(ground: Field, start: Start) -> None:
    run = ground.run(scripted(), targets=(start("MaxSessions 1", "PermitTTY no"),), repetitions=2)
    assert ground.execute(run).missing == {}


def test_a_server_without_sessions(start: Start) -> None:
    assert "opens no session (Connect failed). MaxSessions" in fails(start("MaxSessions 0"))


@pytest.mark.parametrize(
    ("command", "timeout_s", "said"),
    [
        (
            "internal-sftp",
            300,
            "the shell ended with exit code 1 (This service allows sftp connections only.). The login",
        ),
        ("sleep 20", 2, "no answer in time (2 s). If that happens every time: The login has to run `sh -s`"),
    ],
)
def test_a_forced_command(start: Start, command: str, timeout_s: float, said: str) -> None:
    assert said in fails(start(f"ForceCommand {command}"), timeout_s=timeout_s)


def test_an_account_that_may_not_log_in(start: Start, box: Sandbox) -> None:
    assert f"refused the login (Authentication failed). Tried {box.identity}" in fails(
        start(f"DenyUsers {box.user}"), AuthError
    )


def test_a_jump_host_that_may_not_forward(start: Start) -> None:
    jump = start("AllowTcpForwarding no")
    said = fails(replace(start(), jump=f"127.0.0.1:{jump.port}"))
    assert "its jump host cannot reach 127.0.0.1" in said
    assert "See AllowTcpForwarding and PermitOpen" in said


def test_a_throttled_server_lets_everybody_in_in_the_end(start: Start, box: Sandbox) -> None:
    """Twenty targets on a server that takes one login at a time and hangs up on all others."""
    target = start("MaxStartups 1:100:1")
    pool = Connections(SshTransport(), capacity=0, linger=0)

    def ask(number: int) -> bytes:
        with pool.to(replace(target, name=f"t{number}")) as connection:
            return connection.run(f"echo {number}", timeout_s=300).stdout

    # Somebody who says nothing holds the only place for a while, so that throttling is certain.
    with socket.create_connection(("127.0.0.1", target.port or 0)) as silent, ThreadPoolExecutor(20) as threads:
        silent.recv(100)
        threading.Timer(1.5, silent.close).start()
        assert list(threads.map(ask, range(20))) == [f"{number}\n".encode() for number in range(20)]
    log = box.folder / f"sshd_{target.port}.log"
    assert "MaxStartups throttling" in log.read_text()


@pytest.fixture
def six(start: Start, box: Sandbox, tmp_path: Path) -> Target:
    """A server that listens on ::1 as well, whose key is on record under that address."""
    if not socket.has_ipv6:
        pytest.skip("Python without IPv6")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"no IPv6 on loopback: {error}")
    target = start("ListenAddress 127.0.0.1", "ListenAddress ::1")
    key = " ".join((box.folder / "host_key.pub").read_text().split()[:2])
    hosts = tmp_path / "hosts"
    hosts.write_text(f"[::1]:{target.port} {key}\n{box.known_hosts.read_text()}")
    return replace(target, address="::1", known_hosts=str(hosts))


def test_ipv6(ground: Field, six: Target) -> None:
    assert ground.execute(ground.run(scripted(), targets=(six,))).missing == {}
    ((line, *_),) = scan_host_keys(six)
    assert line.startswith(f"[::1]:{six.port} ssh-ed25519 ")


@pytest.mark.parametrize("jump", ["[::1]:{port}", "{user}@[::1]:{port}"])
def test_a_jump_host_with_ipv6(ground: Field, box: Sandbox, start: Start, six: Target, jump: str) -> None:
    there = replace(start(), jump=jump.format(port=six.port, user=box.user), known_hosts=six.known_hosts)
    with Path(str(six.known_hosts)).open("a") as file:
        file.write(box.known_hosts.read_text())
    assert ground.execute(ground.run(scripted(), targets=(there,))).missing == {}


def test_two_machines_behind_forwarded_ports_of_one_address(
    ground: Field, box: Sandbox, start: Start, tmp_path: Path
) -> None:
    """Their keys are on record under their own names, as HostKeyAlias says."""
    key = " ".join((box.folder / "host_key.pub").read_text().split()[:2])
    hosts, config = tmp_path / "hosts", tmp_path / "config"
    hosts.write_text(f"vm-a {key}\nvm-b {key}\n")
    behind = [start(), start()]
    with Proxy(behind[0].port or 0) as first, Proxy(behind[1].port or 0) as second:
        config.write_text(
            "".join(
                f"Host {name}\n HostName 127.0.0.1\n Port {proxy.port}\n HostKeyAlias {name}\n"
                for name, proxy in (("vm-a", first), ("vm-b", second))
            )
        )
        targets = tuple(
            replace(
                one,
                name=name,
                address=name,
                port=None,
                ssh_config=str(config),
                known_hosts=str(hosts),
                base=str(tmp_path / name),
            )
            for name, one in zip(("vm-a", "vm-b"), behind, strict=True)
        )
        assert ground.execute(ground.run(scripted(), targets=targets)).missing == {}
        assert first.passed["up"] > 1000
        assert second.passed["up"] > 1000
        (tmp_path / "hosts").write_text(f"vm-a {key}\n")
        assert "the host key of vm-b is unknown" in fails(targets[1])


def test_a_jump_host_that_dies_while_a_job_runs(ground: Field, box: Sandbox, start: Start) -> None:
    jumps = [box.start()]

    def on_state(trial: object, state: State) -> None:
        if state is State.RUNNING and len(jumps) == 1:
            kill_sessions(jumps[0])
            box.stop(jumps[0])
            jumps.append(box.start(port=jumps[0].port))

    try:
        run = ground.run(
            scripted("echo ran >>../../ran; sleep 0.5; echo rate 42"),
            targets=(replace(start(), jump=f"127.0.0.1:{jumps[0].port}"),),
        )
        assert ground.execute(run, watcher=Watcher(on_state=on_state), patience_s=600).missing == {}
    finally:
        box.stop(jumps[-1])
    assert len(jumps) == 2
    assert only(run).status is Status.OK
    assert (ground.folder / "base0" / "ran").read_text() == "ran\n"
