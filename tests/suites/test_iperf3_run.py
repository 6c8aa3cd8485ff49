"""The commands that the iperf3 suite writes, and the installed tool running them on loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.config.catalogue import load_suite
from bench.measure.provision import recipe
from bench.measure.sandbox import free_port
from bench.model import Context, Role, Scalar
from tests.waiting import until_port_listens

LOADED = load_suite(Path(__file__).resolve().parents[2] / "suites" / "iperf3")
SUITE, parse = LOADED.suite, LOADED.parse


def context(role: Role, tool: Path | str = "/t", job: Path | str = "/j", address: str = "10.0.0.5") -> Context:
    return Context(role, str(tool), str(job), "", False, 2, address=address, peer_address="10.0.0.6")


def parameters(case: str, **overrides: Scalar) -> dict[str, Scalar]:
    chosen = next(one for one in SUITE.cases if one.name == case)
    return {one.name: one.default for one in SUITE.parameters} | dict(chosen.params) | overrides


def test_commands_of_the_two_ends() -> None:
    case = SUITE.cases[0]
    receiver = LOADED.steps(case, parameters("tcp"), context(Role.RECEIVER))
    assert receiver.steps[0].argv == ("/t/bin/iperf3", "-s", "-1", "-J", "-p", "5201", "-B", "10.0.0.5")
    assert (receiver.ready_port, receiver.results, receiver.serves) == (5201, (), False)
    sender = LOADED.steps(case, parameters("tcp", window="4M", congestion="cubic"), context(Role.SENDER))
    words = "-c 10.0.0.6 -J -p 5201 -t 30 -O 2 -P 1 -i 1 -b 0 -C cubic -w 4M"
    assert sender.steps[0].argv == ("/t/bin/iperf3", *words.split())
    assert sender.results == (sender.steps[0].stdout,)
    assert sender.steps[0].timeout_s > 2 * sender.steps[0].expected_s
    udp = LOADED.steps(case, parameters("udp", congestion="cubic"), context(Role.SENDER)).steps[0].argv
    assert "-u" in udp
    assert "-C" not in udp


@pytest.mark.parametrize("address", ["", "vm-2.example", "52.174.3.9"])
def test_an_address_that_may_not_be_its_own_is_not_bound(address: str) -> None:
    spec = LOADED.steps(SUITE.cases[0], parameters("tcp"), context(Role.RECEIVER, address=address))
    assert "-B" not in spec.steps[0].argv


def test_profiles_name_cases_and_parameters_that_exist() -> None:
    names, known = {case.name for case in SUITE.cases}, {one.name for one in SUITE.parameters}
    assert all(set(profile.cases) <= names for profile in SUITE.profiles)
    assert all(set(dict(one.params)) <= known for one in (*SUITE.profiles, *SUITE.cases))
    assert {"smoke", "standard"} <= {profile.name for profile in SUITE.profiles}


@pytest.mark.skipif(shutil.which("iperf3") is None, reason="iperf3 is not installed")
def test_the_installed_copy_runs_what_steps_writes(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.mkdir()
    assert SUITE.tool is not None
    subprocess.run(["sh", "-ec", recipe(SUITE.tool)], env={**os.environ, "DEST": str(tool)}, check=True, cwd=tmp_path)
    assert all((tool / name).is_file() for name in SUITE.tool.binaries)
    version = [word.replace("{tool}", str(tool)) for word in SUITE.tool.version]
    assert subprocess.run(version, capture_output=True, check=True).stdout.startswith(b"iperf 3.")
    port = free_port()
    params = parameters("tcp", duration=1, omit=0, port=port)
    ends = {role: Context(role, str(tool), "", "", False, 2, "127.0.0.1", "127.0.0.1") for role in Role}
    specs = {role: LOADED.steps(SUITE.cases[0], params, ends[role]) for role in (Role.RECEIVER, Role.SENDER)}
    serve, send = specs[Role.RECEIVER].steps[0], specs[Role.SENDER].steps[0]
    with subprocess.Popen(serve.argv, env={**os.environ, **dict(serve.env)}, stdout=subprocess.DEVNULL) as server:
        try:
            until_port_listens(port)
            output = subprocess.run(send.argv, env={**os.environ, **dict(send.env)}, capture_output=True, check=True)
        finally:
            server.terminate()
    names = {one.metric for one in parse(output.stdout, "out/iperf3.json").measurements}
    assert {"throughput", "sent_throughput", "retransmits", "cpu_local", "cpu_remote"} <= names
