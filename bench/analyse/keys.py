"""How a campaign names metrics: "suite/metric", "suite/case/metric" or with the part behind, `*` and `?` allowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from bench.analyse.result import MetricKey


def names_of(key: MetricKey) -> tuple[str, ...]:
    """Every way to name a metric, lower case."""
    ways = [(key.suite, key.metric), (key.suite, key.case, key.metric), (key.suite, key.case, key.metric, key.part)]
    return tuple("/".join(way).lower() for way in ways)


def spoken(keys: Sequence[MetricKey]) -> list[str]:
    """A name for each of `keys` in a list: "suite/case/metric/part", with parameters where that names several."""
    plain = ["/".join(filter(None, (key.suite, key.case, key.metric, key.part))) for key in keys]
    several: dict[str, set[object]] = {}
    for name, key in zip(plain, keys, strict=True):
        several.setdefault(name, set()).add(key.params)
    return [
        name if len(several[name]) == 1 else f"{name} ({' '.join(f'{one}={value}' for one, value in key.params)})"
        for name, key in zip(plain, keys, strict=True)
    ]


def matches(pattern: str, key: MetricKey) -> bool:
    """Whether `pattern` names the metric, whatever the case of its letters."""
    return any(fnmatchcase(name, pattern.strip().lower()) for name in names_of(key))


def matches_any(patterns: Iterable[str], key: MetricKey) -> bool:
    """Whether one of `patterns` names the metric."""
    return any(matches(pattern, key) for pattern in patterns)
