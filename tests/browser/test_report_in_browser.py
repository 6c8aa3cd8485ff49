"""The report in headless Chromium: phone width, dark, print, hostile names, and no request to anywhere."""

from __future__ import annotations

import html
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import report_factory as factory

from bench.analyse.result import Comparison
from bench.report.html import render_html
from tests.analyse.phase_tables import IN_A_ROUND
from tests.chaos import sinks_report
from tests.chaos.strings import MARKUP, TERMINAL, UNICODE
from tests.report import stored_phases

# A page around the report, of the same origin: it may look inside, the report's own policy forbids scripts only there.
PROBE = """<!DOCTYPE html><title>probe</title><body style="margin:0">
<iframe id="f" src="/report.html" style="border:0;width:%(width)dpx;height:800px"></iframe><pre id="out"></pre><script>
var hits = 0; window.hit = function () { hits += 1; };
document.getElementById("f").onload = function () {
  var d = this.contentDocument, w = this.contentWindow, root = d.documentElement;
  d.querySelectorAll("details").forEach(function (one) { one.open = true; });
  var wide = [], small = [];
  d.querySelectorAll("body *").forEach(function (one) {
    if (one.closest(".scroll") || one.closest("svg")) return;
    if (one.getBoundingClientRect().right > root.clientWidth + 1) wide.push(one.tagName + "." + one.className);
  });
  d.querySelectorAll("svg.chart text").forEach(function (one) {
    if (one.getBoundingClientRect().height < 8) small.push(one.textContent);
  });
  var cut = Array.from(d.querySelectorAll("svg.timeline text")).filter(function (one) {
    var inside = one.getBoundingClientRect(), all = one.ownerSVGElement.getBoundingClientRect();
    return inside.right > all.right + 1 || inside.left < all.left - 1;
  }).map(function (one) { return one.textContent; });
  var colour = function (css) { var one = d.querySelector(css); return one ? w.getComputedStyle(one) : {}; };
  document.getElementById("out").textContent = JSON.stringify({
    pwned: w.pwned || window.pwned || 0,
    scroll: root.scrollWidth, client: root.clientWidth, wide: wide, small: small, cut: cut, hits: hits,
    handlers: d.querySelectorAll("[onerror],[onload],[onclick]").length, scripts: d.scripts.length,
    paper: colour("body").backgroundColor, ink: colour("body").color, dot: colour("svg.chart .d0").stroke,
    matrix: d.querySelectorAll(".matrix svg.ci").length,
    hidden: Math.max.apply(null, Array.from(d.querySelectorAll(".matrix")).map(function (one) {
      return one.parentNode.scrollWidth - one.parentNode.clientWidth; }))});
};
</script></body>"""


@dataclass
class Site:
    """A loopback server with one report, and what was asked of it."""

    address: str
    pages: dict[str, bytes]
    asked: list[str] = field(default_factory=list)

    def show(self, report: str, width: int) -> str:
        self.pages |= {"/report.html": report.encode(), "/probe.html": (PROBE % {"width": width}).encode()}
        return f"{self.address}/probe.html"


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site("", {})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name http.server calls
            made.asked.append(self.path)
            body = made.pages.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def probe(chromium: Callable[..., str], address: str, *flags: str) -> dict[str, Any]:
    dom = chromium("--dump-dom", "--virtual-time-budget=4000", "--window-size=1300,900", *flags, address)
    found = re.search(r'<pre id="out">(.*?)</pre>', dom, re.DOTALL)
    assert found is not None
    assert found.group(1)
    answer: dict[str, Any] = json.loads(html.unescape(found.group(1)))
    return answer


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_scrolls_sideways(chromium: Callable[..., str], site: Site, width: int) -> None:
    seen = probe(chromium, site.show(render_html(factory.ladder()), width))
    assert seen["client"] == width
    assert seen["scroll"] == width, seen["wide"]
    assert seen["wide"] == []
    assert seen["small"] == []
    assert seen["matrix"] == 15
    assert {path for path in site.asked if path != "/favicon.ico"} == {"/probe.html", "/report.html"}


@pytest.mark.parametrize("width", [360, 1280])
def test_steps_and_factors_scroll_in_their_tables(
    chromium: Callable[..., str], site: Site, tmp_path: Path, width: int
) -> None:
    levels = {"none": 0.0, "a": 0.1, "ab": 0.6, "b": 0.2}
    page = render_html(stored_phases.report(tmp_path, levels, stored_phases.of(IN_A_ROUND)))
    assert "Factors: a × b" in page
    seen = probe(chromium, site.show(page, width))
    assert (seen["scroll"], seen["wide"], seen["cut"]) == (width, [], [])


@pytest.mark.parametrize("width", [360, 1280])
def test_the_matrix_of_one_step_needs_no_scrolling(chromium: Callable[..., str], site: Site, width: int) -> None:
    endless = factory.metric(
        factory.key("iperf3", "tcp", "cpu"), "CPU of iperf3, client", 0.36, 85.0, unit="%", better=factory.Better.LOWER
    )
    step = Comparison("pre-maintenance", "post-host-patch", (*factory.many(25), endless))
    seen = probe(chromium, site.show(render_html(factory.report((step,), samples=None)), width))
    assert seen["matrix"] == 26
    assert (seen["hidden"], seen["wide"]) == (0, [])


def test_dark_is_dark_and_the_charts_follow(chromium: Callable[..., str], site: Site) -> None:
    address = site.show(render_html(factory.demo()), 800)
    light, dark = probe(chromium, address), probe(chromium, address, "--blink-settings=preferredColorScheme=0")
    assert (light["paper"], dark["paper"]) == ("rgb(255, 255, 255)", "rgb(18, 23, 30)")
    assert light["ink"] != dark["ink"]
    assert light["dot"] != dark["dot"]


POLICY = re.compile('<meta http-equiv="Content-Security-Policy"[^>]*>')


@pytest.mark.parametrize(("policy", "first"), [(True, 0), (False, 0), (False, 7)], ids=["policy", "escaping", "others"])
def test_no_string_of_the_list_runs_or_asks_for_anything(
    chromium: Callable[..., str], site: Site, *, policy: bool, first: int
) -> None:
    strings = [f"{one}<img src=/evil.png>" for one in (*MARKUP, *TERMINAL, *UNICODE[:5])]
    page = render_html(sinks_report.report(itertools.islice(itertools.cycle(strings), first, None)))
    assert page.count("window.pwned") >= 6
    assert len(POLICY.findall(page)) == 1
    seen = probe(chromium, site.show(page if policy else POLICY.sub("", page), 800))
    assert (seen["pwned"], seen["handlers"], seen["scripts"]) == (0, 0, 0)
    assert {path for path in site.asked if path != "/favicon.ico"} == {"/probe.html", "/report.html"}


def test_the_policy_alone_stops_a_script(chromium: Callable[..., str], site: Site) -> None:
    """Were something not escaped: in a template of a workspace's own, for example."""
    hole = "<script>window.pwned=1</script><img src=/evil.png onerror=parent.pwned=1><svg onload=parent.pwned=1>"
    page = render_html(factory.report((factory.story(),))).replace("</body>", f"{hole}</body>")
    seen = probe(chromium, site.show(page, 800))
    assert (seen["pwned"], seen["scripts"]) == (0, 1)
    assert "/evil.png" not in site.asked
    assert probe(chromium, site.show(POLICY.sub("", page), 800))["pwned"] == 1


def test_it_prints_on_pages(chromium: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(render_html(factory.ladder()), "utf-8")
    chromium(f"--print-to-pdf={tmp_path / 'report.pdf'}", "--no-pdf-header-footer", f"file://{tmp_path}/report.html")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")
