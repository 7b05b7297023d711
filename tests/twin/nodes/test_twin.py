"""The engine and the twin give the same schedule on nodes: attempt by attempt, GPU by GPU."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from pairs import few_or_all, tried

from twin.nodes import engine, scenarios, twin
from twin.nodes.model import Node, NodeJob, Rule
from twin.nodes.outages import Failure, Window
from twin.nodes.suspending import suspending


def _agree(scenario: scenarios.Small) -> None:
    arguments = scenario.arguments()
    assert engine.simulate(**arguments) == twin.simulate(**arguments)


@given(scenarios.scenarios())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_everything_together_agrees(scenario: scenarios.Small) -> None:
    _agree(scenario)


@given(scenarios.scenarios(backfills=scenarios.PLACES))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_places_agree(scenario: scenarios.Small) -> None:
    _agree(scenario)


@given(scenarios.scenarios(backfills=("conservative",), sliced=False, replans=("earlier",)))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_kept_places_agree(scenario: scenarios.Small) -> None:
    _agree(scenario)


@tried(20, 50)(scenarios.scenarios(odd=False, outages=False, plain=True))
def test_tame_scenarios_agree(scenario: scenarios.Small) -> None:
    _agree(scenario)


@given(scenarios.scenarios(preempting=True))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_preempting_scenarios_agree(scenario: scenarios.Small) -> None:
    _agree(scenario)


@given(
    scenarios.scenarios(backfills=("reservations", "conservative"), sliced=False, preempting=True)
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_preempting_beside_places_agrees(scenario: scenarios.Small) -> None:
    _agree(scenario)


def _agree_on_suspensions(seeds: range) -> int:
    """Assert that they do; returns how often jobs were suspended."""
    times = 0
    for seed in seeds:
        arguments = suspending(seed).arguments()
        found = twin.simulate(**arguments)
        assert engine.simulate(**arguments) == found, f"seed {seed}"
        times += sum(len(outcome.suspended) for outcome in found)
    return times


def test_suspending_scenarios_agree() -> None:
    assert _agree_on_suspensions(range(40)) > 12


@pytest.mark.slow
def test_many_suspending_scenarios_agree() -> None:
    assert _agree_on_suspensions(range(40, 1000)) > 248


@pytest.mark.slow
@given(scenarios.scenarios(preempting=True))
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_many_preempting_scenarios_agree(scenario: scenarios.Small) -> None:
    _agree(scenario)


@pytest.mark.slow
@given(scenarios.scenarios())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_many_scenarios_agree(scenario: scenarios.Small) -> None:
    _agree(scenario)


@pytest.mark.slow
@given(
    scenarios.scenarios(backfills=scenarios.PLACES)
    | scenarios.scenarios(backfills=("conservative",), sliced=False, replans=("earlier",))
    | scenarios.scenarios(backfills=("reservations", "conservative"), sliced=False, preempting=True)
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_many_scenarios_of_places_agree(scenario: scenarios.Small) -> None:
    _agree(scenario)


@pytest.mark.parametrize("backfill", scenarios.BACKFILLS)
def test_more_attempts_than_jobs(backfill: str) -> None:
    """A window every 3 s kills 20 gangs each time: what the engine keeps must grow in time."""
    jobs = [NodeJob(0, 100, 100, nodes=2, gpus=1)] * 20 + [NodeJob(400, 1, 1, gpus=1)]
    window = Window(2, 1, (0,), every=3, drain=False)
    rule = Rule(backfill=backfill)
    _agree(scenarios.Small(jobs, [Node(20), Node(20)], rule, (window,)))


@pytest.mark.parametrize("count", few_or_all(100, 150))
def test_a_long_queue_of_places(count: int) -> None:
    """The plan must grow in time, once or twice, with CPUs and whole nodes beside GPUs."""
    jobs = [
        NodeJob(0, 1 + number % 7, 10 + number, gpus=1, cpus=number % 3, exclusive=number % 5 == 0)
        for number in range(count)
    ]
    _agree(scenarios.Small(jobs, [Node(2, cpus=4)] * 2, Rule(backfill="conservative")))


def test_failures_upon_failures() -> None:
    """A hundred outages, most of them over others."""
    jobs = [NodeJob(number, 7, 9, nodes=1 + number % 2, gpus=1) for number in range(60)]
    failures = [
        Failure(number, (number % 3,), 1 + number % 11, repair_known=number % 2 == 0)
        for number in range(100)
    ]
    _agree(scenarios.Small(jobs, [Node(2)] * 3, Rule(), failures=tuple(failures)))
