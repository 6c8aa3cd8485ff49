"""A target that lies: whatever it answers to a survey, a launch or a collection is read within bounds, or one error."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.config.catalogue import load_suite
from bench.errors import BenchError, ConfigError, TransportError
from bench.measure import posix
from bench.measure.attempt import record
from bench.measure.connections import Connections
from bench.measure.doctor import examine
from bench.measure.facts import MAX_NAME, MAX_VALUE, MOST_FACTS, parse_facts, parse_volatile
from bench.measure.guards import guard_device
from bench.measure.protocol import Collected, Job, Protocol
from bench.measure.provision import MOST_CPUS, Machine, survey
from bench.measure.transport import FakeTransport, Reply
from bench.measure.unpack import is_safe
from bench.model import JobSpec, Role, Status, Step, Target
from bench.store import publish, verify
from tests.chaos.mutator import LEAVES, Mutator
from tests.chaos.strings import hostile
from tests.store import store_factory

ROOT = Path(__file__).parents[2]
TARGET = Target("t", "h", "h", disk="/dev/disk/by-id/x", destroyable=("/dev/disk/by-id/x",))
TRIAL = store_factory.trial()
SUITE = load_suite(ROOT / "tests" / "suites_for_tests" / "scripted")
SURVEY = MappingProxyType(
    {
        "home": "/root", "base": "/root/.bench", "cpus": "4", "uid": "0", "manager": "apt", "free_kib": "1000000",
        "load": "0.1", "clock": "1767225600.5", "boot_id": "b", "jobs": "a b",
    }
)  # fmt: skip
NUMBERS = st.sampled_from(["nan", "inf", "-1", "0", "9" * 30, "9" * 5000, "1e5", "²", "٤", "", "1_0", " 4 ", "0x10"])
words = hostile() | NUMBERS


def job(name: str = "t") -> Job:
    return Job("j", Target(name, "h", "h"), Role.SINGLE, "/b/jobs/j", "", JobSpec((Step(("x",), 5, 1),), ("stdout",)))


def answering(**parts: bytes | str) -> FakeTransport:
    """A target that answers with these sections, whatever it was asked; it reads the nonce off the script."""

    def handler(_: Target, script: str) -> Reply:
        nonce = script.split("printf '\\n@@%s %s\\n' ")[1].split()[0]
        said = b""
        for name, content in parts.items():
            said += f"\n@@{nonce} {name}\n".encode() + (
                content.encode("utf-8", "replace") if isinstance(content, str) else content
            )
        return Reply(0, said, b"")

    return FakeTransport(handler)


def asked(transport: FakeTransport) -> Machine:
    return survey(transport.connect(TARGET), TARGET)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(SURVEY)), words, max_size=3), st.lists(hostile(), max_size=2))
@example({"cpus": "9" * 5000}, [])
@example({"base": "/etc\nerror=" + "x" * 5000}, [])
def test_a_survey_is_a_machine_in_bounds_or_an_error(changed: dict[str, str], tools: list[str]) -> None:
    said = "\n".join(f"{name}={value}" for name, value in (SURVEY | changed).items())
    try:
        machine = asked(answering(survey=said, tools="\n".join(tools)))
    except BenchError as refused:
        error = str(refused)
        assert len(error) < 3000  # it may as well be a machine
        return
    assert 1 <= machine.cpus <= MOST_CPUS
    assert machine.base.startswith("/")
    assert machine.base.isprintable()
    assert max(map(len, (machine.manager, machine.boot_id, *machine.jobs))) <= 1000


@pytest.mark.parametrize(
    "line",
    [
        "[1, 2]",
        "5",
        '"digest"',
        "[" * 100_000,
        '{"digest": {"a": 1}}',
        '{"digest": "d", "version": 5}',
        "{}",
        "null",
        "1" * 5000,
    ],
)
def test_a_record_of_a_tool_that_is_none_counts_as_absent(line: str) -> None:
    said = "\n".join(f"{name}={value}" for name, value in SURVEY.items())
    machine = asked(answering(survey=said, tools=line))
    assert all(isinstance(value, str) for pairs in machine.tools.values() for _, value in pairs)


def test_endless_answers_are_one_error() -> None:
    with pytest.raises(TransportError, match=r"^t: sent 9 MiB where some lines were asked for"):
        asked(answering(survey=bytes(9 << 20), tools=""))
    with pytest.raises(TransportError, match="did not run the script"):
        asked(FakeTransport(lambda *_: Reply(0, b"@@0000 survey\ncpus=1\n" * 1000, b"")))  # a nonce that it guessed


def test_many_sections_take_no_room() -> None:
    mark = b"\n@@n x\n"
    found = posix.sections(Reply(0, mark * 200_000, b""), "n", "t")
    assert len(found) <= 2


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        hostile()
        | st.sampled_from(["running 5", "done", "dead rebooted a b", "fresh", "busy x", "running " + "9" * 400])
    )
)
def test_a_state_is_one_of_ours_or_an_error(lines: list[str]) -> None:
    try:
        state = posix.read_state("\n".join(lines).encode("utf-8", "replace"), "t")
    except TransportError:
        return
    assert state.word in posix._STATES
    assert state.ran_s >= 0


@given(st.binary(max_size=300) | hostile().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_lists_of_files_are_read_or_passed_over(said: bytes) -> None:
    posix.read_hashes(said)
    assert all(len(left) < 500 for left in posix.read_left(said))
    assert isinstance(posix.read_json(said), dict)


@pytest.mark.parametrize(
    "said",
    [
        "free\nrefused it is mounted",
        "refused it carries a signature: x\nfree",
        "",
        "freed",
        " free me",
        "refused\n\nfree\n",
    ],
)
def test_only_free_alone_is_free(said: str) -> None:
    with pytest.raises(ConfigError, match="will not write"):
        guard_device(answering(guard=said).connect(TARGET), TARGET)
    guard_device(answering(guard="free\n").connect(TARGET), TARGET)


values = st.sampled_from(LEAVES) | hostile() | st.floats() | st.integers()


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["exit_code", "step", "timeout", "stopped", "free_kib", "realtime", "uptime_s", "boot_id"]),
        values,
    )
)
@example({"exit_code": True})
@example({"exit_code": False})
@example({"exit_code": 10**4000})
def test_whatever_a_job_says_of_its_end_can_be_stored_and_read_again(
    tmp_path_factory: pytest.TempPathFactory, done: dict[str, Any]
) -> None:
    text = json.dumps({"exit_code": 0, **done}, default=str).encode()
    files = {"stdout": b"rate 1\n", "done.json": text, "started.json": text}
    attempt, raw, facts = record(TRIAL, 1, [(job(), Collected(posix.JobState("done"), files))], SUITE, "", {})
    run = store_factory.new_run(tmp_path_factory.mktemp("store"))
    publish(run, attempt, raw, facts)
    assert verify(run) == []
    (again,) = run.attempts()
    assert again.record.status is attempt.status
    said = done.get("exit_code", 0)
    assert attempt.status is not Status.OK or (type(said) is int and said == 0)
    assert all(type(code) is int for _, code in again.record.exit_codes)


@settings(max_examples=40, deadline=None)
@given(st.lists(hostile(), min_size=1, max_size=4))
def test_files_of_any_name_are_published_inside_the_attempt_or_left(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    root = tmp_path_factory.mktemp("store")
    run = store_factory.new_run(root)
    taken = {f"single/{name}": b"x" for name in names if is_safe(name)}
    before = sorted(path for path in root.rglob("*") if run.folder not in path.parents)
    try:
        stored = publish(run, store_factory.attempt(), taken, {})
    except BenchError:
        # `unpack` passes over what collides; here two of the drawn names may.
        assert any(one != other and other.startswith(f"{one}/") for one in taken for other in taken)
        return
    assert {file.path for file in stored.record.files} == {f"raw/{name}" for name in taken}
    assert sorted(path for path in root.rglob("*") if run.folder not in path.parents) == before
    assert verify(run) == []


PROBES = Mutator([path.read_bytes() for path in sorted((ROOT / "tests" / "golden" / "facts").glob("*/probe.txt"))], 3)


def test_damaged_probes_give_facts_in_bounds() -> None:
    for number in range(1500):
        data = PROBES.make(number)
        facts = parse_facts(data)
        assert len(facts.values) <= MOST_FACTS
        for layer, name, value in facts.values:
            assert len(layer) < 20
            assert len(name) <= MAX_NAME + 100
            assert len(value) <= MAX_VALUE + 100
        assert all(isinstance(value, str) for _, value in parse_volatile(data))


def test_a_megabyte_is_no_fact_but_its_digest_tells_it_apart() -> None:
    one, other = (
        parse_facts(b"@@ files\n/proc/cmdline:" + b"x" * (1 << 20) + end + b"\n@@ end\n").get("guest-config", "cmdline")
        for end in (b"a", b"b")
    )
    assert one is not None
    assert one != other
    assert len(one) < MAX_VALUE + 100
    many = (
        b"@@ files\n"
        + b"".join(b"/sys/devices/system/cpu/vulnerabilities/x%d:1\n" % number for number in range(20_000))
        + b"@@ end\n"
    )
    assert len(parse_facts(many).values) == MOST_FACTS
    assert "the rest was left out" in parse_facts(many).notes[0]


def test_a_collection_of_garbage_is_an_error_or_a_problem() -> None:
    for archive in (b"", b"\0" * 2000, b"x" * 5000, b"\xff" * 512):
        transport = answering(state="done", facts="x", hashes="0" * 64 + "  ./stdout", archive=archive)
        protocol = Protocol(Connections(transport, retry_after_s=()), "")
        collected = protocol.collect(job())
        assert collected.files.get("stdout") is None
        assert collected.problem or not archive


def test_the_doctor_says_one_thing_about_a_liar() -> None:
    for said in ("", "cpus=\x1b[2J", "error=" + "x" * 100_000, "updates=" + "9" * 100_000):
        (check, *_) = examine([TARGET], [], answering(survey=said, tools="", care=said), None, retry_after_s=())
        assert check.ok is False
        assert len(check.detail) < 2500
