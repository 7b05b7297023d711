"""Runs that leave out passes and plans start the same jobs, at the same times, on the same nodes.

As runs do that make each pass in full: on random clusters with long queues.
"""

from __future__ import annotations

import random
from dataclasses import replace
from unittest.mock import patch

import pytest

from simulator.engine import slurm
from simulator.rules.slurm.run_kernel import IN_FULL
from tests.twin.slurm.clocks import Clocks, Work
from tests.twin.slurm.machine import Asks, Machine
from tests.twin.slurm.passes import Rules
from tests.twin.slurm.runs import by_recording, by_scenario

FEW, MANY = 15, 150
LIMITS = (20, 60, 60, 300, 300, 1200, 7000)


def rules_of(draw, count, *, recorded):
    every = set(range(count))
    preempts = recorded and draw.random() < 0.2
    return Rules(
        tier={"batch": 1, "big": 1 + (recorded and draw.random() < 0.3)},
        part={"batch": every, "big": set(draw.sample(sorted(every), draw.randint(1, count)))},
        max_time={"batch": None, "big": None},
        preempts={"high": ["low"] if preempts else [], "low": []},
        qos_priority={"high": 100, "low": 0},
        exempt={"high": 0, "low": draw.choice([0, 20])},
        resolution=draw.choice([1, 7, 30, 60]),
        window=draw.choice([60, 200, 600, 5000]),
        max_test=draw.choice([2, 5, 500, 500]),
        max_user=draw.choice([0, 0, 1, 3]),
        kill_wait=draw.choice([0, 5, 30]),
        message=10,
    )


def clocks_of(draw, second):
    return Clocks(
        second=second,
        loop_phase=draw.randint(0, second - 1),
        sched_interval=draw.choice([7, 20, 60]),
        full_phase=draw.randint(0, 30),
        batch_delay=draw.choice([0, 1, 3]),
        min_interval=draw.choice([0, 0, 2]) * second,
        depth=draw.choice([1, 3, 100]),
        limit_check=draw.choice([1, 7, 30]),
        check_phase=draw.randint(0, 20),
        bf_interval=draw.choice([1, 3, 10, 30]),
        bf_phase=draw.randint(0, 5 * second),
        period=draw.choice([0, 13, 60, 300]),
        calc_phase=draw.randint(0, 12),
    )


def workload(draw, rules, nodes, second, *, recorded):
    """Jobs that come faster than they are served, most of them known by a few round walltimes."""
    work, at = [], 0
    cpu_jobs, pace = draw.random() < 0.3, draw.choice([1, 5, 20])
    while len(work) < 70:
        gpus = draw.choice([0, 0, 1, 4]) if cpu_jobs else draw.choice([1, 1, 2, 4, 8])
        job = Asks(
            id=len(work),
            nodes=draw.choice([1, 1, 1, 1, 2, 3, 6]),
            cpus=draw.choice([1, 2, 8]) * max(gpus, 1) // draw.choice([1, 1, 2]),
            memory=draw.choice([0, 0, 10, 60]),
            gpus=gpus,
            limit=draw.choice(LIMITS),
            qos=draw.choice(["high", "low", "low"]),
            partition=draw.choice(["batch", "batch", "big"]),
            user=draw.choice("abcde"),
        )
        if Machine(nodes, memory_counts=True).choose(job, rules.part[job.partition]) is None:
            continue
        at += draw.randint(0, 2 * pace) * second + draw.randint(0, second - 1)
        job.submit = at // second
        length = draw.randint(0, int(draw.choice([0.2, 1.05, 1.3]) * job.limit * second))
        latencies = [draw.choice([0, 0, 3, 2 * second]) if recorded else 0 for _ in range(3)]
        work.append(Work(job, at, length, *latencies))
    return work


def scene(seed, *, recorded):
    draw = random.Random(seed)
    weights = [1, 1, 4] if recorded and draw.random() < 0.5 else [1]
    nodes = [
        (draw.choice([32, 64]), 200, draw.choice([0, 8, 8, 8]), draw.choice(weights))
        for _ in range(draw.choice([2, 5, 9, 70]))
    ]
    nodes[0] = (64, 200, 8, 1)  # some job always fits
    rules = rules_of(draw, len(nodes), recorded=recorded)
    clocks = clocks_of(draw, 1000 if recorded and seed % 2 else 1)
    work = workload(draw, rules, nodes, clocks.second, recorded=recorded)
    reservations = []
    if recorded and draw.random() < 0.3:
        start = draw.randint(5, 600)
        held = frozenset(draw.sample(range(len(nodes)), draw.randint(1, len(nodes))))
        reservations.append((draw.randint(0, start), start, start + draw.randint(1, 400), held))
    return work, nodes, rules, clocks, reservations


def in_full(run, *scene):
    clock_of = slurm.clock_of

    def clock(*given):
        made = clock_of(*given)
        made.setting[IN_FULL] = 1
        return made

    with patch.object(slurm, "clock_of", clock):
        return run(*scene)


def same(seed):
    *scenario, _ = scene(seed, recorded=False)
    assert by_scenario(*scenario) == in_full(by_scenario, *scenario)
    recording = scene(seed, recorded=True)
    if recording[3].period == 0:
        # The order of a recording comes from its own calculations.
        recording = (*recording[:3], replace(recording[3], period=60), recording[4])
    assert by_recording(*recording) == in_full(by_recording, *recording)


@pytest.mark.parametrize("seed", range(FEW))
def test_the_same_starts(seed):
    same(seed)


@pytest.mark.slow
def test_many_the_same_starts():
    for seed in range(FEW, FEW + MANY):
        same(seed)
