"""The environment fingerprint of a target, by layer."""

from __future__ import annotations

from dataclasses import dataclass, field

LAYERS = ("host", "size", "guest-os", "guest-config", "network", "disk", "tool", "identity")
"""The layers of the environment fingerprint, outermost first."""

BURSTABLE = ("Standard_B", "t2.", "t3.", "t3a.", "t4g.", "e2-micro", "e2-small", "e2-medium", "f1-micro", "g1-small")
"""Sizes that bank CPU credits, by how their names begin."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The environment fingerprint of one target: (layer, field) → value. What could not be read is absent."""

    values: tuple[tuple[str, str, str], ...]
    """(layer, field, value), sorted."""
    notes: tuple[str, ...] = field(default=())

    def get(self, layer: str, name: str) -> str | None:
        """The value of a field, or None when it is unknown."""
        for one, other, value in self.values:
            if one == layer and other == name:
                return value
        return None
