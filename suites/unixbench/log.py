"""Reads UnixBench's log: the raw passes that the report condenses.

Per test and number of copies, one block of `# COUNT0:` (count), `# COUNT1:` (time base in s, 0 when the count is a
rate already), `# COUNT2:` (unit), `# TIME:` or `# elapsed:` (s) per copy and pass; older versions log the program's
own line `COUNT|count|base|unit`. As `combinePassResults` in `Run` does it, a pass scores
Σ count / (mean time / base) over its copies; the report's score is the geometric mean after dropping the worst third.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from bench.errors import ParseError
from bench.text import LARGEST

_TITLE = re.compile(r"^(?P<name>\S.*?) -- (?P<copies>\d+) cop(?:y|ies)$")
_PASS = re.compile(r"^#### Pass (\d+)$")
_FIELD = re.compile(r"^# (COUNT[012]|TIME|elapsed|ERROR|status): ?(.*)$")
_COUNT = re.compile(r"^COUNT\|([^|]*)\|([^|]*)\|([^|]*)")
_TIME = re.compile(r"^(TIME|elapsed)\|([^|]*)")
_SCORE = re.compile(r"^>>>> score: (\S+)$")
_LONGEST = 500  # characters; a longer line is the test's own output


@dataclass(slots=True)
class Pass:
    """One pass: the fields of each of its copies."""

    line: int
    copies: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class TestLog:
    """One test with one number of copies. `score` is what the log says the report will print."""

    name: str
    copies: int
    line: int
    passes: list[Pass] = field(default_factory=list)
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """One test's passes as rates in `unit`; `score` recomputed from them and as logged."""

    name: str
    copies: int
    unit: str
    rates: tuple[float, ...]
    score: float
    logged: float


def looks_like_log(text: str) -> bool:
    """Whether `text` holds raw passes."""
    return re.search(r"^#### Pass \d|^# COUNT0: |^COUNT\|", text, re.MULTILINE) is not None


def read(text: str, source: str) -> list[Rates]:
    """The passes of every test in the log's order; ParseError for a failed, incomplete or senseless pass."""
    return [_rates(test, source) for test in _tests(text, source)]


def _tests(text: str, source: str) -> list[TestLog]:
    tests: list[TestLog] = []
    new_copy = True
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip() if len(raw) <= _LONGEST else "…"
        if title := _TITLE.match(line):
            tests.append(TestLog(title["name"], int(title["copies"]), number))
        elif not tests:
            if _PASS.match(line):
                raise ParseError(source, line=number, expected='a line "TEST -- N copies" before the first pass')
        elif _PASS.match(line):
            tests[-1].passes.append(Pass(number))
            new_copy = True
        elif score := _SCORE.match(line):
            tests[-1].score = _number(score[1], source, number)
        elif not line:
            new_copy = True
        elif tests[-1].passes:
            new_copy = _field(tests[-1].passes[-1], line, new_copy=new_copy)
    return tests


def _field(one: Pass, line: str, *, new_copy: bool) -> bool:
    """Take up a line with a field of one copy; whether the next field starts another copy."""
    pairs: list[tuple[str, str]] = []
    if found := _FIELD.match(line):
        pairs = [(found[1], found[2])]
    elif count := _COUNT.match(line):
        pairs = [(f"COUNT{i}", count[i + 1]) for i in range(3)]
    elif time := _TIME.match(line):
        pairs = [(time[1], time[2])]
    if not pairs:
        return new_copy
    if new_copy or not one.copies or any(key in one.copies[-1] for key, _ in pairs):
        one.copies.append({})
    one.copies[-1].update(pairs)
    return False


def _rates(test: TestLog, source: str) -> Rates:
    if not test.passes:
        raise ParseError(source, line=test.line, expected=f"passes of {test.name!r}")
    scored = [_score(test, one, source) for one in test.passes]
    if test.score is None:
        raise ParseError(source, line=test.line, expected=f'a line ">>>> score:" that ends {test.name!r}')
    counts = sorted((count, rate) for count, rate, _ in scored)
    kept = [rate for _, rate in counts[len(counts) // 3 :]]
    mean = math.exp(sum(map(math.log, kept)) / len(kept))
    return Rates(test.name, test.copies, scored[0][2], tuple(rate for _, rate, _ in scored), mean, test.score)


def _score(test: TestLog, one: Pass, source: str) -> tuple[float, float, str]:
    """A pass as (sum of counts, rate, unit)."""
    for copy in one.copies:
        if "ERROR" in copy:
            raise ParseError(source, line=one.line, expected="a pass without error", found=copy["ERROR"])
    whole = [copy for copy in one.copies if "COUNT0" in copy]
    if not whole or len(whole) != test.copies:
        raise ParseError(
            source, line=one.line, expected=f"counts of {test.copies} copies of {test.name!r}", found=str(len(whole))
        )
    count = sum(_number(copy["COUNT0"], source, one.line) for copy in whole)
    base = _number(whole[0].get("COUNT1", ""), source, one.line)
    times = [_number(copy.get("TIME") or copy.get("elapsed", ""), source, one.line) for copy in whole]
    time = sum(times) / len(times)
    rate = count / (time / base) if base > 0 and time > 0 else count
    if not 0 < rate < LARGEST:
        raise ParseError(source, line=one.line, expected="a count above 0", found=str(count))
    return count, rate, whole[0].get("COUNT2", "")


def _number(text: str, source: str, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) < LARGEST:
        raise ParseError(source, line=line, expected="a number", found=text)
    return value
