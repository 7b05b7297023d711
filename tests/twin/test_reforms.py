"""Reforms: the engine goes on under another rule as the twin does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pairs import some_few_or_all

from simulator.engine.run import replay
from simulator.rules.limits.overuse import AGED
from simulator.rules.models import Rule
from simulator.rules.ordering.dispatch_kernel import JOB_ORDERS
from twin import engine, scenarios, twin
from twin.asks import Bound
from twin.bounds import bounds
from twin.limits import Bounds
from twin.orders import ORDERS
from twin.preemption import Preemption
from twin.reforming import Change
from twin.test_limits import _asks
from twin.test_served import CAPACITY, ORDERINGS, busy_jobs, ledger_of

RULES = scenarios.scenarios() | scenarios.scenarios(
    backfills=scenarios.BACKFILLS[:-1], preempting=True
)
STAGES = st.none() | st.builds(
    Preemption,
    after=st.sampled_from([0, 5]),
    exempt=st.sampled_from([0, 7]),
    order=st.sampled_from(["youngest", "longest_served"]),
)


@st.composite
def changes(draw: st.DrawFn, scenario: scenarios.Small, overrun: str) -> list[Change]:
    """One or two rules that take over while jobs come."""
    times = st.integers(1, max(scenario.jobs[-1].submit, 1))
    found = []
    for time in sorted(draw(st.sets(times, min_size=1, max_size=2))):
        rule = {"order": draw(st.sampled_from(sorted(ORDERS)))}
        rule |= draw(st.sampled_from(scenarios.BACKFILLS))
        rule["overrun"] = overrun = draw(st.sampled_from([overrun, "kill", "allow"]))
        rule["preemption"] = None if "replan" in rule else draw(STAGES)
        if draw(st.booleans()):
            said = {"overrun": overrun, "ages": rule["order"] in AGED, "kept": "replan" in rule}
            rule["bounds"] = draw(bounds(lambda: _asks(scenario.jobs), scenario.capacity, **said))
        found.append(Change(time, rule, keep_budgets=draw(st.booleans())))
    return found


def reformable(scenario: scenarios.Small, data: st.DataObject) -> scenarios.Small:
    """The scenario with users, and without a grace: reforms of that have tests of their own."""
    rule = dict(scenario.rule)
    if "preemption" in rule:
        rule["preemption"] = replace(rule["preemption"], grace=0)
    users = data.draw(st.lists(st.integers(0, 7), min_size=25, max_size=25))
    jobs = [replace(job, user=user) for job, user in zip(scenario.jobs, users, strict=False)]
    assume(jobs and jobs[-1].submit > 0)
    return replace(scenario, jobs=jobs, rule=rule)


def _agree(scenario: scenarios.Small, data: st.DataObject) -> None:
    scenario = reformable(scenario, data)
    rule, jobs = scenario.rule, scenario.jobs
    more = {"changes": data.draw(changes(scenario, rule["overrun"]))}
    if data.draw(st.booleans()):
        said = {"overrun": rule["overrun"], "ages": rule["order"] in AGED}
        said["kept"] = rule.get("replan") == "earlier"
        more["bounds"] = data.draw(bounds(lambda: _asks(jobs), scenario.capacity, **said))
    arguments = scenario.arguments() | more
    assert engine.simulate(**arguments) == twin.simulate(**arguments)


@given(RULES, st.data())
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_reforms_agree(scenario: scenarios.Small, data: st.DataObject) -> None:
    _agree(scenario, data)


ALIKE = [
    name
    for name, said in ORDERINGS.items()
    if Rule.model_validate(said).ordering.kind not in ("las", *JOB_ORDERS)
]
WINDOWS = [
    pytest.param(name, 40, id=f"{name}-window")
    for name, said in ORDERINGS.items()
    if Rule.model_validate(said).accounting.fade.kind == "sliding"
]
LIMITS = Bounds((Bound("few", "user", jobs=2), Bound("flood", "class", gpus=18)), [])


@pytest.mark.parametrize(("name", "count"), some_few_or_all(ALIKE, 3, 40, 60))
def test_usage_is_kept(name: str, count: int) -> None:
    """Limits come and go; the order goes on with what everybody has had."""
    jobs = busy_jobs(3, count)
    limits = replace(LIMITS, jobs=_asks(jobs))
    said = {**ORDERINGS[name], "backfill": "easy"}
    reforms = [{"at": "301s", "rule": {**said, **limits.settings(1)}}, {"at": "600s", "rule": said}]
    rule = Rule.model_validate({**said, "reforms": reforms})
    columns = engine.columns(jobs)
    changes = [
        Change(301, {"backfill": "easy", "bounds": limits}),
        Change(600, {"backfill": "easy"}),
    ]
    found = replay(columns, CAPACITY, rule).jobs["start"].to_pylist()
    ledger = ledger_of(columns, CAPACITY, rule)
    wanted = twin.simulate(jobs, CAPACITY, ledger, "easy", changes=changes)
    assert found == [outcome.start for outcome in wanted]
    free = twin.simulate(jobs, CAPACITY, ledger_of(columns, CAPACITY, rule), "easy")
    assert found != [outcome.start for outcome in free]


@pytest.mark.parametrize(("name", "count"), [*some_few_or_all(ALIKE, 3, 40, 60, first=1), *WINDOWS])
def test_usage_begins_anew(name: str, count: int) -> None:
    """An order takes over from first come, first served, in between two ticks."""
    jobs = busy_jobs(3, count)
    after = Rule.model_validate({**ORDERINGS[name], "backfill": "easy"})
    reforms = [{"at": "301s", "usage": "reset", "rule": after}]
    rule = Rule.model_validate({"backfill": "none", "reforms": reforms})
    columns = engine.columns(jobs)
    found = replay(columns, CAPACITY, rule).jobs["start"].to_pylist()
    changes = [Change(301, {"backfill": "easy"}, ledger_of(columns, CAPACITY, after))]
    wanted = twin.simulate(jobs, CAPACITY, "fcfs", "none", changes=changes)
    assert found == [outcome.start for outcome in wanted]


@pytest.mark.slow
@given(RULES, st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_reforms_agree_at_length(scenario: scenarios.Small, data: st.DataObject) -> None:
    _agree(scenario, data)


@pytest.mark.parametrize("window", ["90s", "400s"])
def test_a_window_is_empty_when_it_begins(window: str) -> None:
    """It begins twice, and then goes on where limits come."""
    jobs = busy_jobs(3)
    limits = replace(LIMITS, jobs=_asks(jobs))
    rules = []
    for span in ("200s", window):
        fade = {"kind": "sliding", "window": span}
        rules.append({"ordering": "least_usage", "backfill": "easy", "accounting": {"fade": fade}})
    reforms = [
        {"at": "301s", "usage": "reset", "rule": rules[0]},
        {"at": "500s", "usage": "reset", "rule": rules[1]},
        {"at": "700s", "rule": {**rules[1], **limits.settings(1)}},
    ]
    rule = Rule.model_validate({"backfill": "none", "reforms": reforms})
    columns = engine.columns(jobs)
    found = replay(columns, CAPACITY, rule).jobs["start"].to_pylist()
    after = [ledger_of(columns, CAPACITY, Rule.model_validate(each)) for each in rules]
    changes = [
        Change(301, {"backfill": "easy"}, after[0]),
        Change(500, {"backfill": "easy"}, after[1]),
        Change(700, {"backfill": "easy", "bounds": limits}),
    ]
    wanted = twin.simulate(jobs, CAPACITY, "fcfs", "none", changes=changes)
    assert found == [outcome.start for outcome in wanted]
