"""Commands that make targets ready: doctor, trust."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bench.cli import context
from bench.cli.asking import credentials
from bench.cli.console import counted, print_json, print_table, say
from bench.cli.context import JsonOption, LimitOption, SourceOption
from bench.errors import BenchError, ConfigError, HostKeyError, TransportError
from bench.model import Target


def doctor(
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="The inventory to check.")],
    suite: Annotated[
        list[str] | None, typer.Option("--suite", "-s", help="Check the tools of these suites (default: all).")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Install missing tools on the targets.")] = False,
    limit: LimitOption = None,
    source: SourceOption = None,
    json: JsonOption = False,
) -> None:
    """Check the controller and every target: reach, host key, login, sudo, updates, tools, disk, load, clock."""
    from bench.config.inventory import load_inventory, select
    from bench.measure.doctor import controller, examine
    from bench.measure.ssh import SshTransport
    from bench.measure.start import Sources, cache_folder

    known = context.suites()
    unknown = sorted(set(suite or ()) - set(known))
    if unknown:
        raise ConfigError(f"there is no suite {unknown[0]!r}", remedy="`bench suites` lists them")
    provider = Sources(context.source_paths(source), cache_folder())
    known = provider.applied(known)
    chosen = [known[name] for name in suite] if suite else [one for one in known.values() if one.suite.tool]
    found = load_inventory(inventory)
    targets = (select(found, limit) if limit else found).targets
    checks = controller(context.open_store(None).root, targets)
    secrets = credentials()
    transport = SshTransport(credentials=secrets)
    checks += examine(targets, chosen, transport, provider if fix else None, credentials=secrets)
    if json:
        print_json([{"target": c.target, "check": c.name, "ok": c.ok, "detail": c.detail} for c in checks])
    else:
        print_table(
            ("target", "check", "", "detail"),
            [(c.target, c.name, {True: "ok", False: "FAILED", None: "warning"}[c.ok], c.detail) for c in checks],
        )
    if any(check.ok is False for check in checks):
        raise typer.Exit(1)


def trust(
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="The inventory whose host keys to record.")],
    yes: Annotated[bool, typer.Option("--yes", help="Record without asking.")] = False,
    limit: LimitOption = None,
) -> None:
    """Show the host keys that targets offer, ask, and record the new ones in known_hosts. Never replaces a key."""
    from bench.config.inventory import load_inventory, select

    found = load_inventory(inventory)
    offers = _offers((select(found, limit) if limit else found).targets)
    print_table(
        ("target", "key", "fingerprint", ""), [(one.target, one.kind, one.fingerprint, one.state) for one in offers]
    )
    for state in ("REVOKED", "CHANGED"):
        if any(one.state == state for one in offers):
            raise BenchError(
                "a host key is revoked" if state == "REVOKED" else "a host key is not the recorded one",
                remedy="Nothing was recorded. Do not use that machine until its key has been replaced"
                if state == "REVOKED"
                else "If that machine was rebuilt on purpose, remove the old key with ssh-keygen -R, then try again",
            )
    lines: dict[Path, list[str]] = {}
    for one in offers:
        if one.state == "new":
            recorded = lines.setdefault(one.path, [])
            if one.line not in recorded:  # two targets may share an address
                recorded.append(one.line)
    count = sum(map(len, lines.values()))
    if not count:
        say("Nothing new to record.")
    elif not yes and not typer.confirm(f"Record {counted(count, 'new key')}?", err=True):
        raise typer.Exit(1)
    for path, new in lines.items():
        _record(path, new)
        say(f"Recorded {counted(len(new), 'key')} in {path}")
    if any(not one.kind for one in offers):
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Offer:
    """One row of `trust`: a key that a machine offers; without a key `state` says why there is none."""

    target: str
    state: str
    kind: str = ""
    fingerprint: str = ""
    line: str = ""
    path: Path = Path()


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
            rows.append(_Offer(name, "REVOKED" if print_ in revoked else state, kind, print_, line, path))
    except HostKeyError:
        # Scanning believes nothing of the machine itself: this is a jump host before it.
        return [_Offer(name, "its jump host is not trusted yet: record that key first, then run `bench trust` again")]
    except TransportError as error:
        return [_Offer(name, str(error))]
    return rows


def _record(path: Path, lines: Sequence[str]) -> None:
    """Append lines to a known_hosts file, which is made when it is not there; BenchError when it cannot be written."""
    from bench.store.files import append_whole, make_folder

    try:
        make_folder(path.parent)
        append_whole(path, "".join(f"{line}\n" for line in lines).encode())
    except OSError as error:
        raise BenchError(
            f"cannot be written ({error.strerror})",
            where=str(path),
            remedy="Set `known_hosts:` in the inventory to a file that you can write",
        ) from error
