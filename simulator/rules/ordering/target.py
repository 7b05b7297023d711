"""Orders that set targets of what each entity should hold, in plain NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Reals, View


def below_target(view: View, entity: int, more: Reals) -> float:
    """GPUs held over the target; who has none counts as being at it."""
    taken, target = float(view.held[entity, 0] + more[0]), float(view.target[entity])
    return taken / target if target > 0 else 1 + taken / float(view.capacity[0])
