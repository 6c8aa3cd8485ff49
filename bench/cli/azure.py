"""`bench azure`: actions on Azure VMs that are targets. Shows what it will do, asks, does it, looks again."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import context
from bench.cli.asking import credentials
from bench.cli.console import counted, note, paragraph, print_table, warn
from bench.cli.context import RunsOption
from bench.errors import ConfigError

if TYPE_CHECKING:
    from bench.cloud.actions import Acted
    from bench.cloud.azure_actions import Action
    from bench.cloud.azure_sessions import Clients
    from bench.cloud.protocol import Machine
    from bench.model import Target

_SWITCHED = "accelerated-networking"


def azure(
    action: Annotated[
        str, typer.Argument(metavar="ACTION", help="redeploy, perform-maintenance, or accelerated-networking on|off.")
    ],
    words: Annotated[list[str], typer.Argument(metavar="TARGET…", help="Targets: names, globs, or label=value.")],
    inventory: Annotated[
        Path | None, typer.Option("--inventory", "-i", help="Their inventory (default: that of campaign.yaml).")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    scope: Annotated[list[str] | None, typer.Option("--scope", help="Look only in this subscription.")] = None,
    runs: RunsOption = None,
) -> None:
    """Redeploy VMs, start their planned maintenance, or switch accelerated networking. Each restarts them.

    Shows what will be done, asks, writes it down beside the runs of the targets, waits until Azure is done and the
    machines answer again, and says which facts of the host moved.
    """
    from bench.cloud.azure import AzureControl

    chosen, names = _action(action, words)
    targets, place = _targets(inventory, names)
    clients = _clients()
    machines = _machines(targets, list(AzureControl(clients, tuple(scope or ())).machines()))
    _show(chosen, targets, machines)
    if not yes and not typer.confirm(f"Do this to {counted(len(targets), 'VM')}?", err=True):
        raise typer.Exit(1)
    acted = _act(chosen, targets, machines, place, clients, runs)
    _tell(acted)
    if any(one.trouble for one in acted):
        raise typer.Exit(1)


def _clients() -> Clients:
    """Azure's clients with the user's own credentials."""
    from bench.cloud.azure_sessions import Clients

    return Clients.default()


def _action(action: str, words: Sequence[str]) -> tuple[Action, list[str]]:
    """The action and the patterns of targets; ConfigError for one that there is not."""
    from bench.cloud.azure_actions import Action

    names = list(words)
    if action == _SWITCHED:
        if names[0] not in ("on", "off"):
            raise ConfigError("on or off?", where=action, remedy=f"Write: bench azure {_SWITCHED} on TARGET…")
        action = f"{action} {names.pop(0)}"
        if not names:
            raise ConfigError("which targets?", where=action, remedy=f"Write: bench azure {action} TARGET…")
    try:
        return Action(action), names
    except ValueError:
        known = f"redeploy, perform-maintenance, {_SWITCHED}"
        raise ConfigError(f"there is no action {action!r}", where="bench azure", remedy=f"Known: {known}") from None


def _targets(inventory: Path | None, names: Sequence[str]) -> tuple[tuple[Target, ...], Path]:
    from bench.config.inventory import load_inventory, select

    if inventory is not None:
        return select(load_inventory(inventory), names).targets, inventory
    made = context.load_campaign(None, None, None, "")
    return select(made.inventory, names).targets, Path(made.inventory.path)


def _machines(targets: Sequence[Target], listed: Sequence[Machine]) -> dict[str, Machine]:
    """The VM of each target; ConfigError when there is not exactly one: a guess would restart somebody else's."""
    from bench.cloud.matching import matches

    found = matches(targets, listed, {})
    missing = [target.name for target in targets if target.name not in found]
    if missing:
        raise ConfigError(
            f"no VM, or more than one, fits {', '.join(missing)} among {counted(len(listed), 'VM')} that can be seen",
            remedy="Give the target the label `cloud_id` with the VM's resource id, as `bench inventory azure` does",
        )
    return found


def _show(action: Action, targets: Sequence[Target], machines: Mapping[str, Machine]) -> None:
    from bench.cloud.azure_actions import BURSTABLE, EFFECTS
    from bench.cloud.azure_sessions import parts_of
    from bench.model import BURSTABLE as SIZES

    paragraph(f"{action.value}: {EFFECTS[action]}")
    rows = []
    for target in targets:
        one = machines[target.name]
        subscription, group, name = parts_of(one.cloud_id)
        rows.append((target.name, name, group, subscription, one.size, one.region))
    print_table(("target", "VM", "resource group", "subscription", "size", "region"), rows, whole=("target", "VM"))
    for target in targets:
        if machines[target.name].size.startswith(SIZES):
            warn(f"{target.name} {BURSTABLE}")


def _act(
    action: Action,
    targets: Sequence[Target],
    machines: Mapping[str, Machine],
    inventory: Path,
    clients: Clients,
    runs: Path | None,
) -> list[Acted]:
    from bench.cloud.actions import Acting
    from bench.cloud.azure_actions import Actor
    from bench.cloud.keeping import Keeper
    from bench.cloud.telling import Memory
    from bench.measure.connections import Connections
    from bench.measure.ssh import SshTransport

    keeper = Keeper.of(context.workspace().root, inventory)
    memory = Memory(keeper, context.open_store(runs), targets, time.time, "bench azure")
    connections = Connections(SshTransport(credentials=credentials()), capacity=0, linger=0, retry_after_s=())
    actor = Actor(clients)
    note("Ctrl-C stops waiting, not what Azure has begun.")
    acting = Acting(connections, memory, time.time, time.sleep)
    return acting.run(action.value, targets, machines, lambda machine: actor.do(action, machine))


def _tell(acted: Sequence[Acted]) -> None:
    print_table(
        ("target", "outcome", "changed", "host"),
        [
            (
                one.target,
                one.trouble.removeprefix(f"{one.target}: ") or one.detail or "done",
                ", ".join(one.changed) or ("" if one.trouble else "no fact of the host"),
                " → ".join(filter(None, (one.before.name, one.after.name)))
                if "host" in one.changed
                else one.after.name,
            )
            for one in acted
        ],
        whole=("target",),
    )
