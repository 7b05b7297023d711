"""Which jobs of the generator fail by themselves, and which are taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from simulator.workload.columns import Ints, Reals
    from simulator.workload.synthetic.models import Endings


def failures(model: Endings, run_time: Ints, uniform: Reals) -> Ints:
    """Work (n,) after which each job fails, −1 for never.

    ``uniform`` (n, 2): whether it does, and after which part of its work.
    """
    after = np.maximum(np.ceil(uniform[:, 1] * run_time), 1)
    return np.where(uniform[:, 0] < model.fail, after, -1).astype(np.int64)


def cancellations(model: Endings, submit: Ints, uniform: Reals) -> Ints:
    """Instants (n,) at which each job is taken back, −1 for never, at least 1 s after its submit.

    ``uniform`` (n, 2): whether it is, and the quantile of the time until then.
    """
    quantile = ndtri(np.maximum(uniform[:, 1], 1e-12))
    after = np.maximum(np.ceil(model.patience * np.exp(model.spread * quantile)), 1)
    return np.where(uniform[:, 0] < model.cancel, submit + after, -1).astype(np.int64)
