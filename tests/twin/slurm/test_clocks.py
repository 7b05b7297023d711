"""The engine under Slurm's clocks does what the plain run does, on random clusters."""

from __future__ import annotations

import random

import pytest

from tests.twin.slurm.clocks import Clocked, Clocks, Window, Work
from tests.twin.slurm.machine import Asks, Machine
from tests.twin.slurm.passes import Rules
from tests.twin.slurm.runs import NO_QOS, by_recording, by_scenario, priority

FEW, MANY = 12, 150


def rules_of(draw, count, *, recorded):
    every = set(range(count))
    preempts = draw.random() < 0.6
    return Rules(
        tier={"batch": 1, "big": 1 + (recorded and draw.random() < 0.3)},
        part={"batch": every, "big": set(draw.sample(sorted(every), draw.randint(1, count)))},
        max_time={"batch": None, "big": None},
        preempts={"high": ["low"] if preempts else [], "low": [], NO_QOS: []},
        qos_priority={"high": 100, "low": 0, NO_QOS: 0},
        exempt={"high": 0, "low": draw.choice([0, 20]), NO_QOS: 0},
        resolution=draw.choice([1, 7, 30]),
        window=draw.choice([60, 600]),
        max_test=draw.choice([3, 500]),
        max_user=draw.choice([0, 2]),
        kill_wait=draw.choice([0, 5, 30]),
        message=10,
    )


def clocks_of(draw, *, ms):
    second = 1000 if ms else 1

    def phase(longest):
        return draw.choice([0, draw.randint(0, longest)])

    return Clocks(
        second=second,
        loop_phase=phase(second - 1),
        sched_interval=draw.choice([4, 20, 60]),
        full_phase=phase(30),
        batch_delay=draw.choice([0, 1, 3]),
        min_interval=draw.choice([0, 0, 2]) * second,
        depth=draw.choice([1, 3, 100]),
        limit_check=draw.choice([1, 7, 30]),
        check_phase=phase(20),
        bf_interval=draw.choice([3, 10, 30]),
        bf_phase=phase(5 * second),
        period=draw.choice([13, 60]),
        calc_phase=phase(12),
    )


def asks(draw, number, rules, nodes):
    """A job that the cluster can hold when it is idle."""
    while True:
        gpus = draw.choice([0, 1, 2, 4])
        job = Asks(
            id=number,
            nodes=draw.choice([1, 1, 1, 2, 3]),
            cpus=draw.choice([1, 2, 4]),
            memory=draw.choice([0, 10, 60]),
            gpus=gpus,
            limit=draw.choice([1, 5, 20, 60]),
            qos=draw.choice(["high", "low", "low", NO_QOS]),
            partition=draw.choice(["batch", "batch", "big"]),
            user=draw.choice("abc"),
        )
        if Machine(nodes, memory_counts=True).choose(job, rules.part[job.partition]) is not None:
            return job


def workload(draw, rules, nodes, clocks, *, recorded):
    work, at = [], 0
    for number in range(draw.randint(1, 18)):
        second = clocks.second
        at += draw.choice([0, 0, 1, 2, 9, 60]) * second
        at += draw.randint(0, second - 1) if recorded else 0
        job = asks(draw, number, rules, nodes)
        job.submit = at // second
        latencies = [draw.choice([0, 0, 3, 2 * second]) for _ in range(3)]
        if recorded:
            work.append(Work(job, at, draw.randint(0, 1 + 2 * job.limit * second), *latencies))
            continue
        beside = draw.choice([0, 0, 28]), draw.choice([0, 1, second])
        length = draw.randint(0, 1 + 2 * job.limit) * second + sum(beside)
        answer, _, epilog = latencies
        work.append(Work(job, at, length, answer, answer, epilog, beside))
    return work


def windows_of(draw, nodes):
    """Nothing, or planned work; some of it overlaps."""
    return [
        Window(
            draw.randint(0, 120),
            draw.randint(1, 60),
            frozenset(draw.sample(range(nodes), draw.randint(1, nodes))),
            draw.choice([None, 1, 10, 50]),
            draw.random() < 0.3,
        )
        for _ in range(draw.choice([0, 0, 1, 3]))
    ]


def scene(seed, *, recorded, ms=False):
    draw = random.Random(seed)
    nodes = [(draw.choice([4, 8]), 100, draw.choice([0, 4]), 1) for _ in range(draw.randint(1, 6))]
    rules = rules_of(draw, len(nodes), recorded=recorded)
    clocks = clocks_of(draw, ms=ms)
    work = workload(draw, rules, nodes, clocks, recorded=recorded)
    reservations = []
    if not recorded:
        return work, nodes, rules, clocks, windows_of(draw, len(nodes))
    if draw.random() < 0.5:
        start = draw.randint(5, 60)
        held = frozenset(draw.sample(range(len(nodes)), draw.randint(1, len(nodes))))
        made = draw.randint(0, start * clocks.second)
        reservations.append((made, start, start + draw.randint(1, 40), held))
    return work, nodes, rules, clocks, reservations


def same_scenario(seed, *, ms):
    work, nodes, rules, clocks, windows = scene(seed, recorded=False, ms=ms)
    plain = Clocked(work, nodes, rules, clocks, priority, windows=windows).run()
    second = clocks.second
    assert {
        job: ([tick // second for tick in fate.starts], fate.end // second, fate.nodes, fate.how)
        for job, fate in plain.items()
    } == {
        job: (fate.starts, fate.end, fate.nodes, fate.how)
        for job, fate in by_scenario(work, nodes, rules, clocks, windows).items()
    }


def same_recording(seed, *, ms):
    work, nodes, rules, clocks, reservations = scene(seed, recorded=True, ms=ms)
    plain = Clocked(work, nodes, rules, clocks, priority, reservations).run()
    found = by_recording(work, nodes, rules, clocks, reservations)
    for job, fate in plain.items():
        mine = found[job]
        seconds = [start // clocks.second for start in fate.starts]
        wanted = (seconds, fate.starts[-1], fate.end, fate.nodes)
        assert (mine.starts, mine.how, mine.end, mine.nodes) == wanted, job


@pytest.mark.parametrize("ms", [False, True], ids=["s", "ms"])
@pytest.mark.parametrize("seed", range(FEW))
def test_the_same_schedule(seed, ms):
    same_scenario(seed, ms=ms)


@pytest.mark.parametrize("ms", [False, True], ids=["s", "ms"])
@pytest.mark.parametrize("seed", range(FEW))
def test_the_same_with_preemption_tiers_and_reservations(seed, ms):
    same_recording(seed, ms=ms)


@pytest.mark.slow
def test_many_the_same():
    for seed in range(FEW, FEW + MANY):
        same_scenario(seed, ms=seed % 2 == 0)
        same_recording(seed, ms=seed % 2 == 1)
