"""What the documentation shows happens as it is shown: the story, the Python examples, the suite, the tables."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from types import MappingProxyType

import pytest
from docs_pages import PAGES, ROOT, Block, blocks, commands

from bench.analyse.published import read_table
from bench.cli import main
from bench.config.catalogue import load_suites, suite_folders
from bench.config.choices import resolve_params
from bench.errors import ParseError
from bench.model import Context, Role, SuiteChoice

SAID = b"""\
sysbench 1.0.20 (using system LuaJIT 2.1.0-beta3)

Running the test with following options:
Number of threads: 1

CPU speed:
    events per second:  4066.68

General statistics:
    total time:                          2.0002s
    total number of events:              8137
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the table of the story, no word from the environment."""
    shutil.copytree(ROOT / "inventories", tmp_path / "inventories")
    (tmp_path / "suites").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("BENCH_") or name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "SOURCE_DATE_EPOCH"):
            monkeypatch.delenv(name)
    return tmp_path


def run(words: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        main(words)
    return int(ended.value.code or 0)


def story(page: str) -> list[list[str]]:
    """The story's command lines of a page."""
    return [words for where, words in commands() if where.startswith(page) and "azure-2018-01" in words]


def test_the_story_prints_what_the_readme_shows(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shown,) = blocks("text", mark="story")
    imported, reported = story("README.md")
    assert run(imported) == 0
    assert "bench compare pre-maintenance post-host-patch" in capsys.readouterr().err
    assert run(reported) == 0
    assert capsys.readouterr().out == f"{shown.text}Report: {workspace}/reports/azure-2018-01.html\n"
    for ratio in ("108 %", "105 %", "95 %", "186 %", "101 %"):
        (row,) = [line for line in shown.text.splitlines() if re.search(rf"\? +{ratio}", line)]
        assert row.endswith("INCONCLUSIVE (UNREPLICATED)")
        assert ratio in (workspace / "reports" / "azure-2018-01.html").read_text("utf-8").replace("\xa0", " ")
    assert "82 … 162 %" in shown.text
    assert "To settle 1 metric" in shown.text


def test_the_story_runs_end_to_end_as_told(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = story("importing.md")
    assert [words[0] for words in lines] == ["import", "report", "compare"]
    assert [run(words) for words in lines] == [0, 0, 0]
    said = " ".join(capsys.readouterr().out.split())
    page = " ".join((ROOT / "docs" / "importing.md").read_text("utf-8").split())
    for words in ("115 %", "82 … 162 %", "INCONCLUSIVE (UNDERPOWERED)", "INCONCLUSIVE (UNREPLICATED)", "58 %"):
        assert words in said
        assert words in page


@pytest.mark.parametrize("page", ["README.md", "python.md"])
def test_the_python_examples_run(workspace: Path, capsys: pytest.CaptureFixture[str], page: str) -> None:
    assert run(story("README.md")[0]) == 0
    capsys.readouterr()
    code = "".join(block.text for block in blocks("python", mark=None) if block.page == page)
    assert "bench.compare(" in code
    names: dict[str, object] = {}
    exec(compile(code, page, "exec"), names)  # noqa: S102  # the page's own example is what is tested
    assert "inconclusive" in capsys.readouterr().out
    assert "<html" in (workspace / "reports" / "january.html").read_text("utf-8")


def test_the_example_suite_is_one(workspace: Path) -> None:
    for block in blocks("python"):
        if block.mark.startswith("file: "):
            path = workspace / block.mark.removeprefix("file: ")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
    loaded = load_suites(suite_folders(workspace))["sysbench"]
    case, profile = loaded.suite.cases[0], loaded.suite.profiles[1]
    params = MappingProxyType(dict(resolve_params(loaded.suite, SuiteChoice("sysbench", profile.name), case)))
    spec = loaded.steps(case, params, Context(Role.SINGLE, "/t", "/j", "", False, 2))
    assert spec.steps[0].argv == ("/t/bin/sysbench", "cpu", "--time=2", "run")
    parsed = loaded.parse(SAID, "sysbench.txt")
    assert [(one.metric, one.value) for one in parsed.measurements] == [("events", 4066.68)]
    assert parsed.tool_version == "1.0.20"
    for broken in (b"", SAID[:120], b"FATAL: unknown option"):
        with pytest.raises(ParseError, match="events per second"):
            loaded.parse(broken, "sysbench.txt")


@pytest.mark.parametrize("block", blocks("csv"), ids=lambda block: f"{block.page}:{block.line}")
def test_an_example_table_can_be_read(block: Block) -> None:
    rows = read_table(block.text.encode(), "example.csv")
    assert len({row.tag for row in rows}) == 2


def test_no_page_names_the_place_it_was_written_in() -> None:
    for page in PAGES:
        text = page.read_text("utf-8")
        assert str(ROOT) not in text
        assert "/tmp/" not in text  # noqa: S108  # looked for, not used
