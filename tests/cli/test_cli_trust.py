"""`bench trust` and `bench doctor` against real sshd processes on loopback."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_process import Bench, process

from bench.config.inventory import load_inventory
from bench.errors import TransportError
from bench.measure.sandbox import Sandbox, Sshd, free_port, sandbox
from bench.measure.ssh import known_key_types

INVENTORY = """\
known_hosts: {known}
ssh_config: /dev/null
defaults: {{identity_file: {identity}}}
targets:
  alpha: {{address: 127.0.0.1, port: {ports[0]}, base: {base}}}
  beta: {{address: 127.0.0.1, port: {ports[1]}, base: {base}}}
"""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    try:
        with sandbox(tmp_path_factory.mktemp("trust")) as made:
            yield made
    except TransportError as error:
        pytest.skip(f"no private sshd here: {error}")


@pytest.fixture(scope="module")
def daemons(box: Sandbox) -> list[Sshd]:
    return [box.start(), box.start()]


@pytest.fixture
def known() -> Path:
    """A known_hosts file that is not there yet, in a folder that is not there yet."""
    return Path.cwd() / "keys" / "known"


@pytest.fixture
def inventory(box: Sandbox, daemons: list[Sshd], known: Path) -> Path:
    path = Path.cwd() / "inv.yaml"
    ports = [daemon.port for daemon in daemons]
    path.write_text(INVENTORY.format(known=known, identity=box.identity, ports=ports, base=Path.cwd() / "b"), "utf-8")
    return path


def fingerprint_of(key: str) -> str:
    digest = hashlib.sha256(base64.b64decode(key)).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def known_fingerprint(box: Sandbox) -> str:
    return fingerprint_of((box.folder / "host_key.pub").read_text("utf-8").split()[1])


def entry(box: Sandbox, daemon: Sshd) -> str:
    """What known_hosts must hold for a daemon."""
    kind, key, *_ = (box.folder / "host_key.pub").read_text("utf-8").split()
    return f"[127.0.0.1]:{daemon.port} {kind} {key}"


def test_keys_are_shown_recorded_and_then_believed(
    bench: Bench, box: Sandbox, daemons: list[Sshd], inventory: Path, known: Path
) -> None:
    before = bench("doctor", "-i", inventory, "-s", "iperf3", "--json")
    assert before.code == 1
    refused = [row for row in before.json if row["target"] != "controller"]
    assert {(row["check"], row["ok"]) for row in refused} == {("host key", False)}
    assert "bench trust" in refused[0]["detail"]

    said = bench("trust", "-i", inventory, "--yes")
    assert said.code == 0, said.err
    shown = [line.split() for line in said.out.splitlines()[1:-1]]
    assert [(row[0], row[1], row[3]) for row in shown] == [(n, "ssh-ed25519", "new") for n in ("alpha", "beta")]
    assert shown[0][2].startswith("SHA256:")
    assert said.out.splitlines()[-1] == f"Recorded 2 keys in {known}"
    assert known.read_text("utf-8").splitlines() == [entry(box, daemon) for daemon in daemons]
    assert known.stat().st_mode & 0o777 == 0o600
    assert known.parent.stat().st_mode & 0o777 == 0o700
    assert known_key_types(load_inventory(inventory).targets[0]) == {"ssh-ed25519": shown[0][2]}

    after = bench("doctor", "-i", inventory, "-s", "iperf3", "--json")
    assert after.code == 0
    assert [(row["target"], row["ok"]) for row in after.json if row["check"] == "login"] == [
        ("alpha", True),
        ("beta", True),
    ]

    again = bench("trust", "-i", inventory, "--yes")
    assert (again.code, again.out.splitlines()[-1]) == (0, "Nothing new to record.")
    assert [line.split()[-1] for line in again.out.splitlines()[1:-1]] == ["known", "known"]
    assert len(known.read_text("utf-8").splitlines()) == 2


def test_without_a_yes_nothing_is_recorded(inventory: Path, known: Path) -> None:
    said = process("trust", "-i", inventory, "-l", "alpha")
    assert said.returncode == 1
    assert said.stderr.startswith("Record 1 new key? [y/N]:")
    assert "Traceback" not in said.stderr
    assert "SHA256:" in said.stdout
    assert not known.exists()


def test_a_yes_records_what_was_shown(
    bench: Bench, box: Sandbox, daemons: list[Sshd], inventory: Path, known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known.parent.mkdir()
    known.write_text("# mine, and no line's end", "utf-8")
    monkeypatch.setattr("typer.confirm", lambda text, **_: text == "Record 1 new key?")
    said = bench("trust", "-i", inventory, "-l", "beta")
    assert (said.code, said.out.splitlines()[-1]) == (0, f"Recorded 1 key in {known}")
    assert known.read_text("utf-8") == f"# mine, and no line's end\n{entry(box, daemons[1])}\n"


def test_a_changed_key_is_shown_and_never_replaced(
    bench: Bench, box: Sandbox, daemons: list[Sshd], inventory: Path, known: Path
) -> None:
    other = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
    recorded = f"[127.0.0.1]:{daemons[0].port} ssh-ed25519 {other}\n"
    known.parent.mkdir()
    known.write_text(recorded, "utf-8")
    said = bench("trust", "-i", inventory, "--yes")
    assert said.code == 1
    assert [line.split()[-1] for line in said.out.splitlines()[1:]] == ["recorded", "CHANGED", "new"]
    old, new = [line.split()[2] for line in said.out.splitlines()[1:3]]
    assert old == fingerprint_of(other)
    assert new == known_fingerprint(box)
    assert "ssh-keygen -R" in said.err
    assert known.read_text("utf-8") == recorded, "not even the new key of the other target"


def test_two_names_of_one_machine_are_one_line(bench: Bench, daemons: list[Sshd], inventory: Path, known: Path) -> None:
    Path("config").write_text(f"Host one two\n  HostName 127.0.0.1\n  Port {daemons[0].port}\n", "utf-8")
    head = f"known_hosts: {known}\nssh_config: {Path.cwd()}/config\n"
    inventory.write_text(head + "targets:\n  a: {address: one}\n  b: {address: two}\n", "utf-8")
    said = bench("trust", "-i", inventory, "--yes")
    assert said.out.splitlines()[-1] == f"Recorded 1 key in {known}", said.err
    assert len(known.read_text("utf-8").splitlines()) == 1


def test_a_file_that_cannot_be_written_is_named(bench: Bench, inventory: Path, known: Path) -> None:
    known.parent.write_text("a file where the folder should be", "utf-8")
    said = bench("trust", "-i", inventory, "--yes")
    assert said.code == 1
    assert str(known) in said.err
    assert "Set `known_hosts:`" in said.err


def test_a_target_that_is_down_does_not_stop_the_others(
    bench: Bench, box: Sandbox, daemons: list[Sshd], inventory: Path, known: Path
) -> None:
    inventory.write_text(inventory.read_text("utf-8").replace(str(daemons[0].port), str(free_port())), "utf-8")
    said = bench("trust", "-i", inventory, "--yes")
    assert said.code == 1
    assert "cannot connect to" in said.out.splitlines()[1]
    assert said.out.splitlines()[2].split()[-1] == "new"
    assert known.read_text("utf-8") == entry(box, daemons[1]) + "\n"


def test_jump_hosts_are_trusted_first(
    bench: Bench, box: Sandbox, daemons: list[Sshd], inventory: Path, known: Path
) -> None:
    text = inventory.read_text("utf-8").replace("defaults: {", f"defaults: {{jump: '127.0.0.1:{daemons[0].port}', ")
    text = text.replace(f"port: {daemons[0].port}", f"jump: ~, port: {daemons[0].port}")
    inventory.write_text(text.replace("  alpha", "  # alpha"), "utf-8")
    first = bench("trust", "-i", inventory, "--yes")
    assert first.code == 1
    jump, beta = first.out.splitlines()[1:3]
    assert jump.split()[:3] == ["jump", "host", f"[127.0.0.1]:{daemons[0].port}"]
    assert jump.split()[-1] == "new"
    assert "its jump host is not trusted yet" in beta
    assert known.read_text("utf-8") == entry(box, daemons[0]) + "\n"

    second = bench("trust", "-i", inventory, "--yes")
    assert second.code == 0, second.out
    assert [line.split()[-1] for line in second.out.splitlines()[1:3]] == ["known", "new"]
    assert known.read_text("utf-8").splitlines() == [entry(box, daemon) for daemon in daemons]


def test_a_revoked_key_is_never_recorded(bench: Bench, box: Sandbox, inventory: Path, known: Path) -> None:
    kind, key, *_ = (box.folder / "host_key.pub").read_text("utf-8").split()
    known.parent.mkdir()
    known.write_text(f"@revoked * {kind} {key}\n", "utf-8")
    said = bench("trust", "-i", inventory, "--yes")
    assert said.code == 1
    assert [line.split()[-1] for line in said.out.splitlines()[1:]] == ["REVOKED", "REVOKED"]
    assert "a host key is revoked" in said.err
    assert known.read_text("utf-8").count("\n") == 1


OTHER = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"


def hashed(name: str) -> str:
    digest = hmac.digest(bytes(20), name.encode(), "sha1")
    return f"|1|{base64.b64encode(bytes(20)).decode()}|{base64.b64encode(digest).decode()}"


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("{name} ssh-ed25519 {key} a comment", []),
        ("{hashed} ssh-ed25519 {key}", []),
        ("other.example,{name} ssh-ed25519 {key} mine", ["other.example ssh-ed25519 {key} mine"]),
        ("{name} ssh-rsa AAAA\n{name} ssh-ed25519 {key}", ["{name} ssh-rsa AAAA"]),
    ],
)
def test_a_changed_key_is_replaced_after_both_were_shown(
    bench: Bench, box: Sandbox, daemons: list[Sshd], inventory: Path, known: Path, line: str, left: list[str]
) -> None:
    name = f"[127.0.0.1]:{daemons[0].port}"
    words = {"name": name, "key": OTHER, "hashed": hashed(name)}
    known.parent.mkdir()
    known.write_text(
        f"# mine \udcff\n{line.format(**words)}\n@revoked x ssh-ed25519 {OTHER}", "utf-8", "surrogateescape"
    )
    known.chmod(0o640)
    said = bench("trust", "-i", inventory, "-l", "alpha", "--replace", "--yes")
    assert said.code == 0, said.err
    rows = [row.split() for row in said.out.splitlines()[1:3]]
    assert [(row[2], row[3]) for row in rows] == [
        (fingerprint_of(OTHER), "recorded"),
        (known_fingerprint(box), "CHANGED"),
    ]
    kept = [one.format(**words) for one in left]
    expected = ["# mine \udcff", *kept, f"@revoked x ssh-ed25519 {OTHER}", entry(box, daemons[0])]
    assert known.read_text("utf-8", "surrogateescape").splitlines() == expected
    assert known.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in known.parent.iterdir()] == [known.name]
    assert bench("trust", "-i", inventory, "-l", "alpha").out.splitlines()[-1] == "Nothing new to record."


def test_a_changed_key_is_not_replaced_without_a_yes(daemons: list[Sshd], inventory: Path, known: Path) -> None:
    known.parent.mkdir()
    known.write_text(f"[127.0.0.1]:{daemons[0].port} ssh-ed25519 {OTHER}\n", "utf-8")
    said = process("trust", "-i", inventory, "--replace")
    assert said.returncode == 1
    assert said.stderr.startswith("Record 2 new keys, 1 of them in place of the recorded one? [y/N]:")
    assert said.stdout.count("SHA256:") == 3
    assert known.read_text("utf-8") == f"[127.0.0.1]:{daemons[0].port} ssh-ed25519 {OTHER}\n"


def test_a_line_for_many_hosts_is_not_ours_to_edit(
    bench: Bench, daemons: list[Sshd], inventory: Path, known: Path
) -> None:
    known.parent.mkdir()
    known.write_text(f"* ssh-ed25519 {OTHER}\n", "utf-8")
    said = bench("trust", "-i", inventory, "-l", "alpha", "--replace", "--yes")
    assert said.code == 1
    assert "stands in a line for '*'" in said.err
    assert known.read_text("utf-8") == f"* ssh-ed25519 {OTHER}\n"


def test_a_key_that_another_file_holds_is_replaced_in_ours(
    bench: Bench, box: Sandbox, daemons: list[Sshd], inventory: Path, known: Path
) -> None:
    Path("theirs").write_text(f"[127.0.0.1]:{daemons[0].port} ssh-ed25519 {OTHER}\n", "utf-8")
    Path("config").write_text(f"UserKnownHostsFile {Path.cwd()}/theirs\n", "utf-8")
    inventory.write_text(inventory.read_text("utf-8").replace("/dev/null", "config"), "utf-8")
    said = bench("trust", "-i", inventory, "-l", "alpha", "--replace", "--yes")
    assert said.code == 0, said.err
    assert known.read_text("utf-8") == entry(box, daemons[0]) + "\n"
    assert bench("trust", "-i", inventory, "-l", "alpha").out.splitlines()[-1] == "Nothing new to record."
    assert OTHER in Path("theirs").read_text("utf-8")
