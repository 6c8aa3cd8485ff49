"""Which inputs might a parser choke on? Real outputs of its tool, damaged the way a hostile target would damage them.

Plain random bytes are refused by the first line of every parser. What finds bugs keeps the shape of a real file and
breaks it in one to four places. Everything follows from a seed: input number n of a seed is always the same bytes.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

NINES = b"9" * 400
NUMBERS = (
    b"1e400", b"-1e400", b"1e308", b"1e-400", b"nan", b"-nan", b"NaN", b"inf", b"-inf",
    b"Infinity", b"-Infinity", b"0",
    b"-0", b"-0.0", b"-1", b"1.2.3", b"1,234,567", b"1.234.567,8", b"..", b",", b"", b"0x10", b"1_000", b"1e5", b"+7",
    b"9007199254740993", b"18446744073709551615", NINES, b"9" * 5000, b"0." + b"0" * 400 + b"1", NINES + b".5",
    b"1" + b"0" * 310, b"\xd9\xa1\xd9\xa2", b"\xc2\xb2", b"\xef\xbc\x95", b"N/A", b"----", b"4294967296", b"0000007",
)  # fmt: skip
"""What may stand where a tool prints a number; some are digits to Python and numbers to nobody (², ٣, ５)."""
WORDS = (
    b"\x1b[31m", b"\x1b]8;;http://x\x07", b"\x00", b"\r", b"\x85", b"\xe2\x80\xae", b"\xff\xfe",
    b"\xed\xa0\x80", b"\x0c",
    b"\xe2\x80\xa8", b"'\";`$(touch x)", b"../../x", b"<script>", b"{", b"}", b"[", b"]", b"(",
    b")", b"|", b":", b";",
    b"=", b"%", b",", b"null", b"true", b"[[]]", b"{}", b"\"", b"\\", b"\\ud800", b"\\u0000",
    b"&lol;", b"<!--", b"]]>",
    b"read", b"write", b"total", b"sum", b"sender", b"\t", b"A" * 600, b" " * 600,
    b"\xf0\x9f\x92\xa5", b"KB/s", b"Gbits/sec",
)  # fmt: skip
"""What may stand between words."""
LEAVES: tuple[Any, ...] = (
    None, True, False, "", "x", "-nan", 0, -1, -0.0, 1e308, 10**400, 10**30, -(10**30), 0.1, [],
    {}, [[]], [None], {"a": 1},
    "\ud800", "\0", "1e400", "12", " 12 kB", {"value": "5", "metric": "mbps"}, [1, 2, 3], "A" * 600,
)  # fmt: skip
"""What may stand where a JSON document has a value; 10**400 overflows a float."""
HEADS = (
    b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0\0", b"fio: terminated\n", b"{", b"[", b'{"a":' * 90, b"[" * 1500,
    b'<?xml version="1.0" encoding="utf-7"?>', b'<?xml version="1.0" encoding="UTF-16"?>\n', b"<!DOCTYPE x [" + b"]>",
    b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>\n',
    b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n', b"\n" * 400, b"\x1b[0m" * 50, b"<a>" * 400,
)  # fmt: skip
"""What may stand before everything."""
_NUMBER = re.compile(rb"(-?\d+(?:[.,]\d+)*)")


@dataclass(slots=True)
class _Sample:
    """A real output, cut up once: its lines, and its JSON where it is one document."""

    content: bytes
    lines: list[bytes]
    tree: str = ""


class Mutator:
    """Damaged variants of `samples`; the smaller a sample the more often it is taken, so that inputs stay quick."""

    def __init__(self, samples: Sequence[bytes], seed: int) -> None:
        self.samples = [_Sample(one, one.splitlines(keepends=True), _document(one)) for one in samples]
        self.weights = [1.0 / (500 + len(one)) for one in samples]
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311  # no secret

    def make(self, number: int) -> bytes:
        """Input `number`; it does not depend on which inputs were made before."""
        self.random.seed(self.seed * 1_000_003 + number)
        draw = self.random
        sample = draw.choices(self.samples, self.weights)[0]
        if sample.tree and draw.random() < 0.4:
            content = self._tree(sample)
        else:
            lines = list(sample.lines)
            for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 4))):
                draw.choice(_ON_LINES)(self, lines)
            content = b"".join(lines)
        while draw.random() < 0.15:
            content = draw.choice(_ON_BYTES)(self, content)
        return content

    # --- lines: one list, changed in place ---

    def _span(self, lines: list[bytes]) -> tuple[int, int]:
        start = self.random.randrange(len(lines) + 1)
        return start, start + self.random.choice((1, 1, 1, 2, 3, 8, 30))

    def drop(self, lines: list[bytes]) -> None:
        start, end = self._span(lines)
        del lines[start:end]

    def double(self, lines: list[bytes]) -> None:
        start, end = self._span(lines)
        lines[start:start] = lines[start:end] * self.random.choice((1, 1, 2, 9))

    def swap(self, lines: list[bytes]) -> None:
        if lines:
            one, other = self.random.randrange(len(lines)), self.random.randrange(len(lines))
            lines[one], lines[other] = lines[other], lines[one]

    def splice(self, lines: list[bytes]) -> None:
        donor = self.random.choice(self.samples).lines
        start, end = self._span(donor)
        place = self.random.randrange(len(lines) + 1)
        lines[place:place] = donor[start:end]

    def cut(self, lines: list[bytes]) -> None:
        del lines[self.random.randrange(len(lines) + 1) :]

    def behead(self, lines: list[bytes]) -> None:
        del lines[: self.random.randrange(len(lines) + 1)]

    def number(self, lines: list[bytes]) -> None:
        """One or all numbers of a line become something else."""
        if not lines:
            return
        place = self.random.randrange(len(lines))
        pieces = _NUMBER.split(lines[place])
        odd = range(1, len(pieces), 2)
        if not odd:
            return
        for at in [self.random.choice(odd)] if self.random.random() < 0.8 else odd:
            pieces[at] = self.random.choice(NUMBERS)
        lines[place] = b"".join(pieces)

    def digit(self, lines: list[bytes]) -> None:
        """A number keeps its place and its form but not its value."""
        if lines:
            place = self.random.randrange(len(lines))
            lines[place] = re.sub(rb"\d", lambda _: b"%d" % self.random.randrange(10), lines[place])

    def word(self, lines: list[bytes]) -> None:
        if lines:
            place = self.random.randrange(len(lines))
            line = lines[place]
            at = self.random.randrange(len(line) + 1)
            lines[place] = line[:at] + self.random.choice(WORDS) + line[at + self.random.choice((0, 0, 1, 5)) :]

    def erase(self, lines: list[bytes]) -> None:
        """A piece of a line is missing, sometimes with its end."""
        if lines:
            place = self.random.randrange(len(lines))
            line = lines[place]
            at = self.random.randrange(len(line) + 1)
            lines[place] = line[:at] + line[at + self.random.randrange(1, 40) :]

    def many(self, lines: list[bytes]) -> None:
        """A line that comes a hundred times."""
        if lines:
            place = self.random.randrange(len(lines))
            lines[place:place] = [lines[place]] * 100

    # --- JSON: a value somewhere in the tree ---

    def _tree(self, sample: _Sample) -> bytes:
        root = json.loads(sample.tree)
        for _ in range(self.random.choice((1, 1, 2, 3))):
            holder: Any = root
            while True:
                keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
                if not keys:
                    break
                key = self.random.choice(keys)
                inner = holder[key]
                if isinstance(inner, dict | list) and inner and self.random.random() < 0.85:
                    holder = inner
                    continue
                self._change(holder, key)
                break
        text = json.dumps(root, indent=self.random.choice((None, 1)))
        if self.random.random() < 0.2:  # a key that comes twice, a number that no float holds
            text = re.sub(r'"(\w+)": ', r'"\1": 1e999, "\1": ', text, count=self.random.randrange(1, 30))
        return text.encode("utf-8", "surrogatepass")

    def _change(self, holder: Any, key: Any) -> None:
        kind = self.random.random()
        if kind < 0.7:
            holder[key] = copy.deepcopy(self.random.choice(LEAVES))
        elif kind < 0.85:
            del holder[key]
        elif isinstance(holder, dict):
            holder[self.random.choice(list(holder))] = copy.deepcopy(holder[key])
        else:
            holder.append(copy.deepcopy(holder[key]))

    # --- bytes: the whole ---

    def shorten(self, content: bytes) -> bytes:
        return content[: self.random.randrange(len(content) + 1)]

    def flip(self, content: bytes) -> bytes:
        changed = bytearray(content)
        for _ in range(self.random.choice((1, 2, 20))):
            if changed:
                changed[self.random.randrange(len(changed))] = self.random.randrange(256)
        return bytes(changed)

    def head(self, content: bytes) -> bytes:
        return self.random.choice(HEADS) + content

    def crlf(self, content: bytes) -> bytes:
        return content.replace(b"\n", self.random.choice((b"\r\n", b"\r", b"\n\n", b"\r\r\n", b" \n", b"\n\t")))

    def wide(self, content: bytes) -> bytes:
        coding = self.random.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"))
        return content.decode("latin-1").encode(coding)

    def another(self, content: bytes) -> bytes:
        """Two results in one file."""
        return content + self.random.choice(self.samples).content[:6000]

    def nest(self, content: bytes) -> bytes:
        """Deep brackets where a value begins."""
        at = content.find(b": ", self.random.randrange(len(content) + 1)) + 1
        return content[:at] + self.random.choice((b"[", b'{"a":', b"<b>")) * 3000 + content[at:]

    def noise(self, content: bytes) -> bytes:
        return self.random.randbytes(self.random.randrange(200)) + content[self.random.randrange(len(content) + 1) :]


_ON_LINES: tuple[Callable[[Mutator, list[bytes]], None], ...] = (
    Mutator.drop, Mutator.double, Mutator.swap, Mutator.splice, Mutator.cut, Mutator.behead, Mutator.number,
    Mutator.number, Mutator.number, Mutator.number, Mutator.digit, Mutator.word, Mutator.word,
    Mutator.erase, Mutator.many,
)  # fmt: skip
_ON_BYTES: tuple[Callable[[Mutator, bytes], bytes], ...] = (
    Mutator.shorten, Mutator.flip, Mutator.head, Mutator.crlf, Mutator.wide, Mutator.another,
    Mutator.nest, Mutator.noise,
)  # fmt: skip


def _document(content: bytes) -> str:
    """The JSON document that `content` is, "" when it is none."""
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    return json.dumps(tree) if isinstance(tree, dict) else ""
