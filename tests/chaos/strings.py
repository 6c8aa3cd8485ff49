"""Which strings might hurt somebody? One list for shells, paths, terminals, pages, tables; and ways to mix them."""

from __future__ import annotations

import random
import re
import unicodedata

from hypothesis import strategies as st

CANARY = "CANARY"
"""Stands in the strings for a file whose appearance shows that something of them was run."""

SHELL = (
    "$(touch CANARY)", "`touch CANARY`", "; touch CANARY", "& touch CANARY &", "| touch CANARY",
    "\n touch CANARY\n", "'; touch CANARY;'",
    '"; touch CANARY;"', "$((1+1))", "${IFS}", "$HOME", "~", "~root", "~/x", "*", "?", "[a-z]*",
    "{a,b}", "!!", "!x", "#x", "\\", "\\\\",
    "'", '"', "''", "'\"'\"'", "$'\\x41'", "a b", " a", "a ", "a\tb", "-rf", "--help", "-", "--",
    "-e x", "a=b", "=", "\n", "a\nb", "\r",
    "%s%n%d", "@@END", "\n@@END\n", "EOF", ">CANARY", "<CANARY", "2>&1", "(touch CANARY)",
    "x\\\ntouch CANARY", "", " ", "if", "done",
)  # fmt: skip
PATHS = (
    "..", "../x", "../../etc/passwd", "/etc/passwd", "/", "./x", "a/../b", "a//b", "a/", ".",
    ".hidden", "a\\b", "C:\\x", "nul", "con.txt",
    "a\0b", "x" * 255, "x" * 256, "é" * 200, "\U0001f4a5" * 100, "x/" * 500, "trial.json",
    "run.json", ".tmp-x", ".lock", "events.jsonl",
)  # fmt: skip
TERMINAL = (
    "\x1b[31mred", "\x1b[2J", "\x1b]0;title\x07",
    "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07", "\x1b]52;c;ZXZpbA==\x07",
    "\x1b[6n", "\x1bP$q\x1b\\", "\x9b31m", "\x9d0;x\x9c", "a\rb", "a\bb", "\x07", "\x0e", "\x7f",
    "\x85", "\x1b", "\x1b[?1049h", "\x00",
    "[red]x[/red]", "[link=http://evil.example]x[/link]", "[/]", "[bold", ":warning:", "\x0b\x0c", "\u2028", "\u2029",
)  # fmt: skip
UNICODE = (
    "\u202eevil", "\u2066x\u2069", "\u200b", "v\u200dm", "\u061c", "\u00ad", "\ufeffx", "e\u0301",
    "a" + "\u0300" * 50, "\ud800", "\udcff",
    "\udfff\ud800", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U000e0041", "\uffff",
    "\U0010ffff", "ﷺ" * 20, "\u0661\u0662", "ß", "İ",
    "\u3000", "\xa0", "vm１", "ｖｍ", "\u1160", "\ufdd0", "\ue000",
)  # fmt: skip
MARKUP = (
    "<script>window.pwned=1</script>", "<img src=x onerror=window.pwned=1>",
    '"><svg onload=window.pwned=1>', "'><b>", "</title><script>1",
    "</style><script>window.pwned=1</script>", "javascript:window.pwned=1",
    "<a href=javascript:window.pwned=1>x</a>", "&lt;b&gt;", "&#60;",
    "<!--", "-->", "]]>", "<![CDATA[", "<iframe src=//evil.example>",
    "<link rel=stylesheet href=//evil.example>", "{{7*7}}", "{% raw %}",
    "{{ self.__init__ }}", "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>", '" style="x', "<foreignObject>",
    "$x^2$", "$\\frac{1}{", "$$", "\\mathdefault{x}", "$\\undefined$", "%d", "{0}", "{x!r}",
)  # fmt: skip
TABLES = (
    "=cmd|'/c calc'!A0", "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "a,b", 'a"b', "a;b",
    "a\nb", "|", "a|b", "\\|", "`x`", "```",
    "[x](http://evil.example)", "![x](http://evil.example/x.png)", "<http://evil.example>",
    "http://evil.example", "www.evil.example", "@user",
    "# x", "- x", "1. x", "> x", "***", "___", "~~x~~", "\\", "| --- |", "a\n\nb", "    code",
    "[ref]: http://evil.example", "null", "NaN",
    "a@evil.example", "user/repo#1", ":smile:", "--- ", "$$x$$",
)  # fmt: skip
ALL = (*SHELL, *PATHS, *TERMINAL, *UNICODE, *MARKUP, *TABLES)

LONG = ("A" * (1 << 20), "\x1b[31m" * 200_000, "<" * (1 << 20), "\u202e" * (1 << 20), "'" * (1 << 20), "\n" * (1 << 20))
"""A megabyte each."""

UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
"""What must reach no terminal and no page as it is: controls (but line feed and tab), what hides or turns text."""


def hostile() -> st.SearchStrategy[str]:
    """Strings of the list, mixtures of them, and any text at all."""
    piece = st.sampled_from(ALL)
    return st.one_of(
        piece, st.lists(piece | st.text(max_size=5), min_size=1, max_size=4).map("".join), st.text(max_size=40)
    )


class Strings:
    """The same without hypothesis, by number: a thousand times as fast."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311  # no secret

    def make(self, number: int) -> str:
        """String `number`: first the list itself, then mixtures."""
        if number < len(ALL):
            return ALL[number]
        draw = self.random
        draw.seed(self.seed * 1_000_003 + number)
        pieces = [draw.choice(ALL) if draw.random() < 0.7 else self._noise() for _ in range(draw.randint(1, 4))]
        return "".join(pieces)

    def many(self, start: int, count: int) -> list[str]:
        """`count` strings from number `start` on."""
        return [self.make(number) for number in range(start, start + count)]

    def _noise(self) -> str:
        draw = self.random
        ceiling = draw.choice((0x20, 0x7F, 0x100, 0x300, 0x2100, 0x11000))
        return "".join(chr(draw.randrange(ceiling)) for _ in range(draw.randint(0, 6)))


def encodable(text: str) -> bool:
    """Whether `text` has a form in UTF-8 and no NUL: what an argument or a file name can be."""
    return "\0" not in text and not any(unicodedata.category(one) == "Cs" for one in text)
