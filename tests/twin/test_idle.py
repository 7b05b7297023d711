"""Who leaves units idle gives them back: the engine and the twin agree, on pools."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from pairs import few_or_all, pairs_few_or_all

from twin import engine, twin
from twin.asks import Bound
from twin.budgets import Grant
from twin.idle import KINDS, USES, check_idle, stage, stops_of
from twin.limits import Bounds
from twin.model import TwinJob
from twin.owners import cohort, early_ends, ended
from twin.reforming import Change
from twin.test_limits import _asks
from twin.troubles import on_a_pool

CAPACITY = 8
BACKFILLS = ("none", "easy", "reservations", "conservative")
HOW = ("requeue", "cancel")


def _crowd(random: Random, count: int, *, ranked: bool) -> list[TwinJob]:
    """Many more jobs than there is room for, in bursts."""
    submits = sorted(random.choice([0, 5, 9, 9, random.randrange(60)]) for _ in range(count))
    jobs = [
        TwinJob(
            submit,
            random.choice([0, 1, 3, 8, 20, 20]),
            random.choice([1, 5, 10, 30, 30]),
            random.choice([1, 1, 2, 2, 3, 4, 6]),
            user=random.randrange(8),
            rank=random.choice([0, 1, 2, 2, None]) if ranked else None,
            use=random.choice(USES),
        )
        for submit in submits
    ]
    return [*jobs[:-1], replace(jobs[-1], use=USES[-1])]


def crowded(random: Random, kind: str, backfill: str, most: int) -> dict[str, Any]:
    """A scenario in which idle jobs are stopped: arguments of ``simulate``."""
    jobs = _crowd(random, random.randint(5, most), ranked=kind == "ranks")
    limited = kind == "reclaim" or random.random() < 0.3
    arguments = {
        "jobs": [replace(job, **early_ends(random, job.submit)) for job in jobs],
        "capacity": CAPACITY,
        "order": random.choice(["fcfs", "sjf", "wfp3"]),
        "backfill": backfill,
        "preemption": stage(random, kind, HOW, grace=not limited),
        "overrun": random.choice(["kill", "allow"]),
    }
    if limited:
        others = random.choice([(), (Bound("few", "user", jobs=2),)])
        lent = (cohort(random, CAPACITY),) if kind == "reclaim" or not others else ()
        holds = random.choice(["job", "job", "job", "queue"])
        arguments["bounds"] = Bounds(others, _asks(arguments["jobs"]), holds, lent)
    return arguments


def _stops(arguments: dict[str, Any]) -> int:
    """How many jobs the engine stops for idleness, where it and the twin agree."""
    run = engine.replay(**arguments)
    assert engine.outcomes(run) == twin.simulate(**arguments)
    return len(stops_of(run.attempts))


@pytest.mark.parametrize(("backfill", "kind", "crowds"), pairs_few_or_all(BACKFILLS, KINDS, 20, 60))
def test_idle_jobs_of_a_crowd_are_stopped_as_the_twin_has_it(
    backfill: str, kind: str, crowds: int
) -> None:
    random, times = Random(f"idle {backfill} {kind}"), 0
    for _ in range(crowds):
        times += _stops(crowded(random, kind, backfill, 25))
    assert times > 0.42 * crowds, times


@pytest.mark.slow
def test_idle_jobs_of_many_crowds_beside_outages_and_budgets() -> None:
    random, times = Random("odd idle crowds"), 0
    for number in range(400):
        kind = KINDS[number % len(KINDS)]
        arguments = crowded(random, kind, random.choice(BACKFILLS), 30)
        limits = arguments.get("bounds")
        if limits is not None and arguments["overrun"] == "kill" and limits.holds == "job":
            refund = random.choice([(), ("preemption",)])
            period = random.choice([None, random.randint(20, 60)])
            grant = Grant("hours", "account", random.randint(60, 150), period=period, refund=refund)
            arguments["bounds"] = replace(limits, grants=(grant,))
        times += _stops(arguments | on_a_pool(random, CAPACITY))
    assert times > 400, times


@pytest.mark.parametrize("crowds", few_or_all(40, 120))
@pytest.mark.parametrize("kind", ["always", "wanted"])
@pytest.mark.parametrize("backfill", BACKFILLS)
def test_nobody_is_stopped_who_uses_units_or_too_early_or_too_often(
    backfill: str, kind: str, crowds: int
) -> None:
    random, times = Random(f"promises {backfill} {kind}"), 0
    for _ in range(crowds):
        arguments = crowded(random, kind, backfill, 60)
        run = engine.replay(**arguments)
        found, jobs = engine.outcomes(run), arguments["jobs"]
        assert ended(outcome.state for outcome in found)
        # A round more comes of a stop alone, or of an end in the second of its start.
        assert run.passes <= run.instants + 2 * len(run.attempts)
        attempts, sizes = [outcome.attempts for outcome in found], [job.size for job in jobs]
        rule = arguments["preemption"]
        times += check_idle(jobs, sizes, rule, attempts, stops_of(run.attempts))
    assert times > 1.25 * crowds, times


@pytest.mark.parametrize("seed", range(20))
def test_reforms_come_and_go_where_idle_jobs_are_stopped(seed: int) -> None:
    random = Random(f"reforms {seed}")
    before = crowded(random, random.choice(["always", "wanted"]), random.choice(BACKFILLS), 40)
    stages = [stage(random, kind, HOW, grace=False) for kind in ("always", "wanted")]
    between: list[dict[str, Any]] = [{}, *({"preemption": each} for each in stages)]
    before["preemption"] = replace(before["preemption"], grace=0)
    before.pop("bounds", None)
    last = before["jobs"][-1].submit
    changes = [
        Change(last // 2, {"order": "fcfs", "backfill": "easy", **random.choice(between)}),
        Change(last, {"order": "sjf", "backfill": "easy", "preemption": random.choice(stages)}),
    ]
    assert engine.simulate(**before, changes=changes) == twin.simulate(**before, changes=changes)
