"""Is everything there before a campaign starts? Checks of the controller and of every target, as values."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.config.catalogue import LoadedSuite
from bench.errors import AuthError, BenchError, HostKeyError, TransportError
from bench.measure import posix
from bench.measure.connections import RETRY_AFTER_S, Connections
from bench.measure.credentials import Credentials, Kind
from bench.measure.guards import check_machine, guard_device, same_machine
from bench.measure.privileged import run_privileged, sudo_account
from bench.measure.provision import Machine, SourceProvider, install, survey, tool_digest
from bench.measure.transport import Connection, Transport
from bench.model import Target

THREADS = 16
MIN_FREE_GIB = 1.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked: ok, a warning (None), or failed."""

    target: str
    name: str
    ok: bool | None
    detail: str


def examine(
    targets: Sequence[Target],
    suites: Sequence[LoadedSuite],
    transport: Transport,
    source: SourceProvider | None,
    *,
    retry_after_s: tuple[float, ...] = RETRY_AFTER_S,
    credentials: Credentials | None = None,
) -> list[Check]:
    """All checks of all targets, in their order. source: given when missing tools shall be installed.

    credentials: where sudo's password comes from, on targets whose sudo asks for one.
    retry_after_s: pauses between tries to connect to a target that is down.
    """
    secret = credentials or Credentials()
    connections = Connections(transport, capacity=0, linger=0, retry_after_s=retry_after_s)
    machines: dict[str, Machine] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(
            pool.map(lambda target: list(_examine(target, suites, connections, source, secret, machines)), targets)
        )
    for number, target in enumerate(targets):
        before = [(one, machines[one.name]) for one in targets[:number] if one.name in machines]
        if target.name in machines:
            twins = same_machine(machines[target.name], target, before)
            found[number] += [Check(target.name, "machine", None, text) for text in twins]
    return [check for checks in found for check in checks]


def _examine(
    target: Target,
    suites: Sequence[LoadedSuite],
    connections: Connections,
    source: SourceProvider | None,
    credentials: Credentials,
    machines: dict[str, Machine],
) -> Iterable[Check]:
    try:
        with connections.to(target) as connection:
            machine = machines[target.name] = survey(connection, target)
            yield from _on(connection, target, machine, suites, source, credentials)
    except (HostKeyError, AuthError) as error:
        yield Check(target.name, "host key" if isinstance(error, HostKeyError) else "login", False, str(error))
    except TransportError as error:
        yield Check(target.name, "reach", False, str(error))
    except BenchError as error:
        yield Check(target.name, "machine", False, str(error))


def _on(
    connection: Connection,
    target: Target,
    machine: Machine,
    suites: Sequence[LoadedSuite],
    source: SourceProvider | None,
    credentials: Credentials,
) -> Iterable[Check]:
    yield Check(target.name, "login", True, f"{machine.size}, {machine.free_kib / (1 << 20):.1f} GiB free")
    for warning in check_machine(machine, target):
        yield Check(target.name, "machine", None, warning)
    yield from _care(connection, target, credentials, ask=source is not None)
    for loaded in suites:
        if loaded.suite.tool is not None:
            yield _tool(connection, target, machine, loaded, source, credentials)
        if loaded.suite.uses_disk and target.disk_is_device:
            try:
                guard_device(connection, target)
            except BenchError as error:
                yield Check(target.name, "disk", False, str(error))
            else:
                yield Check(target.name, "disk", True, f"{target.disk} is free and may be destroyed")


def _care(connection: Connection, target: Target, credentials: Credentials, *, ask: bool) -> Iterable[Check]:
    """Whether tools can be installed, and whether updates wait that would change the machine between two phases.

    ask: whether a person may be asked for sudo's password, because it will be needed.
    """
    nonce = secrets.token_hex(8)
    reply = connection.run(posix.marked(nonce, [("care", posix.resource("doctor.sh"))]), timeout_s=60)
    lines = posix.sections(reply, nonce, target.name)["care"].decode("utf-8", "replace").splitlines()
    said = dict(line.split("=", 1) for line in lines if "=" in line)
    yield _root(connection, target, said.get("root", ""), credentials, ask=ask)
    if said.get("reboot") == "yes":
        yield Check(target.name, "updates", None, "a reboot is pending: reboot before the first phase, not within one")
    elif (updates := said.get("updates", "")[:6]).isdecimal() and int(updates):
        detail = f"{updates} packages can be updated: hold them, or update before the first phase"
        yield Check(target.name, "updates", None, detail)


def _root(connection: Connection, target: Target, found: str, credentials: Credentials, *, ask: bool) -> Check:
    """Whether packages can be installed, and how."""
    if found == "root":
        return Check(target.name, "sudo", True, "logged in as root")
    if found == "sudo" and target.sudo:
        return Check(target.name, "sudo", True, "sudo works without a password")
    if found == "tty" and target.sudo:
        return Check(target.name, "sudo", None, "cannot install packages: sudo insists on a terminal (`requiretty`)")
    if found != "password" or not target.sudo:
        return Check(target.name, "sudo", None, "cannot install packages: no root, no sudo")
    account = sudo_account(target)
    if not ask and not credentials.known(Kind.SUDO_PASSWORD, account):
        remedy = credentials.remedy(Kind.SUDO_PASSWORD, account)
        return Check(target.name, "sudo", None, f"sudo asks for a password. {remedy}")
    script = 'as_root true || echo "refused cannot install packages$(why_not)"'
    said = run_privileged(connection, target, script, credentials, timeout_s=60)
    if not said.refusal:
        return Check(target.name, "sudo", True, "sudo takes the password")
    return Check(target.name, "sudo", None, f"{said.refusal}. {said.remedy}".removesuffix(". "))


def controller(runs: Path, targets: Sequence[Target]) -> list[Check]:
    """What this machine needs itself: room for results, and a key to log in with on targets that name none."""
    place = next(folder for folder in (runs.absolute(), *runs.absolute().parents) if folder.is_dir())
    free_gib = shutil.disk_usage(place).free / (1 << 30)
    room = f"{free_gib:.1f} GiB free for results in {place}"
    keys = sorted(path.name for path in (Path.home() / ".ssh").glob("id_*") if path.suffix != ".pub")
    agent = "SSH_AUTH_SOCK" in os.environ
    offered = [*(["an agent"] if agent else []), *keys]
    without = [target.name for target in targets if not target.identity_file]
    if offered:
        told = f"offers {', '.join(offered)}"
    elif without:
        told = (
            f"no agent and no ~/.ssh/id_*: nothing to log in to {without[0]} with but what the ssh configuration names"
        )
    else:
        told = "the inventory names one for every target"
    return [
        Check("controller", "disk", None if free_gib < MIN_FREE_GIB else True, room),
        Check("controller", "keys", True if offered or not without else None, told),
    ]


def _tool(
    connection: Connection,
    target: Target,
    machine: Machine,
    loaded: LoadedSuite,
    source: SourceProvider | None,
    credentials: Credentials,
) -> Check:
    tool = loaded.suite.tool
    if tool is None:
        raise AssertionError("only called for suites with a tool")
    found = machine.tools.get(tool_digest(tool))
    if found is None and source is not None:
        try:
            found = install(connection, target, machine, tool, source, credentials)
        except BenchError as error:
            return Check(target.name, loaded.suite.name, False, str(error))
    if found is None:
        return Check(target.name, loaded.suite.name, None, "not installed yet; `--fix` or the first run installs it")
    return Check(target.name, loaded.suite.name, True, dict(found).get("version", "").strip())
