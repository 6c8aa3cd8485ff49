"""A connection that stalls or breaks at a bad moment is noticed in time, and called what it is."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from ssh_ground import ROOT, Field, scripted
from test_ssh_refusals import make_key

from bench.errors import AuthError, CrowdedError, HostKeyError, TransportError
from bench.measure import protocol
from bench.measure.connections import Connections
from bench.measure.protocol import Job, LeftOnTarget, Protocol
from bench.measure.sandbox import Sandbox, Sshd
from bench.measure.ssh import SshConnection, SshTransport
from bench.measure.transport import FakeTransport, Reply
from bench.model import JobSpec, Role, Target
from tests.chaos.proxy import Fault, Kind, Proxy
from tests.waiting import LONGEST_S, until


@pytest.fixture
def proxy(daemons: list[Sshd]) -> Iterator[Proxy]:
    with Proxy(daemons[0].port) as made:
        yield made


@pytest.fixture
def target(ground: Field, box: Sandbox, proxy: Proxy) -> Target:
    """The first target, through the proxy."""
    key = " ".join((box.folder / "host_key.pub").read_text().split()[:2])
    hosts = ground.folder / "hosts"
    hosts.write_text(f"[127.0.0.1]:{proxy.port} {key}\n")
    return replace(ground.targets[0], peer=None, port=proxy.port, known_hosts=str(hosts))


def opened(target: Target, timeout_s: float = 60.0) -> SshConnection:
    connection = SshTransport(connect_timeout_s=timeout_s).connect(target)
    assert isinstance(connection, SshConnection)
    return connection


@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize("after", [0, 100, 1000])
def test_a_stall_is_noticed_wherever_it_is(target: Target, proxy: Proxy, way: str, after: int) -> None:
    """While the shell is opened (the answer to `exec` used to be waited for without an end), and later."""
    connection = opened(target)
    proxy.plan([Fault(Kind.FREEZE, way, proxy.passed[way] + after)])
    with pytest.raises(TransportError, match=r"no answer in time \(1 s\)|opening channel"):
        connection.run(f"echo {'x' * 3000}", timeout_s=1)
    assert not connection.alive()


def test_a_stall_is_noticed_though_nothing_more_can_be_sent(target: Target, proxy: Proxy) -> None:
    connection = opened(target)
    connection.run("true", timeout_s=300)
    proxy.plan([Fault(Kind.FREEZE, "up", proxy.passed["up"] + 1000)])
    with pytest.raises(TransportError, match="no answer in time"):
        connection.run(f": {'x' * (16 << 20)}", timeout_s=1)
    before = threading.active_count()
    connection.close()
    assert threading.active_count() <= before


def test_a_jump_host_that_stalls_holds_nobody_up(ground: Field, target: Target, proxy: Proxy) -> None:
    """Hanging up says so through the jump host, whose line may have stalled."""
    through = replace(ground.targets[1], known_hosts=target.known_hosts, jump=f"127.0.0.1:{proxy.port}")
    with Path(str(target.known_hosts)).open("a") as file:
        file.write(Path(str(ground.targets[1].known_hosts)).read_text())
    connection = opened(through)
    connection.run("true", timeout_s=300)
    proxy.plan([Fault(Kind.FREEZE, "up", proxy.passed["up"])])
    done = threading.Event()

    def talk() -> None:
        with pytest.raises(TransportError, match="no answer in time"):
            connection.run(f": {'x' * (16 << 20)}", timeout_s=1)
        connection.close()
        done.set()

    threading.Thread(target=talk, daemon=True).start()
    assert done.wait(LONGEST_S)


def login_bytes(target: Target, proxy: Proxy) -> int:
    """How much goes up until somebody is logged in."""
    opened(target).close()
    return proxy.passed["up"]


@pytest.mark.parametrize("kind", [Kind.CLOSE, Kind.RESET, Kind.FREEZE])
def test_a_login_that_is_cut_is_not_one_that_was_refused(target: Target, proxy: Proxy, kind: Kind) -> None:
    """paramiko calls both a failed authentication; only the refusal is final."""
    whole = login_bytes(target, proxy)
    proxy.plan([Fault(kind, "up", proxy.passed["up"] + whole - 60)])
    with pytest.raises(TransportError, match="cannot connect") as caught:
        opened(target, 2.0)
    assert not isinstance(caught.value, AuthError)
    if kind is Kind.FREEZE:
        return
    proxy.plan([Fault(kind, "up", proxy.passed["up"] + whole - 60)])
    pool = Connections(SshTransport(connect_timeout_s=60.0), retry_after_s=(0.1,))
    with pool.to(target) as connection:
        assert connection.run("echo back", timeout_s=300).stdout == b"back\n"
    pool.close()


def test_a_greeting_that_is_cut_is_a_crowd_and_one_that_stalls_is_not(target: Target, proxy: Proxy) -> None:
    proxy.plan([Fault(Kind.CLOSE, "down", 0)])
    with pytest.raises(CrowdedError, match=r"hung up before it greeted.*MaxStartups"):
        opened(target)
    proxy.plan([Fault(Kind.FREEZE, "down", proxy.passed["down"])])
    with pytest.raises(TransportError, match="no answer in time while logging in") as caught:
        opened(target, 1.0)
    assert not isinstance(caught.value, CrowdedError)


def test_whatever_is_garbled_in_a_handshake_breaks_it(ground: Field, box: Sandbox, daemons: list[Sshd]) -> None:
    """Also where paramiko lets an error of its libraries through, such as a key of a wrong length (ValueError)."""
    key = " ".join((box.folder / "host_key.pub").read_text().split()[:2])

    def garbled(at: int) -> Exception | None:
        with Proxy(daemons[0].port) as proxy:
            hosts = ground.folder / f"hosts{at}"
            hosts.write_text(f"[127.0.0.1]:{proxy.port} {key}\n")
            proxy.plan([Fault(Kind.GARBLE, "down", at)])
            try:
                opened(replace(ground.targets[0], port=proxy.port, known_hosts=str(hosts)), 3.0).close()
            except Exception as error:  # noqa: BLE001  # its kind is the question
                return error
            return None

    final = AuthError | HostKeyError  # with which a target is given up
    with ThreadPoolExecutor(8) as threads:
        errors = [error for error in threads.map(garbled, range(2, 1700, 19)) if error]
    assert len(errors) > 40, "much of a handshake matters"
    assert [error for error in errors if not isinstance(error, TransportError) or isinstance(error, final)] == []


def test_too_many_keys_are_called_that(ground: Field, box: Sandbox, tmp_path: Path) -> None:
    names = [make_key(tmp_path / f"key{number}") for number in range(3)]
    config = tmp_path / "config"
    config.write_text("".join(f"IdentityFile {name}\n" for name in names))
    daemon = box.start(options=("MaxAuthTries 2",))
    try:
        there = replace(ground.targets[0], port=daemon.port, identity_file=None, ssh_config=str(config))
        with pytest.raises(AuthError, match=r"takes fewer keys than were offered.*identity_file"):
            SshTransport().connect(there)
    finally:
        box.stop(daemon)


def test_the_kernel_looks_for_a_dead_peer_only_while_somebody_waits(target: Target) -> None:
    connection = opened(target)
    (line,) = connection._way._lines

    def probing() -> int:
        return line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)

    assert probing() == 0
    connection.run(f"mkdir -p {target.base}", timeout_s=300)
    thread = threading.Thread(
        target=connection.run,
        args=(f"while [ ! -e {target.base}/go ]; do sleep 0.1; done",),
        kwargs={"timeout_s": 300},
    )
    thread.start()
    until(probing)
    Path(target.base, "go").touch()
    thread.join()
    assert probing() == 0
    connection.close()


GONE = """\
import os, subprocess, sys, threading
from bench.errors import TransportError
from bench.measure import ssh_way
from bench.measure.sandbox import sandbox
from bench.measure.ssh import SshTransport
from bench.model import Target
from pathlib import Path
ssh_way._PROBING = (("TCP_KEEPIDLE", 1), ("TCP_KEEPINTVL", 1), ("TCP_KEEPCNT", 2), ("TCP_USER_TIMEOUT", 3000))
def loopback(state):
    subprocess.run(["ip", "link", "set", "lo", state], check=True)
loopback("up")
with sandbox(Path(sys.argv[1])) as box:
    target = Target("t", "127.0.0.1", "127.0.0.1", port=box.start().port,
                    identity_file=str(box.identity), known_hosts=str(box.known_hosts), ssh_config=os.devnull)
    connection = SshTransport().connect(target)
    connection.run("true", timeout_s=300)
    threading.Timer(0.5, loopback, ("down",)).start()
    try:
        connection.run("sleep 100", timeout_s=300)
    except TransportError as error:
        print(error)
"""


def test_a_peer_that_is_gone_altogether_is_noticed(tmp_path: Path) -> None:
    """In a network of its own, whose loopback goes down: nothing hangs up, and nothing ever comes back."""
    if not shutil.which("ip") or subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs ip, and a network namespace can be made by root only")
    words = ["unshare", "-n", sys.executable, "-c", GONE, tmp_path / "ssh"]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=200, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert "the connection broke" in done.stdout, done.stderr


def test_a_flood_of_errors_does_not_block(ground: Field) -> None:
    """More than the window of a channel, and nothing on standard output before it is taken."""
    connection = SshTransport().connect(ground.targets[0])
    reply = connection.run("head -c 5000000 /dev/zero | tr '\\0' x >&2; echo done", timeout_s=300)
    assert reply.stdout == b"done\n"
    assert len(reply.stderr) > 100_000, "only its end is kept"
    connection.close()


def test_patience_is_time_on_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that stalls for minutes uses it up: ten minutes are not ten minutes of pauses between such calls."""
    clock = [1000.0]
    fake = SimpleNamespace(monotonic=lambda: clock[0], time=time.time, strftime=time.strftime, localtime=time.localtime)
    monkeypatch.setattr(protocol, "time", fake)
    made = Protocol(Connections(FakeTransport(lambda target, script: Reply(0, b"", b""))), "", patience_s=600)
    calls = []

    def stalls(job: Job) -> None:
        calls.append(job)
        clock[0] += 300
        raise TransportError("no answer in time")

    waiting = made.patiently(stalls, Job("id", Target("t", "t", "t"), Role.SINGLE, "", "", JobSpec((), ())), 0.0)

    def wait() -> None:
        for pause in waiting:
            clock[0] += pause

    with pytest.raises(LeftOnTarget):
        wait()
    assert len(calls) == 3


def test_a_cut_survey_is_repeated(ground: Field, target: Target, proxy: Proxy) -> None:
    whole = login_bytes(target, proxy)
    proxy.plan([Fault(Kind.RESET, "up", proxy.passed["up"] + whole + 500)])
    run = ground.run(scripted(), targets=(target,))
    assert ground.execute(run).missing == {}
    assert len(proxy.struck) == 1
