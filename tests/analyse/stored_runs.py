"""A small store with a suite of its own, for the tests of the analysing half."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.config.catalogue import LoadedSuite, load_suites
from bench.model import Attempt, Facts, Pairs, Run, Status, Target, Trial
from bench.store import Store, StoredRun, publish

SUITE = """
from __future__ import annotations
from bench.model import Better, Kind, Metric, Scale, Suite
SUITE = Suite("tiny", "Tiny", (
    Metric("speed", "Speed", "MB/s", Better.HIGHER, Kind.DISK, margin=.03, headline=True),
    Metric("errors", "Errors", "errors", Better.LOWER, Kind.DISK, Scale.COUNT),
))
"""
PARSE = """
from __future__ import annotations
from bench.errors import ParseError
from bench.model import Better, Kind, Measurement, Metric, Parsed
def parse(data: bytes, source: str) -> Parsed:
    if data == b"crash":
        raise ZeroDivisionError("boom")
    if data == b"extra":
        own = Metric("own", "Own", "s", Better.LOWER, Kind.CPU)
        found = (Measurement("own", 2.0, "s"), Measurement("alien", 1.0, "s"))
        return Parsed(found, metrics=(own,), warnings=("old tool",))
    found = []
    for number, line in enumerate(data.decode().splitlines(), 1):
        name, _, value = line.partition("=")
        if not value:
            raise ParseError(source, expected="name=value", found=line, line=number)
        found.append(Measurement(name, float(value), "MB/s" if name == "speed" else "errors", "all"))
    return Parsed(tuple(found))
"""


def tiny_suite(folder: Path) -> dict[str, LoadedSuite]:
    """Write and load the suite `tiny`."""
    place = folder / "suites" / "tiny"
    place.mkdir(parents=True, exist_ok=True)
    (place / "suite.py").write_text(SUITE)
    (place / "parse.py").write_text(PARSE)
    return load_suites([folder / "suites"])


def trial(number: int, targets: Sequence[str] = ("vm",), case: str = "c") -> Trial:
    """Repetition `number` of a case."""
    return Trial(f"tiny-{case}-{'-'.join(targets)}-{number}", tuple(targets), "tiny", case, number, (("depth", 4),))


def make_run(
    root: Path,
    tag: str,
    session: int = 1,
    plan: Sequence[Trial] = (),
    factors: Pairs = (),
    left_out: Pairs = (),
    sequential: bool = False,
    controls: Sequence[str] = (),
) -> StoredRun:
    """A new run of campaign `camp`; every target has the label region=east."""
    names = sorted({name for one in plan for name in one.targets})
    return Store(root).create(
        Run(
            run_id=f"{tag}-{session}", campaign="camp", tag=tag, factors=factors, session=session, seed=1,
            created_at=f"2024-01-0{session}T00:00:00Z", plan=tuple(plan), suites=(("tiny", "x"),), versions=(),
            targets=tuple(Target(name, name, name, labels=(("region", "east"),)) for name in names),
            left_out=left_out, sequential=sequential, controls=tuple(controls),
        )
    )  # fmt: skip


def add(
    run: StoredRun,
    one: Trial,
    output: bytes = b"speed=100\nerrors=0\n",
    *,
    status: Status = Status.OK,
    attempt: int = 1,
    cause: str = "",
    facts: Mapping[str, Mapping[str, Facts]] | None = None,
) -> None:
    """Publish an attempt with `output` as its only result."""
    publish(
        run,
        Attempt(
            trial=one, attempt=attempt, status=status, cause=cause, started_at=f"2024-01-0{run.info.session}T10:00:00Z",
            ended_at="", files=(), results=("raw/single/out",), tool=(("digest", "abc"),),
        ),
        {"single/out": output},
        facts or {},
    )  # fmt: skip


def facts(**values: str) -> Facts:
    """Facts from `layer__name=value`, with `-` written as `_` in the layer guest_os."""
    made = []
    for key, value in values.items():
        layer, _, name = key.partition("__")
        made.append((layer.replace("_", "-"), name, value))
    return Facts(tuple(sorted(made)))
