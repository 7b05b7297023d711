"""Members take back what is theirs and ranks count too: the engine and the twin agree, on pools."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from pairs import few_or_all

from simulator.engine.run import replay
from simulator.rules.models import Rule
from twin import engine, twin
from twin.model import TwinJob
from twin.owners import check_rights, early_ends, ended, ranked
from twin.reforming import Change
from twin.test_limits import _asks
from twin.test_reclaim import BACKFILLS, CAPACITY
from twin.test_reclaim import crowded as owners_alone
from twin.troubles import on_a_pool


def crowded(random: Random, backfill: str, most: int) -> dict[str, Any]:
    """A crowd of owners of whose jobs most are of a rank: arguments of ``simulate``."""
    said = owners_alone(random, backfill, most)
    jobs, stage = ranked(random, said["jobs"], said["preemption"], ("requeue", "requeue", "cancel"))
    limits = replace(said["bounds"], jobs=_asks(jobs))
    return said | {"jobs": jobs, "preemption": stage, "bounds": limits}


def _rights(said: dict[str, Any], found: list[Any]) -> list[str]:
    ranks, limits = [job.rank for job in said["jobs"]], said["bounds"]
    [quota] = limits.cohorts
    attempts = [outcome.attempts for outcome in found]
    return check_rights(ranks, limits.jobs, quota, said["preemption"], attempts)


@pytest.mark.parametrize("crowds", few_or_all(12, 30))
@pytest.mark.parametrize("backfill", BACKFILLS)
def test_both_rights_in_a_crowd_are_as_the_twin_has_them(backfill: str, crowds: int) -> None:
    random, times = Random(f"either {backfill}"), Counter[str]()
    for _ in range(crowds):
        said = crowded(random, backfill, 25)
        found = engine.simulate(**said)
        assert found == twin.simulate(**said)
        times.update(_rights(said, found))
    assert min(times["owner"], times["rank"]) > crowds / 6, times


def test_reforms_come_and_go_where_both_rights_are() -> None:
    times = 0
    for seed in range(12):
        random = Random(seed)
        said = crowded(random, random.choice(BACKFILLS), 40)
        stage, limits, last = said["preemption"], said["bounds"], said["jobs"][-1].submit
        one = replace(stage, beside=False, how=stage.how[:1] * 3, order="youngest")
        rules: list[dict[str, Any]] = [
            {"preemption": one, "bounds": limits},
            {"preemption": replace(stage, beside=False, reclaim=False)},
            {"bounds": limits},
        ]
        back = {"order": "fcfs", "preemption": stage, "bounds": limits}
        changes = [
            Change(last // 2, {"order": "sjf", "backfill": "easy", **random.choice(rules)}),
            Change(last, {"backfill": "easy", **back}),
        ]
        found = engine.simulate(**said, changes=changes)
        assert found == twin.simulate(**said, changes=changes)
        times += sum(each[2] == "preempted" for outcome in found for each in outcome.attempts)
    assert times > 20, times


@pytest.mark.slow
def test_both_rights_agree_beside_outages_and_early_ends() -> None:
    random, times = Random("odd crowds of both"), 0
    for _ in range(150):
        said = crowded(random, random.choice(BACKFILLS), 30)
        jobs = [replace(job, **early_ends(random, job.submit)) for job in said["jobs"]]
        said |= {"jobs": jobs, "overrun": random.choice(["kill", "allow"])}
        said |= on_a_pool(random, CAPACITY)
        found = engine.simulate(**said)
        assert found == twin.simulate(**said)
        times += sum(each[2] == "preempted" for outcome in found for each in outcome.attempts)
    assert times > 200, times


@pytest.mark.parametrize("crowds", few_or_all(40, 100))
@pytest.mark.parametrize("backfill", BACKFILLS)
def test_both_rights_come_to_an_end_and_quotas_hold(backfill: str, crowds: int) -> None:
    random, times = Random(f"ends {backfill}"), Counter[str]()
    for _ in range(crowds):
        said = crowded(random, backfill, 60)
        found = engine.simulate(**said)
        assert ended(outcome.state for outcome in found)
        times.update(_rights(said, found))
    assert min(times["owner"], times["rank"]) > crowds / 2, times


def test_classes_that_are_outranked_or_reclaimed_from_may_fare_otherwise() -> None:
    """Class 0 borrows from class 1, and rank 2 is no member: each job that stops has its fate."""
    jobs = [TwinJob(0, 10, 10, 3), TwinJob(0, 10, 10, 1, rank=2), TwinJob(5, 5, 5, 4, user=4)]
    stage = {
        "reclaim": True,
        "ranks": [["class1", "class0"], "r2"],
        "classes": {"class0": "cancel", "r2": "requeue"},
        "how": "cancel",
    }
    members = {"class0": {"gpus": 0}, "class1": {"gpus": 4}}
    rule = Rule.model_validate({"quotas": {"q": {"members": members}}, "preemption": stage})
    found = engine.outcomes(replay(engine.columns(jobs), 4, rule))
    assert [outcome.attempts for outcome in found] == [
        [(0, 5, "failed")],
        [(0, 5, "preempted"), (10, 20, "completed")],
        [(5, 10, "completed")],
    ]
