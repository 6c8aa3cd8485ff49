"""`bench watch --then`: a phase is measured once, with its peers, when facts confirm that maintenance is over."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from metadata_server import MetadataServer

from bench.cli import main, watching
from bench.cli.following import over, together
from bench.cloud.states import Done, Host, Standing, Word
from bench.measure import ssh
from bench.measure.sandbox import sandbox
from bench.measure.transport import Connection, Reply
from bench.model import Target
from bench.store import Store

ROOT = Path(__file__).parents[2]
BOOT = Path("/proc/sys/kernel/random/boot_id").read_text().strip()


class Rebooting:
    """The real connection to a machine whose boot id is what a test says, when it is looked at."""

    boots: dict[str, str] = {}  # noqa: RUF012  # the test's own
    looked_at: list[str] = []  # noqa: RUF012  # the test's own

    def __init__(self, target: Target, inner: Connection) -> None:
        self._target, self._inner = target, inner

    def run(self, script: str, *, timeout_s: float) -> Reply:
        reply = self._inner.run(script, timeout_s=timeout_s)
        if "ask_token" in script:
            self.looked_at.append(self._target.name)
        boot = self.boots.get(self._target.name, BOOT) if "ask_token" in script else BOOT
        return Reply(reply.exit_code, reply.stdout.replace(BOOT.encode(), boot.encode()), reply.stderr)

    def alive(self) -> bool:
        return self._inner.alive()

    def close(self) -> None:
        self._inner.close()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A workspace with a pair of targets on Azure and a single one on AWS, and a campaign of one short suite."""
    with sandbox(tmp_path / "box") as box:
        rows = "".join(
            f"  {name}: {{address: 127.0.0.1, port: {box.start().port}, base: {tmp_path}/{name}, {more}}}\n"
            for name, more in (
                ("az-1", "labels: {cloud: azure}, peer: az-2"),
                ("az-2", "labels: {cloud: gcp}"),
                ("aws-1", "labels: {cloud: aws}"),
            )
        )
        (tmp_path / "inventory.yaml").write_text(
            f"known_hosts: {box.known_hosts}\nssh_config: {os.devnull}\ndefaults: {{identity_file: {box.identity}}}\n"
            f"targets:\n{rows}"
        )
        suites = ROOT / "tests" / "suites_for_tests"
        shutil.copytree(suites, tmp_path / "suites", ignore=shutil.ignore_patterns("__pycache__"))
        (tmp_path / "campaign.yaml").write_text(
            "name: c\ninventory: inventory.yaml\nrepetitions: 1\nphases: [pre-maintenance, post-host-patch]\n"
            "suites: [{scripted: {params: {script: echo rate 42}}}]\n"
        )
        connect = ssh.SshTransport.connect
        monkeypatch.setattr(ssh.SshTransport, "connect", lambda self, target: Rebooting(target, connect(self, target)))
        monkeypatch.setattr(Rebooting, "boots", {})
        monkeypatch.setattr(Rebooting, "looked_at", [])
        monkeypatch.chdir(tmp_path)
        yield tmp_path


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(words)
    return int(ended.value.code or 0)


def test_each_target_is_measured_once_when_its_maintenance_is_over(
    place: Path, service: MetadataServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service.azure.vm = "az-1"
    service.aws.schedule()
    service.azure.schedule("Reboot", "2026-01-19T18:29:47Z")

    def measured() -> list[list[str]]:
        runs = Store(place / "runs").runs()
        return [sorted({name for trial in one.info.plan for name in trial.targets}) for one in runs]

    def aws_is_over() -> None:
        assert measured() == []
        Rebooting.boots["aws-1"] = "boot-2"
        service.aws.end()

    def az_1_is_over() -> None:
        assert measured() == [["aws-1"]]
        service.gcp.begin("TERMINATE_ON_HOST_MAINTENANCE")
        Rebooting.boots["az-1"] = "boot-2"
        service.azure.finish()

    def az_2_is_over_but_not_confirmed() -> None:
        assert measured() == [["aws-1"]], "its peer is not done"
        service.gcp.finish()

    def confirmed() -> None:
        assert measured() == [["aws-1"]]
        Rebooting.boots["az-2"] = "boot-2"

    def measured_together() -> None:
        assert measured() == [["aws-1"], ["az-1", "az-2"]]

    def once_only() -> None:
        assert len(measured()) == 2
        raise KeyboardInterrupt

    moments: list[Callable[[], None]] = [
        aws_is_over, az_1_is_over, az_2_is_over_but_not_confirmed, confirmed, measured_together, once_only,
    ]  # fmt: skip

    def wait(interval: float, ending: threading.Event) -> bool:
        if threading.current_thread() is threading.main_thread():
            service.now += interval
            moments.pop(0)()
            return False
        return ending.wait(60.0)

    monkeypatch.setattr(watching, "_wait", wait)
    words = ("watch", "--then", "post-host-patch", "--metadata", service.address, "--scheduled-events",
             "--interval", "20")  # fmt: skip
    assert run(*words) == 130
    said = capsys.readouterr()
    assert said.err.count("is over: measuring post-host-patch") == 2
    assert {one.info.tag for one in Store(place / "runs").runs()} == {"post-host-patch"}
    assert all(not one.missing() for one in Store(place / "runs").runs())
    assert run(*words, "--once") == 0
    assert len(measured()) == 2, "a restart remembers"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--then", "nonsense"), "this campaign has no phase 'nonsense'"),
        (("--then", "post-host-patch", "-i", "other.yaml"), "target 'stranger' is not in this campaign"),
        (("campaign.yaml", "-i", "inventory.yaml"), "a campaign goes with --then"),
        (("--scope", "x"), "--scope goes with --control"),
        (("--freeze-probe",), "--freeze-probe goes with --then"),
        (("--control", "azur"), "Did you mean 'azure'?"),
        (("--metadata", "ftp://x"), "no address"),
        (("--metadata", "http://x/'; reboot"), "no address"),
    ],
)
def test_what_cannot_be_followed_is_said_at_once(
    words: tuple[str, ...], said: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "other.yaml").write_text("targets: {stranger: 10.0.0.1}\n")
    assert run("watch", "--once", *words) == 2
    assert said in capsys.readouterr().err


def test_two_watches_of_one_inventory_are_refused(
    place: Path, service: MetadataServer, capsys: pytest.CaptureFixture[str]
) -> None:
    from bench.cloud.keeping import Keeper

    with Keeper.of(place, place / "inventory.yaml").alone():
        assert run("watch", "-i", "inventory.yaml", "--once", "--metadata", service.address) == 1
    assert "another `bench watch`" in capsys.readouterr().err


def test_all_that_are_over_at_once_are_measured_in_one_session_and_a_run_that_is_not_whole_is_named(
    place: Path, service: MetadataServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service.azure.vm = "az-1"
    service.aws.schedule()
    service.azure.schedule("Reboot", "2026-01-19T18:29:47Z")
    text = (place / "inventory.yaml").read_text().replace(", peer: az-2", "")
    (place / "inventory.yaml").write_text(text)
    campaign = (place / "campaign.yaml").read_text()
    (place / "campaign.yaml").write_text(campaign.replace("echo rate 42", "exit 1"))

    def wait(seconds: float, ending: threading.Event) -> bool:
        if threading.current_thread() is not threading.main_thread():
            return ending.wait(60.0)
        service.now += seconds
        if Rebooting.boots:
            raise KeyboardInterrupt
        Rebooting.boots.update({"aws-1": "boot-2", "az-1": "boot-2"})
        service.aws.end()
        service.azure.finish()
        return False

    monkeypatch.setattr(watching, "_wait", wait)
    words = ("watch", "--then", "post-host-patch", "--metadata", service.address, "--scheduled-events",
             "--interval", "20", "--freeze-probe")  # fmt: skip
    assert run(*words) == 130
    (one,) = Store(place / "runs").runs()
    assert one.info.freeze_probe
    assert sorted({name for trial in one.info.plan for name in trial.targets}) == ["aws-1", "az-1"]
    assert "Maintenance of az-1, aws-1 is over" in capsys.readouterr().err
    (place / "campaign.yaml").write_text(campaign)
    assert run(*words, "--once") == 0
    assert f"run {one.info.run_id} lacks 2 trials: bench resume {one.info.run_id}" in capsys.readouterr().err


def test_others_are_looked_at_while_some_are_measured(
    place: Path, service: MetadataServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A job waits until a live migration of another machine, told for a minute and then forgotten, has been seen."""
    campaign = (place / "campaign.yaml").read_text()
    script = f"touch {place}/begun; while [ ! -e {place}/seen ]; do sleep 0.1; done; echo rate 42"
    (place / "campaign.yaml").write_text(campaign.replace("echo rate 42", f'"{script}", timeout: 100'))
    service.aws.schedule()

    def before() -> None:
        Rebooting.boots["aws-1"] = "boot-2"
        service.aws.end()

    def begins() -> None:
        until = time.monotonic() + 60
        while not (place / "begun").exists() and time.monotonic() < until:
            time.sleep(0.05)
        Rebooting.looked_at.clear()
        service.gcp.begin()

    def seen() -> None:
        assert set(Rebooting.looked_at) == {"az-1", "az-2"}, "what is measured is left alone"
        (place / "seen").touch()

    beside = [begins, service.gcp.finish, seen]

    def wait(seconds: float, ending: threading.Event) -> bool:
        service.now += seconds
        if threading.current_thread() is not threading.main_thread():
            if not beside:
                return ending.wait(60.0)
            beside.pop(0)()
        elif (place / "seen").exists():
            raise KeyboardInterrupt
        else:
            before()
        return False

    monkeypatch.setattr(watching, "_wait", wait)
    words = ("watch", "--then", "post-host-patch", "--metadata", service.address, "--interval", "20", "--json")
    assert run(*words) == 130
    (one,) = Store(place / "runs").runs()
    assert (one.missing(), beside) == ((), [])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = [(line["target"], line["kind"]) for line in lines if line["target"] == "az-2"]
    assert said == [("az-2", "started"), ("az-2", "done")]


@pytest.mark.parametrize(
    ("interval", "notice", "pauses"),
    [(60, None, [60.0]), (60, 25.0, [20.0] * 3), (20, 25.0, [20.0]), (25, 25.0, [25.0]), (300, 25.0, [25.0] * 12)],
)
def test_pauses_are_shorter_than_the_notice(interval: float, notice: float | None, pauses: list[float]) -> None:
    assert watching._pauses(interval, notice) == pauses


def test_targets_are_measured_with_their_peers() -> None:
    peers = {"a": "b", "b": None, "c": "d", "d": "e", "e": "c", "f": None, "g": "gone"}
    assert together(peers) == [["a", "b"], ["c", "d", "e"], ["f"], ["g"]]


@pytest.mark.parametrize(
    ("word", "confirmed", "handled", "is_over"),
    [
        (Word.DONE, ("host",), None, True),
        (Word.DONE, (), None, False),
        (Word.DONE, ("host",), 5.0, False),
        (Word.DONE, ("host",), 4.0, True),
        (Word.UNPATCHED, ("host",), None, False),
        (Word.IN_PROGRESS, ("host",), None, False),
    ],
)
def test_over(word: Word, confirmed: tuple[str, ...], handled: float | None, is_over: bool) -> None:
    done = Done(5.0, "inside", "reboot", Host(), Host(), confirmed)
    assert over(Standing("t", word, done=done, handled_at=handled)) is is_over
