"""Reforms of orders that know more than usage: the engine goes on as the twin does."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from pairs import some_few_or_all

from simulator.engine.run import replay
from simulator.rules.models import Rule
from twin import engine, twin
from twin.asks import Bound
from twin.limits import Bounds
from twin.model import TwinJob
from twin.preemption import Preemption
from twin.reforming import Change
from twin.test_limits import _asks
from twin.test_served import CAPACITY, LAS, ORDERINGS, busy_jobs, las_settings, ledger_of

KINDS = ("stride", "lottery", "htcondor", "karma", "alpha_fair")
REMEMBERING = [name for name in ORDERINGS if name.split(" ")[0] in KINDS]
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
    seed = REMEMBERING.index(name) % 2
    _chain(name, seed, ["none", "easy", "conservative"][seed])


def _kept(name: str, seed: int) -> None:
    """Limits come and go again and again beside an order that goes on."""
    jobs = busy_jobs(seed, 80)
    columns, limits = engine.columns(jobs), replace(TIGHT, jobs=_asks(jobs))
    first = {**ORDERINGS[name], "backfill": "easy"}
    draw = np.random.default_rng(seed)
    # In seconds in which much happens: right behind it.
    times = sorted({job.submit for job in jobs[10:-1]})
    times = sorted(draw.choice(times, 12, replace=False).tolist())
    settings = [limits.settings(1) if place % 2 == 0 else {} for place in range(len(times))]
    reforms = [
        _reform(at, {**first, **more}, "keep") for at, more in zip(times, settings, strict=True)
    ]
    changes = [
        Change(at, {"backfill": "easy", **({"bounds": limits} if more else {})})
        for at, more in zip(times, settings, strict=True)
    ]
    ledger = ledger_of(columns, CAPACITY, Rule.model_validate(first))
    wanted = twin.simulate(jobs, CAPACITY, ledger, "easy", changes=changes)
    found = _starts(jobs, first, reforms)
    assert found == [outcome.start for outcome in wanted]
    assert found != _starts(jobs, first, [])


@pytest.mark.parametrize(("name", "seeds"), some_few_or_all(REMEMBERING, 2, 1, 2, first=1))
def test_what_is_remembered_goes_on(name: str, seeds: int) -> None:
    for seed in range(seeds):
        _kept(name, seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", REMEMBERING)
def test_what_is_remembered_goes_on_or_begins_anew_at_length(name: str) -> None:
    backfills = ["none", "easy", "conservative"]
    refused = [_chain(name, seed, backfills[seed] if seed < 2 else "easy") for seed in range(8)]
    assert sum(refused[:2]) > 0
    assert sum(refused[2:]) > 0


def _with_queues(seed: int, backfill: str, first: str) -> bool:
    """Ranks of classes, queues that preempt, none, queues that do not, others that do; returns
    whether somebody was stopped for whom, when the queues came, waited."""
    ranks = np.random.default_rng(seed).integers(0, 3, 80).tolist()
    jobs = busy_jobs(seed, 80)
    jobs = [replace(job, rank=rank) for job, rank in zip(jobs, ranks, strict=True)]
    columns, stage = engine.columns(jobs), {"backfill": backfill}
    by_class = Preemption()
    coming, others = LAS["two queues"], LAS["in rounds"]
    rules = [las_settings(*coming), las_settings(LAS["two queues"][0], by_class)]
    rules += [las_settings(*others)]
    rules[1].pop("preemption")
    ledgers = [ledger_of(columns, CAPACITY, Rule.model_validate(each)) for each in rules]
    times = [jobs[0].submit + seconds for seconds in (143, 287, 391, 502)]
    reforms = [
        _reform(times[0], {**rules[0], **stage}),
        _reform(times[1], {"ordering": "sjf", **stage}),
        _reform(times[2], {**rules[1], **stage}),
        _reform(times[3], {**rules[2], **stage}, "keep"),
    ]
    changes = [
        Change(times[0], {**stage, "preemption": coming[1]}, ledgers[0]),
        Change(times[1], {**stage, "order": "sjf"}),
        Change(times[2], stage, ledgers[1]),
        Change(times[3], {**stage, "preemption": others[1]}, ledgers[2]),
    ]
    before = {"ordering": first, "preemption": by_class.settings(), **stage}
    wanted = twin.simulate(jobs, CAPACITY, first, backfill, preemption=by_class, changes=changes)
    found = [_starts(jobs, before, reforms[:count]) for count in range(len(reforms) + 1)]
    rule = Rule.model_validate({**before, "reforms": reforms})
    assert engine.outcomes(replay(columns, CAPACITY, rule)) == wanted
    ends = [end for each in wanted for _, end, reason in each.attempts if reason == "preempted"]
    return times[0] in ends and len(set(map(tuple, found))) == len(found)


def test_queues_come_and_go() -> None:
    backfills = ["none", "easy", "conservative"]
    assert sum(_with_queues(seed, backfills[seed % 3], "fcfs") for seed in range(3)) > 0


@pytest.mark.slow
@pytest.mark.parametrize("first", ["sjf", "largest", "wfp3"])
def test_queues_come_and_go_at_length(first: str) -> None:
    assert sum(_with_queues(seed, "easy", first) for seed in range(10)) > 1


def _with_grace(seed: int, backfill: str) -> tuple[int, int]:
    """Jobs are told to stop under rules that follow one another; returns how many stopped, and were
    lost, under a rule by which nobody could have told them."""
    ranks = np.random.default_rng(seed).integers(0, 3, 80).tolist()
    jobs = busy_jobs(seed, 80)
    jobs = [replace(job, rank=rank) for job, rank in zip(jobs, ranks, strict=True)]
    columns, stage = engine.columns(jobs), {"backfill": backfill}
    first = Preemption(("requeue", "requeue", "cancel"), grace=45)
    other = Preemption(("requeue", "cancel", "requeue"), order="longest_served", grace=20)
    once = replace(first, at_most=1)
    at_once = Preemption(("requeue", "requeue", "cancel"), order="smallest")
    limits = replace(TIGHT, jobs=_asks(jobs))
    times = [jobs[0].submit + seconds for seconds in (113, 191, 309, 398, 511)]
    stride = {**ORDERINGS["stride"], "backfill": backfill}
    ledger = ledger_of(columns, CAPACITY, Rule.model_validate(stride))
    said: list[tuple[dict[str, Any], Change]] = [
        ({"ordering": "sjf"}, Change(times[0], {**stage, "order": "sjf"})),
        (
            {"preemption": other.settings()},
            Change(times[1], {**stage, "order": "fcfs", "preemption": other}),
        ),
        (
            {**stride, "preemption": once.settings()},
            Change(times[2], {**stage, "preemption": once}, ledger),
        ),
        (
            {"ordering": "ljf", **limits.settings(1)},
            Change(times[3], {**stage, "order": "ljf", "bounds": limits}),
        ),
        (
            {"preemption": at_once.settings()},
            Change(times[4], {**stage, "order": "fcfs", "preemption": at_once}),
        ),
    ]
    reforms = [_reform(change.time, {**stage, **rule}) for rule, change in said]
    before = {"ordering": "fcfs", "preemption": first.settings(), **stage}
    changes = [change for _, change in said]
    wanted = twin.simulate(jobs, CAPACITY, "fcfs", backfill, preemption=first, changes=changes)
    rule = Rule.model_validate({**before, "reforms": reforms})
    found = replay(columns, CAPACITY, rule)
    assert engine.outcomes(found) == wanted
    told = [
        each["reason"]
        for each in found.attempts.to_pylist()
        if each["cause"] == "preemption"
        and (times[0] < each["end"] < times[1] or times[3] < each["end"] < times[4])
    ]
    return told.count("preempted"), told.count("failed")


def test_who_has_been_told_stops_under_another_rule() -> None:
    backfills = ["none", "easy", "conservative"]
    stopped, lost = np.sum([_with_grace(seed, backfills[seed % 3]) for seed in range(6)], axis=0)
    assert min(stopped, lost) > 0


@pytest.mark.slow
def test_who_has_been_told_stops_under_another_rule_at_length() -> None:
    backfills = ["none", "easy", "conservative"]
    found = [_with_grace(seed, backfills[seed % 3]) for seed in range(6, 24)]
    assert min(np.sum(found, axis=0)) > 0
