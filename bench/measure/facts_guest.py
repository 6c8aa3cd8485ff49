"""Which system runs on the machine, and how is it set? The layers guest-os and guest-config."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bench.measure.sections import Files, Found, Sections, digest

_NAMED = tuple(
    f"/proc/sys/{name}"
    for name in (
        *("kernel/numa_balancing", "kernel/sched_autogroup_enabled", "kernel/nmi_watchdog", "vm/swappiness"),
        *("vm/dirty_ratio", "vm/dirty_background_ratio", "vm/overcommit_memory", "vm/nr_hugepages"),
        *("vm/zone_reclaim_mode", "net/core/rmem_max", "net/core/wmem_max", "net/core/default_qdisc"),
        *("net/core/netdev_max_backlog", "net/core/somaxconn", "net/core/busy_poll", "net/ipv4/tcp_rmem"),
        *("net/ipv4/tcp_wmem", "net/ipv4/tcp_mtu_probing", "net/ipv4/tcp_timestamps", "net/ipv4/tcp_sack"),
    )
)
"""Settings that matter by themselves; the others are told apart by one digest."""

_MOVES = re.compile(
    # What the kernel derives from memory at every boot, or what other programs leave behind.
    r"vm/(drop_caches|compact_memory|min_free_kbytes|(user|admin)_reserve_kbytes|lowmem_reserve_ratio|numa_stat)"
    r"|net/ipv4/((tcp|udp)_mem|tcp_max_(orphans|tw_buckets|syn_backlog)|(tcp|udp)_(child_)?e?hash_entries)"
    r"|net/ipv4/tcp_(available|allowed)_.*|net/core/netdev_rss_key"
    # What only root can read: another login is no other setting.
    r"|vm/mmap_rnd_.*|net/core/bpf_jit_.*|net/ipv4/tcp_fastopen_key"
    # Facts of their own.
    r"|net/ipv4/tcp_congestion_control|kernel/(osrelease|version|random/.*|dmesg_restrict)"
)


def guest(sections: Sections, files: Files) -> Found:
    """The system, and those of its settings that are not one small file each."""
    release = dict(line.split("=", 1) for line in files.get("/etc/os-release", "").split("\n") if "=" in line)
    yield "guest-os", "distribution", release.get("PRETTY_NAME", "").strip("\"'")
    packages = sorted(line for line in sections.get("packages", []) if line.strip())
    yield "guest-os", "packages", digest("\n".join(packages)) if packages else ""
    yield "guest-os", "reboot_required", "yes" if "/var/run/reboot-required" in files else ""
    pending = re.search(r"^([0-9]{1,6}) ", files.get("/var/lib/update-notifier/updates-available", ""), re.MULTILINE)
    yield "guest-os", "pending_updates", pending[1] if pending else ""
    for name in ("enabled", "defrag"):
        chosen = re.search(r"\[([\w+]+)\]", files.get(f"/sys/kernel/mm/transparent_hugepage/{name}", ""))
        fact = "transparent_hugepages" if name == "enabled" else "transparent_hugepages_defrag"
        yield "guest-config", fact, chosen[1] if chosen else ""
    if "/proc/swaps" in files:
        devices = [line.split() for line in files["/proc/swaps"].split("\n")[1:]]
        yield "guest-config", "swap_kib", ", ".join(sorted(words[2] for words in devices if len(words) > 2)) or "none"
    enforcing = files.get("/sys/fs/selinux/enforce", "")
    yield "guest-config", "selinux", {"1": "enforcing", "0": "permissive"}.get(enforcing, "")
    yield "guest-config", "apparmor", files.get("/sys/module/apparmor/parameters/enabled", "")
    if "cpu" in sections:  # the one that follows: a digest of half of them would be another one
        yield from _settings(files)


def _settings(files: Files) -> Iterator[tuple[str, str, str]]:
    """Those that matter by name, and one digest over all others."""
    rest: list[str] = []
    for path, content in files.items():
        if path in _NAMED:
            yield "guest-config", f"sysctl.{path[10:].replace('/', '.')}", content
        elif path.startswith("/proc/sys/") and not _MOVES.fullmatch(path[10:]):
            rest.append(f"{path}={' '.join(content.split())}")
    yield "guest-config", "sysctl_digest", digest("\n".join(sorted(rest))) if rest else ""
