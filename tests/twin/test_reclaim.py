"""Members of cohorts take back what is theirs: the engine and the twin agree, on pools."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from pairs import few_or_all

from simulator.engine.run import replay
from simulator.rules.models import Rule
from twin import engine, scenarios, twin
from twin.asks import Bound
from twin.bounds import bounds, lent
from twin.budgets import Grant
from twin.limits import Bounds
from twin.model import TwinJob
from twin.owners import check_reclaims, cohort, early_ends, ended, stage
from twin.reforming import Change
from twin.test_limits import _asks
from twin.troubles import on_a_pool

LENT = scenarios.scenarios(backfills=scenarios.BACKFILLS[:-1])


def _agree(scenario: scenarios.Small, data: st.DataObject) -> None:
    users = data.draw(st.permutations(range(8)).map(lambda found: [*found] * 4))
    jobs = [replace(job, user=user) for job, user in zip(scenario.jobs, users, strict=False)]
    asks, rule = _asks(jobs), dict(scenario.rule)
    assume(len({(job.user // 4) for job in jobs}) > 1)
    rule["preemption"] = data.draw(scenarios.reclaims(("cancel", "requeue")))
    limits = data.draw(bounds(lambda: asks, scenario.capacity, overrun=rule["overrun"]))
    few = data.draw(st.sampled_from([True, True, False]))
    if few:
        limits = replace(limits, bounds=(), grants=(), reserved=())
    limits = replace(limits, cohorts=(data.draw(lent(asks, scenario.capacity)),))
    arguments = scenario.arguments() | rule | {"jobs": jobs, "bounds": limits}
    found = engine.simulate(**arguments)
    assert found == twin.simulate(**arguments)
    times = sum(each[2] == "preempted" for outcome in found for each in outcome.attempts)
    event(f"reclaimed from {min(times, 3)}")


@given(LENT, st.data())
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_reclaiming_agrees(scenario: scenarios.Small, data: st.DataObject) -> None:
    _agree(scenario, data)


@pytest.mark.slow
@given(LENT, st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_reclaiming_agrees_at_length(scenario: scenarios.Small, data: st.DataObject) -> None:
    _agree(scenario, data)


CAPACITY = 8
BACKFILLS = ("none", "easy", "reservations", "conservative")


def _crowd(random: Random, count: int) -> list[TwinJob]:
    """Many more jobs than there is room for, in bursts; first those of one user."""
    submits = sorted(random.choice([0, 5, 9, 9, random.randrange(60)]) for _ in range(count))
    flood = random.randrange(8)
    return [
        TwinJob(
            submit,
            random.choice([1, 3, 8, 20, 20]),
            random.choice([1, 5, 10, 30, 30]),
            random.choice([1, 1, 2, 2, 3, 4, 6]),
            user=random.randrange(8) if submit > 5 else flood,
        )
        for submit in submits
    ]


def crowded(random: Random, backfill: str, most: int) -> dict[str, Any]:
    """A scenario in which members take back what is theirs: arguments of ``simulate``."""
    jobs = _crowd(random, random.randint(15, most))
    others = random.choice([(), (), (Bound("few", "user", jobs=2),)])
    holds = random.choice(["job", "job", "job", "queue"])
    limits = Bounds(others, _asks(jobs), holds, (cohort(random, CAPACITY),))
    rule = stage(random, ("requeue", "requeue", "cancel"))
    order = random.choice(["fcfs", "sjf", "wfp3"])
    return {
        "jobs": jobs, "capacity": CAPACITY, "order": order, "backfill": backfill,
        "preemption": rule, "bounds": limits,
    }  # fmt: skip


@pytest.mark.parametrize("crowds", few_or_all(20, 60))
@pytest.mark.parametrize("backfill", BACKFILLS)
def test_owners_of_a_crowd_reclaim_as_the_twin_has_it(backfill: str, crowds: int) -> None:
    random, times = Random(f"reclaim {backfill}"), 0
    for _ in range(crowds):
        arguments = crowded(random, backfill, 25)
        found = engine.simulate(**arguments)
        assert found == twin.simulate(**arguments)
        times += sum(each[2] == "preempted" for outcome in found for each in outcome.attempts)
    assert times > 0.42 * crowds, times


@pytest.mark.slow
def test_owners_of_many_crowds_agree_beside_outages_and_budgets() -> None:
    random, times = Random("odd crowds"), 0
    for _ in range(200):
        arguments = crowded(random, random.choice(BACKFILLS), 30)
        jobs = [replace(job, **early_ends(random, job.submit)) for job in arguments["jobs"]]
        overrun, limits = random.choice(["kill", "allow"]), arguments["bounds"]
        if overrun == "kill" and limits.holds == "job":
            refund = random.choice([(), ("preemption",)])
            period = random.choice([None, random.randint(20, 60)])
            grant = Grant("hours", "account", random.randint(60, 150), period=period, refund=refund)
            limits = replace(limits, grants=(grant,))
        arguments |= {"jobs": jobs, "bounds": limits, "overrun": overrun}
        arguments |= on_a_pool(random, CAPACITY)
        found = engine.simulate(**arguments)
        assert found == twin.simulate(**arguments)
        times += sum(each[2] == "preempted" for outcome in found for each in outcome.attempts)
    assert times > 100, times


@pytest.mark.parametrize("crowds", few_or_all(50, 150))
@pytest.mark.parametrize("backfill", BACKFILLS)
def test_reclaiming_comes_to_an_end_and_goes_no_deeper_than_it_may(
    backfill: str, crowds: int
) -> None:
    random, times = Random(f"owners {backfill}"), 0
    for _ in range(crowds):
        arguments = crowded(random, backfill, 60)
        found, limits = engine.simulate(**arguments), arguments["bounds"]
        assert ended(outcome.state for outcome in found)
        attempts = [outcome.attempts for outcome in found]
        [quota] = limits.cohorts
        times += check_reclaims(limits.jobs, quota, arguments["preemption"], attempts)
    assert times > 2 * crowds, times


@pytest.mark.parametrize("seed", range(20))
def test_reforms_come_and_go_where_owners_reclaim(seed: int) -> None:
    random = Random(seed)
    before = crowded(random, random.choice(BACKFILLS), 40)
    other = crowded(random, "easy", 16)
    limits = replace(other["bounds"], jobs=before["bounds"].jobs)
    rules: list[dict[str, Any]] = [
        {"preemption": other["preemption"], "bounds": limits},
        {"bounds": limits},
        {},
    ]
    taken_back = {"order": "fcfs", "preemption": before["preemption"], "bounds": before["bounds"]}
    last = before["jobs"][-1].submit
    changes = [
        Change(last // 2, {"order": other["order"], "backfill": "easy", **random.choice(rules)}),
        Change(last, {"backfill": "easy", **taken_back}),
    ]
    found = engine.simulate(**before, changes=changes)
    assert found == twin.simulate(**before, changes=changes)


def test_classes_may_fare_otherwise_when_they_are_reclaimed_from() -> None:
    """Class 0 borrows first, then class 1; each of their jobs that stops is of its own fate."""
    jobs = [
        TwinJob(0, 10, 10, 4, user=0),
        TwinJob(1, 5, 5, 2, user=4),
        TwinJob(20, 10, 10, 4, user=4),
        TwinJob(21, 5, 5, 2, user=0),
    ]
    members = {"class0": {"gpus": 2}, "class1": {"gpus": 2}}
    stage = {"reclaim": True, "classes": {"class0": "cancel"}}
    rule = Rule.model_validate({"quotas": {"q": {"members": members}}, "preemption": stage})
    found = engine.outcomes(replay(engine.columns(jobs), 4, rule))
    assert [outcome.attempts for outcome in found] == [
        [(0, 1, "failed")],
        [(1, 6, "completed")],
        [(20, 21, "preempted"), (26, 36, "completed")],
        [(21, 26, "completed")],
    ]
