"""Why a job can never fit a machine of nodes, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.workload.columns import ANY

if TYPE_CHECKING:
    from simulator.cluster.machine import Machine
    from simulator.workload.columns import Shapes


def reason_of(shapes: Shapes, row: int, machine: Machine) -> str:
    """What the job in this row, which cannot fit, asks for in vain.

    Its wishes are looked at one after the other among the nodes that meet those before: partition,
    GPU type, GPUs, slices, CPUs, memory, and the number of nodes.
    """
    left = np.ones(len(machine), np.bool_)
    where = ""
    if shapes.partition[row] != ANY:
        partition = int(shapes.partition[row])
        name = shapes.partitions[partition]
        if partition >= len(machine.partitions):
            return f"asks for the partition {name}, which the machine does not have"
        left = (machine.member >> partition) & 1 == 1
        where = f" in partition {name}"
    if shapes.gpu_type[row] != ANY:
        name = shapes.gpu_types[shapes.gpu_type[row]]
        left &= machine.gpu_type == shapes.gpu_type[row]
        if not left.any():
            return f"asks for GPUs of type {name}; no node{where} has any"
        where = f" of type {name}{where}"
    per_gpu = np.where(machine.gpus > 0, machine.class_slices[machine.node_class], 0)
    for wanted, there, what in (
        (shapes.gpus[row], machine.gpus, "{} GPUs on one node"),
        (shapes.slices[row], per_gpu, "{} slices of one GPU"),
        (shapes.cpus[row], machine.cpus, "{} CPUs on one node"),
        (shapes.memory[row], machine.memory, "{} on one node"),
    ):
        as_text = _gibibytes if there is machine.memory else "{:,}".format
        most = int(there[left].max(initial=0))
        if wanted > most:
            asked = what.format(as_text(int(wanted)))
            return f"asks for {asked}; no node{where} has more than {as_text(most)}"
        left &= there >= wanted
    each = f" of {shapes.gpus[row]} GPUs" if shapes.gpus[row] else ""
    return (
        f"asks for {shapes.nodes[row]:,} nodes{each}; "
        f"only {np.count_nonzero(left):,}{where} can serve it"
    )


def _gibibytes(amount: int) -> str:
    return f"{amount / 2**30:,.4g} GiB"
