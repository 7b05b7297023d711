"""The compiled passes do what the plain ones do, on random clusters and queues."""

from __future__ import annotations

import random

import pytest

from tests.twin.slurm.kernels import compiled
from tests.twin.slurm.machine import Asks, Runs
from tests.twin.slurm.passes import Rules, Slurm

PARTS = ("batch", "debug", "big")


def rules_of(draw, nodes):
    every = set(range(nodes))
    parts = {"batch": every, "debug": every}
    parts["big"] = set(draw.sample(range(nodes), draw.randint(1, nodes)))
    preempts = draw.random() < 0.5
    return Rules(
        tier={"batch": 1, "debug": draw.choice([1, 2]), "big": 1},
        part=parts,
        max_time={"batch": None, "debug": 120, "big": None},
        preempts={"high": ["low"] if preempts else [], "mid": [], "low": []},
        qos_priority={"high": 100, "mid": 10, "low": 0},
        exempt={"high": 0, "mid": 0, "low": draw.choice([0, 60])},
        resolution=draw.choice([1, 30, 60]),
        window=draw.choice([180, 600, 3600]),
        max_test=draw.choice([3, 500]),
        max_user=draw.choice([0, 2]),
        scale=draw.choice([0, 0, 45]),
        reorder=draw.choice([0, 1, 3]),
        kill_wait=5,
        message=10,
    )


def job_of(draw, number, now, *, cpu_jobs):
    gpus = draw.choice([0, 0, 1, 4]) if cpu_jobs else draw.choice([1, 2, 4, 8])
    nodes = draw.choice([1, 1, 1, 2, 3])
    return Asks(
        id=number,
        nodes=nodes,
        cpus=draw.choice([1, 8, 16]) if gpus == 0 else 8 * gpus,
        memory=draw.choice([10, 60]) * max(gpus, 1),
        gpus=gpus,
        limit=60 * draw.randint(1, 12),
        qos=draw.choice(["high", "mid", "low", "low"]),
        partition=draw.choice(PARTS),
        user=draw.choice("abc"),
        priority=draw.randint(1, 5),
        submit=now - draw.randint(0, 3),
        preempted=draw.choice([None, None, None, now - 3, now - 20]),
    )


def state_of(draw):
    """Rules, nodes, running jobs, completing nodes, reservations, now, a queue."""
    count, now = draw.choice([3, 8, 70]), 1_000_000 + draw.randint(0, 59)
    rules, cpu_jobs = rules_of(draw, count), draw.random() < 0.4
    weights = [1, 5] if draw.random() < 0.4 else [1]
    small = draw.random() < 0.3
    nodes = [
        (32 if small and draw.random() < 0.5 else 64, 500, 8, draw.choice(weights))
        for _ in range(count)
    ]
    twin = Slurm(rules, nodes, True, [], set(), [], now)
    jobs = [job_of(draw, number, now, cpu_jobs=cpu_jobs) for number in range(1, 3 * count + 12)]
    draw.shuffle(jobs)
    running, queue = [], []
    for job in jobs:
        among = {n for n in rules.part[job.partition] if draw.random() < 0.7}
        chosen = twin.machine.choose(job, among) if len(queue) > 14 else None
        if chosen is None:
            queue.append(job)
        else:
            running.append(Runs(job, now - draw.randint(0, 700), chosen))
            twin.machine.running = running
    completing = set(draw.sample(range(count), draw.choice([0, 0, 1, 2])))
    reservations = [
        (begin := now + draw.randint(-100, 500), begin + draw.randint(50, 400), {n, n + 1})
        for n in draw.sample(range(count - 1), draw.choice([0, 0, 1, 2]))
    ]
    return (
        rules,
        nodes,
        sorted(running, key=lambda r: r.job.id),
        completing,
        reservations,
        now,
        (queue[:40]),
    )


def both(kind, state, depth=0):
    *fixed, now, queue = state
    rules, nodes, running, completing, reservations = fixed

    def fresh():
        return Slurm(rules, nodes, True, running, completing, reservations, now)

    by_id = sorted(queue, key=lambda job: job.id)
    plain = fresh().main(by_id, depth) if kind == "main" else fresh().backfill(by_id)
    return plain, compiled(kind, fresh(), queue, depth)


@pytest.mark.parametrize("seed", range(40))
def test_a_random_main_pass_is_the_same(seed):
    draw = random.Random(seed)
    plain, fast = both("main", state_of(draw), draw.choice([0, 5]))
    assert fast == plain


@pytest.mark.parametrize("seed", range(80))
def test_a_random_backfill_pass_is_the_same(seed):
    plain, fast = both("backfill", state_of(random.Random(1000 + seed)))
    assert fast == plain


def test_the_random_states_meet_all_that_can_happen():
    outcomes, stopped, tries = set(), 0, 0
    for seed in range(80):
        draw = random.Random(1000 + seed)
        *fixed, now, queue = state_of(draw)
        by_id = sorted(queue, key=lambda job: job.id)
        rules, nodes, running, completing, reservations = fixed
        for did in (
            Slurm(rules, nodes, True, running, completing, reservations, now).main(by_id, 0),
            Slurm(rules, nodes, True, running, completing, reservations, now).backfill(by_id),
        ):
            outcomes |= {each.outcome for each in did}
            stopped += sum(len(each.victims) for each in did)
            tries = max(tries, *(each.tries for each in did))
    assert outcomes == {
        *("skipped", "blocked", "started", "planned"),
        *("failed", "beyond_window", "user_limit", "none"),
    }
    assert stopped > 20
    assert tries > 3
