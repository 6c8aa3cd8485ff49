"""A tar archive that a stranger made: what real tars write is read, nothing else is, and no archive costs much."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import subprocess
import tarfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.measure import tarball
from bench.measure.tarball import BLOCK, MAX_MEMBERS, TarError, members
from bench.measure.unpack import MAX_BYTES, is_safe, unpack

NAMES = ["a", "out/b", "out/" + "d" * 120 + "/" + "n" * 60, "ünï/cödé", "x" * 99, "x" * 100, "x" * 101, "sp ace"]


def header(name: bytes, size: int | bytes = 0, kind: bytes = b"0", magic: bytes = b"ustar\x0000") -> bytes:
    """A header with a right checksum, whatever else is in it."""
    field = size if isinstance(size, bytes) else b"%011o\0" % size
    block = bytearray(BLOCK)
    block[: len(name)] = name
    block[100:108] = b"0000644\0"
    block[124 : 124 + len(field)] = field
    block[156:157] = kind
    block[257 : 257 + len(magic)] = magic
    return signed(block)


def signed(block: bytearray) -> bytes:
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def file(name: bytes, content: bytes = b"1", kind: bytes = b"0") -> bytes:
    return header(name, len(content), kind) + content + bytes(-len(content) % BLOCK)


def pax(**records: str) -> bytes:
    lines = b""
    for key, value in records.items():
        line = f" {key}={value}\n".encode()
        length = len(line) + 1
        while len(str(length)) + len(line) != length:
            length += 1
        lines += str(length).encode() + line
    return file(b"PaxHeader", lines, b"x")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("style", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_what_the_library_writes_is_read(style: int) -> None:
    buffer = io.BytesIO()
    wanted = {name: name.encode() * 30 for name in NAMES if style != tarfile.USTAR_FORMAT or len(name) != 101}
    with tarfile.open(fileobj=buffer, mode="w", format=style) as tar:
        for name, content in wanted.items():
            info = tarfile.TarInfo(f"./{name}")
            info.size, info.mtime = len(content), 1.5
            if style == tarfile.USTAR_FORMAT and len(name) > 150:
                info.name = name
            tar.addfile(info, io.BytesIO(content))
    found = unpack(buffer.getvalue(), {name: digest(content) for name, content in wanted.items()}, [])
    assert (found.problem, found.notes) == ("", ())
    assert found.files == wanted


@pytest.mark.parametrize("how", ["gnu", "posix", "ustar", "v7", "busybox"])
def test_what_real_tars_write_is_read(tmp_path: Path, how: str) -> None:
    program = ["tar", f"--format={how}"] if how != "busybox" else ["busybox", "tar"]
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed")
    names = [name for name in NAMES if len(name) < 98] if how in ("v7", "ustar") else NAMES
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode() * 30)
    (tmp_path / "link").symlink_to("/etc/passwd")
    made = subprocess.run(
        [*program, "-c", "-f", "-", *(f"./{name}" for name in (*names, "link"))],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    found = unpack(made.stdout, {name: digest(name.encode() * 30) for name in names}, [])
    assert found.files == {name: name.encode() * 30 for name in names}
    assert (found.problem, found.notes) == ("", ("unsafe file 'link' was not taken",))


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"4", b"6", b"7", b"V", b"M", b"D", b"\xff"])
def test_only_regular_files_are_taken(kind: bytes) -> None:
    found = unpack(header(b"odd", 0, kind) + file(b"fine"), {"fine": digest(b"1")}, [])
    assert found.files == {"fine": b"1"}
    assert (found.problem, found.notes) == ("", ("unsafe file 'odd' was not taken",))


@pytest.mark.parametrize(
    ("first", "second"),
    [("A", "a"), ("a/B", "A/b"), ("e\u0301", "\u00e9"), ("straße", "STRASSE"), ("A", "a/b"), ("a/b", "A"), ("a", "a")],
)
def test_two_names_that_some_file_system_takes_for_one_are_not_both_taken(first: str, second: str) -> None:
    found = unpack(file(first.encode()) + file(second.encode()), {first: digest(b"1"), second: digest(b"1")}, [])
    assert list(found.files) == [first]
    assert found.problem == ""
    assert found.notes


def test_a_pax_header_names_a_file_and_changes_nothing_else() -> None:
    long = "d/" * 60 + "name"
    assert unpack(pax(path=long, mtime="1.5") + file(b"short"), {long: digest(b"1")}, []).files == {long: b"1"}
    for records in ({"size": "0"}, {"size": "-512"}, {"GNU.sparse.major": "1"}, {"GNU.sparse.name": "x"}):
        found = unpack(pax(**records) + file(b"a"), {"a": digest(b"1")}, [])
        assert "another size" in found.problem
        assert found.files == {}
    assert unpack(pax(path="../../x") + file(b"a"), {}, []).notes == ("unsafe file '../../x' was not taken",)
    told = unpack(file(b"PaxGlobal", b"12 path=abc\n", b"g") + file(b"a"), {"a": digest(b"1")}, [])
    assert (list(told.files), told.problem) == (["a"], "")


def test_archives_that_follow_each_other_are_one() -> None:
    archive = file(b"a") + bytes(10240) + file(b"b") + bytes(1024)
    assert unpack(archive, {"a": digest(b"1"), "b": digest(b"1")}, []).files == {"a": b"1", "b": b"1"}


def test_a_name_of_an_extension_is_used_once() -> None:
    long = b"n" * 150
    archive = file(b"././@LongLink", long + b"\0", b"L") + file(b"first") + file(b"second")
    assert [one.name for one in members(archive)] == [long.decode(), "second"]


BOMBS = {
    "compressed": gzip.compress(file(b"a", bytes(1 << 22))),
    "negative size": header(b"a", bytes([0xFF] * 10) + b"\xfc\x00") + bytes(1024),
    "size beyond the end": header(b"a", 0o77777777777) + bytes(1024),
    "size that is no number": header(b"a", b"99999999999\0"),
    "file of holes": header(b"a", 0, b"S") + bytes(1024),
    "digits in a pax header": file(b"x", b"1" * 300_000, b"x"),
    "short digits in a pax header": file(b"x", b"1" * 60_000, b"x"),
    "pax record without end": file(b"x", b"9999 path=a\n", b"x"),
    "pax record of length 0": file(b"x", b"0 a=b\n", b"x"),
    "pax record of no length": file(b"x", b" a=b\n", b"x"),
    "huge long name": file(b"L", b"n" * 100_000, b"L"),
    "folders without end": header(b"d", 0, b"5") * (MAX_MEMBERS + 1),
    "links without end": header(b"l", 0, b"2") * (MAX_MEMBERS + 1),
    "extensions without end": file(b"x", b"12 path=abc\n", b"x") * (MAX_MEMBERS + 1),
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_archive_costs_more_than_its_length(name: str) -> None:
    tracemalloc.start()
    try:
        found = unpack(BOMBS[name], {}, [])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.files == {}
    assert "the archive is damaged" in found.problem
    assert len(found.notes) <= 5
    assert peak < len(BOMBS[name]) + (4 << 20)


def test_files_at_the_cap_are_copied_once() -> None:
    piece = bytes(1 << 20)
    archive = b"".join(file(f"f{number}".encode(), piece) for number in range((MAX_BYTES >> 20) + 8))
    tracemalloc.start()
    try:
        found = unpack(archive, {}, [])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found.files) == MAX_BYTES >> 20
    assert "the rest was not taken" in found.notes[0]
    assert peak < MAX_BYTES + (4 << 20)


HEADERS = st.builds(
    lambda name, size, kind, magic: header(name, size, kind, magic),
    st.binary(max_size=100),
    st.one_of(st.integers(0, 2000), st.binary(max_size=12)),
    st.sampled_from([b"0", b"\0", b"1", b"2", b"5", b"L", b"K", b"x", b"g", b"S", b"7"]),
    st.sampled_from([b"ustar\x0000", b"ustar  \0", b"", b"ustar\x0000" + b"p" * 82 + b"../"]),
)
BLOCKS = st.one_of(HEADERS, st.binary(min_size=BLOCK, max_size=BLOCK), st.just(bytes(BLOCK)))


@settings(max_examples=400, deadline=None)
@given(st.lists(BLOCKS, max_size=8), st.binary(max_size=30))
def test_any_blocks_are_unpacked_or_refused(blocks: list[bytes], rest: bytes) -> None:
    found = unpack(b"".join(blocks) + rest, {}, [])
    assert all(is_safe(name) for name in found.files)
    assert sum(map(len, found.files.values())) <= BLOCK * len(blocks)
    assert len(found.notes) <= 5


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.text("abc./é \\", min_size=1, max_size=120).filter(lambda name: is_safe(name)),
        st.binary(max_size=1500),
        max_size=5,
    ),
    st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_it_reads_what_the_library_reads(files: dict[str, bytes], style: int) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=style) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    read = {one.name: bytes(one.content or b"") for one in members(buffer.getvalue())}
    assert read == files


def test_too_many_entries_are_an_error_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarball, "MAX_MEMBERS", 2)
    assert len(list(members(file(b"a") + bytes(1024)))) == 1
    with pytest.raises(TarError, match="more than 2 entries"):
        list(members(file(b"a") + file(b"b") + file(b"c")))
