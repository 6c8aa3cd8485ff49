"""`bench inventory`: writes an inventory from a cloud's control plane, Ansible, or an ssh configuration."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import context
from bench.cli.console import counted, note, say, warn
from bench.errors import BenchError, ConfigError

if TYPE_CHECKING:
    from bench.cloud.inventories import Made

_FILES = ("ansible", "ssh")
_LARGEST = 64 << 20
_SHOWN = 20


def inventory(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="azure, aws, gcp, ansible or ssh.")],
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE", help="What `ansible-inventory --list` printed (- for a pipe), or an ssh_config."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write (default: the workspace's inventories/SOURCE.yaml)."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="Only this subscription (azure), region (aws) or project (gcp).")
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="SSH goes to the public addresses; data stays on the private ones.")
    ] = False,
    user: Annotated[str | None, typer.Option("--user", help="The user to log in as.")] = None,
) -> None:
    """Write an inventory from a cloud (labels from region, size and tags), from Ansible, or from an ssh_config."""
    from bench.cloud.inventories import inventory_text

    path = output or context.workspace().inventories / f"{source}.yaml"
    made = _from_file(source, file, path, scope, public=public, user=user) if source in _FILES else _from_cloud(
        source, file, scope, public=public, user=user
    )  # fmt: skip
    if path.exists() and not force:
        raise ConfigError("is there already", where=str(path), remedy="Name another file with -o, or add --force")
    head = [f"Written by `bench inventory {source}`; yours to change."]
    text, written = inventory_text(made, head, str(path))
    _write(path, text)
    for name, why in written.left_out[:_SHOWN]:
        warn(f"{name} is left out: it {why}")
    if len(written.left_out) > _SHOWN:
        warn(f"{len(written.left_out) - _SHOWN} more are left out")
    for one in written.notes:
        warn(one)
    say(f"wrote {path}: {counted(len(written.entries), 'target')}")
    note(f"Next: bench trust -i {path}")


def _from_cloud(source: str, file: str | None, scope: list[str] | None, *, public: bool, user: str | None) -> Made:
    from bench.cloud.clouds import CLOUDS
    from bench.cloud.inventories import from_machines
    from bench.config.yaml_source import suggest

    if source not in CLOUDS:
        raise ConfigError(f"there is no source {source!r}", remedy=suggest(source, (*CLOUDS, *_FILES)))
    if file is not None:
        raise ConfigError(f"{source} needs no file", remedy=f"To say where to write: -o {file}")
    plane = CLOUDS[source].control_plane(scope or ())
    return from_machines(plane.machines(), public=public, user=user or "")


def _from_file(
    source: str, file: str | None, path: Path, scope: list[str] | None, *, public: bool, user: str | None
) -> Made:
    from bench.cloud.ansible import read_ansible
    from bench.cloud.ssh_file import read_ssh_config

    if scope or public or user:
        raise ConfigError("--scope, --public and --user go with a cloud", remedy="Leave them out")
    if file is None:
        raise ConfigError("which file?", remedy=f"Write: bench inventory {source} FILE")
    if source == "ansible":
        return read_ansible(_content(file), file)
    if file == "-":
        raise ConfigError("the inventory points to the file, so it cannot come from a pipe", remedy="Name the file")
    given = Path(file).expanduser()
    return read_ssh_config(given, file, os.path.relpath(given.absolute(), path.absolute().parent), _content)


def _content(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(_LARGEST)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(_LARGEST)
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot be read ({getattr(error, 'strerror', None) or error})", where=file) from error


def _write(path: Path, text: str) -> None:
    """The file, whole or not at all."""
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, "utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise BenchError(f"cannot be written ({error.strerror})", where=str(path)) from error
