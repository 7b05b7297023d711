"""The engine, asked in the twin's words and answering in them."""

from __future__ import annotations

from math import lcm
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.cluster.machine import Machine
from simulator.cluster.nodes.models import NodeWindow
from simulator.cluster.outages.models import Checkpoints
from simulator.engine import run
from simulator.engine.world import Outage
from simulator.kernels.state import FAR
from simulator.rules import models
from simulator.workload.columns import ANY, Jobs, Shapes
from twin.nodes.model import Outcome, Rule
from twin.preemption import CLASSES, class_of
from twin.saves import NO_SAVES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twin.nodes.model import Node, NodeJob
    from twin.nodes.outages import Failure, Window
    from twin.reforming import Change
    from twin.saves import Saves

USERS_CLASSES = ("class0", "class1")
"""Classes of applicants where users matter and nobody has a rank."""


def _ints(values: list[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array(values, np.int64)


def _codes(values: list[int]) -> np.ndarray[Any, np.dtype[np.int32]]:
    return np.array(values, np.int32)


def _some(values: list[int | None]) -> np.ndarray[Any, np.dtype[np.int64]]:
    found = [-1 if value is None else value for value in values]
    return _ints(found if max(found, default=-1) >= 0 else [])


def _names(nodes: Sequence[Node]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """GPU types and partitions of the machine."""
    types = tuple(sorted({node.gpu_type for node in nodes if node.gpu_type}))
    return types, tuple(sorted(set().union(*(node.partitions for node in nodes))))


def machine(nodes: Sequence[Node]) -> Machine:
    """The nodes as the package holds them; those with equal parts make a class."""
    types, partitions = _names(nodes)
    classes = list(dict.fromkeys(nodes))
    return Machine(
        names=tuple(f"n{number}" for number in range(len(nodes))),
        node_class=_codes([classes.index(node) for node in nodes]),
        gpus=_ints([node.gpus for node in nodes]),
        cpus=_ints([node.cpus for node in nodes]),
        memory=_ints([node.memory for node in nodes]),
        leaf=_ints([node.leaf for node in nodes]),
        gpu_type=_codes([types.index(node.gpu_type) if node.gpu_type else -1 for node in nodes]),
        member=_ints(
            [sum(1 << partitions.index(name) for name in node.partitions) for node in nodes]
        ),
        idle_watts=np.full(len(nodes), np.nan),
        busy_watts=np.full(len(nodes), np.nan),
        slices=lcm(*(node.slices for node in nodes)),
        class_slices=_ints([each.slices for each in classes]),
        classes=tuple(f"c{number}" for number in range(len(classes))),
        speeds={node.gpu_type: node.speed for node in nodes if node.gpu_type},
        leaves=tuple(f"leaf{number}" for number in range(max(node.leaf for node in nodes) + 1)),
        gpu_types=types,
        partitions=partitions,
    )


def columns(jobs: Sequence[NodeJob], nodes: Sequence[Node]) -> Jobs:
    """The jobs as the package holds them; job_id counts from 1."""
    types, partitions = _names(nodes)
    types = tuple(dict.fromkeys((*types, *(job.gpu_type for job in jobs if job.gpu_type))))
    partitions = tuple(dict.fromkeys((*partitions, *(j.partition for j in jobs if j.partition))))
    shape = Shapes(
        nodes=_ints([job.nodes for job in jobs]),
        gpus=_ints([job.gpus for job in jobs]),
        slices=_ints([job.slices for job in jobs]),
        cpus=_ints([job.cpus for job in jobs]),
        memory=_ints([job.memory for job in jobs]),
        gpu_type=_codes([types.index(job.gpu_type) if job.gpu_type else ANY for job in jobs]),
        partition=_codes(
            [partitions.index(job.partition) if job.partition else ANY for job in jobs]
        ),
        exclusive=np.array([job.exclusive for job in jobs], np.bool_),
        gpu_types=types,
        partitions=partitions,
    )
    tables = list(dict.fromkeys(job.speeds for job in jobs))
    own = any(job.speeds for job in jobs)
    user = _codes([job.user for job in jobs])
    # Classes are the ranks of preemption, or, where users matter and nobody has a rank, theirs.
    theirs = any(job.user for job in jobs) and all(job.rank is None for job in jobs)
    return Jobs(
        job_id=np.arange(1, len(jobs) + 1),
        submit=_ints([job.submit for job in jobs]),
        run_time=_ints([job.run_time for job in jobs]),
        walltime=_ints([job.walltime for job in jobs]),
        gpus=_ints([job.nodes * job.gpus for job in jobs]),
        user=user,
        account=user // 2,
        job_class=user // 4 if theirs else _codes([class_of(job.rank) for job in jobs]),
        users=tuple(f"user{code}" for code in range(8)),
        accounts=tuple(f"account{code}" for code in range(4)),
        classes=USERS_CLASSES if theirs else CLASSES,
        fails_after=_some([job.fails_after for job in jobs]),
        cancelled_at=_some([job.cancelled_at for job in jobs]),
        gpu_use=_some([job.use for job in jobs]),
        array=_some([job.array for job in jobs]),
        speedup=_codes([tables.index(job.speeds) for job in jobs] if own else []),
        speedups=tuple(dict(each) for each in tables) if own else (),
        shape=shape,
    )


def model(rule: Rule, served: Mapping[str, Any] | None = None) -> models.Rule:
    """The rule as the package has it; ``served`` are stages in the place of its own."""
    backfill: dict[str, Any] = {"kind": rule.backfill}
    if rule.backfill == "reservations":
        backfill["k"] = rule.k
    if rule.replan == "earlier":
        backfill["replan"] = rule.replan
    placement: dict[str, Any] = {"kind": rule.placement, "avoid_head": rule.avoid_head}
    if rule.placement == "fragmentation":
        placement["types"] = rule.types
    else:
        placement["slices"] = rule.slices
    stages: dict[str, Any] = {
        "ordering": rule.order,
        "placement": placement,
        "overrun": rule.overrun,
    }
    if rule.preemption is not None:
        stages["preemption"] = rule.preemption.settings()
    return models.Rule.model_validate({"backfill": backfill, **stages, **(served or {})})


def reforms(changes: Sequence[Change], slices: int, overrun: str) -> list[dict[str, Any]]:
    """Those of a scenario file; ``slices``: of a GPU."""
    return [
        {
            "at": f"{change.time}s",
            "rule": _stages_after(change, slices, overrun),
            "budgets": "keep" if change.keep_budgets else "reset",
        }
        for change in changes
    ]


def _stages_after(change: Change, slices: int, overrun: str) -> models.Rule:
    rule = {"overrun": overrun, **change.rule}
    bounds = rule.pop("bounds", None)
    return model(Rule(**rule), bounds.settings(slices) if bounds else None)


def _window(window: Window) -> NodeWindow:
    times = ("start", "duration", "every", "announced")
    said: dict[str, Any] = {
        name: f"{getattr(window, name)}s" for name in times if getattr(window, name) is not None
    }
    nodes = tuple(f"n{number}" for number in window.nodes)
    return NodeWindow.model_validate(
        {**said, "drain": window.drain, "on_start": window.on_start, "nodes": nodes}
    )


def _outage(failure: Failure, nodes: Sequence[Node]) -> Outage:
    return Outage(
        kind="failure",
        start=failure.at,
        end=FAR if failure.duration is None else failure.at + failure.duration,
        units=sum(nodes[number].gpus for number in failure.nodes),
        known_from=FAR,
        end_known=failure.repair_known,
        requeues=_requeues(failure),
        nodes=_ints(list(failure.nodes)),
    )


def _requeues(failure: Failure) -> int:
    if failure.on_failure == "lost":
        return 0
    return FAR if failure.max_requeues is None else failure.max_requeues


def _checkpoints(saves: Mapping[int | None, Saves]) -> Checkpoints | None:
    def settings(each: Saves) -> dict[str, str]:
        return {name: f"{value}s" for name, value in each._asdict().items()}

    chosen = {CLASSES[class_of(rank)]: settings(each) for rank, each in saves.items()}
    if None in saves:
        # Who has no rank may be of a class of users.
        chosen |= dict.fromkeys(USERS_CLASSES, settings(saves[None]))
    return Checkpoints.model_validate({"classes": chosen}) if chosen else None


def replay(
    jobs: Sequence[NodeJob],
    nodes: Sequence[Node],
    rule: Rule,
    *,
    windows: Sequence[Window] = (),
    failures: Sequence[Failure] = (),
    checkpoints: Mapping[int | None, Saves] = NO_SAVES,
    served: Mapping[str, Any] | None = None,
    changes: Sequence[Change] = (),
) -> run.Outcome:
    """The engine's own tables; arguments as those of ``twin.nodes.twin.simulate``.

    ``served``: stages of a scenario in the place of the rule's own.
    """
    cluster = machine(nodes)
    then = reforms(changes, cluster.slices, rule.overrun)
    return run.replay(
        columns(jobs, nodes),
        cluster,
        model(rule, {"reforms": then, **(served or {})}),
        maintenance=[_window(window) for window in windows],
        outages=[_outage(failure, nodes) for failure in failures],
        checkpoints=_checkpoints(checkpoints),
    )


def simulate(
    jobs: Sequence[NodeJob], nodes: Sequence[Node], rule: Rule, **more: Any
) -> list[Outcome]:
    """What the engine makes of each job, by position; as ``twin.nodes.twin.simulate``."""
    return outcomes(replay(jobs, nodes, rule, **more))


def outcomes(found: run.Outcome) -> list[Outcome]:
    """The engine's tables in the twin's words."""
    fates = found.jobs.select(["start", "end", "state", "lost_gpu_seconds"]).to_pylist()
    told = [
        Outcome(fate["start"], fate["end"], [], fate["state"], fate["lost_gpu_seconds"])
        for fate in fates
    ]
    by_job = [("position", "ascending"), ("attempt", "ascending")]
    for row in found.attempts.sort_by(by_job).to_pylist():
        held = sorted(zip(row["nodes"], row["gpu_masks"], strict=True))
        told[row["position"]].attempts.append(
            (
                row["start"],
                row["end"],
                row["reason"],
                [node for node, _ in held],
                [mask for _, mask in held],
            )
        )
        told[row["position"]].suspended += zip(row["suspended"], row["resumed"], strict=True)
    return told
