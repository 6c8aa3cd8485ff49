"""A suite for tests: its one step runs whatever script its parameter holds."""

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
)

SUITE = Suite(
    name="scripted",
    title="Scripted",
    metrics=(Metric("rate", "Rate", "lps", Better.HIGHER, Kind.CPU),),
    parameters=(
        Parameter("script", "echo rate 42", "what the step runs"),
        Parameter("timeout", 20.0, "of the step"),
        Parameter("expected", 0.1, "seconds it takes"),
    ),
    cases=(Case("one", "One"), Case("two", "Two")),
    profiles=(Profile("standard", "one case", ("one",)), Profile("both", "two cases", ("one", "two"))),
)


def steps(case: Case, params: Mapping[str, Scalar], context: Context) -> JobSpec:
    """Run `script` once."""
    del case, context
    step = Step(("sh", "run.sh"), timeout_s=float(params["timeout"]), expected_s=float(params["expected"]))
    return JobSpec((step,), results=("stdout",), files=(("run.sh", str(params["script"]).encode()),))
