"""A machine and jobs of a few users, each a class of its own, for orders that serve somebody."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.engine.run import replay
from simulator.rules.models import Rule
from simulator.streams import Streams
from simulator.workload.columns import Jobs


def jobs(*rows: tuple[int, str, int, int] | tuple[int, str, int, int, int]) -> Jobs:
    """Jobs of (submit, user, units, run time, walltime, as long as it runs if not given)."""
    people = sorted({row[1] for row in rows})
    user = np.array([people.index(row[1]) for row in rows], np.int32)
    submit, gpus, run_time = (np.array([row[i] for row in rows], np.int64) for i in (0, 2, 3))
    walltime = np.array([row[-1] for row in rows], np.int64)
    names = tuple(people)
    numbers = np.arange(1, len(rows) + 1)
    return Jobs(numbers, submit, run_time, walltime, gpus, user, user, user, names, names, names)


def rule(ordering: dict[str, Any], need: dict[str, float] | None = None, **more: Any) -> Rule:
    """The order, serving classes, entitled by need if given; nobody overtakes if not said."""
    accounts = {"by": "need", "need": need} if need else {}
    ordering = {"serve": "class", **ordering}
    return Rule.model_validate(
        {"ordering": ordering, "accounts": accounts, "backfill": "none", **more}
    )


def starts(jobs: Jobs, units: int, rule: Rule, seed: int = 0) -> np.ndarray:
    """When each job starts."""
    return replay(jobs, units, rule, streams=Streams(seed, 0)).jobs["start"].to_numpy()


def sequence(jobs: Jobs, units: int, rule: Rule, seed: int = 0) -> str:
    """Whose jobs start, in order: a letter each."""
    order = np.argsort(starts(jobs, units, rule, seed), kind="stable")
    return "".join(jobs.users[jobs.user[row]] for row in order)
