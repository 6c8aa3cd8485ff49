"""A login that is not root: a private sshd of a user of its own, who lives only as long as these tests."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ssh_ground import SUITES, Field, scripted
from ssh_users import needs_root, new_user

from bench.config.catalogue import load_suites
from bench.measure.sandbox import free_port, sandbox
from bench.model import Status, SuiteChoice, Target, pairs
from bench.store import verify

pytestmark = pytest.mark.one_at_a_time("accounts")

BUILT_IN = Path(__file__).parents[2] / "suites"


@pytest.fixture(scope="module")
def user() -> Iterator[pwd.struct_passwd]:
    with new_user() as made:
        yield made


@pytest.fixture
def plain(user: pwd.struct_passwd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Field]:
    """Two targets whose daemons run as that user, who may not use sudo."""
    home, wrapper = Path(user.pw_dir), tmp_path / "bin" / "sshd"
    wrapper.parent.mkdir()
    drop = f"setpriv --reuid {user.pw_uid} --regid {user.pw_gid} --clear-groups --inh-caps=-all"
    wrapper.write_text(f'#!/bin/sh\nexec {drop} {shutil.which("sshd")} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")
    with sandbox(home / "sandbox") as box:
        for path in (box.folder, *box.folder.iterdir()):
            os.chown(path, user.pw_uid, user.pw_gid)
        targets = tuple(
            Target(
                f"t{number}",
                "127.0.0.1",
                "127.0.0.1",
                user=user.pw_name,
                port=box.start().port,
                identity_file=str(box.identity),
                known_hosts=str(box.known_hosts),
                base=f"~/base{number}",
                ssh_config=os.devnull,
                sudo=False,
            )
            for number in range(2)
        )
        made = Field(home, (replace(targets[0], peer="t1"), targets[1]), load_suites([BUILT_IN, SUITES]))
        yield made
        made.end_jobs()


@needs_root
def test_all_that_a_campaign_does_works_without_root(plain: Field, user: pwd.struct_passwd) -> None:
    alone = scripted('[ "$(id -u)" -ne 0 ] && echo rate $(id -u)')
    tools = [
        SuiteChoice("fio", "smoke", pairs({"runtime_s": 1, "size_mib": 16, "ramp_s": 0}), ("rand-write-4k-q32t1",)),
        SuiteChoice("iperf3", "smoke", pairs({"duration": 1, "port": free_port()}), ("tcp",)),
    ]
    run = plain.run(alone, *(one for one in tools if shutil.which(one.suite)), targets=plain.targets)
    outcome = plain.execute(run)
    assert outcome.missing == {}
    assert outcome.ok == len(run.info.plan)
    assert verify(run) == []
    for stored in run.attempts():
        assert stored.record.status is Status.OK
        assert set(stored.facts("before")) == set(stored.record.trial.targets)
        if stored.record.trial.suite == "scripted":
            assert stored.read(stored.record.results[0]) == f"rate {user.pw_uid}\n".encode()
    assert plain.jobs() == []
    left = [path for base in plain.folder.glob("base*") for path in base.rglob("*")]
    assert {path.stat().st_uid for path in left} == {user.pw_uid}
