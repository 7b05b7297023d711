"""By when jobs of the generator are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from simulator.workload.columns import Ints, Reals
    from simulator.workload.synthetic.models import Deadlines


def needed_by(model: Deadlines, submit: Ints, run_time: Ints, uniform: Reals) -> Ints:
    """Instants (n,) by which each job must have ended to be of use, −1 for none.

    ``uniform`` (n, 2): whether it has such a time, and the quantile of its slack. Fractions of a
    second are rounded up.
    """
    after = model.factor * run_time
    if model.slack is not None:
        quantile = ndtri(np.maximum(uniform[:, 1], 1e-12))
        after = after + model.slack * np.exp(model.spread * quantile)
    return np.where(uniform[:, 0] < model.share, submit + np.ceil(after), -1).astype(np.int64)
