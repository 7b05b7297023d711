"""Members of cohorts take back what is theirs: the engine and the twin agree, on nodes."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from pairs import few_or_all

from twin.asks import Bound
from twin.bounds import bounds, lent
from twin.limits import Bounds
from twin.nodes import engine, scenarios, twin
from twin.nodes.model import Node, NodeJob, Rule
from twin.nodes.test_limits import _asks
from twin.owners import check_reclaims, cohort, early_ends, ended, stage
from twin.saves import Saves
from twin.scenarios import reclaims
from twin.troubles import on_nodes

WHOLE = scenarios.scenarios(replans=("all",), sliced=False)
SLICED = scenarios.scenarios(backfills=("none", "easy"))


def _agree(scenario: scenarios.Small, data: st.DataObject) -> None:
    users = data.draw(st.permutations(range(8)).map(lambda found: [*found] * 5))
    jobs = [replace(job, user=user) for job, user in zip(scenario.jobs, users, strict=False)]
    assume(len({(job.user // 4) for job in jobs}) > 1)
    asks = _asks(jobs, scenario)
    machine = engine.machine(scenario.nodes)
    rule = replace(scenario.rule, preemption=data.draw(reclaims(scenarios.HOW)))
    limits = data.draw(bounds(lambda: asks, machine.units, machine.slices, overrun=rule.overrun))
    if data.draw(st.sampled_from([True, True, False])):
        limits = replace(limits, bounds=(), grants=(), reserved=())
    limits = replace(limits, cohorts=(data.draw(lent(asks, machine.units, machine.slices)),))
    saves = data.draw(st.just({}) | st.builds(lambda each: {None: each}, scenarios.checkpoints))
    arguments = scenario.arguments() | {"jobs": jobs, "rule": rule, "checkpoints": saves}
    found = engine.simulate(**arguments, served=limits.settings(machine.slices))
    assert found == twin.simulate(**arguments, bounds=limits)
    times = sum(each[2] == "preempted" for outcome in found for each in outcome.attempts)
    event(f"reclaimed from {min(times, 3)}")


@given(WHOLE | SLICED, st.data())
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_reclaiming_agrees(scenario: scenarios.Small, data: st.DataObject) -> None:
    _agree(scenario, data)


@pytest.mark.slow
@given(WHOLE | SLICED, st.data())
@settings(max_examples=35, deadline=None, suppress_health_check=list(HealthCheck))
def test_reclaiming_agrees_at_length(scenario: scenarios.Small, data: st.DataObject) -> None:
    _agree(scenario, data)


NODES = [Node(4, cpus=8), Node(4, cpus=8), Node(2, cpus=4), Node(8, cpus=8)]
GPUS = 18


def _crowd(random: Random, count: int) -> list[NodeJob]:
    """Many more jobs than there is room for, in bursts, first those of one user: parts of nodes and
    gangs."""
    submits = sorted(random.choice([0, 5, 9, 9, random.randrange(60)]) for _ in range(count))
    flood = random.randrange(8)
    return [
        NodeJob(
            submit,
            random.choice([1, 3, 8, 20, 20]),
            random.choice([1, 5, 10, 30, 30]),
            nodes=random.choice([1, 1, 1, 2, 3]),
            gpus=random.choice([1, 1, 2, 3, 4]),
            cpus=random.choice([0, 0, 3]),
            exclusive=random.random() < 0.1,
            user=random.randrange(8) if submit > 5 else flood,
        )
        for submit in submits
    ]


def crowded(random: Random, backfill: str, most: int) -> tuple[dict[str, Any], Bounds]:
    """A scenario in which members take back what is theirs, and its limits."""
    jobs = _crowd(random, random.randint(15, most))
    rule = Rule(
        backfill=backfill,
        placement=random.choice(scenarios.PLACEMENTS),
        avoid_head=backfill == "easy" and random.random() < 0.5,
        preemption=stage(random, scenarios.HOW),
    )
    saves = {None: Saves(4, 1, 1)}
    arguments = {"jobs": jobs, "nodes": NODES, "rule": rule, "checkpoints": saves}
    others = random.choice([(), (), (Bound("few", "user", jobs=2),)])
    asks = _asks(jobs, scenarios.Small(jobs, NODES, rule))
    holds = random.choice(["job", "job", "job", "queue"])
    return arguments, Bounds(others, asks, holds, (cohort(random, GPUS),))


@pytest.mark.parametrize("crowds", few_or_all(15, 40))
@pytest.mark.parametrize("backfill", scenarios.BACKFILLS)
def test_owners_of_a_crowd_reclaim_as_the_twin_has_it(backfill: str, crowds: int) -> None:
    random, times = Random(f"reclaim {backfill}"), 0
    for _ in range(crowds):
        arguments, limits = crowded(random, backfill, 22)
        found = engine.simulate(**arguments, served=limits.settings(1))
        assert found == twin.simulate(**arguments, bounds=limits)
        times += sum(each[2] == "preempted" for outcome in found for each in outcome.attempts)
    assert times > crowds / 4, times


@pytest.mark.slow
def test_owners_of_many_crowds_agree_beside_outages() -> None:
    random, times = Random("odd crowds"), 0
    for _ in range(150):
        arguments, limits = crowded(random, random.choice(scenarios.BACKFILLS), 24)
        jobs = [replace(job, **early_ends(random, job.submit)) for job in arguments["jobs"]]
        troubles = on_nodes(random)
        rule = replace(arguments["rule"], overrun=random.choice(["kill", "allow"]))
        arguments |= {"jobs": jobs, "rule": rule, **troubles}
        found = engine.simulate(**arguments, served=limits.settings(1))
        assert found == twin.simulate(**arguments, bounds=limits)
        times += sum(each[2] == "preempted" for outcome in found for each in outcome.attempts)
    assert times > 40, times


@pytest.mark.parametrize("crowds", few_or_all(30, 100))
@pytest.mark.parametrize("backfill", scenarios.BACKFILLS)
def test_reclaiming_comes_to_an_end_and_goes_no_deeper_than_it_may(
    backfill: str, crowds: int
) -> None:
    random, times = Random(f"owners {backfill}"), 0
    for _ in range(crowds):
        arguments, limits = crowded(random, backfill, 60)
        found = engine.simulate(**arguments, served=limits.settings(1))
        assert ended(outcome.state for outcome in found)
        attempts, rule = [outcome.attempts for outcome in found], arguments["rule"].preemption
        [quota] = limits.cohorts
        times += check_reclaims(limits.jobs, quota, rule, attempts)
    assert times > 1.5 * crowds, times
