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

from simulator.cluster.machine import Machine
from simulator.cluster.nodes.models import NodeWindow
from simulator.engine import reform_kernel, verbs_kernel, verbs_nodes_kernel
from simulator.engine.probe import turns_kernel
from simulator.engine.probe.copies import Arrays, Copy
from simulator.engine.probe.watch import Onlooker
from simulator.engine.run import replay
from simulator.engine.warm import warm_up_kernels
from simulator.kernels import heap, profile, queue
from simulator.kernels.grid import Grid
from simulator.kernels.state import State
from simulator.kernels.usage import make_up, tick_usage
from simulator.rules.models import Rule
from simulator.rules.ordering.fair_tree_kernel import rank_siblings
from simulator.rules.ordering.shares_kernel import share_priority, weigh
from simulator.rules.program import program_of
from simulator.workload.columns import Jobs

NODES = [Node(2, 2, 2)]


def on_nodes() -> tuple[Jobs, Machine]:
    """A few jobs, and a machine for them."""
    return columns([NodeJob(at, 5, 5, gpus=2) for at in (0, 1, 2)], NODES), machine(NODES)


def pools_and_clocks() -> None:
    """Pools with their verbs and reforms, pyss, passes by Slurm's own clocks, single kernels."""
    warm_up_kernels([Rule(), Rule(conformance="pyss")], 2)
    clocked = Rule.model_validate({"backfill": "slurm", "placement": "slurm"})
    window = NodeWindow.model_validate({"start": "1s", "duration": "1s", "nodes": ["n0"]})
    replay(*on_nodes(), clocked, maintenance=[window])
    compile_all([*calls(), *kernels_of_reforms()])


def compile_all(calls: list[tuple[Any, ...]]) -> None:
    """Kernels, each with arguments of the kinds that it is called with; none is run here."""
    for kernel, *arguments in calls:
        asked = entry(kernel)
        asked.compile(tuple(map(asked.typeof_pyval, arguments)))


def calls() -> list[tuple[Any, ...]]:
    """Those that tests call by themselves."""
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


def kernels_of_reforms() -> list[tuple[Any, ...]]:
    """What pools and nodes have in common where rules follow one another or change with time."""
    state, program, vector = state_of([1], [1], 1), program_of(Rule()), np.zeros(1, np.int64)
    return [
        (reform_kernel.note_the_past, state, program),
        (reform_kernel.let_go_of_units, state, program),
        (reform_kernel.take_over, state, program, 0, vector, vector, vector, True),
        (verbs_kernel.groups_changed, state, 0, 0, 1),
        (verbs_kernel.settle_meters, state, 0, 0, 1),
        (verbs_kernel.set_targets, state, 0, np.zeros(1)),
        (verbs_kernel.reconsider, state, program, 0),
    ]


def kernels_of_nodes() -> list[tuple[Any, ...]]:
    """Verbs of nodes that most runs do without, and what few explanations ask."""
    seen: list[tuple[State, Grid]] = []
    look = Onlooker([0], lambda _, world: seen.append((world.state, world.grid)))
    replay(*on_nodes(), Rule(), watch=look)
    [(state, grid)], program = seen, program_of(Rule())
    return [
        (verbs_nodes_kernel.take_node, state, grid, program, 0, 0, 0, 0),
        (verbs_nodes_kernel.give_node_back, state, grid, 0, 0),
        (verbs_nodes_kernel.reconsider_nodes, state, grid, program, 0),
        (reform_kernel.let_go_of_nodes, state, grid, program),
        (turns_kernel.place_on_pool, state, 0),
        *((turns_kernel.is_behind, state, 0), (turns_kernel.seconds_late, state, 0)),
    ]


def nodes_and_explanations() -> None:
    """Nodes without their verbs, who looks on there, and Slurm's passes by themselves."""
    jobs, built = on_nodes()
    for said in ({}, {"backfill": "conservative"}, {"limits": {"few": {"jobs": 1}}}):
        rule = Rule.model_validate(said)
        told(partial(replay, jobs, built, rule), built.units, rule, 2)
    # What is copied of a pool has another number of columns.
    pool, program = Arrays(state_of([1], [1], 1), None), program_of(Rule())
    Copy(pool, program, lifts=False).gather(pool, program, np.zeros(1, np.int64))
    compile_all(kernels_of_nodes())
    warm_up()


if __name__ == "__main__":
    {"pools": pools_and_clocks, "nodes": nodes_and_explanations}[sys.argv[1]]()
