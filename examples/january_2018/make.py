"""The story of January 2018 as one campaign: its table of single values, and the campaign that should have been run.

    .venv/bin/python examples/january_2018/make.py FOLDER [--before-the-correction]

writes a workspace with a run store into FOLDER. The five UnixBench indexes before and after the host patch are those of
the story, one value each, taken in as a table. **The network values are made up**, with a fixed seed: four phases, six
pairs of VMs, in the shape of the story (the host patch did nothing, a guest patch cost network throughput, SR-IOV
brought it back) and with its traps (one pair came back on newer hardware, one failed over to an unpatched host).
Everything else is real: the facts go through the parser of the probe, the outputs through that of iperf3, the store,
the statistics and the report.

--before-the-correction: what was known on the first day. A guest patch had slipped in with the host patch, on every
machine, and nobody knew: the facts of the guests were not in the store yet.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.analyse.published import import_table, read_table, sessions_of
from bench.config.catalogue import load_suites, suite_folders
from bench.measure.facts import parse_facts
from bench.model import Attempt, Facts, Phase, Run, Status, Target, Trial, pairs
from bench.store import Store, StoredRun, publish

CAMPAIGN = "january-2018"
PUBLISHED = Path(__file__).parents[2] / "inventories" / "azure-2018-01.csv"
PUBLISHED_ON = {"pre-maintenance": "2018-01-04T09:00:00Z", "post-host-patch": "2018-01-07T09:00:00Z"}
"""When the single values were measured: the days are made up, between those of the sessions."""
REPETITIONS, SESSIONS = 3, 2
OLD_BUILD, NEW_BUILD = "14393-10.0-0-0.230", "14393-10.0-0-0.299"
OLD_KERNEL, NEW_KERNEL = "4.13.0-1005-azure", "4.13.0-1006-azure"
PHASES = (
    Phase("pre-maintenance", pairs({"host_patch": "off", "guest_patch": "off", "sriov": "off"})),
    Phase("post-host-patch", pairs({"host_patch": "on", "guest_patch": "off", "sriov": "off"})),
    Phase("post-guest-patch", pairs({"host_patch": "on", "guest_patch": "on", "sriov": "off"})),
    Phase("sriov-on", pairs({"host_patch": "on", "guest_patch": "on", "sriov": "on"})),
)
EFFECTS = {"pre-maintenance": 1.0, "post-host-patch": 1.0, "post-guest-patch": 0.922, "sriov-on": 0.922 * 1.086}
"""What throughput is in each phase, as a share of the first."""
DAYS = {"pre-maintenance": 2, "post-host-patch": 5, "post-guest-patch": 9, "sriov-on": 16}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two VMs of one size that send to each other. gbits: what they reach before anything happens."""

    name: str
    region: str
    size: str
    gbits: float


PAIRS = (
    Pair("je-d3", "japaneast", "Standard_D3_v2", 1.46),
    Pair("je-d4", "japaneast", "Standard_D4_v2", 2.71),
    Pair("jw-f2", "japanwest", "Standard_F2s_v2", 0.86),
    Pair("jw-a4", "japanwest", "Standard_A4_v2", 0.93),
    Pair("wu-d4", "westus2", "Standard_D4s_v3", 1.88),
    Pair("wu-d8", "westus2", "Standard_D8s_v3", 3.70),
)
NEWER_HARDWARE, FAILED_OVER = "jw-a4", "wu-d8"


@dataclass(frozen=True, slots=True)
class Moment:
    """A session of a phase: when it began, and whether facts of the guest are known."""

    phase: Phase
    session: int
    start: datetime
    slipped: bool
    guest_known: bool


def build(root: Path, *, before_the_correction: bool = False) -> list[StoredRun]:
    """The runs of the campaign in a new store at `root`.

    before_the_correction: only the first two phases, of which the second has the guest patch in it unseen.
    """
    store, chance = Store(root), random.Random(2018)  # noqa: S311  # no secret: the same values every time
    phases = PHASES[:2] if before_the_correction else PHASES
    runs = [
        _session(store, _moment(phase, session, before_the_correction), chance)
        for phase in phases
        for session in range(1, SESSIONS + 1)
    ]
    return [*runs, *_published(store)]


def _published(store: Store) -> Iterator[StoredRun]:
    """The table of the story: five VMs, one UnixBench index before the host patch and one after it."""
    table = load_suites(suite_folders())["table"]
    content = PUBLISHED.read_bytes()
    sessions = sessions_of(read_table(content, PUBLISHED.name))
    for tag, day in PUBLISHED_ON.items():
        others = [one for one in sessions if one[0] != tag]
        yield from import_table(
            store, table, content, PUBLISHED.name, campaign=CAMPAIGN, measured_at=day, leave_out=others
        )


def add_the_evidence(root: Path) -> StoredRun:
    """A further session after the host patch of `before_the_correction`, of which the facts of the guests are known."""
    start = datetime(2018, 1, 8, 9, tzinfo=UTC)
    return _session(Store(root), Moment(PHASES[1], SESSIONS + 1, start, True, True), random.Random(8))  # noqa: S311


def _moment(phase: Phase, session: int, slipped: bool) -> Moment:
    start = datetime(2018, 1, DAYS[phase.tag] + session - 1, 9, tzinfo=UTC)
    unseen = slipped and phase.tag != "pre-maintenance"
    return Moment(phase, session, start, unseen, not unseen)


def _session(store: Store, moment: Moment, chance: random.Random) -> StoredRun:
    """One run: every pair, every repetition."""
    tag, session = moment.phase.tag, moment.session
    targets = tuple(target for pair in PAIRS for target in _targets(pair))
    plan = tuple(_trial(pair, number) for number in range(1, REPETITIONS + 1) for pair in PAIRS)
    run = store.create(
        Run(
            run_id=f"{moment.start:%Y%m%dT%H%M%S}-{tag}-s{session}",
            campaign=CAMPAIGN,
            tag=tag,
            factors=moment.phase.factors,
            session=session,
            seed=2018,
            created_at=_time(moment.start),
            plan=plan,
            targets=targets,
            suites=(("iperf3", "example"),),
            versions=(),
            title="January 2018: host patch, guest patch, SR-IOV",
            primary=("iperf3/tcp/throughput",),
            phases=PHASES,
        )
    )
    effect = 0.922 if moment.slipped else EFFECTS[tag]
    of_the_day = {pair.name: chance.gauss(0, 0.003) for pair in PAIRS}
    for number, trial in enumerate(plan):
        pair = PAIRS[number % len(PAIRS)]
        newer = 1.31 if pair.name == NEWER_HARDWARE and tag != "pre-maintenance" else 1.0
        gbits = pair.gbits * effect * newer * math.exp(of_the_day[pair.name] + chance.gauss(0, 0.004))
        began = moment.start + timedelta(minutes=4 * number)
        facts = {name: _facts(pair, name, moment) for name in trial.targets}
        publish(
            run,
            Attempt(
                trial,
                1,
                Status.OK,
                "",
                _time(began),
                _time(began + timedelta(seconds=65)),
                (),
                ("raw/sender/out/iperf3.json",),
                roles=tuple(zip(trial.targets, ("sender", "receiver"), strict=True)),
            ),
            {"sender/out/iperf3.json": _iperf3(gbits * 1e9, chance)},
            {"before": facts, "after": facts},
        )
    return run


def _targets(pair: Pair) -> Iterator[Target]:
    labels = pairs({"region": pair.region, "size": pair.size})
    one, other = f"{pair.name}-1", f"{pair.name}-2"
    yield Target(one, one, one, labels=labels, peer=other)
    yield Target(other, other, other, labels=labels)


def _trial(pair: Pair, number: int) -> Trial:
    targets = (f"{pair.name}-1", f"{pair.name}-2")
    return Trial(f"iperf3.tcp.{pair.name}.r{number:02}", targets, "iperf3", "tcp", number, pairs({"duration": 60}))


def _facts(pair: Pair, name: str, moment: Moment) -> Facts:
    """What the probe would have printed on this machine, as its parser reads it."""
    tag = moment.phase.tag
    stage = [phase.tag for phase in PHASES].index(tag)
    newer = pair.name == NEWER_HARDWARE and stage > 0
    unpatched = pair.name == FAILED_OVER and tag == "post-guest-patch" and moment.session == SESSIONS
    guest = NEW_KERNEL if stage > 1 or moment.slipped else OLD_KERNEL
    host = f"{pair.region[:2].upper()}{hash_of(name) % 900 + 100}{'B' if newer else 'C' if unpatched else 'A'}"
    model, called = ("79", "E5-2673 v4") if newer else ("63", "E5-2673 v3")
    boot = f"{hash_of(f'{name} {tag} {moment.session if unpatched else 0}'):032x}"
    lines = [
        "@@ files",
        f"/etc/machine-id:{hash_of(name):032x}",
        f"/proc/sys/kernel/random/boot_id:{boot[:8]}-{boot[8:12]}-{boot[12:16]}-{boot[16:20]}-{boot[20:]}",
        "/sys/devices/system/clocksource/clocksource0/current_clocksource:hyperv_clocksource_tsc_page",
        "/sys/class/net/eth0/mtu:1500",
    ]
    if moment.guest_known:
        lines += ['/etc/os-release:PRETTY_NAME="Ubuntu 16.04.3 LTS"', f"/proc/sys/kernel/osrelease:{guest}"]
        if guest == NEW_KERNEL:
            lines.append("/sys/devices/system/cpu/vulnerabilities/meltdown:Mitigation: PTI")
    lines += [
        "@@ cpu",
        "vendor_id\t: GenuineIntel",
        "cpu family\t: 6",
        f"model\t\t: {model}",
        f"model name\t: Intel(R) Xeon(R) CPU {called} @ 2.40GHz",
        "@@ virt",
        "microsoft",
        "@@ kvp-records",
        "PhysicalHostNameFullyQualified",
        *(host, "", "", ""),
        "@@ kernel-log",
        f"Hyper-V: Host Build {OLD_BUILD if stage == 0 or unpatched else NEW_BUILD}",
        "@@ links",
        "lrwxrwxrwx 1 root root 0 Jan 1 00:00 /sys/class/net/eth0/device/driver -> ../../bus/vmbus/drivers/hv_netvsc",
    ]
    if tag == "sriov-on":
        lines += [
            "lrwxrwxrwx 1 root root 0 Jan 1 00:00 /sys/class/net/enP1/device/driver -> ../../bus/pci/drivers/mlx4_core",
            "lrwxrwxrwx 1 root root 0 Jan 1 00:00 /sys/class/net/enP1/master -> ../eth0",
        ]
    return parse_facts("\n".join([*lines, "@@ end", ""]).encode())


def hash_of(text: str) -> int:
    """A number of 128 bits that belongs to a text, the same on every machine."""
    return random.Random(text).getrandbits(128)  # noqa: S311  # no secret


def _iperf3(bits_per_s: float, chance: random.Random) -> bytes:
    """The parts of an iperf3 3.1 document that its parser reads."""

    def total(rate: float, start: int = 0, end: int = 60) -> dict[str, float]:
        took = end - start
        return {"start": start, "end": end, "seconds": took, "bytes": int(rate * took / 8), "bits_per_second": rate}

    waves = random.Random(bits_per_s)  # noqa: S311  # no secret: the same seconds for the same throughput
    seconds = [waves.gauss(1, 0.01) for _ in range(60)]
    share = bits_per_s * len(seconds) / sum(seconds)

    document = {
        "start": {"version": "iperf 3.1.3", "test_start": {"protocol": "TCP", "num_streams": 1, "duration": 60}},
        "intervals": [{"sum": total(share * one, at, at + 1)} for at, one in enumerate(seconds)],
        "end": {
            "sum_sent": total(bits_per_s * 1.0004) | {"retransmits": 40 + chance.randrange(20)},
            "sum_received": total(bits_per_s),
        },
    }
    return json.dumps(document).encode()


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--before-the-correction", action="store_true")
    words = parser.parse_args()
    runs = build(words.folder / "runs", before_the_correction=words.before_the_correction)
    sys.stdout.write(f"{len(runs)} runs in {words.folder / 'runs'}. Now: bench report --runs {words.folder / 'runs'}\n")


if __name__ == "__main__":
    main()
