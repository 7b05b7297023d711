"""Orders that set targets of what each entity should hold: whoever is furthest below goes next.

The targets are in ``Had.value``, in units.
"""

from __future__ import annotations

import numpy as np

from simulator.kernels.compiling import kernel
from simulator.kernels.state import State


@kernel
def below_target(state: State, entity: int) -> float:
    """Units held over the target; who has none counts as being at it. In single precision: what
    differs by rounding errors alone is equal."""
    accounts = state.accounts
    taken = accounts.had.held[entity, 0] + accounts.room.more[entity, 0]
    target = accounts.had.value[entity]
    level = taken / target if target > 0.0 else 1.0 + taken / accounts.capacity[0]
    return np.float64(np.float32(level))
