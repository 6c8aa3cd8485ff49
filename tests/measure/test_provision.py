"""Getting a target ready, with recipes run by /bin/sh on this machine; and the guards."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import ConfigError, SuiteError, TransportError
from bench.measure.guards import check_machine, guard_device
from bench.measure.provision import Machine, install, survey, tool_digest
from bench.measure.transport import Connection, FakeTransport, Reply
from bench.model import Source, Target, Tool

RECIPE = r"""
mkdir -p "$DEST/bin"
printf '#!/bin/sh\necho greeter \\"1.2\\" \\\\\n' >"$DEST/bin/greet"
chmod +x "$DEST/bin/greet"
"""
TOOL = Tool(
    name="greeter",
    packages=(("apt", ()), ("dnf", ()), ("zypper", ())),
    install=RECIPE,
    binaries=("bin/greet",),
    version=("{tool}/bin/greet",),
)


def here(target: Target, env: dict[str, str] | None = None) -> Connection:
    def run(_: Target, script: str) -> Reply:
        done = subprocess.run(
            ["/bin/sh", "-s"],
            input=script.encode(),
            capture_output=True,
            check=False,
            env={**os.environ, **(env or {})},
        )
        return Reply(done.returncode, done.stdout, done.stderr)

    return FakeTransport(run).connect(target)


def says(text: str) -> Connection:
    return FakeTransport(lambda target, script: Reply(0, _mark(script) + text.encode(), b"")).connect(
        Target("t", "t", "t")
    )


def _mark(script: str) -> bytes:
    words = next(line for line in script.splitlines() if line.startswith("printf")).split()
    return f"noise\n@@{words[-2]} {words[-1]}\n".encode()


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return Target("t", "t", "t", base=str(tmp_path / "base"))


def nothing(tool: Tool) -> bytes:
    raise AssertionError(f"nobody asked for {tool.name}")


def test_a_survey_says_what_the_machine_is(target: Target) -> None:
    machine = survey(here(target), target)
    assert machine.base == target.base
    assert machine.cpus >= 1
    assert machine.uid == os.getuid()
    assert machine.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert machine.free_kib > 0
    assert machine.jobs == ()
    assert survey(here(target, {"HOME": target.base}), replace(target, base="~/x")).base == f"{target.base}/x"


def test_a_survey_that_makes_no_sense_is_an_error(target: Target) -> None:
    with pytest.raises(TransportError, match="unreadable survey"):
        survey(says("home=/x\ncpus=many\n"), target)


def test_a_tool_is_installed_once_and_found_again(target: Target) -> None:
    machine = survey(here(target), target)
    record = dict(install(here(target), target, machine, TOOL, nothing))
    assert record["version"].strip() == "greeter '1.2' '"
    assert record["binaries"].startswith("bin/greet=")
    tool = Path(target.base) / "tools" / tool_digest(TOOL)
    stamp = (tool / "tool.json").stat().st_mtime_ns
    assert dict(survey(here(target), target).tools[tool_digest(TOOL)]) == record
    assert dict(install(here(target), target, machine, TOOL, nothing)) == record
    assert (tool / "tool.json").stat().st_mtime_ns == stamp
    assert not list(Path(target.base).glob("build.*"))


def test_another_recipe_is_another_tool() -> None:
    assert tool_digest(TOOL) != tool_digest(replace(TOOL, install=TOOL.install + "\n#"))


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ("false\nmkdir -p $DEST/bin; echo x >$DEST/bin/greet", "cannot install greeter"),
        ("echo the compiler is broken; exit 3", "the compiler is broken"),
        ("true", "left no bin/greet"),
    ],
)
def test_a_recipe_that_fails_leaves_nothing(target: Target, recipe: str, said: str) -> None:
    tool = replace(TOOL, install=recipe)
    with pytest.raises(SuiteError, match=said):
        install(here(target), target, survey(here(target), target), tool, nothing)
    assert list((Path(target.base) / "tools").iterdir()) == []
    assert not list(Path(target.base).glob("build.*"))


def test_a_source_is_uploaded_and_unpacked(target: Target) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        info = tarfile.TarInfo("greet.sh")
        info.size = 20
        tar.addfile(info, io.BytesIO(b"echo from the source"))
    tool = replace(
        TOOL,
        source=Source("greeter", "1", "c", "u", "d"),
        install='mkdir -p "$DEST/bin"; cp greet.sh "$DEST/bin/greet"',
        version=("sh", "{tool}/bin/greet"),
    )
    machine = survey(here(target), target)
    assert (
        dict(install(here(target), target, machine, tool, lambda _: buffer.getvalue()))["version"].strip()
        == "from the source"
    )
    broken = replace(tool, name="other")
    with pytest.raises(SuiteError, match="could not be unpacked"):
        install(here(target), target, machine, broken, lambda _: b"no archive")


@pytest.mark.parametrize(
    ("user", "allowed", "sudo", "why"),
    [
        (1000, False, "exit 0", " (the login is not root, and the inventory says `sudo: no`)"),
        (1000, True, "exit 1", " (the login is not root, and sudo asks for a password)"),
        (1000, True, '[ "$2" = true ]', ""),
        (0, False, "exit 0", ""),
    ],
)
def test_missing_packages_are_refused_with_the_reason(
    target: Target, tmp_path: Path, user: int, allowed: bool, sudo: str, why: str
) -> None:
    fakes = {"id": f"echo {user}", "apt-get": "exit 1", "dpkg-query": "exit 1", "sudo": sudo}
    for name, text in fakes.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    tool = replace(TOOL, packages=(("apt", ("no-such-package",)),))
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    machine = replace(survey(here(target), target), manager="apt")
    with pytest.raises(SuiteError) as caught:
        install(here(target, path), replace(target, sudo=allowed), machine, tool, nothing)
    assert f"packages are missing and could not be installed{why}: no-such-package" in str(caught.value)


def test_an_unknown_package_manager_is_refused(target: Target) -> None:
    machine = replace(survey(here(target), target), manager="none")
    with pytest.raises(SuiteError, match="no package manager that the suite knows"):
        install(here(target), target, machine, TOOL, nothing)


MACHINE = Machine("/h", "/h/.bench", 2, 0, "apt", 1 << 30, 0.1, 1000.0, "boot")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"free_kib": 1024}, "only 0.0 GiB free"),
        ({"load": 1.5}, "load 1.50 on 2 CPUs"),
        ({"load": 1.5, "cpus": 1}, "load 1.50 on 1 CPU before"),
        ({"clock_s": 1060.0}, "60 s ahead of the controller's"),
        ({"clock_s": 940.0}, "60 s behind the controller's"),
        ({"jobs": ("j1",)}, "already: j1"),
    ],
)
def test_warnings_about_a_machine(change: dict[str, object], said: str) -> None:
    target = Target("t", "t", "t")
    assert check_machine(MACHINE, target, 1000.0) == []
    (text,) = check_machine(replace(MACHINE, **change), target, 1000.0)  # type: ignore[arg-type]  # real fields
    assert said in text


def test_the_own_jobs_of_a_run_are_no_reason_to_warn() -> None:
    machine, target = replace(MACHINE, jobs=("aaaaaaaa-1", "bbbbbbbb-2")), Target("t", "t", "t")
    (text,) = check_machine(machine, target, 1000.0, own="aaaaaaaa-")
    assert text.endswith("already: bbbbbbbb-2")


DISK = Target("t", "t", "t", disk="/dev/disk/by-id/x", destroyable=("/dev/disk/by-id/x",))


def test_a_disk_that_is_not_listed_is_refused_without_asking() -> None:
    asked: list[str] = []
    connection = FakeTransport(lambda target, script: (asked.append(script), Reply(0, b"", b""))[1]).connect(DISK)
    with pytest.raises(ConfigError, match="not listed in `destroyable`"):
        guard_device(connection, replace(DISK, destroyable=("/dev/disk/by-id/y",)))
    assert asked == []


def test_a_disk_is_used_only_when_it_is_free() -> None:
    guard_device(says("free\n"), DISK)
    with pytest.raises(ConfigError, match="it is mounted; it has partitions"):
        guard_device(says("refused it is mounted\nrefused it has partitions\n"), DISK)
    with pytest.raises(ConfigError, match="it gave no answer"):
        guard_device(says("\n"), DISK)


@pytest.mark.parametrize("disk", ["/dev/null", "/dev/disk/by-id/no such disk", "/dev/$(touch x)"])
def test_what_is_no_block_device_is_refused(disk: str) -> None:
    with pytest.raises(ConfigError, match="it is not a block device"):
        guard_device(here(DISK), replace(DISK, disk=disk, destroyable=(disk,)))
