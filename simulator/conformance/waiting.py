"""The waiting jobs of a snapshot as columns of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.conformance.snapshot import Snapshot
from simulator.errors import InputError
from simulator.workload.columns import ANY, Codes, Ints, Jobs, Shapes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.slurm.jobs import Accounted
    from simulator.slurm.priorities import Priority

MIB = 2**20
CENTURY = 36_500 * 86_400


def waiting_jobs(snapshot: Snapshot) -> Jobs:
    """One job a row of sprio, in its order; its class of applicants is its nice value.

    Raises InputError, with file and line, for a job that sacct does not know or whose CPUs, GPUs
    and memory are not the same on each of its nodes.
    """
    jobs = [_known(snapshot, row) for row in snapshot.priorities]
    nodes = np.array([int(job.asked.get("node", 1)) for job in jobs], np.int64)
    users, user = codes([job.user for job in jobs])
    accounts, account = codes([job.account for job in jobs])
    classes, job_class = codes([nice_class(row.nice) for row in snapshot.priorities])
    names, qos = codes([job.qos for job in jobs])
    submit = np.array([_time(job.submit) for job in jobs], np.int64)
    zero = np.zeros(len(jobs), np.int64)
    return Jobs(
        job_id=np.array([job.job for job in jobs], np.int64),
        submit=submit,
        run_time=zero,
        walltime=np.array([job.limit or CENTURY for job in jobs], np.int64),
        gpus=np.array([int(job.asked.get("gres/gpu", 0)) for job in jobs], np.int64),
        user=user,
        account=account,
        job_class=job_class,
        users=users,
        accounts=accounts,
        classes=classes,
        qos=qos,
        qos_names=names,
        shape=_shapes(snapshot, jobs, nodes.tolist()),
    )


def eligible_times(snapshot: Snapshot) -> Ints:
    """When each waiting job began to wait, Unix time."""
    jobs = [_known(snapshot, row) for row in snapshot.priorities]
    return np.array([_time(job.eligible or job.submit) for job in jobs], np.int64)


def nice_class(nice: int) -> str:
    """Name of the class of jobs of this nice value."""
    return f"nice-{nice}"


def _known(snapshot: Snapshot, row: Priority) -> Accounted:
    if row.job not in snapshot.jobs:
        raise InputError(
            f"sacct does not know the job {row.job}",
            right="print both tables at one moment",
            place=row.place,
        )
    return snapshot.jobs[row.job]


def _time(when: int | None) -> int:
    return when or 0


def codes(names: Sequence[str]) -> tuple[tuple[str, ...], Codes]:
    """The distinct names in the order of their first, and the number of each."""
    known = tuple(dict.fromkeys(names))
    return known, np.array([known.index(name) for name in names], np.int32)


def _shapes(snapshot: Snapshot, jobs: list[Accounted], nodes: list[int]) -> Shapes:
    machine = snapshot.machine
    each = [
        [_of_node(job, name, count) for job, count in zip(jobs, nodes, strict=True)]
        for name in ("gres/gpu", "cpu", "mem")
    ]
    shape = Shapes.of(np.array(nodes, np.int64), np.array(each[0], np.int64))
    partition = [
        machine.partitions.index(job.partition) if job.partition in machine.partitions else ANY
        for job in jobs
    ]
    return Shapes(
        shape.nodes,
        shape.gpus,
        shape.slices,
        np.array(each[1], np.int64),
        np.array(each[2], np.int64) * MIB,
        shape.gpu_type,
        np.array(partition, np.int32),
        shape.exclusive,
        machine.gpu_types,
        machine.partitions,
    )


def _of_node(job: Accounted, name: str, nodes: int) -> int:
    amount = job.asked.get(name)
    share = (amount or 0) / nodes
    if share != int(share):
        raise InputError(
            f"the job {job.job} asks for {name}={amount} on {nodes} nodes, not as much on each",
            right="take such jobs out of sprio's table",
            place=job.place,
        )
    return int(share)
