"""Which way bytes go: counters of fake machines, and of two real ways between two network namespaces."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cloud_machines import BOOT_LOG, NETVSC_STATISTICS, azure
from fake_machine import FakeMachine
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.analyse.paths import Counters, moved, parse_counters, switched
from tests.waiting import LONGEST_S, until

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "facts"
SEEDS = [(GOLDEN / name / "probe.txt").read_bytes() for name in ("azure-accelerated", "azure-synthetic", "aws-nitro")]
MIB = 1 << 20
MANY = 64 * MIB


def counted(made: FakeMachine, *, vf: int, synthetic: int, card: str = "eth0") -> Counters:
    """What the probe sees after so many bytes, half of them sent, by the card's own counters."""
    made.count(card, (vf + synthetic) // 2, (vf + synthetic) // 2)
    said = NETVSC_STATISTICS.format(vf_rx=vf // 2, vf_tx=vf // 2, rx=synthetic // 2, tx=synthetic // 2)
    made.commands[f"ethtool -S {card}"] = said
    return parse_counters(made.probe())


def without_ethtool(made: FakeMachine) -> FakeMachine:
    made.commands = {line: said for line, said in made.commands.items() if not line.startswith("ethtool")}
    return made


def test_the_card_itself_says_which_way(tmp_path: Path) -> None:
    made = azure(tmp_path, accelerated=True)
    first = counted(made, vf=10 * MIB, synthetic=2 * MIB)
    assert moved(first, counted(made, vf=90 * MIB, synthetic=4 * MIB)) == (80 * MIB, 2 * MIB)


def test_a_vf_that_is_there_and_carries_nothing_is_seen(tmp_path: Path) -> None:
    made = azure(tmp_path, accelerated=True)
    first = counted(made, vf=10 * MIB, synthetic=0)
    assert moved(first, counted(made, vf=10 * MIB, synthetic=MANY)) == (0, MANY)


def test_without_ethtool_the_statistics_of_the_vf_say_it(tmp_path: Path) -> None:
    """The card's own statistics hold both ways; the VF counts its headers as well, so it may count more than all."""
    made = without_ethtool(azure(tmp_path, accelerated=True))

    def seen(vf: int, both: int) -> Counters:
        made.count("enP30832s1", vf // 2, vf // 2)
        made.count("eth0", both // 2, both // 2)
        return parse_counters(made.probe())

    first = seen(0, 0)
    assert moved(first, seen(60 * MIB, MANY)) == (60 * MIB, 4 * MIB)
    assert moved(first, seen(66 * MIB, MANY)) == (66 * MIB, 0)
    assert moved(first, seen(0, MANY)) == (0, MANY)
    last = seen(60 * MIB, MANY)
    made.without_card("enP30832s1")
    assert moved(last, parse_counters(made.probe())) is None, "its counters went with it"
    made.card("enP9s1", "mlx5_core", "pci", above="eth0")
    assert moved(last, parse_counters(made.probe())) is None, "it counts anew, under another name"


def test_without_a_vf_everything_is_synthetic(tmp_path: Path) -> None:
    made = without_ethtool(azure(tmp_path, accelerated=False))
    first = parse_counters(made.probe())
    made.count("eth0", MANY, 0)
    assert moved(first, parse_counters(made.probe())) == (0, MANY)


def test_several_cards_add_up(tmp_path: Path) -> None:
    """The controller comes over eth0, which has no VF; the trial goes over eth1."""
    made = azure(tmp_path, accelerated=False)
    made.card("eth1", "hv_netvsc")
    made.card("enP7s1", "mana", "pci", above="eth1")
    counted(made, vf=0, synthetic=0, card="eth1")
    first = counted(made, vf=0, synthetic=0)
    counted(made, vf=MANY, synthetic=0, card="eth1")
    assert moved(first, counted(made, vf=0, synthetic=MIB)) == (MANY, MIB)


def test_counters_of_another_boot_or_set_back_say_nothing(tmp_path: Path) -> None:
    made = azure(tmp_path, accelerated=True)
    first = counted(made, vf=MANY, synthetic=MANY)
    assert moved(first, counted(made, vf=0, synthetic=0)) is None
    made.write({"/proc/sys/kernel/random/boot_id": "another"})
    assert moved(first, counted(made, vf=2 * MANY, synthetic=MANY)) is None


def test_other_cards_have_one_way_only() -> None:
    assert parse_counters(SEEDS[2]).cards == {}
    assert moved(parse_counters(SEEDS[2]), parse_counters(SEEDS[2])) is None


def test_switches_of_the_data_path_during_a_trial_are_found(tmp_path: Path) -> None:
    made = azure(tmp_path, accelerated=True, root_login=True)
    first = parse_counters(made.probe())
    assert first.switches == (BOOT_LOG.split("\n")[-1],), "that of the boot"
    assert switched(first, parse_counters(made.probe())) == ()
    card = "hv_netvsc 000d3a7a-5f2d-000d-3a7a-5f2d000d3a7a eth0:"
    new = (
        f"[  501.1] {card} Data path switched from VF: enP30832s1", f"[  501.2] {card} VF slot 1 removed",
        f"[  509.9] {card} Data path switched to VF: enP30832s1",
    )  # fmt: skip
    made.commands["dmesg"] = "\n".join((BOOT_LOG, *new))
    assert switched(first, parse_counters(made.probe())) == new
    del made.commands["dmesg"]
    assert parse_counters(made.probe()).switches is None
    assert switched(first, parse_counters(made.probe())) == (), "what cannot be read is not known"


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_bytes_are_counters(data: st.DataObject) -> None:
    seed = data.draw(st.one_of(st.binary(max_size=200), st.sampled_from(SEEDS)))
    start = data.draw(st.integers(0, len(seed)))
    seed = seed[:start] + data.draw(st.binary(max_size=5)) + seed[start + data.draw(st.integers(0, 300)) :]
    found = parse_counters(seed)
    moved(found, parse_counters(SEEDS[0]))
    switched(parse_counters(SEEDS[0]), found)


# --- two real ways between two namespaces ---

LEAST = 30 * MIB
"""Of 60 that iperf3 writes: it does not wait for the last of them to leave."""
TABLES = ("/proc/net/tcp6", "/proc/net/tcp")
REDIRECT = "u32 match u32 0 0 action mirred {way} redirect dev {to}"


@dataclass(slots=True)
class Ground:
    """Two namespaces that share eth0 and, with the same addresses of hardware, vf0; each is held by a process."""

    pids: tuple[int, int]

    def run(self, side: int, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            ["nsenter", "-t", str(self.pids[side]), "-n", *words],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=LONGEST_S,
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"{words}: {done.stdout} {done.stderr}")
        return done.stdout

    def onto_the_vf(self) -> None:
        """Hand every packet of eth0 to vf0, and what arrives there to eth0, as the synthetic card does with its VF."""
        for side in (0, 1):
            for card, way, hook, to in (("eth0", "egress", "egress", "vf0"), ("vf0", "ingress", "ingress", "eth0")):
                self.run(side, "tc", "qdisc", "add", "dev", card, "clsact")
                rule = REDIRECT.format(way=way, to=to).split()
                self.run(side, "tc", "filter", "add", "dev", card, hook, "protocol", "all", *rule)

    def send(self, mib: int) -> None:
        """Real bytes: iperf3 from the one to the other."""
        server = subprocess.Popen(
            ["nsenter", "-t", str(self.pids[1]), "-n", "iperf3", "-s", "-1"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            until(lambda: server.poll() is not None or ":1451 " in self.run(1, "cat", *TABLES))
            assert server.poll() is None
            self.run(0, "iperf3", "-c", "10.91.1.2", "-n", f"{mib}M")
            server.wait(LONGEST_S)
        finally:
            server.kill()
            server.wait()

    def counts(self, card: str) -> tuple[int, int]:
        """Bytes received and sent."""
        for line in self.run(0, "cat", "/proc/net/dev").splitlines():
            name, _, rest = line.strip().partition(":")
            if name == card:
                return int(rest.split()[0]), int(rest.split()[8])
        raise AssertionError(card)


def _named(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


@pytest.fixture
def ground() -> Iterator[Ground]:
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "nsenter", "ip", "tc", "iperf3"))):
        pytest.skip("needs root, iproute2, util-linux and iperf3")
    holders = [subprocess.Popen(["unshare", "-n", "sleep", "1200"]) for _ in range(2)]
    try:
        mine = Path("/proc/self/ns/net").readlink()
        until(lambda: all(one.poll() is not None or _named(one.pid) == "sleep" for one in holders))
        if any(one.poll() is not None for one in holders):
            pytest.skip("no network namespaces here")
        assert all(Path(f"/proc/{one.pid}/ns/net").readlink() != mine for one in holders)
        made = Ground((holders[0].pid, holders[1].pid))
        for card in ("eth0", "vf0"):
            ends = [f"{card} netns {pid} address 02:00:00:00:00:0{n}" for n, pid in enumerate(made.pids, 1)]
            made_words = f"ip link add {ends[0]} type veth peer name {ends[1]}".split()
            subprocess.run(made_words, check=True, capture_output=True)
        for side in (0, 1):
            for card in ("lo", "eth0", "vf0"):
                made.run(side, "ip", "link", "set", card, "up")
            made.run(side, "ip", "addr", "add", f"10.91.1.{side + 1}/24", "dev", "eth0")
        yield made
    finally:
        for one in holders:
            one.kill()
            one.wait()


@pytest.mark.parametrize("with_ethtool", [True, False])
def test_real_bytes_over_a_real_change_of_path(ground: Ground, tmp_path: Path, with_ethtool: bool) -> None:
    """The fake machine's card counts what two real ones count: eth0 what it carried, the VF what went through vf0."""
    made = azure(tmp_path, accelerated=True)
    made = made if with_ethtool else without_ethtool(made)

    def seen() -> Counters:
        (rx, tx), (vf_rx, vf_tx) = ground.counts("eth0"), ground.counts("vf0")
        made.count("enP30832s1", vf_rx, vf_tx)
        # As with hv_netvsc, the statistics of the card hold both ways.
        made.count("eth0", rx + vf_rx, tx + vf_tx)
        if with_ethtool:
            made.commands["ethtool -S eth0"] = NETVSC_STATISTICS.format(vf_rx=vf_rx, vf_tx=vf_tx, rx=rx, tx=tx)
        return parse_counters(made.probe())

    start = seen()
    ground.send(60)
    synthetic = seen()
    ways = moved(start, synthetic)
    assert ways is not None
    assert ways[1] > LEAST
    assert ways[0] < 0.01 * ways[1]
    try:
        ground.onto_the_vf()
    except AssertionError as error:
        pytest.skip(f"this kernel cannot redirect with tc: {error}")
    ground.send(60)
    ways = moved(synthetic, seen())
    assert ways is not None
    assert ways[0] > LEAST
    assert ways[1] < 0.01 * ways[0]
