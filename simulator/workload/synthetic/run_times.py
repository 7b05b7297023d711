"""Hyper-gamma run times: their draws and, exactly, their mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincc, roots_legendre

if TYPE_CHECKING:
    from simulator.workload.columns import Ints, Reals
    from simulator.workload.synthetic.models import RunTime

# NumPy's own would solve a full matrix for them, at each start of the program.
NODES, WEIGHTS = roots_legendre(400)


def first_kind(model: RunTime, gpus: Ints) -> Reals:
    """Probability (n,) that a job of so many GPUs is of the first kind."""
    return np.clip(model.p + model.p_slope * gpus, 0.0, 1.0)


def draw(
    model: RunTime,
    gpus: Ints,
    kind: Reals,
    rng: np.random.Generator,
    *,
    stretch: float,
    longest: int,
) -> Ints:
    """Run times (n,) in whole seconds, 1 to ``longest``, of jobs with these GPUs.

    ``kind`` holds a uniform number for each job, which chooses between the two kinds; ``stretch``
    multiplies the run times. A job is drawn from as many random numbers whatever comes after it.
    """
    first = kind < first_kind(model, gpus)
    shape = np.where(first, model.a1, model.a2)
    scale = np.where(first, model.b1, model.b2)
    logarithm = rng.standard_gamma(shape) * scale + np.log(stretch)
    seconds = np.exp(np.minimum(logarithm, np.log(longest)))
    return np.asarray(np.maximum(np.rint(seconds), 1), np.int64)


def mean(model: RunTime, gpus: Ints, stretch: float, longest: int) -> Reals:
    """Expected run time (n,) in seconds of a job of so many GPUs, cut at ``longest``.

    With X ~ Γ(a, b) and Q its survival function, E[min(s·e^X, L)] = s·(1 + ∫₀^ln(L/s) e^x Q(x) dx)
    for L > s: an integral over a smooth function, by Gauss–Legendre quadrature.
    """
    first, second = (
        _mean_of_kind(shape, scale, stretch, longest)
        for shape, scale in ((model.a1, model.b1), (model.a2, model.b2))
    )
    p = first_kind(model, gpus)
    return p * first + (1 - p) * second


def _mean_of_kind(shape: float, scale: float, stretch: float, longest: int) -> float:
    if longest <= stretch:
        return float(longest)
    end = np.log(longest / stretch)
    x = (NODES + 1) * end / 2
    return float(stretch * (1 + end / 2 * WEIGHTS @ (np.exp(x) * gammaincc(shape, x / scale))))
