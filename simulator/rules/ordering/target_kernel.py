"""Orders that set targets of what each entity should hold: whoever is furthest below goes next.

The targets are in ``Had.value``, in units.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.state import State


@kernel
def below_target(state: State, entity: int) -> float:
    """Units held over the target; who has none counts as being at it."""
    accounts = state.accounts
    taken = accounts.had.held[entity, 0] + accounts.room.more[entity, 0]
    target = accounts.had.value[entity]
    return taken / target if target > 0.0 else 1.0 + taken / accounts.capacity[0]
