"""What does a machine say of itself and its maintenance? One script over SSH, one round trip, one observation.

The script finds out which cloud it is in (unless the inventory's label `cloud` says so), asks that cloud's metadata
service, and reads the facts of the host.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from importlib.resources import files

from bench.cloud.clouds import CLOUDS
from bench.cloud.hosts import merged
from bench.cloud.protocol import Cloud, Request
from bench.cloud.replies import read_answer
from bench.cloud.states import Host, Observation, Reading
from bench.errors import BenchError
from bench.measure import posix
from bench.measure.connections import Connections
from bench.measure.facts import parse_facts
from bench.model import Facts, Target

INSIDE = "inside"
"""The source of what a machine says itself."""
NO_CLOUD = "not in a cloud that is known; the label `cloud` in the inventory names one"
_SPARE_S = 30.0


@dataclass(frozen=True, slots=True)
class Asking:
    """How metadata services are asked; metadata: whether at all, or only the facts of the host are wanted.

    enable_events: also what has a side effect (Azure's scheduled events). address: asked instead of the cloud's own
    address (a simulator, a relay). way: curl, wget or bash; "" for the first that is there. limit_s: no request waits
    longer; None for as long as its first answer may take.
    """

    enable_events: bool = False
    address: str = ""
    way: str = ""
    metadata: bool = True
    limit_s: int | None = None


def look(target: Target, connections: Connections, asking: Asking, clock: Callable[[], float]) -> Observation:
    """Ask one machine. One that cannot be reached is an observation with a problem."""
    nonce = secrets.token_hex(8)
    clouds = _possible(target) if asking.metadata else ()
    longest = max((sum(one.timeout_s for one in _requests(cloud, asking)) for cloud in clouds), default=0)
    try:
        with connections.to(target) as connection:
            reply = connection.run(posix.marked(nonce, script(clouds, target, asking)), timeout_s=longest + _SPARE_S)
        found = posix.sections(reply, nonce, target.name)
    except BenchError as error:
        return Observation(INSIDE, clock(), Reading(problem=str(error).removeprefix(f"{target.name}: ")))
    return Observation(INSIDE, clock(), read(found, asking))


def _possible(target: Target) -> tuple[Cloud, ...]:
    named = CLOUDS.get(target.label("cloud"))
    return (named,) if named is not None else tuple(CLOUDS.values())


def _requests(cloud: Cloud, asking: Asking) -> tuple[Request, ...]:
    found = cloud.requests(enable_events=asking.enable_events)
    limit = asking.limit_s
    return found if limit is None else tuple(replace(one, timeout_s=min(one.timeout_s, limit)) for one in found)


def script(clouds: Iterable[Cloud], target: Target, asking: Asking) -> list[tuple[str, str]]:
    """The sections of the script: which cloud, a section per request, the facts."""
    chosen = tuple(clouds)
    named = chosen[0].name if len(chosen) == 1 and target.label("cloud") == chosen[0].name else ""
    functions = files("bench.cloud").joinpath("metadata.sh").read_text("utf-8")
    head = [f"way={posix.quote(asking.way)}; token=''", functions, f"cloud={posix.quote(named)}"]
    if not named:
        head += [
            f"case $(cat /sys/class/dmi/id/{file} 2>/dev/null) in {_pattern(sign)}) cloud={cloud.name} ;; esac"
            for cloud in chosen
            for file, sign in cloud.signs
        ]
    parts = [("cloud", "\n".join([*head, 'printf "%s\\n" "$cloud"']))]
    for cloud in chosen:
        for request in _requests(cloud, asking):
            text = f'if [ "$cloud" = {cloud.name} ]; then\n{_asked(request, asking.address or cloud.address)}\nfi'
            parts.append((f"{cloud.name}.{request.name}", text))
    parts.append(("facts", f"(\n{posix.resource('probe.sh')}\n) </dev/null 2>/dev/null"))
    return parts


def _pattern(sign: str) -> str:
    """A shell pattern of which only `*` is one."""
    return "*".join(posix.quote(part) if part else "" for part in sign.split("*"))


def _asked(request: Request, address: str) -> str:
    words = [request.method, address.rstrip("/") + request.path, str(request.timeout_s), *request.headers]
    line = " ".join(posix.quote(word) for word in words)
    if request.gives_token:
        return f"ask_token {line}"
    return f'ask {line} {posix.quote(request.token + ": ")}"$token"' if request.token else f"ask {line}"


def read(found: dict[str, bytes], asking: Asking) -> Reading:
    """The sections of an answer as a reading. Pure; never raises."""
    name = found.get("cloud", b"").decode("ascii", "replace").strip()
    host, whole = host_of(parse_facts(found.get("facts", b"")))
    cloud = CLOUDS.get(name)
    if cloud is None:
        return Reading(None, host, note=NO_CLOUD)
    answers = {
        request.name: read_answer(found[f"{name}.{request.name}"])
        for request in _requests(cloud, asking)
        if f"{name}.{request.name}" in found
    }
    reading = cloud.read(answers)
    # A name that the cloud gives is another kind of name: it must not stand in for one that was not read this time.
    given = reading.host if whole and not host.name else Host(clock=reading.host.clock)
    return replace(reading, host=merged(given, host))


def host_of(facts: Facts) -> tuple[Host, bool]:
    """Where a machine runs, by its facts; and whether they are whole. Of facts that broke off only the boot id counts.

    The live sources of the build come first: what the kernel printed at boot goes stale after a live migration. Builds
    of two sources cannot be compared, so each is written with its source.
    """
    boot_id, whole = facts.get("identity", "boot_id") or "", not facts.notes
    if not whole:
        return Host(boot_id=boot_id), False
    names = [facts.get("host", name) for name in ("physical_host", "host_id")]
    live = ".".join(part for name in ("os_major", "os_minor") if (part := facts.get("host", name)))
    builds = (("", facts.get("host", "build")), ("os ", live), ("at boot ", facts.get("host", "build_at_boot")))
    build = next((f"{source}{value}" for source, value in builds if value), "")
    return Host(next(filter(None, names), ""), build, boot_id), True
