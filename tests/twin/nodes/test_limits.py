"""Limits: the engine holds back, passes over and refuses whom the twin does, on nodes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.engine.nodes import laid_out
from simulator.rules.limits.overuse import AGED
from twin.asks import Asks
from twin.bounds import ARRAYS, bounds
from twin.nodes import engine, scenarios, twin
from twin.nodes.model import Node, NodeJob, Rule
from twin.preemption import Preemption

PLAIN = scenarios.scenarios()
PREEMPTING = scenarios.scenarios(replans=("all",), preempting=True)
SUSPENDING = scenarios.scenarios(backfills=("none", "easy"), preempting=True, suspending=True)


def _asks(jobs: list[NodeJob], scenario: scenarios.Small) -> list[Asks]:
    held, _ = laid_out(engine.columns(jobs, scenario.nodes), engine.machine(scenario.nodes))
    there = {name for node in scenario.nodes for name in node.partitions}
    return [
        Asks(
            job.user,
            held.classes[code],
            units,
            job.walltime,
            job.submit,
            array=job.array,
            partition=job.partition if job.partition in there else "",
        )
        for job, code, units in zip(jobs, held.job_class.tolist(), held.gpus.tolist(), strict=True)
    ]


def _agree(scenario: scenarios.Small, data: st.DataObject) -> None:
    users = data.draw(st.lists(st.integers(0, 7), min_size=40, max_size=40))
    arrays = data.draw(st.just([-1] * 40) | st.lists(ARRAYS, min_size=40, max_size=40))
    whose = zip(scenario.jobs, users, arrays, strict=False)
    jobs = [replace(job, user=user, array=array) for job, user, array in whose]
    assert len(jobs) == len(scenario.jobs)
    rule = scenario.rule
    if rule.preemption:
        rule = replace(rule, preemption=replace(rule.preemption, grace=0))
    machine = engine.machine(scenario.nodes)
    slices = machine.slices
    suspends = rule.preemption is not None and "suspend" in rule.preemption.how
    # As where jobs outrun their walltimes, limits on work are refused.
    overrun = "allow" if suspends else rule.overrun
    said = {"overrun": overrun, "ages": rule.order in AGED, "kept": rule.replan == "earlier"}
    limits = data.draw(bounds(lambda: _asks(jobs, scenario), machine.units, slices, **said))
    arguments = scenario.arguments() | {"jobs": jobs, "rule": rule}
    found = engine.simulate(**arguments, served=limits.settings(slices))
    assert found == twin.simulate(**arguments, bounds=limits)


@given(PLAIN, st.data())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_limits_agree(scenario: scenarios.Small, data: st.DataObject) -> None:
    _agree(scenario, data)


@given(PREEMPTING, st.data())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_limits_agree_where_jobs_stop_others(
    scenario: scenarios.Small, data: st.DataObject
) -> None:
    _agree(scenario, data)


@given(SUSPENDING, st.data())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_limits_agree_where_jobs_are_suspended(
    scenario: scenarios.Small, data: st.DataObject
) -> None:
    _agree(scenario, data)


@pytest.mark.parametrize("preemption", [None, Preemption(exempt=99)], ids=["", "preempting"])
@pytest.mark.parametrize("backfill", ["easy", "reservations", "conservative"])
def test_who_overtakes_counts_in_the_same_pass(
    backfill: str, preemption: Preemption | None
) -> None:
    """The third job starts behind the head; the fourth is of the same user, and waits for it.

    The second would stop the first, if that could be stopped.
    """
    jobs = [
        NodeJob(0, 20, 20, gpus=2, user=0, rank=1),
        NodeJob(1, 20, 20, nodes=2, gpus=2, user=1, rank=0),
        NodeJob(1, 9, 9, gpus=1, user=2),
        NodeJob(1, 9, 9, gpus=1, user=2),
    ]
    rule = Rule(backfill=backfill, preemption=preemption)
    said = {"limits": {"one": {"per": "user", "jobs": 1}}}
    found = engine.simulate(jobs, [Node(2), Node(2)], rule, served=said)
    assert [outcome.start for outcome in found] == [0, 20, 1, 10]


@pytest.mark.slow
@given(PLAIN | PREEMPTING, st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_limits_agree_at_length(scenario: scenarios.Small, data: st.DataObject) -> None:
    _agree(scenario, data)
