"""What lets files of tests run beside others: a port of one's own, hypothesis without a clock, and locks.

`make test` gives files to several workers (pytest-xdist). A file whose tests change what the whole machine has (users,
block devices) carries `one_at_a_time("accounts")`: it waits until no other such file runs, in whatever process.
"""

from __future__ import annotations

import fcntl
import functools
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import hypothesis
import pytest

from bench.measure import sandbox

LONGEST = (
    "test_ssh_secrets",
    "test_job_ends",
    "test_posix_jobs",
    "test_ssh_deciding",
    "test_ssh_lost",
    "test_ssh_campaign",
    "test_ssh_reboot",
    "test_ssh_passwords",
    "test_ssh_sudo",
    "test_ssh_waiting",
    "test_ssh_controller",
    "test_ssh_reboot_sessions",
    "test_ssh_two_controllers",
    "test_cli_analysing",
    "test_ssh_stalls",
    "test_ssh_logins",
    "test_analyse_factorial",
    "test_wire",
    "test_chaos_parsers",
    "test_controller",
    "test_ssh_asking",
)
"""Workers start with these, so that what is left at the end is short; files of one lock stand apart."""

hypothesis.settings.register_profile(
    "vmbench",
    hypothesis.settings.get_profile("ci" if os.environ.get("CI") else "default"),
    deadline=None,  # how long an example takes depends on what else this machine does
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("vmbench")


def _common(name: str) -> Path:
    """A file that all processes of tests lock."""
    return Path(tempfile.gettempdir()) / f"vmbench-tests-{os.getuid()}-{name}"


_CLAIMS = _common("ports").open("ab")
_OWN: set[int] = set()
_free_ports = sandbox.free_ports


@functools.wraps(_free_ports)
def _claimed_ports(count: int) -> list[int]:
    """Free ports that no other process of tests was given: each locks the byte of that number until it ends."""
    claimed: list[int] = []
    while len(claimed) < count:
        (port,) = _free_ports(1)
        with suppress(OSError):
            fcntl.lockf(_CLAIMS, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)  # never refused to the one who holds it
            if port not in _OWN:
                _OWN.add(port)
                claimed.append(port)
    return claimed


# Before the modules of tests take it from there.
sandbox.free_ports = _claimed_ports


@pytest.fixture(scope="module", autouse=True)
def _one_at_a_time(request: pytest.FixtureRequest) -> Iterator[None]:
    mark = request.node.get_closest_marker("one_at_a_time")
    if mark is None:
        yield
        return
    with _common(mark.args[0]).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)  # said aloud: a child that was forked meanwhile may have it still


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In a worker the longest files come first. By hand everything stays where it is."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = {name: number for number, name in enumerate(LONGEST)}
        items.sort(key=lambda item: place.get(item.path.stem, len(LONGEST)))
