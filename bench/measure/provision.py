"""How a target gets ready: what it is, and its tools, installed or built once into `<base>/tools/<digest>/`.

The digest is that of the recipe, so the binary that the first phase installed serves every later phase, whatever a
package update does meanwhile. Nothing is measured here, so plain commands on an open connection are enough.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bench.errors import SuiteError, TransportError
from bench.measure import posix
from bench.measure.credentials import Credentials
from bench.measure.privileged import run_privileged
from bench.measure.transport import Connection
from bench.model import Pairs, Target, Tool, pairs
from bench.store.codec import encode

INSTALL_TIMEOUT_S = 1800.0
QUERY_TIMEOUT_S = 60.0
MOST_CPUS = 1 << 16
_LONGEST = 1000
"""Characters of a word that a target says of itself or of a tool."""
_MOST = 50
"""How many such words there may be."""

SourceProvider = Callable[[Tool], bytes]
"""Gives the packed source tree (tar.gz) of a tool that is built on the target."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a target said of itself: absolute home and base folder, CPUs, package manager, free disk, load, clock."""

    home: str
    base: str
    cpus: int
    uid: int
    manager: str
    free_kib: int
    load: float
    clock_s: float
    boot_id: str
    jobs: tuple[str, ...] = ()
    machine_id: str = ""
    tools: Mapping[str, Pairs] = field(default_factory=dict)
    """Installed tools: recipe digest → (version, binary digests, compiler)."""

    @property
    def size(self) -> str:
        """`1 CPU`, `8 CPUs`."""
        return f"{self.cpus} CPU{'' if self.cpus == 1 else 's'}"


def tool_digest(tool: Tool) -> str:
    """SHA-256 of the recipe: packages, pinned source, install script. Names the tool's folder on the target."""
    text = json.dumps(encode(tool), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def recipe(tool: Tool) -> str:
    """The install script as it runs: the suite's, with `copy_tool` defined before it."""
    return f"{posix.resource('copy_tool.sh')}\n{tool.install}"


def survey(connection: Connection, target: Target) -> Machine:
    """One round trip that asks what the target is and which tools it has."""
    nonce = secrets.token_hex(8)
    parts = (posix.resource(f"{name}.sh") for name in ("state", "own_folder", "survey"))
    text = "\n".join((f"base={posix.quote(target.base)}", *parts))
    reply = connection.run(posix.marked(nonce, [("survey", text), ("tools", _LIST_TOOLS)]), timeout_s=QUERY_TIMEOUT_S)
    found = posix.sections(reply, nonce, target.name)
    values = dict(line.split("=", 1) for line in found["survey"].decode("utf-8", "replace").splitlines() if "=" in line)
    if values.get("error"):
        remedy = "Set `base:` to a folder that the account can write to, and no other one"
        raise SuiteError(values["error"][:_LONGEST], where=target.name, remedy=remedy)
    try:
        return Machine(
            home=_folder(values["home"]),
            base=_folder(values["base"]),
            cpus=_within(values["cpus"], 1, MOST_CPUS),
            uid=_within(values["uid"], 0, 2**32),
            manager=values["manager"][:_LONGEST],
            free_kib=_within(values["free_kib"] or "-1", -1, 2**63),
            load=float(values["load"] or "nan"),
            clock_s=float(_within(values["clock"].partition(".")[0], 0, 2**40)),
            boot_id=values["boot_id"][:_LONGEST],
            jobs=tuple(job[:_LONGEST] for job in values["jobs"].split()[:_MOST]),
            machine_id=values.get("machine_id", "")[:_LONGEST],
            tools=_read_tools(found.get("tools", b"")),
        )
    except (KeyError, ValueError) as error:
        raise TransportError(f"gave an unreadable survey ({str(error)[:_LONGEST]})", where=target.name) from error


def _within(text: str, least: int, most: int) -> int:
    """A whole number in its bounds; ValueError otherwise: what a target says of itself decides how much is started."""
    number = int(text)
    if not least <= number <= most:
        raise ValueError(f"{text[:_LONGEST]} is not between {least} and {most}")
    return number


def _folder(text: str) -> str:
    """An absolute path that can be shown; ValueError otherwise."""
    if not text.startswith("/") or not text.isprintable() or ".." in text.split("/"):
        raise ValueError(f"{text[:_LONGEST]!r} is not the path of a folder")
    return text


_LIST_TOOLS = 'for f in "$base"/tools/*/tool.json; do [ -f "$f" ] && tr -d "\\n" <"$f" && echo; done'


def _read_tools(text: bytes) -> dict[str, Pairs]:
    found: dict[str, Pairs] = {}
    for line in text.splitlines():
        data = posix.read_json(line)  # a torn tool.json is empty: the tool counts as absent and is installed again
        if "digest" in data:
            known = {str(key)[:_LONGEST]: str(value)[:_LONGEST] for key, value in list(data.items())[:_MOST]}
            found[known.pop("digest", "")] = pairs(known)
    return found


def install(
    connection: Connection,
    target: Target,
    machine: Machine,
    tool: Tool,
    source: SourceProvider,
    credentials: Credentials | None = None,
) -> Pairs:
    """Install or build a tool; returns what is recorded of it. SuiteError with the last lines when it fails.

    credentials: where sudo's password comes from, when sudo asks for one.
    """
    digest = tool_digest(tool)
    packages = dict(tool.packages).get(machine.manager)
    if packages is None:
        known = ", ".join(name for name, _ in tool.packages)
        raise SuiteError(
            f"cannot install {tool.name}: no package manager that the suite knows ({known})",
            where=target.name,
            remedy=f"Install {tool.name} by hand, or add the package names to the suite",
        )
    upload = base64.encodebytes(source(tool)).decode() if tool.source else ""
    version = " ".join(posix.quote(word.replace("{tool}", ".")) for word in tool.version)
    script = "\n".join(
        [
            f"base={posix.quote(machine.base)}; digest={posix.quote(digest)}; name={posix.quote(tool.name)}",
            f"packages={posix.quote(' '.join(packages))}",
            f"binaries={posix.quote(' '.join(tool.binaries))}",
            f"version() {{ {version or ':'}; }}",
            f"write_recipe() {{ cat <<'@@END'\n{recipe(tool)}\n@@END\n}}",
            f"unpack() {{ base64 -d <<'@@END' | tar xzf - || return 1\n{upload}@@END\n}}"
            if upload
            else "unpack() { :; }",
            posix.resource("install.sh"),
        ]
    )
    said = run_privileged(connection, target, script, credentials or Credentials(), timeout_s=INSTALL_TIMEOUT_S)
    for line in reversed(said.lines):
        if line.startswith("{"):
            record = _read_tools(line.encode())
            if digest in record:
                return record[digest]
    tail = "\n".join(line[:_LONGEST] for line in said.lines[-12:])
    raise SuiteError(
        f"cannot install {tool.name}" + (f": {said.refusal[:_LONGEST]}" if said.refusal else f":\n{tail}"),
        where=target.name,
        remedy=said.remedy or "Run `bench doctor --fix`, or install what is missing by hand",
    )
