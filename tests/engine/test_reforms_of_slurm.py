"""Reforms of Slurm's own passes: usage, what changes nothing, and what is refused."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from twin.nodes import engine
from twin.nodes.model import Node
from twin.slurm.machine import Asks
from twin.slurm.runs import jobs_of

from simulator.engine.run import Outcome, replay
from simulator.errors import InputError
from simulator.rules.models import Rule

if TYPE_CHECKING:
    from simulator.workload.columns import Jobs

SHARES = {
    "kind": "multifactor",
    "weights": {"age": 100, "fair_share": 10_000},
    "max_age": "1h",
    "period": "60s",
}
PASSES: dict[str, Any] = {
    "ordering": SHARES,
    "backfill": {"kind": "slurm", "bf_interval": "1s"},
    "placement": "slurm",
}
NODES = [Node(4, cpus=8)] * 3


class Job:
    """One as ``jobs_of`` takes it."""

    def __init__(self, number: int, submit: int, gpus: int, limit: int, user: str, qos: str = ""):
        self.asks = Asks(number, 1, 1, 0, gpus, limit, qos, "p", user, submit=submit)


def run(jobs: Jobs, rule: dict[str, Any]) -> Outcome:
    return replay(jobs, engine.machine(NODES), Rule.model_validate(rule))


def busy(seed: int) -> Jobs:
    """More than the nodes can serve for an hour."""
    draw, at, work, lengths = Random(seed), 0, [], []
    for number in range(120):
        at += draw.randint(0, 40)
        limit = draw.choice([60, 200, 600])
        work.append(Job(number, at, draw.choice([1, 2, 4]), limit, draw.choice("abcd")))
        lengths.append(draw.randint(1, limit))
    return jobs_of(work, NODES, lengths)


@pytest.mark.parametrize("seed", range(3))
def test_one_that_says_the_same_when_all_clocks_strike_changes_nothing(seed: int) -> None:
    """Backfill comes each second, all else each minute. Usage counts on, and priorities are those
    of the calculation of that second."""
    jobs = busy(seed)
    alone = run(jobs, PASSES)
    moved = 0
    for at in (600, 1200):
        again = run(jobs, {**PASSES, "reforms": [{"at": f"{at}s", "rule": PASSES}]})
        assert again.jobs == alone.jobs
        assert again.attempts == alone.attempts
        reset = [{"at": f"{at}s", "usage": "reset", "rule": PASSES}]
        other = run(jobs, {**PASSES, "reforms": reset})
        starts = (each.jobs["start"].to_numpy(zero_copy_only=False) for each in (alone, other))
        before, after = starts
        assert np.array_equal(before[before < at], after[before < at])
        moved += not np.array_equal(before, after)
    assert moved


def test_forgotten_usage_orders_nobody() -> None:
    """User a has had all three nodes from 0 to 100; b has had nothing. At 90 both have a job of
    four GPUs in line, a's first, and at 100 one node comes free. With its past a stands behind."""
    long = [Job(number, 0, 4, 1000, "a") for number in range(3)]
    work = [*long, Job(3, 70, 4, 50, "a"), Job(4, 80, 4, 50, "b"), Job(5, 95, 1, 5, "b")]
    jobs = jobs_of(work, NODES, (100, 1000, 1000, 50, 50, 5))
    starts = {}
    for usage in ("keep", "reset"):
        reform = {"at": "90s", "usage": usage, "rule": PASSES}
        starts[usage] = run(jobs, {**PASSES, "reforms": [reform]}).jobs["start"].to_pylist()
    assert starts["keep"][3] > starts["keep"][4]
    assert starts["reset"][3] < starts["reset"][4]


def test_who_ignores_sigterm_does_so_for_as_long_as_the_rule_in_force_says() -> None:
    """Without a reform the first job, of 100 s, is killed at 120, and its node answers at 150.
    When looks begin at 50 and come every 10 s, it is killed at 100; its node answers at 105."""
    one = [Node(4, cpus=8)]
    jobs = jobs_of([Job(0, 0, 4, 100, "a"), Job(1, 60, 4, 9, "b")], one, (500, 9))
    passes = {"kind": "slurm", "ignores_sigterm": ["class"]}
    then = {**PASSES, "backfill": {**passes, "kill_wait": "5s", "limit_check": "10s"}}
    for reforms, start in (([], 150), ([{"at": "50s", "rule": then}], 105)):
        rule = Rule.model_validate({**PASSES, "backfill": passes, "reforms": reforms})
        assert replay(jobs, engine.machine(one), rule).jobs["start"].to_pylist()[1] == start


def test_a_quality_of_service_that_a_reform_does_not_know_is_refused_before_the_run() -> None:
    jobs = jobs_of([Job(0, 0, 1, 9, "a", "low"), Job(1, 9, 1, 9, "a", "low")], NODES, (9, 9))
    both = {"high": {"preempts": ["low"]}, "low": {}}
    then = {**PASSES, "preemption": {}, "qos": {"high": {"preempts": ["mid"]}, "mid": {}}}
    rule = {**PASSES, "preemption": {}, "qos": both, "reforms": [{"at": "5s", "rule": then}]}
    with pytest.raises(InputError, match="low"):
        run(jobs, rule)
