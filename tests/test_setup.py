"""`scripts/setup.sh` on machines that lack things: stubs stand for apt-get, sudo, id and Python."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = (
    *("fio", "iperf3", "iperf", "gcc", "make", "perl", "ssh-keygen", "sshd", "chromium", "faketime", "curl", "wget"),
    *("mount", "busybox", "fish", "ksh", "mksh", "tcsh", "zsh"),
)
PYTHON = """\
case "$*" in
*"sys.version_info"*) exit "${OLD:-0}" ;;
*"import ensurepip"*) exit "${NO_VENV:-0}" ;;
*"-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
*"-m pip --version") ;;
*"-m pip"*" check") [ -z "${MISFIT:-}" ] || { echo "$MISFIT"; exit 1; } ;;
*"-m pip"*) echo "pip $*" >>"$LOG"; exit "${PIP:-0}" ;;
--version) echo "Python 3.x" ;;
esac
"""
NPM = 'echo "npm $*" >>"$LOG"; [ -z "${NO_REGISTRY:-}" ] || exit 1; mkdir -p node_modules\n'
APT = 'echo "apt-get $*" >>"$LOG"; [ ! -e "$LOG.refuse" ] || { rm "$LOG.refuse"; exit 100; }\n'


@dataclass
class Machine:
    """A folder with the script, and a PATH that holds only what the test put there."""

    root: Path

    def stub(self, name: str, body: str = "") -> None:
        path = self.root / "bin" / name
        path.write_text(f"#!/bin/sh\n{body}")
        path.chmod(0o755)

    def setup(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ("/bin/sh", self.root / "scripts" / "setup.sh", *words),
            env={"PATH": str(self.root / "bin"), "LOG": str(self.root / "log"), **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def log(self) -> list[str]:
        path = self.root / "log"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup.sh", tmp_path / "scripts")
    (tmp_path / "requirements.lock").write_text("a==1\n")
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "tests" / "browser").mkdir(parents=True)
    (tmp_path / "tests" / "browser" / "package-lock.json").write_text("{}\n")
    for name in ("cat", "cksum", "cp", "dirname", "env", "mkdir", "rm"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    for name in TOOLS:
        made.stub(name)
    made.stub("node")
    made.stub("npm", NPM)
    made.stub("id", "echo 1000\n")
    made.stub("python3", PYTHON)
    return made


def test_nothing_missing_makes_the_environment_once(machine: Machine) -> None:
    done = machine.setup()
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split(" install ")[1] for line in machine.log()] == [
        "--quiet --no-deps --require-hashes -r requirements.lock",
        "--quiet --no-deps --no-build-isolation --editable .",
    ]
    again = machine.setup()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert len(machine.log()) == 2
    (machine.root / "requirements.lock").write_text("a==2\n")
    machine.setup()
    assert len(machine.log()) == 4


def test_another_python_makes_the_environment_anew(machine: Machine) -> None:
    machine.setup()
    machine.stub("python4", PYTHON)
    done = machine.setup(PYTHON="python4")
    assert "making .venv" in done.stdout
    assert machine.setup(PYTHON="python4").stdout == ""
    assert "making .venv" in machine.setup().stdout


def test_an_environment_that_was_not_finished_is_finished(machine: Machine) -> None:
    broken = machine.setup(PIP="1")
    assert broken.returncode == 1
    assert "pip could not install" in broken.stderr
    assert machine.setup().returncode == 0
    assert (machine.root / ".venv" / "setup.stamp").exists()


def test_a_lock_that_does_not_fit_is_said(machine: Machine) -> None:
    done = machine.setup(MISFIT="vmbench requires b, which is not installed.")
    assert done.returncode == 1
    assert "requires b" in done.stderr
    assert "make lock" in done.stderr
    assert not (machine.root / ".venv" / "setup.stamp").exists()


def test_missing_packages_are_installed_with_sudo(machine: Machine) -> None:
    (machine.root / "bin" / "fio").unlink()
    (machine.root / "bin" / "chromium").unlink()
    machine.stub("sudo", 'echo sudo >>"$LOG"; [ "$1" != -n ] || shift; "$@"\n')
    machine.stub("apt-get", APT)
    machine.stub("true")
    assert machine.setup("test").returncode == 0
    assert machine.log()[:3] == ["sudo", "sudo", "apt-get -q install -y --no-install-recommends fio chromium"]


def test_the_demo_needs_no_browser_and_root_no_sudo(machine: Machine) -> None:
    (machine.root / "bin" / "chromium").unlink()
    (machine.root / "bin" / "fio").unlink()
    machine.stub("id", "echo 0\n")
    machine.stub("apt-get", APT)
    (machine.root / "log.refuse").touch()
    assert machine.setup("demo").returncode == 0
    install = "apt-get -q install -y --no-install-recommends fio"
    assert machine.log()[:3] == [install, "apt-get -q update", install]


@pytest.mark.parametrize("sudo", [None, "exit 1\n"])
def test_without_a_way_to_be_root_it_says_what_to_do(machine: Machine, sudo: str | None) -> None:
    (machine.root / "bin" / "iperf3").unlink()
    machine.stub("apt-get", APT)
    if sudo:
        machine.stub("sudo", sudo)
    done = machine.setup()
    assert done.returncode == 1
    assert "this is not root and sudo does not work: iperf3" in done.stderr
    assert "apt-get install iperf3" in done.stderr
    assert "SKIP_PACKAGES=1 make demo" in done.stderr
    assert machine.log() == []
    assert machine.setup(SKIP_PACKAGES="1").returncode == 0


def test_what_judges_the_page_is_installed_for_tests_only_and_once(machine: Machine) -> None:
    machine.setup("demo")
    assert not [line for line in machine.log() if line.startswith("npm")]
    for _ in range(2):
        assert machine.setup("test", SKIP_PACKAGES="1").returncode == 0
    lock = machine.root / "tests" / "browser" / "package-lock.json"
    (calls,) = [line for line in machine.log() if line.startswith("npm")]
    assert calls.startswith("npm ci --ignore-scripts ")
    lock.write_text("[]\n")
    machine.setup("test", SKIP_PACKAGES="1")
    assert len([line for line in machine.log() if line.startswith("npm")]) == 2


def test_without_a_registry_or_npm_it_is_said(machine: Machine) -> None:
    done = machine.setup("test", SKIP_PACKAGES="1", NO_REGISTRY="1")
    assert done.returncode == 1
    assert "npm could not install" in done.stderr
    assert not (machine.root / "tests" / "browser" / "node_modules").exists()
    (machine.root / "bin" / "npm").unlink()
    done = machine.setup("test", SKIP_PACKAGES="1")
    assert done.returncode == 0
    assert "there is no npm" in done.stdout


def test_without_apt_get_it_says_what_is_missing(machine: Machine) -> None:
    (machine.root / "bin" / "perl").unlink()
    done = machine.setup()
    assert done.returncode == 1
    assert "there is no apt-get to install them: perl" in done.stderr


def test_python_without_venv_or_too_old_is_named(machine: Machine) -> None:
    assert "python3-venv" in machine.setup(NO_VENV="1").stderr
    old = machine.setup(OLD="1")
    assert old.returncode == 1
    assert "too old" in old.stderr
    assert not (machine.root / ".venv").exists()


def test_an_unknown_word_is_refused(machine: Machine) -> None:
    assert "usage" in machine.setup("prod").stderr


def test_a_virtual_machine_needs_more_packages(machine: Machine) -> None:
    machine.stub("id", "echo 0\n")
    machine.stub("apt-get", APT)
    for name in ("debootstrap", "mkfs.vfat", "mke2fs", "mcopy", "setpriv", "syslinux"):
        machine.stub(name)
    assert machine.setup("vm").returncode == 0
    assert machine.log()[0] == "apt-get -q install -y --no-install-recommends qemu-system-x86"
