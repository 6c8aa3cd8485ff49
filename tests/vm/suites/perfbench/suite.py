"""`perf bench`: system calls and a pipe between two processes, the loads that isolating page tables makes dear."""

from __future__ import annotations

from collections.abc import Mapping

from bench.model import (
    Better,
    Case,
    Context,
    JobSpec,
    Kind,
    Metric,
    Parameter,
    Profile,
    Scalar,
    Step,
    Suite,
    Tool,
)

SUITE = Suite(
    name="perfbench",
    title="perf bench",
    metrics=(Metric("rate", "Operations per second", "ops/sec", Better.HIGHER, Kind.CPU, headline=True),),
    parameters=(
        Parameter("bench", "syscall basic", "Collection and name, as perf has them"),
        Parameter("loops", 300_000, "Operations"),
        Parameter("expected", 3.0, "Seconds it takes"),
    ),
    cases=(
        Case("syscall", "getppid() in a loop"),
        Case("pipe", "A byte to and fro between two processes", (("bench", "sched pipe"), ("loops", 10_000))),
        Case("long", "getppid() for long enough to be interrupted", (("loops", 5_000_000), ("expected", 50.0))),
    ),
    profiles=(
        Profile("standard", "System calls and pipes", ("syscall", "pipe")),
        Profile("long", "One long job", ("long",)),
    ),
    tool=Tool(
        name="perf",
        packages=(("apt", ("linux-perf",)),),
        install="copy_tool perf",
        binaries=("bin/perf", "MANIFEST"),
        version=("env", "LD_LIBRARY_PATH={tool}/lib", "{tool}/bin/perf", "--version"),
    ),
)


def steps(case: Case, params: Mapping[str, Scalar], context: Context) -> JobSpec:
    """`perf bench COLLECTION NAME -l LOOPS`."""
    del case
    step = Step(
        (f"{context.tool_dir}/bin/perf", "bench", *str(params["bench"]).split(), "-l", str(params["loops"])),
        timeout_s=600.0,
        expected_s=float(params["expected"]),
        env=(("LD_LIBRARY_PATH", f"{context.tool_dir}/lib"),),
    )
    return JobSpec((step,), results=("stdout",))
