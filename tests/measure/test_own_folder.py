"""The base folder is ours alone: what other accounts made, linked or may change is refused before it is used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from shells import Place, Shell, spec

from bench.measure import posix

OTHER = 65534


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder like /tmp."""
    if os.getuid() != 0:
        pytest.skip("only root can make what belongs to another account")
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


def survey(shell: Shell, base: Path) -> str:
    """The error of a survey, "" when the base can be used."""
    parts = [posix.resource(f"{name}.sh") for name in ("state", "own_folder", "survey")]
    text = posix.marked("n", [("survey", "\n".join((f"base={posix.quote(str(base))}", *parts)))])
    lines = posix.sections(shell.run(f"umask 0\n{text}"), "n", "t")["survey"].decode().splitlines()
    errors = [line.removeprefix("error=") for line in lines if line.startswith("error=")]
    assert len(errors) <= 1
    return "".join(errors)


def theirs(path: Path, mode: int = 0o755) -> Path:
    """A folder of another account."""
    path.mkdir()
    path.chmod(mode)
    os.chown(path, OTHER, OTHER)
    return path


def test_a_folder_of_our_own_is_used_whatever_the_umask(shell: Shell, shared: Path) -> None:
    base = shared / "a b" / "base"
    assert survey(shell, base) == ""
    place = Place(shell, base / "jobs" / "t0000000-modes", "t0000000-modes")
    shell.run(
        "umask 0\n"
        + posix.marked(
            "n", [("x", posix.launch(place.job_id, str(place.folder), spec("true"), f"{base}/data", "echo"))]
        )
    )
    place.done()
    assert {path.name for path in base.iterdir()} == {"jobs", "tools", "data", "jobs.lock"}
    for path in [base, *base.rglob("*")]:
        assert path.stat().st_mode & 0o7777 == (0o700 if path.is_dir() else 0o600), path
    assert survey(shell, base) == ""


@pytest.mark.parametrize("mode", [0o755, 0o777, 0o1777, 0o000])
def test_a_folder_that_somebody_made_before_us_is_refused(shell: Shell, shared: Path, mode: int) -> None:
    base = theirs(shared / "vmbench", mode)
    assert survey(shell, base) == f"{base} belongs to another account (uid {OTHER})"
    assert list(base.iterdir()) == []


def test_a_link_of_somebody_else_is_not_followed(shell: Shell, shared: Path, tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    link = shared / "vmbench"
    link.symlink_to(tmp_path / "ours")
    os.lchown(link, OTHER, OTHER)
    assert survey(shell, link) == f"{link} belongs to another account (uid {OTHER})"
    assert list((tmp_path / "ours").iterdir()) == []


def test_a_link_of_somebody_else_that_leads_nowhere_is_refused(shell: Shell, shared: Path, tmp_path: Path) -> None:
    link = shared / "vmbench"
    link.symlink_to(tmp_path / "absent")
    os.lchown(link, OTHER, OTHER)
    assert survey(shell, link) == f"{link} belongs to another account (uid {OTHER})"
    assert not (tmp_path / "absent").exists()


def test_our_own_link_is_followed_as_far_as_it_is_safe(shell: Shell, shared: Path, tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "good")
    assert survey(shell, tmp_path / "link") == ""
    elsewhere = theirs(shared / "elsewhere")
    (elsewhere / "inner").mkdir()
    (tmp_path / "bad").symlink_to(elsewhere / "inner")
    assert survey(shell, tmp_path / "bad") == f"{elsewhere} belongs to another account (uid {OTHER})"


def test_a_folder_that_everybody_may_write_to_is_refused(shell: Shell, shared: Path) -> None:
    for mode in (0o777, 0o1777, 0o702):
        base = shared / f"base{mode:o}"
        base.mkdir()
        base.chmod(mode)
        assert survey(shell, base) == f"{base} can be written by every account"
        assert list(base.iterdir()) == []


def test_a_folder_on_the_way_that_lets_others_swap_ours_is_refused(shell: Shell, shared: Path) -> None:
    way = shared / "way"
    way.mkdir()
    way.chmod(0o777)
    assert survey(shell, way / "base") == f"{way} can be written by every account"
    other = theirs(shared / "other", 0o755)
    assert survey(shell, other / "base") == f"{other} belongs to another account (uid {OTHER})"


@pytest.mark.parametrize("name", ["jobs", "tools", "data"])
def test_a_folder_inside_that_belongs_to_somebody_else_is_refused(shell: Shell, shared: Path, name: str) -> None:
    base = shared / "base"
    base.mkdir()
    theirs(base / name)
    assert survey(shell, base) == f"{base / name} belongs to another account (uid {OTHER})"


@pytest.fixture
def as_nobody(all_shells: list[Shell]) -> Shell:
    """A shell of an account that is not root."""
    return Shell("nobody", ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *all_shells[0].argv))


def test_an_account_that_is_not_root_has_its_own_folder_below_those_of_root(as_nobody: Shell) -> None:
    """Below /tmp itself: the folders of pytest are closed to others."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="vmbench-test-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        base = theirs(home / "home", 0o700) / ".bench"
        assert survey(as_nobody, base) == ""
        assert base.stat().st_uid == OTHER
        assert survey(as_nobody, home / "roots") == f"cannot write to {home / 'roots'}"


def test_a_relative_base_is_refused(shell: Shell) -> None:
    assert survey(shell, Path("relative")) == "relative is not an absolute path"
    assert not Path("relative").exists()
