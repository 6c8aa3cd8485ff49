"""Machines of three clouds as trees of files, by the documented formats of their kernels, tools and metadata."""

from __future__ import annotations

import struct
from pathlib import Path

from fake_machine import FakeMachine, kvp_pool

STORAGE = {
    "osDisk": {
        "caching": "ReadWrite", "createOption": "FromImage", "diskSizeGB": "30", "name": "web-1_OsDisk",
        "managedDisk": {"id": "/subscriptions/s1/disks/os", "storageAccountType": "Premium_LRS"},
        "writeAcceleratorEnabled": "false",
    },
    "dataDisks": [
        {
            "caching": "None", "createOption": "Empty", "diskSizeGB": "1024", "lun": "0", "name": "data",
            "managedDisk": {"id": "/subscriptions/s1/disks/data", "storageAccountType": "PremiumV2_LRS"},
        }
    ],
    "resourceDisk": {"size": "34816"},
}  # fmt: skip
COMPUTE = {"host": {"id": "/subscriptions/s1/hosts/h7"}, "userData": "c2VjcmV0", "storageProfile": STORAGE}
BOOT_LOG = """\
[    0.000000] Linux version 5.15.0-1075-azure
[    0.000000] Hyper-V: Host Build 10.0.22477.1061-1-0
[    3.101441] hv_netvsc 000d3a7a-5f2d-000d-3a7a-5f2d000d3a7a eth0: VF slot 1 added
[    4.202337] hv_netvsc 000d3a7a-5f2d-000d-3a7a-5f2d000d3a7a eth0: VF registering: enP30832s1
[    4.415511] hv_netvsc 000d3a7a-5f2d-000d-3a7a-5f2d000d3a7a eth0: Data path switched to VF: enP30832s1"""
FEATURES = """\
Features for eth0:
rx-checksumming: on
tx-checksumming: on
	tx-checksum-ipv4: on
	tx-checksum-ipv6: on
scatter-gather: on
	tx-scatter-gather: on
tcp-segmentation-offload: {tso}
	tx-tcp-segmentation: {tso}
generic-segmentation-offload: on
generic-receive-offload: on
large-receive-offload: off [fixed]
ntuple-filters: off [fixed]
receive-hashing: {hash}
tx-udp-segmentation: off [fixed]
rx-gro-hw: off [fixed]"""
CHANNELS = """\
Channel parameters for eth0:
Pre-set maximums:
RX:		n/a
TX:		n/a
Other:		n/a
Combined:	{most}
Current hardware settings:
RX:		n/a
TX:		n/a
Other:		n/a
Combined:	{now}"""
DRIVER = """\
driver: {driver}
version: {version}
firmware-version: {firmware}
bus-info: {bus}
supports-statistics: yes"""
NETVSC_STATISTICS = """\
NIC statistics:
     tx_scattered: 0
     tx_no_memory: 0
     tx_too_big: 0
     vf_rx_packets: {vf_rx}
     vf_rx_bytes: {vf_rx}
     vf_tx_packets: {vf_tx}
     vf_tx_bytes: {vf_tx}
     vf_tx_dropped: 0
     tx_queue_0_packets: {tx}
     tx_queue_0_bytes: {tx}
     rx_queue_0_packets: {rx}
     rx_queue_0_bytes: {rx}
     cpu0_rx_bytes: 77
     cpu0_vf_rx_bytes: 88"""


def azure(root: Path, *, accelerated: bool, root_login: bool = False) -> FakeMachine:
    """A Standard_D4s_v5 on Hyper-V, with or without accelerated networking; its metadata come from the service."""
    made = _guest(FakeMachine(root), "5.15.0-1075-azure", "Ubuntu 22.04.5 LTS", root_login=root_login)
    made.write(
        {
            "/sys/class/dmi/id/sys_vendor": "Microsoft Corporation",
            "/sys/class/dmi/id/product_name": "Virtual Machine",
            "/sys/class/dmi/id/chassis_asset_tag": "7783-7084-3265-9085-8269-3286-77",
            "/sys/class/dmi/id/bios_version": "Hyper-V UEFI Release v4.1",
            "/var/lib/hyperv/.kvp_pool_3": kvp_pool(
                {
                    "HostName": "AMS21", "HostingSystemOsMajor": "10", "HostingSystemOsMinor": "0",
                    "PhysicalHostName": "AMS21-HOST-0042", "PhysicalHostNameFullyQualified": "",
                    "VirtualMachineName": "6c9d5a1e-0000-4000-8000-00000000c0de",
                    "VirtualMachineId": "5D3C0F3E-1111-2222-3333-444455556666",
                }
            ),
            "/proc/cpuinfo": _cpu("GenuineIntel", "6", "106", "Intel(R) Xeon(R) 8370C @ 2.80GHz", "0xffffffff"),
            "/proc/mounts": (
                "/dev/root / ext4 rw,relatime,discard,errors=remount-ro 0 0\n/dev/sdb1 /mnt ext4 rw,relatime 0 0\n"
                "/dev/sdc1 /srv xfs rw,noatime,attr2 0 0\n/dev/loop3 /snap/core20/1 squashfs ro 0 0"
            ),
            "/sys/devices/system/clocksource/clocksource0/current_clocksource": "hyperv_clocksource_tsc_page",
        }
    )  # fmt: skip
    made.card("eth0", "hv_netvsc", queues=4)
    tell_ethtool(made, "eth0", "hv_netvsc", "5.15.0-1075-azure", "N/A", "", tso="on", receive_hash="on")
    made.commands["ethtool -S eth0"] = NETVSC_STATISTICS.format(vf_rx=0, vf_tx=0, tx=1000, rx=2000)
    if root_login:
        made.commands["dmesg"] = BOOT_LOG if accelerated else "\n".join(BOOT_LOG.split("\n")[:2])
    if accelerated:
        made.card("enP30832s1", "mlx5_core", "pci", above="eth0")
    disks_of_azure(made, "sda", "sdb", "sdc")
    return made


def disks_of_azure(made: FakeMachine, system: str, temporary: str, data: str, lost: str = "1111") -> None:
    """The disks of that machine under these names. lost: tells one local disk from the one after a redeploy."""
    made.disk(system, 30, "../../../0:0:0:0", by_id="wwn-0x60022480aaaa", model="Virtual Disk")
    made.link("/dev/disk/by-id/scsi-360022480aaaa", f"../../{system}")
    made.disk(temporary, 34, "../../../0:0:0:1", by_id=f"wwn-0x60022480{lost}", model="Virtual Disk")
    made.disk(data, 1024, "../../../1:0:0:0", by_id="wwn-0x60022480bbbb", model="Virtual Disk", scheduler="[none]")
    made.link("/dev/disk/azure/resource", f"../../{temporary}")


def hyper_v_cpuid(build: int, service: int) -> bytes:
    """The registers of leaf 0x40000002 of a host 10.0 with this build."""
    return struct.pack("<IIII", build, 10 << 16, 1, service)


def aws(root: Path) -> FakeMachine:
    """An m6i.xlarge on Nitro: ENA, EBS and instance store as NVMe."""
    made = _guest(FakeMachine(root), "6.1.112-122.189.amzn2023.x86_64", "Amazon Linux 2023")
    made.commands["systemd-detect-virt"] = "amazon"
    made.write(
        {
            "/sys/class/dmi/id/sys_vendor": "Amazon EC2", "/sys/class/dmi/id/product_name": "m6id.xlarge",
            "/sys/class/dmi/id/chassis_asset_tag": "Amazon EC2", "/sys/class/dmi/id/bios_version": "1.0",
            "/proc/cpuinfo": _cpu("GenuineIntel", "6", "106", "Intel(R) Xeon(R) Platinum 8375C @ 2.90GHz", "0xd0003e8"),
            "/proc/mounts": "/dev/nvme0n1p1 / xfs rw,noatime 0 0",
        }
    )  # fmt: skip
    made.card("ens5", "ena", "pci", queues=4)
    tell_ethtool(made, "ens5", "ena", "2.13.0g", "", "0000:00:05.0", tso="off", receive_hash="on")
    made.disk("nvme0n1", 8, "../../nvme0", model="Amazon Elastic Block Store", by_id="nvme-Amazon_EBS_vol0123")
    made.disk(
        "nvme1n1", 220, "../../nvme1", model="Amazon EC2 NVMe Instance Storage",
        by_id="nvme-Amazon_EC2_NVMe_Instance_Storage_AWS22A1",
    )  # fmt: skip
    return made


def gce(root: Path) -> FakeMachine:
    """An n2-standard-4 with gVNIC and a persistent disk over SCSI, and a local SSD."""
    made = _guest(FakeMachine(root), "6.1.0-28-cloud-amd64", "Debian GNU/Linux 12 (bookworm)")
    made.commands["systemd-detect-virt"] = "google"
    made.write(
        {
            "/sys/class/dmi/id/sys_vendor": "Google", "/sys/class/dmi/id/product_name": "Google Compute Engine",
            "/sys/class/dmi/id/bios_version": "Google",
            "/proc/cpuinfo": _cpu("GenuineIntel", "6", "106", "Intel(R) Xeon(R) CPU @ 2.60GHz", "0xffffffff"),
            "/proc/mounts": "/dev/sda1 / ext4 rw,relatime,discard 0 0",
        }
    )  # fmt: skip
    made.card("ens4", "gve", "pci", queues=4)
    tell_ethtool(made, "ens4", "gve", "1.4.3", "1.0.0", "0000:00:04.0", tso="on", receive_hash="on")
    made.disk("sda", 10, "../../../0:0:1:0", model="PersistentDisk", by_id="google-persistent-disk-0")
    made.disk("nvme0n1", 375, "../../nvme0", model="nvme_card", by_id="google-local-nvme-ssd-0")
    return made


def tell_ethtool(
    made: FakeMachine, name: str, driver: str, version: str, firmware: str, bus: str, *, tso: str, receive_hash: str
) -> None:
    """What ethtool -i, -k and -l say of a card."""
    said = DRIVER.format(driver=driver, version=version, firmware=firmware, bus=bus)
    made.commands[f"ethtool -i {name}"] = said
    made.commands[f"ethtool -k {name}"] = FEATURES.format(tso=tso, hash=receive_hash)
    made.commands[f"ethtool -l {name}"] = CHANNELS.format(most=8, now=4)


def _guest(made: FakeMachine, kernel: str, distribution: str, *, root_login: bool = False) -> FakeMachine:
    made.write(
        {
            "/etc/os-release": f'NAME="{distribution.split()[0]}"\nPRETTY_NAME="{distribution}"',
            "/etc/machine-id": "0123456789abcdef0123456789abcdef",
            "/etc/ssh/ssh_host_ed25519_key.pub": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample root@web-1",
            "/var/lib/update-notifier/updates-available": "\n12 updates can be applied immediately.\n",
            "/proc/cmdline": "BOOT_IMAGE=/boot/vmlinuz root=UUID=1234 ro console=ttyS0",
            "/proc/swaps": "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority",
            "/proc/uptime": "500.25 1900.00", "/proc/loadavg": "0.10 0.20 0.30 1/200 4321",
            "/proc/sys/kernel/osrelease": kernel, "/proc/sys/kernel/version": "#84-Ubuntu SMP",
            "/proc/sys/kernel/random/boot_id": "11111111-2222-4333-8444-555555555555",
            "/proc/sys/kernel/dmesg_restrict": "1", "/proc/sys/vm/swappiness": "60", "/proc/sys/vm/drop_caches": "0",
            "/proc/sys/vm/dirty_writeback_centisecs": "500", "/proc/sys/net/ipv4/tcp_congestion_control": "cubic",
            "/proc/sys/net/ipv4/tcp_mem": "1 2 3", "/proc/sys/net/core/optmem_max": "131072",
            "/sys/devices/system/cpu/online": "0-3", "/sys/devices/system/node/online": "0",
            "/sys/devices/system/node/node0/cpulist": "0-3",
            "/sys/devices/system/cpu/vulnerabilities/meltdown": "Not affected",
            "/sys/devices/system/cpu/vulnerabilities/spectre_v2": "Mitigation: Retpolines",
            "/sys/devices/system/cpu/cpu0/cache/index3/size": "49152K",
            "/sys/devices/system/clocksource/clocksource0/current_clocksource": "kvm-clock",
            "/sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never",
            "/sys/kernel/security/lsm": "lockdown,capability,landlock,yama,apparmor",
            "/proc/meminfo": "MemTotal:       16374972 kB\nMemFree:        12345678 kB",
            "/proc/self/status": f"Name:\tgrep\nUid:\t{0 if root_login else 1000}\t1000\nCpus_allowed_list:\t0-3",
            "/proc/stat": "cpu  100 0 50 9000 10 0 1 0 0 0\ncpu0 25 0 10 2000 2 0 0 0 0 0",
        }
    )  # fmt: skip
    return made


def _cpu(vendor: str, family: str, model: str, name: str, microcode: str) -> str:
    return (
        f"processor\t: 0\nvendor_id\t: {vendor}\ncpu family\t: {family}\nmodel\t\t: {model}\nmodel name\t: {name}\n"
        f"stepping\t: 6\nmicrocode\t: {microcode}\ncpu MHz\t\t: 2793.437\n"
        "flags\t\t: fpu sse sse2 avx avx2 avx512f aes fma hypervisor ibpb\n\nprocessor\t: 1"
    )
