"""A workspace whose suite `pace` was measured before, for the tests of `bench history` and `bench plan`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.model import Attempt, Facts, Run, Status, Target, Trial
from bench.store import Store, StoredRun, publish

SUITE = """
from __future__ import annotations
from collections.abc import Mapping
from bench.model import Better, Case, Context, JobSpec, Kind, Metric, Parameter, Profile, Scalar, Step, Suite
SUITE = Suite(
    "pace", "Pace",
    (
        Metric("rate", "Rate", "ops/s", Better.HIGHER, Kind.CPU, headline=True),
        Metric("other", "Other", "ops/s", Better.HIGHER, Kind.CPU),
        Metric("third", "Third", "ops/s", Better.HIGHER, Kind.CPU),
    ),
    parameters=(Parameter("depth", 4, "how deep"),),
    cases=(Case("walk", "Walk"),),
    profiles=(Profile("standard", "all", ("walk",)),),
)
def steps(case: Case, params: Mapping[str, Scalar], context: Context) -> JobSpec:
    return JobSpec((Step(("true",), timeout_s=60.0, expected_s=58.0),), results=("stdout",))
"""
PARSE = """
from __future__ import annotations
from bench.errors import ParseError
from bench.model import Measurement, Parsed
def parse(data: bytes, source: str) -> Parsed:
    if b"=" not in data:
        raise ParseError(source, expected="name=value", found=data[:20].decode())
    pairs = [line.split("=") for line in data.decode().split()]
    return Parsed(tuple(Measurement(name, float(value), "ops/s") for name, value in pairs))
"""
INVENTORY = "targets:\n{targets}"
CAMPAIGN = """\
name: {name}
inventory: inv.yaml
suites: [pace]
repetitions: 3
sessions: {sessions}
phases:
  - pre: {{resize: small}}
  - post: {{resize: big}}
{more}"""


def workspace(targets: Mapping[str, str], sessions: int = 3, more: str = "", name: str = "c1") -> None:
    """The suite, an inventory of target → size, and a campaign, in the current folder."""
    place = Path("suites/pace")
    place.mkdir(parents=True, exist_ok=True)
    (place / "suite.py").write_text(SUITE, "utf-8")
    (place / "parse.py").write_text(PARSE, "utf-8")
    lines = "".join(
        f"  {one}: {{address: 127.0.0.{place}, labels: {{size: {size}}}}}\n"
        for place, (one, size) in enumerate(targets.items(), 1)
    )
    Path("inv.yaml").write_text(INVENTORY.format(targets=lines), "utf-8")
    Path("campaign.yaml").write_text(CAMPAIGN.format(name=name, sessions=sessions, more=more), "utf-8")


def session(
    tag: str,
    day: float,
    values: Mapping[str, Sequence[float]],
    *,
    campaign: str = "c1",
    size: str = "small",
    factors: tuple[tuple[str, str], ...] = (),
    facts: Mapping[str, Facts] | None = None,
) -> StoredRun:
    """One session on a day: for each target the rate of every repetition."""
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    when = moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    store = Store(Path("runs"))
    number = len(store.runs(campaign=campaign, tags=[tag])) + 1
    plan = tuple(
        Trial(f"pace.walk.{target}.r{place:02d}", (target,), "pace", "walk", place, (("depth", 4),))
        for target, rates in values.items()
        for place in range(1, len(rates) + 1)
    )
    run = store.create(
        Run(
            run_id=f"{moment:%Y%m%dT%H%M%S}-{tag}-s{number}-aaaa", campaign=campaign, tag=tag, factors=factors,
            session=number, seed=7, created_at=when, plan=plan, suites=(("pace", "x"),), versions=(),
            targets=tuple(Target(name, name, name, labels=(("size", size),)) for name in values),
        )
    )  # fmt: skip
    for trial in plan:
        rate = values[trial.targets[0]][trial.repetition - 1]
        record = Attempt(trial, 1, Status.OK, "", when, when, (), ("raw/single/out",), tool=(("digest", "abc"),))
        known = {} if facts is None else {"before": {trial.targets[0]: facts[trial.targets[0]]}}
        publish(run, record, {"single/out": f"rate={rate!r}\nother={rate!r}\n".encode()}, known)
    return run


def drifted(targets: int, tags: tuple[str, ...] = ("pre",), **options: object) -> None:
    """Four sessions of each tag, two and two ten days apart; the second two are 5 % faster."""
    workspace({f"vm{place}": "small" for place in range(targets)})
    for start, tag in enumerate(tags):
        for day, rate in ((0, 100.0), (1, 100.4), (10, 105.0), (11, 105.4)):
            rates = {f"vm{place}": [rate, rate + 0.2, rate + 0.1] for place in range(targets)}
            session(tag, day + 40 * start, rates, **options)  # type: ignore[arg-type]  # by name
