"""What a target is, read from the output of `probe.sh`: one pure function from bytes to facts by layer.

Unknown is absent, never a guess. What changes by itself (uptime, load, MHz, counters) is not a fact: see
`parse_volatile`, and `bench.analyse.paths` for the counters.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.measure.facts_devices import disk, network
from bench.measure.facts_guest import guest
from bench.measure.facts_machine import host, identity, size, stale_build, status
from bench.measure.sections import MAX_PROBE, Files, Found, Sections, bounded, first_line, read_files, read_sections
from bench.model import Facts, Pairs, pairs

__all__ = ["BROKE_OFF", "MAX_NAME", "MAX_PROBE", "MAX_VALUE", "MOST_FACTS", "lacking", "parse_facts", "parse_volatile"]

_CPU = "/sys/devices/system/cpu"
_FILES = {
    "/sys/hypervisor/type": ("host", "hypervisor_type"),
    "/sys/class/dmi/id/bios_version": ("host", "bios"),
    "/sys/class/dmi/id/sys_vendor": ("host", "vendor"),
    "/sys/class/dmi/id/product_name": ("size", "product"),  # on AWS the instance type
    f"{_CPU}/online": ("size", "cpus_online"),
    f"{_CPU}/smt/control": ("size", "smt"),
    f"{_CPU}/cpu0/cache/index3/size": ("size", "cpu_cache_l3"),
    "/sys/devices/system/node/online": ("size", "numa_nodes"),
    "/proc/sys/kernel/osrelease": ("guest-os", "kernel"),
    "/proc/sys/kernel/version": ("guest-os", "kernel_build"),
    "/proc/cmdline": ("guest-config", "cmdline"),
    f"{_CPU}/cpu0/cpufreq/scaling_governor": ("guest-config", "governor"),
    f"{_CPU}/cpuidle/current_driver": ("guest-config", "cpuidle"),
    "/sys/devices/system/clocksource/clocksource0/current_clocksource": ("guest-config", "clocksource"),
    "/sys/kernel/security/lsm": ("guest-config", "lsm"),
    "/etc/tuned/active_profile": ("guest-config", "tuned"),
    "/proc/sys/net/ipv4/tcp_congestion_control": ("network", "congestion_control"),
    "/etc/machine-id": ("identity", "machine_id"),
    "/var/lib/cloud/data/instance-id": ("identity", "instance_id"),  # cloud-init; on every cloud another kind of name
    "/sys/class/dmi/id/product_uuid": ("identity", "vm_uuid"),  # root reads it; Azure's VM id with its bytes swapped
    "/sys/hypervisor/uuid": ("identity", "vm_uuid"),  # Xen
    "/proc/sys/kernel/random/boot_id": ("identity", "boot_id"),
}
MAX_VALUE, MAX_NAME, MOST_FACTS = 4096, 200, 5000
"""Characters of a value (as long as a kernel's command line) and of a name, and how many facts there may be."""
BROKE_OFF = "the probe broke off: facts may be missing"


def parse_facts(text: bytes) -> Facts:
    """The facts in the output of the probe; never raises. Notes say what is missing as a whole."""
    sections = read_sections(text)
    files = read_files(sections)
    found: dict[tuple[str, str], str] = {}
    for layer, name, value in (
        *_small_files(files), *host(sections), *size(sections, files), *identity(files), *guest(sections, files),
        *network(sections, files), *disk(sections, files),
    ):  # fmt: skip
        if len(found) == MOST_FACTS:
            break
        if value := bounded(" ".join(value.split()), MAX_VALUE):
            found.setdefault((layer, bounded(name, MAX_NAME)), value)
    notes = [] if "end" in sections else [BROKE_OFF]
    if len(found) == MOST_FACTS:
        notes.append(f"more than {MOST_FACTS} facts: the rest was left out")
    return Facts(tuple(sorted((layer, name, value) for (layer, name), value in found.items())), tuple(notes))


def parse_volatile(text: bytes) -> Pairs:
    """What the same output says about the moment, as far as it is there.

    `uptime_s`, `load_1min`, and `steal_ticks` (1/100 s since boot in which the host ran somebody else). Hyper-V
    reports a steal time of 0 whatever it does: there it is not known.
    """
    sections = read_sections(text)
    files = read_files(sections)
    named = {"uptime_s": "/proc/uptime", "load_1min": "/proc/loadavg"}
    found = {name: files[path].split()[0] for name, path in named.items() if files.get(path, "").split()}
    ticks = read_files(sections, "counters").get("/proc/stat", "").split()
    hyper_v = first_line(sections, "virt") == "microsoft"
    if len(ticks) > 8 and ticks[8].isdecimal() and not (hyper_v and int(ticks[8][:18]) == 0):
        found["steal_ticks"] = ticks[8]
    return pairs(found)


def lacking(text: bytes) -> tuple[str, ...]:
    """What the probe would also have said, and what it would need for that: root, a tool, a module of the kernel.

    Also that what the kernel said of the host when it was booted is stale.
    """
    sections = read_sections(text)
    files = read_files(sections)
    facts = {(layer, name): value for layer, name, value in parse_facts(text).values}
    return tuple(_lacking(sections, files, facts))


def _lacking(sections: Sections, files: Files, facts: dict[tuple[str, str], str]) -> Iterator[str]:
    root = status(files, "Uid").split()[:1] == ["0"]
    hyper_v = facts.get(("host", "virtualization")) == "microsoft"
    if not root and ("host", "vendor") in facts and ("identity", "vm_uuid") not in facts:
        yield "as root: the UUID of the virtual machine"
    if hyper_v and "could be read" not in sections.get("kernel-log", []):
        yield "as root: the kernel's log, which names the host's build at boot and every switch of the data path"
    if hyper_v and ("host", "build") not in facts:
        yield "as root, with the kernel's module cpuid loaded: the build of the host as it is now"
    if any(layer == "network" and name.endswith(".driver") for layer, name in facts) and not sections.get("ethtool"):
        yield "with ethtool installed: offloads and channels of the network cards"
    if ("host", "cloud") in facts and ("size", "vm_size") not in facts:
        yield "with bash installed and the cloud's metadata service in reach: the size of the machine, region and zone"
    if stale_build(facts):
        yield "the host is another one than at boot: the machine was moved, and build_at_boot is stale"


def _small_files(files: Files) -> Found:
    for path, content in files.items():
        if path in _FILES:
            yield (*_FILES[path], content)
        elif path.startswith(f"{_CPU}/vulnerabilities/"):
            yield "guest-config", f"vulnerability.{path.rpartition('/')[2]}", content
