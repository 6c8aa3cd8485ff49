"""What an author adds for the ticket: a logo and notes, neither of which can make the page do anything."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import html5lib
import pytest
import report_factory as factory
from PIL import Image

from bench.errors import ConfigError
from bench.report.html import render_html
from bench.report.logo import MOST_BYTES, MOST_PIXELS, Logo, read_logo
from bench.report.notes import notes_html, read_notes
from bench.report.report_files import render_report

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><rect width="4" height="4"/></svg>'
NOTES = """# Change 7

**Drain** `vm-1`, see [the page](https://example.org/a?b=1&c=2) or [mail](mailto:ops@example.org).

1. first
2. second
   - inner

> quoted

```
a  b
```

| x | y |
|---|---|
| 1 | <b>2</b> |
"""


def picture(kind: str, size: tuple[int, int] = (8, 8)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, "navy").save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (SVG.encode(), "image/svg+xml"),
        (f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- made by hand -->\n{SVG}'.encode(), "image/svg+xml"),
    ],
)
def test_a_logo_stands_in_the_header_as_data(content: bytes, media_type: str, tmp_path: Path) -> None:
    path = tmp_path / "any-name"
    path.write_bytes(content)
    html = render_html(replace(factory.demo(), logo=read_logo(path)))
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    (image,) = tree.iter("img")
    assert image.get("alt") == "Logo"
    head, _, data = image.get("src").partition(",")
    assert head == f"data:{media_type};base64"
    assert base64.b64decode(data) == content
    policy = re.search('Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert "img-src data:" in policy[1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no picture"),
        (b"hello", "is no picture"),
        (b"<html/>", "is no picture"),
        (b"<svg/>", "is no picture"),
        (b"GIF89a" + bytes(99), "is no picture"),
        (picture("PNG")[:-30], "is a damaged picture"),
        (picture("JPEG")[:40], "is a damaged picture"),
        (picture("PNG").replace(b"IDAT", b"IDAX"), "is a damaged picture"),
        (picture("PNG", (MOST_PIXELS + 1, 1)), f"has {MOST_PIXELS + 1} × 1 pixels"),
        (bytes(MOST_BYTES + 1), "is too large"),
        (SVG.replace("<rect", "<script>alert(1)</script><rect").encode(), "holds a script"),
        (SVG.replace("<rect", '<rect onload="alert(1)"').encode(), "holds a script"),
        (SVG.replace("<rect", '<image href="https://example.org/x.png"/><rect').encode(), "fetches something"),
        (f'<!DOCTYPE svg [<!ENTITY a "aaaa">]>{SVG}'.encode(), "is no picture"),
    ],
)
def test_a_bad_logo_is_one_clear_error(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "logo.svg"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(said)) as told:
        read_logo(path)
    assert str(path) in str(told.value)
    assert "Give a PNG, JPEG or SVG file" in str(told.value)


def test_a_logo_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_logo(tmp_path / "logo.png")
    with pytest.raises(ConfigError, match="Is a directory"):
        read_logo(tmp_path)


def test_notes_are_a_section_of_their_own_below_what_to_distrust() -> None:
    html = render_html(replace(factory.ladder(), notes=NOTES))
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    headings = ["".join(one.itertext()).strip() for one in tree.iter() if one.tag in ("h2", "h3")]
    at = headings.index("Notes")
    assert headings[at - 1 : at + 3] == ["Before you rely on this", "Notes", "Change 7", "What moved"]
    links = {one.get("href"): one.get("rel") for one in tree.iter("a") if not one.get("href").startswith("#")}
    assert links == dict.fromkeys(("https://example.org/a?b=1&c=2", "mailto:ops@example.org"), "noopener noreferrer")
    assert "<strong>Drain</strong> <code>vm-1</code>" in html
    assert "<td>&lt;b&gt;2&lt;/b&gt;</td>" in html


def test_without_notes_and_logo_the_page_says_nothing_of_them() -> None:
    html = render_html(factory.demo())
    assert "<img" not in html
    assert 'id="notes"' not in html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a <b onclick=alert(1)>b</b>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java&#115;cript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:x) [y](file:///etc/passwd) [z](//example.org/x) [q](../../x)",
        "<javascript:alert(1)>",
        '[x](https://example.org/" onmouseover="alert(1)")',
        "![x](https://example.org/x.png)",
        '![x" onerror="alert(1)](https://example.org/x.png "t")',
        "![x](data:image/svg+xml;base64,PHN2Zy8+)",
        "[r]\n\n[r]: javascript:alert(1)",
        "```<script>\nalert(1)\n```",
        "# <style>*{display:none}</style>",
    ],
)
def test_notes_cannot_do_anything(hostile: str) -> None:
    tree = html5lib.HTMLParser(namespaceHTMLElements=False).parse(notes_html(hostile))
    body = tree.find("body")
    for one in body.iter():
        assert one.tag in ("body", "p", "a", "pre", "code", "h3", "em", "strong"), one.tag
        assert set(one.attrib) <= {"href", "rel", "title", "class"}, one.attrib
        assert one.get("href", "https://").startswith(("https://", "mailto:"))


def test_what_steers_or_hides_is_made_visible_in_notes() -> None:
    assert "\u202e" not in notes_html("a\u202eb\x1b[31m")
    assert "\x1b" not in render_report("md", replace(factory.demo(), notes="a\u202eb\x1b[31m")).decode()


def test_notes_are_carried_into_what_is_pasted() -> None:
    report = replace(factory.demo(), notes=NOTES)
    said = render_report("md", report).decode()
    assert "#### Notes\n\n##### Change 7\n\nDrain vm-1, see the page (https&#58;//example.org/a?b=1&amp;c=2)" in said
    assert "- 1\\. first\n- 2\\. second\n- – inner\n\nquoted\n\n```\na  b\n```\n\n| x | y |\n| --- | --- |\n" in said
    assert "| 1 | &lt;b&gt;2&lt;/b&gt; |" in said
    said = render_report("jira", report).decode()
    assert "h4. Notes\n\nh5. Change 7\n\n" in said
    assert "{noformat}\na  b\n{noformat}\n\n|| x || y ||\n| 1 | &lt;b&gt;2&lt;/b&gt; |" in said
    assert '"notes": "# Change 7' in render_report("json", report).decode()


def test_lines_as_they_are_cannot_end_what_holds_them() -> None:
    report = replace(factory.demo(), notes="~~~\n```\n{noformat} *x*\n~~~")
    assert "````\n```\n{noformat} *x*\n````" in render_report("md", report).decode()
    assert "{noformat}\n```\n{ noformat} *x*\n{noformat}" in render_report("jira", report).decode()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff\xfe", "is no text in UTF-8"), (b"x" * 100_001, "is too large"), (None, "No such file")],
)
def test_bad_notes_are_one_clear_error(content: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        read_notes(path)


def test_line_breaks_of_other_systems_make_no_other_page(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_bytes(b"\xef\xbb\xbfone\r\n\r\ntwo\r")
    assert read_notes(path) == "one\n\ntwo"


def test_a_logo_is_a_plain_value() -> None:
    assert Logo("image/png", b"x").uri == "data:image/png;base64,eA=="
