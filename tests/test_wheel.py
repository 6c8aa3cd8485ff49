"""The wheel is complete: installed elsewhere, `bench` works from any folder, with its suites and templates."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEEDED = ("bench", "suites", "inventories", "reports/templates", "pyproject.toml", "README.md", "LICENSE")


def run(*argv: str | Path, cwd: Path) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "BENCH_", "COV_"))}
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{argv}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that the checkout stays as it is."""
    source = tmp_path_factory.mktemp("source")
    for name in NEEDED:
        place = source / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, place)
    out = tmp_path_factory.mktemp("wheel")
    build = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir")
    run(sys.executable, *build, out, source, cwd=out)
    (built,) = out.glob("vmbench-*.whl")
    return built


@pytest.fixture(scope="module")
def bench(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`bench` in a fresh environment that borrows the dependencies of this one: no network is needed."""
    home = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", home, cwd=home)
    python = home / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home)
    own = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])", cwd=home).strip())
    (own / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return home / "bin" / "bench"


def test_the_wheel_carries_its_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder, data in (("suites", "suites"), ("reports/templates", "templates"), ("inventories", "inventories")):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and not {"__pycache__", ".gitkeep"} & set(path.parts):
                assert f"bench/_data/{data}/{path.relative_to(ROOT / folder).as_posix()}" in names
    for path in (ROOT / "bench").rglob("*"):
        if path.is_file() and path.suffix in (".py", ".sh"):
            assert path.relative_to(ROOT).as_posix() in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"bench", "vmbench"}
    assert not [name for name in names if "__pycache__" in name or name.startswith("bench/tests")]


def test_bench_from_another_folder_uses_the_installed_package(bench: Path, tmp_path: Path) -> None:
    code = "import bench, bench.resources as r; print(bench.__file__, r.data_folder('suites'), sep='\\n')"
    package, suites = run(bench.with_name("python"), "-c", code, cwd=tmp_path).split("\n")[:2]
    assert package.startswith(str(bench.parents[1]))
    assert suites == str(Path(package).parent / "_data" / "suites")


def test_bench_lists_the_suites_of_the_wheel(bench: Path, tmp_path: Path) -> None:
    listed = run(bench, "suites", cwd=tmp_path)
    for name in ("fio", "iperf2", "iperf3", "ntttcp", "unixbench", "diskspd", "crystaldiskmark"):
        assert name in listed
    assert list(tmp_path.iterdir()) == []


def test_bench_says_what_the_demo_would_do(bench: Path, tmp_path: Path) -> None:
    said = run(bench, "demo", "--dry-run", cwd=tmp_path)
    assert "fio" in said
    assert "iperf3" in said


def test_bench_makes_a_workspace(bench: Path, tmp_path: Path) -> None:
    run(bench, "init", "here", cwd=tmp_path)
    assert (tmp_path / "here" / "campaign.yaml").is_file()
