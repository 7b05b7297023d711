"""The kernels alone, by rule: from the first arrival to the last end, warm, without tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simulator.engine.clock import Clock
from simulator.engine.world import Pool
from simulator.kernels.state import Columns, at_start
from simulator.rules.models import Rule
from simulator.rules.program import program_of
from simulator.scenario.rule_catalogue import named_rule
from simulator.workload.read_log import read_log

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

EARLIER = Rule.model_validate({"backfill": {"kind": "conservative", "replan": "earlier"}})
OF_JOBS = ("fcfs", "easy", "k4", "conservative", "sjf", "sjf_easy", "f1_easy", "wfp3_easy")
"""Named rules that know nothing but the jobs; for all others see ``named_rules.py``."""


def _clocks(log: Path, capacity: int, rule: Rule) -> Any:
    jobs = read_log(log).jobs
    columns = Columns(jobs.submit, jobs.run_time, jobs.walltime, jobs.gpus)

    def made() -> tuple[tuple[Clock], dict[str, Any]]:
        pyss = rule.conformance == "pyss"
        return (Clock(Pool(at_start(columns, capacity, 0), program_of(rule), pyss=pyss)),), {}

    return made


@pytest.mark.parametrize("name", [*OF_JOBS, "conservative, replan earlier"])
@pytest.mark.benchmark(group="passes by rule, kth-all")
def test_passes(benchmark: BenchmarkFixture, logs: Path, name: str) -> None:
    rule = named_rule(name) if name in OF_JOBS else EARLIER
    clocks = _clocks(logs / "kth-all.swf.gz", 100, rule)
    benchmark.pedantic(Clock.run, setup=clocks, rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("name", ["fcfs", "easy", "conservative"])
@pytest.mark.benchmark(group="passes by rule, blue-all")
def test_passes_of_a_long_log(benchmark: BenchmarkFixture, logs: Path, name: str) -> None:
    clocks = _clocks(logs / "blue-all.swf.gz", 1152, named_rule(name))
    benchmark.pedantic(Clock.run, setup=clocks, rounds=3, warmup_rounds=1)
