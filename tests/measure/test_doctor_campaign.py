"""What `bench doctor` finds beyond a login: root, updates that wait, the controller itself, clones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from doctor_ground import FAR, now, replies

from bench.measure.credentials import Credentials
from bench.measure.doctor import controller, examine
from bench.measure.transport import FakeTransport, Reply
from bench.model import Target


@pytest.mark.parametrize(
    ("care", "allowed", "checks"),
    [
        ("root=root", True, [("sudo", True, "logged in as root")]),
        ("root=sudo", True, [("sudo", True, "sudo works without a password")]),
        ("root=sudo", False, [("sudo", None, "cannot install packages: no root, no sudo")]),
        ("root=no", True, [("sudo", None, "cannot install packages: no root, no sudo")]),
        ("root=root\nupdates=0", True, [("sudo", True, "logged in as root")]),
    ],
)
def test_whether_tools_can_be_installed(care: str, allowed: bool, checks: list[tuple[str, bool | None, str]]) -> None:
    target = replace(FAR, sudo=allowed)
    found = examine([target], [], FakeTransport(replies(now(), care=care)), None)
    assert [(check.name, check.ok, check.detail) for check in found if check.name != "login"] == checks


@pytest.mark.parametrize(
    ("care", "word"),
    [("root=root\nupdates=12", "12 packages can be updated"), ("root=root\nreboot=yes", "a reboot is pending")],
)
def test_updates_that_wait_are_a_warning(care: str, word: str) -> None:
    found = examine([FAR], [], FakeTransport(replies(now(), care=care)), None)
    (check,) = [check for check in found if check.name == "updates"]
    assert check.ok is None
    assert word in check.detail


def test_the_controller_needs_room_and_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    targets = [Target("t", "t", "t", identity_file="key"), Target("u", "u", "u")]
    room, keys = controller(tmp_path / "not" / "yet", targets)
    assert (room.name, keys.name, keys.ok) == ("disk", "keys", None)
    assert str(tmp_path) in room.detail
    assert "nothing to log in to u with" in keys.detail
    named = controller(tmp_path, targets[:1])[1]
    assert (named.ok, named.detail) == (True, "the inventory names one for every target")
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_ed25519").touch()
    assert controller(tmp_path, targets)[1].detail == "offers id_ed25519"


CLONE = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("boots", "ids", "addresses", "said"),
    [
        (("1", "2"), (CLONE, CLONE), ("a", "b"), "it has the machine-id of one: clones of one image"),
        (("1", "1"), (CLONE, CLONE), ("a", "b"), "it is the same machine as one"),
        (("1", "1"), (CLONE, CLONE), ("127.0.0.1", "localhost"), ""),
        (("1", "2"), (CLONE, CLONE[::-1]), ("a", "b"), ""),
        (("1", "2"), ("", ""), ("a", "b"), ""),
        (("1", "2"), ("uninitialized", "uninitialized"), ("a", "b"), ""),
    ],
)
def test_clones_and_one_machine_under_two_names(
    boots: tuple[str, str], ids: tuple[str, str], addresses: tuple[str, str], said: str
) -> None:
    targets = [Target(name, address, "") for name, address in zip(("one", "two"), addresses, strict=True)]

    def handler(target: Target, script: str) -> Reply:
        number = ("one", "two").index(target.name)
        return replies(now(machine_id=ids[number], boot_id=boots[number]))(target, script)

    found = examine(targets, [], FakeTransport(handler), None)
    warnings = [(one.target, one.detail) for one in found if one.name == "machine"]
    assert [name for name, _ in warnings] == ["two"] * bool(said)
    assert all(detail.startswith(said) for _, detail in warnings)


@pytest.mark.parametrize(
    ("care", "environment", "ok", "said"),
    [
        ("root=tty", {}, None, "cannot install packages: sudo insists on a terminal (`requiretty`)"),
        (
            "root=password",
            {},
            None,
            "sudo asks for a password. Set VMBENCH_SUDO_PASSWORD or VMBENCH_SUDO_PASSWORD_FAR in",
        ),
        ("root=password", {"VMBENCH_SUDO_PASSWORD": "x"}, True, "sudo takes the password"),
        ("root=password", {"VMBENCH_SUDO_PASSWORD_OTHER": "x"}, None, "sudo asks for a password. Set"),
    ],
)
def test_a_sudo_that_asks(care: str, environment: dict[str, str], ok: bool | None, said: str) -> None:
    known = Credentials(environment)
    found = examine([FAR], [], FakeTransport(replies(now(), care=care)), None, credentials=known)
    (check,) = [one for one in found if one.name == "sudo"]
    assert check.ok is ok
    assert check.detail.startswith(said)
