"""A real sshd whose every session prints without end, whatever it is asked: bounded time, bounded memory, one error."""

from __future__ import annotations

import resource
import threading
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest
from ssh_ground import Field

from bench.errors import TransportError
from bench.measure import ssh_talk
from bench.measure.provision import survey
from bench.measure.sandbox import Sandbox
from bench.measure.ssh import SshTransport
from bench.measure.transport import Connection
from bench.model import Target

MOST = 16 << 20
"""Bytes of a reply in these tests: the real bound takes seconds to reach."""


@pytest.fixture
def liar(ground: Field, box: Sandbox, request: pytest.FixtureRequest) -> Iterator[Target]:
    daemon = box.start(options=[f"ForceCommand {request.param}"])
    yield replace(ground.targets[1], port=daemon.port, peer=None)
    box.stop(daemon)


@pytest.mark.parametrize(
    ("liar", "said"),
    [
        ("yes", "sent more than 16 MiB"),
        ("cat /dev/zero", "sent more than 16 MiB"),
        ("yes '@@0123456789abcdef exit 0'", "sent more than 16 MiB"),
        ("yes >&2", "no answer in time"),
        ("sh -c 'yes >&2 & yes'", "sent more than 16 MiB"),
        ("printf '\\033[2J%s' garbage", "the shell ended"),
        ("cat", "did not run the script|no answer in time"),
        ("sleep 60", "no answer in time"),
    ],
    indirect=["liar"],
)
def test_an_endless_answer_is_one_error(liar: Target, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_talk, "MAX_REPLY", MOST)
    monkeypatch.setattr("bench.measure.provision.QUERY_TIMEOUT_S", 2 if said.endswith("no answer in time") else 600)
    connection = SshTransport().connect(liar)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    try:
        with pytest.raises(TransportError, match=said) as caught:
            survey(connection, liar)
    finally:
        connection.close()
    assert len(str(caught.value)) < 1000
    assert time.monotonic() - began < 600  # it ends at all; how soon depends on what else this machine does
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10 * MOST / 1024


def test_long_replies_share_a_room_and_where_it_is_full_they_take_turns(
    ground: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh_talk, "OWN_BYTES", 1 << 16)
    monkeypatch.setattr(ssh_talk, "_SHARE", 1 << 16)
    transport = SshTransport()
    first, second, third, fourth = (transport.connect(replace(ground.targets[0], name=name)) for name in "abcd")
    found: list[int] = []

    def long(connection: Connection) -> None:
        found.append(len(connection.run("head -c 3000000 /dev/zero", timeout_s=600).stdout))

    waiting = [threading.Thread(target=long, args=(one,)) for one in (second, fourth)]
    room = transport._room
    taken, room.left_bytes = room.left_bytes, 1 << 18
    with room.turn:  # as if another long reply were received
        for thread in waiting:
            thread.start()
        assert first.run("echo short", timeout_s=600).stdout == b"short\n"
        with pytest.raises(TransportError, match="no answer in time"):
            third.run("head -c 3000000 /dev/zero", timeout_s=1)
        assert found == []
    for thread in waiting:
        thread.join()
    assert found == [3000000] * 2
    assert (room.left_bytes, room.turn.locked()) == (1 << 18, False)
    room.left_bytes = taken
    with room.turn:  # not needed while there is room
        long(first)
    assert (room.left_bytes, len(found)) == (taken, 3)
    for connection in (first, second, third, fourth):
        connection.close()


def test_looking_for_the_end_of_a_reply_copies_nothing() -> None:
    """For every packet that arrives: what is copied then makes the time for a reply grow with its square."""
    output = bytearray(32 << 20)
    tracemalloc.start()
    try:
        assert ssh_talk._ended(output, b"\n@@0123456789abcdef exit ") is None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1 << 16
