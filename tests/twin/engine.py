"""The engine, asked in the twin's words and answering in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

from simulator.rules.models import Rule
from simulator.workload.columns import Jobs
from twin.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.cluster.models import CapacityLoss, MaintenanceWindow
    from twin.model import TwinJob


def columns(jobs: Sequence[TwinJob]) -> Jobs:
    """The jobs as the package holds them; job_id counts from 1."""

    def ints(values: list[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
        return np.array(values, np.int64)

    nobody = np.zeros(len(jobs), np.int32)
    return Jobs(
        job_id=np.arange(1, len(jobs) + 1),
        submit=ints([job.submit for job in jobs]),
        run_time=ints([job.run_time for job in jobs]),
        walltime=ints([job.walltime for job in jobs]),
        gpus=ints([job.size for job in jobs]),
        user=nobody,
        account=nobody,
        job_class=nobody,
        users=("user",),
        accounts=("account",),
        classes=("class",),
    )


def rule(
    order: str, backfill: str, *, k: int = 4, replan: str = "all", overrun: str = "kill"
) -> Rule:
    """The rule of these stages."""
    stage: dict[str, Any] = {"kind": backfill}
    if backfill == "reservations":
        stage["k"] = k
    if backfill == "conservative":
        stage["replan"] = replan
    return Rule.model_validate({"ordering": order, "backfill": stage, "overrun": overrun, **more})


def table(found: Any) -> pl.DataFrame:
    """A result table, whichever library holds it."""
    return found if isinstance(found, pl.DataFrame) else pl.DataFrame(pl.from_arrow(found))


def simulate(
    jobs: Sequence[TwinJob],
    capacity: int,
    order: str,
    backfill: str,
    *,
    k: int = 4,
    replan: str = "all",
    overrun: str = "kill",
    windows: Sequence[MaintenanceWindow] = (),
    losses: Sequence[CapacityLoss] = (),
) -> list[Outcome]:
    """What the engine makes of each job, by position; as ``twin.twin.simulate``."""
    run = pytest.importorskip("simulator.engine.run")
    found = run.replay(
        columns(jobs),
        capacity,
        rule(order, backfill, k=k, replan=replan, overrun=overrun),
        maintenance=tuple(windows),
        losses=tuple(losses),
    )
    outcomes = [
        Outcome(start, end, eligible, [], str(state))
        for start, end, eligible, state in table(found.jobs)
        .select("start", "end", "eligible", "state")
        .rows()
    ]
    attempts = table(found.attempts).sort("position", "attempt")
    for position, start, end, reason in attempts.select(
        "position", "start", "end", "reason"
    ).rows():
        outcomes[position].attempts.append((start, end, str(reason)))
    return outcomes
