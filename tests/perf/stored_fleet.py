"""What does a large campaign look like in the store? Made-up runs of a whole fleet, with facts, effects and gaps.

Some targets lose, one region more than the others; hosts change; a scheduler was switched by hand on two machines;
some trials failed. So every section of a report has something long to say.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.model import Attempt, Facts, Pairs, Phase, Run, Status, Target, Trial, pairs
from bench.store import Store, publish
from bench.store import files as durable

PHASES = (
    Phase("pre-maintenance", pairs({"host_patch": "off", "guest_patch": "off", "sriov": "off"})),
    Phase("post-host-patch", pairs({"host_patch": "on", "guest_patch": "off", "sriov": "off"})),
    Phase("post-guest-patch", pairs({"host_patch": "on", "guest_patch": "on", "sriov": "off"})),
    Phase("sriov-on", pairs({"host_patch": "on", "guest_patch": "on", "sriov": "on"})),
)
EFFECTS = (1.0, 0.995, 0.94, 1.02)
REGIONS = ("japaneast", "japanwest", "westus2", "northeurope", "centralindia")
SIZES = ("Standard_D3_v2", "Standard_D4s_v3", "Standard_F2s_v2", "Standard_E8ds_v5")
FIRST_DAY = datetime(2018, 1, 2, 9, tzinfo=UTC)

SUITE = """
from __future__ import annotations
from bench.model import Better, Kind, Metric, Suite
KINDS = (Kind.CPU, Kind.DISK, Kind.NETWORK, Kind.MEMORY)
SUITE = Suite("{name}", "Suite {name}", tuple(
    Metric(f"m{{i}}", f"Metric {{i}} of {name}", "MB/s", Better.HIGHER, KINDS[i % 4], headline=i == 0)
    for i in range({metrics})
))
"""
PARSE = """
from __future__ import annotations
from bench.model import Measurement, Parsed
def parse(data: bytes, source: str) -> Parsed:
    return Parsed(tuple(Measurement(f"m{i}", float(x), "MB/s") for i, x in enumerate(data.split())))
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How large: `suites` suites of one case with `metrics` metrics each, on `targets` in `phases` phases."""

    targets: int
    suites: int
    metrics: int
    phases: int
    sessions: int = 3
    repetitions: int = 2

    @property
    def trials(self) -> int:
        """How many trials there are in all."""
        return self.targets * self.suites * self.phases * self.sessions * self.repetitions

    @property
    def values(self) -> int:
        """How many values they would give if none failed."""
        return self.trials * self.metrics


def build(root: Path, size: Size) -> Path:
    """Write suites and runs below `root`; the folder of the runs."""
    for number in range(size.suites):
        place = root / "suites" / f"suite{number}"
        place.mkdir(parents=True)
        (place / "suite.py").write_text(SUITE.format(name=place.name, metrics=size.metrics), "utf-8")
        (place / "parse.py").write_text(PARSE, "utf-8")
    durable.os.fsync = lambda descriptor: None  # type: ignore[attr-defined]  # the store is thrown away
    targets = tuple(_target(number) for number in range(size.targets))
    for stage, phase in enumerate(PHASES[: size.phases]):
        for session in range(1, size.sessions + 1):
            _run(Store(root / "runs"), size, targets, stage, phase, session)
    return root / "runs"


def _target(number: int) -> Target:
    name = f"vm-{number:04d}-{REGIONS[number % 5][:6]}"
    labels = pairs({"region": REGIONS[number % 5], "size": SIZES[number // 5 % 4]})
    return Target(name, name, name, labels=labels)


def _run(store: Store, size: Size, targets: tuple[Target, ...], stage: int, phase: Phase, session: int) -> None:
    start = FIRST_DAY + timedelta(days=5 * stage + session)
    plan = tuple(
        Trial(f"suite{suite}.case.{one.name}.r{repetition:02}", (one.name,), f"suite{suite}", "case", repetition, ())
        for one in targets
        for suite in range(size.suites)
        for repetition in range(1, size.repetitions + 1)
    )
    used: Pairs = tuple((f"suite{number}", "made-up") for number in range(size.suites))
    run = store.create(
        Run(
            run_id=f"{start:%Y%m%dT%H%M%S}-{phase.tag}-s{session}", campaign="fleet", tag=phase.tag,
            factors=phase.factors, session=session, seed=1, created_at=_time(start), plan=plan, targets=targets,
            suites=used, versions=(("vmbench", "0.1.0"),), title="A large fleet",
            primary=("suite0/m0",), phases=PHASES[: size.phases],
        )
    )  # fmt: skip
    chance = random.Random(f"{phase.tag} {session}")  # noqa: S311  # made-up numbers
    facts = {one.name: _facts(number, stage, session) for number, one in enumerate(targets)}
    places = {one.name: number for number, one in enumerate(targets)}
    for number, trial in enumerate(plan):
        began = start + timedelta(seconds=number)
        name = trial.targets[0]
        failed = chance.random() < 0.002  # a share
        known = {name: facts[name]}
        record = Attempt(
            trial, 1, Status.FAILED if failed else Status.OK, "exit code 1" if failed else "", _time(began),
            _time(began + timedelta(seconds=1)), (), () if failed else ("raw/single/out",),
            tool=(("digest", hashlib.sha256(trial.suite.encode()).hexdigest()), ("version", "1.2.3")),
        )  # fmt: skip
        raw = b"" if failed else " ".join(_values(places[name], size.metrics, stage, chance)).encode()
        publish(run, record, {"single/out": raw}, {"before": known, "after": known})


def _values(place: int, metrics: int, stage: int, chance: random.Random) -> Iterator[str]:
    """One value per metric; every third metric has the effect of the phase, and region 2 has it twice."""
    for metric in range(metrics):
        effect = EFFECTS[stage] ** (2 if place % 5 == 2 else 1) if metric % 3 == 0 else 1.0
        own = 0.02 * math.sin(place * 12.9898 + metric * 78.233) * (stage > 0)
        level = (100 + 13 * metric) * (1 + place % 4)
        yield f"{level * effect * math.exp(own + chance.gauss(0, 0.01)):.4f}"


def _facts(place: int, stage: int, session: int) -> Facts:
    """Twenty-odd facts, of which some name this machine alone, and some move with the phase or by themselves."""
    moved = stage > 0 and place % 9 == 0
    known = {
        ("identity", "machine_id"): f"{place:032x}",
        ("identity", "boot_id"): f"{place:08x}-{stage:04x}-{session:04x}-0000-000000000000",
        ("identity", "host_key"): hashlib.sha256(f"key {place}".encode()).hexdigest(),
        ("host", "physical_host"): f"JA{116 + place % 700}{'BCDE'[stage] if moved else 'A'}",
        ("host", "host_build"): "14393-10.0-0-0.299" if stage else "14393-10.0-0-0.230",
        ("host", "virtualization"): "microsoft",
        ("size", "vcpus"): str(2 ** (place % 4)),
        ("size", "memory_kib"): str(4_000_000 + place % 3),
        ("guest-os", "kernel"): "4.13.0-1006-azure" if stage > 1 else "4.13.0-1005-azure",
        ("guest-os", "os"): "Ubuntu 16.04.3 LTS",
        ("guest-config", "clocksource"): "hyperv_clocksource_tsc_page",
        ("guest-config", "governor"): "performance",
        ("guest-config", "scheduler"): "none" if stage and place in (3, 11) else "mq-deadline",
        ("guest-config", "entropy_seed"): f"{place * 7919 + stage * (place % 4 > 0)}",
        ("network", "driver"): "mlx5_core" if stage > 2 else "hv_netvsc",  # the fourth phase
        ("network", "mtu"): "1500",
        ("network", "mac"): f"00:0d:3a:{place >> 8:02x}:{place & 255:02x}:01",
        ("disk", "model"): "Virtual Disk",
        ("tool", "python"): "3.11.2",
    }
    return Facts(tuple(sorted((layer, name, value) for (layer, name), value in known.items())))


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
