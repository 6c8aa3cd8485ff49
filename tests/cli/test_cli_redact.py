"""`--redact` from the command line: on the example campaign, in every format, and what the store keeps of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cli_process import Bench

from bench.report.report_files import REPORT_FILES
from bench.store import Store
from bench.store.aliases import ALIASES, keep_aliases, read_aliases
from examples.january_2018 import make as example


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("january") / "runs"
    example.build(root)
    return root


@pytest.fixture
def root(stored: Path, tmp_path: Path) -> Path:
    return shutil.copytree(stored, tmp_path / "secret-place" / "runs")


def names(root: Path) -> set[str]:
    """Everything of the campaign that names something: also parts of it, and hosts and ids out of the facts."""
    found = {pair.name for pair in example.PAIRS} | {"secret-place"}
    for run in Store(root).runs():
        found |= {target.name for target in run.info.targets}
        for stored in run.attempts():
            for facts in stored.facts("before").values():
                found |= {
                    value
                    for layer, name, value in facts.values
                    if (layer == "identity" and "uptime" not in name) or name == "physical_host"
                }
    return found


def test_the_example_without_names(root: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1517443200")
    secrets = names(root)
    assert len(secrets) > 40
    for name in sorted(REPORT_FILES.keys() - {"pdf"}):
        done = bench("report", "--runs", root, "--redact", "-f", name, "-o", "-")
        assert done.code == 0
        assert "target-1" in done.out
        assert [one for one in secrets if one.casefold() in done.out.casefold()] == [], name
    shown = bench("report", "--runs", root, "--redact").out
    assert [one for one in secrets - {"secret-place"} if one in shown] == []


def test_a_comparison_without_names(root: Path, bench: Bench) -> None:
    for name in ("table", "md", "jira", "csv", "json", "junit"):
        done = bench("compare", "pre-maintenance", "sriov-on", "--runs", root, "--redact", "-f", name)
        assert [one for one in names(root) if one.casefold() in done.out.casefold()] == [], name


def test_a_title_a_logo_and_notes_are_added_and_have_aliases_too(root: Path, bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "n.md").write_text("The table of **wu-d8-2**, see `JE-D3-1.corp.example`\n")
    (tmp_path / "l.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><rect width="4" height="4"/></svg>')
    words = ("report", "--runs", root, "-o", "-", "--title", "Patch of je-d3-2", "--notes", tmp_path / "n.md")
    plain = bench(*words, "--logo", tmp_path / "l.svg").out
    assert "<strong>wu-d8-2</strong>" in plain
    shown = bench(*words, "--logo", tmp_path / "l.svg", "--redact").out
    assert "<h1>Patch of target-2</h1>" in shown
    assert "The table of <strong>target-12</strong>, see <code>target-1</code>" in shown
    assert '<img class="logo" src="data:image/svg+xml;base64,' in shown
    assert "names are aliases" in shown


def test_what_cannot_be_added_is_an_error_before_anything_is_done(bench: Bench, tmp_path: Path) -> None:
    for option in ("--logo", "--notes"):
        done = bench("report", option, tmp_path / "none")
        assert done.code == 2
        assert f"{option} {tmp_path / 'none'}: cannot be read (No such file or directory)" in done.err


def test_the_store_keeps_what_stands_for_what_and_next_week_says_the_same(root: Path, bench: Bench) -> None:
    bench("report", "--runs", root, "--redact")
    given = {name: alias for alias, name in read_aliases(root)}
    assert given["je-d3-1"] == "target-1"
    assert (root / ALIASES).stat().st_mode & 0o777 == 0o400
    kept = (root / ALIASES).read_bytes()
    for run in Store(root).runs()[:2]:  # the first phase is gone, and with it the order of first appearance
        shutil.move(run.folder, root.parent / run.folder.name)
    said = json.loads(bench("report", "--runs", root, "--redact", "-f", "json", "-o", "-").out)
    assert {one["target"] for one in said["comparisons"][0]["metrics"][0]["targets"]} >= {"target-1 → target-2"}
    assert (root / ALIASES).read_bytes() == kept
    assert bench("verify", "--runs", root).code == 0


def test_what_the_report_told_is_kept_with_the_true_names(
    stored: Path, tmp_path: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1517443200")
    kept = []
    for words in ([], ["--redact"]):
        root = shutil.copytree(stored, tmp_path / f"copy{len(words)}" / "runs")
        bench("report", "--runs", root, *words)
        kept.append((root / "january-2018" / "findings.json").read_bytes())
    assert kept[0] == kept[1]


def test_a_store_that_cannot_be_written_gives_a_report_and_a_warning(
    root: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("bench.store.aliases.write_synced", refuse)
    done = bench("report", "--runs", root, "--redact", "-f", "md", "-o", "-")
    assert done.code == 0
    assert "target-1" in done.out
    assert "a later report may use others" in done.err
    assert not (root / ALIASES).exists()


def test_damaged_aliases_stop_the_report(root: Path, bench: Bench) -> None:
    bench("report", "--runs", root, "--redact")
    path = root / ALIASES
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"je-d3-1", b"je-d3-9"))
    done = bench("report", "--runs", root, "--redact")
    assert done.code == 1
    assert ALIASES in done.err


def test_two_who_give_aliases_at_once_do_not_mix_them(tmp_path: Path) -> None:
    assert keep_aliases(tmp_path, [("target-1", "a")])
    assert not keep_aliases(tmp_path, [("target-1", "b")])
    assert keep_aliases(tmp_path, [("target-1", "a"), ("target-2", "b")])
    assert read_aliases(tmp_path) == (("target-1", "a"), ("target-2", "b"))
    assert [path.name for path in tmp_path.iterdir() if "aliases.json." in path.name] == []
