"""The jobs of a recording as columns of jobs, and the rule of its cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulator.cluster.machine import Machine, machine_of
from simulator.cluster.models import Nodes
from simulator.conformance.waiting import codes
from simulator.engine.factors import fixed_factors
from simulator.errors import InputError, Place
from simulator.kernels.accounts import tree_of
from simulator.rules.accounts.entities import Entities, entities_of
from simulator.rules.ordering.multifactor import Multifactor
from simulator.scenario.from_slurm.check import checked
from simulator.scenario.from_slurm.translate import read_cluster, translate
from simulator.workload.columns import ANY, Jobs, Reals, Shapes

if TYPE_CHECKING:
    from simulator.kernels.accounts import Tree
    from simulator.rules.models import Rule
    from simulator.slurm.recording.recording import Recording

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of priorities before anything has run; jobs by ascending id."""

    rule: Rule
    jobs: Jobs
    machine: Machine
    order: Multifactor
    entities: Entities
    tree: Tree
    fixed: Reals
    """By job: the terms that never change."""


def known_of(recording: Recording) -> Known:
    """The rule that ``adil rules from-slurm`` makes of the cluster, laid on the recording's jobs.

    Raises InputError, with file and line, for settings that cannot be read, and for a cluster
    whose priority is not multifactor.
    """
    folder = recording.folder
    cluster = read_cluster(folder / "slurm.conf", folder / "assoc.psv", folder / "qos.psv")
    scenario = checked(translate(cluster).text, folder / "slurm.conf")
    rule = scenario.rules["slurm"]
    if not isinstance(rule.ordering, Multifactor) or not isinstance(scenario.cluster, Nodes):
        raise InputError(
            "the cluster has no priorities to compare",
            right="PriorityType=priority/multifactor",
            place=Place(folder / "slurm.conf"),
        )
    machine = machine_of(scenario.cluster, folder)
    jobs = jobs_of(recording, machine.partitions, machine.gpu_types)
    entities = entities_of(jobs, rule.accounts)
    fixed = fixed_factors(jobs, machine, rule, rule.ordering, entities)
    tree = tree_of(entities.parent, entities.share, entities.user)
    return Known(rule, jobs, machine, rule.ordering, entities, tree, fixed)


def jobs_of(recording: Recording, partitions: tuple[str, ...], gpu_types: tuple[str, ...]) -> Jobs:
    """The recording's jobs, by ascending id."""
    rows = [recording.jobs[job] for job in sorted(recording.jobs)]
    count = len(rows)
    users, user = codes([job.user for job in rows])
    accounts, account = codes([job.account for job in rows])
    names, qos = codes([job.qos for job in rows])
    nodes = np.array([job.nodes for job in rows], np.int64)
    gpus = np.array([job.gpus_per_node for job in rows], np.int64)
    shape = Shapes.of(nodes, gpus)
    return Jobs(
        job_id=np.array([job.job for job in rows], np.int64),
        submit=np.array([job.submit for job in rows], np.int64),
        run_time=np.zeros(count, np.int64),
        walltime=np.array([job.limit for job in rows], np.int64),
        gpus=nodes * gpus,
        user=user,
        account=account,
        job_class=np.zeros(count, np.int32),
        users=users,
        accounts=accounts,
        classes=("all",),
        qos=qos,
        qos_names=names,
        shape=Shapes(
            shape.nodes,
            shape.gpus,
            shape.slices,
            np.array([job.cpus // job.nodes for job in rows], np.int64),
            np.array([job.memory // job.nodes for job in rows], np.int64) * MIB,
            shape.gpu_type,
            np.array(
                [partitions.index(j.partition) if j.partition in partitions else ANY for j in rows],
                np.int32,
            ),
            shape.exclusive,
            gpu_types,
            partitions,
        ),
    )
