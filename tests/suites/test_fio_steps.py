"""What the fio suite runs: the commands of every case, and the real tool on a small file."""

from __future__ import annotations

import _ssl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.config.catalogue import load_suite
from bench.errors import ConfigError
from bench.measure.provision import recipe
from bench.model import Context, JobSpec, Role, Scalar

ROOT = Path(__file__).resolve().parents[2]
LOADED = load_suite(ROOT / "suites" / "fio")
SUITE, parse = LOADED.suite, LOADED.parse
CASES = {case.name: case for case in SUITE.cases}
needs_fio = pytest.mark.skipif(shutil.which("fio") is None, reason="fio is not installed")


def parameters(case: str, **change: Scalar) -> dict[str, Scalar]:
    return {one.name: one.default for one in SUITE.parameters} | dict(CASES[case].params) | change


def context(folder: Path, data: str, *, device: bool = False) -> Context:
    return Context(Role.SINGLE, str(folder / "tool"), str(folder / "job"), data, device, cpus=2)


def test_profiles_name_cases_and_parameters_that_exist() -> None:
    assert [profile.name for profile in SUITE.profiles] == ["smoke", "standard", "azure", "cdm", "latency", "steady"]
    known = {one.name: type(one.default) for one in SUITE.parameters}
    assert len(CASES) == len(SUITE.cases)
    for holder in (*SUITE.profiles, *SUITE.cases):
        assert all(type(value) is known[name] for name, value in holder.params)
    for profile in SUITE.profiles:
        assert set(profile.cases) <= set(CASES)
    for case in CASES.values():
        queue = f"q{dict(case.params)['iodepth']}t{dict(case.params)['numjobs']}"
        assert case.name.endswith(queue)
        assert str(dict(case.params)["bs"]) in case.name


def test_a_device_is_checked_and_never_created_or_laid_out() -> None:
    case = CASES["rand-write-4k-q32t1"]
    spec = LOADED.steps(case, parameters(case.name), context(Path("/x"), "/dev/disk/by-path/pci-0:1", device=True))
    check, run = spec.steps
    assert check.argv[-1] == "/dev/disk/by-path/pci-0:1"
    assert "--allow_file_create=0" in run.argv
    assert r"--filename=/dev/disk/by-path/pci-0\:1" in run.argv
    prepared = LOADED.steps(case, parameters(case.name, precondition=True), context(Path("/x"), "/dev/x", device=True))
    assert [step.argv[1] for step in prepared.steps[1:]] == ["--name=precondition", "--name=job"]


def test_every_run_of_a_trial_has_its_own_result() -> None:
    case = CASES["seq-read-1m-q8t1"]
    spec = LOADED.steps(
        case, parameters(case.name, runs=3, interval_s=5, steadystate="iops:10%"), context(Path("/x"), "/d")
    )
    assert spec.results == ("out/fio-1.json", "out/fio-2.json", "out/fio-3.json")
    runs = spec.steps[1:]
    assert [f"--output=/x/job/{result}" in step.argv for result, step in zip(spec.results, runs, strict=True)] == [
        True
    ] * 3
    assert all("--startdelay=5" in step.argv and "--steadystate=iops:10%" in step.argv for step in runs)
    assert all(step.timeout_s > step.expected_s > 0 for step in spec.steps)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bs": "4 k"}, "bs is '4 k'. Give a block size like 4k or 1m"),
        ({"runtime_s": 0}, "runtime_s is 0. Give a whole number of at least 1"),
        ({"iodepth": True}, "iodepth is True"),
        ({"steadystate": "soon"}, "steadystate is 'soon'"),
    ],
)
def test_a_parameter_that_fio_would_not_take_is_refused(change: dict[str, Scalar], message: str) -> None:
    case = CASES["rand-read-4k-q1t1"]
    with pytest.raises(ConfigError, match=message) as caught:
        LOADED.steps(case, parameters(case.name, **change), context(Path("/x"), "/d"))
    assert caught.value.where == "fio/rand-read-4k-q1t1"


def execute(spec: JobSpec, job: Path) -> list[subprocess.CompletedProcess[str]]:
    """The steps of a job, stopping at the first that fails."""
    (job / "out").mkdir(parents=True, exist_ok=True)
    for name, content in spec.files:
        (job / name).write_bytes(content)
    done = []
    for step in spec.steps:
        environment = {**os.environ, **dict(step.env)}
        done.append(
            subprocess.run(
                step.argv, cwd=job, env=environment, capture_output=True, text=True, timeout=300, check=False
            )
        )
        if done[-1].returncode:
            break
    return done


@needs_fio
def test_the_installed_tool_runs_a_mixed_case_on_a_file_it_lays_out(tmp_path: Path) -> None:
    tool = SUITE.tool
    assert tool is not None
    environment = {**os.environ, "DEST": str(tmp_path / "tool")}
    subprocess.run(["sh", "-ec", recipe(tool)], env=environment, capture_output=True, timeout=300, check=True)
    assert all((tmp_path / "tool" / path).is_file() for path in tool.binaries)
    assert not list((tmp_path / "tool" / "lib").glob("libc.*"))
    version = [word.format(tool=tmp_path / "tool") for word in tool.version]
    printed = subprocess.run(version, capture_output=True, text=True, timeout=300, check=True).stdout.strip()

    data = tmp_path / "data" / "a:b.dat"
    case = CASES["rand-mix-4k-q32t1"]
    small = parameters(case.name, runtime_s=1, ramp_s=0, size_mib=4, direct=False, ioengine="psync")
    spec = LOADED.steps(case, small, context(tmp_path, str(data)))
    assert [step.returncode for step in execute(spec, tmp_path / "job")] == [0, 0]
    assert data.stat().st_size == 4 << 20
    assert data.stat().st_blocks * 512 >= 4 << 20
    assert sorted(path.name for path in data.parent.iterdir()) == ["a:b.dat", "a:b.dat.vmbench"]
    written = data.stat().st_ino

    parsed = parse((tmp_path / "job" / spec.results[0]).read_bytes(), "fio.json")
    assert parsed.tool_version == printed
    assert {one.part for one in parsed.measurements if one.metric == "iops"} == {"job read", "job write"}
    assert execute(spec, tmp_path / "job")[0].returncode == 0
    assert data.stat().st_ino == written


def test_an_engine_that_is_a_library_of_its_own_goes_with_the_tool(tmp_path: Path) -> None:
    """Red Hat's fio: a stand-in command, and as engine some library that needs another one."""
    libraries = Path(_ssl.__file__), tmp_path / "usr" / "lib64" / "fio" / "fio-libaio.so"
    for source, copy in ((Path("/bin/true"), tmp_path / "usr" / "bin" / "fio"), libraries):
        copy.parent.mkdir(parents=True)
        shutil.copyfile(source, copy)
        copy.chmod(0o755)
    assert SUITE.tool
    place = tmp_path / "tool"
    env = os.environ | {"DEST": str(place), "PATH": f"{tmp_path}/usr/bin:{os.environ['PATH']}"}
    subprocess.run(["/bin/sh", "-e", "-c", recipe(SUITE.tool)], env=env, check=True, capture_output=True)
    assert (place / "lib" / "libaio").read_bytes() == libraries[0].read_bytes()
    copied = sorted(path.name for path in (place / "lib").iterdir())
    assert any(name.startswith("libssl.so") for name in copied), "what the engine needs"
    assert not any(name.startswith("libc.so") for name in copied)
    listed = [line.split()[1] for line in (place / "MANIFEST").read_text("utf-8").splitlines()]
    assert listed == ["bin/fio", *(f"lib/{name}" for name in copied)]


@needs_fio
def test_layout_refuses_foreign_files_and_full_disks(tmp_path: Path) -> None:
    (tmp_path / "tool" / "bin").mkdir(parents=True)
    (tmp_path / "tool" / "bin" / "fio").symlink_to(shutil.which("fio") or "")
    case = CASES["rand-read-4k-q1t1"]
    foreign = tmp_path / "precious.txt"
    foreign.write_text("mine")
    spec = LOADED.steps(case, parameters(case.name, size_mib=1), context(tmp_path, str(foreign)))
    (refused,) = execute(spec, tmp_path / "job")
    assert refused.returncode == 1
    assert "exists and is not a test file of vmbench" in refused.stderr
    assert foreign.read_text() == "mine"

    spec = LOADED.steps(case, parameters(case.name, size_mib=10**9), context(tmp_path, str(tmp_path / "big")))
    (refused,) = execute(spec, tmp_path / "job")
    assert refused.returncode == 1
    assert "make room or lower size_mib" in refused.stderr
    assert not (tmp_path / "big").exists()


@needs_fio
@pytest.mark.skipif(os.getuid() != 0, reason="only root can make what belongs to another account")
@pytest.mark.parametrize("how", ["link", "file", "mark"])
def test_layout_takes_nothing_that_another_account_planted(tmp_path: Path, how: str) -> None:
    """In a folder like /tmp, with the mark beside it that vmbench makes."""
    (tmp_path / "tool" / "bin").mkdir(parents=True)
    (tmp_path / "tool" / "bin" / "fio").symlink_to(shutil.which("fio") or "")
    precious, data = tmp_path / "precious", tmp_path / "data.bin"
    precious.write_bytes(b"mine" * 1000)
    if how == "link":
        data.symlink_to(precious)
    else:
        data.write_bytes(b"data")
    mark = tmp_path / "data.bin.vmbench"
    mark.write_text("999\n")
    os.chown(mark if how == "mark" else data, 65534, 65534, follow_symlinks=False)
    case = CASES["rand-write-4k-q1t1"]
    spec = LOADED.steps(case, parameters(case.name, size_mib=1), context(tmp_path, str(data)))
    (refused,) = execute(spec, tmp_path / "job")
    assert "exists and is not a test file of vmbench" in refused.stderr
    assert precious.read_bytes() == b"mine" * 1000


def test_only_the_test_file_may_be_larger_than_output(tmp_path: Path) -> None:
    case = CASES["rand-read-4k-q1t1"]
    for size_mib, device, largest in ((1, False, 32 << 20), (4096, False, 4 << 30), (4096, True, 32 << 20)):
        path = "/dev/disk/by-id/x" if device else "/data/x"
        spec = LOADED.steps(case, parameters(case.name, size_mib=size_mib), context(tmp_path, path, device=device))
        assert {step.largest_file_bytes for step in spec.steps} == {largest}
