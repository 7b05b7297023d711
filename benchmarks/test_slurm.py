"""Whole runs under Slurm's own passes and clocks, on 64 nodes of 8 GPUs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_nodes import jobs as jobs  # noqa: PLC0414

from simulator.cluster.machine import machine_of
from simulator.cluster.models import Nodes
from simulator.engine.run import replay
from simulator.rules.models import Rule

SLURM = {
    "ordering": {
        "kind": "multifactor",
        "weights": {"age": 1000, "fair_share": 10_000},
        "period": "5min",
    },
    "accounting": {"fade": {"kind": "slurm", "half_life": "7d"}},
    "backfill": {"kind": "slurm", "bf_interval": "30s"},
    "placement": "slurm",
}
QUIET = 1500
"""So many of the first jobs find hardly anybody waiting: what the clocks cost by themselves."""


@pytest.mark.benchmark(group="slurm")
@pytest.mark.parametrize("count", [QUIET, 0], ids=["quiet", "quarter"])
def test_by_slurms_clocks(benchmark: Any, jobs: Any, count: int) -> None:
    machine = machine_of(
        Nodes.model_validate({"kind": "nodes", "classes": {"n": {"count": 64, "gpus": 8}}}), Path()
    )
    rule, log = Rule.model_validate(SLURM), jobs.ordered()
    if count:
        log = log.take(np.arange(count))
    replay(log.take(np.arange(50)), machine, rule)
    seconds = benchmark.pedantic(lambda: replay(log, machine, rule).seconds, rounds=1)
    benchmark.extra_info["jobs_per_second"] = round(len(log) / seconds)
