"""Tools that flood, fork, die by signals, or spoil the folder of their job: no harm, and the cause is said."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from shells import Place, Shell, alive, spec

from bench.measure import posix
from bench.measure.unpack import unpack
from bench.model import JobSpec
from tests.waiting import until

CAP = 256 << 10


@pytest.fixture
def shell(all_shells: list[Shell]) -> Shell:
    """One is enough: whatever launches it, a job is run by `sh`."""
    return all_shells[0]


def capped(*scripts: str, timeout_s: float = 300) -> JobSpec:
    """A job whose files are cut at 256 KiB."""
    job = spec(*scripts, timeout_s=timeout_s)
    return replace(job, steps=tuple(replace(step, largest_file_bytes=CAP) for step in job.steps))


def brought(place: Place) -> tuple[dict[str, bytes], list[str], str]:
    """What is brought home of a job: files, what was left, what makes it untrue."""
    listed = place.shell.run(posix.list_files(str(place.folder))).stdout
    archive = place.shell.run(posix.archive(str(place.folder))).stdout
    left = posix.read_left(listed)
    found = unpack(archive, posix.read_hashes(listed), left)
    return found.files, left, found.problem


# --- floods ---


@pytest.mark.parametrize(
    ("flood", "name", "word"),
    [("yes", "stdout", "stdout"), ("yes >&2", "stderr", "stderr"), ("yes >out/log", "out/log", "out")],
)
def test_a_flood_is_cut_when_it_is_written(place: Place, flood: str, name: str, word: str) -> None:
    place.launch(capped(f"exec {flood}", "echo never >out/never"))
    done = place.done()
    assert (done["exit_code"], done["capped"], done["cap_bytes"]) == (153, word, CAP)
    assert (place.folder / name).stat().st_size == CAP
    files, left, problem = brought(place)
    assert (files[name], left, problem) == (b"y\n" * (CAP // 2), [], "")
    assert "out/never" not in files


def test_a_tool_that_ignores_the_cut_ends_at_its_timeout(place: Place) -> None:
    place.launch(
        capped("trap '' XFSZ; while :; do head -c 100000 /dev/zero; sleep 0.01; done 2>/dev/null", timeout_s=5)
    )
    done = place.done()
    assert (done["timeout"], done["capped"]) == (True, "stdout")
    assert (place.folder / "stdout").stat().st_size == CAP


def test_what_stays_below_the_cap_is_not_called_cut(place: Place) -> None:
    place.launch(capped(f"head -c {CAP - 512} /dev/zero"))
    done = place.done()
    assert (done["exit_code"], done["capped"]) == (0, "")


def test_a_job_without_a_declared_size_has_the_common_cap(place: Place) -> None:
    place.launch(spec("yes"))
    done = place.done()
    assert (done["capped"], done["cap_bytes"]) == ("stdout", 32 << 20)
    assert (place.folder / "stdout").stat().st_size == 32 << 20


def test_a_flood_of_files_costs_its_own_files_only(place: Place) -> None:
    place.launch(spec("cd out; seq 2500 | xargs touch; cd ..; seq 300 | xargs touch; echo said"))
    place.done()
    files, left, problem = brought(place)
    assert files["stdout"] == b"said\n"
    assert {"done.json", "started.json", "job.sh"} <= set(files)
    assert not [name for name in files if name.startswith("out/")]
    assert (len(left), problem) == (1, "")
    assert left[0].startswith("a flood of 28")


def test_many_long_names_come_home_whole(place: Place) -> None:
    """More than find gives to one tar: what follows the end of the first archive is read as well."""
    long = "x" * 150
    place.launch(spec(f"cd out; seq 1500 | sed 's/$/{long}/' | xargs touch"))
    place.done()
    files, _, problem = brought(place)
    assert problem == ""
    assert sum(name.startswith("out/") for name in files) == 1500


# --- signals and processes ---


@pytest.mark.parametrize(("name", "code"), [("SEGV", 139), ("KILL", 137), ("ABRT", 134)])
def test_an_exit_by_signal_is_its_number(place: Place, name: str, code: int) -> None:
    place.launch(spec(f"kill -{name} $$"))
    done = place.done()
    assert (done["exit_code"], done["timeout"]) == (code, False)


def test_a_bomb_that_forks_is_ended_whole(place: Place) -> None:
    """256 processes in sessions of their own, each started by one that is gone."""
    (place.folder.parents[1]).mkdir(parents=True, exist_ok=True)
    fork = "bomb $(($1 - 1)) & bomb $(($1 - 1)) &"
    bomb = f'bomb() {{ if [ "$1" -gt 0 ]; then {fork} else echo >>lit; exec setsid sleep 300; fi; }}'
    all_lit = "until [ -e lit ] && [ $(wc -l <lit) -eq 256 ]; do sleep 0.1; done"
    place.launch(spec(f"{bomb}\nbomb 8\n{all_lit}"))
    done = place.done()
    assert done["survivors"] == 0
    assert int(str(done["swept"])) >= 256
    assert marked(place) == []


def test_what_a_killed_shell_left_is_swept(place: Place) -> None:
    place.launch(spec("setsid sleep 300 & sleep 0.2; kill -9 $(cat claim/pid); exec sleep 300"))
    until(lambda: place.state().word == "dead")
    assert len(marked(place)) >= 2
    place.shell.run(posix.sweep(place.job_id, str(place.folder)))
    assert marked(place) == []
    shutil.rmtree(place.folder)


def test_a_sweep_touches_nobody_else(make_place: Callable[[], Place]) -> None:
    other, gone = make_place(), make_place()
    other.launch(spec("sleep 300"))
    gone.shell.run(posix.sweep(gone.job_id, str(gone.folder)))
    assert other.state().word == "running"


def test_the_pid_of_a_claim_may_be_somebody_elses_by_now(place: Place) -> None:
    place.launch(spec("true"))
    place.done()
    (place.folder / "done.json").unlink()
    with subprocess.Popen(["sleep", "300"], start_new_session=True) as stranger:
        (place.folder / "claim" / "pid").write_text(f"{stranger.pid}\n")
        assert place.state() == posix.JobState("dead", "gone")
        place.stop()
        assert alive(stranger.pid)
        stranger.kill()
    shutil.rmtree(place.folder)


# --- its own folder ---


@pytest.mark.parametrize(
    "how",
    [
        "ln -s {victim} done.json",
        "ln -s {victim} done.new2; mv -f done.new2 done.new",
        "rm started.json; ln -s {victim} started.json",
        "rm done.new; mkfifo done.new; mkfifo done.json",
        "mkdir done.json; echo x >done.json/x",
        "echo '{{\"exit_code\":0}}' >done.json",
        "chmod 000 . claim",
        "rm stdout; ln -s {victim} stdout",
    ],
)
def test_what_a_tool_puts_in_the_place_of_our_files_changes_nothing(place: Place, tmp_path: Path, how: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    wait = "echo x >../ready; while [ ! -e ../go ]; do sleep 0.05; done"
    place.launch(spec(f"{how.format(victim=victim)}; {wait}", "echo second"))
    until(lambda: (place.folder.parent / "ready").exists())
    assert place.state().word == "running"
    (place.folder.parent / "go").touch()
    until(lambda: place.state().word == "done")
    done = place.done()
    assert (done["exit_code"], done["step"]) == (0, 2)
    assert victim.read_text() == "precious"
    assert not (place.folder / "done.json").is_symlink()
    files, _, problem = brought(place)
    assert posix.read_json(files["done.json"]) == done
    assert problem == ""


def test_a_fifo_in_the_place_of_the_output_does_not_hang_the_next_step(place: Place) -> None:
    place.launch(spec("rm stdout stderr; mkfifo stdout stderr", "echo second"))
    assert place.done()["exit_code"] == 0
    assert place.read("stdout") == "second\n"


def test_a_fifo_in_the_place_of_the_claim_does_not_hang_us(place: Place) -> None:
    place.launch(spec("rm claim/pid; mkfifo claim/pid; exec sleep 300"))
    until(lambda: (place.folder / "claim" / "pid").is_fifo())
    assert place.state().word == "dead"
    place.stop()
    assert marked(place) == []
    shutil.rmtree(place.folder)


def test_a_tool_that_deletes_its_job_is_found_all_the_same(place: Place) -> None:
    place.launch(spec('rm -rf "$PWD"; exec sleep 300'))  # its answer depends on how much is gone by then
    until(lambda: not place.folder.exists())
    assert place.state().word == "absent"
    assert marked(place)
    place.stop()
    assert marked(place) == []


def test_nobody_else_can_read_what_a_tool_opens_up(place: Place) -> None:
    place.launch(spec("umask 0; mkdir out/sub; echo x >out/sub/a; chmod 777 . out claim; chmod 666 stdout job.sh"))
    place.done()
    until(lambda: place.state().word == "done")
    for path in [place.folder, *place.folder.rglob("*")]:
        assert path.lstat().st_mode & 0o077 == 0, path


@pytest.mark.skipif(os.getuid() != 0, reason="needs another user to be")
def test_a_folder_that_its_user_closed_is_removed(shell: Shell, tmp_path: Path) -> None:
    """Root opens every door, so another user it is."""
    folder = tmp_path / "jobs" / "t0000000-closed"
    (folder / "out" / "deep").mkdir(parents=True)
    (folder / "out" / "deep" / "file").touch()
    for path in (tmp_path / "jobs", folder, *folder.rglob("*")):
        os.chown(path, 65534, 65534)
    (folder / "out" / "deep").chmod(0)
    (folder / "out").chmod(0)
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *shell.argv, "-c"]
    subprocess.run([*as_nobody, posix.remove(folder.name)], check=True, capture_output=True, cwd=folder.parent)
    assert not folder.exists()


def marked(place: Place) -> list[int]:
    """Processes that carry the limit that marks a job."""
    text = posix.sweep(place.job_id, str(place.folder)).rpartition("\n")[0]
    return [int(pid) for pid in place.shell.run(f"{text}\nmembers none none").stdout.split()]


def test_removing_nothing_touches_nothing(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    subprocess.run([*shell.argv, "-c", posix.remove()], check=True, cwd=tmp_path)
    assert (tmp_path / "closed").stat().st_mode & 0o777 == 0o500


def test_a_kill_for_lack_of_memory_is_counted(place: Place) -> None:
    """By the kernel, for real: in a control group of 32 MiB."""
    roots = [Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")]
    group = next((root for root in roots if (root / "cgroup.procs").exists()), roots[0]) / f"vmbench-test-{os.getpid()}"
    limit = group / ("memory.limit_in_bytes" if group.parent.name == "memory" else "memory.max")
    try:
        group.mkdir()
        limit.write_text(str(32 << 20))
        if (swap := group / "memory.swap.max").exists():
            swap.write_text("0")
    except OSError as error:
        if group.exists():
            group.rmdir()
        pytest.skip(f"no control group of memory can be made here: {error}")
    try:
        place.launch(spec(f"echo $$ >{group}/cgroup.procs; exec perl -e '$x = q(a) x (1 << 30)'"))
        done = place.done()
        assert done["exit_code"] == 137
        assert int(str(done["oom_kills"])) >= 1
    finally:
        until(lambda: not (group / "cgroup.procs").read_text())
        group.rmdir()
