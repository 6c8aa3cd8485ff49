"""The real probe on machines of three clouds that are trees of files, with a metadata service on loopback."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cloud_machines import BOOT_LOG, COMPUTE, aws, azure, disks_of_azure, gce, hyper_v_cpuid
from fake_machine import FakeMachine, kvp_pool

from bench.measure.facts import lacking, parse_facts, parse_volatile
from bench.model import Facts
from tests.cloud.metadata_server import MetadataServer, metadata_server, plain

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "facts"
CLOUDS: dict[str, Callable[[Path], FakeMachine]] = {
    "azure-synthetic": lambda root: azure(root, accelerated=False),
    "azure-accelerated": lambda root: azure(root, accelerated=True, root_login=True),
    "aws-nitro": aws,
    "gce-gvnic": gce,
}


def asked(made: FakeMachine, service: MetadataServer) -> bytes:
    return made.probe(service.address.removeprefix("http://").replace(":", "/"))


def probed(name: str, root: Path) -> bytes:
    with metadata_server() as service:
        service.azure.compute = dict(COMPUTE)
        service.aws.paths["placement/host-id"] = "h-0abc"
        service.gcp.host = "/cluster/rack/host7"
        return asked(CLOUDS[name](root), service)


def changes(before: Facts, after: Facts) -> set[tuple[str, str]]:
    """The facts that are known on both sides and differ."""
    return {(layer, name) for layer, name, value in before.values if after.get(layer, name) not in (None, value)}


@pytest.mark.parametrize("name", CLOUDS)
def test_the_probe_prints_what_the_golden_file_holds(name: str, tmp_path: Path) -> None:
    assert probed(name, tmp_path).decode().split("\n") == (GOLDEN / name / "probe.txt").read_text("utf-8").split("\n")


def test_what_azure_says_of_itself(tmp_path: Path) -> None:
    text = probed("azure-synthetic", tmp_path)
    facts = parse_facts(text)
    assert facts.get("host", "physical_host") == "AMS21-HOST-0042", "the full name is there, and empty"
    assert facts.get("host", "host_id") == "/subscriptions/s1/hosts/h7"
    assert facts.get("size", "vm_size") == "Standard_D4s_v5"
    assert facts.get("size", "zone") is None, "the service says an empty string"
    assert facts.get("disk", "lun0.sku") == "PremiumV2_LRS"
    assert facts.get("guest-os", "microcode") is None, "masked by the hypervisor"
    assert "steal_ticks" not in dict(parse_volatile(text)), "Hyper-V always says 0"
    assert facts.get("network", "eth0.vf") == "none"
    assert facts.get("guest-os", "driver.hv_netvsc") is None, "the driver's version is the kernel's"
    assert b"c2VjcmV0" not in text, "the user's own data stay in the machine"


def test_only_the_instance_is_asked_for_and_only_in_a_cloud(tmp_path: Path) -> None:
    with metadata_server() as service:
        asked(azure(tmp_path / "azure", accelerated=False), service)
        assert service.requests == ["GET /metadata/instance/compute", "GET /metadata/instance/compute/storageProfile"]
        assert not service.azure.enabled, "asking for scheduled events would enable them"
        service.requests.clear()
        nowhere = azure(tmp_path / "hyper-v", accelerated=False)
        nowhere.write({"/sys/class/dmi/id/chassis_asset_tag": "1234"})
        facts = parse_facts(asked(nowhere, service))
        assert (service.requests, facts.get("host", "cloud")) == ([], None)


@pytest.mark.parametrize(
    "answer", [plain(429, "{}"), plain(200, "x" * 300_000), plain(200, '{"vmSize": 7}'), plain(500, "")]
)
def test_a_strange_answer_of_the_service_costs_only_its_facts(
    answer: tuple[int, dict[str, str], bytes], tmp_path: Path
) -> None:
    with metadata_server() as service:
        for part in ("", "/storageProfile"):
            service.replaced[f"/metadata/instance/compute{part}"] = answer
        text = asked(azure(tmp_path, accelerated=False), service)
    facts = parse_facts(text)
    assert facts.notes == ()
    assert (facts.get("size", "vm_size"), facts.get("disk", "os.sku")) == (None, None)
    assert any("metadata service" in one for one in lacking(text))


def test_a_service_that_never_answers_is_given_up(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        facts = parse_facts(azure(tmp_path, accelerated=False).probe(f"127.0.0.1/{silent.getsockname()[1]}"))
    assert facts.notes == ()
    assert facts.get("size", "vm_size") is None


def test_the_build_at_boot_goes_stale_and_the_live_one_does_not(tmp_path: Path) -> None:
    """After a live migration dmesg still has the line of the old host; CPUID has the new one."""
    made = azure(tmp_path, accelerated=True, root_login=True)
    leaf = tmp_path / "dev/cpu/0/cpuid"

    def on(build: int) -> bytes:
        leaf.parent.mkdir(parents=True, exist_ok=True)
        with leaf.open("wb") as file:
            file.seek(0x40000002)
            file.write(hyper_v_cpuid(build, 1061))
        return made.probe()

    first, second = on(22477), on(25398)
    assert parse_facts(first).get("host", "build") == parse_facts(first).get("host", "build_at_boot")
    assert changes(parse_facts(first), parse_facts(second)) == {("host", "build")}
    assert parse_facts(second).get("host", "build") == "10.0.25398.1061-1-0"
    assert not any("stale" in one for one in lacking(first))
    assert any("stale" in one for one in lacking(second))


def test_what_root_would_add_is_said(tmp_path: Path) -> None:
    said = " ".join(lacking(azure(tmp_path, accelerated=True).probe()))
    for word in ("UUID", "kernel's log", "cpuid", "metadata service"):
        assert word in said
    assert "ethtool" not in said
    bare = azure(tmp_path / "bare", accelerated=True)
    bare.commands = {line: text for line, text in bare.commands.items() if not line.startswith("ethtool")}
    text = bare.probe()
    assert any("ethtool" in one for one in lacking(text))
    assert parse_facts(text).get("network", "eth0.offloads") is None
    assert parse_facts(text).get("network", "eth0.rx_queues") == "4"


def test_names_that_a_reboot_shuffles_are_no_changes(tmp_path: Path) -> None:
    """The VF has another name, and sda, sdb and sdc have changed places."""
    made = azure(tmp_path, accelerated=True)
    before = parse_facts(made.probe())
    made.without_card("enP30832s1")
    made.card("enP55s1", "mlx5_core", "pci", above="eth0")
    subprocess.run(["rm", "-r", tmp_path / "sys/block", tmp_path / "dev/disk"], check=True)
    disks_of_azure(made, "sdc", "sda", "sdb")
    after = parse_facts(made.probe())
    assert changes(before, after) == set()
    assert {(layer, name) for layer, name, _ in before.values} == {(layer, name) for layer, name, _ in after.values}
    assert not any("enP" in name for _, name, _ in after.values)


def test_a_redeploy_brings_another_temporary_disk_and_nothing_else(tmp_path: Path) -> None:
    made = azure(tmp_path, accelerated=True)
    before = parse_facts(made.probe())
    (tmp_path / "dev/disk/by-id/wwn-0x600224801111").unlink()
    disks_of_azure(made, "sda", "sdb", "sdc", lost="2222")
    assert changes(before, parse_facts(made.probe())) == {("disk", "temporary.id")}


def test_a_temporary_disk_without_a_stable_name_has_no_id(tmp_path: Path) -> None:
    made = azure(tmp_path, accelerated=True)
    (tmp_path / "dev/disk/by-id/wwn-0x600224801111").unlink()
    facts = parse_facts(made.probe())
    assert facts.get("disk", "temporary.id") is None
    assert facts.get("disk", "temporary.size_bytes") == str(34 << 30)


def test_several_cards_keep_their_own_facts(tmp_path: Path) -> None:
    made = azure(tmp_path, accelerated=True)
    made.card("eth1", "hv_netvsc")
    made.card("enP7s1", "mana", "pci", above="eth1")
    made.card("eth2", "hv_netvsc")
    made.write({"/sys/class/net/eth1/mtu": "9000"})
    facts = parse_facts(made.probe())
    found = {name: facts.get("network", f"{name}.vf") for name in ("eth0", "eth1", "eth2")}
    assert found == {"eth0": "mlx5_core", "eth1": "mana", "eth2": "none"}
    assert (facts.get("network", "eth1.mtu"), facts.get("network", "eth0.mtu")) == ("9000", "1500")


def test_switching_accelerated_networking_moves_the_network_only(tmp_path: Path) -> None:
    made = azure(tmp_path, accelerated=True)
    before = parse_facts(made.probe())
    made.without_card("enP30832s1")
    assert changes(before, parse_facts(made.probe())) == {("network", "eth0.vf")}


def test_settings_that_move_by_themselves_are_none(tmp_path: Path) -> None:
    made = azure(tmp_path, accelerated=False)
    before = parse_facts(made.probe())
    made.write({"/proc/sys/vm/drop_caches": "3", "/proc/sys/net/ipv4/tcp_mem": "4 5 6", "/proc/uptime": "900 1"})
    made.count("eth0", 5000, 7000)
    assert changes(before, parse_facts(made.probe())) == set()
    made.write({"/proc/sys/vm/dirty_writeback_centisecs": "100"})
    assert changes(before, parse_facts(made.probe())) == {("guest-config", "sysctl_digest")}


def test_a_pool_of_key_values_is_read_by_records(tmp_path: Path) -> None:
    made = azure(tmp_path, accelerated=False)
    records = {"PhysicalHostNameFullyQualified": "", "PhysicalHostName": "", "VirtualMachineId": "A B"}
    made.write({"/var/lib/hyperv/.kvp_pool_3": kvp_pool(records)})
    facts = parse_facts(made.probe())
    assert facts.get("host", "physical_host") is None, "an empty value is not the next name"
    assert facts.get("identity", "vm_id") == "A B"
    made.write({"/var/lib/hyperv/.kvp_pool_3": kvp_pool({"VirtualMachineId": "A" * 40})[:700]})
    assert parse_facts(made.probe()).get("identity", "vm_id") is None, "a torn record is none"


def test_the_boot_log_is_read_where_root_is(tmp_path: Path) -> None:
    made = azure(tmp_path, accelerated=True, root_login=True)
    made.commands["dmesg"] = "\n".join(f"[{n}.1] eth0: link becomes ready" for n in range(5000)) + "\n" + BOOT_LOG
    text = made.probe()
    assert parse_facts(text).get("host", "build_at_boot") == "10.0.22477.1061-1-0"
    assert b"link becomes ready" not in text


@pytest.mark.parametrize("text", ["x" * 10_000_000, "x=1\n" * 1_000_000], ids=["a line", "many lines"])
def test_a_file_beyond_all_bounds_costs_no_other_fact(text: str, tmp_path: Path) -> None:
    with metadata_server() as service:
        plain_one, other = gce(tmp_path / "a"), gce(tmp_path / "b")
        other.write({"/etc/os-release": f"PRETTY_NAME=Linux\n{text}\n"})
        sound, output = asked(plain_one, service), asked(other, service)
    assert len(output) < len(sound) + 50_000
    facts = parse_facts(output)
    assert facts.notes == ()
    assert facts.get("guest-os", "distribution") == "Linux"
    assert {one[:2] for one in facts.values} == {one[:2] for one in parse_facts(sound).values}


def test_another_disk_or_card_is_a_change_and_a_limit_of_a_container_a_fact(tmp_path: Path) -> None:
    """Under another name its facts are unknown before, so what there is in all has a fact of its own."""
    with metadata_server() as service:
        made = gce(tmp_path)
        made.write({"/sys/fs/cgroup/cpu.max": "max 100000"})
        before = parse_facts(asked(made, service))
        made.write({"/sys/block/sda/device/model": "Other", "/sys/fs/cgroup/cpu.max": "200000 100000"})
        after = parse_facts(asked(made, service))
    assert {("disk", "disks"), ("size", "cpu_quota")} <= changes(before, after)
    assert before.get("network", "cards") == "gve"
