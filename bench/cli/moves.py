"""What changed about a fleet between two tags, as rows of a table: each change with its targets, or each target's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.analyse.fleet import on_targets
from bench.cli.console import print_table

NAMED = 3
"""Changes of one fact that have a row each; more share one."""


@dataclass(frozen=True, slots=True)
class Move:
    """A fact that differs between two tags: on `targets`, of `total`; `still`: where it is known and did not."""

    layer: str
    name: str
    text: str
    targets: tuple[str, ...]
    total: int
    still: tuple[str, ...]
    because: str

    @property
    def sentence(self) -> str:
        """`kernel 5.15.0-1 → 5.15.0-9 on 40 of 41 targets; web-7 unchanged`."""
        return f"{self.name} {self.text} on {on_targets(self.targets, self.total, self.still)}"


def print_moves(moves: Sequence[Move], *, by_target: bool) -> None:
    """A row per target and change, or per change over the fleet; nothing where nothing changed."""
    if not moves:
        return
    if by_target:
        rows = [(name, one.layer, f"{one.name} {one.text}", one.because) for one in moves for name in one.targets]
        rows.sort(key=lambda row: row[0])
        print_table(("target", "layer", "change", "accounted for by"), rows, whole=("target", "layer"))
        return
    print_table(
        ("layer", "change", "accounted for by"),
        [row for _, same in _by_fact(moves) for row in _fleet_rows(same)],
        whole=("layer",),
    )


def _by_fact(moves: Sequence[Move]) -> Iterable[tuple[object, list[Move]]]:
    """The changes of each fact that have one cause, in the order of `moves`."""
    found: dict[tuple[str, str, str], list[Move]] = {}
    for one in moves:
        found.setdefault((one.layer, one.name, one.because), []).append(one)
    return found.items()


def _fleet_rows(same: Sequence[Move]) -> Iterator[tuple[str, str, str]]:
    """A row per change of one fact; of many, the widespread ones, and one row that counts the others."""
    wide = sorted(same, key=lambda one: -len(one.targets))
    alone = len(wide) if len(wide) <= NAMED else min(NAMED, sum(len(one.targets) > 1 for one in wide))
    yield from ((one.layer, one.sentence, one.because) for one in wide[:alone])
    if rest := wide[alone:]:
        first, targets = rest[0], [name for one in rest for name in one.targets]
        changes = f"{len(rest):,} {'other' if alone else 'different'} {'change' if len(rest) == 1 else 'changes'}"
        where = on_targets(targets, first.total, () if alone else first.still)
        yield first.layer, f"{first.name}: {changes} on {where}", first.because
