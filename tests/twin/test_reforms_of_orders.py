"""Reforms of orders that know more than usage: the engine goes on as the twin does."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from simulator.engine.run import replay
from simulator.rules.models import Rule
from twin import engine, twin
from twin.limits import Bound, Bounds
from twin.model import TwinJob
from twin.test_limits import _asks
from twin.test_served import CAPACITY, ORDERINGS, busy_jobs, ledger_of
from twin.twin import Change

REMEMBERING = [
    name for name in ORDERINGS if name.split(" ")[0] in ("stride", "lottery", "htcondor", "karma")
]
TIGHT = Bounds((Bound("few", "user", jobs=2), Bound("flood", "class", gpus=14)), [])


def _reform(at: int, rule: dict[str, Any], usage: str = "reset") -> dict[str, Any]:
    return {"at": f"{at}s", "rule": rule, "usage": usage}


def _starts(
    jobs: list[TwinJob], first: dict[str, Any], reforms: list[dict[str, Any]]
) -> list[int | None]:
    rule = Rule.model_validate({**first, "reforms": reforms})
    return replay(engine.columns(jobs), CAPACITY, rule).jobs["start"].to_pylist()


def _chain(name: str, seed: int, backfill: str) -> int:
    """Limits come beside the order, another order, none that looks at users, the first again;
    returns how many were refused while they waited."""
    jobs = busy_jobs(seed, 80)
    columns, begun = engine.columns(jobs), jobs[0].submit
    limits = replace(TIGHT, jobs=_asks(jobs))
    other = REMEMBERING[(REMEMBERING.index(name) + 3) % len(REMEMBERING)]
    first, second = ({**ORDERINGS[each], "backfill": backfill} for each in (name, other))
    times = [begun + seconds for seconds in (157, 283, 420, 540)]
    reforms = [
        _reform(times[0], {**first, **limits.settings(1)}, "keep"),
        _reform(times[1], second),
        _reform(times[2], {"ordering": "sjf", "backfill": backfill}),
        _reform(times[3], first),
    ]
    stage = {"backfill": backfill}
    changes = [
        Change(times[0], {**stage, "bounds": limits}),
        Change(times[1], stage, ledger_of(columns, CAPACITY, Rule.model_validate(second))),
        Change(times[2], {**stage, "order": "sjf"}),
        Change(times[3], stage, ledger_of(columns, CAPACITY, Rule.model_validate(first))),
    ]
    ledger = ledger_of(columns, CAPACITY, Rule.model_validate(first))
    wanted = twin.simulate(jobs, CAPACITY, ledger, backfill, changes=changes)
    found = [_starts(jobs, first, reforms[:count]) for count in range(len(reforms) + 1)]
    assert found[-1] == [outcome.start for outcome in wanted]
    # Each of them has changed something.
    assert all(one != other for one, other in pairwise(found))
    there = [outcome.state == "refused" for outcome in wanted]
    return sum(gone and job.submit < times[0] for gone, job in zip(there, jobs, strict=True))


@pytest.mark.parametrize("name", REMEMBERING)
def test_what_is_remembered_goes_on_or_begins_anew(name: str) -> None:
    backfills = ["none", "easy", "conservative"]
    assert sum(_chain(name, seed, backfills[seed % 3]) for seed in range(2)) > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", REMEMBERING)
def test_what_is_remembered_goes_on_or_begins_anew_at_length(name: str) -> None:
    assert sum(_chain(name, seed, "easy") for seed in range(2, 12)) > 0
