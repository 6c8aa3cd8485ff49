"""ntttcp: TCP throughput between two VMs and what it costs the CPU, by Microsoft's ntttcp-for-linux.

Built once per target. Where throughput sits at the size's cap, cycles per byte is what can still move.
"""

from __future__ import annotations

from collections.abc import Mapping

from bench.errors import ConfigError
from bench.model import (
    Case,
    Context,
    JobSpec,
    Parameter,
    Profile,
    Role,
    Scalar,
    Source,
    Step,
    Suite,
    Tool,
    pairs,
)

from .reading import METRICS

_COMMIT = "7727fce126d3f986fdf36fda37594661556ff51e"
_SYNC_TIMEOUT_S = 60.0  # connecting, and the receiver's wait for its last data

# The program prints its version only above other output and never ends with 0 then, so it is taken from the source.
# -B: a tree given with --source may hold a program built elsewhere.
_INSTALL = r"""set -u
if [ -f src/ntttcp.c ]; then cd src; fi
make -B CC=gcc >make.log 2>&1 || { tail -n 20 make.log >&2; exit 1; }
mkdir -p "$DEST" && cp ntttcp "$DEST/ntttcp" || exit 1
version=$(sed -n 's/^#define TOOL_VERSION "\(.*\)"$/\1/p' const.h)
flags=$(sed -n 's/^gcc \(.*\) -c main.c .*/\1/p' make.log)
printf '%s (%s; %s)\n' "$version" "$(gcc --version | head -n 1)" "$flags" >"$DEST/VERSION"
"""

TOOL = Tool(
    name="ntttcp",
    packages=(
        ("apt", ("gcc", "make", "libc6-dev")),
        ("dnf", ("gcc", "make", "glibc-devel")),
        ("zypper", ("gcc", "make", "glibc-devel")),
    ),
    install=_INSTALL,
    binaries=("ntttcp",),
    version=("cat", "{tool}/VERSION"),
    source=Source(
        name="ntttcp",
        version="1.4.3",
        commit=_COMMIT,
        url=f"https://github.com/microsoft/ntttcp-for-linux/archive/{_COMMIT}.tar.gz",
        tree_sha256="5dd9e167eba6375fd8ed242690780a38a9de14348fce4873fa3836d82e26d725",
    ),
)

SUITE = Suite(
    name="ntttcp",
    title="ntttcp",
    metrics=METRICS,
    parameters=(
        Parameter("ports", 16, "ports that the receiver listens on, one thread each (-P)"),
        Parameter("threads", 4, "sender threads per port (-n)"),
        Parameter("connections", 1, "connections per sender thread (-l)"),
        Parameter("duration", 300, "seconds that are measured (-t)"),
        Parameter("warmup", 10, "seconds before, not measured (-W)"),
        Parameter("cooldown", 10, "seconds after, not measured (-C)"),
        Parameter("port", 5001, "first data port (-p); the port below it synchronises both ends"),
        Parameter(
            "buffer", "", 'socket buffer as ntttcp takes it, e.g. "64K" (-b); empty: 128K sending, 64K receiving'
        ),
    ),
    cases=(
        Case("p16", "16 ports × 4 threads", pairs({"ports": 16, "threads": 4})),
        Case("p1", "a single connection", pairs({"ports": 1, "threads": 1})),
    ),
    profiles=(
        Profile("standard", "as Azure's guide: 300 s with 10 s before and after", ("p16", "p1")),
        Profile(
            "brief",
            "60 s with 5 s before and after",
            ("p16", "p1"),
            pairs({"duration": 60, "warmup": 5, "cooldown": 5}),
        ),
        Profile("smoke", "does it run at all: 4 s", ("p16",), pairs({"duration": 2, "warmup": 1, "cooldown": 1})),
    ),
    tool=TOOL,
    pair=True,
    notes=(
        "Throughput at the size's cap is censored: look at cycles-per-byte and cpu-busy. Retransmits are counted for "
        "the whole system. Cycles are counted with the clock in /proc/cpuinfo, which ARM does not give: absent there."
    ),
)


def steps(case: Case, params: Mapping[str, Scalar], ctx: Context) -> JobSpec:
    """Receiver: listen and end after one test. Sender: connect to the peer's data address.

    The receiver opens its synchronising port (the first data port less one) last, so that one tells it is ready.
    ConfigError for numbers that ntttcp would silently replace by its defaults.
    """
    where = f"ntttcp/{case.name}"
    number = {name: _number(params, name, low, high, where) for name, (low, high) in _LIMITS.items()}
    base = number["port"]
    if base + number["ports"] > 65536:
        raise ConfigError(f"port = {base} leaves no room for {number['ports']} ports", where=where)
    total = number["warmup"] + number["duration"] + number["cooldown"]
    xml = f"out/{ctx.role.value}.xml"
    argv: list[str] = [f"{ctx.tool_dir}/ntttcp"]
    if ctx.role is Role.RECEIVER:
        argv += ["-r"]
    elif ctx.role is Role.SENDER:
        argv += [f"-s{ctx.peer_address}", "-n", str(number["threads"]), "-l", str(number["connections"])]
    else:
        raise ConfigError("needs a sender and a receiver", where=where, remedy="Give the target a `peer:`")
    options = {"-P": "ports", "-p": "port", "-t": "duration", "-W": "warmup", "-C": "cooldown"}
    argv += [word for option, name in options.items() for word in (option, str(number[name]))]
    if buffer := str(params["buffer"]):
        argv += ["-b", buffer]
    if ":" in ctx.peer_address or ":" in ctx.address:
        argv += ["-6"]
    argv += ["--show-tcp-retrans", f"-x{ctx.job_dir}/{xml}"]
    return JobSpec(
        steps=(
            Step(("mkdir", "-p", f"{ctx.job_dir}/out"), timeout_s=30, expected_s=0),
            Step(tuple(argv), timeout_s=2 * total + _SYNC_TIMEOUT_S, expected_s=total + 1),
        ),
        results=(xml,),
        ready_port=base - 1 if ctx.role is Role.RECEIVER else None,
    )


_LIMITS = {
    "ports": (1, 512),
    "threads": (1, 25600),
    "connections": (1, 1000),
    "duration": (1, 86400),
    "warmup": (0, 3600),
    "cooldown": (0, 3600),
    "port": (1025, 65535),
}
"""Smallest and largest value of each number, from `const.h`."""


def _number(params: Mapping[str, Scalar], name: str, low: int, high: int, where: str) -> int:
    value = int(params[name])
    if not low <= value <= high:
        raise ConfigError(f"{name} = {value} is not between {low} and {high}", where=where)
    return value
