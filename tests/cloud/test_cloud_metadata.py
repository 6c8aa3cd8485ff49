"""The probe against a metadata service: real shells, curl, wget and bash; headers, tokens, rates, delays, events."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from metadata_server import MetadataServer, plain

from bench.cloud.clouds import CLOUDS
from bench.cloud.probing import INSIDE, NO_CLOUD, Asking, look, script
from bench.cloud.states import Observation, Progress
from bench.errors import TransportError
from bench.measure.connections import Connections
from bench.measure.transport import FakeTransport, Reply
from bench.model import Target

WAYS = [way for way in ("curl", "wget", "bash") if shutil.which(way)]


SHELLS = [shell for shell in (("/bin/sh",), ("bash", "--posix"), ("busybox", "sh")) if shutil.which(shell[0])]


def run_here(target: Target, text: str, shell: tuple[str, ...] = ("/bin/sh",)) -> Reply:
    """The script in this machine's sh, with a proxy in the environment that would lead nowhere."""
    done = subprocess.run(
        [*shell, "-s"],
        input=text.encode(),
        capture_output=True,
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"], "http_proxy": "http://127.0.0.1:9", "HOME": "/nonexistent"},
    )
    return Reply(done.returncode, done.stdout, done.stderr)


def seen(cloud: str, service: MetadataServer, way: str = "", *, events: bool = True) -> Observation:
    """A look, two seconds after the one before it."""
    service.now += 2
    target = Target("web-1", "127.0.0.1", "127.0.0.1", labels=(("cloud", cloud),) if cloud else ())
    asking = Asking(events, service.address, way)
    return look(target, Connections(FakeTransport(run_here)), asking, lambda: service.now)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("cloud", list(CLOUDS))
def test_every_cloud_answers_by_every_way(cloud: str, way: str, chunked: bool, service: MetadataServer) -> None:
    service.chunked = chunked
    reading = seen(cloud, service, way).reading
    assert (reading.problem, reading.notices) == ("", ())
    machine = dict(reading.machine)
    assert machine["cloud"] == cloud
    assert machine["vm_id"] in ("1F5D6A0C-0000-4000-8000-00000000000A", "i-0abc", "4520031799277581759")
    assert machine["region"] in ("japaneast", "eu-west-1", "europe-west1")
    assert reading.host.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[0])
@pytest.mark.parametrize("way", ["", "curl", "bash"])
def test_every_shell_reads_the_script(way: str, shell: tuple[str, ...], service: MetadataServer) -> None:
    service.aws.schedule()
    target = Target("t", "t", "t", labels=(("cloud", "aws"),))
    connections = Connections(FakeTransport(lambda one, text: run_here(one, text, shell)))
    reading = look(target, connections, Asking(address=service.address, way=way), lambda: 1.0).reading
    assert (reading.problem, len(reading.notices or ())) == ("", 1)


def test_facts_alone_ask_no_service(service: MetadataServer) -> None:
    target = Target("t", "t", "t", labels=(("cloud", "aws"),))
    asking = Asking(address=service.address, metadata=False)
    assert look(target, Connections(FakeTransport(run_here)), asking, lambda: 1.0).reading.host.boot_id
    assert service.requests == []


def test_all_ways_are_tested_here() -> None:
    assert WAYS == ["curl", "wget", "bash"]


@pytest.mark.parametrize("way", WAYS)
def test_an_azure_event_is_scheduled_starts_and_disappears(way: str, service: MetadataServer) -> None:
    service.azure.schedule("Freeze", "Mon, 19 Jan 2026 18:29:47 GMT")
    (notice,) = seen("azure", service, way).reading.notices or ()
    assert (notice.kind, notice.progress, notice.not_before, notice.duration_s) == (
        "freeze", Progress.SCHEDULED, 1768847387.0, 9.0,
    )  # fmt: skip
    service.azure.start()
    (notice,) = seen("azure", service, way).reading.notices or ()
    assert (notice.progress, notice.not_before) == (Progress.STARTED, None)
    service.azure.finish()
    assert seen("azure", service, way).reading.notices == ()


def test_a_hardware_fault_has_started_when_it_is_first_told(service: MetadataServer) -> None:
    service.azure.fail()
    (notice,) = seen("azure", service).reading.notices or ()
    assert (notice.kind, notice.progress, notice.not_before) == ("reboot", Progress.STARTED, None)
    service.azure.finish("H1")
    assert seen("azure", service).reading.notices == ()


def test_events_of_other_vms_are_not_ours(service: MetadataServer) -> None:
    service.azure.schedule("Reboot", "2026-01-19T18:29:47Z", resources=("web-2", "WEB-1"), number="both")
    service.azure.schedule("Reboot", "2026-01-19T18:29:47Z", resources=("web-2",), number="other")
    (notice,) = seen("azure", service).reading.notices or ()
    assert (notice.notice_id, notice.not_before, notice.duration_s) == ("both", 1768847387.0, None)


def test_azure_events_are_asked_only_when_wanted(service: MetadataServer) -> None:
    reading = seen("azure", service, events=False).reading
    assert (reading.notices, reading.problem) == (None, "")
    assert "--scheduled-events" in reading.note
    assert not service.azure.enabled
    assert service.requests == ["GET /metadata/instance"]


@pytest.mark.parametrize("way", WAYS)
def test_too_many_requests_say_when_to_come_back(way: str, service: MetadataServer) -> None:
    service.now += 2
    for _ in range(5):
        assert service.azure.answer("GET", "/metadata/instance", {"api-version": ["1"]}, {"metadata": "true"})[0] == 200
    service.now -= 2
    reading = seen("azure", service, way).reading
    assert reading.notices is None
    assert "429" in reading.problem
    assert reading.retry_after_s == 7.0
    assert seen("azure", service, way).reading.notices == ()


def test_a_first_call_that_takes_long_is_waited_for(service: MetadataServer) -> None:
    service.azure.hold_first = threading.Event()
    found: list[Observation] = []
    asking = threading.Thread(target=lambda: found.append(seen("azure", service)))
    asking.start()
    while "GET /metadata/scheduledevents" not in service.requests:
        asking.join(0.02)
    assert not found
    service.azure.hold_first.set()
    asking.join()
    assert found[0].reading.notices == ()


@pytest.mark.parametrize("way", WAYS)
def test_a_service_that_hangs_is_a_problem_after_the_time_limit(
    way: str, service: MetadataServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.cloud import azure_metadata

    monkeypatch.setattr(azure_metadata, "_EVENTS", azure_metadata.Request(
        "events", azure_metadata._EVENTS.path, azure_metadata._EVENTS.headers, timeout_s=1))  # fmt: skip
    service.azure.hold_first = threading.Event()
    reading = seen("azure", service, way).reading
    service.azure.hold_first.set()
    assert reading.notices is None
    assert "no answer" in reading.problem or "nothing answers" in reading.problem
    assert dict(reading.machine)["name"] == "web-1"


@pytest.mark.parametrize("way", WAYS)
def test_a_token_is_asked_for_used_and_never_printed(way: str, service: MetadataServer) -> None:
    service.aws.schedule()
    target = Target("t", "t", "t", labels=(("cloud", "aws"),))
    reply = run_here(
        target, "\n".join(text for _, text in script((CLOUDS["aws"],), target, Asking(True, service.address, way)))
    )
    assert b"system-reboot" in reply.stdout
    assert list(service.aws.tokens)
    assert b"secret" not in reply.stdout + reply.stderr


def test_without_a_token_nothing_is_said(service: MetadataServer) -> None:
    service.replaced["/latest/api/token"] = plain(403, "Forbidden")
    reading = seen("aws", service).reading
    assert reading.notices is None
    assert "token: answered HTTP 403" in reading.problem


def test_an_aws_event_moves_to_the_history(service: MetadataServer) -> None:
    service.aws.schedule()
    (notice,) = seen("aws", service).reading.notices or ()
    assert (notice.progress, notice.not_before, notice.not_after) == (Progress.SCHEDULED, 1768986043.0, 1768987043.0)
    service.aws.end()
    (notice,) = seen("aws", service).reading.notices or ()
    assert notice.progress is Progress.COMPLETED


def test_a_dedicated_host_is_a_host(service: MetadataServer) -> None:
    service.aws.paths["placement/host-id"] = "h-0123"
    assert seen("aws", service).reading.host.name == "h-0123"


def test_gce_speaks_only_to_those_who_asked_before(service: MetadataServer) -> None:
    service.gcp.begin()
    assert seen("gcp", service).reading.notices == ()
    service.gcp.begin("TERMINATE_ON_HOST_MAINTENANCE")
    (notice,) = seen("gcp", service).reading.notices or ()
    assert (notice.kind, notice.progress) == ("terminate", Progress.STARTED)


def test_gce_says_that_the_clock_was_interrupted_also_where_it_tells_the_host(service: MetadataServer) -> None:
    assert seen("gcp", service).reading.host.clock == "0"
    service.gcp.finish(moved=True)
    service.gcp.host = "/b1/s2/h3"
    assert seen("gcp", service).reading.host.clock == "1"


def test_a_machine_in_no_cloud_is_not_asked(service: MetadataServer) -> None:
    reading = seen("", service).reading
    if "azure" not in dict(reading.machine).values() and reading.note == NO_CLOUD:
        assert service.requests == []
    assert reading.host.boot_id


def test_nothing_that_answers(service: MetadataServer) -> None:
    service.address = "http://127.0.0.1:9"
    for way in WAYS:
        reading = seen("azure", service, way).reading
        assert reading.notices is None
        assert "nothing answers" in reading.problem


def test_a_machine_without_any_tool_says_so(service: MetadataServer) -> None:
    assert "none of curl, GNU wget and bash" in seen("gcp", service, "none").reading.problem


def test_an_unreachable_machine_is_an_observation() -> None:
    def down(target: Target, text: str) -> Reply:
        raise TransportError("connection refused", where=target.name)

    connections = Connections(FakeTransport(down), retry_after_s=())
    found = look(Target("t", "t", "t"), connections, Asking(), lambda: 5.0)
    assert (found.source, found.at, found.reading.problem) == (INSIDE, 5.0, "connection refused")
