"""Members take back what is theirs and ranks count too: the engine and the twin agree, on nodes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from pairs import few_or_all

from twin.asks import Bound
from twin.limits import Bounds
from twin.nodes import engine, scenarios, twin
from twin.nodes.model import Node, NodeJob, Rule
from twin.nodes.test_limits import _asks
from twin.owners import check_rights, cohort, early_ends, ended, ranked, stage
from twin.saves import Saves
from twin.troubles import on_nodes

NODES = [Node(4, cpus=8), Node(4, cpus=8), Node(1, cpus=2), Node(1, cpus=2)]
GPUS = 10


def _crowd(random: Random, count: int) -> list[NodeJob]:
    """Jobs of few shapes that run long, first those of one user: many would stop many."""
    submits = sorted(random.choice([0, 3, 5, 5, random.randrange(40)]) for _ in range(count))
    flood = random.randrange(8)
    return [
        NodeJob(
            submit,
            random.choice([2, 10, 30, 30]),
            random.choice([10, 30, 30]),
            nodes=random.choice([1, 1, 1, 1, 2]),
            gpus=random.choice([1, 1, 2, 2, 3]),
            cpus=random.choice([0, 0, 0, 3]),
            exclusive=random.random() < 0.05,
            user=random.randrange(8) if submit > 2 else flood,
        )
        for submit in submits
    ]


def crowded(random: Random, backfill: str, most: int) -> tuple[dict[str, Any], Bounds]:
    """A crowd of owners of whose jobs most are of a rank, and its limits."""
    owners = stage(random, scenarios.HOW)
    jobs, both = ranked(random, _crowd(random, random.randint(15, most)), owners, scenarios.HOW)
    places = [random.choice(scenarios.PLACEMENTS), backfill == "easy" and random.random() < 0.5]
    rule = Rule(backfill=backfill, placement=places[0], avoid_head=places[1], preemption=both)
    saves = dict.fromkeys([None, 0, 1, 2], Saves(4, 1, 1))
    others = random.choice([(), (), (), (Bound("few", "user", jobs=2),)])
    asks = _asks(jobs, scenarios.Small(jobs, NODES, rule))
    holds = random.choice(["job", "job", "job", "queue"])
    said = {"jobs": jobs, "nodes": NODES, "rule": rule, "checkpoints": saves}
    return said, Bounds(others, asks, holds, (cohort(random, GPUS),))


def _rights(said: dict[str, Any], limits: Bounds, found: list[Any]) -> list[str]:
    ranks, rule = [job.rank for job in said["jobs"]], said["rule"].preemption
    [quota] = limits.cohorts
    return check_rights(ranks, limits.jobs, quota, rule, [outcome.attempts for outcome in found])


@pytest.mark.parametrize("crowds", few_or_all(12, 30))
@pytest.mark.parametrize("backfill", scenarios.BACKFILLS)
def test_both_rights_in_a_crowd_are_as_the_twin_has_them(backfill: str, crowds: int) -> None:
    random, times = Random(f"either {backfill}"), Counter[str]()
    for _ in range(crowds):
        said, limits = crowded(random, backfill, 22)
        found = engine.simulate(**said, served=limits.settings(1))
        assert found == twin.simulate(**said, bounds=limits)
        times.update(_rights(said, limits, found))
    assert min(times["owner"], times["rank"]) > crowds / 30, times


@pytest.mark.slow
def test_both_rights_agree_beside_outages_and_early_ends() -> None:
    random, times = Random("odd crowds of both"), 0
    for _ in range(120):
        said, limits = crowded(random, random.choice(scenarios.BACKFILLS), 24)
        jobs = [replace(job, **early_ends(random, job.submit)) for job in said["jobs"]]
        rule = replace(said["rule"], overrun=random.choice(["kill", "allow"]))
        said |= {"jobs": jobs, "rule": rule, **on_nodes(random)}
        found = engine.simulate(**said, served=limits.settings(1))
        assert found == twin.simulate(**said, bounds=limits)
        times += sum(each[2] == "preempted" for outcome in found for each in outcome.attempts)
    assert times > 100, times


@pytest.mark.parametrize("backfill", scenarios.BACKFILLS)
def test_both_rights_come_to_an_end_and_quotas_hold(backfill: str) -> None:
    random, times = Random(f"ends {backfill}"), Counter[str]()
    for _ in range(20):
        said, limits = crowded(random, backfill, 60)
        found = engine.simulate(**said, served=limits.settings(1))
        assert ended(outcome.state for outcome in found)
        times.update(_rights(said, limits, found))
    assert min(times["owner"], times["rank"]) > 20, times
