"""How UnixBench's parser reads the digits of a result: grouped, or refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.config.catalogue import load_suite
from bench.errors import ParseError

ROOT = Path(__file__).resolve().parents[2]
PARSE = load_suite(ROOT / "suites" / "unixbench").parse
FULL = (ROOT / "tests" / "golden" / "unixbench" / "full-1-copy" / "report").read_text("utf-8")


@pytest.mark.parametrize(("group", "point"), [(",", "."), (".", ",")])
def test_grouped_digits_are_read(group: str, point: str) -> None:
    def regroup(match: re.Match[str]) -> str:
        return f"{int(match[1]):,}".replace(",", group) + point + match[2]

    text = re.sub(r"(?<![\d.])(\d{3,})\.(\d)(?=\s|$)", regroup, FULL)
    assert f" 55{group}420{group}645{point}3 lps" in text
    assert PARSE(text.encode(), "grouped").measurements == PARSE(FULL.encode(), "plain").measurements


@pytest.mark.parametrize("value", ["7'619'086.9", "76,19,086.9", "7.619.08", "1.2.3", "about 7"])
def test_a_result_that_cannot_be_read_is_an_error(value: str) -> None:
    text = re.sub(r"(?m)^(Dhrystone .*?) [\d.]+ lps", rf"\1 {value} lps", FULL, count=1)
    if value == "about 7":
        text = text.replace("about 7 lps", "about lps")
    with pytest.raises(ParseError) as caught:
        PARSE(text.encode(), "bad.txt")
    assert caught.value.line == 1 + FULL[: FULL.index("Dhrystone")].count("\n")
    assert caught.value.found.startswith("Dhrystone")
