"""Who leaves GPUs idle gives them back: the engine and the twin agree, on nodes."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from pairs import few_or_all, pairs_few_or_all

from simulator.engine.run import Outcome
from twin.asks import Bound
from twin.idle import KINDS, USES, check_idle, stage, stops_of
from twin.limits import Bounds
from twin.nodes import engine, scenarios, twin
from twin.nodes.model import Node, NodeJob, Rule
from twin.nodes.test_limits import _asks
from twin.owners import cohort, early_ends, ended
from twin.saves import Saves
from twin.troubles import on_nodes

NODES = [Node(4, cpus=8), Node(4, cpus=8), Node(2, cpus=4), Node(8, cpus=8)]
GPUS = 18
Crowd = tuple[dict[str, Any], Bounds | None]


def _crowd(random: Random, count: int, *, ranked: bool) -> list[NodeJob]:
    """Many more jobs than there is room for, in bursts: parts of nodes, gangs, CPUs alone."""
    submits = sorted(random.choice([0, 5, 9, 9, random.randrange(60)]) for _ in range(count))
    jobs = [
        NodeJob(
            submit,
            random.choice([1, 3, 8, 20, 20]),
            random.choice([1, 5, 10, 30, 30]),
            nodes=random.choice([1, 1, 1, 2, 3]),
            gpus=random.choice([0, 1, 1, 2, 3, 4]),
            cpus=random.choice([0, 0, 3]),
            exclusive=random.random() < 0.1,
            user=0 if ranked else random.randrange(8),
            rank=random.choice([0, 1, 2, 2, None]) if ranked else None,
            use=random.choice(USES),
        )
        for submit in submits
    ]
    return [*jobs[:-1], replace(jobs[-1], use=USES[-1])]


def crowded(random: Random, kind: str, backfill: str, most: int) -> Crowd:
    """A scenario in which idle jobs are stopped, and its limits."""
    jobs = _crowd(random, random.randint(5, most), ranked=kind == "ranks")
    jobs = [replace(job, **early_ends(random, job.submit)) for job in jobs]
    limited = kind == "reclaim" or random.random() < 0.3
    how = ("requeue", "cancel", "checkpoint")
    rule = Rule(
        order=random.choice(["fcfs", "sjf"]),
        backfill=backfill,
        placement=random.choice(scenarios.PLACEMENTS),
        avoid_head=backfill == "easy" and random.random() < 0.5,
        overrun=random.choice(["kill", "allow"]),
        preemption=stage(random, kind, how, grace=not limited),
    )
    saves = {rank: Saves(4, 1, 1) for rank in (0, 1, 2, None)}
    arguments = {"jobs": jobs, "nodes": NODES, "rule": rule, "checkpoints": saves}
    if not limited:
        return arguments, None
    asks = _asks(jobs, scenarios.Small(jobs, NODES, rule))
    others = random.choice([(), (Bound("few", "user", jobs=2),)])
    lent = (cohort(random, GPUS),) if kind == "reclaim" or not others else ()
    return arguments, Bounds(others, asks, random.choice(["job", "job", "queue"]), lent)


def _replay(arguments: dict[str, Any], limits: Bounds | None) -> Outcome:
    return engine.replay(**arguments, served=limits.settings(1) if limits else None)


def _stops(arguments: dict[str, Any], limits: Bounds | None) -> int:
    """How many jobs the engine stops for idleness, where it and the twin agree."""
    run = _replay(arguments, limits)
    assert engine.outcomes(run) == twin.simulate(**arguments, bounds=limits)
    return len(stops_of(run.attempts))


@pytest.mark.parametrize(
    ("backfill", "kind", "crowds"), pairs_few_or_all(scenarios.BACKFILLS, KINDS, 12, 30)
)
def test_idle_jobs_of_a_crowd_are_stopped_as_the_twin_has_it(
    backfill: str, kind: str, crowds: int
) -> None:
    random, times = Random(f"idle {backfill} {kind}"), 0
    for _ in range(crowds):
        times += _stops(*crowded(random, kind, backfill, 22))
    assert times > crowds / 2, times


@pytest.mark.slow
def test_idle_jobs_of_many_crowds_beside_outages() -> None:
    random, times = Random("odd idle crowds"), 0
    for number in range(160):
        kind = KINDS[number % len(KINDS)]
        arguments, limits = crowded(random, kind, random.choice(scenarios.BACKFILLS), 24)
        times += _stops(arguments | on_nodes(random), limits)
    assert times > 150, times


@pytest.mark.parametrize("crowds", few_or_all(20, 60))
@pytest.mark.parametrize("kind", ["always", "wanted"])
@pytest.mark.parametrize("backfill", scenarios.BACKFILLS)
def test_nobody_is_stopped_who_uses_gpus_or_too_early_or_too_often(
    backfill: str, kind: str, crowds: int
) -> None:
    random, times = Random(f"promises {backfill} {kind}"), 0
    for _ in range(crowds):
        arguments, limits = crowded(random, kind, backfill, 60)
        run = _replay(arguments, limits)
        found, sizes = engine.outcomes(run), run.jobs["gpus"].to_pylist()
        assert ended(outcome.state for outcome in found)
        assert run.passes <= run.instants + 2 * len(run.attempts)
        attempts, rule = [outcome.attempts for outcome in found], arguments["rule"].preemption
        times += check_idle(arguments["jobs"], sizes, rule, attempts, stops_of(run.attempts))
    assert times > 1.17 * crowds, times
