"""How much the generator's jobs use the GPUs that they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from simulator.workload.columns import Ints, Reals
    from simulator.workload.synthetic.models import GpuUse

UNKNOWN = -1


def draw(model: GpuUse, uniform: Reals) -> Ints:
    """Thousandths (n,) of the time of its GPUs that each job uses.

    ``uniform`` (n, 2): whether it leaves them idle, and where its use lies between the least and
    the most of its kind.
    """
    idle, part = uniform[:, 0] < model.idle, uniform[:, 1]
    use = np.where(idle, part * model.idle_most, model.least + part * (model.most - model.least))
    thousandths: Ints = np.rint(1000 * use).astype(np.int64)
    return thousandths
