"""The page as a file: valid, self-contained, deterministic, and hostile text stays text."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import html5lib
import pytest
import report_factory as factory

from bench.analyse.coverage import Coverage, CoverageRow
from bench.analyse.result import Comparison
from bench.errors import ReportError
from bench.report.html import render_html, whole
from bench.report.layout import page
from bench.report.provenance import FileDigest, Provenance


def parsed(html: str):  # type: ignore[no-untyped-def]  # html5lib's element tree has no types
    """The document, after a strict parse: any error of syntax raises."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)


def visible(html: str) -> str:
    return " ".join("".join(parsed(html).find("body").itertext()).split())


def test_the_page_is_valid_html_and_has_all_its_sections() -> None:
    html = render_html(factory.ladder())
    tree = parsed(html)
    headings = [" ".join("".join(h.itertext()).split()) for h in tree.iter("h2")]
    assert headings[0] == "pre-maintenance → post-host-patch"
    assert {"Before you rely on this", "What moved", "When", "Where", "Every sample", "What else changed"} <= set(
        headings
    )
    folds = [" ".join("".join(one.itertext()).split()) for one in tree.iter("summary")]
    assert folds[-3:] == ["Coverage: 26 of 30 trials", "Method, in plain words", "Provenance: 12 runs, 54 raw files"]


def test_ids_are_unique_and_links_lead_somewhere() -> None:
    tree = parsed(render_html(factory.ladder()))
    ids = [one.get("id") for one in tree.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    links = [one.get("href") for one in tree.iter("a")]
    assert links
    assert {link.removeprefix("#") for link in links} <= set(ids)
    labelled = {one.get("aria-labelledby") for one in tree.iter() if one.get("aria-labelledby")}
    assert labelled <= set(ids)


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render_html(factory.demo()) == render_html(factory.demo())


def test_the_demo_is_a_small_file() -> None:
    assert len(render_html(factory.demo()).encode()) < 300_000


def test_the_file_needs_nothing_from_outside() -> None:
    html = render_html(factory.ladder())
    tree = parsed(html)
    policy = next(one.get("content") for one in tree.iter("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert not list(tree.iter("script"))
    assert not list(tree.iter("link"))
    assert not re.search(r"url\(|@import|https?://", html)


def test_the_story_prints_its_ratios() -> None:
    said = visible(render_html(factory.report((factory.story(),))))
    for ratio in ("108 %", "105 %", "95 %", "186 %", "101 %"):
        assert f"? {ratio}" in said
    assert said.count("inconclusive · unreplicated") == 5
    assert "12 more targets" in said
    assert "81 … 163 %" in said


def test_hostile_text_stays_text() -> None:
    nasty = factory.HOSTILE
    target = factory.target(nasty, 1.0, 1.1, 1, region=nasty, size=nasty)
    one = factory.metric(
        factory.key(nasty, nasty, nasty, nasty, x=nasty),
        nasty,
        1.3,
        0.01,
        unit=nasty,
        targets=(target,),
        warnings=(nasty,),
    )
    judged = replace(
        factory.CONFOUNDED,
        sentence=nasty,
        factors=((nasty, nasty, nasty),),
        changes=(
            replace(
                factory.CONFOUNDED.changes[1], layer=nasty, name=nasty, before=nasty, after=nasty, targets=(nasty,)
            ),
        ),
        not_observed=(nasty,),
        relocated=(nasty,),
    )
    step = Comparison("before", nasty, (one,), judged, (), (nasty,))
    report = factory.report(
        (step,),
        runs=[
            factory.run(
                nasty, 1, "2018-01-02T00:00:00Z", factors=((nasty, nasty),), versions=((nasty, nasty),), title=nasty
            )
        ],
        coverage=Coverage((CoverageRow(nasty, nasty, nasty, 3, 1, 1, ((nasty, 2),)),), ((nasty, nasty),)),
        provenance=Provenance((), (FileDigest(nasty, "0" * 64, 1),), ((nasty, nasty, nasty),)),
        suite_titles=((nasty, nasty),),
        reproduce=(nasty,),
        generated_at=nasty,
    )
    html = render_html(report)
    tree = parsed(html)
    assert not list(tree.iter("script"))
    assert not list(tree.iter("img"))
    for element in tree.iter():
        for name, value in element.attrib.items():
            assert not str(name).lower().startswith("on"), (element.tag, name)
            assert not (str(name).endswith("href") and not value.startswith("#"))
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert html.count("alert(1)") > 20


def test_a_metric_that_a_step_lacks_is_said_to_be_absent() -> None:
    tree = parsed(render_html(factory.ladder()))
    matrix = next(one for one in tree.iter("table") if "matrix" in one.get("class", "").split())
    assert "not measured" in "".join(matrix.itertext())


def test_everything_doubtful_is_said_before_the_numbers() -> None:
    said = visible(render_html(factory.ladder()))
    top = said[: said.index("What moved")]
    for words in (
        "post-guest-patch → sriov-on is confounded.",
        "Guest patch was declared but not observed.",
        "vm-2 moved to another host.",
        "1 of 4 metrics not decided.",
        "Only 2 targets.",
        "4 of 30 trials missing. vm-1: unreachable ×3; vm-1: timeout ×1",
        "3 further attempts",
        "5 values excluded: fio randread.",
        "VM 3 is burstable",
        "Left out: unixbench.",
        "Confounded: something undeclared changed too",
    ):
        assert words in top


def test_a_clean_campaign_says_so() -> None:
    comparison = Comparison("a", "b", (factory.metric(factory.key(), "IOPS", 1.0, 0.01, targets=tuple(
        factory.target(f"vm-{n}", 1.0, 1.0) for n in range(5))),), factory.ATTRIBUTED)  # fmt: skip
    assert page(factory.report((comparison,))).findings == ()
    assert "Every planned trial was measured" in visible(render_html(factory.report((comparison,))))


def test_a_workspace_replaces_single_blocks(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(
        '{% extends "builtin/report.html" %}{% block footer %}<footer>Ours</footer>{% endblock %}'
    )
    html = render_html(factory.ladder(), templates=tmp_path)
    assert "<footer>Ours</footer>" in html
    assert "What moved" in html


def test_a_workspace_replaces_single_sections_and_parts_of_the_style(tmp_path: Path) -> None:
    for name, body in (
        ("sections/footer.html", "<footer>{{ page.footer }}, ours</footer>"),
        ("style/folds.css", "i{}"),
    ):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(body)
    ours, builtin = render_html(factory.ladder(), templates=tmp_path), render_html(factory.ladder())
    assert ", ours</footer>" in ours
    assert "i{}" in ours
    changed = len(set(builtin.splitlines()) - set(ours.splitlines()))
    assert 1 < changed < 14  # the footer, and the lines of that one part


@pytest.mark.parametrize("body", ["{% block x %}", "{{ page.nothing_like_this }}", "{% include 'gone.html' %}"])
def test_a_broken_template_is_named(tmp_path: Path, body: str) -> None:
    (tmp_path / "report.html").write_text(body)
    with pytest.raises(ReportError, match="template does not work"):
        render_html(factory.ladder(), templates=tmp_path)


def test_a_report_without_runs_samples_or_facts_still_works() -> None:
    bare = factory.report((factory.story(),), runs=[], samples=None, coverage=Coverage(()), provenance=Provenance())
    said = visible(render_html(bare))
    assert "186 %" in said
    assert "When" not in said.split("What moved")[1].split("Where")[0]


def test_names_break_at_no_hyphen_and_digests_anywhere() -> None:
    assert whole("moved: web-1, <b>") == 'moved: <span class="whole">web-1,</span> &lt;b&gt;'
    assert whole("移動：web-1、<b>") == '移動：<span class="whole">web-1</span>、&lt;b&gt;'
    assert whole("- a -1 –") == "- a -1 –"
    assert whole("ab" * 32) == f'<span class="any">{"ab" * 32}</span>'
    assert "\x1b" not in whole("\x1b[31m-x")
