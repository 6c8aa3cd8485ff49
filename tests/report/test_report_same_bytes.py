"""The same store gives the same bytes: whatever folder, time zone, locale, hash seed and cache a process has."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.report.pdf import BROWSERS
from bench.report.report_files import REPORT_FILES
from examples.january_2018 import make as example

ROOT = Path(__file__).parents[2]
ALL_FORMS = """
import sys
from dataclasses import replace
from pathlib import Path
from bench.cli import context
from bench.cli.analysing import runs_with
from bench.cli.reports import generated_at
from bench.cli.redacting import redacted_report
from bench.report.campaign import make_report, read, tags_of
from bench.report.notes import read_notes
from bench.report.report_files import render_report
out, *forms = sys.argv[1:]
found, broken = runs_with((), None, None)
made = make_report(read(found, context.suites(), broken), tags_of(found), generated_at=generated_at())
made = replace(made, notes=read_notes(Path(out, "../notes.md")))
redacted = redacted_report(made, found)
for form in forms:
    name, _, option = form.partition("+")
    Path(out, form).write_bytes(render_report(name, redacted if option else made))
"""
WORLDS = (
    {"TZ": "UTC", "LANG": "C.UTF-8", "PYTHONHASHSEED": "1"},
    {"TZ": "Asia/Tokyo", "LANG": "C", "LC_ALL": "C", "PYTHONHASHSEED": "2", "COLUMNS": "50", "PYTHONUTF8": "0"},
    {"TZ": "America/St_Johns", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "3", "NO_COLOR": "1", "TERM": "dumb"},
)
"""The first process finds no cache, the second that of the first, the third one of its own in a copy of the store."""


def wanted() -> list[str]:
    printed = any(map(shutil.which, BROWSERS))
    return ["html+--redact", "csv+--redact", *(name for name in REPORT_FILES if name != "pdf" or printed)]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The folders into which each world wrote every form."""
    top = tmp_path_factory.mktemp("worlds")
    example.build(top / "runs")
    (top / "notes.md").write_text("An *ärger* about `je-d3-1`.\n", "utf-8")
    shutil.copytree(top / "runs", top / "copy")
    found = []
    for number, world in enumerate(WORLDS):
        out = top / f"world{number}"
        out.mkdir()
        here = top / f"here{number}"
        here.mkdir()
        fixed = {"SOURCE_DATE_EPOCH": "1517443200", "PYTHONPATH": str(ROOT), "PATH": "/usr/local/bin:/usr/bin:/bin"}
        store = {"BENCH_RUNS": str(top / ("copy" if number == 2 else "runs")), "HOME": str(here)}
        forms = [form for form in wanted() if form != "pdf" or number < 2]  # a browser takes its time
        done = subprocess.run(
            [sys.executable, "-c", ALL_FORMS, str(out), *forms],
            cwd=here, env=world | fixed | store, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found.append(out)
    return found


@pytest.mark.parametrize("form", wanted())
def test_the_same_store_gives_the_same_bytes(written: list[Path], form: str) -> None:
    first, *others = [(folder / form).read_bytes() for folder in written if (folder / form).exists()]
    assert len(first) > 500
    assert [one == first for one in others] == [True] * (1 if form == "pdf" else 2)


def test_the_one_stated_time_is_the_fixed_one(written: list[Path]) -> None:
    page = (written[0] / "html").read_text("utf-8")
    assert "generated 2018-02-01T00:00:00Z" in page
    assert page.count("2018-02-01") == 1
    if "pdf" in wanted():
        assert (written[0] / "pdf").read_bytes().count(b"(D:20180201000000+00'00')") == 2
