"""A session's plan: reproducible, interleaved, paired, and honest about what it cannot show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.config.catalogue import LoadedSuite, load_suites
from bench.errors import ConfigError
from bench.measure.plan import ASSUMED_CPUS, OVERHEAD_S, Plan, estimate_s, make_plan, trial_id
from bench.model import (
    Campaign,
    Case,
    Context,
    Inventory,
    JobSpec,
    Phase,
    Scalar,
    Step,
    Steps,
    SuiteChoice,
    Target,
    is_safe_name,
    pairs,
)

SUITES: dict[str, LoadedSuite] = load_suites([Path(__file__).parents[1] / "suites_for_tests"])
BOTH = SuiteChoice("scripted", profile="both")


def campaign(*choices: SuiteChoice, count: int = 3, **changes: object) -> Campaign:
    targets = [Target(f"t{number}", "h", "h") for number in range(count)]
    targets[0] = replace(targets[0], peer="t1" if count > 1 else None)
    made = Campaign("c", Inventory("inv.yaml", tuple(targets)), choices or (BOTH,), (Phase("before"),), repetitions=4)
    return replace(made, **changes)  # type: ignore[arg-type]  # the tests name real fields


def plan(made: Campaign, *, seed: int = 1, session: int = 1, left_out: dict[str, str] | None = None) -> Plan:
    return make_plan(made, SUITES, made.phases[0], session=session, seed=seed, left_out=left_out)


@given(st.integers(0, 2**31), st.integers(1, 9))
def test_the_same_seed_gives_the_same_plan(seed: int, session: int) -> None:
    assert plan(campaign(), seed=seed, session=session) == plan(campaign(), seed=seed, session=session)


def test_another_seed_or_session_gives_another_order_of_the_same_trials() -> None:
    plans = [plan(campaign(), seed=1), plan(campaign(), seed=2), plan(campaign(), session=2)]
    assert len({one.trials for one in plans}) == 3
    assert len({frozenset(one.trials) for one in plans}) == 1


def test_repetitions_are_interleaved() -> None:
    trials = plan(campaign()).trials
    assert [trial.repetition for trial in trials] == sorted(trial.repetition for trial in trials)
    assert Counter(trial.repetition for trial in trials) == {1: 6, 2: 6, 3: 6, 4: 6}
    assert len({trial.trial_id for trial in trials}) == len(trials)
    orders = {tuple((t.case, t.targets) for t in trials if t.repetition == number) for number in (1, 2, 3, 4)}
    assert len(orders) > 1


def test_pairs_are_sender_and_receiver() -> None:
    trials = plan(campaign(SuiteChoice("duo"))).trials
    assert {trial.targets for trial in trials} == {("t0", "t1")}


def test_a_pair_without_a_peer_is_refused() -> None:
    with pytest.raises(ConfigError, match="no target has a `peer`"):
        plan(campaign(SuiteChoice("duo"), count=1))


def test_what_is_left_out_is_recorded() -> None:
    made = campaign(BOTH, SuiteChoice("duo"))
    planned = plan(made, left_out={"duo": "no tool"})
    assert {trial.suite for trial in planned.trials} == {"scripted"}
    assert planned.left_out == (("duo", "no tool"),)
    with pytest.raises(ConfigError, match="nothing to run"):
        plan(made, left_out={"duo": "x", "scripted": "y"})


def test_the_eta_is_that_of_the_busiest_target() -> None:
    choice = SuiteChoice("scripted", params=(("expected", 10.0),), repetitions=2)
    assert plan(campaign(choice)).eta_s == pytest.approx(2 * (10 + OVERHEAD_S))


def test_targets_that_share_a_resource_take_turns_in_the_eta_too() -> None:
    choice = SuiteChoice("scripted", params=(("expected", 10.0),), repetitions=2)
    made = campaign(choice)
    sharing = tuple(replace(target, exclusive="san") for target in made.inventory.targets)
    made = replace(made, inventory=replace(made.inventory, targets=sharing))
    assert plan(made).eta_s == pytest.approx(3 * 2 * (10 + OVERHEAD_S))


@pytest.mark.parametrize(
    ("label", "cpus"), [("1", 1), ("64", 64), ("", ASSUMED_CPUS), ("0", ASSUMED_CPUS), ("four", ASSUMED_CPUS)]
)
def test_the_time_that_a_suite_takes_per_cpu_follows_the_label(label: str, cpus: int) -> None:
    """A suite is asked what it takes on the CPUs that the label names, else on two: nothing is touched to find out."""
    asked: list[int] = []

    @dataclass(frozen=True)
    class Counting(LoadedSuite):
        @property
        def steps(self) -> Steps:
            def steps(case: Case, params: Mapping[str, Scalar], context: Context) -> JobSpec:
                asked.append(context.cpus)
                return JobSpec((Step(("true",), timeout_s=99, expected_s=10.0 * context.cpus),), results=())

            return steps

    known = SUITES["scripted"]
    suite = Counting(known.suite, known.folder, known.digest, known.package)
    target = Target("t", "h", "h", labels=(("cpus", label),) if label else ())
    took = estimate_s(suite, known.suite.cases[0], (), [target])
    assert asked == [cpus]
    assert took == pytest.approx(10 * cpus + OVERHEAD_S)


def test_unixbench_with_a_copy_per_cpu_is_planned_twice_as_long_as_with_one() -> None:
    loaded = load_suites([Path(__file__).parents[2] / "suites"])["unixbench"]
    params = dict(pairs({one.name: one.default for one in loaded.suite.parameters}))
    (case, *_) = loaded.suite.cases
    machine, small = Target("t", "h", "h"), Target("s", "h", "h", labels=(("cpus", "1"),))
    both, one = (
        estimate_s(loaded, case, pairs({**params, "copies": "1,nproc"}), [end]) - OVERHEAD_S for end in (machine, small)
    )
    assert both == pytest.approx(2 * one)
    assert one > 60


def test_warnings_say_what_cannot_be_shown() -> None:
    few = " ".join(plan(campaign(sessions=1)).warnings)
    assert "fewer than 5" in few
    assert "INCONCLUSIVE" in few
    assert "small" not in " ".join(plan(campaign(count=6, sessions=3)).warnings)
    made = campaign(count=6)
    burst = replace(made.inventory.targets[0], labels=(("size", "t3.large"),))
    with_burst = replace(made, inventory=replace(made.inventory, targets=(burst, *made.inventory.targets[1:])))
    assert any("burstable size: t0" in text for text in plan(with_burst).warnings)
    assert plan(made).warnings == ()


@given(st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,62}", fullmatch=True), min_size=1, max_size=2), st.integers(1, 99))
def test_trial_ids_are_safe_folder_names(names: list[str], repetition: int) -> None:
    text = trial_id("s" * 60, "c" * 60, names, repetition)
    assert len(text) <= 180
    assert "/" not in text
    assert is_safe_name(text[:64].rstrip("."))
    assert text != trial_id("s" * 60, "c" * 60, names, repetition + 1)
