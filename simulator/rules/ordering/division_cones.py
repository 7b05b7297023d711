"""The α-fair division of a machine of several GPU types as a program with cones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import clarabel
import numpy as np
from scipy import sparse

from simulator.rules.ordering.division import by_bisection, largest_total, max_min

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulator.rules.ordering.division import Division

    Reals = NDArray[np.float64]


def by_cones(division: Division, alpha: float) -> Reals:
    """What each has in the α-fair division, 0 < α < ∞, by its worth.

    Amounts y, what they are worth x, and s with s ≤ log x (α = 1), s ≤ x^(1−α) (α < 1) or
    s ≥ x^(1−α) (α > 1): an exponential cone, or one of powers, for each entity.
    """
    matrix, most = division.limits()
    worth, count = division.worth(), len(division.weight)
    # In parts of the machine, so that numbers are near 1.
    scale = float(division.capacity.sum())
    amounts, weight = worth.shape[1], (division.weight / division.weight.max()) ** alpha
    one, none = sparse.identity(count), sparse.csr_matrix((count, count))
    rows = [
        sparse.hstack([worth, -one, none]),
        sparse.hstack([matrix, sparse.csr_matrix((matrix.shape[0], 2 * count))]),
        sparse.hstack([-sparse.identity(amounts), sparse.csr_matrix((amounts, 2 * count))]),
    ]
    right = [np.zeros(count), most / scale, np.zeros(amounts)]
    cones = [
        clarabel.ZeroConeT(count),
        clarabel.NonnegativeConeT(matrix.shape[0]),
        clarabel.NonnegativeConeT(amounts),
    ]
    for entity in range(count):
        x, s = amounts + entity, amounts + count + entity
        order: tuple[int | None, ...]
        if alpha == 1:
            order, cone = (s, None, x), clarabel.ExponentialConeT()
        elif alpha < 1:
            order, cone = (x, None, s), clarabel.PowerConeT(1 - alpha)
        else:
            order, cone = (s, x, None), clarabel.PowerConeT(1 / alpha)
        rows.append(_picks(order, amounts + 2 * count))
        right.append(np.array([1.0 if each is None else 0.0 for each in order]))
        cones.append(cone)
    # Least cost: s is a gain up to α = 1 and a cost beyond it.
    gain = np.r_[np.zeros(amounts + count), weight if alpha > 1 else -weight]
    size = len(gain)
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    solver = clarabel.DefaultSolver(
        sparse.csc_matrix((size, size)),
        gain,
        sparse.vstack(rows).tocsc(),
        np.concatenate(right),
        cones,
        settings,
    )
    solution = solver.solve()
    if solution.status not in (clarabel.SolverStatus.Solved, clarabel.SolverStatus.AlmostSolved):
        raise RuntimeError(f"no division was found: {solution.status}")
    return np.asarray(worth @ np.maximum(0.0, np.array(solution.x[:amounts])) * scale)


def _picks(order: tuple[int | None, ...], width: int) -> sparse.csr_matrix:
    """Rows that pick these variables, and constants for None, into a cone."""
    rows = [row for row, each in enumerate(order) if each is not None]
    columns = [each for each in order if each is not None]
    return sparse.csr_matrix((-np.ones(len(rows)), (rows, columns)), (len(order), width))


def divide(division: Division, alpha: float) -> Reals:
    """What each entity has in the α-fair division, by its worth."""
    if len(division.weight) == 0:
        return np.zeros(0)
    if len(division.capacity) == 1:
        return by_bisection(division)
    if alpha == 0:
        return max_min(division, total=largest_total(division))
    if np.isinf(alpha):
        return max_min(division)
    return by_cones(division, alpha)
