"""A target's clock is set by hours while a job runs, its boot id changes, or its time since boot is another one."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from shells import Place, Shell, spec

from bench.measure import posix
from bench.measure.oddities import clock_step_s, remarks
from bench.measure.protocol import Collected
from tests.waiting import until

HOURS_S = 3 * 3600


@pytest.fixture
def shell(all_shells: list[Shell]) -> Shell:
    return all_shells[0]


@pytest.fixture
def settable(shell: Shell, tmp_path: Path) -> Shell:
    """A shell whose `date` is wrong by the seconds in a file. The clock of this machine is not touched."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "date").write_text(
        f'#!/bin/sh\nby=$(cat {tmp_path}/by 2>/dev/null)\nexec /bin/date -d "${{by:-0}} seconds" "$@"\n'
    )
    (tools / "date").chmod(0o755)
    return Shell("settable", shell.argv, f"{tools}:{shell.path}")


@pytest.mark.parametrize("by", [HOURS_S, -HOURS_S])
def test_a_clock_that_is_set_is_recorded_and_ends_nothing(settable: Shell, tmp_path: Path, by: int) -> None:
    place = Place(settable, tmp_path / "jobs" / "t0000000-clock", "t0000000-clock")
    place.launch(spec(f"sleep 0.5; echo {by} >{tmp_path}/by; sleep 1.2"))
    until(lambda: (tmp_path / "by").exists())
    assert 0 <= place.state().ran_s <= 600
    done = place.done()
    assert (done["exit_code"], done["timeout"]) == (0, False)
    files = {name: (place.folder / name).read_bytes() for name in ("started.json", "done.json")}
    found = Collected(posix.JobState("done"), files)
    assert clock_step_s(found) == pytest.approx(
        by, abs=60
    )  # it is read beside the time since boot, by a job that may have to wait
    assert any("its clock was set" in one for one in remarks(found))
    lasted = float(str(found.done["uptime_s"])) - float(str(found.started["uptime_s"]))
    assert 1.5 <= lasted <= 600


def test_a_timeout_strikes_after_its_seconds_whatever_the_clock_says(settable: Shell, tmp_path: Path) -> None:
    place = Place(settable, tmp_path / "jobs" / "t0000000-limit", "t0000000-limit")
    began = time.monotonic()
    place.launch(spec(f"echo -{HOURS_S} >{tmp_path}/by; exec sleep 300", timeout_s=2))
    assert place.done()["timeout"] is True
    assert time.monotonic() - began >= 2


def test_a_time_since_boot_that_is_another_one_gives_no_negative_duration(place: Place) -> None:
    """A real one: in a time namespace the job sees 100,000 s more than whoever asks for it."""
    if subprocess.run(["unshare", "--time", "--boottime", "9", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no time namespaces here")
    text = posix.launch(place.job_id, str(place.folder), spec("sleep 300"), "", "echo probed")
    inside = Shell("inside", ("unshare", "--time", "--boottime", "100000", *place.shell.argv))
    assert inside.state(text).word == "running"
    outside = place.state()
    assert (outside.word, outside.detail) == ("running", "0")
    assert inside.state(posix.status(place.job_id, str(place.folder))).ran_s < 60


def test_a_job_of_another_boot_is_dead_even_when_its_pid_lives_again(make_place: Callable[[], Place]) -> None:
    """The pid of the claim belongs to a process that even names the job, as one of the next boot might."""
    place = make_place()
    place.launch(spec("sleep 300"))
    (place.folder / "claim" / "boot").write_text("11111111-2222-3333-4444-555555555555 7\n")
    state = place.state()
    assert (state.word, state.detail.split()[0]) == ("dead", "rebooted")
    place.shell.run(posix.sweep(place.job_id, str(place.folder)))
