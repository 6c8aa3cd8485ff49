"""How a job is detached: what it inherits from the login, and what systemd is asked for where it runs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from shells import Place, spec

from bench.measure import posix
from tests.waiting import until

_STARTS = """
while [ "${1#--}" != "$1" ]; do shift; done
setsid "$@" </dev/null >/dev/null 2>&1 &
"""


def launch(place: Place, systemd_run: str, folder: Path) -> posix.JobState:
    """Launch `COUNTED` as root would on a machine with systemd, whose `systemd-run` is this script."""
    here = folder / "run-systemd-system"
    here.mkdir()
    for name, text in (("id", "echo 0"), ("systemd-run", f'printf "%s\\n" "$@" >"{folder}/asked"\n{systemd_run}')):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n", "utf-8")
        (folder / name).chmod(0o755)
    job = spec("echo ran >>../ran; sleep 0.3")
    text = posix.launch(place.job_id, str(place.folder), job, str(folder / "data"), "echo probed")
    assert "/run/systemd/system" in text
    return place.shell.state(f"PATH={folder}:$PATH\n{text.replace('/run/systemd/system', str(here))}")


def test_systemd_is_asked_for_a_unit_that_keeps_what_the_login_has(place: Place, tmp_path: Path) -> None:
    state = launch(place, _STARTS, tmp_path)
    assert (state.fresh, place.done()["exit_code"]) == (True, 0)
    asked = (tmp_path / "asked").read_text("utf-8").splitlines()
    assert {"--collect", f"--unit=vmbench-{place.job_id}", "--property=IgnoreSIGPIPE=no"} <= set(asked)
    (cpus,) = (line.partition("CPUAffinity=")[2] for line in asked if "CPUAffinity" in line)
    ranges = (part.split("-") for part in cpus.split(","))
    assert {cpu for ends in ranges for cpu in range(int(ends[0]), int(ends[-1]) + 1)} == os.sched_getaffinity(0)
    assert asked[-2:] == ["sh", f"{place.folder}/job.sh"]
    assert (place.folder.parent / "ran").read_text() == "ran\n"


@pytest.mark.parametrize("systemd_run", ["exit 1", f"{_STARTS}exit 1"], ids=["too old", "no answer in time"])
def test_where_systemd_refuses_the_job_runs_once_all_the_same(place: Place, systemd_run: str, tmp_path: Path) -> None:
    assert launch(place, systemd_run, tmp_path).word in ("running", "done")
    assert place.done()["exit_code"] == 0
    assert (tmp_path / "asked").exists()
    assert (place.folder.parent / "ran").read_text() == "ran\n"


def test_the_environment_of_the_login_does_not_reach_the_job(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "198.51.100.17 50000 192.0.2.1 22")
    place.launch(spec("env >env"))
    place.done()
    names = {line.partition("=")[0] for line in place.read("env").splitlines()}
    assert {"HOME", "PATH", "LC_ALL", "VMBENCH_JOB"} <= names
    assert names - {"HOME", "PATH", "LC_ALL", "VMBENCH_JOB"} <= {"PWD", "OLDPWD", "SHLVL", "_"}


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2 or not shutil.which("taskset"), reason="needs two CPUs")
def test_a_job_keeps_the_cpus_of_its_login(place: Place) -> None:
    cpu = max(os.sched_getaffinity(0))
    text = posix.launch(place.job_id, str(place.folder), spec("nproc; taskset -pc $$"), "", "echo x")
    place.shell.run(f"taskset -pc {cpu} $$ >/dev/null\n{text}")
    until(lambda: (place.folder / "done.json").exists())
    assert place.read("stdout").splitlines()[0] == "1"
    assert place.read("stdout").splitlines()[1].endswith(f": {cpu}")
