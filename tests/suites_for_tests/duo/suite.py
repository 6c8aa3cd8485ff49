"""A suite for tests: a receiver and a sender that run what its parameters hold. `$PORT` is the receiver's port."""

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
    Role,
    Scalar,
    Step,
    Suite,
)

LISTEN = (
    'python3 -c \'import os, socket; s = socket.create_server(("127.0.0.1", int(os.environ["PORT"]))); s.accept()\''
)
CONNECT = 'python3 -c \'import os, socket; socket.create_connection(("127.0.0.1", int(os.environ["PORT"])))\''

SUITE = Suite(
    name="duo",
    title="Duo",
    metrics=(Metric("rate", "Rate", "lps", Better.HIGHER, Kind.NETWORK),),
    parameters=(
        Parameter("receiver", f"{LISTEN} && echo rate 1", "what the receiver runs"),
        Parameter("sender", f"{CONNECT} && echo rate 2", "what the sender runs"),
        Parameter("port", 5201, "where the receiver listens"),
        Parameter("serves", default=False, help="whether the receiver is stopped when the sender is done"),
        Parameter("timeout", 20.0, "of both steps"),
    ),
    cases=(Case("one", "One"),),
    profiles=(Profile("standard", "one case", ("one",)),),
    pair=True,
)


def steps(case: Case, params: Mapping[str, Scalar], context: Context) -> JobSpec:
    """Run the script of this role."""
    del case
    receives = context.role is Role.RECEIVER
    script = str(params["receiver" if receives else "sender"])
    step = Step(
        ("sh", "run.sh"), timeout_s=float(params["timeout"]), expected_s=0.2, env=(("PORT", str(params["port"])),)
    )
    return JobSpec(
        (step,),
        results=() if receives else ("stdout",),
        files=(("run.sh", script.encode()),),
        ready_port=int(params["port"]) if receives else None,
        serves=receives and bool(params["serves"]),
    )
