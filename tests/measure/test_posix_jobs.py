"""Detached jobs, run for real with the shells and tools that targets have."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from shells import Place, Shell, spec

from bench.measure import posix
from bench.measure.sandbox import free_port
from bench.model import JobSpec, Step
from tests.waiting import until


def test_a_job_runs_detached_and_leaves_its_result(place: Place) -> None:
    state = place.launch(spec("echo hello; echo oops >&2", "echo again"))
    assert state.fresh
    assert state.word in ("running", "done")
    done = place.done()
    assert (done["exit_code"], done["step"], done["timeout"], done["stopped"]) == (0, 2, False, False)
    assert place.read("stdout") == "hello\nagain\n"
    assert place.read("stderr") == "oops\n"
    assert place.read(posix.FACTS_BEFORE) == "probed\n"
    assert posix.read_json((place.folder / "started.json").read_bytes())["boot_id"] == done["boot_id"]
    assert place.state().word == "done"


def test_launching_twice_runs_once(place: Place) -> None:
    job = spec("echo ran >>../ran; sleep 1")
    first = place.launch(job)
    second = place.launch(job)
    assert (first.fresh, second.fresh) == (True, False)
    assert second.word == "running"
    place.done()
    assert place.launch(job).word == "done"
    assert (place.folder.parent / "ran").read_text() == "ran\n"


def test_two_launches_at_the_same_time_run_once(place: Place) -> None:
    text = posix.launch(place.job_id, str(place.folder), spec("echo ran >>../ran; sleep 0.3"), "/tmp", "echo x")  # noqa: S108  # an existing folder
    both = [
        subprocess.Popen([*place.shell.argv, "-s"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for one in both:
        assert one.stdin is not None
        one.stdin.write(text)
        one.stdin.close()
    said = [one.stdout.read() for one in both if one.stdout is not None]
    for one in both:
        one.wait()
    place.done()
    assert (place.folder.parent / "ran").read_text() == "ran\n"
    assert sum("fresh" in text.splitlines() for text in said) == 1


def test_a_failing_step_ends_the_job(place: Place) -> None:
    place.launch(spec("exit 3", "echo never"))
    done = place.done()
    assert (done["exit_code"], done["step"], done["timeout"]) == (3, 1, False)
    assert place.read("stdout") == ""


def test_a_missing_tool_is_a_failure(place: Place) -> None:
    place.launch(JobSpec((Step(("/no/such tool",), 300, 1),), ()))
    assert place.done()["exit_code"] in (126, 127)


def test_an_exit_code_of_124_before_the_limit_is_no_timeout(place: Place) -> None:
    place.launch(spec("exit 124", timeout_s=30))
    done = place.done()
    assert (done["exit_code"], done["timeout"]) == (124, False)


def test_a_running_job_says_for_how_long(place: Place) -> None:
    began = time.monotonic()
    place.launch(spec("sleep 300"))
    until(lambda: place.state().ran_s >= 1)
    assert place.state().ran_s <= time.monotonic() - began + 1


def test_another_job_of_the_same_base_makes_it_busy(make_place: Callable[[], Place]) -> None:
    first, second = make_place(), make_place()
    first.launch(spec("sleep 300"), owner="run r7 (pid 1 of o'hara on $(host))")
    state = second.launch(spec("echo never >../never"))
    assert state.word == "busy"
    whose = "of run r7 (pid 1 of o'hara on $(host)), which has run for "
    assert state.holder.startswith(f"job {first.job_id} {whose}")
    assert "./owner" not in first.shell.run(posix.list_files(str(first.folder))).stdout.decode()
    first.stop()
    assert second.launch(spec("true")).fresh


@pytest.mark.parametrize("stale", ["no such pid", "a pid that is another process by now", "another boot", "no pid yet"])
def test_what_is_left_of_a_dead_job_makes_nothing_busy(make_place: Callable[[], Place], stale: str) -> None:
    dead, fresh = make_place(), make_place()
    (dead.folder / "claim").mkdir(parents=True)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    (dead.folder / "claim" / "boot").write_text(f"{'0' * 36 if stale == 'another boot' else boot} 1\n")
    if stale != "no pid yet":
        (dead.folder / "claim" / "pid").write_text("4194305\n" if stale == "no such pid" else f"{os.getpid()}\n")
    assert fresh.launch(spec("true")).fresh
    word = "dead rebooted" if stale == "another boot" else "dead gone"
    assert f"{dead.state().word} {dead.state().detail}".startswith(word)


def test_awaiting_a_port(shell: Shell, tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        assert shell.run(posix.await_port(port, 1, str(tmp_path))).stdout == b"listening\n"
    start = time.monotonic()
    assert shell.run(posix.await_port(port, 1, str(tmp_path))).stdout == b"silent\n"
    assert time.monotonic() - start > 0.9
    (tmp_path / "done.json").touch()
    assert shell.run(posix.await_port(port, 20, str(tmp_path))).stdout == b"ended\n"


def test_hashes_and_archive(place: Place, tmp_path: Path) -> None:
    place.launch(spec("echo x >out/a; echo y >'out/b c'; printf z >'out/new\nline'"))
    place.done()
    text = place.shell.run(posix.list_files(str(place.folder))).stdout
    hashes = posix.read_hashes(text)
    assert {"out/a", "out/b c", "done.json", "job.sh", "stdout"} <= set(hashes)
    assert not [name for name in hashes if "line" in name or "claim" in name]
    (tmp_path / "archive.tar").write_bytes(place.shell.run(posix.archive(str(place.folder))).stdout)
    listed = subprocess.run(
        ["tar", "tf", tmp_path / "archive.tar"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert {"./out/a", "./out/b c", "./done.json"} <= set(listed)
    assert not [name for name in listed if "claim" in name or "done.new" in name]


def test_a_file_that_is_too_large_stays_behind(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posix, "MAX_FILE", 64 << 10)
    place.launch(spec("head -c 100000 /dev/zero >'out/b g'; echo small >out/s"))
    place.done()
    text = place.shell.run(posix.list_files(str(place.folder))).stdout
    assert "out/b g" not in posix.read_hashes(text)
    assert posix.read_left(text) == ["'out/b g' is too large (100000 bytes)"]
    archive = place.shell.run(posix.archive(str(place.folder))).stdout
    assert b"out/s" in archive
    assert b"./out/b g" not in archive


def test_files_are_staged_with_any_name_and_content(place: Place) -> None:
    content = bytes(range(256)) * 1000
    job = JobSpec((Step(("sha256sum", "sub dir/it's $(x)"), 300, 1),), ("stdout",), (("sub dir/it's $(x)", content),))
    place.launch(job)
    place.done()
    assert (place.folder / "sub dir" / "it's $(x)").read_bytes() == content
    assert (place.folder / "job.sh").stat().st_mode & 0o777 == 0o600
    assert place.folder.stat().st_mode & 0o777 == 0o700


def test_argv_and_environment_reach_the_tool_as_they_stand(place: Place) -> None:
    odd = "a 'b' \"c\" $(echo x) `y` ; # \\ *\nnext"
    place.launch(JobSpec((Step(("printf", "%s|%s", odd, ""), 300, 1, env=(("ODD", odd),)),), ()))
    place.done()
    assert place.read("stdout") == f"{odd}|"


def test_the_environment_of_a_step_has_the_mark_and_no_more(place: Place) -> None:
    place.launch(spec("env"))
    place.done()
    ours = [line for line in place.read("stdout").splitlines() if line.startswith("VMBENCH")]
    assert ours == [f"VMBENCH_JOB={place.job_id}"]


def test_the_wrapper_costs_nothing_while_a_step_runs(place: Place) -> None:
    """It sleeps: in the end there is a second in which the kernel did not once give it a CPU."""
    place.launch(spec("echo >../on; while [ ! -e ../go ]; do sleep 0.1; done"))
    until((place.folder.parent / "on").exists)
    pid = int(place.read("claim/pid"))

    def rests() -> bool:
        before = _switches(pid)
        time.sleep(1)
        return _switches(pid) == before

    until(rests)
    (place.folder.parent / "go").touch()
    place.done()


def test_a_claim_that_cannot_be_written_is_refused(place: Place) -> None:
    place.folder.parent.parent.mkdir(parents=True)
    place.folder.parent.write_text("a file where the folder should be")
    state = place.launch(spec("true"))
    assert state.word == "refused"
    assert "cannot write" in state.detail


def test_busybox_is_enough_for_a_job(all_shells: list[Shell], tmp_path: Path) -> None:
    """Its timeout ends only the process it started, so what a step leaves behind is not promised there."""
    busybox = next((one for one in all_shells if one.name == "busybox"), None)
    if busybox is None:
        pytest.skip("busybox is not installed")
    place = Place(busybox, tmp_path / "jobs" / "t0000000-busybox", "t0000000-busybox")
    assert place.launch(spec("echo hello >out/a")).fresh
    assert place.done()["exit_code"] == 0
    assert not place.launch(spec("echo again >out/a")).fresh
    assert "out/a" in posix.read_hashes(busybox.run(posix.list_files(str(place.folder))).stdout)
    assert b"hello" in busybox.run(posix.archive(str(place.folder))).stdout


def _switches(pid: int) -> list[str]:
    """How often a process gave up its CPU, and lost it."""
    return [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "ctxt_switches" in line]
