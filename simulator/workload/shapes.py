"""Jobs on a machine of nodes: how those of a mere size are laid out, and which can never fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simulator.distinct import distinct
from simulator.workload.columns import ANY, Shapes
from simulator.workload.refusals import reason_of
from simulator.workload.steps import Step, counted

if TYPE_CHECKING:
    from simulator.cluster.machine import Machine
    from simulator.workload.columns import Codes, Ints, Jobs, Mask


@dataclass(frozen=True, slots=True)
class Refusals:
    """Which of n jobs can never fit, and why."""

    reason: Codes
    """(n,) row numbers of ``reasons``; −1 for a job that fits."""
    reasons: tuple[str, ...]

    @property
    def fits(self) -> Mask:
        """(n,) whether the job can run on the whole machine, empty."""
        return self.reason < 0


def on_nodes(jobs: Jobs, machine: Machine) -> tuple[Jobs, tuple[Step, ...]]:
    """The same jobs with a shape each, in the machine's codes, and charged for what they hold.

    ``gpus`` becomes the units held, 1/U of a GPU each.
    """
    shapes = shapes_for(jobs, machine)
    units = held(shapes, machine)
    spread = _unshaped(jobs) & (shapes.nodes > 1)
    more = spread & (shapes.nodes * shapes.gpus > jobs.gpus)
    steps = counted(
        Step(
            "spread_over_nodes",
            int(np.count_nonzero(spread)),
            "jobs of more GPUs than a node has: laid out over whole nodes",
        ),
        Step(
            "charged_as_held",
            int(np.count_nonzero(more)),
            "of these, jobs that hold more GPUs than they asked for: charged as held",
        ),
    )
    return replace(jobs, shape=shapes, gpus=units), steps


def shapes_for(jobs: Jobs, machine: Machine) -> Shapes:
    """What each job asks for, types and partitions in the machine's codes.

    A job without a shape asks for its GPUs on one node if a node has so many, else for ⌈n/g⌉ whole
    nodes of g GPUs: of the first node class, in the machine's order, that has so many nodes. Where
    none has, it is laid out over nodes of the first class with GPUs, which are too few. CPUs and
    memory asked for beside are spread evenly over the nodes, rounded up. Names of types and
    partitions that the machine lacks follow its own.
    """
    shapes = jobs.shape
    if shapes is None:
        shapes = Shapes.of(np.zeros(len(jobs), np.int64), jobs.gpus)
    rows = np.flatnonzero(_unshaped(jobs))
    sizes, which = np.unique(shapes.gpus[rows], return_inverse=True)
    laid = np.array([_laid_out(int(size), machine) for size in sizes], np.int64).reshape(-1, 2)
    columns = {name: getattr(shapes, name).copy() for name in ("nodes", "gpus", "cpus", "memory")}
    columns["nodes"][rows], columns["gpus"][rows] = laid[which].T
    for name in ("cpus", "memory"):
        columns[name][rows] = -(-columns[name][rows] // columns["nodes"][rows])
    gpu_type, gpu_types = _recoded(shapes.gpu_type, shapes.gpu_types, machine.gpu_types)
    partition, partitions = _recoded(shapes.partition, shapes.partitions, machine.partitions)
    return replace(
        shapes,
        **columns,
        gpu_type=gpu_type,
        gpu_types=gpu_types,
        partition=partition,
        partitions=partitions,
    )


def held(shapes: Shapes, machine: Machine) -> Ints:
    """Units (n,) of 1/U GPU that each job holds, for shapes in the machine's codes.

    An exclusive job holds all GPUs of its nodes, and is charged for those of the smallest that suit
    it; a job of slices holds a part of a GPU, and is charged for the smallest that suits it.
    """
    units = shapes.nodes * shapes.gpus * machine.slices
    special = np.flatnonzero(shapes.exclusive | (shapes.slices > 0))
    first, which = _alike(shapes, special)
    for group, row in enumerate(first.tolist()):
        rows = special[which == group]
        suiting = np.flatnonzero(suits(shapes, row, machine))
        if shapes.exclusive[row]:
            gpus = np.sort(machine.gpus[suiting])[: shapes.nodes[row]]
            units[rows] = gpus.sum() * machine.slices
        elif len(suiting):
            per_gpu = int(machine.class_slices[machine.node_class[suiting]].max())
            units[rows] = shapes.slices[row] * (machine.slices // per_gpu)
    return units


def fits_ever(shapes: Shapes, machine: Machine) -> Refusals:
    """Which jobs can never run, on the whole machine with all nodes up and empty.

    ``shapes`` are in the machine's codes. A reason is a clause such as "asks for 9 GPUs on one
    node; no node has more than 8".
    """
    first, which = _alike(shapes, np.arange(len(shapes)))
    reason = np.full(len(first), -1, np.int32)
    reasons: dict[str, int] = {}
    for group, row in enumerate(first.tolist()):
        if np.count_nonzero(suits(shapes, row, machine)) < shapes.nodes[row]:
            text = reason_of(shapes, row, machine)
            reason[group] = reasons.setdefault(text, len(reasons))
    return Refusals(reason[which], tuple(reasons))


def suits(shapes: Shapes, row: int, machine: Machine) -> Mask:
    """Nodes that, empty, hold one node's part of the job in this row."""
    good: Mask = (
        (machine.gpus >= shapes.gpus[row])
        & (machine.cpus >= shapes.cpus[row])
        & (machine.memory >= shapes.memory[row])
    )
    if shapes.slices[row]:
        per_gpu = machine.class_slices[machine.node_class]
        good &= (machine.gpus > 0) & (per_gpu >= shapes.slices[row])
    if shapes.gpu_type[row] != ANY:
        good &= machine.gpu_type == shapes.gpu_type[row]
    if shapes.partition[row] != ANY:
        good &= members(machine, int(shapes.partition[row]))
    return good


def members(machine: Machine, partition: int) -> Mask:
    """Nodes of the partition; none where the machine has no partition of this code."""
    if partition >= len(machine.partitions):
        return np.zeros(len(machine), np.bool_)
    inside: Mask = (machine.member >> partition) & 1 == 1
    return inside


def _unshaped(jobs: Jobs) -> Mask:
    return np.ones(len(jobs), np.bool_) if jobs.shape is None else jobs.shape.nodes == 0


def _laid_out(size: int, machine: Machine) -> tuple[int, int]:
    if size <= machine.gpus.max():
        return 1, size
    first: tuple[int, int] | None = None
    for code in range(len(machine.classes)):
        gpus = machine.gpus[machine.node_class == code]
        if gpus[0]:
            nodes = -(-size // int(gpus[0]))
            first = first or (nodes, int(gpus[0]))
            if nodes <= len(gpus):
                return nodes, int(gpus[0])
    return first or (1, size)


def _recoded(
    codes: Codes, names: tuple[str, ...], known: tuple[str, ...]
) -> tuple[Codes, tuple[str, ...]]:
    """The codes by a machine's names, with those that it lacks behind them."""
    merged = tuple(dict.fromkeys((*known, *names)))
    table = [merged.index(name) for name in names]
    return np.array([*table, ANY], np.int32)[codes], merged


def _alike(shapes: Shapes, rows: Ints) -> tuple[Ints, Ints]:
    """Groups of equal shape among ``rows``: the first row of each, and each row's group."""
    names = ("exclusive", "partition", "gpu_type", "memory", "cpus", "slices", "gpus", "nodes")
    found = distinct(*(getattr(shapes, name)[rows] for name in names))
    first = np.empty(len(found.rows), np.int64)
    first[found.which[::-1]] = rows[::-1]  # the last write stays
    return first, found.which
