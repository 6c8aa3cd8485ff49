"""What do the machine's network cards and disks look like? The layers network and disk.

Keys that a reboot may shuffle (sdX, the name of a VF) are replaced by stable ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bench.measure.facts_machine import metadata
from bench.measure.sections import Files, Found, Sections, links

_OFFLOADS = (
    "rx-checksumming", "tx-checksumming", "scatter-gather", "tcp-segmentation-offload", "generic-segmentation-offload",
    "generic-receive-offload", "large-receive-offload", "rx-gro-hw", "tx-udp-segmentation", "receive-hashing",
    "ntuple-filters",
)  # fmt: skip
"""Those that move results. A newer kernel knows more names: that is no other setting of the card."""
_NO_FIRMWARE = ("", "N/A", "n/a")
_LOCAL_MODELS = re.compile(r"Microsoft NVMe Direct Disk.*|Amazon EC2 NVMe Instance Storage|nvme_card\d*")
_LOCAL_LINKS = re.compile(r"/dev/disk/(azure/resource|azure/local/by-.*|by-label/Temporary.*)")
_BUSES = (("nvme", "NVMe"), ("vd", "virtio"), ("xvd", "Xen"), ("sd", "SCSI"), ("mmcblk", "MMC"))
_PASSING_MOUNTS = re.compile(r"/(snap|proc|sys|dev|run|tmp|var/lib/(docker|containerd|containers|kubelet|snapd))(/.*)?")
_MOST_MOUNTS = 50


def network(sections: Sections, files: Files) -> Found:
    """Interfaces of a device. A VF (an interface below another one) is a fact of that one: its own name changes."""
    targets = dict(links(sections))
    drivers = {
        path.split("/")[4]: target.rpartition("/")[2]
        for path, target in targets.items()
        if re.fullmatch(r"/sys/class/net/[^/]+/device/driver", path)
    }
    queues = [path.split("/") for path in sections.get("queues", [])]
    said = dict(_ethtool(sections.get("ethtool", [])))
    if (default := _default_route(files)) and default not in drivers:  # in a container it leads over no device
        drivers[default] = dict(_fields(said.get((default, "i"), []))).get("driver", "")
    own = [
        driver
        for name, driver in drivers.items()
        if targets.get(f"/sys/class/net/{name}/master", "").rpartition("/")[2] not in drivers
    ]
    yield (
        "network",
        "cards",
        ", ".join(sorted(filter(None, own))),
    )  # under new names they would be no change, but unknown
    for name, driver in drivers.items():
        above = targets.get(f"/sys/class/net/{name}/master", "").rpartition("/")[2]
        if above in drivers:
            yield "network", f"{above}.vf", driver
            yield "network", f"{above}.vf_vendor", files.get(f"/sys/class/net/{name}/device/vendor", "")
            continue
        yield "network", f"{name}.driver", driver
        for field in ("mtu", "tx_queue_len"):
            yield "network", f"{name}.{field}", files.get(f"/sys/class/net/{name}/{field}", "")
        for kind in ("rx", "tx"):
            count = sum(parts[4:6] == [name, "queues"] and parts[-1].startswith(f"{kind}-") for parts in queues)
            yield "network", f"{name}.{kind}_queues", str(count or "")
        yield from _card(name, driver, said, files.get("/proc/sys/kernel/osrelease", ""))
    for name, driver in drivers.items():
        if driver == "hv_netvsc":  # after the VFs: the first value of a fact stays
            yield "network", f"{name}.vf", "none"


def _default_route(files: Files) -> str:
    """The interface of the default route (destination and mask are 0), "" when there is none."""
    for line in files.get("/proc/net/route", "").split("\n"):
        words = line.split()
        if len(words) > 7 and words[1] == words[7] == "00000000":
            return words[0]
    return ""


def _card(name: str, driver: str, said: Mapping[tuple[str, str], list[str]], kernel: str) -> Found:
    """What ethtool knows of one card."""
    about = dict(_fields(said.get((name, "i"), [])))
    if about.get("firmware-version", "") not in _NO_FIRMWARE:
        yield "network", f"{name}.firmware", about["firmware-version"]
    # A driver that came with the kernel has the kernel's version: it moves with a guest patch, and so do the others.
    if driver and about.get("version", kernel) != kernel:
        yield "guest-os", f"driver.{driver}", about["version"]
    features = dict(_fields(said.get((name, "k"), [])))
    known = [feature for feature in _OFFLOADS if feature in features]
    on = [feature for feature in known if features[feature].partition(" ")[0] == "on"]
    yield "network", f"{name}.offloads", (", ".join(on) or "none") if known else ""
    _, _, current = "\n".join(said.get((name, "l"), [])).partition("Current hardware settings:")
    channels = [(kind, count) for kind, count in _fields(current.split("\n")) if count.isdecimal() and count != "0"]
    yield "network", f"{name}.channels", ", ".join(f"{kind.lower()} {count}" for kind, count in channels)


def _ethtool(lines: list[str]) -> Iterator[tuple[tuple[str, str], list[str]]]:
    """(card, option) → what ethtool printed."""
    found: list[str] = []
    for line in lines:
        words = line.split()
        if line.startswith("# ") and len(words) == 3:
            found = []
            yield (words[1], words[2]), found
        else:
            found.append(line)


def _fields(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip(), value.strip()


def disk(sections: Sections, files: Files) -> Found:
    """Disks by stable id, the cloud's temporary disks under a name of their own, and what is mounted where."""
    targets = dict(links(sections))
    stable: dict[str, list[str]] = {}
    temporary: set[str] = set()
    for path, target in targets.items():
        if path.startswith("/dev/disk/by-id/"):
            stable.setdefault(target.rpartition("/")[2], []).append(path.rpartition("/")[2])
        elif _LOCAL_LINKS.fullmatch(path):
            temporary.add(_whole(target.rpartition("/")[2]))
    seen: set[str] = set()
    lost: list[str] = []
    kept: list[str] = []
    for path in sorted(targets):
        # An optical drive holds what the cloud put into it when the machine was set up, and is empty later.
        if not (match := re.fullmatch(r"/sys/block/((?!sr\d|fd\d)[^/]+)/device", path)):
            continue
        block, base = match[1], f"/sys/block/{match[1]}"
        serial = files.get(f"{base}/serial", "") or files.get(f"{base}/device/serial", "")
        name = min(stable.get(block, []), default="") or "-".join(serial.split()) or block
        name = block if name in seen else name  # some hypervisors give every disk the same serial number
        seen.add(name)
        if block in temporary or _LOCAL_MODELS.fullmatch(files.get(f"{base}/device/model", "").strip()):
            lost += [name] if name != block else []
            name = "temporary"
        else:
            kept.append(_kind(block, serial, files))
        yield from _one_disk(name, block, files)
    yield "disk", "disks", "; ".join(sorted(kept))  # another disk has facts of another name, which are unknown before
    # Which it is says whether it was lost: one that is only known as sdb could be any.
    yield "disk", "temporary.id", ", ".join(sorted(lost))
    yield from _mounts(files)
    yield from _cloud_disks(metadata(sections).get("storage", ""))


def _kind(block: str, serial: str, files: Files) -> str:
    """What a disk is, whatever it is called: its bus, size, model and serial number, as far as they are known."""
    base = f"/sys/block/{block}"
    return " ".join(filter(None, (_bus(block), _bytes(base, files), files.get(f"{base}/device/model", ""), serial)))


def _bus(block: str) -> str:
    return next((bus for start, bus in _BUSES if block.startswith(start)), "")


def _bytes(base: str, files: Files) -> str:
    sectors = files.get(f"{base}/size", "")
    return str(int(sectors) * 512) if re.fullmatch(r"[0-9]{1,18}", sectors) else ""


def _whole(block: str) -> str:
    """The disk that a partition lies on."""
    return re.sub(r"(?<=\d)p\d+$", "", block) if block.startswith(("nvme", "mmcblk")) else block.rstrip("0123456789")


def _one_disk(name: str, block: str, files: Files) -> Found:
    base = f"/sys/block/{block}"
    yield "disk", f"{name}.bus", _bus(block)
    yield "disk", f"{name}.size_bytes", _bytes(base, files)
    scheduler = files.get(f"{base}/queue/scheduler", "")
    chosen = re.search(r"\[([\w-]+)\]", scheduler)
    yield "disk", f"{name}.scheduler", chosen[1] if chosen else scheduler
    for field in ("nr_requests", "rotational", "write_cache", "read_ahead_kb"):
        yield "disk", f"{name}.{field}", files.get(f"{base}/queue/{field}", "")
    yield "disk", f"{name}.model", files.get(f"{base}/device/model", "")


def _mounts(files: Files) -> Found:
    """File systems on devices, by where they are mounted, which is stable; what lies on top comes last."""
    places: dict[str, str] = {}
    for line in files.get("/proc/mounts", "").split("\n"):
        words = line.split()
        if len(words) < 4:
            continue
        if words[1] == "/":
            places["root"] = f"{words[2]} {words[3]}"
        elif re.match(r"/dev/(?!loop)", words[0]) and not _PASSING_MOUNTS.fullmatch(words[1]):
            places[words[1]] = f"{words[2]} {words[3]}"
    for place, how in sorted(places.items())[:_MOST_MOUNTS]:
        yield "disk", f"{place}.filesystem", how


def _cloud_disks(said: str) -> Found:
    """Kind and caching of managed disks, by the cloud's own account of them (Azure's storageProfile)."""
    try:
        profile = json.loads(said) if said else {}
    except (ValueError, RecursionError):
        return
    os_disk, data_disks = _field(profile, "osDisk"), _field(profile, "dataDisks")
    named = [("os", os_disk)]
    for one in data_disks if isinstance(data_disks, list) else ():
        lun = _field(one, "lun")
        if isinstance(lun, str) and re.fullmatch(r"[0-9]{1,4}", lun):
            named.append((f"lun{lun}", one))
    for name, one in named:
        for fact, value in (
            ("sku", _field(_field(one, "managedDisk"), "storageAccountType")),
            ("caching", _field(one, "caching")),
            ("write_accelerator", _field(one, "writeAcceleratorEnabled")),
        ):
            yield "disk", f"{name}.{fact}", value if isinstance(value, str) else ""


def _field(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, dict) else None
