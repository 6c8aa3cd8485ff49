"""`--with-data`: the numbers as CSV, inside the page or beside the report, named with their SHA-256."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import redact_case as case
import report_factory as factory

from bench.analyse.result import Comparison
from bench.cli import main
from bench.report import data_files as module
from bench.report.attached import DataFile
from bench.report.csv_export import render
from bench.report.data_files import data_files
from bench.report.redaction.redact import Known, redact
from bench.report.report_files import REPORT_FILES, render_report
from bench.report.view import Report
from tests.analyse.stored_runs import add, make_run, tiny_suite, trial

Command = Callable[..., tuple[int, str, str]]


def with_data(name: str = "html") -> Report:
    made = factory.demo()
    return replace(made, data=data_files(made, "story", name))


def links(page: str) -> dict[str, str]:
    return {name: href for href, name in re.findall(r'<a href="([^"]*)"(?: download="[^"]*")?>([\w.-]+csv)</a>', page)}


def test_small_tables_are_inside_the_page_and_are_what_it_says() -> None:
    made = with_data()
    page = render_report("html", made).decode()
    assert list(links(page)) == ["story.csv", "story.samples.csv"]
    for file, href in zip(made.data, links(page).values(), strict=True):
        assert href.startswith("data:text/csv;charset=utf-8;base64,")
        assert base64.b64decode(href.partition(",")[2], validate=True) == file.content
        assert hashlib.sha256(file.content).hexdigest() in page
        assert f'download="{file.name}"' in page
    assert made.data[0].content.decode() == render(made.comparisons)
    rows = list(csv.DictReader(io.StringIO(made.data[1].content.decode())))
    assert made.samples is not None
    assert len(rows) == len(made.samples)
    assert [float(row["value"]) for row in rows] == list(made.samples["value"])
    assert "Rows that are not here are in the CSV, under Data." in page
    assert "<script" not in page


def test_large_tables_are_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made = factory.demo()
    monkeypatch.setattr(module, "MOST_EMBEDDED", len(data_files(made, "x", "html")[0].content))
    first, second = data_files(made, "größer & <b>", "html")
    assert (first.embedded, second.embedded) == (True, False)
    page = render_report("html", replace(made, data=(first, second))).decode()
    assert 'href="gr%C3%B6%C3%9Fer%20%26%20%3Cb%3E.samples.csv">' in page
    assert "<b>.samples" not in page
    assert second.sha256 in page


@pytest.mark.parametrize("name", [name for name in REPORT_FILES if name not in ("html", "pdf")])
def test_other_forms_embed_nothing_and_name_what_they_can(name: str) -> None:
    made = with_data(name)
    assert not any(one.embedded for one in made.data)
    assert [one.kind for one in made.data] == (["samples"] if name == "csv" else ["verdicts", "samples"])
    text = render_report(name, made).decode()
    if name in ("md", "jira"):
        assert all(one.sha256 in text for one in made.data)
    if name == "json":
        assert json.loads(text)["data"] == [
            {"name": one.name, "bytes": len(one.content), "sha256": one.sha256} for one in made.data
        ]
    assert "base64" not in text


def test_nothing_in_it_is_a_formula_or_markup() -> None:
    nasty = '=HYPERLINK("http://x")<script>alert(1)</script>\n+1'
    one = factory.metric(factory.key("fio", nasty), nasty, 1.1, targets=(factory.target(nasty, 1.0, 1.1),))
    made = factory.report((Comparison("-a", "@b", (one,)),), samples=factory.samples((Comparison("-a", "@b", (one,)),)))
    made = replace(made, data=data_files(made, nasty, "html"))
    for file in made.data:
        for row in csv.reader(io.StringIO(file.content.decode())):
            assert not [cell for cell in row if cell[:1] in ("=", "+", "@") or "\n" in cell or cell.startswith("-a")]
    assert b"<script" not in render_report("html", made)


def test_the_same_report_gives_the_same_bytes() -> None:
    assert with_data().data == with_data().data
    assert render_report("html", with_data()) == render_report("html", with_data())


def test_a_report_without_samples_has_no_file_of_them() -> None:
    assert [one.name for one in data_files(factory.report((factory.story(),), samples=None), "x", "html")] == ["x.csv"]


def test_a_file_knows_its_digest() -> None:
    assert DataFile("x", "samples", b"", embedded=False).sha256 == hashlib.sha256(b"").hexdigest()


def test_a_redacted_report_has_redacted_tables() -> None:
    plain, known = case.report(), Known(runs=case.runs(), seen=case.sightings())
    shown = redact(plain, known)[0]
    for before, after in zip(data_files(plain, "x", "html"), data_files(shown, "x", "html"), strict=True):
        assert [one for one in case.SECRETS if one.casefold() in before.content.decode().casefold()]
        assert not [one for one in case.SECRETS if one.casefold() in after.content.decode().casefold()]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tiny_suite(tmp_path)
    for session, tag in enumerate(("pre", "post"), 1):
        plan = [trial(n) for n in (1, 2)]
        run = make_run(tmp_path / "runs", tag, session, plan)
        for one in plan:
            add(run, one)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1516611120")
    return tmp_path


@pytest.fixture
def bench(store: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Command:
    """`bench report` with these arguments; its exit code, standard output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["report", "--runs", "runs", *arguments])
        out, error = capfdbinary.readouterr()
        return int(ended.value.code or 0), out.decode(), error.decode()

    return run


def test_the_command_embeds_in_html(store: Path, bench: Command) -> None:
    code, said, _ = bench("--with-data", "-o", "out.html")
    assert (code, "Data:" in said) == (0, False)
    assert list(links((store / "out.html").read_text("utf-8"))) == ["out.csv", "out.samples.csv"]
    assert sorted(path.name for path in store.glob("out*")) == ["out.html"]
    assert "--with-data" in (store / "out.html").read_text("utf-8")
    assert bench("-o", "out.html")[0] == 0
    assert links((store / "out.html").read_text("utf-8")) == {}


def test_the_command_writes_beside_what_cannot_embed(store: Path, bench: Command) -> None:
    code, said, _ = bench("--with-data", "-o", "sub/out.md")
    assert code == 0
    for name in ("out.csv", "out.samples.csv"):
        path = store / "sub" / name
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert f"Data: sub/{name}, SHA-256 {digest}" in " ".join(said.split())
        assert digest in (store / "sub/out.md").read_text("utf-8").replace("\\", "")
        assert path.stat().st_mode & 0o777 == 0o600


def test_standard_output_has_nothing_beside_it(store: Path, bench: Command) -> None:
    code, _, error = bench("--with-data", "-f", "md", "-o", "-")
    assert code == 2
    assert "no place beside standard output" in error
    code, page, _ = bench("--with-data", "-f", "html", "-o", "-")
    assert code == 0
    assert list(links(page)) == ["camp.csv", "camp.samples.csv"]
    assert not list(store.glob("*.csv"))
