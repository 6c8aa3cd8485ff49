"""What a UnixBench report or log says, as measurements.

Per number of copies ("1 copy", "8 copies"): `<test>` and `<test>-index` for every test, `index` for the full set,
`partial-index` for a subset, `<test>-pass` for every raw pass of a log.
"""

from __future__ import annotations

import math
import re

from bench.errors import ParseError
from bench.model import Better, Kind, Measurement, Metric, Parsed
from bench.text import decode

from . import log, report
from .catalogue import CATEGORIES, INDEX_TESTS, TESTS, find, part

_ROUNDING = 0.006  # the report prints one decimal; small indexes of slow machines lose up to half a percent by it


def parse(data: bytes, source: str) -> Parsed:
    """The measurements of a report, a log, or a console capture that holds either.

    A test that printed 0 has failed: it is absent and a warning says so. ParseError for anything that is empty, cut
    off, aborted or not from UnixBench.
    """
    text = decode(data)
    if not text.strip():
        raise ParseError(source, expected="a UnixBench report or log", found="nothing")
    measurements: list[Measurement] = []
    warnings: list[str] = []
    found = report.read(text, source)
    for section in found.sections:
        measurements += _section(section, source, warnings)
    if log.looks_like_log(text):
        measurements += _passes(text, source, warnings)
    _check_run(found, source, warnings, anything=bool(measurements))
    return Parsed(
        tuple(measurements),
        tool_version=found.version,
        warnings=tuple(warnings),
        metrics=tuple(_unknown(measurements).values()),
    )


def _unknown(found: list[Measurement]) -> dict[str, Metric]:
    """Metrics for tests that the suite does not list: somebody added them to their UnixBench."""
    known = {test.name for test in TESTS} | {
        f"{head}{name}" for name in CATEGORIES.values() for head in ("", "partial-")
    }
    return {
        one.metric: Metric(one.metric, one.metric.replace("-", " "), one.unit, Better.HIGHER, Kind.CPU, detail=True)
        for one in found
        if one.metric not in known and re.sub("-(?:index|pass)$", "", one.metric) not in known
    }


def _check_run(found: report.Report, source: str, warnings: list[str], *, anything: bool) -> None:
    if found.abort is not None:
        line, text = found.abort
        if not found.sections or line > found.sections[-1].start:
            raise ParseError(source, line=line, expected="a run that ended well", found=text)
        warnings.append(f"line {line}: an earlier run was aborted: {text}")
    if not anything:
        raise ParseError(source, expected="results of UnixBench tests")
    absent = found.progress - {section.copies for section in found.sections}
    if absent and all(section.copies is not None for section in found.sections):
        names = ", ".join(part(copies) for copies in sorted(absent))
        warnings.append(f"tests were run with {names}, but no results of that follow: the report is not complete")


def _section(section: report.Section, source: str, warnings: list[str]) -> list[Measurement]:
    """The measurements of one section; appends to `warnings`."""
    where = part(section.copies)
    if section.copies is None:
        warnings.append(f"line {section.start}: how many copies ran is not stated")
    failed: set[str] = set()
    found = [_result(result, where, failed, warnings) for result in section.results]
    measurements = [one for one in found if one is not None]
    if not measurements:
        raise ParseError(source, line=section.start, expected="a test result above 0")
    baselined = {test.name for test in INDEX_TESTS}
    if not section.tables and any(one.metric in baselined for one in measurements):
        raise ParseError(source, line=section.results[-1].line, expected="an index table after these results")
    rows = [(_name(row.name), row) for row in section.rows]
    measurements += [
        Measurement(f"{name}-index", row.index, "index", where)
        for name, row in rows
        if row.index is not None and row.index > 0 and name not in failed
    ]
    known = {_name(result.name) for result in section.results}
    warnings += [
        f"line {row.line}: {row.name!r} is in the index table but has no result line ({where})"
        for name, row in rows
        if name not in known
    ]
    measurements += _totals(section, where, failed, warnings)
    return measurements


def _result(result: report.Result, where: str, failed: set[str], warnings: list[str]) -> Measurement | None:
    name = _name(result.name)
    if result.value is None or result.value <= 0:
        failed.add(name)
        warnings.append(f"line {result.line}: {result.name!r} failed ({where}): a result of 0 is not a measurement")
        return None
    test = find(result.name)
    unit = result.unit or (test.unit if test else "")
    return Measurement(name, result.value, unit, where)


def _totals(section: report.Section, where: str, failed: set[str], warnings: list[str]) -> list[Measurement]:
    measurements = []
    for total in section.totals:
        metric = CATEGORIES.get(" ".join(total.category.split()).lower())
        if metric is None:  # something stands before the category on its line
            metric = next((name for title, name in CATEGORIES.items() if title in total.category.lower()), "index")
        if total.value is None or total.value <= 0:
            warnings.append(f"line {total.line}: the index is not a number ({where})")
            continue
        partial = total.partial
        if failed and not partial:
            partial = True
            warnings.append(f"line {total.line}: the index leaves out tests that failed, so it is partial ({where})")
        measurements.append(Measurement(f"partial-{metric}" if partial else metric, total.value, "index", where))
    if len(section.totals) == 1 and not failed:
        _check_mean(section, where, warnings)
    return measurements


def _check_mean(section: report.Section, where: str, warnings: list[str]) -> None:
    """The total is the geometric mean of the rows' indexes (`indexResults` in `Run`)."""
    indexes = [row.index for row in section.rows if row.index is not None and row.index > 0]
    total = section.totals[0]
    if not indexes or total.value is None:
        return
    mean = math.exp(sum(map(math.log, indexes)) / len(indexes))
    if abs(mean - total.value) > _ROUNDING * total.value + 0.1:
        warnings.append(f"line {total.line}: index {total.value} is not the mean of its rows, {mean:.1f} ({where})")


def _passes(text: str, source: str, warnings: list[str]) -> list[Measurement]:
    measurements: list[Measurement] = []
    for rates in log.read(text, source):
        where = part(rates.copies)
        name = f"{_name(rates.name)}-pass"
        measurements += [Measurement(name, rate, rates.unit, where) for rate in rates.rates]
        if abs(rates.score - rates.logged) > 0.001 * rates.logged:
            warnings.append(
                f"{rates.name} ({where}): its passes give {rates.score:.1f}, the log says {rates.logged:.1f}"
            )
    return measurements


def _name(title: str) -> str:
    """The metric of a test; a test that is not known is called by its title."""
    test = find(title)
    return test.name if test else "-".join(re.sub(r"[\W_]+", " ", title).lower().split()) or "unnamed"
