"""Limits: the engine holds back, passes over and refuses whom the twin does, on pools."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pairs import pairs_few_or_all, some_few_or_all

from simulator.engine.run import replay
from simulator.rules.limits.overuse import AGED
from simulator.rules.models import Rule
from twin import engine, scenarios, twin
from twin.asks import Asks, Bound
from twin.bounds import ARRAYS, bounds
from twin.budgets import Grant
from twin.limits import Bounds
from twin.model import TwinJob
from twin.orders import ORDERS
from twin.preemption import RANKED, Preemption
from twin.quotas import Cohort, Member
from twin.test_served import CAPACITY, ORDERINGS, busy_jobs, ledger_of

PREEMPTING = scenarios.scenarios(backfills=scenarios.BACKFILLS[:-1], preempting=True)


def _asks(jobs: list[TwinJob]) -> list[Asks]:
    return [
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


def _agree(scenario: scenarios.Small, data: st.DataObject) -> None:
    rule = dict(scenario.rule)
    if "preemption" in rule:
        rule["preemption"] = replace(rule["preemption"], grace=0)
    users = data.draw(st.lists(st.integers(0, 7), min_size=25, max_size=25))
    arrays = data.draw(st.just([-1] * 25) | st.lists(ARRAYS, min_size=25, max_size=25))
    whose = zip(scenario.jobs, users, arrays, strict=False)
    jobs = [replace(job, user=user, array=array) for job, user, array in whose]
    said = {"overrun": rule["overrun"], "ages": rule["order"] in AGED}
    said["kept"] = rule.get("replan") == "earlier"
    limits = data.draw(bounds(lambda: _asks(jobs), scenario.capacity, **said))
    arguments = scenario.arguments() | rule | {"jobs": jobs, "bounds": limits}
    assert engine.simulate(**arguments) == twin.simulate(**arguments)


@given(scenarios.scenarios(), st.data())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_limits_agree(scenario: scenarios.Small, data: st.DataObject) -> None:
    _agree(scenario, data)


@given(PREEMPTING, st.data())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_limits_agree_where_jobs_stop_others(
    scenario: scenarios.Small, data: st.DataObject
) -> None:
    _agree(scenario, data)


@pytest.mark.parametrize(
    "backfill",
    [{"backfill": "easy"}, {"backfill": "reservations", "k": 1}, {"backfill": "conservative"}],
)
def test_who_comes_behind_a_job_that_holds_the_queue_waits(backfill: dict[str, Any]) -> None:
    """Nothing has happened but arrivals since the pass that stopped at the third job."""
    jobs = [
        TwinJob(0, 100, 100, 2, user=0),
        TwinJob(1, 100, 100, 4, user=1),
        TwinJob(2, 10, 10, 1, user=0),
        TwinJob(3, 10, 10, 1, user=2),
    ]
    limits = Bounds((Bound("one", "user", jobs=1),), _asks(jobs), "queue")
    found = engine.simulate(jobs, 4, "fcfs", **backfill, bounds=limits)
    assert [outcome.start for outcome in found] == [0, 100, 200, 200]


@pytest.mark.parametrize("preemption", [None, Preemption(exempt=99)], ids=["", "preempting"])
@pytest.mark.parametrize(
    "backfill",
    [{"backfill": "easy"}, {"backfill": "reservations", "k": 1}, {"backfill": "conservative"}],
)
def test_who_overtakes_counts_in_the_same_pass(
    backfill: dict[str, Any], preemption: Preemption | None
) -> None:
    """The third job starts behind the head; the fourth is of the same user, and waits for it.

    The second would stop the first, if that could be stopped.
    """
    jobs = [
        TwinJob(0, 20, 20, 2, user=0, rank=1),
        TwinJob(1, 20, 20, 4, user=1, rank=0),
        TwinJob(1, 9, 9, 1, user=2),
        TwinJob(1, 9, 9, 1, user=2),
    ]
    limits = Bounds((Bound("one", "user", jobs=1),), _asks(jobs))
    said = {**backfill, "preemption": preemption, "bounds": limits}
    found = engine.simulate(jobs, 4, "fcfs", **said)
    assert [outcome.start for outcome in found] == [0, 20, 1, 10]


@pytest.mark.slow
@given(scenarios.scenarios() | PREEMPTING, st.data())
@settings(max_examples=160, deadline=None, suppress_health_check=list(HealthCheck))
def test_limits_agree_at_length(scenario: scenarios.Small, data: st.DataObject) -> None:
    _agree(scenario, data)


SERVED = {
    "at once": Bounds((Bound("few", "user", jobs=2), Bound("some", "account", gpus=18)), []),
    "work": Bounds((Bound("soon", "class", work=2_500), Bound("flood", "user", queued=4)), []),
    "queue": Bounds((Bound("few", "account", jobs=2),), [], "queue"),
    "floods": Bounds(
        (Bound("first", "user", eligible=1), Bound("rate", "account", submitted=(5, 60))), []
    ),
    "last": Bounds((), [], grants=(Grant("hours", "user", 700, period=150, when_spent="last"),)),
}


@pytest.mark.parametrize(
    ("settings", "limits", "count"), pairs_few_or_all(ORDERINGS, SERVED, 40, 60, every=4)
)
def test_limits_agree_under_orders_that_serve_somebody(
    settings: dict[str, Any], limits: Bounds, count: int
) -> None:
    """Who is held back is no part of what such an order sees waiting; it comes anew when let go."""
    jobs = busy_jobs(2, count)
    limits = replace(limits, jobs=_asks(jobs))
    rule = Rule.model_validate({**settings, **limits.settings(1), "backfill": "easy"})
    columns = engine.columns(jobs)
    found = replay(columns, CAPACITY, rule).jobs["start"].to_pylist()
    ledger = ledger_of(columns, CAPACITY, rule)
    wanted = twin.simulate(jobs, CAPACITY, ledger, "easy", bounds=limits)
    assert found == [outcome.start for outcome in wanted]
    if limits.holds == "job":
        free = twin.simulate(jobs, CAPACITY, ledger_of(columns, CAPACITY, rule), "easy")
        assert found != [outcome.start for outcome in free]


OVERUSE = Grant(
    "hours", "user", 700, period=300, when_spent="go_on", overuse=((0.3, 90, None), (0.9, 250, 1))
)


def _ages(settings: dict[str, Any]) -> bool:
    ordering = Rule.model_validate(settings).ordering
    return ordering.kind in AGED and getattr(getattr(ordering, "weights", None), "age", 1) > 0


AGING = [name for name in ORDERINGS if _ages(ORDERINGS[name])]


@pytest.mark.parametrize(("name", "count"), some_few_or_all(AGING, 3, 40, 60))
def test_overuse_agrees_under_orders_in_which_jobs_age(name: str, count: int) -> None:
    """Whoever has spent much counts as having come later, in keys of ticks and of passes."""
    jobs = busy_jobs(2, count)
    limits = Bounds((), _asks(jobs), grants=(OVERUSE,))
    rule = Rule.model_validate({**ORDERINGS[name], **limits.settings(1), "backfill": "easy"})
    columns = engine.columns(jobs)
    found = replay(columns, CAPACITY, rule).jobs["start"].to_pylist()
    order = name if name in ORDERS else ledger_of(columns, CAPACITY, rule)
    wanted = twin.simulate(jobs, CAPACITY, order, "easy", bounds=limits)
    assert found == [outcome.start for outcome in wanted]
    free = Rule.model_validate({**ORDERINGS[name], "backfill": "easy"})
    assert found != replay(columns, CAPACITY, free).jobs["start"].to_pylist()


@pytest.mark.parametrize(("settings", "count"), some_few_or_all(ORDERINGS, 5, 40, 60, first=1))
def test_quotas_agree_under_orders_that_serve_somebody(
    settings: dict[str, Any], count: int
) -> None:
    """Quotas often hold all who wait back: then nobody is in line, and no pass is made."""
    jobs = busy_jobs(4, count)
    cohort = Cohort("lent", "account", {account: Member(CAPACITY // 4) for account in range(4)})
    limits = Bounds((), _asks(jobs), cohorts=(cohort,))
    rule = Rule.model_validate({**settings, **limits.settings(1), "backfill": "easy"})
    columns = engine.columns(jobs)
    found = replay(columns, CAPACITY, rule).jobs["start"].to_pylist()
    ledger = ledger_of(columns, CAPACITY, rule)
    wanted = twin.simulate(jobs, CAPACITY, ledger, "easy", bounds=limits)
    assert found == [outcome.start for outcome in wanted]
