"""The loop around the standings: rates, control planes, what cannot be saved, what is left alone when measured."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench.cloud.azure_metadata import FIRST_CALL_S
from bench.cloud.gcp import NOTICE_S
from bench.cloud.keeping import Keeper
from bench.cloud.probing import Asking
from bench.cloud.protocol import Machine
from bench.cloud.states import Happening, Notice, Progress, Reading, Word
from bench.cloud.tables import happening_words
from bench.cloud.watching import ANSWERED_S, CONTROL_EVERY_S, LISTED_EVERY_S, NO_VM, Tell, Watch
from bench.errors import CloudError, StoreError
from bench.measure.connections import Connections
from bench.measure.transport import Connection, FakeTransport, Reply
from bench.model import Target


class Place:
    """Two machines on Azure that answer as told, a control plane, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.now, self.asked, self.status = 1000.0, list[str](), "200 OK\r\n"
        self.listed, self.polled, self.down = 0, 0, ""
        self.ids, self.texts = dict[str, str](), list[str]()
        self.notices: tuple[Notice, ...] | None = ()
        self.begun, self.answering = threading.Event(), threading.Event()
        self.answering.set()
        self.keeper = Keeper.of(folder, folder / "x.yaml")
        self.targets = [
            Target(name, name, name, labels=(("cloud", "azure"), ("cloud_id", f"/ID/{name}"))) for name in ("a", "b")
        ]

    def watch(self, tell: Tell = lambda happened, running: None) -> Watch:
        connections = Connections(FakeTransport(self.machine), retry_after_s=())
        asking = Asking(enable_events=True)
        return Watch(self.targets, connections, asking, self.keeper, lambda: self.now, {"azure": self}, tell)

    def machine(self, target: Target, text: str) -> Reply:
        self.asked.append(target.name)
        self.texts.append(text.replace("'", " "))
        nonce = text.split("@@%s %s\\n' ")[1].split()[0]
        vm = {"name": "x", "vmId": self.ids.get(target.name, "")}
        body = json.dumps({"compute": vm, "Events": []})
        answer = f"HTTP/1.1 {self.status}Retry-After: 300\r\n\r\n{body}\n0\n"
        parts = {"cloud": "azure\n", "azure.instance": answer, "azure.events": answer, "facts": ""}
        if target.label("cloud") == "gcp":
            parts = {"cloud": "gcp\n", "gcp.event": "HTTP/1.1 200 OK\r\n\r\nNONE\n0\n", "facts": ""}
        return Reply(0, "".join(f"\n@@{nonce} {name}\n{text}" for name, text in parts.items()).encode(), b"")

    def machines(self) -> Iterator[Machine]:
        self.listed += 1
        if self.down:
            raise CloudError(self.down)
        yield from (Machine("azure", f"/id/{name}", name) for name in ("a", "c"))

    def maintenance(self, machines: Sequence[Machine]) -> Iterator[tuple[str, str, Reading]]:
        self.polled += 1
        self.begun.set()
        self.answering.wait(60)
        yield from ((one.cloud_id, "azure instance view", Reading(self.notices)) for one in machines)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_target_that_was_asked_too_often_is_left_alone_as_long_as_it_wants(place: Place) -> None:
    watch = place.watch()
    place.status = "429 Too Many Requests\r\n"
    watch.poll()
    assert sorted(place.asked) == ["a", "b"]
    place.now += 299
    watch.poll()
    assert len(place.asked) == 2
    place.now += 2
    watch.poll()
    assert len(place.asked) == 4
    place.now -= 86_400
    place.status = "200 OK\r\n"
    watch.poll()
    assert len(place.asked) == 6, "a clock that was set back makes nobody wait for a day"
    assert [one.word for one in watch.standings] == [Word.NONE, Word.NONE]


def test_a_control_plane_is_asked_every_five_minutes_and_lists_every_hour(place: Place) -> None:
    watch = place.watch()
    watch.poll()
    place.now += CONTROL_EVERY_S - 1
    watch.poll()
    assert (place.listed, place.polled) == (1, 1)
    place.now += 1
    watch.poll()
    assert (place.listed, place.polled) == (1, 2)
    place.now += LISTED_EVERY_S
    watch.poll()
    assert place.listed == 2
    assert [dict(one.notes) for one in watch.standings] == [{}, {"azure control plane": NO_VM}]


def test_only_the_first_answer_is_waited_for_long(place: Place) -> None:
    watch = place.watch()
    place.status = "503 Unavailable\r\n"
    watch.poll()
    assert all(f" {FIRST_CALL_S} " in text for text in place.texts)
    place.status = "200 OK\r\n"
    place.now += 1000
    watch.poll()
    place.texts.clear()
    watch.poll()
    assert len(place.texts) == 2
    assert all(f" {ANSWERED_S} " in text and f" {FIRST_CALL_S} " not in text for text in place.texts)


def test_a_control_plane_that_is_slow_holds_up_no_look(place: Place) -> None:
    watch = place.watch()
    place.notices = (Notice("n", "redeploy", Progress.SCHEDULED, 5000.0),)
    place.answering.clear()
    for _ in range(3):
        watch.poll(waiting=False)
        assert place.begun.wait(60)
        place.now += CONTROL_EVERY_S
    assert (place.asked.count("a"), place.polled) == (3, 1), "it is asked anew only when it has answered"
    assert [one.word for one in watch.standings] == [Word.NONE] * 2
    place.answering.set()
    watch.poll()
    assert [one.word for one in watch.standings] == [Word.SCHEDULED, Word.NONE]


def test_a_target_of_another_cloud_is_not_missed_by_a_control_plane(place: Place) -> None:
    place.targets.append(Target("c", "c", "c", labels=(("cloud", "aws"),)))
    place.targets.append(Target("d", "d", "d", labels=(("cloud", "azure"),)))
    watch = place.watch()
    watch.poll()
    notes = {one.target: dict(one.notes).get("azure control plane") for one in watch.standings}
    assert notes == {"a": None, "b": NO_VM, "c": None, "d": NO_VM}


def test_between_two_looks_only_who_gives_a_short_notice_is_asked(place: Place) -> None:
    place.targets.append(Target("g", "g", "g", labels=(("cloud", "gcp"),)))
    watch = place.watch()
    assert watch.notice_s is None
    watch.poll()
    assert watch.notice_s == NOTICE_S
    place.asked.clear()
    place.now += 1000
    watch.poll(urgent=True)
    assert (place.asked, place.polled) == (["g"], 1)


def test_a_target_that_is_called_otherwise_keeps_its_standing(place: Place) -> None:
    place.ids = {"a": "vm-1", "b": "vm-2"}
    place.notices = (Notice("n", "redeploy", Progress.SCHEDULED, 5000.0),)
    place.watch().poll()
    place.targets[0] = replace(place.targets[0], name="new", address="new")
    place.ids = {"new": "vm-1", "b": "vm-2"}
    watch = place.watch()
    assert [(one.kind, one.target, one.text) for one in watch.poll()] == [("renamed", "new", "a")]
    assert [(one.target, one.word) for one in watch.standings] == [("new", Word.SCHEDULED), ("b", Word.NONE)]
    assert set(place.keeper.load()) == {"new", "b"}


def test_both_views_make_one_standing_and_a_control_plane_that_fails_is_a_trouble(place: Place) -> None:
    watch = place.watch()
    place.notices = (Notice("n", "redeploy", Progress.SCHEDULED, 5000.0),)
    watch.poll()
    assert [one.word for one in watch.standings] == [Word.SCHEDULED, Word.NONE]
    place.now, place.down = place.now + LISTED_EVERY_S, "HTTP 503: later"
    watch.poll()
    assert [one.word for one in watch.standings] == [Word.SCHEDULED, Word.NONE]
    assert [dict(one.troubles) for one in watch.standings] == [{"azure control plane": "HTTP 503: later"}] * 2


def test_what_a_full_disk_refused_is_remembered_when_it_has_room(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = place.watch()
    place.notices = (Notice("n", "redeploy", Progress.SCHEDULED, 5000.0),)

    def full(*args: object) -> None:
        raise StoreError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Keeper, "note", full)
        assert [one.kind for one in watch.poll()] == ["scheduled"]
    assert "no space left" in watch.unsaved
    watch.poll()
    assert watch.unsaved == ""
    assert [row["kind"] for row in place.keeper.happenings()] == ["scheduled"]
    assert [one.word for one in place.watch().standings] == [Word.SCHEDULED, Word.NONE]


def test_what_runs_could_not_be_told_is_told_them_later(place: Place) -> None:
    told, full = list[str](), [True]

    def tell(happened: Sequence[Happening], running: Sequence[Happening]) -> None:
        if full.pop() if full else False:
            raise StoreError("no space left on device")
        told.extend(one.kind for one in happened)

    place.notices = (Notice("n", "redeploy", Progress.SCHEDULED, 5000.0),)
    watch = place.watch(tell)
    watch.poll()
    assert "no space left" in watch.unsaved
    assert place.keeper.happenings() == []
    watch.poll()
    assert told == ["scheduled"]
    assert [row["kind"] for row in place.keeper.happenings()] == ["scheduled"]


def test_a_source_that_begins_to_fail_and_answers_again_is_told_once(place: Place) -> None:
    watch = place.watch()
    watch.poll()
    place.status, place.down = "503 Unavailable\r\n", "HTTP 503: later"
    place.now += LISTED_EVERY_S
    assert {(one.target, one.kind, happening_words(one)) for one in watch.poll()} == {
        (name, "trouble", words)
        for name in ("a", "b")
        for words in ("scheduled events: answered HTTP 503", "azure control plane: HTTP 503: later")
    }
    assert watch.poll() == []
    place.status, place.down = "200 OK\r\n", ""
    place.now += LISTED_EVERY_S
    found = watch.poll()
    assert {(one.kind, happening_words(one)) for one in found} == {
        ("answers", "answers again"), ("answers", "azure control plane: answers again"),
    }  # fmt: skip
    assert place.keeper.happenings() == [], "it is not kept"


def test_a_file_that_is_torn_says_what_to_do(place: Place) -> None:
    place.watch().poll()
    content = place.keeper.path.read_bytes()
    place.keeper.path.chmod(0o600)
    for torn in (b"", content[:50], b"[]", content.replace(b'"none"', b'"perhaps"')):
        place.keeper.path.write_bytes(torn)
        with pytest.raises(StoreError, match="Move this file away"):
            place.watch()


def test_inventories_of_one_name_are_followed_apart(tmp_path: Path) -> None:
    one, other = (Keeper.of(tmp_path, tmp_path / folder / "mine.yaml") for folder in ("a", "b"))
    assert one.path != other.path
    assert Keeper.of(tmp_path, tmp_path / "../../..\n;.yaml").path.parent == tmp_path / "watch"


# --- while some are measured ---


def test_what_is_measured_and_what_takes_turns_with_it_is_left_alone_but_for_control_planes(place: Place) -> None:
    place.targets[0] = replace(place.targets[0], exclusive="rack-1")
    place.targets.append(Target("g", "g", "g", labels=(("cloud", "gcp"),)))
    place.targets.append(Target("h", "h", "h", labels=(("cloud", "gcp"),), exclusive="rack-1"))
    watch = place.watch()
    watch.poll()
    place.asked.clear()
    place.now += CONTROL_EVERY_S
    place.notices = (Notice("n", "redeploy", Progress.STARTED, 5000.0),)
    watch.leave({"a"})
    watch.poll()
    assert (sorted(place.asked), place.polled) == (["b", "g"], 2)
    assert watch.standings[0].word is Word.IN_PROGRESS, "its control plane still says so"
    watch.leave({"a", "g"})
    assert watch.notice_s is None
    watch.leave(())
    place.asked.clear()
    watch.poll()
    assert sorted(place.asked) == ["a", "b", "g", "h"]


def test_what_is_measured_keeps_no_connection(place: Place) -> None:
    closed: list[str] = []

    class Closing:
        def __init__(self, target: Target) -> None:
            self.target = target

        def run(self, script: str, *, timeout_s: float) -> Reply:
            return place.machine(self.target, script)

        def alive(self) -> bool:
            return True

        def close(self) -> None:
            closed.append(self.target.name)

    class Transport:
        def connect(self, target: Target) -> Connection:
            return Closing(target)

    connections = Connections(Transport(), retry_after_s=())
    watch = Watch(place.targets, connections, Asking(), place.keeper, lambda: place.now)
    watch.poll()
    assert closed == []
    watch.leave({"a"})
    assert "a" in closed
