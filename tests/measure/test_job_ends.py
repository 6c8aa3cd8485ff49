"""How does a job end before its time? By timeouts, stops, kills and another boot; and what its steps leave is ended."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from shells import Place, alive, ended, spec

from bench.measure import posix
from tests.waiting import until


def test_a_timeout_ends_the_whole_process_group(place: Place) -> None:
    place.launch(spec("sh -c 'sleep 300; :' & sleep 300", timeout_s=1))
    done = place.done()
    assert done["timeout"] is True
    assert _marked(place.job_id) == []


def test_a_tool_that_ignores_term_is_killed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posix, "KILL_AFTER_S", 1)
    place.launch(spec("trap '' TERM; while :; do sleep 0.1; done", timeout_s=1))
    done = place.done()
    assert done["timeout"] is True
    assert _marked(place.job_id) == []


LEFT = "until [ -s left ]; do sleep 0.05; done"
"""The end of a step: when what it leaves behind has written its number."""


@pytest.mark.parametrize("how", ["sleep 300 &", "setsid sleep 300 &", "(setsid sh -c 'sleep 300 & wait' &)"])
def test_what_a_step_leaves_behind_is_ended(place: Place, how: str) -> None:
    script = how.replace("sleep 300", 'sh -c "echo \\$\\$ >left; exec sleep 300"') if "sh -c '" not in how else how
    place.launch(spec(f"{script}\nsleep 0.3"))
    done = place.done()
    assert done["swept"], done
    assert done["survivors"] == 0
    assert _marked(place.job_id) == []


def test_what_left_the_session_and_emptied_its_environment_is_ended(place: Place) -> None:
    """By the limit of file locks that it inherited, see members.sh."""
    place.launch(spec(f"(setsid env -i sh -c 'echo $$ >left; exec sleep 300' &); {LEFT}"))
    done = place.done()
    assert (done["swept"], done["survivors"]) == (1, 0)
    assert not alive(int(place.read("left")))


def test_only_what_also_changed_its_limits_escapes(place: Place) -> None:
    """What members.sh does not find, and says so; a unit of systemd has no such limit."""
    if not shutil.which("prlimit"):
        pytest.skip("prlimit is not installed")
    with ended(place.folder / "left"):
        place.launch(spec(f"setsid env -i prlimit --locks=5 sh -c 'echo $$ >left; exec sleep 300' & {LEFT}"))
        assert place.done()["swept"] == 0
        assert alive(int(place.read("left")))


def test_a_term_ignoring_leftover_is_killed(place: Place) -> None:
    place.launch(spec(f"setsid sh -c 'trap \"\" TERM; echo $$ >left; while :; do sleep 0.1; done' & {LEFT}"))
    done = place.done()
    assert done["survivors"] == 0
    assert not alive(int(place.read("left")))


def test_stopping_skips_the_steps_that_follow(place: Place) -> None:
    place.launch(spec("trap 'exit 0' TERM; sleep 300 & wait", "echo never"))
    assert place.stop().word == "done"
    done = place.done()
    assert done["stopped"] is True
    assert done["step"] == 1
    assert place.read("stdout") == ""


def test_stopping_what_ignores_it(place: Place) -> None:
    place.launch(spec("trap '' TERM; while :; do sleep 0.1; done"))
    assert place.stop().word == "done"
    assert place.done()["stopped"] is True


def test_stopping_an_ended_or_absent_job_changes_nothing(make_place: Callable[[], Place]) -> None:
    absent, ended_job = make_place(), make_place()
    assert absent.stop().word == "absent"
    ended_job.launch(spec("true"))
    ended_job.done()
    assert ended_job.stop().word == "done"
    assert ended_job.done()["stopped"] is False


def test_a_killed_job_is_dead(place: Place) -> None:
    place.launch(spec("sleep 300"))
    pid = int(place.read("claim/pid"))
    for member in _marked(place.job_id):
        os.kill(member, 9)
    os.kill(pid, 9)
    until(lambda: not alive(pid))
    state = place.state()
    assert (state.word, state.detail) in (("dead", "gone"), ("done", ""))


def test_a_job_of_another_boot_is_dead(place: Place) -> None:
    place.launch(spec("sleep 300"))
    (place.folder / "claim" / "boot").write_text("11111111-2222-3333-4444-555555555555 17\n")
    state = place.state()
    assert state.word == "dead"
    here = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert state.detail == f"rebooted 11111111-2222-3333-4444-555555555555 {here}"
    (place.folder / "claim" / "boot").write_text(here)
    assert place.stop().word == "done"


def _marked(job_id: str) -> list[int]:
    """Processes that carry a job's mark."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"VMBENCH_JOB={job_id}".encode() in (entry / "environ").read_bytes() and alive(int(entry.name)):
                found.append(int(entry.name))
        except OSError:
            continue
    return found
