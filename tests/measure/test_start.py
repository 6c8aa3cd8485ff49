"""How a session begins: where sources come from, how a run is numbered and written, and what it refuses to execute."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bench import __version__
from bench.config.catalogue import LoadedSuite, load_suites
from bench.errors import HostKeyError, StoreError, SuiteError
from bench.measure.plan import make_plan
from bench.measure.provision import tool_digest
from bench.measure.scheduler import Scheduler
from bench.measure.sources import tree_digest
from bench.measure.start import Sources, cache_folder, execute, new_run, next_session
from bench.measure.transport import Connection
from bench.measure.watch import Outcome, State
from bench.model import Campaign, Inventory, Phase, Source, SuiteChoice, Target, Tool, Trial
from bench.store import Store, StoredRun

SUITES = load_suites([Path(__file__).parents[1] / "suites_for_tests"])
TARGETS = (Target("t0", "h", "h", peer="t1"), Target("t1", "h", "h"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "main.c").write_text("int main;")
    return folder


def built(tree: Path, *, pinned: bool = True) -> Tool:
    """A tool whose pinned source is `tree`, or another one."""
    digest = tree_digest(tree) if pinned else "0" * 64
    source = Source("hammer", "1.0", "c" * 40, "https://127.0.0.1:9/x", digest)
    return Tool("hammer", (("apt", ()),), "make", ("hammer",), ("{tool}/hammer",), source=source)


def with_tool(tool: Tool) -> dict[str, LoadedSuite]:
    one = SUITES["scripted"]
    return {**SUITES, "scripted": replace(one, suite=replace(one.suite, tool=tool))}


# --- the cache ---


def test_where_sources_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("BENCH_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == Path("/home/me/.cache/vmbench")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "vmbench"
    monkeypatch.setenv("BENCH_CACHE", "~/mine")
    assert cache_folder() == Path("/home/me/mine")


# --- sources ---


def test_an_override_is_packed_once(tree: Path, tmp_path: Path) -> None:
    source, tool = Sources({"hammer": tree}, tmp_path / "cache"), built(tree)
    packed = source(tool)
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        assert tar.getnames() == ["main.c"]
    (tree / "main.c").write_text("changed while the campaign runs")
    assert source(tool) is packed, "every target gets the same tree"


def test_a_pinned_tree_is_the_same_tool(tree: Path, tmp_path: Path) -> None:
    known = with_tool(built(tree))
    source = Sources({"hammer": tree}, tmp_path)
    assert source.applied(known) == known
    assert source.notes == []


def test_another_tree_is_another_tool_and_is_told_once(tree: Path, tmp_path: Path) -> None:
    tool = built(tree, pinned=False)
    known = with_tool(tool)
    source = Sources({"hammer": tree}, tmp_path)
    for _ in range(2):
        used = source.applied(known)["scripted"].suite.tool
    assert used is not None
    assert used.source is not None
    assert (used.source.tree_sha256, used.source.version, used.source.commit) == (tree_digest(tree), "local", "")
    assert tool_digest(used) != tool_digest(tool), "it gets a folder of its own on the target"
    assert source.notes == [f"hammer: {tree} is not the pinned source (tree {tree_digest(tree)[:12]})"]
    assert source.applied(known)["duo"] is known["duo"]
    assert known["scripted"].suite.tool is tool, "what was given is not changed"


def test_an_override_of_something_else_changes_nothing(tree: Path, tmp_path: Path) -> None:
    known = with_tool(built(tree, pinned=False))
    assert Sources({"anvil": tree}, tmp_path).applied(known) == known
    assert Sources({"hammer": tree}, tmp_path).applied(SUITES) == SUITES


def test_sources_that_cannot_be_had(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="not built from source"):
        Sources({}, tmp_path)(Tool("packaged", (("apt", ("fio",)),), "true", (), ()))
    with pytest.raises(SuiteError, match="--source hammer=PATH"):
        Sources({}, tmp_path / "cache")(built(tree))
    with pytest.raises(SuiteError, match="no such file or folder"):
        Sources({"hammer": tmp_path / "gone"}, tmp_path).applied(with_tool(built(tree)))


# --- runs ---


def campaign(suite: str = "scripted") -> Campaign:
    phases = (Phase("before", (("patch", "off"),)), Phase("after"))
    return Campaign(
        "c", Inventory("inv.yaml", TARGETS), (SuiteChoice(suite),), phases, repetitions=2, primary=("scripted/rate",),
        controls=("t1",), margins=(("scripted/rate", 0.1),), title="A title",
    )  # fmt: skip


def begun(folder: Path, tag: str = "before", session: int = 1) -> StoredRun:
    made = campaign()
    plan = make_plan(made, SUITES, made.phase(tag), session=session, seed=5, left_out={"duo": "no tool"})
    return new_run(Store(folder), made, plan, SUITES)


def test_sessions_are_counted_per_campaign_and_tag(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert next_session(store, "c", "before") == 1
    begun(tmp_path)
    begun(tmp_path, session=4)
    assert next_session(store, "c", "before") == 5
    assert next_session(store, "c", "after") == 1
    assert next_session(store, "other", "before") == 1


def test_a_new_run_holds_everything_that_was_asked(tmp_path: Path) -> None:
    written = begun(tmp_path)
    (read,) = Store(tmp_path).runs()
    info = read.info
    assert info == written.info
    assert info.run_id.split("-")[1:3] == ["before", "s1"]
    assert (info.campaign, info.tag, info.factors, info.session, info.seed) == (
        "c",
        "before",
        (("patch", "off"),),
        1,
        5,
    )
    assert (info.targets, info.phases, info.title) == (TARGETS, campaign().phases, "A title")
    assert (info.primary, info.controls, info.margins) == (("scripted/rate",), ("t1",), (("scripted/rate", 0.1),))
    assert info.suites == (("scripted", SUITES["scripted"].digest),), "of the suites that it uses"
    assert info.left_out == (("duo", "no tool"),)
    assert dict(info.versions)["vmbench"] == __version__
    assert {"python", "paramiko"} <= dict(info.versions).keys()
    assert read.missing() == tuple(trial.trial_id for trial in info.plan)
    assert begun(tmp_path).info.run_id != info.run_id, "also within the same second"


# --- executing ---


@dataclass(slots=True)
class Strange:
    """A transport to machines whose host keys nobody knows; and an observer that remembers what was missing."""

    asked: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def connect(self, target: Target) -> Connection:
        self.asked.append(target.name)
        raise HostKeyError("unknown host key", where=target.name)

    def target(self, name: str, message: str) -> None:
        del name, message

    def trial(self, trial: Trial, state: State, detail: str = "") -> None:
        if state is State.MISSING:
            self.missing.append(detail)


def tried(run: StoredRun, suites: dict[str, LoadedSuite], watched: Strange, cache: Path) -> Outcome:
    source = Sources({}, cache)
    return execute(run, suites, transport=watched, scheduler=Scheduler(), source=source, observer=watched, patience_s=1)


def test_a_run_whose_suite_is_gone_is_refused_before_anything_is_reached(tmp_path: Path) -> None:
    run, watched = begun(tmp_path), Strange()
    with pytest.raises(SuiteError, match=r"suite 'scripted' of this run is not here any more\. Put its folder back"):
        tried(run, {}, watched, tmp_path / "cache")
    assert watched.asked == []
    assert run.events() == []


def test_a_run_that_is_held_is_refused_before_anything_is_reached(tmp_path: Path) -> None:
    run, watched = begun(tmp_path), Strange()
    with run.lock(), pytest.raises(StoreError, match="another controller works on this run"):
        tried(run, SUITES, watched, tmp_path / "cache")
    assert watched.asked == []


def test_what_cannot_be_reached_is_missing_and_a_changed_suite_is_told(tmp_path: Path) -> None:
    run, watched = begun(tmp_path), Strange()
    changed = {**SUITES, "scripted": replace(SUITES["scripted"], digest="f" * 64)}
    outcome = tried(run, changed, watched, tmp_path / "cache")
    assert set(outcome.missing) == set(run.missing()) == {trial.trial_id for trial in run.info.plan}
    assert {"t0", "t1"} == set(watched.asked)
    assert all("unknown host key" in cause for cause in outcome.missing.values())
    told = [event for event in run.events() if event["kind"] == "warning"]
    assert [event["suite"] for event in told] == ["scripted"]
    same = begun(tmp_path)
    tried(same, SUITES, Strange(), tmp_path / "cache")
    assert not [event for event in same.events() if event["kind"] == "warning"]


def test_a_run_is_never_measured_with_two_builds_of_a_tool(tree: Path, tmp_path: Path) -> None:
    suites = with_tool(built(tree))
    made = campaign()
    plan = make_plan(made, suites, made.phase("before"), session=1, seed=5, left_out={"duo": "no tool"})
    run = new_run(Store(tmp_path / "runs"), made, plan, suites)
    assert run.info.sources == (("scripted", tree_digest(tree)),)
    watched = Strange()
    with pytest.raises(SuiteError, match=r"built from the source tree .* Give the same --source scripted=PATH"):
        tried(run, with_tool(built(tree, pinned=False)), watched, tmp_path / "cache")
    assert watched.asked == []
    tried(run, suites, watched, tmp_path / "cache")
    assert watched.asked


def test_a_cache_that_cannot_be_written_is_an_error_with_words(tree: Path) -> None:
    archive = tree.parent / "tree.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(tree, "tree")
    with pytest.raises(SuiteError, match=r"cannot be read or cached .*BENCH_CACHE"):
        Sources({"hammer": archive}, Path("/proc/nope"))(built(tree))


def test_a_damaged_run_of_long_ago_is_in_nobodys_way(tmp_path: Path) -> None:
    run = begun(tmp_path, session=2)
    torn = begun(tmp_path, session=7)
    (torn.folder / "run.json").chmod(0o600)
    (torn.folder / "run.json").write_text("{")
    assert next_session(Store(tmp_path), run.info.campaign, "before") == 3
