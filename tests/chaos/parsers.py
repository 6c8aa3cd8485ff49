"""What do the parsers make of damaged outputs? Each input must give `Parsed` with sound values, or `ParseError`."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from bench.config.catalogue import LoadedSuite, load_suite
from bench.config.guarded import MAX_NAME
from bench.errors import ParseError
from bench.model import Parsed
from bench.units import unit
from tests.chaos.mutator import Mutator

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / ".." / "shared" / "samples"
SUITES = ("diskspd", "crystaldiskmark", "table", "ntttcp", "iperf2", "iperf3", "fio", "unixbench")
"""The quickest parser first: what it leaves of its time is the others'."""
LONGEST_S = 1.0
"""No input of the mutator is larger than some hundred kB; the slowest takes milliseconds on an idle machine."""
_MADE = {
    "crystaldiskmark": ("tests.suites.test_crystaldiskmark", ("TEXT",)),
    "diskspd": ("tests.suites.test_diskspd", ("TEXT",)),
    "ntttcp": ("tests.suites.test_ntttcp_forms", ("WINDOWS_XML", "WINDOWS_WIDE")),
}
_TABLE = b"""metric,part,title,value,unit,better,kind,scale,margin,line
iops,"a, b",I/O,1000.5,IOPS,higher,disk,ratio,,2
lat,,Latency,1.5e2,us,lower,tail latency,ratio,0.1,3
"""
LARGEST = 1e300
"""What may be multiplied by a unit's factor and summed a little without becoming infinite."""
_OWN_UNITS = {"unixbench"}
"""Suites whose tool names the unit of each test itself, and may name any."""


@dataclass(slots=True)
class Tried:
    """What became of the inputs to one parser. failures: (number of the input, what went wrong), at most a few."""

    suite: str
    inputs: int = 0
    parsed: int = 0
    crashes: int = 0
    slowest_s: float = 0.0
    seconds: float = 0.0
    failures: list[tuple[int, str]] = field(default_factory=list)


def samples(suite: str) -> list[bytes]:
    """Real outputs of a suite's tool: golden files, and the samples beside the checkout where they are."""
    found = [
        path
        for path in sorted((ROOT / "tests" / "golden" / suite).rglob("*"))
        if path.is_file() and path.name != "expected.json"
    ]
    folder = SAMPLES / suite
    found += sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    return [*(path.read_bytes() for path in found), *_made(suite)]


def _made(suite: str) -> list[bytes]:
    """Outputs that the tests have made up: forms of Windows, of which there is no golden file, and imported tables."""
    if suite == "table":
        return [_TABLE]
    module, names = _MADE.get(suite, ("", ()))
    return [getattr(import_module(module), name).encode() for name in names]


def attack(suite: str, inputs: int, seed: int, *, until: float = math.inf) -> Tried:
    """Give `inputs` damaged outputs to the parser of `suite`, or fewer when `until` (of time.monotonic) comes first."""
    loaded = load_suite(ROOT / "suites" / suite)
    mutator = Mutator(samples(suite), seed)
    tried = Tried(suite)
    begin = time.monotonic()
    for number in range(inputs):
        data = mutator.make(number)
        start = time.perf_counter()
        wrong = problem(loaded, data, tried)
        took = time.perf_counter() - start
        tried.slowest_s = max(tried.slowest_s, took)
        tried.inputs += 1
        if wrong:
            tried.crashes += 1
            if len(tried.failures) < 5:
                tried.failures.append((number, wrong))
        if number % 256 == 0 and time.monotonic() > until:
            break
    tried.seconds = time.monotonic() - begin
    return tried


def problem(loaded: LoadedSuite, data: bytes, tried: Tried | None = None) -> str:
    """What is wrong with how a parser takes `data`, "" when it is right."""
    try:
        parsed = loaded.parse(data, "x")
    except ParseError as error:
        return (
            "" if len(error.found) <= 200 and len(str(error)) < 2000 else f"a message of {len(str(error))} characters"
        )
    except Exception as error:  # noqa: BLE001  # exactly this is what is looked for
        return f"{type(error).__name__}: {error}"[:300]
    if tried is not None:
        tried.parsed += 1
    return unsound(loaded, parsed)


def unsound(loaded: LoadedSuite, parsed: Parsed) -> str:
    """What a parser must not say: nothing, a value that is no number, a metric or a unit that nobody declared."""
    if not parsed.measurements:
        return "no value"
    metrics = {metric.name: metric for metric in (*loaded.suite.metrics, *parsed.metrics)}
    for one in parsed.measurements:
        if isinstance(one.value, bool) or not isinstance(one.value, int | float) or not abs(one.value) <= LARGEST:
            return f"{one.metric} is {str(one.value)[:40]}"
        if one.metric not in metrics:
            return f"metric {one.metric!r} is not declared"
        if loaded.suite.name != "table" and (one.value < 0 or (metrics[one.metric].headline and one.value == 0)):
            return f"{one.metric} is {one.value}: a tool that printed that has failed"
        if loaded.suite.name not in _OWN_UNITS and unit(one.unit).base != unit(metrics[one.metric].unit).base:
            return f"{one.metric} in {one.unit!r}, declared {metrics[one.metric].unit!r}"
        if max(map(len, (one.part, one.unit, one.metric))) > MAX_NAME:
            return f"a name of {len(one.part)}, a unit of {len(one.unit)}, a metric of {len(one.metric)} characters"
    for drawn in (*parsed.series, *parsed.distributions):
        if not all(abs(number) <= LARGEST for point in drawn.points for number in point):
            return f"a series or distribution of {drawn.metric} has a point that is no number"
    texts = (parsed.tool_version, *parsed.warnings)
    if longest := next((len(text) for text in texts if len(text) > 2000), 0):
        return f"a warning or version of {longest} characters"
    return ""
