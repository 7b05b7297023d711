"""Limits on arrays and floods: the engine and the twin agree under crowds, on nodes."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from twin.floods import STAGES, limits, origin
from twin.limits import Bounds
from twin.nodes import engine, scenarios, twin
from twin.nodes.model import Node, NodeJob, Rule
from twin.nodes.test_limits import _asks
from twin.owners import early_ends
from twin.saves import Saves
from twin.troubles import on_nodes

NODES = [Node(4, cpus=8), Node(4, cpus=8), Node(2, cpus=4), Node(8, cpus=8)]


def _crowd(random: Random, count: int, *, ranked: bool) -> list[NodeJob]:
    """Bursts of jobs, most of them of few people and arrays: parts of nodes and gangs."""
    submits = sorted(random.choice([0, 5, 9, 9, random.randrange(60)]) for _ in range(count))
    return [
        NodeJob(
            submit,
            random.choice([3, 8, 20, 20]),
            random.choice([5, 10, 30, 30]),
            nodes=random.choice([1, 1, 2, 2]),
            gpus=random.choice([1, 2, 2, 4]),
            cpus=random.choice([0, 0, 3]),
            rank=random.choice([1, 2] if submit <= 5 else [0, 0, 1, 2]) if ranked else None,
            **origin(random),
        )
        for submit in submits
    ]


def crowded(random: Random, backfill: str, most: int) -> tuple[dict[str, Any], Bounds]:
    """A scenario under such limits, and these."""
    stage = random.choice(STAGES)
    jobs = _crowd(random, random.randint(12, most), ranked=stage is not None)
    rule = Rule(
        backfill=backfill,
        placement=random.choice(scenarios.PLACEMENTS),
        avoid_head=backfill == "easy" and random.random() < 0.5,
        preemption=stage,
    )
    arguments = {"jobs": jobs, "nodes": NODES, "rule": rule, "checkpoints": {None: Saves(4, 1, 1)}}
    return arguments, Bounds(limits(random), _asks(jobs, scenarios.Small(jobs, NODES, rule)))


def _starts(arguments: dict[str, Any], limits: Bounds) -> tuple[int, int]:
    """Assert that both agree; returns how many attempts were stopped and how many jobs refused."""
    found = engine.simulate(**arguments, served=limits.settings(1))
    assert found == twin.simulate(**arguments, bounds=limits)
    stopped = sum(each[2] == "preempted" for outcome in found for each in outcome.attempts)
    return stopped, sum(outcome.state == "refused" for outcome in found)


@pytest.mark.parametrize("backfill", scenarios.BACKFILLS)
def test_floods_agree(backfill: str) -> None:
    random, few, stopped, refused = Random(f"floods {backfill}"), 0, 0, 0
    for _ in range(14):
        arguments, limits = crowded(random, backfill, 30)
        few += any(each.eligible for each in limits.bounds)
        stops, refusals = _starts(arguments, limits)
        stopped, refused = stopped + stops, refused + refusals
    assert min(few, stopped, refused) > 0, (few, stopped, refused)


@pytest.mark.slow
def test_floods_agree_beside_outages_and_early_ends() -> None:
    random, stopped = Random("odd floods"), 0
    for _ in range(120):
        arguments, limits = crowded(random, random.choice(scenarios.BACKFILLS), 30)
        jobs = [replace(job, **early_ends(random, job.submit)) for job in arguments["jobs"]]
        rule = replace(arguments["rule"], overrun=random.choice(["kill", "allow"]))
        arguments |= {"jobs": jobs, "rule": rule, **on_nodes(random)}
        stopped += _starts(arguments, limits)[0]
    assert stopped > 20, stopped
