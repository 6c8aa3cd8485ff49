"""A real sshd whose every session prints without end, whatever it is asked: bounded time, bounded memory, one error."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from ssh_ground import Field

from bench.errors import TransportError
from bench.measure import ssh
from bench.measure.provision import survey
from bench.measure.sandbox import Sandbox
from bench.measure.ssh import SshTransport
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
    monkeypatch.setattr(ssh, "MAX_REPLY", MOST)
    monkeypatch.setattr("bench.measure.provision.QUERY_TIMEOUT_S", 100 if "MiB" in said else 2)
    connection = SshTransport().connect(liar)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    try:
        with pytest.raises(TransportError, match=said) as caught:
            survey(connection, liar)
    finally:
        connection.close()
    assert len(str(caught.value)) < 1000
    assert time.monotonic() - began < 120  # it ends at all; how soon depends on what else this machine does
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10 * MOST / 1024
