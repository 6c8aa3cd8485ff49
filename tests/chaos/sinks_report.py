"""Does a report stay the same report, tag for tag and row for row, whatever its names say?

Every field that comes from elsewhere is hostile; the outputs are read by parsers of their own (html5lib, CommonMark,
csv, json) and compared with those of the same report with harmless names.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import html5lib
from defusedxml.ElementTree import fromstring
from markdown_it import MarkdownIt  # rich needs it
from rich.console import Console

from bench.analyse.contradictions import Missed, WrongPath
from bench.analyse.coverage import Coverage, CoverageRow
from bench.analyse.result import (
    Comparison,
    Excluded,
    FactChange,
    Flag,
    FlagKind,
    GroupResult,
)
from bench.report.formats import Output, render
from bench.report.html import render_html
from bench.report.provenance import FileDigest, Provenance, ToolUse
from bench.report.view import Report
from tests.chaos.strings import UNSEEN

sys.path.insert(0, str(Path(__file__).parents[1] / "report"))
import report_factory as factory  # it lies beside the tests of the report, which import it by this name

FIELDS = 26
"""How many strings one report takes."""
_LINE_ENDS = (("span", "whole"), ("span", "any"))
_AXIS_NUMBER = ("{http://www.w3.org/2000/svg}text", ("text-anchor", "x", "y"))
_HALF = re.compile("[\ud800-\udfff]")
_FORMULA = tuple("=+-@\t\r＝＋－＠")
_NUMBER = re.compile(r"-?[0-9.]+(?:e[+-]?[0-9]+)?\Z")


def comparison(words: Iterator[str]) -> Comparison:
    """One step with a metric of two targets; every name in it is the next of `words`."""
    labels = {next(words): next(words), "region": next(words), "size": next(words)}
    targets = tuple(factory.target(f"{next(words)}{n}", 1000.0, 900.0, n, **labels) for n in (1, 2))
    key = factory.key(next(words), next(words), next(words), next(words), bs=next(words))
    one = factory.metric(key, next(words), 0.9, 0.01, unit=next(words), targets=targets, warnings=(next(words),))
    one = replace(one, settle=next(words), flags=(Flag(FlagKind.DRIFT, "", next(words), (targets[0].target,)),))
    change = FactChange(next(words), next(words), next(words), next(words), (targets[0].target,), 2)
    judged = replace(
        factory.CONFOUNDED,
        sentence=next(words),
        factors=((next(words), next(words), next(words)),),
        changes=(change,),
        not_observed=(next(words),),
        missed=(Missed(next(words), (targets[0].target,), 2),),
        unseen=(next(words),),
        relocated=(targets[0].target,),
        wrong_path=(WrongPath(next(words), next(words), next(words), targets[0].target, 1, 2, 0.5),),
    )
    group = GroupResult(tuple(sorted(labels.items())), tuple(target.target for target in targets), one)
    excluded = (Excluded(next(words), next(words), 3),)
    return Comparison(next(words), f"after {next(words)}", (one,), judged, excluded, (next(words),), (group,))


def report(words: Iterator[str]) -> Report:
    """A report over that step; what lies around it is foreign, too."""
    step = comparison(words)
    named = next(words)
    runs = [
        factory.run(
            tag,
            1,
            "2018-01-02T00:00:00Z",
            run_id=next(words),
            campaign=next(words),
            title=next(words),
            factors=((next(words), next(words)),),
            versions=((next(words), next(words)),),
            suites=((next(words), "ab"),),
        )
        for tag in (step.before, step.after)
    ]
    return factory.report(
        (step,),
        title=next(words),
        runs=runs,
        suite_titles=((step.metrics[0].key.suite, next(words)),),
        reproduce=(next(words),),
        generated_at=next(words),
        version=next(words),
        coverage=Coverage(
            (CoverageRow(named, named, named, 3, 1, 1, ((next(words), 2),)),), ((next(words), next(words)),)
        ),
        provenance=Provenance(
            (ToolUse(next(words), (next(words),), ((next(words), next(words)),), 2),),
            (FileDigest(next(words), "0" * 64, 1),),
            ((next(words), next(words), next(words)),),
        ),
    )


def attack(strings: Sequence[str]) -> list[str]:
    """What went wrong when a report is made of `strings`; each begins with a letter, so that none is empty."""
    words = [f"x{one}" for one in strings if not _HALF.search(one)]  # no table of samples holds half a character
    hostile, plain = report(itertools.cycle(words)), report(itertools.cycle([f"x{at}" for at in range(len(words))]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of a font, or of a formula
        pages = [render_html(one) for one in (hostile, plain)]
    found = [*_html(*pages), *_step(strings)]
    return [f"{what} ({strings[:3]!r}…)" for what in found]


def _html(page: str, plain: str) -> Iterator[str]:
    if shown := UNSEEN.search(page):
        yield f"HTML: U+{ord(shown[0]):04X} is in the page"
    one, other = skeleton(page), skeleton(plain)
    if one != other:
        at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
        yield f"HTML: other elements from {one[at : at + 3]} instead of {other[at : at + 3]}"


def skeleton(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """The elements of a page in their order, with the names of their attributes and where they lead.

    Without what depends on how long a word is: where a line may end, and how many numbers an axis beside it has.
    """
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    every = (
        (str(one.tag), tuple(sorted(_attribute(str(name), value) for name, value in one.items())))
        for one in tree.iter()
        if (one.tag, one.get("class")) not in _LINE_ENDS
    )
    return [one for one in every if one != _AXIS_NUMBER]


def _attribute(name: str, value: str) -> str:
    """Its name; of one that leads somewhere also how it begins: # stays in the page."""
    return name + (value[:1] if name.endswith(("href", "src")) else "")


def _step(strings: Sequence[str]) -> Iterator[str]:
    """The formats of one comparison; its strings stand at the beginning of a cell here."""
    words = [one if one.strip() else f"x{one}" for one in strings]
    hostile, plain = (
        comparison(itertools.cycle(words)),
        comparison(itertools.cycle([f"x{n}" for n in range(len(words))])),
    )
    for name, check in (
        ("table", _table),
        ("md", _markdown),
        ("jira", _jira),
        ("csv", _csv),
        ("json", _json),
        ("junit", _junit),
    ):
        text = render(name, [hostile], Output(100))
        if shown := UNSEEN.search(text):
            yield f"{name}: U+{ord(shown[0]):04X} is in the text"
        yield from check(text, render(name, [plain], Output(100)), hostile)


def _table(text: str, plain: str, step: Comparison) -> Iterator[str]:
    console = Console(file=io.StringIO(), width=200, force_terminal=True)
    console.print(text, markup=False)
    if "\x1b" in text:
        yield "table: an escape"


def _markdown(text: str, plain: str, step: Comparison) -> Iterator[str]:
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    one, other = ([_kind(token) for token in _tokens(reader.parse(each))] for each in (text, plain))
    if one != other:
        at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
        yield f"md: {one[at : at + 2]} instead of {other[at : at + 2]}"
    if re.search(r"https?://|www\.|(?<!&#64;)@(?=\w)", text):
        yield "md: something that becomes a link or a mention"


def _tokens(tokens: Sequence[Any]) -> Iterator[Any]:
    for token in tokens:
        yield token
        yield from _tokens(token.children or ())


def _kind(token: Any) -> tuple[str, str]:
    """What kind of thing it is; text may be cut up in pieces where something in it was escaped."""
    return ("text", "") if token.type in ("text", "text_special") else (token.type, token.tag)


def _jira(text: str, plain: str, step: Comparison) -> Iterator[str]:
    """What is left without escapes: marks of ours alone, as many in every line as with harmless names."""
    one, other = (_jira_marks(each) for each in (text, plain))
    if one != other:
        at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
        yield f"jira: {one[at : at + 2]} instead of {other[at : at + 2]}"
    if re.search(r"(?<!\\):/", text):
        yield "jira: something that becomes a link"


def _jira_marks(text: str) -> list[str]:
    """Characters that may be markup, by line: what is escaped is none, nor a # in a line, a ? alone, a - in a word."""
    none = r"\\[^A-Za-z0-9\s]|&(?:amp|lt|gt|#\d+);|(?<!\| )(?<!^)#|(?<!\?)\?(?!\?)|(?<=[A-Za-z0-9])-(?=[A-Za-z0-9])"
    bare = re.sub(none, "", text, flags=re.MULTILINE)
    return [re.sub(r"[^|*{}\[\]_^~+?!#\\-]", "", line) for line in bare.splitlines()]


def _junit(text: str, plain: str, step: Comparison) -> Iterator[str]:
    one, other = ([element.tag for element in fromstring(each).iter()] for each in (text, plain))
    if one != other:
        yield "junit: other elements"


def _csv(text: str, plain: str, step: Comparison) -> Iterator[str]:
    rows, others = (list(csv.DictReader(io.StringIO(each))) for each in (text, plain))
    if len(rows) != len(others):
        yield f"csv: {len(rows)} rows instead of {len(others)}"
    for row, other in zip(rows, others, strict=False):
        for column, cell in row.items():
            if cell is None or cell.startswith(_FORMULA):
                yield f"csv: {column} is {cell!r}"
            if other[column] and _NUMBER.match(other[column]) and cell != other[column]:
                yield f"csv: the number {other[column]} of {column} became {cell!r}"


def _json(text: str, plain: str, step: Comparison) -> Iterator[str]:
    (found,) = json.loads(text)["comparisons"]
    metric = found["metrics"][0]
    if (found["before"], metric["title"]) != (step.before, step.metrics[0].title):
        yield "json: names changed"
    (other,) = json.loads(plain)["comparisons"]
    if (metric["ratio"], metric["interval"]) != (other["metrics"][0]["ratio"], other["metrics"][0]["interval"]):
        yield "json: numbers changed"
