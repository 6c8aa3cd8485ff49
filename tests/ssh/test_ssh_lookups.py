"""A host name that nobody looks up, or not in time, is one clear error and holds nobody up."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator

import pytest

from bench.errors import TransportError
from bench.measure.ssh import SshTransport, scan_host_keys
from bench.model import Target


def target(address: str) -> Target:
    return Target("t", address, address, ssh_config=os.devnull)


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """No look-up ends before the test does; it is set when one has begun."""
    began, over = threading.Event(), threading.Event()

    def never(*_: object) -> list[object]:
        began.set()
        over.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    yield began
    over.set()


def test_a_look_up_that_hangs_is_given_up(stuck: threading.Event) -> None:
    with pytest.raises(TransportError, match=r"name\.example:22 \(its name was not looked up in time \(0\.2 s\)\)"):
        SshTransport(connect_timeout_s=0.2).connect(target("name.example"))
    assert stuck.is_set()
    with pytest.raises(TransportError, match="not looked up in time"):
        scan_host_keys(target("name.example"), 0.2)


def test_what_the_look_up_says_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(TransportError, match="Name or service not known"):
        SshTransport().connect(target("name.example"))


@pytest.mark.parametrize("address", ["x" * 70 + ".example", "a..example"])
def test_what_cannot_be_a_name_is_an_error_of_ours(address: str) -> None:
    with pytest.raises(TransportError, match="it is no name of a host"):
        SshTransport().connect(target(address))
