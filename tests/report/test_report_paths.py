"""A phase that declares SR-IOV while its bytes went another way says so in every output; a switched path taints."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import report_factory as factory

from bench.analyse.attribution import attribute
from bench.analyse.contradictions import WrongPath
from bench.analyse.paths import ways_of, with_paths, wrong_paths
from bench.model import Attempt, Facts, Pairs, Run, Status, Target
from bench.report import json_export
from bench.report.campaign import compare_tags, make_report, read
from bench.report.html import render_html
from bench.report.layout import page
from bench.report.lines import remarks
from bench.store import Store, StoredRun, publish
from tests.analyse.stored_runs import tiny_suite, trial

PAIR = ("web-1", "web-2")
MIB = 1 << 20
SWITCH = "[  501.1] hv_netvsc 000d3a7a eth0: Data path switched from VF: enP1s1"


def probe(vf: int, synthetic: int, log: str = "", boot: str = "b1") -> bytes:
    """As much of an output of the probe as says which way bytes went."""
    return f"""@@ files
/proc/sys/kernel/random/boot_id:{boot}
@@ kernel-log
{log}
could be read
@@ links
lrwxrwxrwx 1 root root 0 Nov 22 23:35 /sys/class/net/eth0/device/driver -> ../../../bus/vmbus/drivers/hv_netvsc
@@ counters
/sys/class/net/eth0/statistics/rx_bytes:{vf + synthetic}
/sys/class/net/eth0/statistics/tx_bytes:0
# eth0 S
     vf_rx_bytes: {vf}
     vf_tx_bytes: 0
     rx_queue_0_bytes: {synthetic}
@@ end
""".encode()


def session(
    root: Path, tag: str, level: str, ways: list[tuple[int, int]], *, log: str = "", targets: tuple[str, ...] = PAIR
) -> StoredRun:
    """A run with one trial for each (bytes through the VF, bytes over the synthetic path), in MiB, of the sender."""
    plan = tuple(trial(repetition, targets) for repetition in range(1, len(ways) + 1))
    factors: Pairs = (("sriov", level),) if level else ()
    run = Store(root).create(
        Run(
            tag, "camp", tag, factors, 1, 1, "2024-01-01T00:00:00Z", plan,
            tuple(Target(name, name, name) for name in targets), (("tiny", "x"),), (),
        )
    )  # fmt: skip
    roles = ("sender", "receiver") if len(targets) == 2 else ("single",)
    vf = synthetic = 0
    for one, (more_vf, more_synthetic) in zip(plan, ways, strict=True):
        raw = {f"{roles[0]}/out": b"speed=100\n", f"{roles[0]}/facts-before.txt": probe(vf * MIB, synthetic * MIB)}
        vf, synthetic = vf + more_vf, synthetic + more_synthetic
        raw[f"{roles[0]}/facts-after.txt"] = probe(vf * MIB, synthetic * MIB, log)
        attempt = Attempt(
            one, 1, Status.OK, "", "2024-01-01T10:00:00Z", "", (), (f"raw/{roles[0]}/out",),
            roles=tuple(zip(targets, roles, strict=True)),
        )  # fmt: skip
        publish(run, attempt, raw, {})
    return run


def test_the_bytes_say_that_a_phase_is_not_what_it_declares(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    before = session(root, "sriov-off", "off", [(0, 100)] * 3)
    after = session(root, "sriov-on", "on", [(100, 1), (1, 100), (2, 100)])
    assert wrong_paths([before]) == ()
    (wrong,) = wrong_paths([before, after])
    assert (wrong.tag, wrong.declared, wrong.target) == ("sriov-on", "on", "web-1")
    assert (wrong.trials, wrong.total, wrong.share) == (2, 3, pytest.approx(3 / 203))
    compared = compare_tags(read([before, after], tiny_suite(tmp_path)), "sriov-off", "sriov-on")
    judged = compared.attribution
    assert judged is not None
    assert judged.wrong_path == (wrong,)
    sentence = (
        "But 'sriov-on' declares sriov on, and 1 % of the bytes of web-1 went through the VF (2 of 3 network trials)"
    )
    assert sentence in judged.sentence
    assert any(one.startswith("THE BYTES WENT ANOTHER WAY than declared: sriov-on") for one in remarks(compared))
    (said,) = json_export.document([compared])["comparisons"]
    assert said["attribution"]["wrong_path"][0]["target"] == "web-1"
    json.dumps(said)


@pytest.mark.parametrize(
    ("level", "ways", "wrong"),
    [
        ("on", [(100, 1)], 0),
        ("yes", [(0, 100)], 1),
        ("1", [(50, 50)], 1),
        ("off", [(0, 100)], 0),
        ("False", [(100, 0)], 1),
        ("0", [(50, 50)], 1),
        ("some", [(0, 100)], 0),
        ("", [(0, 100)], 0),
        ("on", [(0, 5)], 0),
    ],
)
def test_levels_and_shares(tmp_path: Path, level: str, ways: list[tuple[int, int]], wrong: int) -> None:
    """Half and half is neither; a level that is no yes or no says nothing, nor do bytes of the controller alone."""
    assert len(wrong_paths([session(tmp_path, "tag", level, ways)])) == wrong


def test_only_trials_between_two_targets_count(tmp_path: Path) -> None:
    assert wrong_paths([session(tmp_path, "tag", "on", [(0, 100)], targets=("web-1",))]) == ()


def test_ways_are_remembered_and_damage_is_not(tmp_path: Path) -> None:
    run = session(tmp_path, "tag", "on", [(0, 100)])
    (way,) = ways_of(run)
    assert (way.target, way.vf_bytes, way.synthetic_bytes, way.share) == ("web-1", 0, 100 * MIB, 0.0)
    assert list((run.folder / ".cache").glob("ways-*"))
    assert ways_of(run) == (way,)
    other = session(tmp_path, "other", "on", [(0, 100)])
    path = next(other.folder.glob("trials/*/1/raw/sender/facts-after.txt"))
    path.chmod(0o600)
    path.write_bytes(probe(0, 0))
    assert ways_of(other) == ()
    assert not list((other.folder / ".cache").glob("ways-*"))


def test_it_is_as_loud_as_a_factor_that_was_not_observed(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    runs = [session(root, "off", "off", [(0, 100)] * 2), session(root, "on", "on", [(0, 100)] * 2)]
    made = make_report(read(runs, tiny_suite(tmp_path)), ["off", "on"], generated_at="2024-01-09T00:00:00Z")
    text = render_html(made).replace("\u00a0", " ")
    assert "on declares SR-IOV on, and the bytes went the other way." in text
    assert "0 % of the bytes of web-1 through the VF (2 of 2 trials)" in text
    assert "The bytes went another way than declared: on" in text
    assert "but the bytes of on went another way than declared" in text


def test_facts_that_agree_do_not_silence_the_bytes() -> None:
    none, there = (Facts((("network", "eth0.vf", value),)) for value in ("none", "mlx5_core"))
    judged = attribute((("sriov", "off"),), (("sriov", "on"),), {"vm": none}, {"vm": there})
    assert judged.not_observed == ()
    assert with_paths(judged, []) == judged


def test_a_switch_of_the_data_path_taints_its_trial(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    runs = [session(root, "off", "off", [(0, 100)] * 2), session(root, "on", "on", [(100, 0)], log=SWITCH)]
    evidence = read(runs, tiny_suite(tmp_path))
    assert set(evidence.loaded.frame.loc[evidence.loaded.frame["tag"] == "on", "flags"]) == {"tainted"}
    assert set(evidence.loaded.frame.loc[evidence.loaded.frame["tag"] == "off", "flags"]) == {""}
    (problem,) = evidence.loaded.problems
    assert "its data path was switched" in problem.message
    assert "Data path switched from VF" in problem.message


def test_a_change_of_the_temporary_disk_is_no_undeclared_change() -> None:
    one, other = (Facts((("disk", "temporary.id", value),)) for value in "12")
    judged = attribute((("sriov", "off"),), (("sriov", "on"),), {"vm": one}, {"vm": other})
    assert judged.changes == ()


def test_a_new_host_brings_its_own_vf() -> None:
    def facts(host: str, vf: str) -> dict[str, Facts]:
        return {"vm": Facts((("host", "physical_host", host), ("network", "eth0.vf", vf)))}

    declared = (("guest_patch", "off"),), (("guest_patch", "on"),)
    judged = attribute(*declared, facts("h1", "mlx4_core"), facts("h2", "mlx5_core"))
    assert {change.declared_by for change in judged.changes} == {"relocation"}
    lost = attribute(*declared, facts("h1", "mlx5_core"), facts("h2", "none"))
    assert [change.name for change in lost.changes if not change.declared_by] == ["eth0.vf"]


def test_hostile_names_stay_on_their_line() -> None:
    wrong = (WrongPath("a\nb", "sriov", "o\nn", "vm\n1", 1, 2, 0.5),)
    comparison = replace(factory.story(), attribution=replace(factory.ATTRIBUTED, wrong_path=wrong))
    assert not any("\n" in one for one in remarks(comparison))
    card = page(factory.report((comparison,))).cards[0]
    assert card.doubts == ("The bytes went another way than declared: a b",)
