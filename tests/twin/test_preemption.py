"""Preemption comes to an end: rights are a strict order, limits hold, an instant has few rounds."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from twin import engine
from twin.model import Outcome, TwinJob
from twin.preemption import ORDERS, RANKS, Preemption, outranks

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


def _rule(random: Random) -> Preemption:
    return Preemption(
        ("requeue", *random.choices(("requeue", "requeue", "cancel"), k=RANKS - 1)),
        random.choice(ORDERS),
        random.choice([0, 0, 4]),
        random.choice([0, 0, 4]),
        random.choice([None, 1, 2, 5]),
    )


def _preempted(outcomes: list[Outcome]) -> list[tuple[int, int]]:
    """(position, second) of each preemption that queued its victim again."""
    return [
        (position, end)
        for position, outcome in enumerate(outcomes)
        for _, end, reason in outcome.attempts
        if reason == "preempted"
    ]


def _check(jobs: list[TwinJob], rule: Preemption, outcomes: list[Outcome]) -> int:
    starts: dict[int, list[int]] = {}
    for position, outcome in enumerate(outcomes):
        assert outcome.state != "unfinished"
        for start, _, _ in outcome.attempts:
            starts.setdefault(start, []).append(position)
    found = _preempted(outcomes)
    for position, end in found:
        # Whoever took its place is of a higher rank, and started in that second.
        assert any(outranks(jobs[other].rank, jobs[position].rank) for other in starts[end])
    times = Counter(position for position, _ in found)
    if rule.at_most is not None:
        assert max(times.values(), default=0) <= rule.at_most
    # Each round of an instant starts somebody for good, or of a rank that nobody stops again then.
    for end, stopped in Counter(end for _, end in found).items():
        waiting = sum(job.submit <= end for job in jobs)
        assert stopped <= waiting * (RANKS - 1)
    return len(found)


@pytest.mark.parametrize("backfill", BACKFILLS)
def test_no_loop_under_load(backfill: str) -> None:
    random, preemptions = Random(f"preemption {backfill}"), 0
    for _ in range(150):
        jobs, rule = _crowd(random, random.randint(5, 60)), _rule(random)
        found = engine.simulate(jobs, CAPACITY, "fcfs", backfill, preemption=rule)
        preemptions += _check(jobs, rule, found)
    assert preemptions > 300
