"""Jobs as the SimPy twin of nodes takes them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from twin.nodes.model import NodeJob  # noqa: E402

if TYPE_CHECKING:
    from simulator.workload.columns import Jobs


def on_nodes_of(gpus: int, jobs: Jobs) -> list[NodeJob]:
    """One by one; those of more GPUs than a node has take whole nodes."""
    columns = (jobs.submit, jobs.run_time, jobs.walltime, jobs.gpus)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [
        NodeJob(submit, run, wall, nodes=max(size // gpus, 1), gpus=min(size, gpus))
        for submit, run, wall, size in rows
    ]
