"""Sources: pinned by their tree, given with `--source`, unpacked safely, packed the same way every time."""

from __future__ import annotations

import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_trees import file, make_tree, pinned, tar_of, tool_tar

from bench.errors import SuiteError
from bench.measure.sources import from_path, pack, tree_digest
from bench.model import Source


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "tree")


@pytest.fixture
def source(tree: Path) -> Source:
    return pinned(tree)


# --- digest ------------------------------------------------------------------------------------------------------


def test_the_digest_ignores_times_git_and_empty_folders(tree: Path) -> None:
    before = tree_digest(tree)
    os.utime(tree / "README", (1, 1))
    (tree / ".git").mkdir()
    (tree / ".git" / "HEAD").write_text("ref")
    (tree / "empty").mkdir()
    (tree / "README").chmod(0o600)
    assert tree_digest(tree) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: (tree / "README").write_text("read mE"),
        lambda tree: (tree / "README").rename(tree / "README.md"),
        lambda tree: (tree / "README").chmod(0o755),
        lambda tree: (tree / "new").write_text(""),
        lambda tree: (tree / "link").symlink_to("README"),
        lambda tree: (tree / ".github").write_text("not git's own folder"),
    ],
)
def test_the_digest_sees_every_change(tree: Path, change: Callable[[Path], object]) -> None:
    before = tree_digest(tree)
    change(tree)
    assert tree_digest(tree) != before


def test_an_empty_tree_and_a_fifo_have_no_digest(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="empty"):
        tree_digest(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SuiteError, match="neither a file"):
        tree_digest(tmp_path)


# --- packing -----------------------------------------------------------------------------------------------------


def test_packing_is_deterministic_and_keeps_the_tree(tree: Path, source: Source, tmp_path: Path) -> None:
    (tree / "link").symlink_to("src/main.c")
    first = pack(tree)
    os.utime(tree / "src" / "main.c", (1, 1))
    (tree / "README").chmod(0o640)
    assert pack(tree) == first
    packed = tmp_path / "packed.tar.gz"
    packed.write_bytes(first)
    again = from_path(source, packed, tmp_path / "cache")
    assert again.digest == tree_digest(tree)
    assert (again.folder / "link").read_text() == "int main;"


def test_packing_does_not_mind_hard_links(tree: Path, tmp_path: Path) -> None:
    (tree / "src" / "same.c").hardlink_to(tree / "src" / "main.c")
    other = make_tree(tmp_path / "other")
    (other / "src" / "same.c").write_text("int main;")
    assert pack(tree) == pack(other)


# --- --source ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("top", ["", "tool-0123456/"])
@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w"])
def test_an_archive_with_or_without_top_folder(source: Source, tmp_path: Path, top: str, mode: str) -> None:
    archive = tmp_path / "given"
    archive.write_bytes(tool_tar(top, mode))
    found = from_path(source, archive, tmp_path / "cache")
    assert found.pinned
    assert found.digest == source.tree_sha256
    assert (found.folder / "src" / "main.c").read_text() == "int main;"
    assert from_path(source, archive, tmp_path / "cache") == found


def test_a_zip_keeps_the_executable_bit(source: Source, tmp_path: Path) -> None:
    archive = tmp_path / "given.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("top/", "")
        packed.writestr("top/README", "read me")
        packed.writestr("top/src/main.c", "int main;")
        run = zipfile.ZipInfo("top/Run")
        run.external_attr = 0o100755 << 16
        packed.writestr(run, "#!/bin/sh\n")
    assert from_path(source, archive, tmp_path / "cache").pinned


def test_a_folder_is_used_in_place_with_or_without_top_folder(source: Source, tree: Path, tmp_path: Path) -> None:
    assert from_path(source, tree, tmp_path / "cache").folder == tree
    outer = tmp_path / "outer"
    outer.mkdir()
    tree.rename(outer / "tool-0123456")
    found = from_path(source, outer, tmp_path / "cache")
    assert found.folder == outer / "tool-0123456"
    assert found.pinned


def test_another_tree_is_allowed_and_told(source: Source, tree: Path, tmp_path: Path) -> None:
    (tree / "README").write_text("patched")
    found = from_path(source, tree, tmp_path / "cache")
    assert not found.pinned
    assert found.digest != source.tree_sha256


def test_a_path_that_is_not_there(source: Source, tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="no such file") as caught:
        from_path(source, tmp_path / "absent", tmp_path / "cache")
    assert "tool" in caught.value.remedy


BAD = {
    "escape": tar_of(file("ok"), file("../evil")),
    "hidden escape": tar_of(file("top/../../evil")),
    "absolute": tar_of(file("/tmp/evil")),  # noqa: S108  # the name inside the archive, nothing is written there
    "link out": tar_of(file("ok"), file("link", b"", type=tarfile.SYMTYPE, linkname="../../evil")),
    "absolute link": tar_of(file("ok"), file("link", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
    "hard link": tar_of(file("ok"), file("link", b"", type=tarfile.LNKTYPE, linkname="../evil")),
    "device": tar_of(file("ok"), file("null", b"", type=tarfile.CHRTYPE)),
    "no bytes": b"",
    "no archive": b"<html>404</html>",
    "no members": tar_of(),
    "truncated gzip": tool_tar()[:-30],
    "truncated tar": tar_of(file("big", b"x" * 5000), mode="w")[:2000],
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_bad_archives_are_refused_and_leave_nothing(source: Source, tmp_path: Path, case: str) -> None:
    archive = tmp_path / "bad"
    archive.write_bytes(BAD[case])
    cache = tmp_path / "deep" / "cache"
    with pytest.raises(SuiteError):
        from_path(source, archive, cache)
    assert not list(cache.iterdir())
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("name", ["../evil", "/evil", "..\\evil", "C:/evil", "top/../../evil"])
def test_bad_names_in_a_zip_are_refused(source: Source, tmp_path: Path, name: str) -> None:
    archive = tmp_path / "bad.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(name, "x")
    with pytest.raises(SuiteError, match="archive"):
        from_path(source, archive, tmp_path / "cache")


def test_a_link_in_a_zip_is_refused(source: Source, tmp_path: Path) -> None:
    archive = tmp_path / "bad.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
    with pytest.raises(SuiteError, match="link"):
        from_path(source, archive, tmp_path / "cache")


@given(cut=st.integers(min_value=0, max_value=400), flip=st.integers(min_value=0, max_value=255))
def test_a_damaged_archive_gives_a_tree_or_a_suite_error(
    cut: int, flip: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = bytearray(tool_tar())
    data[cut % len(data)] ^= flip
    place = tmp_path_factory.mktemp("damaged")
    (place / "archive").write_bytes(data)
    source = Source("tool", "1", "0" * 40, "https://example.invalid/", "0" * 64)
    try:
        found = from_path(source, place / "archive", place / "cache")
    except SuiteError:
        return
    assert found.folder.is_relative_to(place / "cache")
