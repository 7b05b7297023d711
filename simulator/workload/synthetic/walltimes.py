"""What people ask for, given what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from simulator.workload.columns import Ints, Reals
    from simulator.workload.synthetic.models import Walltime

MINUTE = 60


def draw(model: Walltime, run_time: Ints, uniform: Reals, honest: Reals) -> Ints:
    """Walltimes (n,) in seconds, never below the run time nor above the longest.

    The share of its walltime that a job uses is U^((1−m)/m), of mean m = ``accuracy``: most use
    little of it, as in every public log (Mu'alem & Feitelson 2001). People then round up to their
    favourites (Tsafrir, Etsion & Feitelson 2005). ``uniform`` and ``honest`` hold a uniform number
    in (0, 1) for each job.
    """
    used = uniform ** ((1 - model.accuracy) / model.accuracy)
    wanted = np.minimum(run_time / np.maximum(used, 1e-9), model.longest)
    steps = np.unique([*(f for f in model.favourites if f < model.longest), model.longest])
    rounded = steps[np.searchsorted(steps, wanted)]
    to_the_minute = np.minimum(-(-run_time // MINUTE) * MINUTE, model.longest)
    return np.where(honest < model.exact, to_the_minute, rounded).astype(np.int64)
