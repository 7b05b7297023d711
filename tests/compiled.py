"""Compile what the tests run, one group of kernels a process: no two compile the same.

``python -m compiled GROUP``, from the folder of the tests.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import numpy as np
from explain.probing import told
from kernels.states import entry, state_of
from twin.nodes.engine import columns, machine
from twin.nodes.model import Node, NodeJob
from twin.slurm.kernels import warm_up

from simulator.engine.probe.copies import Arrays, Copy
from simulator.engine.run import replay
from simulator.engine.warm import warm_up_kernels
from simulator.kernels import heap, profile, queue
from simulator.kernels.usage import make_up, tick_usage
from simulator.rules.models import Rule
from simulator.rules.ordering.fair_tree_kernel import rank_siblings
from simulator.rules.ordering.shares_kernel import share_priority, weigh
from simulator.rules.program import program_of

NODES = [Node(2, 2, 2)]


def pools_and_clocks() -> None:
    """Pools with their verbs, pyss, passes by Slurm's own clocks, and single kernels."""
    warm_up_kernels([Rule(), Rule(conformance="pyss")], 2)
    clocked = Rule.model_validate({"backfill": "slurm", "placement": "slurm"})
    warm_up_kernels([clocked], machine(NODES))
    single_kernels()


def single_kernels() -> None:
    """Those that tests call by themselves; none is run here."""
    for kernel, *arguments in calls():
        asked = entry(kernel)
        asked.compile(tuple(map(asked.typeof_pyval, arguments)))


def calls() -> list[tuple[Any, ...]]:
    """Each of them, with arguments of the kinds that it is called with."""
    state, program, vector = state_of([1], [1], 1), program_of(Rule()), np.zeros(1, np.int64)
    future, ends = (state.profile, state.counters), (vector, vector)
    return [
        *((profile.change, *future, 0, 1, 1), (profile.forget_past, *future)),
        *((profile.earliest, *future, 1, 1), (profile.fits_now, *future, 1, 1)),
        *((queue.insert, state, 0, 0.0), (queue.sort, state), (queue.close_gap, state, 0, 0)),
        *((heap.push, *ends, 0, 1, 0), (heap.pop, *ends, 1), (heap.remove, *ends, 1, 0)),
        *((make_up, state, program), (tick_usage, state, program), (weigh, state, program, 0)),
        *((rank_siblings, state, 0), (share_priority, state, 0, 0, 0)),
    ]


def nodes_and_explanations() -> None:
    """Nodes without their verbs, who looks on there, and Slurm's passes by themselves."""
    jobs, built = columns([NodeJob(at, 5, 5, gpus=2) for at in (0, 1, 2)], NODES), machine(NODES)
    for said in ({}, {"backfill": "conservative"}, {"limits": {"few": {"jobs": 1}}}):
        rule = Rule.model_validate(said)
        told(partial(replay, jobs, built, rule), built.units, rule, 2)
    # What is copied of a pool has another number of columns.
    pool, program = Arrays(state_of([1], [1], 1), None), program_of(Rule())
    Copy(pool, program, lifts=False).gather(pool, program, np.zeros(1, np.int64))
    warm_up()


if __name__ == "__main__":
    {"pools": pools_and_clocks, "nodes": nodes_and_explanations}[sys.argv[1]]()
