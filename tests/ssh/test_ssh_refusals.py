"""Targets that cannot be used: each gets its clear error, and the others are measured."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ssh_ground import Field, only, scripted

from bench.errors import AuthError, HostKeyError, TransportError
from bench.measure.sandbox import Sandbox, free_port
from bench.measure.ssh import SshTransport, known_key_types, scan_host_keys
from bench.model import Status, Target


def make_key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


def alone(target: Target) -> Target:
    return replace(target, peer=None)


def test_a_target_that_is_down_is_missing_and_the_others_are_measured(ground: Field) -> None:
    down = replace(alone(ground.targets[1]), name="down", port=free_port())
    run = ground.run(scripted(), targets=(alone(ground.targets[0]), down), repetitions=2)
    outcome = ground.execute(run)
    assert outcome.ok == 2
    assert [name.split(".")[2] for name in outcome.missing] == ["down", "down"]
    assert all("cannot connect" in cause for cause in outcome.missing.values())
    assert len(list(run.attempts())) == 2


def test_a_target_that_comes_back_is_completed_by_resume(ground: Field, box: Sandbox) -> None:
    port = free_port()
    run = ground.run(scripted(), targets=(replace(alone(ground.targets[0]), port=port),))
    assert ground.execute(run).missing
    daemon = box.start(port=port)
    try:
        assert ground.execute(run).missing == {}
    finally:
        box.stop(daemon)
    assert only(run).attempt == 1


def test_a_wrong_key_is_refused_once(ground: Field, tmp_path: Path) -> None:
    wrong = replace(alone(ground.targets[0]), identity_file=str(make_key(tmp_path / "wrong")))
    with pytest.raises(AuthError, match=r"refused the login.*check user and identity_file"):
        SshTransport().connect(wrong)
    run = ground.run(scripted(), targets=(wrong,))
    (cause,) = ground.execute(run).missing.values()
    assert "refused the login" in cause
    assert str(tmp_path / "wrong") in cause


def test_an_unknown_host_key_is_refused_with_its_fingerprint(ground: Field, tmp_path: Path) -> None:
    unknown = replace(alone(ground.targets[0]), known_hosts=str(tmp_path / "nothing"))
    (_, _, fingerprint), *_ = scan_host_keys(unknown)
    with pytest.raises(HostKeyError) as caught:
        SshTransport().connect(unknown)
    assert fingerprint in str(caught.value)
    assert "bench trust" in caught.value.remedy
    (cause,) = ground.execute(ground.run(scripted(), targets=(unknown,))).missing.values()
    assert "is unknown" in cause


@pytest.mark.parametrize(
    "option",
    [
        *(f"StrictHostKeyChecking {word}" for word in ("no", "off", "accept-new", "ask")),
        "UserKnownHostsFile /dev/null\nStrictHostKeyChecking no",
        "UserKnownHostsFile none\nGlobalKnownHostsFile /dev/null",
        "NoHostAuthenticationForLocalhost yes",
        "VerifyHostKeyDNS yes",
        "UpdateHostKeys yes",
        "CheckHostIP no",
        "HostKeyAlias somewhere",
        "KnownHostsCommand /bin/echo [127.0.0.1]:{port} {key}",
        "LogLevel QUIET\nBatchMode yes\nStrictHostKeyChecking no",
    ],
)
@pytest.mark.parametrize("recorded", ["nothing", "another key"])
def test_no_option_disables_the_check(
    ground: Field, box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, recorded: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    target = alone(ground.targets[0])
    key = " ".join((box.folder / "host_key.pub").read_text().split()[:2])
    (tmp_path / "config").write_text("Host *\n" + option.format(port=target.port, key=key) + "\n")
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
    text = f"[127.0.0.1]:{target.port},somewhere {other}\n" if recorded == "another key" else ""
    (tmp_path / "hosts").write_text(text)
    asked = replace(target, ssh_config=str(tmp_path / "config"), known_hosts=str(tmp_path / "hosts"))
    with pytest.raises(HostKeyError, match="has CHANGED" if text else "is unknown") as caught:
        SshTransport().connect(asked)
    assert "SHA256:" in str(caught.value)
    assert "bench trust -i INVENTORY" in caught.value.remedy
    assert (tmp_path / "hosts").read_text() == text
    assert not (tmp_path / ".ssh").exists(), "nothing is recorded anywhere"


def test_a_recorded_host_key_is_believed(ground: Field, tmp_path: Path) -> None:
    target = replace(alone(ground.targets[0]), known_hosts=str(tmp_path / "recorded"))
    ((line, kind, fingerprint), *_) = scan_host_keys(target)
    (tmp_path / "recorded").write_text(line + "\n")
    assert known_key_types(target) == {kind: fingerprint}
    connection = SshTransport().connect(target)
    assert connection.run("echo hello", timeout_s=300).stdout == b"hello\n"
    connection.close()


def test_a_changed_host_key_is_refused_with_both_fingerprints(ground: Field, tmp_path: Path) -> None:
    key = make_key(tmp_path / "other").with_suffix(".pub").read_text().split()
    (tmp_path / "hosts").write_text(f"[127.0.0.1]:{ground.targets[0].port} {key[0]} {key[1]}\n")
    changed = replace(alone(ground.targets[0]), known_hosts=str(tmp_path / "hosts"))
    with pytest.raises(HostKeyError, match="has CHANGED") as caught:
        SshTransport().connect(changed)
    assert str(caught.value).count("SHA256:") == 2
    assert "ssh-keygen -R" in caught.value.remedy
    (cause,) = ground.execute(ground.run(scripted(), targets=(changed,))).missing.values()
    assert "has CHANGED" in cause


def test_a_jump_host_is_passed_through_and_verified(ground: Field) -> None:
    first, second = ground.targets
    through = replace(second, jump=f"127.0.0.1:{first.port}")
    assert ground.execute(ground.run(scripted(), targets=(through,))).missing == {}
    with pytest.raises(TransportError, match="jump host"):
        SshTransport().connect(replace(through, port=free_port()))


def test_a_base_that_cannot_be_written(ground: Field, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = ground.run(scripted(), targets=(replace(alone(ground.targets[0]), base=str(tmp_path / "file" / "x")),))
    (cause,) = ground.execute(run).missing.values()
    assert "cannot write to" in cause
    assert "Set `base:`" in cause


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 KiB."""
    place = tmp_path / "small"
    place.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a small file system needs root")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k,mode=700", "none", place], check=False).returncode:
        pytest.skip("nothing may be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_no_space_when_a_job_is_launched(ground: Field, small: Path) -> None:
    target = replace(alone(ground.targets[0]), base=str(small))
    run = ground.run(scripted(), targets=(target,))
    (small / "jobs").mkdir()
    (small / "filler").write_bytes(bytes(396 << 10))
    ground.execute(run)
    record = only(run)
    assert record.status is Status.FAILED
    assert "cannot write into" in record.cause
    assert "KiB free" in record.cause
    (small / "filler").unlink()
    assert ground.execute(run).missing == {}
    assert [stored.record.status.value for stored in run.attempts()] == ["failed", "ok"]


def test_no_space_while_a_tool_runs(ground: Field, small: Path) -> None:
    target = replace(alone(ground.targets[0]), base=str(small))
    run = ground.run(scripted("cat /dev/zero >out/all; echo rate 42"), targets=(target,))
    ground.execute(run)
    record = only(run)
    assert record.status is Status.FAILED
    assert "its disk is full" in record.cause
    assert not list(small.glob("jobs/*"))


@pytest.mark.parametrize(
    "noise", ["echo 'Welcome to this machine'; echo -n motd", "echo noise >&2; printf '@@x state\\nrunning\\n'"]
)
def test_a_noisy_login_shell(ground: Field, box: Sandbox, tmp_path: Path, noise: str) -> None:
    shell = tmp_path / "shell"
    shell.write_text(f'#!/bin/bash\n{noise}\nexec /bin/bash -c "$SSH_ORIGINAL_COMMAND"\n')
    shell.chmod(0o755)
    (tmp_path / "banner").write_text("AUTHORISED USE ONLY\n")
    daemon = box.start(options=(f"ForceCommand {shell}", f"Banner {tmp_path / 'banner'}"))
    try:
        run = ground.run(scripted(), targets=(replace(alone(ground.targets[0]), port=daemon.port),))
        assert ground.execute(run).missing == {}
    finally:
        box.stop(daemon)


def test_an_account_without_a_shell(ground: Field, box: Sandbox) -> None:
    daemon = box.start(options=("ForceCommand echo This account is not available; exit 1",))
    try:
        run = ground.run(scripted(), targets=(replace(alone(ground.targets[0]), port=daemon.port),))
        (cause,) = ground.execute(run).missing.values()
        assert "This account is not available" in cause
    finally:
        box.stop(daemon)
