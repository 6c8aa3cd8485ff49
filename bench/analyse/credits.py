"""Which machines live on CPU credits, and were these reset between two phases? A redeploy does that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bench.analyse.facts import hosts_moved
from bench.analyse.follows import booted
from bench.analyse.result import FactChange
from bench.model import BURSTABLE, Facts
from bench.words import Said, first_names, say

CREDITS = ("size", "cpu_credits")
"""The fact of which the reset is told. No probe reads it: how many credits there are, only the cloud knows."""

_TEMPORARY_DISK = ("disk", "temporary.id")


def credits_reset(
    targets: Iterable[str], before: Mapping[str, Facts], after: Mapping[str, Facts], sizes: Mapping[str, str]
) -> tuple[FactChange, ...]:
    """The change "size cpu_credits banked → reset", with the targets whose credits were; nothing where there is none.

    sizes: what the inventory calls the size of a target, where its facts do not say. Redeployed is a target that was
    booted on another host, or that lost its temporary disk.
    """
    names = list(targets)
    moved = hosts_moved(before, after)
    hit = tuple(
        name
        for name in names
        if (after[name].get("size", "vm_size") or sizes.get(name, "")).startswith(BURSTABLE)
        and booted(before[name], after[name])
        and (moved[name] or _lost_its_disk(before[name], after[name]))
    )
    return (FactChange(*CREDITS, "banked", "reset", hit, len(names)),) if hit else ()


def on_credits(sizes: Mapping[str, str], *sides: Mapping[str, Facts]) -> list[Said]:
    """That the speed of burstable machines is what they have saved up, one warning for all of them.

    sizes: as the inventory calls them. sides: the facts before and after, which come first where they say the size.
    """
    known = [
        {**sizes, **{name: size for name, one in side.items() if (size := one.get("size", "vm_size"))}}
        for side in sides
    ]
    names = sorted({name for side in known for name, size in side.items() if size.startswith(BURSTABLE)})
    return [say("warning.credits", names=first_names(names))] if names else []


def _lost_its_disk(before: Facts, after: Facts) -> bool:
    one, other = before.get(*_TEMPORARY_DISK), after.get(*_TEMPORARY_DISK)
    return one is not None and other is not None and one != other
