"""The factors of Slurm's priority that never change while a job waits, weighted and summed up."""

from __future__ import annotations

import numpy as np

from simulator.cluster.machine import UNCOUNTED, Machine
from simulator.errors import InputError, nearest
from simulator.rules.accounts.entities import Entities
from simulator.rules.models import Rule
from simulator.rules.ordering.multifactor import Multifactor
from simulator.rules.qos.of_jobs import qos_of
from simulator.workload.columns import ANY, Ints, Jobs, Mask, Reals, Shapes
from simulator.workload.shapes import members

MIB = 2**20


def fixed_factors(
    jobs: Jobs, machine: int | Machine, rule: Rule, order: Multifactor, entities: Entities
) -> Reals:
    """(jobs,) weighted size, partition, quality of service, association and TRES, less nice.

    Raises InputError for names and resources that jobs and machine do not have.
    """
    parts = weighted_parts(jobs, machine, rule, order, entities)
    nice = parts.pop("nice")
    return np.asarray(sum(parts.values()) + nice)


def weighted_parts(
    jobs: Jobs, machine: int | Machine, rule: Rule, order: Multifactor, entities: Entities
) -> dict[str, Reals]:
    """The parts of ``fixed_factors``, by name: their sum, in this order, is what that gives."""
    weights, raw = order.weights, order.raw
    priorities = np.array([each.priority for each in rule.qos.values()], np.float64)
    assoc = entities.priority.astype(np.float64)
    return {
        "job size": weights.job_size * _size(jobs, machine, order),
        "partition": weights.partition * _partition(jobs, order),
        "qos": weights.qos * _of_largest(priorities, qos_of(jobs, rule.qos), raw="qos" in raw),
        "association": weights.assoc * _of_largest(assoc, entities.of_job, raw="assoc" in raw),
        "TRES": _tres(jobs, machine, order),
        "nice": -_nice(jobs, order),
    }


def _of_largest(values: Reals, which: Ints, *, raw: bool) -> Reals:
    """The value of each job, over the largest of all unless raw; 0 for none (−1)."""
    largest = 1.0 if raw else values.max(initial=0.0)
    scaled = values / largest if largest > 0 else values
    return np.asarray(np.r_[scaled, 0.0][which])


def _nice(jobs: Jobs, order: Multifactor) -> Reals:
    for name in order.nice:
        if name not in jobs.classes:
            raise InputError(
                f"ordering.nice: the workload has no class {name!r}",
                right=nearest(name, jobs.classes),
            )
    each = np.array([order.nice.get(name, 0) for name in jobs.classes], np.float64)
    return np.asarray(each[jobs.job_class])


def _partition(jobs: Jobs, order: Multifactor) -> Reals:
    """PriorityJobFactor of each job's partition, over the largest; 1 where none is stated."""
    known = () if jobs.shape is None else jobs.shape.partitions
    for name in order.partitions:
        if name not in known:
            raise InputError(
                f"ordering.partitions: machine and jobs have no partition {name!r}",
                right=nearest(name, known) or "leave partitions out",
            )
    factor = np.array([*(order.partitions.get(name, 1) for name in known), 1], np.float64)
    code = np.full(len(jobs), ANY) if jobs.shape is None else jobs.shape.partition
    return _of_largest(
        factor, np.where(code == ANY, len(known), code), raw="partition" in order.raw
    )


def _counted(machine: Machine, resource: str) -> bool:
    return bool((getattr(machine, resource) < UNCOUNTED).all())


def _size(jobs: Jobs, machine: int | Machine, order: Multifactor) -> Reals:
    """How large a job is beside the machine, 0 to 1."""
    if isinstance(machine, int) or jobs.shape is None:
        units = machine if isinstance(machine, int) else machine.units
        size = jobs.gpus / units
        absolute = jobs.gpus.astype(np.float64)
        whole = float(units)
    else:
        asked = jobs.shape.cpus * jobs.shape.nodes
        counted = _counted(machine, "cpus")
        whole = float(machine.cpus.sum()) if counted else float(len(machine))
        of_nodes = jobs.shape.nodes / len(machine)
        of_cpus = np.where(asked > 0, asked / whole, of_nodes) if counted else of_nodes
        size = (of_nodes + of_cpus) / 2
        absolute = np.maximum(of_nodes * whole, asked if counted else 0)
    if order.size_by_time:
        size = absolute / np.maximum(np.ceil(jobs.walltime / 60), 1) / whole
    if order.favor_small:
        size = 1 - size
    return np.asarray(np.clip(size, 0.0, 1.0))


def _tres(jobs: Jobs, machine: int | Machine, order: Multifactor) -> Reals:
    """Σ W·asked/all of the job's partition; of the machine where it names none."""
    tres, raw = order.weights.tres, "tres" in order.raw
    if isinstance(machine, int) or jobs.shape is None:
        for name, weight in (("cpu", tres.cpu), ("memory", tres.memory), ("node", tres.node)):
            if weight or tres.gpu_types:
                raise InputError(
                    f"ordering.weights.tres.{name if weight else 'gpu_types'}: a pool counts none",
                    right="weigh gpu alone, or say cluster: {kind: nodes}",
                )
        units = machine if isinstance(machine, int) else machine.units
        return np.asarray(tres.gpu * (jobs.gpus if raw else jobs.gpus / units))
    shape, everywhere = jobs.shape, np.ones(len(machine), np.bool_)
    gpus = np.where(shape.slices > 0, jobs.gpus / machine.slices, shape.nodes * shape.gpus)
    wanted: list[tuple[float, Reals | Ints, Ints]] = [
        (tres.node, shape.nodes, everywhere.astype(np.int64)),
        (tres.gpu, gpus, machine.gpus),
    ]
    for name, weight, scale in (("cpus", tres.cpu, 1), ("memory", tres.memory, MIB)):
        if weight and not _counted(machine, name):
            raise InputError(
                f"ordering.weights.tres: the machine counts no {name}",
                right=f"give the nodes {name}, or leave the weight out",
            )
        asked = getattr(shape, name) * shape.nodes / scale
        wanted.append((weight, asked, getattr(machine, name) // scale))
    for name, weight in tres.gpu_types.items():
        if name not in machine.gpu_types:
            raise InputError(
                f"ordering.weights.tres.gpu_types: the machine has no GPUs of type {name!r}",
                right=nearest(name, machine.gpu_types),
            )
        code = machine.gpu_types.index(name)
        typed = np.where(shape.gpu_type == code, gpus, 0)
        wanted.append((weight, typed, np.where(machine.gpu_type == code, machine.gpus, 0)))
    total = np.zeros(len(jobs))
    for weight, asked, there in wanted:
        if weight:
            whole = 1.0 if raw else _there(shape, machine, there)
            total += weight * np.divide(asked, whole, out=np.zeros(len(jobs)), where=whole != 0)
    return total


def _there(shape: Shapes, machine: Machine, amount: Ints) -> Reals:
    """How much of a resource the partition of each job has."""
    nodes: list[Mask] = [members(machine, code) for code in range(len(shape.partitions))]
    of_code = [float(amount[each].sum()) for each in nodes] + [float(amount.sum())]
    return np.array(of_code)[np.where(shape.partition == ANY, len(nodes), shape.partition)]
