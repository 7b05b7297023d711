"""How to divide a machine of several GPU types: bisection for one type, linear programs for two or
more; cones are in ``division_cones``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]
    Bools = NDArray[np.bool_]

SLACK = 1e-9
"""By how much, relatively, a level that was reached may be missed later on: rounding errors."""


@dataclass(frozen=True, slots=True)
class Division:
    """Who asks for how much of what. Only entities that ask and have a weight stand here."""

    capacity: Reals
    """Units of each type."""
    demand: Reals
    """(entities, sets): units asked for that may be of any type of the set."""
    suits: Bools
    """(sets, types)."""
    speed: Reals
    """What a unit of each type is worth."""
    weight: Reals
    """Of each entity, above 0."""

    def variables(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Entity, set and type of each amount that is to be found."""
        entity, which = np.nonzero(self.demand > 0)
        row, kind = np.nonzero(self.suits[which])
        return entity[row], which[row], kind

    def limits(self) -> tuple[sparse.csr_matrix, Reals]:
        """Rows A and b of A·y ≤ b: units there are, then units asked for."""
        entity, which, kind = self.variables()
        columns, ones = np.arange(len(entity)), np.ones(len(entity))
        pair = entity * self.demand.shape[1] + which
        asked, row = np.unique(pair, return_inverse=True)
        there = sparse.csr_matrix((ones, (kind, columns)), (len(self.capacity), len(ones)))
        wanted = sparse.csr_matrix((ones, (row, columns)), (len(asked), len(ones)))
        return sparse.vstack([there, wanted]).tocsr(), np.r_[
            self.capacity, self.demand.ravel()[asked]
        ]

    def worth(self) -> sparse.csr_matrix:
        """(entities, amounts): what each amount is worth to its entity."""
        entity, _, kind = self.variables()
        shape = len(self.weight), len(entity)
        return sparse.csr_matrix((self.speed[kind], (entity, np.arange(len(entity)))), shape)

    def mean_speed(self) -> float:
        """What a unit of the machine is worth."""
        return float(self.capacity @ self.speed / self.capacity.sum())


def by_bisection(division: Division) -> Reals:
    """Of one type: min(asked, w·λ), with λ such that all is given that is asked for or there.

    Returns what each is given, by its worth, as all divisions here do.
    """
    asked, weight = division.speed[0] * division.demand.sum(axis=1), division.weight
    there = float(division.speed[0] * division.capacity[0])
    if asked.sum() <= there:
        return np.asarray(asked)
    low, high = 0.0, float((asked / weight).max())
    while True:
        level = (low + high) / 2
        if level in (low, high):
            return np.asarray(np.minimum(asked, weight * level))
        if np.minimum(asked, weight * level).sum() < there:
            low = level
        else:
            high = level


def _solve(
    cost: Reals, matrix: sparse.csr_matrix, lower: Reals, upper: Reals
) -> tuple[Reals, Reals]:
    """Maximise cost·z over z ≥ 0 with lower ≤ matrix·z ≤ upper; returns z and duals of the rows."""
    problem, columns = highspy.HighsLp(), matrix.tocsc()
    problem.num_row_, problem.num_col_ = matrix.shape
    problem.sense_ = highspy.ObjSense.kMaximize
    problem.col_cost_ = cost
    problem.col_lower_ = np.zeros(len(cost))
    problem.col_upper_ = np.full(len(cost), highspy.kHighsInf)
    problem.row_lower_, problem.row_upper_ = lower, upper
    problem.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    problem.a_matrix_.start_ = columns.indptr
    problem.a_matrix_.index_ = columns.indices
    problem.a_matrix_.value_ = columns.data
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    # One thread: the same steps on every machine.
    solver.setOptionValue("threads", 1)
    solver.passModel(problem)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"no division was found: {solver.getModelStatus()}")
    solution = solver.getSolution()
    return np.array(solution.col_value), np.array(solution.row_dual)


def largest_total(division: Division) -> float:
    """The most that all together can have."""
    matrix, most = division.limits()
    cost = np.asarray(division.worth().sum(axis=0)).ravel()
    amounts, _ = _solve(cost, matrix, np.full(len(most), -highspy.kHighsInf), most)
    return float(cost @ amounts)


def max_min(division: Division, *, total: float = 0.0) -> Reals:
    """What each has in the weighted max-min division; all together have at least ``total``.

    The lowest level is raised as far as it goes; those whose dual says that they hold it back keep
    it from then on, and the others are raised further.
    """
    matrix, most = division.limits()
    worth, count = division.worth(), len(division.weight)
    level, fixed = np.zeros(count), np.zeros(count, bool)
    cost = np.r_[np.zeros(worth.shape[1]), 1.0]
    everybody = sparse.csr_matrix(worth.sum(axis=0))
    amounts = cost[:-1]
    while not fixed.all():
        raised = np.where(fixed, 0.0, -division.weight)
        rows = sparse.bmat(
            [
                [matrix, None],
                [worth, sparse.csr_matrix(raised[:, np.newaxis])],
                [everybody, None],
            ]
        ).tocsr()
        kept = level * (1 - SLACK)
        lower = np.r_[np.full(len(most), -highspy.kHighsInf), kept, total * (1 - SLACK)]
        upper = np.r_[most, np.full(count + 1, highspy.kHighsInf)]
        found, dual = _solve(cost, rows, lower, upper)
        amounts = found[:-1]
        holds_back = ~fixed & (np.abs(dual[len(most) : len(most) + count]) > SLACK)
        if not holds_back.any():
            holds_back = ~fixed
        level[holds_back] = division.weight[holds_back] * found[-1]
        fixed |= holds_back
    return np.asarray(worth @ amounts)
