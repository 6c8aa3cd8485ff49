"""How is a number written? Ratios in per cent, intervals, and values with a unit prefix.

Digits follow the evidence. A ratio is after/before as measured, in whole per cent ("108 %"), and gets one decimal
("95.3 %") only when an interval stands behind it that is narrower than 5 percentage points from end to end: a decimal
that the next session would change is noise. Values have four significant digits, all integer digits are kept
("64,512 IOPS"), and before and after of one metric share one unit.

Below 1 % and above 1,000 % only the magnitude matters to a reader, so ratios and ends of intervals are said as "< 1 %"
and "> 1,000 %"; CSV and JSON keep the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from bench.analyse.result import Interval
from bench.units import unit
from bench.words import Said, quoted, say

NARROW = 0.05
"""Full width of an interval (as a ratio) below which a ratio is shown with one decimal."""

LEAST, MOST = 0.01, 10.0
"""Ratios beyond which only "< 1 %" and "> 1,000 %" are said."""

MISSING = "–"
"""What stands where there is no number."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The unit in which values are shown: its name for people and what 1 of the stored unit is in it.

    counts: the values are numbers of events, so whole ones are written as such.
    """

    name: str
    factor: float
    counts: bool = False


_PREFIXES = {
    "bit/s": ("bit/s", "Kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"),
    "B/s": ("B/s", "KB/s", "MB/s", "GB/s", "TB/s"),
    "iB/s": ("B/s", "KiB/s", "MiB/s", "GiB/s", "TiB/s"),
    "B": ("B", "KB", "MB", "GB", "TB"),
    "iB": ("B", "KiB", "MiB", "GiB", "TiB"),
    "s": ("ns", "us", "ms", "s"),
}
_PRETTY = {"us": "µs", "Kbit/s": "kbit/s", "KB/s": "kB/s", "KB": "kB"}


def decimals(interval: Interval | None) -> int:
    """Digits after the point of a percentage with this interval: 1 when it is narrow, else 0."""
    return 1 if interval is not None and interval.high - interval.low < NARROW else 0


def percent(ratio: float | None, interval: Interval | None = None, *, moved: bool = False) -> str:
    """A ratio as in "108 %" or "95.3 %".

    Ratios below a tenth keep two significant digits ("5.0 %"); 0 is "0 %". `moved` says that the verdict is a
    change: then it is never rounded to "100 %".
    """
    if ratio is None or not math.isfinite(ratio):
        return MISSING
    digits = decimals(interval)
    text = _percentage(ratio, digits)
    if moved and text in ("100", "100.0"):
        text = _percentage(ratio, digits + 1)
    return share(text)


def share(number: str) -> Said:
    """Digits as a percentage, as a language writes it: "12" as "12 %"."""
    return say("percent", number=number)


def spread(low: str, high: str) -> Said:
    """From one number to another: "91 … 93.5"; once where both lie beyond what is said: "> 1,000"."""
    return quoted(low) if low == high and low[:1] in "<>" else say("range", low=low, high=high)


def percent_range(interval: Interval | None) -> str:
    """An interval as in "93.1 … 97.4 %", with the digits of its ratio, or "< 1 … > 1,000 %"."""
    if interval is None:
        return MISSING
    digits = decimals(interval)
    return share(spread(_percentage(interval.low, digits), _percentage(interval.high, digits)))


def change(ratio: float, interval: Interval | None = None) -> str:
    """A ratio as a signed change, as in "−7.8 %" or "+86 %"; beyond what is said of ratios "< −99 %" and "> +900 %"."""
    return share(_signed(ratio, decimals(interval)))


def change_range(interval: Interval) -> str:
    """An interval as signed changes, as in "−9.1 … −6.4 %"."""
    digits = decimals(interval)
    return share(spread(_signed(interval.low, digits), _signed(interval.high, digits)))


def margin(ratio: float) -> str:
    """A margin as in "±2 %" or "±2.5 %"."""
    return share(f"±{ratio * 100:.3g}")


def shown_unit(values: Iterable[float | None], name: str) -> Shown:
    """The unit for `values` stored in unit `name`: the prefix that leaves the largest between 1 and 1000."""
    present = [abs(value) for value in values if value is not None and math.isfinite(value)]
    family = _family(name)
    if family is None or not present or max(present) == 0:
        return Shown(_PRETTY.get(name, name), 1.0)
    largest = max(present) * unit(name).factor
    best = family[0]
    for candidate in family:
        if largest >= unit(candidate).factor * 0.9995:
            best = candidate
    return Shown(_PRETTY.get(best, best), unit(name).factor / unit(best).factor)


def quantity(value: float | None, shown: Shown | None = None) -> str:
    """A value in four significant digits: "2.914", "287.5", "742" (exactly), "64,512"; "–" when it is absent."""
    if value is None or not math.isfinite(value):
        return MISSING
    scaled = value * (shown.factor if shown else 1.0)
    if scaled == 0:
        return "0"
    whole = math.floor(math.log10(abs(scaled))) + 1
    if whole > 9 or whole < -5:
        return f"{scaled:.3e}".replace("-", "−")
    exact = math.isclose(scaled, round(scaled), rel_tol=1e-9)
    whole_number = exact and (whole >= 3 or (shown is not None and shown.counts))
    digits = 0 if whole_number else max(0, 4 - whole)
    return f"{scaled:,.{digits}f}".replace("-", "−")


def count(number: int) -> str:
    """An integer with thousands separators."""
    return f"{number:,}"


def _percentage(ratio: float, digits: int) -> str:
    if math.isnan(ratio):
        return MISSING
    if 0 < ratio < LEAST:
        return f"< {LEAST * 100:.0f}"
    if ratio > MOST:
        return f"> {MOST * 100:,.0f}"
    value = ratio * 100
    if value != 0 and abs(value) < 10:
        digits = max(digits, 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def _signed(ratio: float, digits: int) -> str:
    if math.isnan(ratio):
        return MISSING
    if 0 < ratio < LEAST:
        return f"< −{(1 - LEAST) * 100:.0f}"
    if ratio > MOST:
        return f"> +{(MOST - 1) * 100:,.0f}"
    text = f"{(ratio - 1) * 100:+,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        return text[1:]
    return text.replace("-", "−")


def _family(name: str) -> tuple[str, ...] | None:
    if name in _PREFIXES["s"]:
        return _PREFIXES["s"]
    for ending in ("bit/s", "iB/s", "iB", "B/s", "B"):
        if name.endswith(ending) and len(name) - len(ending) <= 1:
            return _PREFIXES[ending]
    return None
