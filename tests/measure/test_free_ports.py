"""Ports for what is started later: different ones, free, and none that an outgoing connection would get."""

from __future__ import annotations

import inspect
import socket
from pathlib import Path

import pytest

from bench.errors import TransportError
from bench.measure import sandbox

unclaimed = inspect.unwrap(sandbox.free_ports)  # without what tests/conftest.py adds


def test_they_are_different_and_below_those_of_outgoing_connections() -> None:
    ports = sandbox.free_ports(20)
    assert len(set(ports)) == 20
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(10_000 <= port < max(first, 32768) for port in ports)
    for port in ports:
        with socket.create_server(("127.0.0.1", port)):
            pass


def test_one_that_somebody_listens_on_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, free = sandbox.free_ports(2)
    monkeypatch.setattr(sandbox.random.SystemRandom, "sample", lambda self, population, k: [taken, free])
    with socket.create_server(("127.0.0.1", taken)):
        assert unclaimed(1) == [free]
        with pytest.raises(TransportError, match="no free TCP ports"):
            unclaimed(2)


@pytest.mark.parametrize("text", ["1024 65535", "nonsense", ""])
def test_a_range_that_leaves_no_room_is_passed_over(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "range").write_text(text)
    monkeypatch.setattr(sandbox, "_PASSING_PORTS", tmp_path / "range")
    assert all(10_000 <= port < 32768 for port in unclaimed(5))
