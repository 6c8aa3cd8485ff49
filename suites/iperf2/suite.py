"""iperf2 between two targets: TCP with one stream and several, in each direction and both at once, and UDP."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address

from bench.model import (
    Better,
    Case,
    Context,
    JobSpec,
    Kind,
    Metric,
    Parameter,
    Profile,
    Role,
    Scalar,
    Scale,
    Step,
    Suite,
    Tool,
)

_INSTALL = """
case $(iperf -v 2>&1) in
    *"iperf version 2"*) ;;
    *) echo "the installed iperf is not iperf 2" >&2; exit 1 ;;
esac
copy_tool iperf
"""

SUITE = Suite(
    name="iperf2",
    title="iperf2 network throughput",
    pair=True,
    metrics=(
        Metric("throughput", "Throughput", "bit/s", Better.HIGHER, Kind.NETWORK, headline=True),
        Metric("sent_throughput", "UDP throughput sent", "bit/s", Better.HIGHER, Kind.NETWORK, detail=True),
        Metric("retransmits", "TCP retransmits", "segments", Better.LOWER, Kind.NETWORK, Scale.COUNT),
        Metric("connect_time", "TCP connect time", "ms", Better.LOWER, Kind.NETWORK, detail=True),
        # iperf2 reads the kernel's estimate once, when the queue drains
        Metric("rtt", "TCP round trip at the end", "us", Better.LOWER, Kind.NETWORK, detail=True),
        Metric("jitter", "UDP jitter", "ms", Better.LOWER, Kind.TAIL_LATENCY),
        Metric("lost", "UDP datagrams lost", "datagrams", Better.LOWER, Kind.NETWORK, Scale.COUNT),
        Metric("loss", "UDP loss", "%", Better.LOWER, Kind.NETWORK, Scale.COUNT, detail=True),
        Metric(
            "datagrams", "UDP datagrams expected", "datagrams", Better.HIGHER, Kind.NETWORK, Scale.COUNT, detail=True
        ),
        # one way, so only as true as the two clocks agree
        Metric("latency", "UDP one-way latency", "ms", Better.LOWER, Kind.NETWORK, detail=True),
        Metric("latency_max", "UDP one-way latency, worst", "ms", Better.LOWER, Kind.TAIL_LATENCY, detail=True),
    ),
    parameters=(
        Parameter("protocol", "tcp", "Transport protocol", ("tcp", "udp")),
        Parameter("direction", "forward", "Which end sends", ("forward", "reverse", "bidir")),
        Parameter("duration", 30, "Seconds that are measured"),
        Parameter("parallel", 1, "Streams, one thread each"),
        Parameter(
            "bandwidth", "", "Target rate per stream in bit/s, with k, m or g; empty: TCP unlimited, UDP 1 Mbit/s"
        ),
        Parameter("length", "", "Bytes per write or datagram, with K or M; empty is iperf2's default"),
        Parameter("window", "", "Socket buffer, with K or M; empty leaves it to the kernel"),
        Parameter("congestion", "", "TCP congestion control; empty is the target's default"),
        Parameter("port", 5001, "TCP or UDP port of the receiver; must be open between the targets"),
    ),
    cases=(
        Case("tcp", "TCP, one stream"),
        Case("tcp-reverse", "TCP, one stream, receiver to sender (iperf 2.1)", (("direction", "reverse"),)),
        Case("tcp-bidir", "TCP, both directions on one connection (iperf 2.1)", (("direction", "bidir"),)),
        Case("tcp-parallel", "TCP, 8 streams", (("parallel", 8),)),
        Case("udp", "UDP at a fixed rate", (("bandwidth", "500m"), ("protocol", "udp"))),
    ),
    profiles=(
        Profile("smoke", "2 s each, to see that it works", ("tcp", "udp"), (("duration", 2),)),
        Profile("standard", "30 s each", ("tcp", "tcp-parallel", "udp")),
        Profile("full", "30 s each, all directions", ("tcp", "tcp-reverse", "tcp-bidir", "tcp-parallel", "udp")),
    ),
    tool=Tool(
        name="iperf2",
        packages=(("apt", ("iperf",)), ("dnf", ("iperf",)), ("zypper", ("iperf2",))),
        install=_INSTALL,
        binaries=("bin/iperf", "MANIFEST"),
        version=("env", "LD_LIBRARY_PATH={tool}/lib", "{tool}/bin/iperf", "-v"),  # on stderr, and exits with 1
    ),
    notes="The receiver serves until the sender is done. iperf exits with 0 even when nobody answers: reading tells.",
)


def steps(case: Case, params: Mapping[str, Scalar], ctx: Context) -> JobSpec:
    """What this role runs: the receiver `iperf -s` (stopped when the sender is done), the sender `iperf -c`."""
    is_udp = params["protocol"] == "udp"
    seconds = float(params["duration"])
    argv = _server(params, ctx) if ctx.role is Role.RECEIVER else _client(params, ctx)
    step = Step(
        # iperf exits with 0 when the other end is gone: what it says on stderr must reach the parser
        argv=("sh", "-c", 'exec "$@" 2>&1', "sh", f"{ctx.tool_dir}/bin/iperf", *argv),
        timeout_s=2 * seconds + 60,
        expected_s=seconds + 1,
        env=(("LD_LIBRARY_PATH", f"{ctx.tool_dir}/lib"),),
        stdout="out/iperf.txt",
    )
    if ctx.role is Role.RECEIVER:  # its output repeats the sender's: kept, not parsed
        port = None if is_udp else int(params["port"])
        return JobSpec((step,), results=(), ready_port=port, serves=True)
    # A UDP port cannot be seen to listen, so the receiver gets a moment.
    pause = (Step(("sleep", "2"), timeout_s=60, expected_s=2, stdout="pause"),) if is_udp else ()
    return JobSpec((*pause, step), results=("out/iperf.txt",))


def _server(params: Mapping[str, Scalar], ctx: Context) -> tuple[str, ...]:
    argv = ["-s", "-p", str(params["port"]), "-f", "k"]
    if params["protocol"] == "udp":
        argv.append("-u")
    for name, option in (("length", "-l"), ("window", "-w")):
        if params[name]:
            argv += [option, str(params[name])]
    return (*argv, "-B", ctx.address) if _is_own(ctx.address) else tuple(argv)


def _client(params: Mapping[str, Scalar], ctx: Context) -> tuple[str, ...]:
    """`-e` for retransmits and connect time, `-f k` because iperf2 prints three digits of any larger unit."""
    argv = ["-c", ctx.peer_address, "-p", str(params["port"]), "-t", str(params["duration"])]
    argv += ["-P", str(params["parallel"]), "-i", "1", "-e", "-f", "k"]
    argv += {"reverse": ["-R"], "bidir": ["--full-duplex"]}.get(str(params["direction"]), [])
    if params["protocol"] == "udp":
        argv.append("-u")
    elif params["congestion"]:
        argv += ["-Z", str(params["congestion"])]
    for name, option in (("bandwidth", "-b"), ("length", "-l"), ("window", "-w")):
        if params[name]:
            argv += [option, str(params[name])]
    return tuple(argv)


def _is_own(address: str) -> bool:
    """Whether the target can listen on `address`: a public one may be translated on the way and is not bound."""
    try:
        return ip_address(address).is_private
    except ValueError:  # empty, or a name that may mean several interfaces
        return False
