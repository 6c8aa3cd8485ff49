"""The commands that the iperf2 suite writes, and the installed tool running them on loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.config.catalogue import load_suite
from bench.errors import ParseError
from bench.measure.provision import recipe
from bench.measure.sandbox import free_port
from bench.model import Context, Role, Scalar
from tests.waiting import until_port_listens

LOADED = load_suite(Path(__file__).resolve().parents[2] / "suites" / "iperf2")
SUITE, parse = LOADED.suite, LOADED.parse


def context(role: Role, address: str = "10.0.0.5") -> Context:
    return Context(role, "/t", "/j", "", False, 2, address=address, peer_address="10.0.0.6")


def parameters(case: str, **overrides: Scalar) -> dict[str, Scalar]:
    chosen = next(one for one in SUITE.cases if one.name == case)
    return {one.name: one.default for one in SUITE.parameters} | dict(chosen.params) | overrides


def test_commands_of_the_two_ends() -> None:
    case = SUITE.cases[0]
    receiver = LOADED.steps(case, parameters("tcp"), context(Role.RECEIVER))
    assert receiver.steps[0].argv[-8:] == ("/t/bin/iperf", "-s", "-p", "5001", "-f", "k", "-B", "10.0.0.5")
    assert (receiver.ready_port, receiver.results, receiver.serves) == (5001, (), True)
    sender = LOADED.steps(case, parameters("tcp", window="4M", congestion="cubic"), context(Role.SENDER))
    words = "-c 10.0.0.6 -p 5001 -t 30 -P 1 -i 1 -e -f k -Z cubic -w 4M"
    assert sender.steps[0].argv[4:] == ("/t/bin/iperf", *words.split())
    assert sender.results == (sender.steps[0].stdout,)
    assert "--full-duplex" in LOADED.steps(case, parameters("tcp-bidir"), context(Role.SENDER)).steps[0].argv


def test_udp_gives_the_receiver_a_moment_because_its_port_cannot_be_seen() -> None:
    receiver = LOADED.steps(SUITE.cases[-1], parameters("udp"), context(Role.RECEIVER, address=""))
    assert receiver.ready_port is None
    assert "-u" in receiver.steps[0].argv
    assert "-B" not in receiver.steps[0].argv
    sender = LOADED.steps(SUITE.cases[-1], parameters("udp", congestion="cubic"), context(Role.SENDER))
    assert sender.steps[0].argv == ("sleep", "2")
    assert sender.steps[1].argv[-3:] == ("-u", "-b", "500m")
    assert sender.steps[0].stdout not in sender.results


def test_profiles_name_cases_and_parameters_that_exist() -> None:
    names, known = {case.name for case in SUITE.cases}, {one.name for one in SUITE.parameters}
    assert all(set(profile.cases) <= names for profile in SUITE.profiles)
    assert all(set(dict(one.params)) <= known for one in (*SUITE.profiles, *SUITE.cases))
    assert {"smoke", "standard"} <= {profile.name for profile in SUITE.profiles}


@pytest.mark.skipif(shutil.which("iperf") is None, reason="iperf is not installed")
def test_the_installed_copy_runs_what_steps_writes(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.mkdir()
    assert SUITE.tool is not None
    subprocess.run(["sh", "-ec", recipe(SUITE.tool)], env={**os.environ, "DEST": str(tool)}, check=True, cwd=tmp_path)
    assert all((tool / name).is_file() for name in SUITE.tool.binaries)
    version = [word.replace("{tool}", str(tool)) for word in SUITE.tool.version]
    assert b"iperf version 2." in subprocess.run(version, stderr=subprocess.PIPE, check=False).stderr
    port = free_port()
    params = parameters("tcp", duration=1, port=port)
    ends = {role: Context(role, str(tool), "", "", False, 2, "127.0.0.1", "127.0.0.1") for role in Role}
    specs = {role: LOADED.steps(SUITE.cases[0], params, ends[role]) for role in (Role.RECEIVER, Role.SENDER)}
    serve, send = specs[Role.RECEIVER].steps[0], specs[Role.SENDER].steps[0]
    with subprocess.Popen(serve.argv, env={**os.environ, **dict(serve.env)}, stdout=subprocess.DEVNULL) as server:
        try:
            until_port_listens(port)
            output = subprocess.run(send.argv, env={**os.environ, **dict(send.env)}, capture_output=True, check=True)
        finally:
            server.terminate()
    names = {one.metric for one in parse(output.stdout, "out/iperf.txt").measurements}
    assert {"throughput", "retransmits", "connect_time", "rtt"} <= names


@pytest.mark.skipif(shutil.which("iperf") is None, reason="iperf is not installed")
def test_a_server_that_is_not_there_is_seen_although_iperf_exits_with_zero() -> None:
    step = LOADED.steps(SUITE.cases[0], parameters("tcp", duration=1, port=free_port()), context(Role.SENDER)).steps[0]
    argv = [word.replace("/t/bin/iperf", "iperf").replace("10.0.0.6", "127.0.0.1") for word in step.argv]
    output = subprocess.run(argv, capture_output=True, check=True).stdout
    with pytest.raises(ParseError, match="Connection refused"):
        parse(output, "out/iperf.txt")
