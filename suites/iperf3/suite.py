"""iperf3 between two targets: TCP in each direction and both at once, with one stream and several, and UDP."""

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

SUITE = Suite(
    name="iperf3",
    title="iperf3 network throughput",
    pair=True,
    metrics=(
        Metric("throughput", "Throughput received", "bit/s", Better.HIGHER, Kind.NETWORK, headline=True),
        Metric("sent_throughput", "Throughput sent", "bit/s", Better.HIGHER, Kind.NETWORK, detail=True),
        Metric("retransmits", "TCP retransmits", "segments", Better.LOWER, Kind.NETWORK, Scale.COUNT),
        Metric("rtt", "TCP round trip under load", "us", Better.LOWER, Kind.NETWORK, detail=True),
        Metric("jitter", "UDP jitter", "ms", Better.LOWER, Kind.TAIL_LATENCY),
        Metric("lost", "UDP datagrams lost", "datagrams", Better.LOWER, Kind.NETWORK, Scale.COUNT),
        Metric("loss", "UDP loss", "%", Better.LOWER, Kind.NETWORK, Scale.COUNT, detail=True),
        Metric(
            "datagrams", "UDP datagrams expected", "datagrams", Better.HIGHER, Kind.NETWORK, Scale.COUNT, detail=True
        ),
        Metric("cpu_local", "CPU of iperf3, client", "%", Better.LOWER, Kind.CPU),
        Metric("cpu_remote", "CPU of iperf3, server", "%", Better.LOWER, Kind.CPU),
    ),
    parameters=(
        Parameter("protocol", "tcp", "Transport protocol", ("tcp", "udp")),
        Parameter(
            "direction",
            "forward",
            "Which end sends: the sender, the receiver, or both",
            ("forward", "reverse", "bidir"),
        ),
        Parameter("duration", 30, "Seconds that are measured"),
        Parameter("omit", 2, "Seconds at the start that are not counted (TCP slow start)"),
        Parameter("parallel", 1, "Streams; they share one thread before iperf3 3.16"),
        Parameter("bandwidth", "0", "Target rate per stream in bit/s, with K, M or G; 0 is unlimited"),
        Parameter("length", "", "Bytes per write or datagram, with K or M; empty is iperf3's default"),
        Parameter("window", "", "Socket buffer, with K or M; empty leaves it to the kernel"),
        Parameter("congestion", "", "TCP congestion control; empty is the target's default"),
        Parameter("port", 5201, "TCP (and UDP) port of the receiver; must be open between the targets"),
    ),
    cases=(
        Case("tcp", "TCP, one stream"),
        Case("tcp-reverse", "TCP, one stream, receiver to sender", (("direction", "reverse"),)),
        Case("tcp-bidir", "TCP, both directions at once (iperf3 3.7 or later)", (("direction", "bidir"),)),
        Case("tcp-parallel", "TCP, 8 streams", (("parallel", 8),)),
        # -O is 0 with UDP: there is no slow start, and iperf3 counts omitted datagrams as lost in some versions
        Case("udp", "UDP at a fixed rate", (("bandwidth", "500M"), ("omit", 0), ("protocol", "udp"))),
    ),
    profiles=(
        Profile("smoke", "2 s each, to see that it works", ("tcp", "udp"), (("duration", 2), ("omit", 0))),
        Profile("standard", "30 s each", ("tcp", "tcp-reverse", "tcp-parallel", "udp")),
        Profile(
            "full",
            "30 s each, also both directions at once",
            ("tcp", "tcp-reverse", "tcp-bidir", "tcp-parallel", "udp"),
        ),
    ),
    tool=Tool(
        name="iperf3",
        packages=(("apt", ("iperf3",)), ("dnf", ("iperf3",)), ("zypper", ("iperf",))),  # SUSE calls iperf3 iperf
        install="copy_tool iperf3",
        binaries=("bin/iperf3", "MANIFEST"),
        version=("env", "LD_LIBRARY_PATH={tool}/lib", "{tool}/bin/iperf3", "--version"),
    ),
    notes="The receiver serves one test and ends; its port must be reachable on the data address.",
)


def steps(case: Case, params: Mapping[str, Scalar], ctx: Context) -> JobSpec:
    """What this role runs: the receiver `iperf3 -s -1`, the sender `iperf3 -c`; both write JSON."""
    seconds = float(params["duration"]) + float(params["omit"])
    argv = _server(params, ctx) if ctx.role is Role.RECEIVER else _client(params, ctx)
    step = Step(
        argv=(f"{ctx.tool_dir}/bin/iperf3", *argv),
        timeout_s=2 * seconds + 60,
        expected_s=seconds + 1,
        env=(("LD_LIBRARY_PATH", f"{ctx.tool_dir}/lib"),),
        stdout="out/iperf3.json",
    )
    if ctx.role is Role.RECEIVER:  # its output repeats the sender's: kept, not parsed
        return JobSpec((step,), results=(), ready_port=int(params["port"]))
    return JobSpec((step,), results=("out/iperf3.json",))


def _server(params: Mapping[str, Scalar], ctx: Context) -> tuple[str, ...]:
    bind = ("-B", ctx.address) if _is_own(ctx.address) else ()
    return ("-s", "-1", "-J", "-p", str(params["port"]), *bind)


def _client(params: Mapping[str, Scalar], ctx: Context) -> tuple[str, ...]:
    argv = ["-c", ctx.peer_address, "-J", "-p", str(params["port"])]
    argv += ["-t", str(params["duration"]), "-O", str(params["omit"]), "-P", str(params["parallel"]), "-i", "1"]
    argv += ["-b", str(params["bandwidth"])]
    argv += {"reverse": ["-R"], "bidir": ["--bidir"]}.get(str(params["direction"]), [])
    if params["protocol"] == "udp":
        argv.append("-u")
    elif params["congestion"]:
        argv += ["-C", str(params["congestion"])]
    for name, option in (("length", "-l"), ("window", "-w")):
        if params[name]:
            argv += [option, str(params[name])]
    return tuple(argv)


def _is_own(address: str) -> bool:
    """Whether the target can listen on `address`: a public one may be translated on the way and is not bound."""
    try:
        return ip_address(address).is_private
    except ValueError:  # empty, or a name that may mean several interfaces
        return False
