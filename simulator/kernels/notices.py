"""Victims that have been told to stop, and the jobs that hold units until those have gone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.shared import shared

Ints = NDArray[np.int64]

NOBODY = -1


@shared
class Notices(NamedTuple):
    """Rows are positions; there are none where nobody is preempted."""

    stop: Ints
    """When a job that was told is stopped; −1 if it was not, or ends by itself before."""
    holder: Ints
    """The position of the job that its going is for; NOBODY's if there is none."""
    missing: Ints
    """Of a job that holds units: how many of its victims have not gone yet."""
    held: Ints
    """Of a job that holds units: how many it holds now."""
    how: Ints
    """What becomes of a job that was told, as the rule says that told it: see ``Rights``."""
    cause: Ints
    """Why: a place in ``results.schema.CAUSES``."""


def no_notices(jobs: int) -> Notices:
    """Nobody has been told anything."""
    nobody = np.full(jobs, NOBODY, np.int64)
    return Notices(nobody, nobody.copy(), *(np.zeros(jobs, np.int64) for _ in range(4)))
