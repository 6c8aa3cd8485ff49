"""What the measuring benchmarks share: a suite whose job sleeps and leaves 100 KB, and a campaign of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.config.catalogue import LoadedSuite, load_suite
from bench.measure.clock import now
from bench.measure.plan import make_plan
from bench.model import Campaign, Inventory, Phase, SuiteChoice, Target, Trial
from bench.store import Store, StoredRun

RESULT_BYTES = 100_000

_SUITE = f"""
from bench.model import Better, Case, JobSpec, Kind, Metric, Parameter, Profile, Step, Suite

SUITE = Suite(
    name="nap",
    title="Nap",
    metrics=(Metric("rate", "Rate", "lps", Better.HIGHER, Kind.CPU),),
    parameters=(Parameter("seconds", 2.0, "how long"),),
    cases=(Case("one", "One"),),
    profiles=(Profile("standard", "", ("one",)),),
)
SCRIPT = b"sleep $1; head -c {RESULT_BYTES} /dev/zero | tr '\\\\0' x >out/blob; echo rate 42"


def steps(case, params, ctx):
    seconds = float(params["seconds"])
    step = Step(argv=("sh", "nap.sh", str(seconds)), timeout_s=seconds + 30, expected_s=seconds)
    return JobSpec(steps=(step,), results=("stdout",), files=(("nap.sh", SCRIPT),))
"""
_PARSE = """
from bench.errors import ParseError
from bench.model import Measurement, Parsed


def parse(data, source):
    if not data.startswith(b"rate "):
        raise ParseError(source, expected="a rate")
    return Parsed((Measurement("rate", float(data[5:]), "lps"),))
"""


def nap_suite(folder: Path) -> LoadedSuite:
    """The suite, written to `folder`/nap and loaded like any other."""
    place = folder / "nap"
    place.mkdir(parents=True)
    (place / "suite.py").write_text(_SUITE, "utf-8")
    (place / "parse.py").write_text(_PARSE, "utf-8")
    return load_suite(place)


def nap_run(store: Store, suite: LoadedSuite, targets: Sequence[Target], seconds: float) -> StoredRun:
    """A run of one nap per target."""
    choice = SuiteChoice("nap", params=(("seconds", seconds),))
    campaign = Campaign("nap", Inventory("", tuple(targets)), (choice,), (Phase("before"),), repetitions=1)
    planned = make_plan(campaign, {"nap": suite}, campaign.phases[0], session=1, seed=1)
    return new_run(store, planned.trials, targets)


def new_run(store: Store, trials: Sequence[Trial], targets: Sequence[Target]) -> StoredRun:
    """A run that will hold `trials`."""
    from bench.model import Run

    return store.create(Run("perf", "nap", "before", (), 1, 1, now(), tuple(trials), tuple(targets), (), ()))


class Silent:
    """An observer that shows nothing."""

    def target(self, name: str, message: str) -> None:
        """Nothing."""

    def trial(self, trial: Trial, state: object, detail: str = "") -> None:
        """Nothing."""
