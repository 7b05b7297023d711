"""The engine, asked in the twin's words and answering in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.engine import run
from simulator.rules.models import Rule
from simulator.workload.columns import Jobs
from twin.model import Outcome
from twin.preemption import RANKED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.cluster.models import CapacityLoss, MaintenanceWindow
    from twin.limits import Bounds
    from twin.model import TwinJob
    from twin.preemption import Preemption
    from twin.reforming import Change


def columns(jobs: Sequence[TwinJob]) -> Jobs:
    """The jobs as the package holds them; job_id counts from 1."""

    def ints(values: list[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
        return np.array(values, np.int64)

    def some(values: list[int | None]) -> np.ndarray[Any, np.dtype[np.int64]]:
        found = [-1 if value is None else value for value in values]
        return ints(found if max(found, default=-1) >= 0 else [])

    user = np.array([job.user for job in jobs], np.int32)
    ranks = [job.user // 4 if job.rank is None else 2 + job.rank for job in jobs]
    return Jobs(
        job_id=np.arange(1, len(jobs) + 1),
        submit=ints([job.submit for job in jobs]),
        run_time=ints([job.run_time for job in jobs]),
        walltime=ints([job.walltime for job in jobs]),
        gpus=ints([job.size for job in jobs]),
        user=user,
        account=user // 2,
        job_class=np.array(ranks, np.int32),
        users=tuple(f"user{code}" for code in range(8)),
        accounts=tuple(f"account{code}" for code in range(4)),
        classes=("class0", "class1", *RANKED),
        fails_after=some([job.fails_after for job in jobs]),
        cancelled_at=some([job.cancelled_at for job in jobs]),
        gpu_use=some([job.use for job in jobs]),
        array=some([job.array for job in jobs]),
    )


def rule(
    order: str,
    backfill: str,
    *,
    k: int = 4,
    replan: str = "all",
    overrun: str = "kill",
    preemption: Preemption | None = None,
    bounds: Bounds | None = None,
    changes: Sequence[Change] = (),
) -> Rule:
    """The rule of these stages, and those that take its place."""
    stage: dict[str, Any] = {"kind": backfill}
    if backfill == "reservations":
        stage["k"] = k
    if backfill == "conservative":
        stage["replan"] = replan
    stages: dict[str, Any] = {"ordering": order, "backfill": stage, "overrun": overrun}
    if preemption is not None:
        stages["preemption"] = preemption.settings()
    if bounds is not None:
        stages |= bounds.settings(1)
    stages["reforms"] = [
        {
            "at": f"{change.time}s",
            "rule": rule(**{"overrun": overrun, **change.rule}),
            "budgets": "keep" if change.keep_budgets else "reset",
        }
        for change in changes
    ]
    return Rule.model_validate(stages)


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


def _end(fate: dict[str, Any]) -> tuple[str, int]:
    return fate["state"], fate["lost_gpu_seconds"]


def simulate(
    jobs: Sequence[TwinJob], capacity: int, order: str, backfill: str, **more: Any
) -> list[Outcome]:
    """What the engine makes of each job, by position; as ``twin.twin.simulate``."""
    return outcomes(replay(jobs, capacity, order, backfill, **more))


def outcomes(found: run.Outcome) -> list[Outcome]:
    """The engine's tables in the twin's words."""
    fates = found.jobs.select(["start", "end", "eligible", "state", "lost_gpu_seconds"]).to_pylist()
    told = [
        Outcome(*(fate[name] for name in ("start", "end", "eligible")), [], *_end(fate))
        for fate in fates
    ]
    for attempt in found.attempts.sort_by(
        [("position", "ascending"), ("attempt", "ascending")]
    ).to_pylist():
        told[attempt["position"]].attempts.append(
            (attempt["start"], attempt["end"], attempt["reason"])
        )
    return told
