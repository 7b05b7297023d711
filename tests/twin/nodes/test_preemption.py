"""Preemption on nodes comes to an end, and who is stopped leaves a node that is taken."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from pairs import few_or_all, pairs_few_or_all

from twin.nodes import engine
from twin.nodes.model import Node, NodeJob, Outcome, Rule
from twin.nodes.scenarios import BACKFILLS, HOW, PLACEMENTS
from twin.preemption import ORDERS, RANKS, Preemption, check_it_ends, outranks
from twin.saves import Saves

NODES = [Node(4, cpus=8), Node(4, cpus=8), Node(2, cpus=4), Node(8, cpus=8)]
SAVES = {rank: Saves(4, 1, 1) for rank in range(RANKS)}


def _crowd(random: Random, count: int) -> list[NodeJob]:
    """Many more jobs than there is room for, of all ranks, in bursts: parts of nodes and gangs."""
    submits = sorted(random.choice([0, 5, 5, 9, random.randrange(60)]) for _ in range(count))
    return [
        NodeJob(
            submit,
            random.choice([0, 1, 3, 8, 20]),
            random.choice([1, 5, 10, 30]),
            nodes=random.choice([1, 1, 1, 2, 3]),
            gpus=random.randint(0, 4),
            cpus=random.choice([0, 0, 3]),
            exclusive=random.random() < 0.1,
            rank=random.choice([0, 1, 2, 2, None]),
        )
        for submit in submits
    ]


def _rule(random: Random, backfill: str, grace: int, how: tuple[str, ...] = HOW) -> Rule:
    preemption = Preemption(
        ("requeue", *random.choices(how, k=RANKS - 1)),
        random.choice(ORDERS),
        random.choice([0, 0, 4]),
        random.choice([0, 0, 4]),
        random.choice([None, 1, 2, 5]),
        grace,
    )
    return Rule(backfill=backfill, placement=random.choice(PLACEMENTS), preemption=preemption)


def _its_nodes_are_taken(jobs: list[NodeJob], outcomes: list[Outcome]) -> None:
    """Of what each victim held, something goes in that second to one of a higher rank."""
    for position, outcome in enumerate(outcomes):
        for _, end, reason, nodes, _ in outcome.attempts:
            assert reason != "preempted" or any(
                start == end and not set(nodes).isdisjoint(taken)
                for other, theirs in enumerate(outcomes)
                if outranks(jobs[other].rank, jobs[position].rank)
                for start, _, _, taken, _ in theirs.attempts
            )


@pytest.mark.parametrize(
    ("backfill", "grace", "count"),
    pairs_few_or_all(BACKFILLS, {str(g): g for g in (0, 1, 6)}, 25, 100),
)
def test_no_loop_under_load(backfill: str, grace: int, count: int) -> None:
    random, preemptions = Random(f"preemption {backfill}"), 0
    for _ in range(count):
        jobs, rule = _crowd(random, random.randint(5, 60)), _rule(random, backfill, grace)
        found = engine.simulate(jobs, NODES, rule, checkpoints=SAVES)
        assert rule.preemption is not None
        preemptions += check_it_ends(jobs, rule.preemption, found)
        if backfill == "none":
            _its_nodes_are_taken(jobs, found)
    assert preemptions > (count if grace == 0 else count // 4)


@pytest.mark.parametrize("crowds", few_or_all(60, 150))
@pytest.mark.parametrize("backfill", ["none", "easy"])
def test_no_loop_where_jobs_are_suspended(backfill: str, crowds: int) -> None:
    """A job is suspended as often as it may be at most, all end, and an instant has few rounds."""
    random, times = Random(f"suspension {backfill}"), 0
    for _ in range(crowds):
        jobs = [
            replace(job, gpus=random.choice([0, 0, 1]), cpus=random.randint(1, 8))
            for job in _crowd(random, random.randint(5, 60))
        ]
        rule = _rule(random, backfill, 0, ("suspend", "suspend", "requeue"))
        run = engine.replay(jobs, NODES, rule, checkpoints=SAVES)
        # A further round comes only of a start, or of an end in the second of its start.
        assert run.passes <= run.instants + 2 * len(run.attempts)
        found = engine.outcomes(run)
        assert rule.preemption is not None
        check_it_ends(jobs, rule.preemption, found)
        for job, outcome in zip(jobs, found, strict=True):
            assert rule.preemption.at_most is None or (
                len(outcome.suspended) <= rule.preemption.at_most
            )
            assert job.rank in (1, 2) or not outcome.suspended
            times += len(outcome.suspended)
    assert times > 1.34 * crowds
