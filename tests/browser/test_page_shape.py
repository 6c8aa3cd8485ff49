"""Does everything fit, on a phone, on a screen, on paper? And does it work with a keyboard alone?"""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.browser import pages
from tests.browser.devtools import MM_TO_PX, PAPER_MM, DevTools

MARGIN_MM = 14
OPEN = "document.querySelectorAll('details').forEach(one => { one.open = true; })"

# What sticks out of the window. What lies in a box that scrolls sideways is not counted, the box itself is.
STICKS_OUT = """Array.from(document.querySelectorAll('body *')).filter(one => {
  if (one.closest('svg') && one.tagName !== 'svg') return false;
  if (one.matches('.hide, .skip')) return false;
  const box = one.parentElement.closest('.scroll');
  if (box && getComputedStyle(box).overflowX !== 'visible') return false;
  const place = one.getBoundingClientRect();
  return place.width > 0 && (place.right > document.documentElement.clientWidth + 1 || place.left < -1);
}).map(one => one.tagName + '.' + one.className)"""

# Text that is wider than the cell, card or heading that it stands in.
SPILLS = """Array.from(document.querySelectorAll('td, th, article, h1, h2, h3, li, dd')).filter(one =>
  one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1).map(one => one.tagName + ': ' + one.textContent)"""

MATRICES = """Array.from(document.querySelectorAll('.matrix')).map(one =>
  [one.parentElement.scrollWidth - one.parentElement.clientWidth, one.parentElement.tabIndex])"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.mark.parametrize("name", pages.NAMES)
@pytest.mark.parametrize("width", [360, 800, 1280])
def test_nothing_sticks_out_of_the_window(devtools: DevTools, folder: Path, name: str, width: int) -> None:
    page = devtools.open(pages.write(name, folder), width=width)
    page.js(OPEN)
    assert page.js("document.documentElement.scrollWidth") == width
    assert page.js(STICKS_OUT) == []
    assert page.js(SPILLS) == []


@pytest.mark.parametrize("paper", PAPER_MM)
@pytest.mark.parametrize("name", pages.NAMES)
def test_nothing_is_cut_on_paper(devtools: DevTools, folder: Path, name: str, paper: str) -> None:
    width = int((PAPER_MM[paper][0] - 2 * MARGIN_MM) * MM_TO_PX)
    page = devtools.open(pages.write(name, folder), width=width, media="print")
    assert page.js(STICKS_OUT) == []
    assert page.js(SPILLS) == []
    page.js(OPEN)
    assert page.js(STICKS_OUT) == []


@pytest.mark.parametrize("paper", PAPER_MM)
def test_paper_has_every_page_at_its_full_size(devtools: DevTools, folder: Path, paper: str) -> None:
    """A browser shrinks a page that is too wide for the paper: then its text is smaller than the style sheet says."""
    for name in pages.NAMES:
        printed = devtools.open(pages.write(name, folder)).pdf(paper)
        boxes = {box[1] for box in re.finditer(rb"/MediaBox \[([\d. ]+)\]", printed)}
        assert [[round(float(one) * 25.4 / 72) for one in box.split()[2:]] for box in boxes] == [
            [round(one) for one in PAPER_MM[paper]]
        ]
        assert scales(printed) == {1.0}, name
    wide = folder / "too_wide.html"
    wide.write_text(
        pages.write("bare", folder).read_text("utf-8").replace("</main>", '<p style="width:1000px">x</p></main>')
    )
    assert max(scales(devtools.open(wide).pdf(paper))) < 0.8


def scales(printed: bytes) -> set[float]:
    """How much each page was shrunk: it begins in units of 1/300 inch, in which a CSS pixel of full size is 3.125."""
    streams = re.findall(rb"stream\r?\n(x.*?)\r?\nendstream", printed, re.DOTALL)
    begun = (
        re.match(rb"\.24\d* 0 0 -\.24\d* 0 [\d.]+ cm\s+q\s+([\d.]+) 0 0 [\d.]+ ", text.replace(b".23999999", b".24"))
        for text in (zlib.decompressobj().decompress(one, 200) for one in streams)
    )
    return {round(float(one[1]) / 3.125, 2) for one in begun if one}


def test_four_steps_fit_a_screen_and_seven_scroll_in_their_box(devtools: DevTools, folder: Path) -> None:
    page = devtools.open(pages.write("ladder", folder), width=1280)
    assert page.js(MATRICES) == [[0, 0]]
    (beyond, focusable), *_ = devtools.open(pages.write("wide", folder), width=1280).js(MATRICES)
    assert beyond > 100
    assert focusable == 0


def test_columns_of_steps_are_equally_wide(devtools: DevTools, folder: Path) -> None:
    """All bars share one scale, so they must have one width too."""
    page = devtools.open(pages.write("ladder", folder), width=1280)
    bars = page.js(
        "Array.from(document.querySelectorAll('.matrix svg.ci')).map(one => one.getBoundingClientRect().width)"
    )
    assert len(bars) == 15
    assert max(bars) - min(bars) < 0.5
    assert 60 < bars[0] <= 132


def test_a_keyboard_opens_a_cell_and_sees_where_it_is(devtools: DevTools, folder: Path) -> None:
    page = devtools.open(pages.write("ladder", folder), width=1280)
    where = "document.activeElement.className || document.activeElement.tagName"
    page.key("Tab", 9)
    assert page.js(where) == "skip"
    assert page.js("document.activeElement.getBoundingClientRect().left") >= 0
    page.key("Enter", 13)
    page.key("Tab", 9)
    for _ in range(40):
        if page.js("document.activeElement.matches('.matrix summary')"):
            break
        page.key("Tab", 9)
    assert page.js("document.activeElement.matches('.matrix summary')")
    style = "getComputedStyle(document.activeElement)"
    assert page.js(f"[{style}.outlineStyle, {style}.outlineWidth]") == ["solid", "2px"]
    assert page.js("document.activeElement.parentElement.querySelector('dl').checkVisibility()") is False
    page.key("Enter", 13)
    assert page.js("document.activeElement.parentElement.querySelector('dl').checkVisibility()") is True


def test_a_screen_reader_hears_the_verdict_of_a_cell(devtools: DevTools, folder: Path) -> None:
    """The tree that assistive technology gets: a cell is a disclosure that says ratio, interval, verdict, reason."""
    page = devtools.open(pages.write("ladder", folder), width=1280)
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    named = [one for one in nodes if not one.get("ignored") and "name" in one]
    disclosures = [spoken(one) for one in named if one["role"]["value"] == "DisclosureTriangle"]
    assert any(re.fullmatch(r"92\.2 % 90\.9\s…\s93\.5 % regressed", one) for one in disclosures), disclosures
    assert any("underpowered" in one and "inconclusive" in one for one in disclosures)
    roles = {one["role"]["value"] for one in named}
    assert {"banner", "main", "contentinfo", "columnheader", "rowheader", "rowgroup"} <= {
        one["role"]["value"] for one in nodes
    }, roles


def test_the_contents_lead_to_every_section_and_open_what_is_folded(devtools: DevTools, folder: Path) -> None:
    for name in pages.NAMES:
        page = devtools.open(pages.write(name, folder), width=1280)
        links = page.js("Array.from(document.querySelectorAll('.contents a')).map(one => one.hash.slice(1))")
        headings = "main h2[id], .folds details > div[id]"
        sections = page.js(f"Array.from(document.querySelectorAll('{headings}')).map(one => one.id)")
        assert links == [one for one in sections if one != "trust"]
        for link in links:
            page.js(f"document.querySelector('.contents a[href=\"#{link}\"]').click()")
            page.js("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            place, bar = page.js(
                f"['#{link}', '.contents'].map(one => document.querySelector(one).getBoundingClientRect())"
                ".map((one, index) => index ? one.bottom : one.top)"
            )
            assert page.js(f"document.getElementById('{link}').checkVisibility()"), link
            assert bar <= place < 900, (name, link)
    page.look(width=700, media="print")
    assert page.js("document.querySelector('.contents').checkVisibility()") is False


def spoken(node: dict[str, Any]) -> str:
    return " ".join(str(node["name"]["value"]).split())


def test_every_table_has_headers_with_a_scope_and_every_picture_a_name(devtools: DevTools, folder: Path) -> None:
    for name in pages.NAMES:
        page = devtools.open(pages.write(name, folder))
        assert page.js("document.querySelectorAll('th:not([scope])').length") == 0
        assert page.js("Array.from(document.querySelectorAll('table')).filter(one => !one.tHead).length") == 0
        assert page.js("document.querySelectorAll('table:not(:has(> caption), table table)').length") == 0
        unnamed = (
            "Array.from(document.querySelectorAll('svg:not([aria-hidden])')).filter(one =>"
            " one.getAttribute('role') !== 'img' || !one.querySelector('title')?.textContent).length"
        )
        assert page.js(unnamed) == 0
