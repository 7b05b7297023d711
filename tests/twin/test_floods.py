"""Limits on arrays and floods: the engine and the twin agree under crowds, on pools."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from simulator.cluster.models import CapacityLoss
from simulator.engine.run import replay
from simulator.rules.models import Rule
from twin import engine, twin
from twin.asks import Bound
from twin.floods import STAGES, check, limits, origin
from twin.limits import Bounds
from twin.model import Outcome, TwinJob
from twin.owners import early_ends, ended
from twin.reforming import Change
from twin.test_limits import _asks
from twin.test_served import ledger_of
from twin.troubles import on_a_pool

CAPACITY = 8
BACKFILLS = ("none", "easy", "reservations", "conservative")


def _crowd(random: Random, count: int, *, ranked: bool) -> list[TwinJob]:
    """Bursts of jobs, most of them of few people and arrays."""
    submits = sorted(random.choice([0, 5, 9, 9, random.randrange(60)]) for _ in range(count))
    return [
        TwinJob(
            submit,
            random.choice([1, 3, 8, 20]),
            random.choice([5, 10, 30, 30]),
            random.choice([1, 1, 1, 2, 2, 3, 6]),
            rank=random.choice([None, 0, 1, 1, 2]) if ranked else None,
            **origin(random),
        )
        for submit in submits
    ]


def crowded(random: Random, backfill: str, most: int, *, stops: bool = True) -> dict[str, Any]:
    """A scenario under such limits: arguments of ``simulate``."""
    stage = random.choice(STAGES) if stops else None
    jobs = _crowd(random, random.randint(12, most), ranked=stage is not None)
    return {
        "jobs": jobs, "capacity": CAPACITY, "order": random.choice(["fcfs", "sjf", "wfp3"]),
        "backfill": backfill, "preemption": stage, "bounds": Bounds(limits(random), _asks(jobs)),
    }  # fmt: skip


def _differs(found: list[Outcome], arguments: dict[str, Any]) -> bool:
    """Whether it matters that few of those who wait are looked at."""
    limits = arguments["bounds"]
    others = [replace(each, eligible=None) for each in limits.bounds if each.eligible]
    more = tuple(each for each in limits.bounds if not each.eligible)
    wide = (*more, *(replace(each, gpus=CAPACITY) for each in others))
    free = engine.simulate(**arguments | {"bounds": replace(limits, bounds=wide)})
    return free != found


@pytest.mark.parametrize("backfill", BACKFILLS)
def test_floods_agree(backfill: str) -> None:
    random, differ, stopped = Random(f"floods {backfill}"), 0, 0
    for _ in range(16):
        arguments = crowded(random, backfill, 24)
        found = engine.simulate(**arguments)
        assert found == twin.simulate(**arguments)
        differ += _differs(found, arguments)
        stopped += sum(each[2] == "preempted" for outcome in found for each in outcome.attempts)
    assert differ >= 4, differ
    assert stopped > 0


def test_who_is_looked_at_no_more_is_not_in_line() -> None:
    """At 12 units are lost, and with them the second job, which comes before the fourth again. At
    the tick after it four are in line, so that of the last two the larger goes first once the head
    has gone; of five the smaller would. No pass comes past the head before 25. At 66 the machine is
    empty, and the fourth starts in a further pass behind the second."""
    jobs = [
        TwinJob(0, 25, 25, 3, user=6),
        TwinJob(0, 50, 50, 4, user=0),
        TwinJob(1, 1, 1, 8, user=1),
        TwinJob(2, 5, 5, 1, user=0),
        TwinJob(3, 20, 20, 5, user=2),
        TwinJob(3, 20, 20, 6, user=4),
    ]
    limits = Bounds((Bound("first", "user", eligible=1),), _asks(jobs))
    keys = "99 - walltime + (gpus if queued < 5 else -gpus)"
    order = {"kind": "formula", "expression": keys, "period": "10s"}
    rule = Rule.model_validate({"ordering": order, "backfill": "none", **limits.settings(1)})
    loss, columns = [CapacityLoss(at="12s", units=2, duration="10s")], engine.columns(jobs)
    found = engine.outcomes(replay(columns, 8, rule, losses=loss))
    ledger = ledger_of(columns, 8, rule)
    assert found == twin.simulate(jobs, 8, ledger, "none", bounds=limits, losses=loss)
    assert [outcome.start for outcome in found] == [0, 0, 25, 66, 46, 26]


@pytest.mark.slow
def test_floods_agree_beside_outages_and_early_ends() -> None:
    random, differ, requeued = Random("odd floods"), 0, 0
    for _ in range(200):
        arguments = crowded(random, random.choice(BACKFILLS), 30)
        jobs = [replace(job, **early_ends(random, job.submit)) for job in arguments["jobs"]]
        overrun = random.choice(["kill", "allow"])
        arguments |= {"jobs": jobs, "overrun": overrun, **on_a_pool(random, CAPACITY)}
        found = engine.simulate(**arguments)
        assert found == twin.simulate(**arguments)
        differ += _differs(found, arguments)
        requeued += sum(each[2] == "requeued" for outcome in found for each in outcome.attempts)
    assert (differ > 50, requeued > 50) == (True, True), (differ, requeued)


@pytest.mark.parametrize("seed", range(6))
def test_reforms_come_and_go(seed: int) -> None:
    """Whoever has come before a reform counts as submitted after it."""
    random = Random(seed)
    before = crowded(random, "easy", 40)
    flood = Bound("rate", "user", submitted=(8, 50)), Bound("first", "array", eligible=2)
    asks, last = before["bounds"].jobs, before["jobs"][-1].submit
    rules = [Bounds(flood, asks), Bounds(limits(random), asks), None]
    changes = [
        Change(time, {"order": "fcfs", "backfill": "easy"} | ({"bounds": each} if each else {}))
        for time, each in zip((last // 3, last // 2, last), rules, strict=True)
    ]
    found = engine.simulate(**before, changes=changes)
    assert found == twin.simulate(**before, changes=changes)


@pytest.mark.parametrize("backfill", BACKFILLS)
def test_no_result_goes_beyond_them(backfill: str) -> None:
    random, mattered = Random(f"results {backfill}"), Counter[str]()
    for _ in range(40):
        arguments = crowded(random, backfill, 60, stops=False)
        found = engine.simulate(**arguments)
        assert ended(outcome.state for outcome in found)
        spans = [[each[:2] for each in outcome.attempts] for outcome in found]
        mattered += check(arguments["bounds"], [outcome.state for outcome in found], spans)
    assert min(mattered[name] for name in ("jobs", "eligible", "submitted", "array_size")) > 3
