"""Units of measured values: what they measure and how they convert.

Parsers keep the unit a tool printed; analysing compares values only after `to_base`, so that 1 Gbit/s and
1000 Mbit/s are the same and 1 MiB/s never meets 1 MB/s by accident. `K`, `M`, `G` are powers of 1000, `Ki`, `Mi`,
`Gi` powers of 1024; `B` is a byte. A unit that is not listed here is its own base: it compares only with itself.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: `name` as printed, `base` it converts to, `factor` (1 name = factor base)."""

    name: str
    base: str
    factor: float


_DECIMAL = {"": 1.0, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_BINARY = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}


def _table() -> dict[str, Unit]:
    units: list[Unit] = []
    for prefix, factor in (_DECIMAL | _BINARY).items():
        units.append(Unit(f"{prefix}bit/s", "bit/s", factor))
        units.append(Unit(f"{prefix}B/s", "bit/s", 8 * factor))
        units.append(Unit(f"{prefix}B", "B", factor))
    for name, seconds in (("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0), ("min", 60.0)):
        units.append(Unit(name, "s", seconds))
    units.append(Unit("IOPS", "IOPS", 1.0))
    units.append(Unit("KIOPS", "IOPS", 1e3))
    units.append(Unit("lps", "lps", 1.0))
    units.append(Unit("lpm", "lps", 1 / 60))
    return {unit.name: unit for unit in units}


UNITS = _table()
"""Every unit with a known conversion, by name."""


def unit(name: str) -> Unit:
    """The unit called `name`; an unknown one is its own base with factor 1."""
    return UNITS.get(name) or Unit(name, name, 1.0)


def to_base(value: float, name: str) -> tuple[float, str]:
    """`value` in unit `name` as (value, base unit)."""
    known = unit(name)
    return value * known.factor, known.base


def convert(value: float, source: str, target: str) -> float:
    """`value` from unit `source` to unit `target`; ValueError when they measure different things."""
    one, other = unit(source), unit(target)
    if one.base != other.base:
        raise ValueError(f"{source} does not convert to {target}")
    return value * one.factor / other.factor
