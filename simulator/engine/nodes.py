"""From a machine and what jobs ask of it to the arrays that node kernels work on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simulator.cluster.machine import Machine
from simulator.cluster.outages.models import Checkpoints
from simulator.distinct import distinct
from simulator.kernels.accounts import Accounts
from simulator.kernels.checkpoints import ONE
from simulator.kernels.grid import Grid, Requests, Saves, Site, Speeds, grid_at_start
from simulator.kernels.limits import Limits
from simulator.kernels.rights import Ranks
from simulator.kernels.state import FAR, REFUSED, Columns, State, at_start
from simulator.rules.models import Rule
from simulator.rules.placement.fragmentation import Fragmentation
from simulator.rules.placement.mix import mix_of, no_mix
from simulator.workload.columns import ANY, Jobs, Shapes
from simulator.workload.shapes import fits_ever, on_nodes


def laid_out(jobs: Jobs, machine: Machine) -> tuple[Jobs, Shapes]:
    """The jobs and what they ask of this machine's nodes, in its codes."""
    on_it, _ = on_nodes(jobs, machine)
    if on_it.shape is None:
        raise TypeError("jobs on nodes have a shape")
    return on_it, on_it.shape


def _allowed(machine: Machine, shapes: Shapes) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """(sets, nodes) which nodes each set of jobs may use, and each job's set."""
    pairs = distinct(shapes.gpu_type, shapes.partition)
    rows = np.ones((len(pairs.rows), len(machine)), np.int8)
    for number, (gpu_type, partition) in enumerate(pairs.rows.tolist()):
        if gpu_type != ANY:
            rows[number] &= machine.gpu_type == gpu_type
        if partition != ANY:
            rows[number] &= (machine.member >> partition & 1).astype(np.int8)
    return rows, pairs.which


def _saves(jobs: Jobs, checkpoints: Checkpoints | None) -> Saves:
    """Who takes checkpoints, and what they cost."""
    of_class = np.tile(np.array([FAR, 0, 0]), (len(jobs.classes), 1))
    if checkpoints is not None:
        for code, name in enumerate(jobs.classes):
            chosen = checkpoints.classes.get(name, checkpoints.everyone)
            if chosen is not None and chosen != "none":
                of_class[code] = chosen.period, chosen.write, chosen.restart
    period, write, restart = (column[jobs.job_class] for column in of_class.T)
    return Saves(period, write, restart, np.zeros(len(jobs), np.int64))


def _speeds(jobs: Jobs, machine: Machine, shapes: Shapes) -> Speeds:
    """How fast each job works on each node; jobs without GPUs are as fast everywhere."""
    tables: list[Mapping[str, int]] = [machine.speeds]
    tables += [{**machine.speeds, **own} for own in jobs.speedups]
    by_type = [[each.get(name, ONE) for name in machine.gpu_types] + [ONE] for each in tables]
    # Nodes without GPUs are of type −1, the last column.
    of_node = np.array([*by_type, [ONE] * len(by_type[0])], np.int64)[:, machine.gpu_type]
    row = np.zeros(len(jobs), np.int64)
    if len(jobs.speedup):
        row[:] = jobs.speedup + 1
    row[(shapes.gpus == 0) & (shapes.slices == 0)] = len(tables)
    if (of_node == ONE).all():
        row = row[:0]
    return Speeds(row, np.ascontiguousarray(of_node))


def start_on(
    machine: Machine,
    jobs: Jobs,
    shapes: Shapes,
    columns: Columns,
    known_outages: int,
    checkpoints: Checkpoints | None,
    accounts: Accounts,
    rule: Rule,
    ranks: Ranks | None,
    limits: Limits | None,
) -> tuple[State, Grid]:
    """State and grid before the first instant; jobs that can never fit are refused.

    ``shapes`` are in the machine's codes, and ``columns.gpus`` what those jobs hold; ``ranks`` say
    who preempts whom.
    """
    state = at_start(
        columns,
        machine.units,
        known_outages,
        crowded=True,
        accounts=accounts,
        ranks=ranks,
        limits=limits,
    )
    state.progress.phase[~fits_ever(shapes, machine).fits] = REFUSED
    allowed, which = _allowed(machine, shapes)
    slice_units = (machine.slices // machine.class_slices)[machine.node_class]
    site = Site(
        machine.gpus,
        machine.cpus,
        machine.memory,
        machine.leaf,
        machine.gpu_type.astype(np.int64),
        slice_units,
        allowed,
    )
    requests = Requests(
        shapes.nodes,
        shapes.gpus,
        shapes.slices,
        shapes.cpus,
        shapes.memory,
        which,
        shapes.exclusive.astype(np.int8),
    )
    saves = _saves(jobs, checkpoints)
    mix = no_mix()
    if isinstance(rule.placement, Fragmentation):
        rows = np.flatnonzero(state.progress.phase != REFUSED)
        mix = mix_of(requests, site, rows, rule.placement.types)
    speeds = _speeds(jobs, machine, shapes)
    return state, grid_at_start(site, requests, saves, speeds, mix, known_outages, machine.slices)
