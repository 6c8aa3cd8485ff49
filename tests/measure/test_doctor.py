"""What `bench doctor` finds: every check, of targets that answer as told and of this machine's own shell."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from doctor_ground import FAR, now, replies

from bench.config.catalogue import LoadedSuite
from bench.errors import AuthError, BenchError, HostKeyError, SuiteError, TransportError
from bench.measure.doctor import Check, examine
from bench.measure.provision import tool_digest
from bench.measure.transport import Connection, FakeTransport, Handler, Reply
from bench.model import Source, Suite, Target, Tool

RECIPE = r"""
mkdir -p "$DEST/bin"
printf '#!/bin/sh\necho greeter 1.2\n' >"$DEST/bin/greet"
chmod +x "$DEST/bin/greet"
"""
TOOL = Tool(
    name="greeter",
    packages=(("apt", ()), ("dnf", ()), ("zypper", ())),
    install=RECIPE,
    binaries=("bin/greet",),
    version=("{tool}/bin/greet",),
)
DISK = "/dev/disk/by-id/scratch"


@dataclass(slots=True)
class Closed:
    """A transport that never connects, and counts how often it was asked."""

    error: BenchError
    tries: list[str] = field(default_factory=list)

    def connect(self, target: Target) -> Connection:
        self.tries.append(target.name)
        raise self.error


def suite(name: str = "greeter", tool: Tool | None = TOOL, *, uses_disk: bool = False) -> LoadedSuite:
    return LoadedSuite(Suite(name, name, (), tool=tool, uses_disk=uses_disk), Path(), "digest", "package")


def shell(target: Target, script: str) -> Reply:
    """A target that is this machine."""
    done = subprocess.run(["/bin/sh", "-s"], input=script.encode(), capture_output=True, check=False)
    return Reply(done.returncode, done.stdout, done.stderr)


def checked(target: Target, handler: Handler, *suites: LoadedSuite) -> list[Check]:
    return asked(target, FakeTransport(handler), suites)


def asked(
    target: Target, transport: FakeTransport, suites: Sequence[LoadedSuite], source: object = None
) -> list[Check]:
    """All checks but whether root can be had, which is tested by itself."""
    found = examine([target], suites, transport, source)  # type: ignore[arg-type]  # a provider or None
    return [check for check in found if check.name not in ("sudo", "updates")]


@pytest.fixture
def here(tmp_path: Path) -> Target:
    return Target("here", "h", "h", base=str(tmp_path / "base"))


# --- reaching ---


@pytest.mark.parametrize(
    ("error", "name", "tries"),
    [
        (TransportError("cannot connect", where="far"), "reach", 3),
        (HostKeyError("unknown host key", where="far", remedy="Run `bench trust`"), "host key", 1),
        (AuthError("no key was accepted", where="far"), "login", 1),
    ],
)
def test_a_target_that_lets_nobody_in(error: BenchError, name: str, tries: int) -> None:
    closed = Closed(error)
    assert examine([FAR], [suite()], closed, None, retry_after_s=(0, 0)) == [Check("far", name, False, str(error))]
    assert len(closed.tries) == tries, "a refused key is never tried again"


def test_a_connection_that_breaks_is_not_a_reached_target() -> None:
    def breaks(target: Target, script: str) -> Reply:
        raise TransportError("the connection broke", where=target.name)

    assert checked(FAR, breaks) == [Check("far", "reach", False, "far: the connection broke")]


def test_one_target_that_is_down_hides_no_other(here: Target) -> None:
    def handler(target: Target, script: str) -> Reply:
        if target.name == "far":
            raise TransportError("is down", where="far")
        return replies(now())(target, script)

    targets = [replace(here, name="one"), FAR, replace(here, name="two")]
    found = examine(targets, [], FakeTransport(handler), None)
    logins = [(check.target, check.ok) for check in found if check.name != "sudo"]
    assert logins == [("one", True), ("far", False), ("two", True)]


# --- the machine ---


def test_a_good_target_says_what_it_is() -> None:
    assert checked(FAR, replies(now())) == [Check("far", "login", True, "2 CPUs, 8.0 GiB free")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"free_kib": "1024"}, "only 0.0 GiB free below /h/.bench"),
        ({"load": "1.9"}, "load 1.90 on 2 CPUs before anything was started"),
        ({"jobs": "j1 j2"}, "a vmbench job is running already: j1, j2"),
        ({"clock": "1000000000"}, "behind the controller's"),
        ({"clock": "9000000000"}, "ahead of the controller's"),
    ],
)
def test_what_would_spoil_a_measurement_is_a_warning(changes: dict[str, str], said: str) -> None:
    login, warning = checked(FAR, replies(now(**changes)))
    assert login.ok is True
    assert (warning.name, warning.ok) == ("machine", None)
    assert said in warning.detail


def test_several_warnings_are_several_lines() -> None:
    assert [one.ok for one in checked(FAR, replies(now(load="9", jobs="j")))] == [True, None, None]


def test_a_folder_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (check,) = checked(Target("here", "h", "h", base=str(tmp_path / "file" / "base")), shell)
    assert (check.name, check.ok) == ("machine", False)
    assert "cannot write to" in check.detail
    assert "Set `base:`" in check.detail


# --- tools ---


def test_a_missing_tool_is_a_warning_until_it_is_fixed(here: Target) -> None:
    (_, check), folder = _machine(here, None), Path(here.base) / "tools"
    assert (check.name, check.ok) == ("greeter", None)
    assert "`--fix` or the first run installs it" in check.detail
    assert not list(folder.iterdir()), "without --fix nothing is installed"
    (_, fixed) = _machine(here, _no_source)
    assert fixed == Check("here", "greeter", True, "greeter 1.2")
    assert [one.name for one in folder.iterdir()] == [tool_digest(TOOL)]
    assert _machine(here, None)[1] == fixed, "and found again"


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        (replace(TOOL, install="echo no compiler; exit 3"), "no compiler"),
        (replace(TOOL, packages=()), "no package manager that the suite knows"),
        (replace(TOOL, source=Source("greeter", "1", "c", "https://x", "d")), "its source cannot be had"),
    ],
)
def test_a_tool_that_cannot_be_installed_is_a_failure(here: Target, tool: Tool, said: str) -> None:
    (login, check) = _machine(here, _no_source, suite(tool=tool))
    assert login.ok is True
    assert (check.name, check.ok) == ("greeter", False)
    assert said in check.detail


def test_suites_without_a_tool_need_none() -> None:
    assert [one.name for one in checked(FAR, replies(now()), suite("imports", None))] == ["login"]


def _no_source(tool: Tool) -> bytes:
    raise SuiteError("its source cannot be had", where=tool.name)


def _machine(here: Target, source: object, one: LoadedSuite | None = None) -> list[Check]:
    """The checks of this machine, without the warnings that other work on it causes."""
    found = asked(here, FakeTransport(shell), [one or suite()], source)  # type: ignore[arg-type]  # a provider or None
    return [check for check in found if check.name != "machine"]


# --- disks ---


@pytest.mark.parametrize(
    ("destroyable", "guard", "ok", "said"),
    [
        ((DISK,), "free\n", True, f"{DISK} is free and may be destroyed"),
        ((DISK,), "refused it is mounted\n", False, "it is mounted"),
        ((), "free\n", False, "not listed in `destroyable`"),
    ],
)
def test_a_device_is_checked_before_anything_writes_to_it(
    destroyable: tuple[str, ...], guard: str, ok: bool, said: str
) -> None:
    target = replace(FAR, disk=DISK, destroyable=destroyable)
    _, check = checked(target, replies(now(), guard=guard), suite("fio", None, uses_disk=True))
    assert (check.name, check.ok) == ("disk", ok)
    assert said in check.detail


def test_a_file_needs_no_guard_and_other_suites_none_either() -> None:
    on_file, on_disk = replace(FAR, disk="/data/file"), replace(FAR, disk=DISK)
    assert len(checked(on_file, replies(now()), suite("fio", None, uses_disk=True))) == 1
    assert len(checked(on_disk, replies(now()), suite("iperf3", None))) == 1
