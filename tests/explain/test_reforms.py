"""Where another rule takes over while a job waits: each pass is that of the rule in force."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pairs import few_or_all
from twin import engine
from twin.model import TwinJob
from twin.nodes import engine as on_nodes
from twin.nodes.reforms import KINDS, eras, reformed
from twin.nodes.test_reforms import _aimed
from twin.test_reforms import RULES, changes, reformable

from explain.probing import examine, examine_at, in_force, told
from explain.test_otherwise import longest_waiting, starts
from simulator.engine import run
from simulator.engine.probe.lifts import LIMIT, ORDER, PLAN, STANDING
from simulator.engine.probe.refusal import Refusal
from simulator.engine.probe.story import Story
from simulator.rules.models import Rule
from simulator.study.reformed import changes as changes_of

if TYPE_CHECKING:
    from twin.scenarios import Small

    from explain.probing import Replay

FEW = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))


def _pool(scenario: Small, data: st.DataObject) -> tuple[Replay, int]:
    """The replay of a scenario that is reformed once or twice, but for who looks on."""
    scenario = reformable(scenario, data)
    rule = scenario.rule
    drawn = data.draw(changes(scenario, rule["overrun"]))
    said = {"backfill": "easy", **rule, "changes": drawn}
    outages = {"maintenance": scenario.windows, "losses": scenario.losses}
    columns = engine.columns(scenario.jobs)
    replay = partial(run.replay, columns, scenario.capacity, engine.rule(**said), **outages)
    return replay, scenario.capacity


@given(RULES, st.data())
@FEW
def test_what_blocks_on_a_reformed_pool_is_exact(scenario: Small, data: st.DataObject) -> None:
    examine(*_pool(scenario, data))


def nodes_reformed(random: Random, kind: str) -> tuple[Replay, int]:
    """The replay of a crowd on nodes whose rule is reformed, but for who looks on."""
    said = _aimed(random, reformed(random, eras(random, kind), 22))
    bounds = said.pop("bounds")
    jobs, nodes, rule = said["jobs"], said["nodes"], said["rule"]
    machine = on_nodes.machine(nodes)
    then = on_nodes.reforms(said["changes"], machine.slices, rule.overrun)
    stages = {"reforms": then} | (bounds.settings(1) if bounds else {})
    replay = partial(
        run.replay, on_nodes.columns(jobs, nodes), machine, on_nodes.model(rule, stages),
        checkpoints=on_nodes._checkpoints(said["checkpoints"]),
    )  # fmt: skip
    return replay, machine.units


@given(RULES, st.data())
@FEW
def test_who_is_let_in_as_soon_as_it_fits_starts_no_later(
    scenario: Small, data: st.DataObject
) -> None:
    """Whatever rules are in force: until it starts nothing is otherwise, and at that pass the plan
    alone blocked it, or what put it behind others, which is named first where it would do as well.
    """
    replay, units = _pool(scenario, data)
    job = longest_waiting(replay)
    if not job or job["restarts"]:
        return
    start = starts(replay, PLAN, job["position"], units)[job["position"]]
    assert start is not None
    assert start <= job["start"]
    if start < job["start"]:
        assert examine_at(replay, units, job["position"], start) in ((PLAN,), (STANDING,))
    # In eras that have none there is nothing to lift.
    for clause in (LIMIT, STANDING, ORDER):
        starts(replay, clause, job["position"], units)


@pytest.mark.parametrize("crowds", few_or_all(2, 3))
@pytest.mark.parametrize("kind", KINDS)
def test_what_blocks_on_reformed_nodes_is_exact(kind: str, crowds: int) -> None:
    random, found = Random(f"why reformed {kind}"), list[Any]()
    for _ in range(crowds):
        found += examine(*nodes_reformed(random, kind), most=2, rounds_alike=False)
    assert len(found) > crowds


ONE = {"limits": {"one": {"per": "user", "jobs": 1}}}
WAITING = [
    TwinJob(0, 100, 100, 1, user=0),
    TwinJob(0, 30, 30, 3, user=5),
    TwinJob(10, 10, 10, 2, user=0),
    TwinJob(25, 5, 5, 1, user=7),
]
"""On four units: the third waits for the second, which ends at 30."""


def _worked(
    jobs: list[TwinJob], first: dict[str, Any], at: int, then: dict[str, Any], **more: Any
) -> tuple[Replay, Rule]:
    reform = {"at": f"{at}s", "rule": then, **more}
    rule = Rule.model_validate({**first, "reforms": [reform]})
    return partial(run.replay, engine.columns(jobs), 4, rule), rule


def test_each_look_is_under_the_rule_in_force() -> None:
    """Others hold all until 30, and from 20 on one job of a user may run."""
    story = told(*_of(_worked(WAITING, {}, 20, ONE)), 2)
    looks = [(look.when, look.era, look.blocked_by, look.limits) for look in story.moments]
    assert looks == [
        (10, 0, ("held",), ()),
        (20, 1, ("limit", "held"), ("one",)),
        (25, 1, ("limit", "held"), ("one",)),
        (30, 1, ("limit",), ("one",)),
        (35, 1, ("limit",), ("one",)),
    ]
    # What the limit of the first rule is called, or its order, is of no account any more.
    other = {"limits": {"narrow": {"per": "user", "jobs": 1}}, "ordering": "sjf"}
    story = told(*_of(_worked(WAITING, other, 20, ONE)), 2)
    assert [look.limits for look in story.moments] == [("narrow",), *[("one",)] * 4]
    assert [dict(look.factors) for look in story.moments] == [{"walltime": 10.0}, *[{}] * 4]


def _of(worked: tuple[Replay, Rule]) -> tuple[Replay, int, Rule]:
    return worked[0], 4, worked[1]


def test_a_job_that_stays_when_the_limit_goes_starts_then() -> None:
    replay, rule = _worked(WAITING, ONE, 31, {})
    jobs = [*WAITING, TwinJob(31, 5, 5, 1, user=7)]
    replay = partial(run.replay, engine.columns(jobs), 4, rule)
    story = told(replay, 4, rule, 2)
    assert [(look.when, look.era) for look in story.moments][-1] == (30, 0)
    assert replay().jobs["start"].to_pylist()[2] == 31


@pytest.mark.parametrize(
    "limits", [{"one": {"per": "user", "jobs": 1}}, {"small": {"job_gpus": 1}}]
)
def test_who_is_exempt_is_so_from_the_limits_of_each_rule(limits: dict[str, Any]) -> None:
    """Held back by the limit to come, or refused by it, the third starts when it fits without."""
    replay, _ = _worked(WAITING, {}, 20, {"limits": limits})
    assert replay().jobs["start"].to_pylist()[2] in (100, None)
    assert starts(replay, LIMIT, 2, 4) == [0, 0, 30, 30]


def test_who_runs_exempt_does_not_count_in_the_limits_to_come() -> None:
    jobs = [TwinJob(0, 100, 100, 1, user=0), TwinJob(45, 10, 10, 1, user=0)]
    replay, _ = _worked(jobs, {}, 40, ONE)
    assert replay().jobs["start"].to_pylist() == [0, 100]
    assert starts(replay, LIMIT, 0, 4) == [0, 45]


def test_no_budget_puts_it_back_under_any_rule() -> None:
    """At 50 two units come free. The first job's user has spent 100 of 120 unit-seconds, so the
    second costs more than is left, and stands behind the third, under both rules."""
    jobs = [
        TwinJob(0, 50, 50, 2, user=0),
        TwinJob(0, 90, 90, 2, user=5),
        TwinJob(2, 30, 30, 2, user=0),
        TwinJob(3, 30, 30, 2, user=6),
        TwinJob(25, 200, 200, 1, user=7),
    ]
    spent = {"hours": {"per": "user", "grant": "120 GPU-s", "when_spent": "last"}}
    replay, rule = _worked(jobs, {"budgets": spent}, 20, {"ordering": "sjf", "budgets": spent})
    story = told(replay, 4, rule, 2)
    assert {look.behind for look in story.moments if STANDING in look.blocked_by} == {("hours",)}
    assert replay().jobs["start"].to_pylist()[2:4] == [80, 50]
    assert starts(replay, STANDING, 2, 4)[2:4] == [50, 80]
    # And where the next rule has none, nothing is lifted from then on.
    replay, _ = _worked(jobs, {"budgets": spent}, 20, {})
    assert starts(replay, STANDING, 2, 4) == replay().jobs["start"].to_pylist()


def test_a_reform_that_refuses_who_waits_is_known_from_others() -> None:
    small = {"limits": {"small": {"job_gpus": 1}}}
    later = [*WAITING, TwinJob(26, 5, 5, 2, user=7)]
    replay, _ = _worked(later, {}, 20, small)
    found = []
    for position in range(len(later)):
        watch = Refusal(position)
        replay(watch=watch)
        found.append(watch.era)
    # The second runs on; the last was refused when it came.
    assert found == [None, None, 1, None, None]


def test_what_a_reform_changes_in_words() -> None:
    before = Rule.model_validate({**ONE, "holds": "job", "ordering": "fcfs"})
    after = Rule.model_validate(
        {
            "title": "Other",
            "limits": {"one": {"per": "user", "jobs": 2}, "two": {"gpus": 3}},
            "holds": "queue",
            "ordering": "sjf",
            "backfill": {"kind": "reservations", "k": 2},
            "preemption": {"ranks": [["a"], ["b"]]},
        }
    )
    assert changes_of(before, after) == [
        "limits.one changed", "limits.two added", "holds job → queue", "ordering fcfs → sjf",
        "backfill easy → reservations", "preemption added",
    ]  # fmt: skip
    assert changes_of(after, before)[-1] == "preemption dropped"
    assert "limits.two dropped" in changes_of(after, before)
    more = after.model_copy(
        update={
            "backfill": Rule.model_validate({"backfill": {"kind": "reservations", "k": 3}}).backfill
        }
    )
    assert changes_of(after, more) == ["backfill changed"]


def test_a_kill_is_laid_to_a_budget_of_the_rule_in_force() -> None:
    """The first user has 20 unit-seconds; from the reform on it has 30 again, by another name; or
    nobody can pay yet, so that the reform itself kills."""
    jobs = [
        TwinJob(0, 50, 50, 2, user=0),
        TwinJob(0, 90, 90, 2, user=5),
        TwinJob(20, 5, 5, 1, user=7),
    ]

    def granted(name: str, seconds: int, start: int) -> dict[str, Any]:
        said = {"per": "user", "grant": f"{seconds} GPU-s", "safe": False, "start": f"{start}s"}
        return {"budgets": {name: said}}

    for at, start, when, name in (
        (10, 0, 10, "old"), (11, 0, 10, "old"), (9, 0, 24, "new"), (9, 50, 9, "new"),
    ):  # fmt: skip
        replay, rule = _worked(jobs, granted("old", 20, 0), at, granted("new", 30, start))
        ended = replay().attempts.to_pylist()
        assert next(row["end"] for row in ended if row["cause"] == "budget") == when
        story = Story(0, 4, in_force(rule), frozenset(), {}, frozenset(), kills=frozenset([when]))
        replay(watch=story.watch())
        assert story.killed == {when: (name,)}
