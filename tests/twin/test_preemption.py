"""Preemption comes to an end: rights are a strict order, limits hold, an instant has few rounds."""

from __future__ import annotations

from random import Random

import pytest
from pairs import pairs_few_or_all

from twin import engine
from twin.model import TwinJob
from twin.preemption import ORDERS, RANKS, Preemption, check_it_ends

BACKFILLS = ("none", "easy", "reservations", "conservative")
CAPACITY = 8


def _crowd(random: Random, count: int) -> list[TwinJob]:
    """Many more jobs than there is room for, of all ranks, in bursts."""
    submits = sorted(random.choice([0, 5, 5, 9, random.randrange(60)]) for _ in range(count))
    return [
        TwinJob(
            submit,
            random.choice([0, 1, 3, 8, 20]),
            random.choice([1, 5, 10, 30]),
            random.randint(1, CAPACITY),
            rank=random.choice([0, 1, 2, 2, None]),
        )
        for submit in submits
    ]


def _rule(random: Random, grace: int) -> Preemption:
    return Preemption(
        ("requeue", *random.choices(("requeue", "requeue", "cancel"), k=RANKS - 1)),
        random.choice(ORDERS),
        random.choice([0, 0, 4]),
        random.choice([0, 0, 4]),
        random.choice([None, 1, 2, 5]),
        grace,
    )


@pytest.mark.parametrize(
    ("backfill", "grace", "count"),
    pairs_few_or_all(BACKFILLS, {str(g): g for g in (0, 1, 6)}, 25, 100),
)
def test_no_loop_under_load(backfill: str, grace: int, count: int) -> None:
    random, preemptions = Random(f"preemption {backfill}"), 0
    for _ in range(count):
        jobs, rule = _crowd(random, random.randint(5, 60)), _rule(random, grace)
        found = engine.simulate(jobs, CAPACITY, "fcfs", backfill, preemption=rule)
        preemptions += check_it_ends(jobs, rule, found)
    assert preemptions > (2 * count if grace == 0 else count // 2)
