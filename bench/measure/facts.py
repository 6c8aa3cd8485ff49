"""What a target is, read from the output of `probe.sh`: one pure function from bytes to facts by layer.

Unknown is absent, never a guess. What changes by itself (uptime, load, MHz, counters) is not a fact: see
`parse_volatile`. Keys that a reboot may shuffle (sdX, the name of a VF) are replaced by stable ones.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from bench.model import Facts, Pairs, pairs

_CPU = "/sys/devices/system/cpu"
_FILES = {
    "/sys/hypervisor/type": ("host", "hypervisor_type"),
    "/sys/class/dmi/id/bios_version": ("host", "bios"),
    "/sys/class/dmi/id/sys_vendor": ("host", "vendor"),
    "/sys/class/dmi/id/product_name": ("size", "product"),  # on AWS the instance type
    f"{_CPU}/online": ("size", "cpus_online"),
    f"{_CPU}/smt/control": ("size", "smt"),
    "/sys/devices/system/node/online": ("size", "numa_nodes"),
    "/proc/sys/kernel/osrelease": ("guest-os", "kernel"),
    "/proc/sys/kernel/version": ("guest-os", "kernel_build"),
    "/proc/cmdline": ("guest-config", "cmdline"),
    f"{_CPU}/cpu0/cpufreq/scaling_governor": ("guest-config", "governor"),
    f"{_CPU}/cpuidle/current_driver": ("guest-config", "cpuidle"),
    "/sys/devices/system/clocksource/clocksource0/current_clocksource": ("guest-config", "clocksource"),
    "/sys/kernel/security/lsm": ("guest-config", "lsm"),
    "/proc/sys/net/ipv4/tcp_congestion_control": ("network", "congestion_control"),
    "/etc/machine-id": ("identity", "machine_id"),
    "/var/lib/cloud/data/instance-id": ("identity", "instance_id"),  # cloud-init; on every cloud another kind of name
    "/sys/class/dmi/id/product_uuid": ("identity", "vm_uuid"),  # root reads it; Azure's VM id with its bytes swapped
    "/sys/hypervisor/uuid": ("identity", "vm_uuid"),  # Xen
    "/proc/sys/kernel/random/boot_id": ("identity", "boot_id"),
}
_KVP = {
    "PhysicalHostNameFullyQualified": ("host", "physical_host"),
    "HostingSystemOsMajor": ("host", "os_major"),
    "HostingSystemOsMinor": ("host", "os_minor"),
    "VirtualMachineId": ("identity", "vm_id"),
}
_CPU_FIELDS = {
    "vendor_id": "cpu_vendor", "cpu family": "cpu_family", "model": "cpu_model", "model name": "cpu_name",
    "stepping": "cpu_stepping", "CPU implementer": "cpu_vendor", "CPU part": "cpu_model", "CPU variant": "cpu_stepping",
}  # fmt: skip
_ISA = re.compile(
    r"(?:sse|ssse|avx|amx|bmi|vaes|vpclmul|pclmul|sha|gfni|xsave|asimd|sve|crc|atomics|fp\d?$|tsc|constant_tsc|nonstop_tsc)"
    r"|(?:aes|fma|f16c|popcnt|movbe|adx|rdrand|rdseed|clflushopt|clwb|erms|fsrm|invpcid|pcid|pdpe1gb|x2apic)$"
)
"""Flags of the hardware. The rest are the kernel's own words (mitigations): they move with a guest patch."""
MAX_PROBE = 4 << 20
"""Bytes of output that are looked at; a large machine's probe prints a tenth of it."""
MAX_VALUE, MAX_NAME, MOST_FACTS = 4096, 200, 5000
"""Characters of a value (as long as a kernel's command line) and of a name, and how many facts there may be."""
_MASKED_MICROCODE = ("0xffffffff", "0xffffffffffffffff")


def parse_facts(text: bytes) -> Facts:
    """The facts in the output of the probe; never raises. Notes say what is missing as a whole."""
    sections = _whole(_sections(text[:MAX_PROBE]))
    files = _files(sections.get("files", []))
    found: dict[tuple[str, str], str] = {}
    for layer, name, value in (
        *_small_files(files), *_host(sections), *_size(sections, files), *_guest(sections, files),
        *_network(sections, files), *_disk(sections, files),
    ):  # fmt: skip
        if len(found) == MOST_FACTS:
            break
        if value := _bounded(" ".join(value.split()), MAX_VALUE):
            found.setdefault((layer, _bounded(name, MAX_NAME)), value)
    notes = [] if "end" in sections else ["the probe broke off: facts may be missing"]
    if len(found) == MOST_FACTS:
        notes.append(f"more than {MOST_FACTS} facts: the rest was left out")
    return Facts(tuple(sorted((layer, name, value) for (layer, name), value in found.items())), tuple(notes))


def parse_volatile(text: bytes) -> Pairs:
    """What the same output says about the moment: `uptime_s` and `load_1min`, as far as they are there."""
    files = _files(_whole(_sections(text[:MAX_PROBE])).get("files", []))
    named = {"uptime_s": "/proc/uptime", "load_1min": "/proc/loadavg"}
    return pairs({name: files[path].split()[0] for name, path in named.items() if files.get(path, "").split()})


def _bounded(text: str, longest: int) -> str:
    """`text`; a longer one than any machine has is cut, with a digest that still tells two of them apart."""
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters, {_digest(text)})"


def _sections(text: bytes) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.decode("utf-8", errors="replace").split("\n"):
        if line.startswith("@@ "):
            lines = sections.setdefault(line[3:].strip(), [])
        else:
            lines.append(line.rstrip("\r"))
    return sections


def _whole(sections: dict[str, list[str]]) -> dict[str, list[str]]:
    """`sections` without what may be cut short: half a value would be a wrong fact."""
    if "end" in sections or not sections:
        return sections
    *_, last = sections
    lines = sections[last]
    kept = [line for line in lines if line.partition(":")[0] != lines[-1].partition(":")[0]] if last == "files" else []
    return sections | {last: kept}


def _files(lines: list[str]) -> dict[str, str]:
    """`path:line` as path → content."""
    found: dict[str, str] = {}
    for line in lines:
        path, colon, content = line.partition(":")
        if colon and path.startswith("/"):
            found[path] = f"{found[path]}\n{content}" if path in found else content
    return found


def _small_files(files: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for path, content in files.items():
        if path in _FILES:
            yield (*_FILES[path], content)
        elif path.startswith(f"{_CPU}/vulnerabilities/"):
            yield "guest-config", f"vulnerability.{path.rpartition('/')[2]}", content
        elif path.startswith("/proc/sys/"):
            yield "guest-config", f"sysctl.{path[10:].replace('/', '.')}", content


def _host(sections: Mapping[str, list[str]]) -> Iterator[tuple[str, str, str]]:
    yield "host", "virtualization", _line(sections, "virt")
    words = sections.get("kvp", [])
    for name, value in pairwise(words):
        if name in _KVP and value not in _KVP:
            yield (*_KVP[name], value)
    build = re.findall(r"Host Build ([\w.-]+)", "\n".join(sections.get("host-build", [])))
    yield "host", "build_at_boot", build[-1] if build else ""


def _size(sections: Mapping[str, list[str]], files: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    yield "size", "vcpu", _line(sections, "nproc")
    yield "size", "cpus_allowed", files.get("/proc/self/status", "").partition(":")[2]
    yield "size", "architecture", _line(sections, "uname")
    block, blocks = files.get("/sys/devices/system/memory/block_size_bytes", ""), _line(sections, "memory-blocks")
    if re.fullmatch(r"[0-9a-f]{1,16}", block) and re.fullmatch(r"[0-9]{1,9}", blocks):
        yield "size", "memory_mib", str(int(block, 16) * int(blocks) >> 20)
    elif total := re.search(r"MemTotal:\s+([0-9]{1,15}) kB", files.get("/proc/meminfo", "")):
        # What the kernel keeps for itself changes with every kernel: whole GiB are the machine's size.
        yield "size", "memory_mib", f"about {round(int(total[1]) / 2**20) * 1024}"
    for line in sections.get("cpu", []):
        name, _, value = line.partition(":")
        if name.strip() in _CPU_FIELDS:
            yield "size", _CPU_FIELDS[name.strip()], value
        elif name.strip() in ("flags", "Features"):
            flags = sorted(flag for flag in value.split() if _ISA.match(flag))
            yield "size", "cpu_isa", _digest(" ".join(flags))
        elif name.strip() == "microcode" and value.strip() not in _MASKED_MICROCODE:
            yield "guest-os", "microcode", value


def _guest(sections: Mapping[str, list[str]], files: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    release = dict(line.split("=", 1) for line in files.get("/etc/os-release", "").split("\n") if "=" in line)
    yield "guest-os", "distribution", release.get("PRETTY_NAME", "").strip("\"'")
    packages = sorted(line for line in sections.get("packages", []) if line.strip())
    yield "guest-os", "packages", _digest("\n".join(packages)) if packages else ""
    yield "guest-os", "reboot_required", "yes" if "/var/run/reboot-required" in files else ""
    chosen = re.search(r"\[(\w+)\]", files.get("/sys/kernel/mm/transparent_hugepage/enabled", ""))
    yield "guest-config", "transparent_hugepages", chosen[1] if chosen else ""
    if "/proc/swaps" in files:
        devices = [line.split() for line in files["/proc/swaps"].split("\n")[1:]]
        yield "guest-config", "swap_kib", ", ".join(sorted(words[2] for words in devices if len(words) > 2)) or "none"
    key = files.get("/etc/ssh/ssh_host_ed25519_key.pub", "").split()
    yield "identity", "ssh_host_key", _digest(key[1]) if len(key) > 1 else ""


def _network(sections: Mapping[str, list[str]], files: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Interfaces of a device. A VF (an interface below another one) is a fact of that one: its own name changes."""
    links = dict(_links(sections))
    drivers = {
        path.split("/")[4]: target.rpartition("/")[2]
        for path, target in links.items()
        if re.fullmatch(r"/sys/class/net/[^/]+/device/driver", path)
    }
    queues = [path.split("/") for path in sections.get("queues", [])]
    for name, driver in drivers.items():
        above = links.get(f"/sys/class/net/{name}/master", "").rpartition("/")[2]
        if above in drivers:
            yield "network", f"{above}.vf", driver
            continue
        yield "network", f"{name}.driver", driver
        yield "network", f"{name}.mtu", files.get(f"/sys/class/net/{name}/mtu", "")
        for kind in ("rx", "tx"):
            count = sum(parts[4:6] == [name, "queues"] and parts[-1].startswith(f"{kind}-") for parts in queues)
            yield "network", f"{name}.{kind}_queues", str(count or "")
    for name, driver in drivers.items():
        if driver == "hv_netvsc":  # after the VFs: the first value of a fact stays
            yield "network", f"{name}.vf", "none"


def _disk(sections: Mapping[str, list[str]], files: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    links = dict(_links(sections))
    stable: dict[str, list[str]] = {}
    for path, target in links.items():
        if path.startswith("/dev/disk/by-id/"):
            stable.setdefault(target.rpartition("/")[2], []).append(path.rpartition("/")[2])
    seen: set[str] = set()
    for path in sorted(links):
        if not (match := re.fullmatch(r"/sys/block/([^/]+)/device", path)):
            continue
        base = f"/sys/block/{match[1]}"
        serial = files.get(f"{base}/serial", "") or files.get(f"{base}/device/serial", "")
        name = min(stable.get(match[1], []), default="") or "-".join(serial.split()) or match[1]
        name = match[1] if name in seen else name  # some hypervisors give every disk the same serial number
        seen.add(name)
        sectors = files.get(f"{base}/size", "")
        if re.fullmatch(r"[0-9]{1,18}", sectors):
            yield "disk", f"{name}.size_bytes", str(int(sectors) * 512)
        scheduler = files.get(f"{base}/queue/scheduler", "")
        chosen = re.search(r"\[([\w-]+)\]", scheduler)
        yield "disk", f"{name}.scheduler", chosen[1] if chosen else scheduler
        for field in ("nr_requests", "rotational", "write_cache"):
            yield "disk", f"{name}.{field}", files.get(f"{base}/queue/{field}", "")
        yield "disk", f"{name}.model", files.get(f"{base}/device/model", "")
    root = files.get("/proc/mounts", "").rpartition("\n")[2].split()  # the last one lies on top
    if len(root) > 3:
        yield "disk", "root.filesystem", f"{root[2]} {root[3]}"


def _links(sections: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    for line in sections.get("links", []):
        left, arrow, target = line.partition(" -> ")
        if arrow and "/" in left:
            yield left[left.index("/") :], target


def _line(sections: Mapping[str, list[str]], name: str) -> str:
    return next(iter(sections.get(name, [])), "")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
