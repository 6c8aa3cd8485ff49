"""`bench report` in every form: which one, where it goes, and what fails a pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_process import Bench
from defusedxml.ElementTree import fromstring
from test_cli_analysing import kept_slower, slower  # noqa: F401  # fixtures

pytestmark = pytest.mark.usefixtures("slower")


@pytest.mark.parametrize(
    ("words", "file", "begins"),
    [
        (("-f", "md"), "reports/net.md", "### "),
        (("-f", "jira"), "reports/net.jira", "h3. "),
        (("-f", "junit"), "reports/net.xml", "<?xml"),
        (("-o", "x.JSON"), "x.JSON", '{\n  "schema": "vmbench/report/1"'),
        (("-o", "x.csv"), "x.csv", "before_tag,"),
        (("-o", "x.csv", "-f", "html"), "x.csv", "<!DOCTYPE html>"),
        (("-o", "x.unknown"), "x.unknown", "<!DOCTYPE html>"),
    ],
)
def test_the_format_is_asked_for_or_the_files(bench: Bench, words: tuple[str, ...], file: str, begins: str) -> None:
    done = bench("report", *words)
    assert (done.code, done.err) == (0, "")
    assert Path(file).read_text("utf-8").startswith(begins)
    assert Path(file).stat().st_mode & 0o777 == 0o600


def test_an_unknown_format_is_refused(bench: Bench) -> None:
    done = bench("report", "-f", "doc")
    assert done.code == 2
    assert "html, md, jira, csv, json, junit, pdf" in done.err


@pytest.mark.parametrize(
    ("words", "says"), [(("-o", "x.html"), '<html lang="ja">'), (("-f", "md", "-o", "x"), "何が変わったか")]
)
def test_a_report_in_japanese(bench: Bench, words: tuple[str, ...], says: str) -> None:
    done = bench("report", "--lang", "ja", *words)
    assert (done.code, done.err) == (0, "")
    assert says in Path(words[-1]).read_text("utf-8")
    assert "Overall REGRESSED" in done.out  # the terminal is English
    assert "--lang ja" in Path(words[-1]).read_text("utf-8").replace("\\", "")  # the command that makes it again


def test_an_unknown_language_is_refused(bench: Bench) -> None:
    done = bench("report", "--lang", "xx")
    assert done.code == 2
    assert "there is no language 'xx'" in done.err
    assert "Use en or ja" in done.err
    assert not Path("reports").exists()


def test_what_fails_agrees_with_the_exit_code(bench: Bench) -> None:
    assert bench("report", "-f", "junit", "-o", "x.xml", "--fail-on", "regressed").code == 4
    assert int(fromstring(Path("x.xml").read_text("utf-8")).get("failures")) > 0
    assert bench("report", "-f", "junit", "-o", "x.xml", "--fail-on", "improved").code == 0
    assert int(fromstring(Path("x.xml").read_text("utf-8")).get("failures")) == 0
    assert bench("report", "--fail-on", "worse").code == 2


def test_compare_as_junit_and_jira(bench: Bench) -> None:
    done = bench("compare", "pre", "post", "-f", "junit", "--fail-on", "regressed")
    assert done.code == 4
    assert "failure" in done.out
    fromstring(done.out)
    assert bench("compare", "pre", "post", "-f", "jira").out.startswith("h3. pre → post\n")


def test_standard_output_has_the_report_alone(bench: Bench) -> None:
    done = bench("report", "-f", "json", "-o", "-")
    assert done.json["schema"] == "vmbench/report/1"
    assert not Path("reports").exists()
