"""Scenarios on nodes in which jobs are suspended: CPUs are short, and low ranks come first."""

from __future__ import annotations

from random import Random

from twin.nodes.model import Node, NodeJob, Rule
from twin.nodes.outages import Failure, Window
from twin.nodes.scenarios import HOW, PLACEMENTS, Small
from twin.preemption import ORDERS, RANKS, Preemption
from twin.saves import Saves


def suspending(seed: int) -> Small:
    """A scenario of its own for each seed."""
    random = Random(seed)
    nodes = [
        Node(random.choice([0, 2, 4]), random.choice([4, 8]), random.choice([4, 8]))
        for _ in range(random.randint(1, 4))
    ]
    backfill = random.choice(["none", "easy", "easy"])
    rule = Rule(
        backfill=backfill,
        placement=random.choice(PLACEMENTS),
        overrun=random.choice(["kill", "kill", "allow"]),
        avoid_head=backfill == "easy" and random.random() < 0.5,
        preemption=_preemption(random),
    )
    saves = {rank: Saves(3, 1, 1) for rank in range(RANKS)} if random.random() < 0.5 else {}
    count = len(nodes)
    windows = [_window(random, count) for _ in range(random.choice([0, 0, 1]))]
    failures = [_failure(random, count) for _ in range(random.choice([0, 0, 1, 2]))]
    return Small(_jobs(random), nodes, rule, tuple(windows), tuple(failures), saves)


def _preemption(random: Random) -> Preemption:
    mixed = random.choices((*HOW, "suspend", "suspend"), k=RANKS)
    return Preemption(
        ("suspend",) * RANKS if random.random() < 0.6 else tuple(mixed),
        random.choice(ORDERS),
        after=random.choice([0, 0, 0, 3]),
        exempt=random.choice([0, 0, 2]),
        at_most=random.choice([None, None, 1, 2]),
    )


def _jobs(random: Random) -> list[NodeJob]:
    submit, found = 0, []
    for _ in range(random.randint(4, 20)):
        submit += random.choice([0, 0, 0, 1, 1, 2, 3, 5])
        run_time = random.choice([0, 1, 2, 3, 5, 8, 13, 20, 30])
        back = random.randint(-1, 20) if random.random() < 0.1 else None
        found.append(
            NodeJob(
                submit,
                run_time,
                max(run_time + random.choice([-3, 0, 0, 0, 2, 5, 9]), 0),
                nodes=random.choice([1, 1, 1, 2]),
                gpus=random.choice([0, 0, 0, 0, 0, 1, 1, 2]),
                cpus=random.choice([0, 1, 2, 2, 3, 4, 4]),
                memory=random.choice([0, 0, 0, 1]),
                exclusive=random.random() < 0.05,
                rank=random.choice([0, 1, 2] if submit > 5 else [1, 2, 2, None]),
                fails_after=random.randint(0, 10) if random.random() < 0.1 else None,
                cancelled_at=None if back is None else max(submit + back, 0),
            )
        )
    return found


def _window(random: Random, count: int) -> Window:
    return Window(
        random.randint(1, 30),
        random.randint(1, 6),
        (random.randrange(count),),
        drain=random.random() < 0.5,
    )


def _failure(random: Random, count: int) -> Failure:
    return Failure(
        random.randint(1, 30),
        (random.randrange(count),),
        random.randint(1, 8),
        repair_known=random.random() < 0.5,
        max_requeues=random.choice([None, None, 1]),
    )
