"""Declared factors held against observed facts, and what the store says of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from stored_runs import add, facts, make_run, trial

from bench.analyse.attribution import attribute, facts_of, hosts_moved
from bench.analyse.coverage import CoverageRow, coverage
from bench.analyse.result import AttributionKind, FactChange
from bench.model import Status

OLD = facts(
    guest_os__kernel="6.1", host__physical_host="H1", host__os_major="10", disk__scheduler="none", identity__boot_id="1"
)
NO, YES = (("guest_patch", "off"), ("host_patch", "off")), (("guest_patch", "on"), ("host_patch", "off"))


def changed(**values: str):
    fields = {(layer, name): value for layer, name, value in OLD.values}
    fields |= {(layer, name): value for layer, name, value in facts(**values).values}
    from bench.model import Facts

    return Facts(tuple(sorted((*key, value) for key, value in fields.items())))


def judge(after, *, before=OLD, declared=(NO, YES)):
    return attribute(*declared, {"vm": before}, {"vm": after})


def test_one_factor_and_only_its_layer_is_attributed() -> None:
    judged = judge(changed(guest_os__kernel="6.2", identity__boot_id="2"))
    assert judged.kind is AttributionKind.ATTRIBUTED
    assert judged.factors == (("guest_patch", "off", "on"),)
    (change,) = judged.changes  # the boot id varies by nature
    assert change == FactChange("guest-os", "kernel", "6.1", "6.2", ("vm",), 1, "guest_patch")
    assert judged.not_observed == ()


def test_an_undeclared_change_confounds_and_is_named() -> None:
    judged = judge(changed(guest_os__kernel="6.2", disk__scheduler="bfq"))
    assert judged.kind is AttributionKind.CONFOUNDED
    assert "disk scheduler none → bfq on vm" in judged.sentence
    assert [change.declared_by for change in judged.changes] == ["", "guest_patch"]


def test_a_declared_factor_that_did_not_happen_is_loud() -> None:
    judged = judge(OLD)
    assert judged.kind is AttributionKind.NOT_OBSERVED
    assert judged.not_observed == ("guest_patch",)
    assert "Only guest_patch was declared to change, and no fact shows that it happened" in judged.sentence
    assert "effect is" not in judged.sentence


def test_a_host_patch_is_not_missed_where_nothing_shows_it() -> None:
    bare = facts(host__virtualization="kvm", guest_os__kernel="6.1")
    judged = attribute((("host_patch", "off"),), (("host_patch", "on"),), {"vm": bare}, {"vm": bare})
    assert judged.not_observed == ()
    seen = attribute((("host_patch", "off"),), (("host_patch", "on"),), {"vm": OLD}, {"vm": OLD})
    assert seen.not_observed == ("host_patch",)


@pytest.mark.parametrize(("virtualization", "unseen"), [("kvm", ("host",)), ("none", ())])
def test_a_layer_of_which_nothing_is_known_is_named(virtualization: str, unseen: tuple[str, ...]) -> None:
    known = {"size__vcpu": "4", "network__mtu": "1500", "host__virtualization": virtualization}
    before, after = (facts(guest_os__kernel=kernel, **known) for kernel in ("6.1", "6.2"))
    judged = attribute(NO, YES, {"vm": before}, {"vm": after})
    assert judged.unseen == unseen
    assert ("Nothing is known of host" in judged.sentence) == bool(unseen)


def test_two_factors_are_joint() -> None:
    judged = judge(
        changed(guest_os__kernel="6.2", host__os_major="11"),
        declared=(NO, (("guest_patch", "on"), ("host_patch", "on"))),
    )
    assert judged.kind is AttributionKind.JOINT
    assert "not separable" in judged.sentence


def test_a_new_host_is_a_relocation_and_explains_its_cpu() -> None:
    before = changed(size__cpu_model="85")
    stayed = changed(size__cpu_model="85", guest_os__kernel="6.2")
    went = changed(host__physical_host="H2", size__cpu_model="106", guest_os__kernel="6.2")
    judged = attribute(NO, YES, {"vm": before, "other": before}, {"vm": went, "other": stayed})
    assert judged.relocated == ("vm",)
    assert judged.kind is AttributionKind.ATTRIBUTED
    assert {change.name: change.declared_by for change in judged.changes} == {
        "kernel": "guest_patch", "physical_host": "relocation", "cpu_model": "relocation",
    }  # fmt: skip


def test_the_same_levels_with_a_change_are_confounded_and_without_any_declaration_not_judged() -> None:
    moved = changed(disk__scheduler="bfq")
    assert judge(moved, declared=(NO, NO)).kind is AttributionKind.CONFOUNDED
    assert judge(OLD, declared=(NO, NO)).kind is AttributionKind.UNDECLARED
    free = judge(moved, declared=((), ()))
    assert free.kind is AttributionKind.UNDECLARED
    assert "disk scheduler none → bfq" in free.sentence


def test_a_custom_factor_rests_on_its_declaration_unless_it_names_layers() -> None:
    declared = ((("queue", "a"),), (("queue", "b"),))
    judged = judge(changed(disk__scheduler="bfq"), declared=declared)
    assert judged.kind is AttributionKind.ATTRIBUTED
    assert "rests on the declaration alone" in judged.sentence
    strict = attribute(*declared, {"vm": OLD}, {"vm": changed(guest_os__kernel="6.2")}, layers={"queue": ("disk",)})
    assert strict.kind is AttributionKind.CONFOUNDED
    other = judge(changed(identity__machine_id="x"), before=changed(identity__machine_id="y"), declared=declared)
    assert other.kind is AttributionKind.CONFOUNDED  # another machine behind the same name


def test_without_facts_nothing_is_known() -> None:
    judged = attribute(NO, YES, {}, {"vm": OLD})
    assert judged.kind is AttributionKind.UNKNOWN
    assert hosts_moved({}, {"vm": OLD}) == {"vm": None}


def test_a_fact_that_cannot_be_read_is_no_change() -> None:
    assert judge(facts(guest_os__kernel="6.2")).kind is AttributionKind.ATTRIBUTED


def test_facts_of_a_phase_are_read_from_the_store_and_say_when_they_varied(tmp_path: Path) -> None:
    run = make_run(tmp_path, "pre", plan=[trial(1), trial(2), trial(3)])
    add(run, trial(1), facts={"before": {"vm": OLD}, "after": {"vm": OLD}})
    add(run, trial(2), facts={"before": {"vm": OLD}, "after": {"vm": changed(host__physical_host="H2")}})
    add(run, trial(3), status=Status.FAILED, facts={"before": {"vm": changed(guest_os__kernel="9")}})
    for _ in ("parsed", "from the cache"):
        found = facts_of([run])["vm"]
        assert found.get("host", "physical_host") == "H1 | H2"
        assert found.get("guest-os", "kernel") == "6.1"
        assert found.notes == ("host physical_host varied within the phase",)
    assert hosts_moved({"vm": found}, {"vm": found}) == {"vm": True}
    (cached,) = (run.folder / ".cache").glob("facts-*")
    cached.write_text('{"vm": [[1]]}')
    assert facts_of([run])["vm"].get("guest-os", "kernel") == "6.1"


@pytest.mark.parametrize("names", [("a",), ("a", "b")])
def test_coverage_counts_every_planned_trial(tmp_path: Path, names: tuple[str, ...]) -> None:
    plan = [trial(number, names) for number in (1, 2, 3, 4)]
    run = make_run(tmp_path, "pre", plan=plan, left_out=(("unixbench", "no source"),))
    add(run, plan[0])
    add(run, plan[1], status=Status.INTERRUPTED, cause="reboot")
    add(run, plan[1], attempt=2)
    add(run, plan[2], status=Status.FAILED, cause="exit 1")
    imported = make_run(tmp_path, "post")
    add(imported, plan[0])
    found = coverage([run, imported])
    target = " → ".join(names)
    assert found.rows == (
        CoverageRow("pre", target, "tiny", 4, 2, 4, (("failed: exit 1", 1), ("not started", 1))),
        CoverageRow("post", target, "tiny", 1, 1, 1),
    )
    assert (found.planned, found.ok) == (5, 3)
    assert found.left_out == (("unixbench", "no source"),)


ID = {"identity__machine_id": "0123456789abcdef", "identity__boot_id": "1"}


@pytest.mark.parametrize("declared", [(NO, YES), (NO, NO), ((), ())])
@pytest.mark.parametrize("field", ["machine_id", "vm_id", "vm_uuid", "instance_id", "ssh_host_key"])
def test_another_machine_under_the_same_name_is_said_first_whatever_is_declared(field: str, declared: object) -> None:
    before = changed(**{f"identity__{field}": "0123456789abcdef"})
    after = changed(**{f"identity__{field}": "fedcba9876543210", "identity__boot_id": "2", "guest_os__kernel": "6.2"})
    judged = judge(after, before=before, declared=declared)
    assert judged.kind is AttributionKind.CONFOUNDED
    assert judged.replaced == ("vm",)
    said = f"Identity changed: vm is not the machine it was ({field} 0123456789ab… → fedcba987654…)"
    assert judged.sentence.startswith(said)


def test_the_same_machine_after_a_reboot_is_the_same(tmp_path: Path) -> None:
    before = changed(identity__machine_id="a", identity__uptime_s="10")
    judged = judge(changed(identity__machine_id="a", identity__boot_id="2", identity__uptime_s="9"), before=before)
    assert judged.replaced == ()
    assert judge(changed(identity__machine_id="a")).replaced == (), "not known before: nothing is said"


def test_a_machine_that_was_replaced_within_a_phase_is_seen_too() -> None:
    twice = changed(identity__machine_id="a | b")
    assert judge(twice, before=twice).replaced == ("vm",)


def test_two_replaced_machines_are_counted() -> None:
    before, after = changed(identity__vm_id="a"), changed(identity__vm_id="b")
    judged = attribute(NO, YES, dict.fromkeys(("v1", "v2", "v3"), before), dict.fromkeys(("v1", "v2", "v3"), after))
    assert judged.replaced == ("v1", "v2", "v3")
    assert "v1 and 2 more are not the machines they were (vm_id a → b)" in judged.sentence


# --- what a kernel concludes from its host ---

HOST = (("host_patch", "off"),), (("host_patch", "on"),)
GUEST = (("guest_patch", "off"),), (("guest_patch", "on"),)
BEFORE = changed(
    **{"guest_config__vulnerability.spectre_v2": "Vulnerable"},
    guest_config__cmdline="ro", guest_config__governor="performance", guest_config__clocksource="tsc",
    guest_os__packages="p", guest_os__microcode="0x1", size__cpu_isa="i", size__numa_nodes="0",
)  # fmt: skip
VULNERABILITY = {"guest_config__vulnerability.spectre_v2": "Mitigation: IBRS"}
BOOTED = {"identity__boot_id": "2"}
OTHER_HOST = {"host__physical_host": "H2"}


def blamed(declared: object, **values: str) -> dict[str, str]:
    """The facts that changed, and what accounts for each."""
    fields = {(layer, name): value for layer, name, value in BEFORE.values}
    fields |= {(layer, name): value for layer, name, value in facts(**values).values}
    from bench.model import Facts

    after = Facts(tuple(sorted((*key, value) for key, value in fields.items())))
    return {one.name: one.declared_by for one in judge(after, before=BEFORE, declared=declared).changes}


CASES = {
    "moved only: the new host brings them": (
        HOST, OTHER_HOST | BOOTED | VULNERABILITY | {"guest_os__microcode": "0x2", "size__cpu_isa": "j",
                      "size__numa_nodes": "0-1", "guest_config__governor": "schedutil"},
        {"physical_host": "relocation", "vulnerability.spectre_v2": "relocation", "microcode": "relocation",
         "cpu_isa": "relocation", "numa_nodes": "relocation", "governor": "relocation"},
    ),
    "moved while running: a running kernel asks no CPU, but may give up its clock": (
        HOST, OTHER_HOST | VULNERABILITY | {"guest_config__clocksource": "hyperv_clocksource_tsc_page"},
        {"physical_host": "relocation", "vulnerability.spectre_v2": "", "clocksource": "relocation"},
    ),
    "moved and another kernel: the kernel is undeclared, and what it concludes as well": (
        HOST, OTHER_HOST | BOOTED | VULNERABILITY | {"guest_os__kernel": "6.2"},
        {"physical_host": "relocation", "kernel": "", "vulnerability.spectre_v2": ""},
    ),
    "moved and another command line": (
        HOST, OTHER_HOST | BOOTED | VULNERABILITY | {"guest_config__cmdline": "ro mitigations=off"},
        {"physical_host": "relocation", "cmdline": "", "vulnerability.spectre_v2": ""},
    ),
    "moved, and a guest patch is declared: the kernel is the patch's": (
        GUEST, OTHER_HOST | BOOTED | VULNERABILITY | {"guest_os__kernel": "6.2"},
        {"physical_host": "relocation", "kernel": "guest_patch", "vulnerability.spectre_v2": "guest_patch"},
    ),
    "stayed, a host patch, booted: the patched host shows other CPU bits": (
        HOST, BOOTED | VULNERABILITY | {"host__os_major": "11", "guest_os__microcode": "0x2", "size__cpu_isa": "j"},
        {"os_major": "host_patch", "vulnerability.spectre_v2": "host_patch", "microcode": "host_patch",
         "cpu_isa": "host_patch"},
    ),
    "stayed, a host patch, not booted: set by hand in the guest": (
        HOST, VULNERABILITY | {"host__os_major": "11"}, {"os_major": "host_patch", "vulnerability.spectre_v2": ""},
    ),
    "stayed, a host patch, booted into another kernel": (
        HOST, BOOTED | VULNERABILITY | {"host__os_major": "11", "guest_os__kernel": "6.2"},
        {"os_major": "host_patch", "kernel": "", "vulnerability.spectre_v2": ""},
    ),
    "stayed, a host patch, other packages": (
        HOST, BOOTED | VULNERABILITY | {"guest_os__packages": "q"},
        {"packages": "", "vulnerability.spectre_v2": ""},
    ),
    "stayed, a guest patch": (
        GUEST, BOOTED | VULNERABILITY | {"guest_os__kernel": "6.2"},
        {"kernel": "guest_patch", "vulnerability.spectre_v2": "guest_patch"},
    ),
    "stayed, nothing declared that could": (
        ((("sriov", "off"),), (("sriov", "on"),)), BOOTED | VULNERABILITY, {"vulnerability.spectre_v2": ""},
    ),
    "stayed, a host patch: what a service may set at boot stays undeclared": (
        HOST, BOOTED | {"guest_config__governor": "powersave"}, {"governor": ""},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_whose_doing_a_conclusion_of_the_kernel_is(case: str) -> None:
    declared, values, expected = CASES[case]
    assert blamed(declared, **values) == expected


def test_other_cpu_bits_alone_show_a_host_patch() -> None:
    after = changed(**VULNERABILITY, **BOOTED)
    judged = judge(after, before=changed(**{"guest_config__vulnerability.spectre_v2": "Vulnerable"}), declared=HOST)
    assert (judged.kind, judged.not_observed) == (AttributionKind.ATTRIBUTED, ())


def test_an_unknown_kernel_proves_nothing() -> None:
    from bench.model import Facts

    def without(all_of: Facts) -> Facts:
        return Facts(tuple(one for one in all_of.values if one[1] != "kernel"))

    before, after = without(BEFORE), without(changed(**VULNERABILITY, **BOOTED))
    assert {one.name: one.declared_by for one in judge(after, before=before, declared=HOST).changes} == {
        "vulnerability.spectre_v2": ""
    }


# --- burstable sizes ---

SMALL = {"size__vm_size": "Standard_B2ms", "disk__temporary.id": "d1"}


@pytest.mark.parametrize("declared", [HOST, (NO, NO), ((), ())])
def test_a_redeployed_burstable_machine_is_confounded_whatever_is_declared(declared: object) -> None:
    before = changed(**SMALL)
    for values in ({"host__physical_host": "H2"}, {"disk__temporary.id": "d2"}):
        judged = judge(changed(**SMALL | BOOTED | values), before=before, declared=declared)
        assert judged.kind is AttributionKind.CONFOUNDED
        assert "vm: redeployed, and of a burstable size, so the CPU credits were reset" in judged.sentence
        assert FactChange("size", "cpu_credits", "banked", "reset", ("vm",), 1) in judged.changes


@pytest.mark.parametrize(
    "values",
    [
        BOOTED,  # rebooted
        {"host__physical_host": "H2"},  # migrated while it ran
        BOOTED | {"host__physical_host": "H2", "size__vm_size": "Standard_D2s_v5"},
    ],
)
def test_other_machines_keep_what_they_have(values: dict[str, str]) -> None:
    judged = judge(changed(**SMALL | values), before=changed(**SMALL), declared=HOST)
    assert "cpu_credits" not in {one.name for one in judged.changes}


def test_the_inventory_says_the_size_where_facts_do_not() -> None:
    after = changed(**BOOTED, **OTHER_HOST)
    assert attribute(*HOST, {"vm": OLD}, {"vm": after}).kind is AttributionKind.ATTRIBUTED
    judged = attribute(*HOST, {"vm": OLD}, {"vm": after}, sizes={"vm": "t3.large"})
    assert judged.kind is AttributionKind.CONFOUNDED
