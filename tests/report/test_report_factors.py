"""People read the names of factors, not their keys: in sentences of analysing too."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import report_factory as factory

from bench.analyse.attribution import attribute
from bench.model import Facts
from bench.report.factors import cause_words, factor_name, factor_names
from bench.report.html import render_html
from bench.report.text import Text


def facts(build: str, kernel: str = "1") -> dict[str, Facts]:
    return {"vm": Facts((("host", "build", build), ("guest-os", "kernel", kernel)))}


@pytest.mark.parametrize(
    ("name", "said"), [("host_patch", "host patch"), ("sriov", "SR-IOV"), ("my_own_tune", "my own tune")]
)
def test_names(name: str, said: str) -> None:
    assert factor_name(name, Text()) == said


def test_several_in_a_row() -> None:
    assert factor_names(("guest_patch", "sriov"), Text(), first=True) == "Guest patch and SR-IOV"
    assert factor_names(("guest_patch", "sriov"), Text("ja")).startswith("ゲストパッチ")


def test_a_sentence_of_analysing_has_them_in_every_part() -> None:
    judged = attribute((("host_patch", "off"),), (("host_patch", "on"),), facts("1"), facts("2", "2"))
    assert "host_patch" in judged.sentence
    assert "as well as host patch does" in cause_words(judged, Text())
    assert "ホストパッチ" in cause_words(judged, Text("ja"))


def test_no_key_is_left_on_the_page() -> None:
    before = (("host_patch", "off"), ("my_tune", "off"))
    after = (("host_patch", "on"), ("my_tune", "on"))
    judged = attribute(before, after, facts("1"), facts("2"))
    step = replace(factory.story(), attribution=judged)
    # Provenance lists what the phases declare in the words in which they do.
    html = render_html(
        factory.report((step,), samples=None, runs=[factory.run("a", 1, "2018-01-02T00:00:00Z", factors=())])
    )
    assert "Host patch and my tune" in html
    assert not re.search("host_patch|my_tune", html)
