"""Whole runs: kernels, SimPy's events and the tables that come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.cluster.models import CapacityLoss, MaintenanceWindow
from simulator.engine.run import replay
from simulator.scenario.rule_catalogue import named_rule
from simulator.workload.read_log import read_log

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

WEEKLY = MaintenanceWindow(start="3d", duration="8h", every="7d", units=50)
LOSS = CapacityLoss(at="10d", units=20, duration="12h")


@pytest.mark.parametrize("log", [("kth-all", 100), ("blue-all", 1152)], ids=lambda log: log[0])
@pytest.mark.benchmark(group="whole runs, EASY")
def test_run(benchmark: BenchmarkFixture, logs: Path, log: tuple[str, int]) -> None:
    jobs = read_log(logs / f"{log[0]}.swf.gz").jobs
    benchmark.pedantic(replay, (jobs, log[1], named_rule("easy")), rounds=3, warmup_rounds=1)


@pytest.mark.parametrize("snapshots", [0, 86_400, 3_600], ids=["never", "daily", "hourly"])
@pytest.mark.benchmark(group="snapshots of kth-all, EASY")
def test_run_with_snapshots(benchmark: BenchmarkFixture, logs: Path, snapshots: int) -> None:
    jobs = read_log(logs / "kth-all.swf.gz").jobs
    benchmark.pedantic(
        replay,
        (jobs, 100, named_rule("easy")),
        {"snapshots": snapshots},
        rounds=5,
        warmup_rounds=1,
    )


@pytest.mark.benchmark(group="outages of kth-all, EASY")
def test_run_with_outages(benchmark: BenchmarkFixture, logs: Path) -> None:
    jobs = read_log(logs / "kth-all.swf.gz").jobs
    outages = {"maintenance": (WEEKLY,), "losses": (LOSS,)}
    benchmark.pedantic(replay, (jobs, 100, named_rule("easy")), outages, rounds=5, warmup_rounds=1)
