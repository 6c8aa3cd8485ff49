"""`bench azure`: pollers of the real SDK over a replaying transport, the command, and what is written down."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from replay import Replay, Told, azure_clients

from bench.cli import azure as command
from bench.cli import main
from bench.cloud.actions import Acting
from bench.cloud.azure_actions import EFFECTS, Action, Actor
from bench.cloud.keeping import Keeper
from bench.cloud.protocol import Machine
from bench.cloud.states import Happening
from bench.cloud.telling import Memory
from bench.errors import CloudError, StoreError, TransportError
from bench.measure.clock import now
from bench.measure.connections import Connections
from bench.measure.sandbox import sandbox
from bench.measure.transport import FakeTransport, Reply
from bench.model import Run, Target
from bench.store import Store

SUB = "/subscriptions/11111111-0000-0000-0000-000000000001"
VM = f"{SUB}/resourceGroups/prod/providers/Microsoft.Compute/virtualMachines/web-1"
NIC = f"{SUB}/resourceGroups/net/providers/Microsoft.Network/networkInterfaces/nic-"
MACHINE = Machine("azure", VM, "web-1", "127.0.0.1", region="japaneast", size="Standard_B2ms")
LATER = {"Location": f"https://management.azure.com{SUB}/operations/1", "Retry-After": "0"}


def replaying() -> Replay:
    """A VM with two network interfaces, and an operation that is asked twice before it is done."""
    made = Replay()
    for verb in ("redeploy", "performMaintenance", "deallocate", "start"):
        made.on("POST", f"{VM}/{verb}", Told(None, 202, LATER))
    made.on("GET", f"{SUB}/operations/1", Told(None, 202, LATER), Told(None, 200))
    nics = [{"id": f"{NIC}{number}", "properties": {"primary": number == 1}} for number in (1, 2)]
    made.on(
        "GET",
        VM,
        Told(
            {"id": VM, "name": "web-1", "location": "x", "properties": {"networkProfile": {"networkInterfaces": nics}}}
        ),
    )
    for number in (1, 2):
        made.on("GET", f"{NIC}{number}", Told(nic(number)))
        made.on("PUT", f"{NIC}{number}", lambda asked: Told(asked.body))
    return made


def nic(number: int, *, on: bool = False) -> dict[str, Any]:
    kept = {"dnsSettings": {"dnsServers": ["10.0.0.1"]}, "somethingNew": {"a": [1]}}
    return {
        "id": f"{NIC}{number}", "name": f"nic-{number}", "location": "japaneast", "tags": {"owner": "me"},
        "etag": "W/1", "properties": {"enableAcceleratedNetworking": on, "ipConfigurations": [{"name": "ip"}], **kept},
    }  # fmt: skip


@pytest.fixture
def replay() -> Replay:
    return replaying()


def asked(replay: Replay) -> list[str]:
    return [f"{one.method} {one.path.rpartition('/')[2]}" for one in replay.asked]


def test_redeploy_waits_for_azure(replay: Replay) -> None:
    assert Actor(azure_clients(replay)).do(Action.REDEPLOY, MACHINE) == ""
    assert asked(replay) == ["POST redeploy", "GET 1", "GET 1"]


@pytest.mark.parametrize(
    ("status", "said"),
    [(None, "none is planned"), ({"isCustomerInitiatedMaintenanceAllowed": False}, "not allow it now")],
)
def test_maintenance_is_started_only_when_it_may_be(status: Any, said: str, replay: Replay) -> None:
    replay.on("GET", f"{VM}/instanceView", Told({"maintenanceRedeployStatus": status} if status else {}))
    with pytest.raises(CloudError, match=said):
        Actor(azure_clients(replay)).do(Action.PERFORM_MAINTENANCE, MACHINE)
    assert asked(replay) == ["GET instanceView"]
    allowed = {"isCustomerInitiatedMaintenanceAllowed": True}
    replay.on("GET", f"{VM}/instanceView", Told({"maintenanceRedeployStatus": allowed}))
    Actor(azure_clients(replay)).do(Action.PERFORM_MAINTENANCE, MACHINE)
    assert "POST performMaintenance" in asked(replay)


def test_accelerated_networking_changes_that_and_nothing_else(replay: Replay) -> None:
    assert Actor(azure_clients(replay)).do(Action.ACCELERATED_NETWORKING_ON, MACHINE) == "2 of 2 network interfaces"
    verbs = [one for one in asked(replay) if one != "GET 1"]
    assert verbs == ["GET web-1", "GET nic-1", "GET nic-2", "POST deallocate", "PUT nic-1", "PUT nic-2", "POST start"]
    (sent, _) = (one.body for one in replay.asked if one.method == "PUT")
    expected = nic(1, on=True)
    assert sent["properties"] == expected["properties"]
    assert {key: sent[key] for key in ("location", "tags")} == {key: expected[key] for key in ("location", "tags")}


def test_what_is_so_already_is_not_done_again(replay: Replay) -> None:
    assert Actor(azure_clients(replay)).do(Action.ACCELERATED_NETWORKING_OFF, MACHINE) == "was off already"
    assert asked(replay) == ["GET web-1", "GET nic-1", "GET nic-2"]


def test_a_vm_is_started_again_also_when_an_interface_refuses(replay: Replay) -> None:
    refusal = {"error": {"code": "VmSizeNotSupported", "message": "this size cannot"}}
    replay.on("PUT", f"{NIC}1", Told(refusal, 400))
    with pytest.raises(CloudError, match="this size cannot"):
        Actor(azure_clients(replay)).do(Action.ACCELERATED_NETWORKING_ON, MACHINE)
    assert [one for one in asked(replay) if one != "GET 1"][-2:] == ["PUT nic-1", "POST start"]


def test_an_operation_that_fails_says_why(replay: Replay) -> None:
    replay.on(
        "GET", f"{SUB}/operations/1", Told({"error": {"code": "OverconstrainedAllocation", "message": "no room"}}, 409)
    )
    with pytest.raises(CloudError, match=r"web-1: .*409"):
        Actor(azure_clients(replay)).do(Action.REDEPLOY, MACHINE)


def test_every_action_says_what_it_does() -> None:
    assert set(EFFECTS) == set(Action)


# --- doing it to targets ---


class Machines:
    """A machine that is away while it is moved and comes back under another boot id."""

    def __init__(self) -> None:
        self.boots, self.away = 1, 0

    def __call__(self, target: Target, script: str) -> Reply:
        if self.away:
            self.away -= 1
            raise TransportError("connection refused", where=target.name)
        nonce = script.split("@@%s %s\\n' ")[1].split()[0]
        files = f"@@ files\n/proc/sys/kernel/random/boot_id:boot-{self.boots}\n@@ end\n"
        return Reply(0, f"\n@@{nonce} cloud\n\n\n@@{nonce} facts\n{files}".encode(), b"")

    def move(self, machine: Machine) -> str:
        self.boots, self.away = self.boots + 1, 2
        return "done well"


def test_an_action_is_written_down_waited_for_and_looked_at(tmp_path: Path) -> None:
    machines, slept = Machines(), list[float]()
    keeper = Keeper.of(tmp_path, tmp_path / "x.yaml")
    target = Target("web-1", "web-1", "web-1")
    memory = Memory(keeper, Store(tmp_path / "runs"), [target], lambda: 100.0, "bench azure")
    connections = Connections(FakeTransport(machines), retry_after_s=())
    acting = Acting(connections, memory, lambda: float(len(slept)), slept.append)
    (acted,) = acting.run("redeploy", [target], {"web-1": MACHINE}, machines.move)
    assert (acted.changed, acted.detail, acted.trouble, len(slept)) == (("boot id",), "done well", "", 2)
    assert [(row["kind"], row["text"]) for row in keeper.happenings()] == [
        ("action begins", "redeploy"), ("action ended", "redeploy: boot id"),
    ]  # fmt: skip


def test_a_machine_that_stays_away_and_an_action_that_fails_are_told(tmp_path: Path) -> None:
    machines, slept = Machines(), list[float]()
    keeper = Keeper.of(tmp_path, tmp_path / "x.yaml")
    targets = [Target(name, name, name) for name in ("web-1", "web-2")]

    def do(machine: Machine) -> str:
        machines.away = 10**6
        if machine.name == "web-2":
            raise CloudError("no room")
        return ""

    acting = Acting(
        Connections(FakeTransport(machines), retry_after_s=()),
        Memory(keeper, Store(tmp_path / "runs"), targets, lambda: 1.0, "bench azure"),
        lambda: float(len(slept)), slept.append, patience_s=3.0,
    )  # fmt: skip
    both = {"web-1": MACHINE, "web-2": Machine("azure", VM, "web-2")}
    first, second = acting.run("redeploy", targets, both, do)
    assert (first.trouble, second.trouble) == ("connection refused", "no room")
    assert {row["kind"] for row in keeper.happenings()} == {"action begins", "action failed", "action ended"}


@pytest.mark.parametrize(
    ("lines", "done", "said"),
    [(0, 0, "not begun, as it cannot be written down: disk full"), (1, 1, "how it ended is not remembered: disk full")],
)
def test_what_cannot_be_written_down_is_not_begun_and_an_end_that_cannot_is_told(
    lines: int, done: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, moved = list[str](), list[Machine]()

    def note(keeper: Keeper, happened: list[Happening]) -> None:
        if len(written) >= lines:
            raise StoreError("disk full")
        written.append(happened[0].kind)

    monkeypatch.setattr(Keeper, "note", note)
    target = Target("web-1", "web-1", "web-1")
    memory = Memory(Keeper.of(tmp_path, tmp_path / "x"), Store(tmp_path / "runs"), [target], lambda: 1.0, "bench azure")
    acting = Acting(Connections(FakeTransport(Machines()), retry_after_s=()), memory, lambda: 1.0, lambda seconds: None)
    (acted,) = acting.run("redeploy", [target], {"web-1": MACHINE}, lambda machine: moved.append(machine) or "")
    assert said in acted.trouble
    assert len(moved) == done


# --- the command ---


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A workspace with one target behind a real sshd, and Azure's clients over a replaying transport."""
    with sandbox(tmp_path / "box") as box:
        port = box.start().port
        (tmp_path / "x.yaml").write_text(
            f"known_hosts: {box.known_hosts}\nssh_config: {os.devnull}\ntargets:\n  web-1: {{address: 127.0.0.1, "
            f"port: {port}, identity_file: {box.identity}, labels: {{cloud_id: {VM}}}}}\n"
        )
        monkeypatch.chdir(tmp_path)
        replay = replaying()
        row = {"id": VM, "name": "web-1", "size": "Standard_B2ms", "location": "japaneast"}
        replay.on("POST", "/providers/Microsoft.ResourceGraph/resources",
                  Told({"totalRecords": 1, "count": 1, "resultTruncated": "false", "data": [row]}))  # fmt: skip
        monkeypatch.setattr(command, "_clients", lambda: azure_clients(replay))
        yield tmp_path


def bench(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(words)
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_the_command_shows_does_and_remembers(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = Target("web-1", "127.0.0.1", "127.0.0.1")
    run = Store(place / "runs").create(Run("r1", "c", "before", (), 1, 1, now(), (), (target,), (), ()))
    code, out, err = bench(capsys, "azure", "redeploy", "web-1", "-i", "x.yaml", "--yes")
    assert (code, "its temporary disk is lost" in out, SUB.rpartition("/")[2] in out) == (0, True, True)
    assert "no fact of the host" in out, "this machine did not move"
    assert "burstable" in err
    assert [(one["kind"], one["target"]) for one in run.events()] == [
        ("action begins", "web-1"), ("action ended", "web-1"),
    ]  # fmt: skip
    (journal,) = (place / "watch").glob("*.jsonl")
    assert [json.loads(line)["kind"] for line in journal.read_text().splitlines()] == ["action begins", "action ended"]


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("redeploy", "web-1"), 1, "Do this to 1 VM?"),
        (("explode", "web-1"), 2, "there is no action"),
        (("accelerated-networking", "web-1"), 2, "on or off?"),
        (("accelerated-networking", "on"), 2, "which targets?"),
        (("redeploy", "web-9"), 2, "no target matches"),
    ],
)
def test_nothing_is_done_without_a_yes_or_with_wrong_words(
    words: tuple[str, ...], code: int, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115, PTH123  # as long as the process lives
    found, _, err = bench(capsys, "azure", *words, "-i", "x.yaml")
    assert found == code
    assert said in err
    assert not Path("watch").exists()
