"""What is named as blocking a job in a pass, lifted for it in that pass, lets it start."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st
from pairs import few_or_all, some
from twin import engine, scenarios
from twin.asks import Asks
from twin.bounds import bounds
from twin.nodes import engine as node_engine
from twin.nodes import scenarios as node_scenarios
from twin.nodes.everything import everything
from twin.nodes.test_either import crowded as either_on_nodes
from twin.nodes.test_floods import crowded as flood_of_nodes
from twin.nodes.test_reclaim import crowded as crowded_nodes
from twin.preemption import RANKED
from twin.test_either import crowded as either_on_a_pool
from twin.test_floods import crowded as flood_of_pool
from twin.test_reclaim import BACKFILLS as BACKFILL_NAMES
from twin.test_reclaim import crowded as crowded_pool
from twin.test_served import BACKFILLS, LAS, ORDERINGS, las_settings

from explain.probing import examine, nodes_of, on_pool, served_on_pool
from simulator.engine import run
from simulator.engine.nodes import laid_out
from simulator.fields import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.nodes.scenarios import Small as SmallNodes
    from twin.scenarios import Small

    Crowds = Callable[[Random, str, int], Any]

FEW = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
PREEMPTING = scenarios.scenarios(backfills=scenarios.BACKFILLS[:-1], preempting=True)
POOLS = scenarios.scenarios() | PREEMPTING
NODES = node_scenarios.scenarios() | node_scenarios.scenarios(preempting=True)


@given(POOLS)
@FEW
def test_on_pools(scenario: Small) -> None:
    examine(*on_pool(scenario))


@given(NODES)
@FEW
def test_on_nodes(scenario: SmallNodes) -> None:
    examine(*nodes_of(scenario))


@given(POOLS, st.data())
@FEW
def test_with_limits(scenario: Small, data: st.DataObject) -> None:
    _limited(scenario, data)


def _limited(scenario: Small, data: st.DataObject) -> None:
    assume(scenario.rule.get("replan") != "earlier")
    rule = dict(scenario.rule)
    if "preemption" in rule:
        rule["preemption"] = replace(rule["preemption"], grace=0)
    users = data.draw(st.lists(st.integers(0, 7), min_size=25, max_size=25))
    jobs = [replace(job, user=user) for job, user in zip(scenario.jobs, users, strict=False)]
    asks = [
        Asks(
            job.user,
            f"class{job.user // 4}" if job.rank is None else RANKED[job.rank],
            job.size,
            job.walltime,
            job.submit,
            array=job.array,
        )
        for job in jobs
    ]
    limits = data.draw(bounds(lambda: asks, scenario.capacity, overrun=rule["overrun"]))
    try:
        replay, units = on_pool(replace(scenario, jobs=jobs, rule=rule), bounds=limits)
    except ValidationError:
        reject()  # such quotas cannot be
    examine(replay, units)


@pytest.mark.parametrize("name", some(list(ORDERINGS), every=4))
def test_every_order(name: str) -> None:
    """Each beside another backfill; together all of them."""
    backfill = list(BACKFILLS.values())[list(ORDERINGS).index(name) % len(BACKFILLS)]
    assert served_on_pool(backfill, ORDERINGS[name])


@pytest.mark.parametrize("name", LAS)
def test_attained_service_with_preemption(name: str) -> None:
    order, stage = LAS[name]
    served_on_pool(BACKFILLS["easy"], las_settings(order, stage))


@pytest.mark.parametrize("seed", range(4))
def test_everything_at_once_on_nodes(seed: int) -> None:
    scenario = everything(seed)
    examine(*nodes_of(scenario, scenario.served), most=1)


def _in_crowds(
    random: Random, backfill: str, times: int, on_a_pool: Crowds, on_nodes: Crowds
) -> set[str]:
    """What blocks jobs of so many crowds on a pool; as many on nodes are examined too."""
    found = set[str]()
    for _ in range(times):
        said = on_a_pool(random, backfill, 25)
        rule = engine.rule(
            said["order"], backfill, preemption=said["preemption"], bounds=said["bounds"]
        )
        replay = partial(run.replay, engine.columns(said["jobs"]), said["capacity"], rule)
        found |= {clause for each in examine(replay, said["capacity"]) for clause in each}
        arguments, limits = on_nodes(random, backfill, 20)
        examine(*nodes_of(node_scenarios.Small(**arguments), limits.settings(1)), most=1)
    return found


@pytest.mark.parametrize("crowds", few_or_all(2, 4))
@pytest.mark.parametrize("backfill", BACKFILL_NAMES)
def test_where_owners_reclaim(backfill: str, crowds: int) -> None:
    assert _in_crowds(Random(f"why {backfill}"), backfill, crowds, crowded_pool, crowded_nodes)


def test_where_owners_reclaim_and_ranks_count() -> None:
    random, found = Random("why either"), set[str]()
    for backfill in BACKFILL_NAMES:
        found |= _in_crowds(random, backfill, 1, either_on_a_pool, either_on_nodes)
    assert "rights" in found


@pytest.mark.parametrize("backfill", BACKFILL_NAMES)
def test_where_floods_are_limited(backfill: str) -> None:
    random = Random(f"floods {backfill}")
    assert "limit" in _in_crowds(random, backfill, 2, flood_of_pool, flood_of_nodes)


def _limited_nodes(scenario: SmallNodes, data: st.DataObject) -> None:
    users = data.draw(st.lists(st.integers(0, 7), min_size=40, max_size=40))
    jobs = [replace(job, user=user) for job, user in zip(scenario.jobs, users, strict=False)]
    rule, machine = scenario.rule, node_engine.machine(scenario.nodes)
    if rule.preemption:
        rule = replace(rule, preemption=replace(rule.preemption, grace=0))
    held, _ = laid_out(node_engine.columns(jobs, scenario.nodes), machine)
    classes = [held.classes[code] for code in held.job_class.tolist()]
    asks = [
        Asks(job.user, job_class, units, job.walltime, job.submit)
        for job, job_class, units in zip(jobs, classes, held.gpus.tolist(), strict=True)
    ]
    limits = data.draw(bounds(lambda: asks, machine.units, machine.slices, overrun=rule.overrun))
    small = replace(scenario, jobs=jobs, rule=replace(rule, replan="all"))
    try:
        replay, units = nodes_of(small, limits.settings(machine.slices))
    except ValidationError:
        reject()
    examine(replay, units, most=1)


@pytest.mark.slow
@given(POOLS, NODES, st.data())
@MANY
def test_at_length(pool: Small, nodes: SmallNodes, data: st.DataObject) -> None:
    examine(*nodes_of(nodes), most=1)
    _limited_nodes(nodes, data)
    _limited(pool, data)
