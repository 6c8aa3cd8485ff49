"""The command that decides which host keys are believed: trust."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.asking import credentials
from bench.cli.console import counted, print_table, say
from bench.cli.context import LimitOption
from bench.errors import BenchError, HostKeyError, TransportError
from bench.model import Target


def trust(
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="The inventory whose host keys to record.")],
    yes: Annotated[bool, typer.Option("--yes", help="Record without asking.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also replace keys that changed: the old and the new one are shown.")
    ] = False,
    limit: LimitOption = None,
) -> None:
    """Show the host keys that targets offer, ask, and record the new ones in known_hosts.

    A key that is not the recorded one stops it, unless --replace says that machines were rebuilt on purpose.
    """
    from bench.config.inventory import load_inventory, select

    found = load_inventory(inventory)
    offers = _offers((select(found, limit) if limit else found).targets)
    rows = [row for one in offers for row in one.rows()]
    print_table(("target", "key", "fingerprint", ""), rows)
    _refuse(offers, replace=replace)
    changes = _changes(offers)
    added = sum(len(change.lines) for change in changes.values())
    gone = sum(len(change.gone) for change in changes.values())
    if not added:
        say("Nothing new to record.")
    question = f"Record {counted(added, 'new key')}"
    question += f", {gone} of them in place of the recorded one?" if gone else "?"
    if added and not yes and not typer.confirm(question, err=True):
        raise typer.Exit(1)
    for path, change in changes.items():
        _record(path, change)
        say(f"Recorded {counted(len(change.lines), 'key')} in {path}")
    if any(not one.kind for one in offers):
        raise typer.Exit(1)


def _refuse(offers: Iterable[_Offer], *, replace: bool) -> None:
    """BenchError for a key that must not be recorded; nothing at all is recorded then."""
    states = {one.state for one in offers}
    if "REVOKED" in states:
        raise BenchError(
            "a host key is revoked",
            remedy="Nothing was recorded. Do not use that machine until its key has been replaced",
        )
    if "CHANGED" in states and not replace:
        raise BenchError(
            "a host key is not the recorded one",
            remedy="Nothing was recorded. If that machine was rebuilt on purpose, compare the fingerprints and add "
            "--replace (or remove the old key with ssh-keygen -R)",
        )


@dataclass(slots=True)
class _Change:
    """What becomes of one known_hosts file: lines that are added, and (name, key type) that is taken out before."""

    lines: list[str]
    gone: list[tuple[str, str]]


def _changes(offers: Iterable[_Offer]) -> dict[Path, _Change]:
    """The changes by file; two targets may share an address."""
    found: dict[Path, _Change] = {}
    for one in offers:
        if one.state in ("new", "CHANGED"):
            change = found.setdefault(one.path, _Change([], []))
            if one.line not in change.lines:
                change.lines.append(one.line)
                if one.state == "CHANGED":
                    change.gone.append((one.line.split()[0], one.kind))
    return found


@dataclass(frozen=True, slots=True)
class _Offer:
    """A key that a machine offers, and the recorded one where that differs; without a key `state` says why."""

    target: str
    state: str
    kind: str = ""
    fingerprint: str = ""
    line: str = ""
    path: Path = Path()
    recorded: str = ""

    def rows(self) -> list[tuple[str, str, str, str]]:
        """How it is shown: of a key that changed both, one below the other."""
        if self.state != "CHANGED":
            return [(self.target, self.kind, self.fingerprint, self.state)]
        return [
            (self.target, self.kind, self.recorded, "recorded"),
            (self.target, self.kind, self.fingerprint, self.state),
        ]


def _offers(targets: Iterable[Target]) -> list[_Offer]:
    """What the targets offer, jump hosts before the targets behind them; each jump host once."""
    from bench.measure.ssh import route

    rows: list[_Offer] = []
    seen: set[tuple[str, Path]] = set()
    for target in targets:
        try:
            *before, _ = route(target)
        except TransportError as error:
            rows.append(_Offer(target.name, str(error)))
            continue
        for hop, endpoint in before:
            place = (endpoint.name, endpoint.known_hosts[0])
            if place not in seen:
                seen.add(place)
                rows += _offered(hop, f"jump host {endpoint.name}")
        rows += _offered(target, target.name)
    return rows


def _offered(target: Target, name: str) -> list[_Offer]:
    """The keys of one machine, or the row that says why they cannot be seen; other machines do not suffer."""
    from bench.measure.ssh import known_hosts_paths, known_key_types, revoked_keys, scan_host_keys

    try:
        path = known_hosts_paths(target)[0]
        known = known_key_types(target)
        revoked = revoked_keys(target)
        rows = []
        for line, kind, print_ in scan_host_keys(target, credentials=credentials()):
            state = "known" if known.get(kind) == print_ else "CHANGED" if kind in known else "new"
            state = "REVOKED" if print_ in revoked else state
            rows.append(_Offer(name, state, kind, print_, line, path, known.get(kind, "")))
    except HostKeyError:
        # Scanning believes nothing of the machine itself: this is a jump host before it.
        return [_Offer(name, "its jump host is not trusted yet: record that key first, then run `bench trust` again")]
    except TransportError as error:
        return [_Offer(name, str(error))]
    return rows


def _record(path: Path, change: _Change) -> None:
    """Change a known_hosts file, which is made when it is not there; BenchError when it cannot be written."""
    from bench.measure.ssh import replace_keys
    from bench.store.files import append_whole, make_folder

    try:
        make_folder(path.parent)
        if change.gone:
            replace_keys(path, change.gone, change.lines)
        else:
            append_whole(path, "".join(f"{line}\n" for line in change.lines).encode())
    except OSError as error:
        raise BenchError(
            f"cannot be written ({error.strerror})",
            where=str(path),
            remedy="Set `known_hosts:` in the inventory to a file that you can write",
        ) from error
