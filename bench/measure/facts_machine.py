"""On which host, as which machine of which size does the guest run? The layers host, size and identity."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from bench.measure.sections import Files, Found, Sections, digest, first_line

_KVP = {
    "PhysicalHostNameFullyQualified": ("host", "physical_host"),
    "PhysicalHostName": ("host", "physical_host"),
    "HostingSystemOsMajor": ("host", "os_major"),
    "HostingSystemOsMinor": ("host", "os_minor"),
    "VirtualMachineId": ("identity", "vm_id"),
}
"""Where one fact has two names, the first that has a value counts."""
_RECORD_LINES, _KEY_BYTES = 5, 512
_CPU_FIELDS = {
    "vendor_id": "cpu_vendor", "cpu family": "cpu_family", "model": "cpu_model", "model name": "cpu_name",
    "stepping": "cpu_stepping", "CPU implementer": "cpu_vendor", "CPU part": "cpu_model", "CPU variant": "cpu_stepping",
}  # fmt: skip
_ISA = re.compile(
    r"(?:sse|ssse|avx|amx|bmi|vaes|vpclmul|pclmul|sha|gfni|xsave|asimd|sve|crc|atomics|fp\d?$|tsc|constant_tsc|nonstop_tsc)"
    r"|(?:aes|fma|f16c|popcnt|movbe|adx|rdrand|rdseed|clflushopt|clwb|erms|fsrm|invpcid|pcid|pdpe1gb|x2apic)$"
)
"""Flags of the hardware. The rest are the kernel's own words (mitigations): they move with a guest patch."""
_MASKED_MICROCODE = ("0xffffffff", "0xffffffffffffffff")
_METADATA = {
    "cloud": ("host", "cloud"),
    # Azure
    "vmSize": ("size", "vm_size"), "location": ("size", "region"), "zone": ("size", "zone"),
    "vmId": ("identity", "cloud_vm_id"), "host": ("host", "host_id"),
    # AWS
    "instance-type": ("size", "vm_size"), "placement/region": ("size", "region"),
    "placement/availability-zone-id": ("size", "zone"), "instance-id": ("identity", "cloud_vm_id"),
    "placement/host-id": ("host", "host_id"),
    # Google Cloud: paths, whose last part is the name
    "machine-type": ("size", "vm_size"), "cpu-platform": ("size", "cpu_platform"), "id": ("identity", "cloud_vm_id"),
    "attributes/physical_host": ("host", "physical_host"),
}  # fmt: skip
_PATHS = ("machine-type", "zone")
_LIMITS = {
    "cpu.max": "cpu_quota", "cpu/cpu.cfs_quota_us": "cpu_quota",
    "memory.max": "memory_limit", "memory/memory.limit_in_bytes": "memory_limit",
}  # fmt: skip
"""Of a container, in either version of cgroups; what limits a machine itself is its size."""
_NO_LIMITS = ("max", "-1", "9223372036854771712")


def host(sections: Sections) -> Found:
    """What stands below the machine; the live sources of the host's build beside what the kernel said at boot."""
    yield "host", "virtualization", first_line(sections, "virt")
    records = dict(_kvp(sections.get("kvp-records", [])))
    for name, fact in _KVP.items():
        yield (*fact, records.get(name, ""))
    yield "host", "build", _live_build(first_line(sections, "cpuid"))
    build = re.findall(r"Host Build ([\w.-]+)", "\n".join(sections.get("kernel-log", [])))
    yield "host", "build_at_boot", build[-1] if build else ""
    for name, value in metadata(sections).items():
        if name in _METADATA:
            yield (*_METADATA[name], value)


def metadata(sections: Sections) -> dict[str, str]:
    """What the cloud's metadata service said, by its own names."""
    found = dict(line.split(":", 1) for line in sections.get("metadata", []) if ":" in line)
    for name in _PATHS:
        if name in found:
            found[name] = found[name].rpartition("/")[2]
    if found.get("cloud") == "gce" and "zone" in found:
        found["location"] = found["zone"].rpartition("-")[0]
    return found


def size(sections: Sections, files: Files) -> Found:
    """How large the machine is, and of which CPU."""
    yield "size", "vcpu", first_line(sections, "nproc")
    yield "size", "cpus_allowed", status(files, "Cpus_allowed_list")
    yield "size", "architecture", first_line(sections, "uname")
    block, blocks = files.get("/sys/devices/system/memory/block_size_bytes", ""), first_line(sections, "memory-blocks")
    if re.fullmatch(r"[0-9a-f]{1,16}", block) and re.fullmatch(r"[0-9]{1,9}", blocks):
        yield "size", "memory_mib", str(int(block, 16) * int(blocks) >> 20)
    elif total := re.search(r"MemTotal:\s+([0-9]{1,15}) kB", files.get("/proc/meminfo", "")):
        # What the kernel keeps for itself changes with every kernel: whole GiB are the machine's size. It is not the
        # exact fact: that another kernel can tell that is no other size.
        yield "size", "memory_about_mib", str(round(int(total[1]) / 2**20) * 1024)
    for path, fact in _LIMITS.items():
        limit = files.get(f"/sys/fs/cgroup/{path}", "")
        yield "size", fact, "none" if limit.startswith(_NO_LIMITS) else limit
    for path, content in files.items():
        if node := re.fullmatch(r"/sys/devices/system/node/(node\d+)/cpulist", path):
            yield "size", f"numa.{node[1]}_cpus", content
    yield from _cpu(sections.get("cpu", []))


def _cpu(lines: Iterable[str]) -> Found:
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() in _CPU_FIELDS:
            yield "size", _CPU_FIELDS[name.strip()], value
        elif name.strip() in ("flags", "Features"):
            flags = sorted(flag for flag in value.split() if _ISA.match(flag))
            yield "size", "cpu_isa", digest(" ".join(flags))
        elif name.strip() == "microcode" and value.strip() not in _MASKED_MICROCODE:
            yield "guest-os", "microcode", value


def identity(files: Files) -> Found:
    """Which machine it is, beyond the files that say so by themselves."""
    key = files.get("/etc/ssh/ssh_host_ed25519_key.pub", "").split()
    yield "identity", "ssh_host_key", digest(key[1]) if len(key) > 1 else ""


def status(files: Files, name: str) -> str:
    """A line of /proc/self/status, "" when it is not there."""
    for line in files.get("/proc/self/status", "").split("\n"):
        field, _, value = line.partition(":")
        if field == name:
            return value.strip()
    return ""


def stale_build(facts: Mapping[tuple[str, str], str]) -> bool:
    """Whether the host is another one than the kernel saw when it was booted: the machine was moved since."""
    live, boot = facts.get(("host", "build")), facts.get(("host", "build_at_boot"))
    return live is not None and boot is not None and live != boot


def _kvp(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Name and value of each record; one that was cut off is none."""
    for start in range(0, len(lines) - _RECORD_LINES + 1, _RECORD_LINES):
        name, *value = lines[start : start + _RECORD_LINES]
        if name and len(name) <= _KEY_BYTES:
            yield name, "".join(value)


def _live_build(line: str) -> str:
    """The registers of CPUID leaf 0x40000002 in the form in which the kernel prints the build when it boots."""
    words = line.split()
    if len(words) != 4 or not all(re.fullmatch(r"[0-9a-f]{8}", word) for word in words) or not int(words[0], 16):
        return ""
    build, version, pack, service = (int(word, 16) for word in words)
    return f"{version >> 16}.{version & 0xFFFF}.{build}.{service & 0xFFFFFF}-{pack}-{service >> 24}"
