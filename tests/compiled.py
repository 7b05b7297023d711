"""Compile what the tests run, one group of kernels a process: no two compile the same.

``python -m compiled GROUP``, from the folder of the tests.
"""

from __future__ import annotations

import sys
from functools import partial

from explain.probing import told
from twin.nodes.engine import columns, machine
from twin.nodes.model import Node, NodeJob
from twin.slurm.kernels import warm_up

from simulator.engine.run import replay
from simulator.engine.warm import warm_up_kernels
from simulator.rules.models import Rule

NODES = [Node(2, 2, 2)]


def pools_and_clocks() -> None:
    """Pools with their verbs, pyss, and passes by Slurm's own clocks."""
    warm_up_kernels([Rule(), Rule(conformance="pyss")], 2)
    clocked = Rule.model_validate({"backfill": "slurm", "placement": "slurm"})
    warm_up_kernels([clocked], machine(NODES))


def nodes_and_explanations() -> None:
    """Nodes without their verbs, who looks on there, and Slurm's passes by themselves."""
    jobs, built = columns([NodeJob(at, 5, 5, gpus=2) for at in (0, 1, 2)], NODES), machine(NODES)
    for said in ({}, {"backfill": "conservative"}, {"limits": {"few": {"jobs": 1}}}):
        rule = Rule.model_validate(said)
        told(partial(replay, jobs, built, rule), built.units, rule, 2)
    warm_up()


if __name__ == "__main__":
    {"pools": pools_and_clocks, "nodes": nodes_and_explanations}[sys.argv[1]]()
