"""facts and diff: what targets are and what changed about them, for people and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_process import Bench

from bench.cli.facts import _headed
from bench.cli.moves import Move, _fleet_rows
from bench.measure.facts import parse_facts
from bench.model import Attempt, Status
from bench.store import publish
from examples.january_2018 import make as example
from tests.analyse.stored_runs import add, facts, make_run, trial

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "facts"


@pytest.fixture
def runs(elsewhere: None) -> Path:
    example.build(Path("runs"))
    return Path("runs")


@pytest.mark.usefixtures("runs")
def test_facts_of_a_fleet_are_shown_by_layer_and_value(bench: Bench) -> None:
    said = bench("facts", "20180116").out
    rows = [line.split() for line in said.splitlines()]
    assert ["network", "cards", "hv_netvsc", "all"] in rows
    assert ["eth0.driver", "hv_netvsc", "all"] in rows
    assert ["eth0.vf", "mlx4_core", "all"] in rows
    assert ["cpu_model", "63", "10", "of", "12"] in rows
    assert ["79", "jw-a4-1,", "jw-a4-2"] in rows
    assert ["physical_host", "12", "different", "values", "all"] in rows
    one = bench("facts", "20180116", "--target", "jw-a4-1").out
    assert "JA116B" in one
    assert "je-d3-1" not in one


def test_on_a_terminal_a_layer_stands_above_its_facts() -> None:
    rows = [("host", "name", "a", "x"), ("host", "name", "b", "y"), ("size", "name", "c", "all")]
    assert _headed(rows) == [
        ("host:", "", ""), ("name", "a", "x"), ("", "b", "y"), ("size:", "", ""), ("name", "c", "all"),
    ]  # fmt: skip


def test_facts_say_what_root_or_a_tool_would_add(bench: Bench, elsewhere: None) -> None:
    text = (GOLDEN / "qemu-guest" / "probe.txt").read_bytes()
    one = trial(1)
    run = make_run(Path("runs"), "before", plan=[one])
    attempt = Attempt(one, 1, Status.OK, "", "2024-01-01T10:00:00Z", "", (), (), roles=(("vm", "single"),))
    publish(run, attempt, {"single/facts-before.txt": text}, {"before": {"vm": parse_facts(text)}})
    said = bench("facts", "before-1")
    assert said.code == 0
    everything = " ".join(f"{said.out} {said.err}".split())
    assert "vm: with ethtool installed: offloads and channels of the network cards" in everything
    assert "vm: as root: the UUID of the virtual machine" in everything


def test_facts_tell_what_became_of_the_machines(bench: Bench, elsewhere: None) -> None:
    one = trial(1)
    run = make_run(Path("runs"), "before", plan=[one])
    old, new = (facts(host__physical_host=name, identity__boot_id="b1") for name in ("H1", "H2"))
    add(run, one, facts={"before": {"vm": old}, "after": {"vm": new}})
    run.event("2024-01-01T10:05:00+00:00", "maintenance started", target="vm", source="inside", text="freeze", id="e1")
    said = bench("facts", "before-1").out
    assert "moved to another host while running" in said
    assert "host physical_host H1 → H2" in said
    assert "2024-01-01 10:05:00  freeze, its metadata service, event e1; its end was not seen" in said


@pytest.mark.usefixtures("runs")
def test_facts_as_json_are_by_target_layer_and_name(bench: Bench) -> None:
    found = json.loads(bench("facts", "20180116", "--json").out)
    assert len(found) == 12
    assert found["jw-f2-1"]["guest-os"]["kernel"] == example.NEW_KERNEL


@pytest.mark.usefixtures("runs")
def test_a_diff_says_what_changed_where_and_by_what(bench: Bench) -> None:
    said = bench("diff", "post-host-patch", "post-guest-patch").out
    assert said.startswith("post-host-patch → post-guest-patch: ATTRIBUTED\n")
    rows = [" ".join(line.split()) for line in said.splitlines()]
    assert f"guest-os kernel {example.OLD_KERNEL} → {example.NEW_KERNEL} on all 12 targets guest_patch" in rows
    assert (
        "guest-config vulnerability.meltdown not known → Mitigation: PTI on all 12 targets known on one side only"
        in rows
    )
    first = bench("diff", "pre-maintenance", "post-host-patch").out
    assert "jw-a4-1, jw-a4-2" in first
    found = json.loads(bench("diff", "pre-maintenance", "post-host-patch", "--json").out)
    assert found["kind"] == "attributed"
    (model,) = [one for one in found["changes"] if one["name"] == "cpu_model"]
    assert (model["targets"], model["declared_by"]) == (["jw-a4-1", "jw-a4-2"], "relocation")
    assert len(model["unchanged"]) == 10


@pytest.mark.usefixtures("runs")
def test_who_stayed_as_they_were_is_named_where_they_are_few(bench: Bench) -> None:
    few = bench("diff", "pre-maintenance", "post-host-patch", "--target", "j[we]-[af]4-*", "--target", "jw-f2-1").out
    assert "on jw-a4-1, jw-a4-2 (of 3 targets); jw-f2-1 unchanged" in few


@pytest.mark.usefixtures("runs")
def test_a_diff_by_target_has_a_row_per_target_and_change(bench: Bench) -> None:
    said = bench("diff", "post-host-patch", "post-guest-patch", "--by-target").out
    rows = [" ".join(line.split()) for line in said.splitlines()]
    kernels = [row for row in rows if f"kernel {example.OLD_KERNEL} → {example.NEW_KERNEL}" in row]
    assert len(kernels) == 12
    assert f"jw-a4-1 guest-os kernel {example.OLD_KERNEL} → {example.NEW_KERNEL} guest_patch" in kernels
    names = [row.split()[0] for row in rows if " guest-os " in row]
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("changed", "total", "still", "said"),
    [
        (40, 41, ("web-7",), "kernel a → b on 40 of 41 targets; web-7 unchanged"),
        (40, 50, tuple("abcdefghij"), "kernel a → b on 40 of 50 targets"),
        (41, 41, (), "kernel a → b on all 41 targets"),
        (1, 1, (), "kernel a → b on t0"),
        (2, 41, (), "kernel a → b on t0, t1 (of 41 targets)"),
    ],
)
def test_a_change_over_the_fleet_is_one_sentence(changed: int, total: int, still: tuple[str, ...], said: str) -> None:
    names = tuple(f"t{number}" for number in range(changed))
    assert Move("guest-os", "kernel", "a → b", names, total, still, "").sentence == said


def test_many_changes_of_one_fact_are_counted() -> None:
    def move(text: str, *targets: str) -> Move:
        return Move("guest-os", "packages", text, targets, 41, ("web-7",), "nothing declared")

    each = [move(f"p{number} → q{number}", f"web-{number}") for number in range(40)]
    (row,) = _fleet_rows(each)
    assert row == (
        "guest-os",
        "packages: 40 different changes on 40 of 41 targets; web-7 unchanged",
        "nothing declared",
    )
    common, rest = _fleet_rows([*each[2:], move("p → q", "web-0", "web-1")])
    assert common[1].startswith("packages p → q on web-0, web-1 (of 41 targets)")
    assert rest[1] == "packages: 38 other changes on 38 of 41 targets"
    assert len(list(_fleet_rows(each[:3]))) == 3


@pytest.mark.usefixtures("runs")
def test_what_is_not_there_is_named(bench: Bench) -> None:
    said = bench("facts", "20180116", "--target", "nobody")
    assert said.code == 1
    assert "no target is called nobody" in said.err
    assert "jw-a4-1" in said.err
    assert "no run has the tag 'later'" in bench("diff", "pre-maintenance", "later").err
    assert bench("facts", "nothing").code == 1
