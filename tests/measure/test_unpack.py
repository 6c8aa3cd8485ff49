"""What comes home is safe and checked, whatever the target sends."""

from __future__ import annotations

import hashlib
import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.measure import unpack as module
from bench.measure.unpack import is_safe, unpack


def packed(*members: tuple[str, bytes | str]) -> bytes:
    """A tar of (name, content); a str content is the target of a symbolic link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_files_come_home() -> None:
    found = unpack(packed(("./a", b"1"), ("./out/b", b"2")), {"a": digest(b"1"), "out/b": digest(b"2")}, [])
    assert (found.files, found.problem, found.notes) == ({"a": b"1", "out/b": b"2"}, "", ())


UNSAFE = ("../x", "/etc/x", "a/../../x", "a\nb", "a//b", "a/./b", "./", "x" * 300, "..", "a\0b")
UNSHOWABLE = ("a\x1b[31m", "a\\b", "a\udcff")


@pytest.mark.parametrize("name", [*UNSAFE, *UNSHOWABLE])
def test_unsafe_names_stay_out(name: str) -> None:
    assert not is_safe(name.removeprefix("./"))


def test_unsafe_members_are_said_and_the_rest_is_taken() -> None:
    found = unpack(packed(("../x", b"1"), ("link", "/etc/passwd"), ("fine", b"2")), {"fine": digest(b"2")}, [])
    assert found.files == {"fine": b"2"}
    assert (found.problem, len(found.notes)) == ("", 2)


def test_a_file_that_would_have_to_be_a_folder_stays_out() -> None:
    hashes = {"a": digest(b"1")}
    for first, second in (("a", "a/b"), ("a/b", "a"), ("a", "a")):
        found = unpack(packed((first, b"1"), (second, b"1")), hashes if first == "a" else {first: digest(b"1")}, [])
        assert list(found.files) == [first]
        assert found.notes


def test_what_changed_on_the_way_is_a_problem() -> None:
    assert "is not what the target hashed" in unpack(packed(("a", b"1")), {"a": digest(b"2")}, []).problem
    assert "did not arrive" in unpack(packed(), {"a": digest(b"2")}, []).problem
    whole = packed(("a", bytes(5000)), ("b", b"1"))
    assert unpack(whole[:3000], {"a": digest(bytes(5000)), "b": digest(b"1")}, []).problem


def test_what_is_too_much_stays_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FILES", 3)
    many = [(f"f{number}", b"x") for number in range(9)]
    found = unpack(packed(*many), {name: digest(b"x") for name, _ in many}, ["'big' is too large (9 bytes)"])
    assert len(found.files) == 3
    assert found.problem == ""
    assert found.notes[0] == "'big' is too large (9 bytes), it was not taken"
    assert "the rest was not taken" in found.notes[1]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2000), st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3))
def test_any_bytes_are_unpacked_or_refused(archive: bytes, hashes: dict[str, str]) -> None:
    found = unpack(archive, hashes, [])
    assert all(is_safe(name) for name in found.files)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3071), st.integers(0, 255)), max_size=20), st.integers(0, 3072))
def test_damaged_archives_are_never_believed(edits: list[tuple[int, int]], cut: int) -> None:
    whole = packed(("a", b"1" * 600), ("b", b"2"))
    archive = bytearray(whole)
    for place, value in edits:
        archive[place] = value
    hashes = {"a": digest(b"1" * 600), "b": digest(b"2")}
    found = unpack(bytes(archive[:cut]), hashes, [])
    if not found.problem and not found.notes:
        assert found.files == {"a": b"1" * 600, "b": b"2"}
