"""Compile what the tests run before workers do: each would, and parallel writes can crash.

In two processes at once, of which neither compiles what the other does.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def pools_and_clocks() -> None:
    """Pools with their verbs, pyss, and passes by Slurm's own clocks."""
    from twin.nodes.engine import machine  # noqa: PLC0415
    from twin.nodes.model import Node  # noqa: PLC0415

    from simulator.engine.warm import warm_up_kernels  # noqa: PLC0415
    from simulator.rules.models import Rule  # noqa: PLC0415

    warm_up_kernels([Rule(), Rule(conformance="pyss")], 2)
    clocked = Rule.model_validate({"backfill": "slurm", "placement": "slurm"})
    warm_up_kernels([clocked], machine([Node(2, 2, 2)]))


def nodes_and_explanations() -> None:
    """Nodes without their verbs, who looks on there, and Slurm's passes by themselves."""
    from explain.probing import told  # noqa: PLC0415
    from twin.nodes.engine import columns, machine  # noqa: PLC0415
    from twin.nodes.model import Node, NodeJob  # noqa: PLC0415
    from twin.slurm.kernels import warm_up  # noqa: PLC0415

    from simulator.engine.run import replay  # noqa: PLC0415
    from simulator.rules.models import Rule  # noqa: PLC0415

    nodes = [Node(2, 2, 2)]
    jobs = [NodeJob(at, 5, 5, gpus=2) for at in (0, 1, 2)]
    for rule in ({}, {"backfill": "conservative"}, {"limits": {"few": {"jobs": 1}}}):
        made, built = Rule.model_validate(rule), machine(nodes)
        told(partial(replay, columns(jobs, nodes), built, made), built.units, made, 2)
    warm_up()


GROUPS = {"pools": pools_and_clocks, "nodes": nodes_and_explanations}


def compile_all() -> None:
    """Raises CalledProcessError if either process fails."""
    running = [
        subprocess.Popen([sys.executable, "-m", "compiled", name], cwd=ROOT / "tests")
        for name in GROUPS
    ]
    for process in running:
        if process.wait():
            raise subprocess.CalledProcessError(process.returncode, process.args)


if __name__ == "__main__":
    GROUPS[sys.argv[1]]()
