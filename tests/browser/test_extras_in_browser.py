"""A logo and notes as a browser shows them: nothing in them runs, nothing is fetched, nothing scrolls sideways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import report_factory as factory
from test_report_in_browser import POLICY, Site, probe, site  # noqa: F401  # a fixture

from bench.report.html import render_html
from bench.report.logo import Logo

HOSTILE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" onload="parent.pwned=1">'
    b'<script>window.top.pwned=1;parent.pwned=1</script><image href="/evil.png" width="9" height="9"/></svg>'
)
TABLE = f"| {' | '.join('abcdefghijkl')} |\n|{'---|' * 12}\n|{' wordy words |' * 12}"
NOTES = f"# A note\n\n{'word' * 60}\n\n{TABLE}\n\n    {'x' * 300}\n"


@pytest.mark.parametrize("policy", [True, False])
def test_a_picture_does_nothing_even_without_the_policy(
    chromium: Callable[..., str],
    site: Site,  # noqa: F811
    policy: bool,
) -> None:
    report = replace(factory.demo(), logo=Logo("image/svg+xml", HOSTILE), notes="<script>parent.pwned=1</script>")
    page = render_html(report)
    seen = probe(chromium, site.show(page if policy else POLICY.sub("", page), 800))
    assert (seen["pwned"], seen["handlers"], seen["scripts"]) == (0, 0, 0)
    assert "/evil.png" not in site.asked


def test_long_words_and_wide_tables_of_notes_do_not_move_the_page(
    chromium: Callable[..., str],
    site: Site,  # noqa: F811
) -> None:
    logo = Logo("image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg" width="4000" height="3000"/>')
    seen = probe(chromium, site.show(render_html(replace(factory.demo(), logo=logo, notes=NOTES)), 360))
    assert seen["scroll"] <= seen["client"], seen
