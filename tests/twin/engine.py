"""The engine, asked in the twin's words and answering in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.engine import run
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

    user = np.array([job.user for job in jobs], np.int32)
    return Jobs(
        job_id=np.arange(1, len(jobs) + 1),
        submit=ints([job.submit for job in jobs]),
        run_time=ints([job.run_time for job in jobs]),
        walltime=ints([job.walltime for job in jobs]),
        gpus=ints([job.size for job in jobs]),
        user=user,
        account=user // 2,
        job_class=user // 4,
        users=tuple(f"user{code}" for code in range(8)),
        accounts=tuple(f"account{code}" for code in range(4)),
        classes=("class0", "class1"),
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
    return Rule.model_validate({"ordering": order, "backfill": stage, "overrun": overrun})


def replay(
    jobs: Sequence[TwinJob],
    capacity: int,
    order: str,
    backfill: str,
    *,
    windows: Sequence[MaintenanceWindow] = (),
    losses: Sequence[CapacityLoss] = (),
    **stages: Any,
) -> run.Outcome:
    """The engine's own tables; arguments as those of ``twin.twin.simulate``."""
    named = rule(order, backfill, **stages)
    return run.replay(columns(jobs), capacity, named, maintenance=windows, losses=losses)


def simulate(
    jobs: Sequence[TwinJob], capacity: int, order: str, backfill: str, **more: Any
) -> list[Outcome]:
    """What the engine makes of each job, by position; as ``twin.twin.simulate``."""
    found = replay(jobs, capacity, order, backfill, **more)
    fates = found.jobs.select(["start", "end", "eligible", "state"]).to_pylist()
    outcomes = [
        Outcome(fate["start"], fate["end"], fate["eligible"], [], fate["state"]) for fate in fates
    ]
    for attempt in found.attempts.sort_by(
        [("position", "ascending"), ("attempt", "ascending")]
    ).to_pylist():
        outcomes[attempt["position"]].attempts.append(
            (attempt["start"], attempt["end"], attempt["reason"])
        )
    return outcomes
