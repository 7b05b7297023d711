"""What a reform keeps and what begins anew, worked out by hand; nodes do as a pool does."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from twin.engine import columns
from twin.model import TwinJob
from twin.nodes import engine as nodes_engine
from twin.nodes.model import Node, NodeJob
from twin.test_served import CAPACITY, busy_jobs

from simulator.cluster.outages.models import Checkpoints
from simulator.engine.charges import Calendar
from simulator.engine.run import Outcome, replay
from simulator.errors import InputError
from simulator.rules.models import Rule

SUSPENDS = {"preemption": {"ranks": ["class0", "class1"], "how": "suspend"}}
WINDOW = {"ordering": "least_usage", "accounting": {"fade": {"kind": "sliding"}}}
IDLE = {"below": "10%", "after": "5s"}
LENT = {"lent": {"per": "class", "members": {"class0": {"gpus": 2}, "class1": {"gpus": 2}}}}


def _rule(at: str, after: dict[str, Any], *, before: dict[str, Any], **said: Any) -> Rule:
    return Rule.model_validate({**before, "reforms": [{"at": at, "rule": after, **said}]})


def _starts(jobs: list[TwinJob], capacity: int, rule: Rule) -> list[int | None]:
    return replay(columns(jobs), capacity, rule).jobs["start"].to_pylist()


def test_until_a_reform_nothing_differs() -> None:
    jobs = busy_jobs(2)
    rule = _rule("600s", {"ordering": "ljf", "backfill": "none"}, before={"ordering": "sjf"})
    reformed, before = _starts(jobs, CAPACITY, rule), _starts(jobs, CAPACITY, Rule(ordering="sjf"))
    early = [start for start in before if start is not None and start < 600]
    assert early
    assert [start for start in reformed if start is not None and start < 600] == early
    assert reformed != before


BUDGET = {"grant": "30 GPU-s", "per": "user"}


def _spending(budgets: str, grant: str = "30 GPU-s", **more: Any) -> list[int | None]:
    """A user with 30 spends 20, and asks for 20 again behind a reform at 50."""
    jobs = [TwinJob(0, 20, 20, 1), TwinJob(40, 20, 20, 1), TwinJob(60, 1, 1, 1)]
    after = {"budgets": {"hours": {**BUDGET, "grant": grant, **more}}}
    rule = _rule("50s", after, before={"budgets": {"hours": BUDGET}}, budgets=budgets)
    return _starts(jobs, 4, rule)


def test_budgets_are_kept_or_begin_anew() -> None:
    assert _spending("keep") == [0, None, 60]
    assert _spending("reset") == [0, 50, 60]
    # There is no next period from which a larger grant could count: it does at once. 20 are needed.
    assert _spending("keep", grant="60 GPU-s") == [0, 50, 60]
    assert _spending("keep", grant="39 GPU-s") == [0, None, 60]
    # Half of it is released, of which 20 are spent; the other half is at 125.
    halves = {"parts": 2, "end": "250s"}
    assert _spending("keep", grant="60 GPU-s", **halves) == [0, 125, 60]
    # Of 80 nothing is left by 60: the third, of 1, waits for the other half.
    assert _spending("keep", grant="80 GPU-s", **halves) == [0, 50, 125]
    assert _spending("reset", grant="60 GPU-s") == [0, 50, 60]
    # Renewed at 70 with what is granted then.
    assert _spending("keep", grant="60 GPU-s", period="70s") == [0, 70, 60]


def test_a_budget_that_begins_in_mid_period_has_what_that_has_released() -> None:
    jobs = [TwinJob(0, 10, 10, 1), TwinJob(60, 30, 30, 1), TwinJob(61, 15, 15, 1)]
    after = {"budgets": {"hours": {"grant": "60 GPU-s", "period": "100s", "parts": 2}}}
    # At 55 the second half has been released: 60 in all. 45 are spent by 61.
    assert _starts(jobs, 4, _rule("55s", after, before={})) == [0, 60, 61]
    late = [TwinJob(0, 10, 10, 1), TwinJob(41, 31, 31, 1), TwinJob(42, 15, 15, 1)]
    # At 40 it is 30, and 60 from 50 on; of which 15 are spent at 42.
    assert _starts(late, 4, _rule("40s", after, before={})) == [0, 50, 42]


def test_a_running_job_pays_nothing_to_a_budget_that_begins_and_gets_nothing_back() -> None:
    jobs = [TwinJob(0, 30, 90, 1), TwinJob(40, 21, 21, 1)]
    after = {"budgets": {"hours": {"grant": "20 GPU-s", "end": "500s"}}}
    assert _starts(jobs, 4, _rule("20s", after, before={})) == [0, None]


def test_who_waits_is_refused_for_what_the_new_rule_would_refuse() -> None:
    jobs = [
        TwinJob(0, 50, 50, 4, user=0),
        TwinJob(1, 90, 90, 2, user=1),
        TwinJob(2, 10, 10, 2, user=2),
        TwinJob(31, 90, 90, 1, user=2),
        TwinJob(32, 20, 20, 4, user=3),
    ]
    before = {"limits": {"small": {"job_gpus": 3, "classes": ["class0"]}}}
    rule = _rule("30s", {"limits": {"short": {"walltime": "60s"}}}, before=before)
    found = replay(columns(jobs), 4, rule)
    # The first is refused by a limit that is gone by 32, when the last one comes.
    assert found.jobs["start"].to_pylist() == [None, 1, 2, None, 91]
    assert found.jobs["refused_by"].to_pylist() == ["small", "", "", "short", ""]
    late = _rule("30s", {"limits": {"short": {"walltime": "60s"}}}, before={})
    found = replay(columns([TwinJob(0, 50, 50, 4), TwinJob(1, 90, 90, 2), *jobs[3:]]), 4, late)
    assert found.jobs["refused_by"].to_pylist() == ["", "short", "short", ""]
    event = found.events.to_pylist()[-1]
    assert (event["time"], event["kind"]) == (30, "reform")


def test_what_checkpoints_kept_of_a_job_that_a_reform_refuses_is_lost() -> None:
    jobs = [NodeJob(0, 30, 30, gpus=1, rank=1), NodeJob(10, 20, 20, gpus=1, rank=0)]
    jobs += [NodeJob(21, 1, 1, gpus=1, rank=0)]
    stage = {"ranks": ["r0", "r1"], "how": "checkpoint"}
    short = {"limits": {"short": {"walltime": "25s"}}}
    found = replay(
        nodes_engine.columns(jobs, [Node(1)]),
        nodes_engine.machine([Node(1)]),
        _rule("20s", short, before={"preemption": stage}),
        checkpoints=Checkpoints.model_validate({"everyone": {"period": "4s"}}),
    )
    # It has 8 of its first 10 s whole, when the other stops it.
    assert found.jobs["state"].to_pylist() == ["refused", "completed", "completed"]
    assert found.jobs["lost_gpu_seconds"].to_pylist() == [10, 0, 0]


def test_suspended_jobs_go_on_by_their_new_ranks() -> None:
    jobs = [
        NodeJob(0, 20, 20, cpus=1, rank=2),
        NodeJob(0, 20, 20, cpus=1, rank=1),
        NodeJob(5, 10, 10, cpus=1, rank=0),
        NodeJob(5, 15, 15, cpus=1, rank=0),
        NodeJob(12, 1, 1, cpus=2, rank=0),
    ]
    before, after = (
        {"preemption": {"ranks": ["r0", *ranks], "how": "suspend", "at_most": 1}}
        for ranks in (("r1", "r2"), ("r2", "r1"))
    )
    nodes = [Node(1, cpus=2)]
    table, machine = nodes_engine.columns(jobs, nodes), nodes_engine.machine(nodes)
    found = replay(table, machine, _rule("10s", after, before=before))
    stood = {row["position"]: row["resumed"] for row in found.attempts.to_pylist()}
    # At 15 one CPU is free, at 20 the other.
    assert (stood[0], stood[1]) == ([15], [20])


def test_a_job_gives_back_what_it_paid_whatever_such_jobs_cost_now() -> None:
    def cheap(factor: float) -> dict[str, Any]:
        return {
            "budgets": {"hours": {"per": "all", "grant": "100 GPU-s"}},
            "qos": {"cheap": {"classes": ["class0"], "usage_factor": factor}},
        }

    jobs = [TwinJob(0, 30, 60, 1), TwinJob(20, 80, 80, 1, user=4), TwinJob(21, 1, 1, 1, user=4)]
    # The first pays 30 and gives back 15: at 30 there are 85. At a price of 1 it would be 30 more.
    assert _starts(jobs, 4, _rule("10s", cheap(1.0), before=cheap(0.5))) == [0, 30, 21]
    jobs[1] = TwinJob(20, 90, 90, 1, user=4)
    assert _starts(jobs, 4, _rule("10s", cheap(1.0), before=cheap(0.5))) == [0, None, 21]


def test_a_date_is_one_of_the_local_clock() -> None:
    jobs = [TwinJob(0, 9 * 3600, 9 * 3600, 4), TwinJob(1, 10, 20, 4), TwinJob(2, 10, 10, 4),
            TwinJob(11 * 3600, 1, 1, 1)]  # fmt: skip
    reform = {"at": "1970-01-01 08:00", "rule": {"ordering": "sjf"}}
    rule = Rule.model_validate({"reforms": [reform]})
    found = replay(columns(jobs), 4, rule, calendar=Calendar(0, "Asia/Almaty"))
    # 8:00 there is 2:00 or 3:00 by the epoch's clock: before the first job ends.
    assert found.jobs["start"].to_pylist()[1:3] == [9 * 3600 + 10, 9 * 3600]
    assert {row["kind"] for row in found.events.to_pylist()} == {"capacity", "reform"}


@pytest.mark.parametrize("at", ["61s", "1969-12-31"])
def test_reforms_come_while_jobs_do(at: str) -> None:
    rule = _rule(at, {"ordering": "sjf"}, before={})
    with pytest.raises(InputError, match="let them follow one another while jobs come"):
        replay(columns([TwinJob(0, 1, 1, 1), TwinJob(60, 1, 1, 1)]), 4, rule)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ({}, {"ordering": "karma"}, "nothing before it can tell what the order karma remembers"),
        ({"ordering": "stride"}, {"ordering": {"kind": "stride", "serve": "class"}}, "can tell"),
        ({}, {"ordering": "least_usage"}, "past usage means nothing there"),
        ({"ordering": "least_usage"}, {"ordering": "fair_tree"}, "past usage means nothing there"),
        ({"ordering": "least_usage"}, WINDOW, "past usage means nothing there"),
        ({}, {"conformance": "pyss"}, "conformance pyss knows no reforms"),
        (SUSPENDS, {"backfill": "conservative"}, "jobs may be suspended when it begins: backfill"),
        (
            SUSPENDS,
            {"reservations": {"r": {"at_least": 4, "start": "1h", "duration": "1h"}}},
            "jobs may be suspended when it begins",
        ),
        (SUSPENDS, {"preemption": {"reclaim": True}, "quotas": LENT}, "nothing would be reclaimed"),
        (SUSPENDS, {"preemption": {"idle": IDLE}}, "uses no GPU meanwhile"),
        ({}, {"reforms": [{"at": "1s", "rule": {}}]}, "a reform has no reforms of its own"),
    ],
)
def test_what_cannot_be_reformed(before: dict[str, Any], after: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        _rule("9s", after, before=before)


@pytest.mark.parametrize("backfill", ["none", "easy", "conservative"])
@pytest.mark.parametrize("grace", ["0s", "50s"])
@pytest.mark.parametrize("seed", range(4))
def test_a_node_does_as_a_pool_does(backfill: str, seed: int, grace: str) -> None:
    """One large node, under limits that come and go, another order and preemption."""
    jobs = busy_jobs(seed)
    limits = {"few": {"per": "user", "jobs": 1}}
    ranks = [["class0"], ["class1"]]
    reforms = [
        {"at": "150s", "rule": {"ordering": "sjf", "limits": limits, "backfill": backfill}},
        {
            "at": "300s",
            "rule": {"preemption": {"ranks": ranks, "grace": grace}, "backfill": "easy"},
        },
        {"at": "420s", "rule": {"ordering": "wfp3", "backfill": backfill}},
    ]
    rule = Rule.model_validate({"backfill": backfill, "reforms": reforms})
    _does_as_a_pool_does(jobs, rule)


@pytest.mark.parametrize("backfill", ["none", "easy", "conservative"])
@pytest.mark.parametrize("seed", [1, 3])
def test_a_node_does_as_a_pool_does_with_grace(backfill: str, seed: int) -> None:
    """Rules with a grace and without one, again and again."""
    jobs = busy_jobs(seed, 80)
    stage = {"ranks": [["class0"], ["class1"]], "grace": "40s"}
    rules: list[dict[str, Any]] = [{"preemption": stage}, {"ordering": "sjf"}]
    reforms = [
        {
            "at": f"{jobs[0].submit + 37 * number}s",
            "rule": {**rules[number % 2], "backfill": backfill},
        }
        for number in range(1, 16)
    ]
    rule = Rule.model_validate({**rules[0], "backfill": backfill, "reforms": reforms})
    attempts = _does_as_a_pool_does(jobs, rule).attempts.to_pylist()
    ends = [each["end"] - jobs[0].submit for each in attempts if each["reason"] == "preempted"]
    # Some were stopped under a rule that preempts nobody.
    assert any(end // 37 % 2 == 1 for end in ends)


def _does_as_a_pool_does(jobs: list[TwinJob], rule: Rule) -> Outcome:
    pool = replay(columns(jobs), CAPACITY, rule)
    asked = [
        NodeJob(job.submit, job.run_time, job.walltime, gpus=job.size, user=job.user,
                fails_after=job.fails_after, cancelled_at=job.cancelled_at)
        for job in jobs
    ]  # fmt: skip
    nodes = [Node(CAPACITY)]
    table = nodes_engine.columns(asked, nodes)
    found = replay(table, nodes_engine.machine(nodes), rule)
    for name in ("start", "end", "state", "refused_by"):
        assert found.jobs[name].to_pylist() == pool.jobs[name].to_pylist()
    return found
