"""Orders that set targets of what each entity should hold, in plain NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Reals, View


def below_target(view: View, entity: int, more: Reals) -> float:
    """GPUs held over the target; who has none counts as being at it. In single precision: what
    differs by rounding errors alone is equal."""
    import numpy as np

    taken, target = float(view.held[entity, 0] + more[0]), float(view.target[entity])
    level = taken / target if target > 0 else 1 + taken / float(view.capacity[0])
    return float(np.float32(level))
