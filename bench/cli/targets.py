"""Commands that make targets ready: doctor, trust."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bench.cli import context
from bench.cli.console import counted, print_json, print_table, say
from bench.cli.context import JsonOption, LimitOption, SourceOption
from bench.errors import BenchError, ConfigError


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
    """Check the controller and every target: reach, host key, login, tools, disk, load, clock."""
    from bench.config.inventory import load_inventory, select
    from bench.measure.doctor import examine
    from bench.measure.ssh import SshTransport
    from bench.measure.start import Sources, cache_folder

    known = context.suites()
    unknown = sorted(set(suite or ()) - set(known))
    if unknown:
        raise ConfigError(f"there is no suite {unknown[0]!r}", remedy="`bench suites` lists them")
    chosen = [known[name] for name in suite] if suite else [one for one in known.values() if one.suite.tool]
    found = load_inventory(inventory)
    targets = (select(found, limit) if limit else found).targets
    provider = Sources(context.source_paths(source), cache_folder())
    checks = examine(targets, chosen, SshTransport(), provider if fix else None)
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
    from bench.measure.ssh import known_hosts_paths, known_key_types, scan_host_keys

    found = load_inventory(inventory)
    lines: dict[Path, list[str]] = {}
    rows: list[tuple[str, str, str, str]] = []
    changed = False
    for target in (select(found, limit) if limit else found).targets:
        known = known_key_types(target)
        for line, kind, print_ in scan_host_keys(target):
            state = "known" if known.get(kind) == print_ else "CHANGED" if kind in known else "new"
            changed |= state == "CHANGED"
            rows.append((target.name, kind, print_, state))
            recorded = lines.setdefault(known_hosts_paths(target)[0], [])
            if state == "new" and line not in recorded:  # two targets may share an address
                recorded.append(line)
    print_table(("target", "key", "fingerprint", ""), rows)
    if changed:
        raise BenchError(
            "a host key is not the recorded one",
            remedy="If that machine was rebuilt on purpose, remove the old key with ssh-keygen -R, then try again",
        )
    count = sum(map(len, lines.values()))
    if not count:
        say("Nothing new to record.")
        return
    if not yes and not typer.confirm(f"Record {counted(count, 'new key')}?", err=True):
        raise typer.Exit(1)
    for path, new in lines.items():
        if new:
            _record(path, new)
            say(f"Recorded {counted(len(new), 'key')} in {path}")


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
