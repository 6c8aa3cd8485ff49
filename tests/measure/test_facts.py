"""The facts probe: golden output of this machine, shapes of other machines, its cost, and whatever bytes there are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bench.measure.facts
from bench.measure.facts import MAX_NAME, MAX_VALUE, MOST_FACTS, lacking, parse_facts, parse_volatile
from bench.model import LAYERS

pytestmark = pytest.mark.one_at_a_time("devices")

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "facts"
PROBE = Path(bench.measure.facts.__file__).with_name("probe.sh")
HERE = (GOLDEN / "debian-12-kvm" / "probe.txt").read_bytes()
GOLDEN_NAMES = sorted(folder.name for folder in GOLDEN.iterdir())
SHELLS = [shell for shell in (["dash"], ["bash", "--posix"], ["busybox", "sh"]) if shutil.which(shell[0])]


def run_probe(shell: list[str]) -> bytes:
    return subprocess.run([*shell, str(PROBE)], stdin=subprocess.DEVNULL, capture_output=True, check=False).stdout


@pytest.mark.parametrize("name", GOLDEN_NAMES)
def test_golden(name: str) -> None:
    """Our own probe's output.

    Of this machine, of one of its network namespaces and of a guest under QEMU (kernel command line, machine id and
    host key replaced by examples), and of the machines of `cloud_machines.py`.
    """
    expected = json.loads((GOLDEN / name / "expected.json").read_text("utf-8"))
    text = (GOLDEN / name / "probe.txt").read_bytes()
    facts = parse_facts(text)
    assert [list(one) for one in facts.values] == expected["values"]
    assert list(lacking(text)) == expected["lacking"]
    assert facts.notes == ()
    assert {layer for layer, _, _ in facts.values} <= set(LAYERS)


def test_a_container_whose_default_route_leads_over_no_device_has_its_card() -> None:
    facts = parse_facts((GOLDEN / "network-namespace" / "probe.txt").read_bytes())
    assert facts.get("network", "eth0.driver") == "veth"
    assert facts.get("network", "eth0.mtu") == "1420"
    assert not any(name.startswith("peer0") for _, name, _ in facts.values)


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[0])
def test_the_probe_says_the_same_twice_in_every_shell(shell: list[str]) -> None:
    first, second = parse_facts(run_probe(shell)), parse_facts(run_probe(shell))
    assert first == second
    assert first.notes == ()
    boot_id = Path("/proc/sys/kernel/random/boot_id")
    assert first.get("identity", "boot_id") == boot_id.read_text().strip()
    assert first.get("size", "vcpu") == str(len(os.sched_getaffinity(0)))


def test_the_probe_costs_little() -> None:
    """Under 1 s and 60 ms of CPU, the least of several: a busy machine adds to it. 25 ms were seen."""
    costs, waits = [], []
    for _ in range(5):
        before = os.times()
        run_probe(["sh"])
        after = os.times()
        costs.append(after.children_user + after.children_system - before.children_user - before.children_system)
        waits.append(after.elapsed - before.elapsed)
    assert min(costs) < 0.06
    assert min(waits) < 1


def test_what_moves_by_itself_is_not_a_fact() -> None:
    later = HERE.replace(b"/proc/uptime:", b"/proc/uptime:9").replace(b"/proc/loadavg:", b"/proc/loadavg:7")
    later = later.replace(b"cpu MHz\t\t: 2", b"cpu MHz\t\t: 3").replace(b"bogomips\t: 5", b"bogomips\t: 6")
    later = later.replace(b"/statistics/rx_bytes:", b"/statistics/rx_bytes:8").replace(b"stat:cpu  1", b"stat:cpu  2")
    assert later != HERE
    assert parse_facts(later) == parse_facts(HERE)
    assert parse_volatile(later) != parse_volatile(HERE)
    assert {name for name, _ in parse_volatile(HERE)} == {"uptime_s", "load_1min", "steal_ticks"}


def test_a_disc_in_a_drive_is_no_disk() -> None:
    drive = b"lrwxrwxrwx 1 root root 0 Jan 1 00:00 /sys/block/sr0/device -> ../../../1:0:0:0"
    with_disc = HERE.replace(b"@@ links\n", b"@@ links\n" + drive + b"\n")
    with_disc = with_disc.replace(b"@@ cpu\n", b"/sys/block/sr0/size:2097151\n@@ cpu\n")
    assert len(with_disc) > len(HERE) + len(drive)
    assert parse_facts(with_disc) == parse_facts(HERE)


def test_a_guest_kernel_does_not_move_the_size() -> None:
    """A new kernel names new mitigation flags and keeps other memory for itself: neither is another machine."""
    patched = HERE.replace(b"flags\t\t: ", b"flags\t\t: ibpb stibp retpoline new_bug_bits ")
    patched = patched.replace(b"/proc/meminfo:MemTotal:       24", b"/proc/meminfo:MemTotal:       23")
    size = [one for one in parse_facts(patched).values if one[0] == "size"]
    assert size == [one for one in parse_facts(HERE).values if one[0] == "size"]
    other = parse_facts(HERE.replace(b" avx2 ", b" "))
    assert other.get("size", "cpu_isa") != parse_facts(HERE).get("size", "cpu_isa")


def test_output_that_breaks_off_keeps_what_it_said_and_tells() -> None:
    # Without the sections that come last a disk, a card or a cloud is known by less.
    whole = set(parse_facts(HERE).values) | {("size", "memory_about_mib", "24576")}  # the fallback for no blocks
    for length in range(0, len(HERE) - len("@@ end"), 29):
        facts = parse_facts(HERE[:length])
        assert facts.notes
        assert set(facts.values) <= whole
    assert parse_facts(b"").values == ()


SEEDS = [(GOLDEN / name / "probe.txt").read_bytes() for name in GOLDEN_NAMES]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_bytes_give_facts(data: st.DataObject) -> None:
    seed = data.draw(st.one_of(st.binary(max_size=200), st.sampled_from(SEEDS)))
    start = data.draw(st.integers(0, len(seed)))
    seed = seed[:start] + data.draw(st.binary(max_size=5)) + seed[start + data.draw(st.integers(0, 300)) :]
    facts = parse_facts(seed)
    assert len(facts.values) <= MOST_FACTS
    for layer, name, value in facts.values:
        assert layer in LAYERS
        assert len(name) <= MAX_NAME + 100
        assert len(value) <= MAX_VALUE + 100
        assert name
        assert value == " ".join(value.split())
        assert value
    parse_volatile(seed)
    lacking(seed)
