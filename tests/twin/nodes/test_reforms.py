"""Reforms on nodes: the engine goes on under another rule as the twin does."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from pairs import few_or_all, some

from simulator.engine import eras as eras_of_engine
from simulator.engine.nodes import laid_out
from simulator.engine.run import Outcome
from simulator.kernels.state import State
from simulator.rules.models import Rule as Whole
from simulator.rules.ordering.dispatch_kernel import JOB_ORDERS
from twin.nodes import engine, twin
from twin.nodes.model import Rule
from twin.nodes.reforms import KINDS, eras, reformed
from twin.nodes.test_served import NODES, _jobs
from twin.preemption import RANKS, Preemption
from twin.reforming import Change
from twin.test_served import ORDERINGS, las_settings, ledger_of
from twin.troubles import on_nodes

LEAST = {
    "ran on": 110,
    "stopped as a rule before had told it": 5,
    "idle for long already": 10,
    "suspended meanwhile": 10,
    "kept work from before": 12,
    "outran its walltime under a rule that kills": 8,
    "cut under a rule that lets it run": 12,
    "refused after it had run": 2,
}
"""In how many of 120 scenarios each has to happen at least."""


def _replayed(arguments: dict[str, Any]) -> Outcome:
    said = dict(arguments)
    bounds = said.pop("bounds")
    return engine.replay(**said, served=bounds.settings(1) if bounds else None)


def _aimed(random: Random, arguments: dict[str, Any]) -> dict[str, Any]:
    """The same, but that the first reform comes when somebody has been told to stop, or stands
    still, if anybody ever is while jobs come."""
    first, *others = arguments["changes"]
    stage = arguments["rule"].preemption
    moments = []
    for row in _replayed(arguments | {"changes": []}).attempts.to_pylist():
        if stage and stage.grace and row["cause"] == "preemption":
            moments += range(max(row["end"] - stage.grace, row["start"]) + 1, row["end"])
        for since, until in zip(row["suspended"], row["resumed"], strict=True):
            moments += range(since + 1, until)
    last = arguments["jobs"][-1].submit
    moments = [each for each in moments if each <= last]
    if not moments or random.random() < 0.2:
        return arguments
    first = replace(first, time=random.choice(moments))
    others = [each for each in others if each.time > first.time]
    return arguments | {"changes": [first, *others]}


class Watched(twin.Twin):
    """It notes who stops, told by a rule that is in force no more."""

    obeyed_before = 0

    def obeyed(self, position: int) -> tuple[str, bool]:
        Watched.obeyed_before += self.told[position].rule is not self.rule.preemption
        return super().obeyed(position)


def _agree(arguments: dict[str, Any]) -> set[str]:
    """Assert that the engine and the twin do; returns what the reforms did."""
    before, run = Watched.obeyed_before, _replayed(arguments)
    assert engine.outcomes(run) == twin.simulate(**arguments, made_as=Watched)
    found = _happened(arguments, run)
    told = {"stopped as a rule before had told it"} if Watched.obeyed_before > before else set()
    return found | told


@pytest.mark.parametrize("crowds", few_or_all(2, 5))
@pytest.mark.parametrize("kind", KINDS)
def test_a_crowd_goes_on_under_another_rule(kind: str, crowds: int) -> None:
    random, ran_on = Random(f"reforms {kind}"), 0
    for _ in range(crowds):
        arguments = _aimed(random, reformed(random, eras(random, kind), 22))
        ran_on += "ran on" in _agree(arguments)
    assert ran_on > crowds // 4


def test_nobody_is_counted_any_more_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those who run, and can be stopped, and of those who wait."""
    taken_over, states, told = eras_of_engine.take_over, list[State](), Watched.obeyed_before

    def watched(state: State, *others: Any) -> None:
        states.append(state)
        taken_over(state, *others)

    monkeypatch.setattr(eras_of_engine, "take_over", watched)
    random = Random("counted")
    for _ in range(12):
        arguments = _aimed(random, reformed(random, ["told", random.choice(("told", "ranks"))], 22))
        _agree(arguments)
        counted = states[-1].rights
        assert not counted.running.any()
        assert not counted.waiting.any()
    assert Watched.obeyed_before > told + 3


@pytest.mark.slow
def test_many_crowds_go_on_beside_outages() -> None:
    random, seen = Random("odd reforms"), Counter[str]()
    for number in range(120):
        arguments = reformed(random, eras(random, KINDS[number % len(KINDS)]), 24)
        if random.random() < 0.4:
            arguments |= on_nodes(random)
        arguments = _aimed(random, arguments)
        seen.update(_agree(arguments))
    assert {what: seen[what] for what, least in LEAST.items() if seen[what] < least} == {}


def _happened(arguments: dict[str, Any], run: Outcome) -> set[str]:
    """What the reforms did, by the engine's tables."""
    changes = arguments["changes"]
    times = [change.time for change in changes]
    found = set()
    for row in run.attempts.to_pylist():
        start, end, reason, cause = (row[each] for each in ("start", "end", "reason", "cause"))
        across = [change for change in changes if start < change.time < (end or 2**60)]
        job = arguments["jobs"][row["position"]]
        cut = reason in ("preempted", "requeued")
        found |= {
            name
            for name, so in {
                "ran on": across,
                "idle for long already": cause == "idle" and end in times,
                "suspended meanwhile": any(
                    since < time < until
                    for time in times
                    for since, until in zip(row["suspended"], row["resumed"], strict=True)
                ),
                "kept work from before": across
                and cut
                and row["lost_gpu_seconds"] < row["gpu_seconds"],
                "outran its walltime under a rule that kills": across
                and across[-1].rule["overrun"] == "kill"
                and end is not None
                and end - start > job.walltime
                and not row["suspended"],
                "cut under a rule that lets it run": across
                and across[-1].rule["overrun"] == "allow"
                and reason == "killed"
                and cause == "",
            }.items()
            if so
        }
    states = run.jobs.select(["state", "start"]).to_pylist()
    if any(row["state"] == "refused" and row["start"] is not None for row in states):
        found.add("refused after it had run")
    return found


ALIKE = [
    name
    for name, said in ORDERINGS.items()
    if Whole.model_validate(said).ordering.kind not in ("las", *JOB_ORDERS)
]


@pytest.mark.parametrize("name", some(ALIKE, every=5))
def test_usage_is_kept_or_begins_anew(name: str) -> None:
    """Nodes are chosen otherwise while the order goes on; then another begins; then it, anew."""
    jobs, rule, machine = _jobs(4, 50), Rule(), engine.machine(NODES)
    held, _ = laid_out(engine.columns(jobs, NODES), machine)
    first = ORDERINGS[name]
    worst = replace(rule, placement="worst", backfill="none")
    stages = {"placement": "worst", "backfill": "none"}
    last = jobs[-1].submit
    at = [last // 4, last // 2, 3 * last // 4]
    said = [
        {"at": f"{at[0]}s", "usage": "keep", "rule": engine.model(worst, first)},
        {"at": f"{at[1]}s", "usage": "reset", "rule": engine.model(replace(rule, order="sjf"))},
        {"at": f"{at[2]}s", "usage": "reset", "rule": engine.model(rule, first)},
    ]

    def ledger() -> Any:
        return ledger_of(held, machine, engine.model(rule, first))

    changes = [Change(at[0], stages), Change(at[1], {"order": "sjf"}), Change(at[2], {}, ledger())]
    found = engine.simulate(jobs, NODES, rule, served={**first, "reforms": said})
    assert found == twin.simulate(jobs, NODES, rule, ledger=ledger(), changes=changes)
    assert found != engine.simulate(jobs, NODES, rule, served=first)


def _with_queues(seed: int, backfill: str, each: int) -> tuple[int, int]:
    """Jobs are suspended by rank, then by queues of what they have attained, with other thresholds,
    and by rank again; how many stood still on such a day, and how many of them had sunk."""
    stage = Preemption(("suspend",) * RANKS)
    ranks = np.random.default_rng(seed).integers(0, 3, 60).tolist()
    jobs = [
        replace(job, gpus=min(job.gpus, 2), memory=0, rank=rank)
        for job, rank in zip(_jobs(seed), ranks, strict=True)
    ]
    rule = Rule(backfill=backfill, preemption=stage)
    held, _ = laid_out(engine.columns(jobs, NODES), machine := engine.machine(NODES))
    begin = jobs[0].submit
    at = [begin + each * number for number in (1, 2, 3)]
    orders = (
        {"thresholds": ["40 GPU-s", "200 GPU-s"]},
        {"thresholds": ["90 GPU-s", "400 GPU-s"], "round": "20s"},
    )
    served = [las_settings(order, stage) for order in orders]
    whole = [engine.model(replace(rule, preemption=None), each) for each in served]
    then = [*whole, engine.model(rule)]
    said = [
        {"at": f"{time}s", "usage": "reset", "rule": after}
        for time, after in zip(at, then, strict=True)
    ]
    stages = {"backfill": backfill, "preemption": stage}
    ledgers = [ledger_of(held, machine, after) for after in whole]
    changes = [Change(time, stages, ledger) for time, ledger in zip(at, ledgers, strict=False)]
    changes.append(Change(at[2], {**stages, "order": "fcfs"}))
    found = engine.replay(jobs, NODES, rule, served={"reforms": said})
    assert engine.outcomes(found) == twin.simulate(jobs, NODES, rule, changes=changes)
    stood = sunk = 0
    for row in found.attempts.to_pylist():
        for since, until in zip(row["suspended"], row["resumed"], strict=True):
            stood += any(since < time < until for time in at)
            gpus = jobs[row["position"]].gpus
            ran = [time for time in at[:2] if since < time < until]
            sunk += bool(ran) and gpus * (since - row["start"]) >= 40
    return stood, sunk


def test_who_stands_still_is_in_the_queue_of_what_it_has_attained() -> None:
    # Among them are some in which each part of it shows.
    seeds = 1, 3, 17, 36
    cases = [(seed, ("none", "easy")[seed % 2], 90 + 25 * (seed % 4)) for seed in seeds]
    stood, sunk = np.sum([_with_queues(*case) for case in cases], axis=0)
    assert min(stood, sunk) > 3
