"""`bench watch` end to end: real sshd, the metadata service, the workspace on disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from metadata_server import MetadataServer, plain

from bench.analyse.maintenance import seconds, spans_of
from bench.errors import TransportError
from bench.measure.clock import now
from bench.measure.sandbox import Sandbox, sandbox
from bench.model import Run, Target
from bench.store import Store

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    try:
        with sandbox(tmp_path_factory.mktemp("sandbox")) as made:
            yield made
    except TransportError as error:
        pytest.skip(f"no private sshd here: {error}")


@pytest.fixture
def place(box: Sandbox, tmp_path: Path) -> Path:
    """A workspace with three targets, one per cloud, and one that is down."""
    rows = "".join(
        f"  {cloud}-1: {{address: 127.0.0.1, port: {box.start().port}, labels: {{cloud: {cloud}}}}}\n"
        for cloud in ("azure", "aws", "gcp")
    )
    (tmp_path / "inventories").mkdir()
    (tmp_path / "runs").mkdir()
    (tmp_path / "inventories" / "mine.yaml").write_text(
        f"known_hosts: {box.known_hosts}\nssh_config: /dev/null\ndefaults: {{identity_file: {box.identity}}}\n"
        f"targets:\n{rows}  down-1: {{address: 127.0.0.1, port: 9}}\n"
    )
    return tmp_path


def bench(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *words], cwd=place, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def watched(place: Path, service: MetadataServer, *words: str) -> dict[str, dict[str, object]]:
    service.now += 2
    done = bench(place, "watch", "-i", "inventories/mine.yaml", "--once", "--json", "--metadata", service.address,
                 "--scheduled-events", *words)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {row["target"]: row for row in json.loads(done.stdout)}


def test_maintenance_is_followed_over_restarts(place: Path, service: MetadataServer) -> None:
    service.azure.vm = "azure-1"
    target = Target("azure-1", "127.0.0.1", "127.0.0.1")
    older, newer = (
        Store(place / "runs").create(Run(name, "c", name, (), 1, 1, now(), (), (target,), (), ()))
        for name in ("r1", "r2")
    )
    rows = watched(place, service)
    assert [row["state"] for row in rows.values()] == ["none", "none", "none", "unknown"]
    assert "refused" in str(rows["down-1"]["troubles"])

    service.azure.schedule("Reboot", "Mon, 19 Jan 2099 18:29:47 GMT")
    service.aws.schedule()
    service.gcp.begin()
    rows = watched(place, service)
    assert [row["state"] for row in rows.values()] == ["scheduled", "scheduled", "in progress", "unknown"]
    assert rows["azure-1"]["window"] == {
        "not_before": "2099-01-19T18:29:47+00:00", "not_after": None, "duration_s": None,
    }  # fmt: skip
    assert rows["aws-1"]["source"] == ["aws metadata"]

    service.azure.start()
    service.replaced["/computeMetadata/v1/instance/maintenance-event"] = plain(503, "")
    rows = watched(place, service)
    assert [row["state"] for row in rows.values()] == ["in progress", "scheduled", "in progress", "unknown"]
    assert "503" in str(rows["gcp-1"]["troubles"])

    service.azure.finish()
    service.aws.end()
    service.replaced.clear()
    service.gcp.finish()
    rows = watched(place, service)
    assert [row["state"] for row in rows.values()] == ["done", "done", "done", "unknown"]
    assert rows["azure-1"]["done"]["confirmed"] == []  # type: ignore[index]  # this machine was not rebooted
    (journal,) = (place / "watch").glob("*.jsonl")
    kinds = [(row["target"], row["kind"]) for row in map(json.loads, journal.read_text().splitlines())]
    assert kinds == [
        ("azure-1", "scheduled"), ("aws-1", "scheduled"), ("gcp-1", "started"), ("azure-1", "started"),
        ("azure-1", "done"), ("aws-1", "done"), ("gcp-1", "done"),
    ]  # fmt: skip
    assert older.events() == []
    assert [one["kind"] for one in newer.events()] == [
        "maintenance scheduled", "maintenance started", "maintenance done",
    ]  # fmt: skip
    assert {path.stat().st_mode & 0o077 for path in (place / "watch").iterdir()} == {0}


def test_a_run_that_begins_in_the_middle_of_maintenance_learns_of_it(place: Path, service: MetadataServer) -> None:
    target, store = Target("gcp-1", "127.0.0.1", "127.0.0.1"), Store(place / "runs")
    watched(place, service)
    service.gcp.begin()
    watched(place, service)
    first, second = (
        store.create(Run(f"r{number}", campaign, "x", (), 1, 1, now(), (), (target,), (), ()))
        for number, campaign in enumerate(("c", "other"))
    )
    watched(place, service)
    watched(place, service)
    kinds = [one["kind"] for one in first.events()]
    assert kinds == [one["kind"] for one in second.events()] == ["maintenance started"], "once each"
    third = store.create(Run("r3", "c", "y", (), 1, 1, now(), (), (target,), (), ()))
    service.gcp.finish()
    watched(place, service)
    assert [one["kind"] for one in third.events()] == ["maintenance started", "maintenance done"]
    assert third.events()[0]["time"] == first.events()[0]["time"] < str(third.info.created_at)
    assert [one["kind"] for one in second.events()] == ["maintenance started", "maintenance done"]
    assert [one["kind"] for one in first.events()] == ["maintenance started", "maintenance done"], "its end, too"
    for run in (first, second, third):
        (span,) = spans_of(run)
        assert (span.text, span.source, span.ended) == ("migrate", "inside", True)
        assert span.number
    (span,), created = spans_of(third), seconds(third.info.created_at)
    assert created is not None
    assert span.since < created < span.until + 1, "events are dated to the second"


def test_the_table_is_one_line_a_target_in_a_pipe(place: Path, service: MetadataServer) -> None:
    service.aws.schedule()
    done = bench(place, "watch", "-i", "inventories/mine.yaml", "--once", "--metadata", service.address)
    lines = done.stdout.splitlines()
    assert len(lines) == 5
    assert lines[0].split() == ["target", "state", "window", "source", "remarks"]
    assert "scheduled for 2026-01-21 09:00Z" in lines[2]
    assert "2026-01-21 09:00Z – 09:17Z" in lines[2]
    assert "--scheduled-events" in lines[1]
    assert not service.azure.enabled
