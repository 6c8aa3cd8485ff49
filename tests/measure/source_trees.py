"""A small source tree of a tool, and archives that hold it, or anything else."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from bench.measure.sources import tree_digest
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


def pinned(tree: Path) -> Source:
    """What a recipe says of a tree."""
    return Source("tool", "1.0", "0123456789abcdef", "https://example.invalid/tool.tar.gz", tree_digest(tree))
