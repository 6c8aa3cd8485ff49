"""The command that makes targets ready: doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import context
from bench.cli.asking import credentials
from bench.cli.console import print_json, print_table
from bench.cli.context import JsonOption, LimitOption, SourceOption
from bench.errors import ConfigError


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
