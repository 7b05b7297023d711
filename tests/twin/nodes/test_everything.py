"""Everything at once on nodes: the engine and the twin agree, and everything really happens."""

from __future__ import annotations

from collections import Counter

import pytest
from pairs import some

from simulator.engine.nodes import laid_out
from twin.nodes import engine, twin
from twin.nodes.everything import everything, happened
from twin.test_served import ledger_of

LEAST = {
    "a gang": 495,
    "a gang over leaves": 490,
    "slices": 250,
    "an exclusive job": 400,
    "a type asked for": 480,
    "a partition asked for": 480,
    "another speed": 480,
    "preempted, preemption": 250,
    "failed, preemption": 50,
    "preempted after a grace": 60,
    "requeued, failure": 350,
    "failed, failure": 200,
    "a leaf that failed": 250,
    "requeued, maintenance": 150,
    "failed, maintenance": 80,
    "suspended": 60,
    "suspended more than once": 10,
    "suspended and cut short": 15,
    "a checkpoint that saved work": 250,
    "failed, itself": 350,
    "cancelled, user": 200,
    "taken back while waiting": 200,
    "killed": 250,
    "refused": 400,
    "three attempts": 200,
}
"""In how many of 500 scenarios each has to happen at least."""


def _agree(seed: int) -> set[str]:
    """Assert that they do; returns what happened."""
    scenario = everything(seed)
    arguments, machine = scenario.arguments(), engine.machine(scenario.nodes)
    held, _ = laid_out(engine.columns(scenario.jobs, scenario.nodes), machine)
    ledger = ledger_of(held, machine, engine.model(scenario.rule, scenario.served))
    found = engine.replay(**arguments, served=scenario.served)
    assert engine.outcomes(found) == twin.simulate(**arguments, ledger=ledger), f"seed {seed}"
    return happened(scenario, found.jobs.to_pylist(), found.attempts.to_pylist())


# Each order that serves somebody has its turn, a quarter of them in the fast tests.
@pytest.mark.parametrize("seed", some({str(seed): seed for seed in range(1000, 1060)}, every=4))
def test_everything_agrees(seed: int) -> None:
    _agree(seed)


@pytest.mark.slow
@pytest.mark.parametrize("count", [150, pytest.param(500, marks=pytest.mark.thorough)])
def test_scenarios_of_everything_agree(count: int) -> None:
    seen = Counter(what for seed in range(count) for what in _agree(seed))
    least = {what: number * count // 750 for what, number in LEAST.items()}
    least = LEAST if count == 500 else least
    assert {what: seen[what] for what, number in least.items() if seen[what] < number} == {}
