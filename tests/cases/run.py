"""Cases, given to the engine and to the twin in their own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin import engine as pool_engine
from twin import twin as pool_twin
from twin.model import TwinJob
from twin.nodes import engine as nodes_engine
from twin.nodes import twin as nodes_twin
from twin.nodes.model import UNCOUNTED, Node, NodeJob, Rule
from twin.nodes.outages import Failure, Window
from twin.saves import Saves

from cases import clocked, limited, reformed, served
from cases.case import Fate
from simulator.cluster.models import CapacityLoss, MaintenanceWindow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.preemption import Preemption
    from twin.reforming import Change

    from cases.case import Case, Job

NEEDS = {"type": "gpu_type"}
"""Words of the files that the twin says otherwise."""


def by_engine(case: Case) -> list[Fate]:
    """What the engine makes of each job."""
    if "slurm" in case.rule:
        return clocked.on_nodes(case, by_engine=True)
    if case.served:
        return _served(case, by_engine=True)
    if "pool" in case.machine:
        return [_pool_fate(each) for each in pool_engine.simulate(**_pool(case))]
    said = limited.stages_on_nodes(case, **_on_nodes(case))
    said["changes"] = _changes_on_nodes(case)
    return [_nodes_fate(each) for each in nodes_engine.simulate(**_nodes(case), **said)]


def by_twin(case: Case) -> list[Fate]:
    """What the twin makes of each job."""
    if "slurm" in case.rule:
        return clocked.on_nodes(case, by_engine=False)
    if case.served:
        return _served(case, by_engine=False)
    if "pool" in case.machine:
        return [_pool_fate(each) for each in pool_twin.simulate(**_pool(case))]
    said = {"bounds": limited.on_nodes(case, **_on_nodes(case))}
    said["changes"] = _changes_on_nodes(case)
    return [_nodes_fate(each) for each in nodes_twin.simulate(**_nodes(case), **said)]


def _changes_on_nodes(case: Case) -> list[Change]:
    machine = _on_nodes(case)
    return reformed.changes(case, lambda each: limited.on_nodes(each, **machine))


def _served(case: Case, *, by_engine: bool) -> list[Fate]:
    if "pool" in case.machine:
        jobs = [_pool_job(job) for job in case.jobs]
        return [_pool_fate(each) for each in served.on_a_pool(case, jobs, by_engine=by_engine)]
    parts = [_node_job(job) for job in case.jobs], _node_list(case)
    return [_nodes_fate(each) for each in served.on_nodes(case, *parts, by_engine=by_engine)]


def _asks(job: Job) -> int:
    return job.run if job.asks is None else job.asks


def _ends(job: Job) -> dict[str, Any]:
    words = ("fails_after", "cancelled_at", "use", "array")
    return {word: getattr(job, word) for word in words}


def _pool(case: Case) -> dict[str, Any]:
    def seconds(said: Mapping[str, Any]) -> dict[str, Any]:
        times = ("start", "duration", "every", "announced", "at")
        return {key: f"{value}s" if key in times else value for key, value in said.items()}

    jobs = [_pool_job(job) for job in case.jobs]
    return {
        "jobs": jobs,
        "capacity": case.machine["pool"],
        "windows": [MaintenanceWindow(**seconds(said)) for said in case.maintenance],
        "losses": [CapacityLoss(**seconds(said)) for said in case.losses],
        **{"order": "fcfs", "backfill": "easy"},
        **case.rule,
        **_preemption(case),
        "bounds": limited.on_a_pool(case, jobs),
        "changes": reformed.changes(case, lambda each: limited.on_a_pool(each, jobs)),
    }


def _pool_job(job: Job) -> TwinJob:
    own = {"rank": job.rank, "user": _user(job), **_ends(job)}
    return TwinJob(job.submit, job.run, _asks(job), job.needs, **own)


def _user(job: Job) -> int:
    """Names of users are for orders that serve somebody; limits have numbers."""
    return job.user if isinstance(job.user, int) else 0


def _on_nodes(case: Case) -> dict[str, Any]:
    return {"jobs": [_node_job(job) for job in case.jobs], "nodes": _node_list(case)}


def _nodes(case: Case) -> dict[str, Any]:
    return {
        **_on_nodes(case),
        "rule": Rule(**case.rule, **_preemption(case)),
        "checkpoints": {rank: Saves(**said) for rank, said in case.checkpoints.items()},
        "windows": [Window(**_numbered(said)) for said in case.maintenance],
        "failures": [Failure(**_numbered(said)) for said in case.failures],
    }


def _preemption(case: Case) -> dict[str, Preemption]:
    stage = served.preemption_of(case)
    return {} if stage is None else {"preemption": stage}


def _numbered(said: Mapping[str, Any]) -> dict[str, Any]:
    return {**said, "nodes": tuple(said["nodes"])}


def _node_list(case: Case) -> list[Node]:
    return [_node(said) for said in case.machine["nodes"] for _ in range(said.get("count", 1))]


def _node(said: Mapping[str, Any]) -> Node:
    return Node(
        gpus=said.get("gpus", 0),
        cpus=said.get("cpus", UNCOUNTED),
        memory=said.get("memory", UNCOUNTED),
        gpu_type=said.get("type"),
        partitions=frozenset(said.get("partitions", ())),
        slices=said.get("slices", 1),
        leaf=said.get("leaf", 0),
        speed=_thousandths(said.get("speed", 1)),
    )


def _node_job(job: Job) -> NodeJob:
    needs = {NEEDS.get(word, word): value for word, value in job.needs.items()}
    speeds = tuple((name, _thousandths(speed)) for name, speed in job.speeds.items())
    own = {"rank": job.rank, "user": _user(job), "speeds": speeds, **_ends(job)}
    return NodeJob(job.submit, job.run, _asks(job), **own, **needs)


def _thousandths(speed: float) -> int:
    return round(1000 * speed)


def _pool_fate(outcome: Any) -> Fate:
    starts = [start for start, _, _ in outcome.attempts]
    return Fate(starts, outcome.end, outcome.state)


def _nodes_fate(outcome: Any) -> Fate:
    starts = [attempt[0] for attempt in outcome.attempts]
    if not starts:
        return Fate(starts, outcome.end, outcome.state)
    _, _, _, nodes, masks = outcome.attempts[-1]
    gpus = [gpu for gpu in range(masks[0].bit_length()) if masks[0] >> gpu & 1]
    suspended = [list(stretch) for stretch in outcome.suspended]
    return Fate(starts, outcome.end, outcome.state, nodes, gpus, suspended)
