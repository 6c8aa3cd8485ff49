"""Whole campaigns with a trap in them: is the cause that a report names ever one that did not do it?

Six machines, two sessions a phase. What the facts say is written down per case, and so is what a performance engineer
would say of it; the values are the same each time, −8 % where nothing else is said.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from stored_runs import add, make_run, tiny_suite, trial

from bench.analyse.result import Comparison, Reason, Verdict
from bench.model import Facts
from bench.report.campaign import make_report, read
from bench.report.layout import page
from bench.store import Store

NAMES = tuple(f"web-{number}" for number in range(1, 7))
FACTORS = ("guest_patch", "host_patch", "resize", "sriov")
Values = Mapping[tuple[str, str], str]
Of = Callable[[str, int], Values]
"""What is other than in `PLAIN`, of a target in a session; `*` in a value stands for the target's name."""

PLAIN: Values = {
    ("host", "physical_host"): "H1-*", ("host", "build"): "1.230", ("host", "virtualization"): "microsoft",
    ("size", "cpu_model"): "63", ("size", "vcpu"): "4", ("size", "memory_mib"): "14336",
    ("guest-os", "kernel"): "5.15.0-1", ("guest-os", "packages"): "p1", ("guest-config", "cmdline"): "ro",
    ("network", "eth0.vf"): "none", ("network", "eth0.rx_queues"): "4", ("disk", "ids"): "a",
    ("disk", "temporary.id"): "T-*", ("identity", "machine_id"): "M-*", ("identity", "boot_id"): "B1-*",
}  # fmt: skip
BOOT: Values = {("identity", "boot_id"): "B2-*"}
GUEST: Values = {("guest-os", "kernel"): "5.15.0-9", ("guest-os", "packages"): "p2"} | BOOT
HOST: Values = {("host", "build"): "1.299"} | BOOT
MOVED: Values = {("host", "physical_host"): "H2-*", ("disk", "temporary.id"): "T2-*"} | BOOT
NEWER: Values = {("size", "cpu_model"): "79"}
BIGGER: Values = {("size", "vcpu"): "8", ("network", "eth0.rx_queues"): "8"}
SRIOV: Values = {("network", "eth0.vf"): "mlx5_core"} | BOOT


def same(values: Values) -> Of:
    return lambda _target, _session: values


def on(targets: int, values: Values, others: Values) -> Of:
    """`values` on the first few targets, `others` on the rest."""
    return lambda target, _session: values if target in NAMES[:targets] else others


def since(session: int, values: Values) -> Of:
    return lambda _target, now: values if now >= session else {}


@dataclass(frozen=True, slots=True)
class Trap:
    """moved: factors that are on after and not before; always: those on in both. said: the sentence of the step."""

    moved: tuple[str, ...]
    after: Of
    kind: str
    said: str
    in_sentence: tuple[str, ...] = ()
    before: Of = field(default=same({}))
    always: tuple[str, ...] = ()
    reason: Reason | None = None
    controls: tuple[str, ...] = ()
    newer: int = 0
    """How many of the first targets are 31 % faster after, and nothing else."""


SLOWER = "Speed −8.0 % (−8.1 … −7.9 %)"
TRAPS = {
    "a host patch, and nothing else": Trap(
        ("host_patch",), same(HOST), "attributed", f"Host patch: {SLOWER}, attributed.",
    ),
    "the mistake of the story: a guest patch slipped in with the host patch": Trap(
        ("host_patch",), same(HOST | GUEST), "confounded",
        "Host patch: not decided, confounded by guest-os kernel, guest-os packages.",
        ("guest-os kernel 5.15.0-1 → 5.15.0-9 on all 6 targets",), reason=Reason.CONFOUNDED,
    ),
    "its mirror image: the host was patched with the guest": Trap(
        ("guest_patch",), same(HOST | GUEST), "confounded", "Guest patch: not decided, confounded by host build.",
        reason=Reason.CONFOUNDED,
    ),
    "both are declared": Trap(
        ("guest_patch", "host_patch"), same(HOST | GUEST), "joint",
        f"Guest patch and host patch: {SLOWER}, a joint effect, not separable.",
    ),
    "another kernel on one of six": Trap(
        ("host_patch",), on(1, HOST | GUEST, HOST), "confounded",
        "Host patch: not decided, confounded by guest-os kernel, guest-os packages.",
        ("guest-os kernel 5.15.0-1 → 5.15.0-9 on web-1 (of 6 targets)",), reason=Reason.CONFOUNDED,
    ),
    "nothing is known of the guest before": Trap(
        ("host_patch",), same(HOST | GUEST), "attributed",
        f"Host patch: {SLOWER}, attributed, but nothing is known of guest-os.",
        ("a change there would not have been seen",),
        before=same({("guest-os", "kernel"): "", ("guest-os", "packages"): ""}),
    ),
    "nothing is known of the host": Trap(
        ("guest_patch",), same(GUEST | {("host", "build"): "", ("host", "physical_host"): ""}), "attributed",
        f"Guest patch: {SLOWER}, attributed, but nothing is known of host.",
    ),
    "one came back on newer hardware": Trap(
        ("host_patch",), on(1, HOST | MOVED | NEWER, HOST), "attributed", "Host patch: no meaningful change.",
        ("judged apart from those that stayed: web-1",), newer=1,
    ),
    "all came back on newer hardware": Trap(
        ("host_patch",), same(HOST | MOVED | NEWER), "confounded",
        "Host patch: not decided, confounded by size cpu_model.",
        ("Moved to hosts of another kind: size cpu_model 63 → 79 on all 6 targets",),
        reason=Reason.CONFOUNDED, newer=6,
    ),
    "most came back on newer hardware, and so are judged for all": Trap(
        ("host_patch",), on(4, HOST | MOVED | NEWER, HOST), "confounded",
        "Host patch: not decided, confounded by size cpu_model.",
        ("size cpu_model 63 → 79 on 4 of 6 targets; web-5, web-6 unchanged",), reason=Reason.CONFOUNDED, newer=4,
    ),
    "all came to other hosts of the same kind, which are patched": Trap(
        ("host_patch",), same(HOST | MOVED), "attributed", f"Host patch: {SLOWER}, attributed.",
        ("All targets moved to another host.",),
    ),
    "other hosts all the time, in both phases the same two kinds": Trap(
        ("sriov",), lambda _, session: SRIOV | MOVED | (NEWER if session == 2 else {}), "attributed",
        f"SR-IOV: {SLOWER}, attributed.", before=since(2, MOVED | NEWER),
    ),
    "all were moved to bigger machines, as declared": Trap(
        ("resize",), same(HOST | MOVED | NEWER | BIGGER), "attributed", f"Resize: {SLOWER}, attributed.",
    ),
    "a host patch, and somebody resized them": Trap(
        ("host_patch",), same(HOST | BIGGER), "confounded",
        "Host patch: not decided, confounded by size vcpu, network eth0.rx_queues.", reason=Reason.CONFOUNDED,
    ),
    "resized, and somebody set the queues of the cards": Trap(
        ("resize",), same(HOST | {("size", "memory_mib"): "28672", ("network", "eth0.rx_queues"): "1"}), "confounded",
        "Resize: not decided, confounded by network eth0.rx_queues.", reason=Reason.CONFOUNDED,
    ),
    "all failed over to unpatched hosts": Trap(
        ("guest_patch",), same(GUEST | MOVED), "confounded", "Guest patch: not decided, confounded by host build.",
        before=same({("host", "build"): "1.299"}), always=("host_patch",), reason=Reason.CONFOUNDED,
    ),
    "a host patch that made the host older": Trap(
        ("host_patch",), same(BOOT), "confounded", "Host patch: not decided, confounded by host build.",
        before=same({("host", "build"): "1.299"}), reason=Reason.CONFOUNDED,
    ),
    "five of six were patched": Trap(
        ("guest_patch",), on(5, GUEST, {}), "attributed",
        f"Guest patch: {SLOWER}, but no fact shows that it happened on 1 of 6 targets.",
        ("no fact shows that guest_patch happened on web-6 (of 6 targets)",),
    ),
    "five of six were patched, and the sixth is a control": Trap(
        ("guest_patch",), on(5, GUEST, {}), "attributed", f"Guest patch: {SLOWER}, attributed.", controls=("web-6",),
    ),
    "the control was patched as well": Trap(
        ("guest_patch",), same(GUEST), "confounded",
        f"Guest patch: {SLOWER}, confounded by guest-os kernel, guest-os packages.",
        ("guest-os kernel 5.15.0-1 → 5.15.0-9 on web-6 (of 6 targets)",), controls=("web-6",),
    ),
    "none was patched": Trap(
        ("guest_patch",), same({}), "declared but not observed",
        f"Guest patch: {SLOWER}, but no fact shows that it happened.", ("the cause of a difference is not known",),
    ),
    "other hosts of the same build show no host patch": Trap(
        ("host_patch",), same(MOVED), "declared but not observed",
        f"Host patch: {SLOWER}, but no fact shows that it happened.",
    ),
    "of two, one happened": Trap(
        ("guest_patch", "sriov"), same(GUEST), "joint",
        f"Guest patch and SR-IOV: {SLOWER}, but no fact shows that it happened.",
        ("no fact shows that sriov happened",),
    ),
    "half of the phase before was patched already": Trap(
        ("guest_patch",), same(GUEST), "confounded",
        "Guest patch: not decided, confounded by guest-os kernel, guest-os packages.",
        ("guest-os kernel 5.15.0-1 | 5.15.0-9 → 5.15.0-9 on all 6 targets", "seen within one phase"),
        before=since(2, GUEST), reason=Reason.CONFOUNDED,
    ),
    "the guest was patched in the middle of both phases": Trap(
        ("host_patch",), lambda _, session: HOST | GUEST if session == 2 else HOST, "confounded",
        "Host patch: not decided, confounded by guest-os kernel, guest-os packages.",
        before=since(2, GUEST), reason=Reason.CONFOUNDED,
    ),
    "one was built anew": Trap(
        ("host_patch",), on(1, HOST | {("identity", "machine_id"): "other"}, HOST), "confounded",
        "Host patch: not decided, confounded by identity machine_id.",
        ("Identity changed: web-1 is not the machine it was",), reason=Reason.CONFOUNDED,
    ),
    "SR-IOV came with a bigger machine": Trap(
        ("sriov",), same(SRIOV | {("size", "vcpu"): "8"}), "confounded",
        "SR-IOV: not decided, confounded by size vcpu.", reason=Reason.CONFOUNDED,
    ),
    "another disk": Trap(
        ("host_patch",), same(HOST | {("disk", "ids"): "b"}), "confounded",
        "Host patch: not decided, confounded by disk ids.", reason=Reason.CONFOUNDED,
    ),
    "half of the memory, and another command line": Trap(
        ("host_patch",),
        same(HOST | {("size", "memory_mib"): "7168", ("guest-config", "cmdline"): "ro mitigations=off"}), "confounded",
        "Host patch: not decided, confounded by size memory_mib, guest-config cmdline.", reason=Reason.CONFOUNDED,
    ),
    "as many packages as machines": Trap(
        ("host_patch",), same(HOST | {("guest-os", "packages"): "q-*"}), "confounded",
        "Host patch: not decided, confounded by guest-os packages.",
        ("6 different changes of guest-os packages on all 6 targets",), reason=Reason.CONFOUNDED,
    ),
}  # fmt: skip


def taken(target: str, other: Values) -> Facts:
    values = ((*key, value.replace("*", target)) for key, value in (PLAIN | dict(other)).items())
    return Facts(tuple(sorted(one for one in values if one[2])))


def told(root: Path, trap: Trap) -> tuple[Comparison, str]:
    """The comparison of a campaign, and the sentence of its one step."""
    chance = random.Random(5)  # noqa: S311  # no secret
    phases = (("pre", trap.before, trap.always, 0), ("post", trap.after, (*trap.always, *trap.moved), 4))
    for tag, of, levels, later in phases:
        factors = tuple((name, "on" if name in levels else "off") for name in FACTORS)
        for session in (1, 2):
            plan = [trial(1, (name,)) for name in NAMES]
            run = make_run(root / "runs", tag, session + later, plan, factors, controls=trap.controls)
            for one in plan:
                (name,) = one.targets
                effect = 0.92 if not trap.newer else 1.31 if name in NAMES[: trap.newer] else 1.0
                effect = effect if tag == "post" and name not in trap.controls else 1.0
                speed = 100 * effect * math.exp(chance.gauss(0, 0.001))
                found = {name: taken(name, of(name, session))}
                add(run, one, f"speed={speed:.6f}\n".encode(), facts={"before": found, "after": found})
    evidence = read(Store(root / "runs").runs(), tiny_suite(root))
    report = make_report(evidence, ["pre", "post"], generated_at="2024-02-01T00:00:00Z")
    (sentence,) = page(report).ladder
    return report.comparisons[0], sentence


@pytest.mark.parametrize("name", TRAPS)
def test_the_cause_is_never_one_that_did_not_do_it(name: str, tmp_path: Path) -> None:
    trap = TRAPS[name]
    compared, sentence = told(tmp_path, trap)
    (metric,) = [one for one in compared.metrics if one.title == "Speed"]
    judged = compared.attribution
    assert judged is not None
    assert (judged.kind.value, metric.reason) == (trap.kind, trap.reason), judged.sentence
    assert sentence.split(" (−")[0] == trap.said.split(" (−")[0]
    assert sentence.split("%), ")[-1] == trap.said.split("%), ")[-1]
    for said in trap.in_sentence:
        assert said in judged.sentence
    if trap.reason is Reason.CONFOUNDED:
        assert metric.verdict is Verdict.INCONCLUSIVE


def test_what_would_settle_it_names_a_change_of_many_and_counts_the_others(tmp_path: Path) -> None:
    compared, _ = told(tmp_path, TRAPS["as many packages as machines"])
    assert "(packages p1 → q-web-1 and 5 other changes of it)" in compared.metrics[0].settle
