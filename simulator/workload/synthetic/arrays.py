"""Job arrays of the generator: which submissions are many like jobs at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from simulator.workload.columns import Ints, Reals
    from simulator.workload.synthetic.models import Arrays

NO_ARRAY = -1


def elements(model: Arrays, uniform: Reals) -> Ints:
    """Jobs (n,) of each submission; 1 for those that are no array.

    ``uniform`` (n, 2): whether it is one, and where its number of jobs lies between the fewest and
    the most.
    """
    if model.size is None:
        return np.ones(len(uniform), np.int64)
    least, span = model.size.least, model.size.most - model.size.least + 1
    drawn = least + np.floor(uniform[:, 1] * span).astype(np.int64)
    return np.where(uniform[:, 0] < model.share, drawn, 1)


def numbered(first: int, counts: Ints) -> Ints:
    """Which submission each job is of, from ``first`` on; NO_ARRAY for those that are no array."""
    number = np.where(counts > 1, first + np.arange(len(counts)), NO_ARRAY)
    return np.repeat(number, counts)


def by_first_job(array: Ints, job_id: Ints) -> Ints:
    """The same arrays, each with the number of its first job."""
    codes, first, which = np.unique(array, return_index=True, return_inverse=True)
    named: Ints = np.where(codes == NO_ARRAY, NO_ARRAY, job_id[first])[which]
    return named
