"""Whole runs on 64 nodes of 8 GPUs: every backfill and placement, and with failures."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from scaling import synthetic
from twin.nodes import twin
from twin.nodes.model import Node
from twin.nodes.model import Rule as TwinRule
from twins import on_nodes_of

from simulator.cluster.machine import machine_of
from simulator.cluster.models import Nodes
from simulator.engine.run import replay
from simulator.rules.models import Rule
from simulator.streams import Streams
from simulator.workload.calendar import unix_time
from simulator.workload.synthetic.generate import generate
from simulator.workload.synthetic.models import Synthetic

REFERENCE = {
    "kind": "synthetic",
    "duration": "13w",
    "load": 0.9,
    "mean_work": "20 GPU-h",
    "classes": {"all": {"demand": 1, "accounts": 40, "users": 200}},
}
"""About 50,000 jobs a quarter on 512 GPUs, by 200 users in 40 accounts."""
AWAY = {
    "maintenance": [{"start": "14d", "duration": "12h", "every": "30d", "last": 8}],
    "failures": {"mtbf": "120d", "repair": {"median": "6h", "sigma": 0.8}},
    "checkpoints": {"everyone": {"period": "2h", "write": "1min", "restart": "3min"}},
}


@pytest.fixture(scope="module")
def jobs() -> Any:
    made, _ = generate(
        Synthetic.model_validate(REFERENCE),
        capacity=512,
        epoch=unix_time(datetime(2027, 1, 4), "Asia/Almaty"),
        time_zone="Asia/Almaty",
        streams=Streams(1, 0),
    )
    return made


@pytest.mark.benchmark(group="nodes")
@pytest.mark.parametrize("away", [False, True], ids=["up", "failing"])
@pytest.mark.parametrize("placement", ["best", "worst", "first", "leaf", "fragmentation"])
@pytest.mark.parametrize("backfill", ["none", "easy"])
def test_a_quarter(benchmark: Any, jobs: Any, backfill: str, placement: str, away: bool) -> None:
    model = Nodes.model_validate(
        {
            "kind": "nodes",
            "classes": {"n": {"count": 64, "gpus": 8, "nodes_per_leaf": 8}},
            **(AWAY if away else {}),
        }
    )
    machine = machine_of(model, Path())
    rule = Rule.model_validate({"backfill": backfill, "placement": placement})

    def run() -> float:
        return replay(
            jobs,
            machine,
            rule,
            maintenance=model.maintenance,
            failures=model.failures,
            checkpoints=model.checkpoints,
            streams=Streams(1, 0),
        ).seconds

    run()
    seconds = benchmark.pedantic(run, rounds=3)
    benchmark.extra_info["jobs_per_second"] = round(len(jobs) / seconds)


@pytest.mark.benchmark(group="nodes, the same 500 jobs by a kernel and by the SimPy twin")
@pytest.mark.parametrize("backfill", ["none", "easy", "conservative"])
def test_beside_the_twin(benchmark: Any, backfill: str) -> None:
    log, rule = synthetic(500), Rule.model_validate({"backfill": backfill})
    machine = machine_of(
        Nodes.model_validate({"kind": "nodes", "classes": {"n": {"count": 64, "gpus": 8}}}), Path()
    )
    asked = on_nodes_of(8, log)
    began = time.perf_counter()
    benchmark.pedantic(
        twin.simulate, (asked, [Node(8)] * 64, TwinRule(backfill=backfill)), rounds=1
    )
    theirs = time.perf_counter() - began
    ours = min(replay(log, machine, rule).seconds for _ in range(5))
    benchmark.extra_info["kernel_jobs_per_second"] = round(len(log) / ours)
    benchmark.extra_info["twin_jobs_per_second"] = round(len(log) / theirs)
    print(
        f"{backfill}: kernel {len(log) / ours:,.0f} jobs/s, SimPy twin {len(log) / theirs:,.0f} "
        f"jobs/s, {theirs / ours:,.0f} times as fast"
    )
