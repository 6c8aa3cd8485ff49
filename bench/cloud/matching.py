"""Which VM of a control plane is a target of the inventory? Only one that fits alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bench.cloud.protocol import Machine
from bench.model import Target


def matches(
    targets: Sequence[Target], machines: Sequence[Machine], known: Mapping[str, Mapping[str, str]]
) -> dict[str, Machine]:
    """Target → machine, where exactly one fits: by cloud id, then VM id, address, name.

    known: what machines said of themselves, by target. The cloud id may stand in the inventory as the label `cloud_id`,
    and then nothing else decides. Among several that fit (private addresses repeat between networks) the next key
    decides. A target that fits two machines equally well is none of them: a guess would move somebody else's VM.
    """
    found: dict[str, Machine] = {}
    for target in targets:
        said, left = known.get(target.name, {}), machines
        for key, values in (
            (lambda one: (one.cloud_id.lower(),), (target.label("cloud_id"), said.get("cloud_id", ""))),
            (lambda one: (one.vm_id.lower(),), (said.get("vm_id", ""),)),
            (lambda one: (one.address, one.public_address), (target.address, target.data_address)),
            (lambda one: (one.name.lower(),), (target.name, said.get("name", ""))),
        ):
            fitting = _fitting(left, key, {value.lower() for value in values if value})
            if not fitting and left is machines and target.label("cloud_id"):
                break
            if len(fitting) == 1:
                found[target.name] = fitting[0]
                break
            left = fitting or left
    return found


def _fitting(machines: Sequence[Machine], key: Callable[[Machine], tuple[str, ...]], wanted: set[str]) -> list[Machine]:
    return [one for one in machines if wanted & {value for value in key(one) if value}]
