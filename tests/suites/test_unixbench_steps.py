"""UnixBench: the commands that run it, and what the suite declares."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from bench.config.catalogue import load_suite
from bench.errors import ConfigError
from bench.model import Context, JobSpec, Role, Scalar

SUITE = load_suite(Path(__file__).resolve().parents[2] / "suites/unixbench")


def run(case: str = "index", cpus: int = 4, over: Mapping[str, Scalar] = MappingProxyType({})) -> JobSpec:
    suite = SUITE.suite
    found = next(one for one in suite.cases if one.name == case)
    params = {parameter.name: parameter.default for parameter in suite.parameters} | dict(found.params) | dict(over)
    return SUITE.steps(found, params, Context(Role.SINGLE, "/t", "/j", "", False, cpus))


def test_the_full_index_is_asked_for_without_naming_tests() -> None:
    spec = run()
    assert spec.steps[2].argv == ("perl", "/t/Run", "-i", "10", "-c", "1", "-c", "4")
    assert spec.results == ("out/report", "out/report.log")
    assert 2 * 1400 < spec.steps[2].expected_s < 2 * 1800  # the published log of a 1-copy run took 28 min 15 s


def test_nothing_is_written_to_the_tools_folder() -> None:
    env = dict(run().steps[2].env)
    assert {env[name] for name in ("UB_RESULTDIR", "UB_TMPDIR", "UB_TESTDIR")} == {"/j/out", "/j/tmp", "/j/testdir"}
    assert env["UB_BINDIR"] == "/t/pgms"
    assert env["MAKE"] == "true"


def test_copies_on_one_cpu_and_in_any_writing() -> None:
    assert run(cpus=1).steps[2].argv[-2:] == ("-c", "1")
    assert run(over={"copies": "2, 8 2"}).steps[2].argv[4:] == ("-c", "2", "-c", "8")


def test_the_smoke_profile_is_short() -> None:
    profile = next(profile for profile in SUITE.suite.profiles if profile.name == "smoke")
    spec = run(profile.cases[0], over=dict(profile.params))
    assert spec.steps[2].argv == ("perl", "/t/Run", "-i", "1", "-c", "1", "dhry2reg", "syscall")
    assert spec.steps[2].expected_s < 30


@pytest.mark.parametrize(
    "over", [{"tests": "dhry"}, {"tests": " "}, {"copies": "0"}, {"copies": ""}, {"iterations": 0}]
)
def test_what_run_cannot_use_is_refused(over: dict[str, Scalar]) -> None:
    with pytest.raises(ConfigError):
        run(over=over)


def test_profiles_name_cases_and_metrics_are_unique() -> None:
    suite = SUITE.suite
    assert {case for profile in suite.profiles for case in profile.cases} <= {case.name for case in suite.cases}
    assert len({metric.name for metric in suite.metrics}) == len(suite.metrics)
    assert suite.metric("index").headline
