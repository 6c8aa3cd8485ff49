"""Sources: pinned by tree, fetched once, unpacked safely, packed the same way every time."""

from __future__ import annotations

import dataclasses
import io
import os
import tarfile
import traceback
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from http.client import HTTPMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import SuiteError
from bench.measure import sources
from bench.measure.sources import fetch, from_path, pack, tree_digest
from bench.model import Source

Member = tuple[tarfile.TarInfo, bytes]


def make_tree(folder: Path) -> Path:
    (folder / "src").mkdir(parents=True)
    (folder / "README").write_text("read me")
    (folder / "src" / "main.c").write_text("int main;")
    run = folder / "Run"
    run.write_text("#!/bin/sh\n")
    run.chmod(0o755)
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "tree")


@pytest.fixture
def source(tree: Path) -> Source:
    return Source("tool", "1.0", "0123456789abcdef", "https://example.invalid/tool.tar.gz", tree_digest(tree))


def tar_of(*members: Member, mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:  # type: ignore[call-overload]  # the mode is a variable here
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def file(name: str, content: bytes = b"x", **attributes: object) -> Member:
    info = tarfile.TarInfo(name)
    for key, value in attributes.items():
        setattr(info, key, value)
    return info, content


def tool_tar(top: str = "", mode: str = "w:gz") -> bytes:
    return tar_of(
        file(f"{top}README", b"read me"),
        file(f"{top}src/main.c", b"int main;"),
        file(f"{top}Run", b"#!/bin/sh\n", mode=0o775),
        mode=mode,
    )


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


# --- fetching ----------------------------------------------------------------------------------------------------


class FakeNetwork:
    """Answers every https request with `data`, or fails with `error`; counts."""

    def __init__(self) -> None:
        self.data = b""
        self.error: OSError | None = None
        self.calls = 0

    def open(self, url: str, timeout: float) -> io.BytesIO:
        assert url.startswith("https://")
        assert timeout > 0
        self.calls += 1
        if self.error:
            raise self.error
        return io.BytesIO(self.data)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNetwork]:
    fake = FakeNetwork()
    monkeypatch.setattr(urllib.request, "build_opener", lambda *_handlers: fake)
    return fake  # type: ignore[return-value]  # pytest accepts a returned fixture


def test_a_source_is_fetched_once(source: Source, tmp_path: Path, network: FakeNetwork) -> None:
    network.data = tool_tar("tool-0123456/")
    folder = fetch(source, tmp_path / "cache")
    assert tree_digest(folder) == source.tree_sha256
    assert fetch(source, tmp_path / "cache") == folder
    assert network.calls == 1
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [folder.name]


def test_without_network_the_error_says_what_to_do(source: Source, tmp_path: Path, network: FakeNetwork) -> None:
    network.error = urllib.error.URLError("Name or service not known")
    with pytest.raises(SuiteError, match="Name or service not known") as caught:
        fetch(source, tmp_path / "cache")
    assert "--source tool=PATH" in caught.value.remedy
    assert not list((tmp_path / "cache").iterdir())


def test_a_tree_that_is_not_the_pinned_one_is_refused(source: Source, tmp_path: Path, network: FakeNetwork) -> None:
    network.data = tar_of(file("top/README", b"another"))
    with pytest.raises(SuiteError, match="another tree"):
        fetch(source, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_a_damaged_cache_is_noticed(source: Source, tmp_path: Path, network: FakeNetwork) -> None:
    network.data = tool_tar()
    (fetch(source, tmp_path / "cache") / "README").write_text("changed")
    with pytest.raises(SuiteError, match="cached"):
        fetch(source, tmp_path / "cache")


def test_a_huge_answer_is_refused(
    source: Source, tmp_path: Path, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_MAX_BYTES", 100)
    network.data = tool_tar()
    with pytest.raises(SuiteError, match="larger"):
        fetch(source, tmp_path / "cache")


def test_only_https(source: Source, tmp_path: Path) -> None:
    for url in ("http://example.invalid/x", "file:///etc/passwd"):
        with pytest.raises(SuiteError, match="https only"):
            fetch(dataclasses.replace(source, url=url), tmp_path / "cache")


def test_a_redirection_away_from_https_is_not_followed() -> None:
    request = urllib.request.Request("https://example.invalid/")
    handler = sources._HttpsOnly()
    with pytest.raises(urllib.error.URLError, match="only https"):
        handler.redirect_request(request, io.BytesIO(), 302, "Found", HTTPMessage(), "http://example.invalid/")
    followed = handler.redirect_request(request, io.BytesIO(), 302, "Found", HTTPMessage(), "https://example.invalid/x")
    assert followed is not None
    assert followed.full_url == "https://example.invalid/x"


TOKEN = "t0ken"  # noqa: S105  # of nobody


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        (f"https://me:{TOKEN}@127.0.0.1:1/x", ""),
        (f"https://{TOKEN}@127.0.0.1:1/x", ""),
        (f"https://127.0.0.1:1/x?sig={TOKEN}#{TOKEN}", ""),
        ("https://localhost:1/x", f"http://me:{TOKEN}@127.0.0.1:1"),
        ("https://localhost:1/x", f"me:{TOKEN}@:not a port/"),
        ("https://localhost:1/x", f"http://127.0.0.1:{TOKEN}"),
        ("https://localhost:1/x", f"/{TOKEN}"),
    ],
)
def test_no_message_repeats_a_secret_of_a_url_or_a_proxy(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, proxy: str
) -> None:
    """Over the real urllib: nothing listens on port 1."""
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(SuiteError) as caught:
        fetch(dataclasses.replace(source, url=url), tmp_path / "cache")
    told = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in str(caught.value)
    assert TOKEN not in "\n".join(line for line in told.splitlines() if not line.startswith("    "))
    assert "--source tool=PATH" in caught.value.remedy
