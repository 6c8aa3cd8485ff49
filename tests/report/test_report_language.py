"""A report in Japanese has no English sentence in it, whatever it has to say; names and quoted messages stay."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import report_factory as factory
import stored_phases

from bench.analyse.contradictions import Missed, WrongPath
from bench.analyse.coverage import Coverage, CoverageRow
from bench.analyse.findings import Revision, Turn
from bench.analyse.happened import Event, Happening, Stay
from bench.analyse.result import (
    AttributionKind,
    Comparison,
    ControlEffect,
    Excluded,
    Flag,
    FlagKind,
    Interval,
    MetricResult,
    Reason,
    TauUsed,
    Verdict,
)
from bench.model import Finding, Look, LookOutcome, Told
from bench.report import json_report
from bench.report.html import render_html
from bench.report.layout import page
from bench.report.report_files import render_report
from bench.report.text import CATALOGUES, Text
from bench.report.view import Report
from bench.words import Said, places, say
from bench.words.english import ENGLISH

WORDS = sorted(
    key for key in ENGLISH if not key.startswith(("join", "quoted", "names.", "percent", "range", "signed", "limit"))
)
NAMED = "q1"
"""What is filled in where a name is wanted."""


FILLED: dict[str, object] = dict.fromkeys((place for key in WORDS for place in places(ENGLISH[key])), NAMED)
FILLED |= dict.fromkeys(("changes", "factors", "items", "layers", "ways"), (NAMED,))


def sentences(prefix: str) -> Iterator[Said]:
    """Everything that begins so, each with names in its places."""
    for key in WORDS:
        if key.startswith(prefix):
            yield say(key, **FILLED | ({"tags": (NAMED,)} if "{tags:" in ENGLISH[key] else {}))


def metric(number: int, settle: str, reason: Reason) -> MetricResult:
    made = factory.metric(factory.key(case=f"c{number}"), f"m{number}", 1.01, 0.2, settle=settle)
    targets = tuple(replace(one, settle=said) for one, said in zip(made.targets, (settle, ""), strict=True))
    return replace(made, verdict=Verdict.INCONCLUSIVE, reason=reason, targets=targets)


def everything(lang: str) -> Report:
    """A report with all that analysing can say: every settle, flag, warning, cause and exclusion."""
    kinds = list(FlagKind)
    flags = [Flag(kinds[at % len(kinds)], said) for at, said in enumerate((*sentences("flag."), *sentences("change.")))]
    reasons = list(Reason)
    metrics = [
        metric(at, said, reasons[at % len(reasons)])
        for at, said in enumerate((*sentences("settle."), *sentences("more."), *sentences("confounder.")))
    ]
    warnings = (*sentences("warning."), *sentences("warned"), *sentences("problem"), *sentences("taint"))
    warnings += (*sentences("told."), *sentences("look.lost"), *sentences("left."))
    effect = ControlEffect(2, 1.05, Interval(1.0, 1.1, 0.95), 0.97, Interval(0.95, 1.0, 0.95))
    metrics[0] = replace(
        metrics[0], flags=tuple(flags), warnings=warnings, controls=effect, tau=TauUsed(0.01, 7), primary=True
    )
    metrics[1] = replace(metrics[1], tau=TauUsed(0.02, 0))
    attribution = replace(
        factory.CONFOUNDED,
        sentence=say("joined.sentence", items=tuple(sentences("attribution."))),
        factors=(("sriov", say("factor.none"), "on"), ("memory_speed", "a", "b")),
        wrong_path=(WrongPath("post", "sriov", "on", "vm-1", 2, 3, 0.015),),
        replaced=("vm-1",),
        missed=(Missed("sriov", ("vm-1",), 2),),
        unseen=("guest-os",),
    )
    excluded = tuple(
        Excluded(said, said, 3, "item" if said.key.startswith("damaged") else "value")
        for said in (*sentences("excluded."), *sentences("damaged."))
    )
    looks = tuple(
        Look(at, "pre", (2, 2), 0.005, 0.005, "2018-01-03T00:00:00Z", ("r",), (("m/x", 0.03),), outcome)
        for at, outcome in enumerate(LookOutcome, 1)
    )
    step = Comparison("pre", "post", tuple(metrics), attribution, excluded, warnings, looks=looks, details=7)
    kinds_of = [replace(step, attribution=replace(attribution, kind=kind), looks=()) for kind in AttributionKind]
    causes = tuple((said, 2) for said in (*sentences("cause."), *sentences("status.")))
    return factory.report(
        (step, *kinds_of, replace(step, attribution=None)),
        coverage=Coverage((CoverageRow("pre", "vm-1", "fio", 30, 26, 33, causes),), (("unixbench", NAMED),)),
        happenings=happenings(),
        stays=(Stay("vm-1", "HOST1", "10.0", "2018-01-02T00:00:00Z", "2018-01-03T00:00:00Z", ("pre",)),),
        revisions=(revision(),),
        lang=lang,
    )


def happenings() -> tuple[Happening, ...]:
    times = ("2018-01-03T01:02:00Z", "2018-01-04T03:04:00Z")
    return tuple(
        Happening(f"vm-{tags[0]}", event, *times, tags, detail=say("seconds", number="4.2"))
        for event in Event
        for tags in (("pre", "pre"), ("pre", "post"))
    )


def revision() -> Revision:
    told = tuple(Told("m/x", "m1", verdict.value, "", 0.9) for verdict in Verdict)
    seen = ("guest-os kernel 4.1 → 4.2",)
    finding = Finding("2018-01-03T00:00:00Z", "0.1", "pre", "post", ("r1",), (), "attributed", seen, told)
    turns = tuple(Turn(one, other) for one, other in zip(told, reversed(told), strict=True))
    versions = ("0.1", "0.2")
    return Revision(finding, finding, turns, ("attributed", "no facts"), ("r2", "r3"), ("r1",), seen, True, versions)


def fragments() -> re.Pattern[str]:
    """Pieces of two or more words of the English catalogue, and words that only we say."""
    pieces = {
        piece.strip(" ,.:;!?()'’\"")
        for words in CATALOGUES["en"].values()
        for piece in re.split(r"\{[^}]*\}|[·→×`]", words)
    }
    long = {piece for piece in pieces if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", piece)}
    ours = {
        "improved",
        "regressed",
        "inconclusive",
        "underpowered",
        "unreplicated",
        "confounded",
        "session",
        "sessions",
    }
    ours |= {"targets", "metrics", "values", "trials", "attempts", "pairs", "runs", "controls", "higher", "lower"}
    return re.compile("|".join(rf"(?<![\w/-]){re.escape(one)}(?![\w/-])" for one in sorted(long | ours, key=len)))


ENGLISH_PIECES = fragments()


def read(made: str) -> str:
    """What a page says: its text, titles and labels, without the commands that it quotes."""
    body = re.sub(r"<style>.*?</style>|<code>.*?</code>", " ", made, flags=re.DOTALL)
    labels = " | ".join(re.findall(r'(?:aria-label|alt|title)="([^"]*)"', body))
    return html.unescape(f"{re.sub(r'<[^>]+>', ' | ', body)} | {labels}")


def english_in(text: str, names: Iterable[str] = ()) -> list[str]:
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "◇")
    text = re.sub(r"`[^`]*`", "◇", text)  # a command
    return sorted({text[max(0, one.start() - 30) : one.end() + 30] for one in ENGLISH_PIECES.finditer(text)})


def forms(made: Report) -> dict[str, str]:
    return {
        "html": read(render_html(made)),
        **{name: render_report(name, made).decode().replace("\\", "") for name in ("md", "jira")},
    }


@pytest.fixture(scope="module")
def japanese() -> dict[str, str]:
    return forms(everything("ja"))


@pytest.mark.parametrize("form", ["html", "md", "jira"])
def test_no_english_sentence_is_left_on_a_page_that_says_everything(japanese: dict[str, str], form: str) -> None:
    assert english_in(japanese[form], ("bench report pre post",)) == []
    assert re.findall(r".{20}\d %", japanese[form]) == []


def test_the_same_search_finds_english() -> None:
    for form, text in forms(everything("en")).items():
        assert len(english_in(text)) > (200 if form == "html" else 20), form


def test_everything_was_said(japanese: dict[str, str]) -> None:
    """Of every sentence of analysing the Japanese is on the page: the test above looked at all of them."""
    text = re.sub(r"\s+", "", japanese["html"])
    for prefix in ("settle.", "flag.", "warning.", "excluded.", "attribution.", "cause.", "problem.", "left.", "look."):
        missing = [
            said.key
            for said in sentences(prefix)
            if prefix != "look." or said.key.startswith("look.lost")
            if re.sub(r"\s+", "", Text("ja").line(said)) not in text
        ]
        assert missing == [], prefix


def test_phases_together_and_squares_are_japanese(tmp_path: Path) -> None:
    levels = {"p0": 0.0, "p1": 0.1, "p2": 0.3, "p3": 0.2}
    factors = {
        "p0": {"a_x": "off", "b_x": "off"},
        "p1": {"a_x": "on", "b_x": "off"},
        "p2": {"a_x": "on", "b_x": "on"},
        "p3": {"a_x": "off", "b_x": "on"},
    }
    made = stored_phases.report(tmp_path, levels, stored_phases.of(factors), left_out=(("vm-0", "p1"),))
    for form, text in forms(replace(made, lang="ja")).items():
        assert english_in(text) == [], form
        assert "交互作用" in text


def test_dates_and_numbers_are_written_for_the_reader() -> None:
    made = page(factory.report((factory.story(),), lang="ja"))
    assert "2018年1月3日～1月10日" in made.meta
    assert made.timeline is not None
    assert all(f">{day}</text>" in made.timeline.svg for day in ("1月4日", "1月8日"))
    assert re.search(r"^\d+%$", made.matrix.groups[0].rows[0].cells[0].ratio)  # type: ignore[union-attr]  # it is there
    assert '<html lang="ja">' in render_html(replace(factory.demo(), lang="ja"))


def test_json_is_english_in_every_language() -> None:
    made = factory.ladder()
    assert json_report.render_report(replace(made, lang="ja")) == json_report.render_report(made)
