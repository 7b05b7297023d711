"""Orders that serve somebody, on nodes: the engine and the twin, with its ledger, agree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pairs import pairs_few_or_all, slow_ones

from simulator.engine.nodes import laid_out
from twin.logs import read_log
from twin.nodes import engine, twin
from twin.nodes.model import Node, NodeJob, Rule
from twin.preemption import RANKS, Preemption
from twin.test_served import LAS, ORDERINGS, las_settings, ledger_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RULES = {
    "easy": Rule(),
    "conservative": Rule(backfill="conservative", placement="worst"),
    "none": Rule(backfill="none"),
    "k2": Rule(backfill="reservations", k=2, placement="first"),
}
NODES = [Node(4, cpus=16, memory=32)] * 5 + [Node(8, cpus=32, memory=64)] * 2


def _agree(
    jobs: Sequence[NodeJob],
    nodes: Sequence[Node],
    rule: Rule,
    served: dict[str, Any],
    **outages: Any,
) -> None:
    machine = engine.machine(nodes)
    held, _ = laid_out(engine.columns(jobs, nodes), machine)
    ledger = ledger_of(held, machine, engine.model(rule, served))
    found = engine.simulate(jobs, nodes, rule, served=served, **outages)
    assert found == twin.simulate(jobs, nodes, rule, ledger=ledger, **outages)


def _jobs(seed: int, count: int = 60) -> list[NodeJob]:
    """Single GPUs and gangs, CPUs and memory beside, on a busy little machine."""
    draw = np.random.default_rng(seed)
    submit = np.sort(draw.integers(0, count * 12, count)) + draw.integers(0, 500)
    run_time = draw.integers(0, 200, count)
    walltime = np.maximum(1, run_time + draw.integers(-20, 100, count))
    gang = draw.random(count) < 0.3
    return [
        NodeJob(
            int(submit[row]),
            int(run_time[row]),
            int(walltime[row]),
            nodes=int(draw.integers(2, 6)) if gang[row] else 1,
            gpus=int(draw.integers(0, 5)),
            cpus=int(draw.integers(1, 16)),
            memory=int(draw.integers(0, 32)),
            user=int(draw.integers(0, 8)),
        )
        for row in range(count)
    ]


@pytest.mark.parametrize(
    ("served", "rule", "count"), pairs_few_or_all(ORDERINGS, RULES, 30, 60, every=3)
)
def test_served_orders_agree_on_nodes(served: dict[str, Any], rule: Rule, count: int) -> None:
    for seed in (2, 3) if count == 60 else (1,):
        _agree(_jobs(seed, count), NODES, rule, served)


def test_refusals_before_and_after_a_start_agree() -> None:
    """Who is refused for the head before a start is asked again, whoever is refused later."""
    _agree(_jobs(5), NODES, RULES["easy"], {"ordering": "fcfs"})


@pytest.mark.parametrize("seed", [5, 7])
def test_places_before_a_start_agree(seed: int) -> None:
    """With who starts behind them, kept places may have to be on other nodes."""
    _agree(_jobs(seed), NODES, RULES["conservative"], {"ordering": "f1"})
    _agree(_jobs(seed), NODES, RULES["conservative"], {"ordering": "largest"})


@pytest.mark.parametrize("served", slow_ones(ORDERINGS))
def test_served_orders_agree_on_a_log(shared: Path, served: dict[str, Any]) -> None:
    """Up to 8 processors are GPUs of one node, more are whole nodes."""
    log = read_log(shared / "oracles/nodes/mixed-16x8.swf.gz", limit=100)
    jobs = [
        NodeJob(
            job.submit,
            job.run_time,
            job.walltime,
            nodes=max(job.size // 8, 1),
            gpus=min(job.size, 8),
            user=number * 7 % 8,
        )
        for number, job in enumerate(log)
    ]
    _agree(jobs, [Node(8)] * 16, Rule(), served)


SEEDED = {name: (seed, rule) for seed, (name, rule) in enumerate(RULES.items())}


@pytest.mark.parametrize(("las", "seeded", "count"), pairs_few_or_all(LAS, SEEDED, 40, 60))
def test_las_with_preemption_agrees_on_nodes(
    las: tuple[dict[str, Any], Preemption], seeded: tuple[int, Rule], count: int
) -> None:
    (order, stage), (seed, rule) = las, seeded
    _agree(_jobs(seed, count), NODES, replace(rule, preemption=stage), las_settings(order, stage))


SUSPENDING = {
    "at once": Preemption(("suspend",) * RANKS),
    "in rounds": Preemption(("suspend",) * RANKS, "longest_served", after=10, exempt=15, at_most=3),
}


FIRST = {name: RULES[name] for name in ("none", "easy")}


@pytest.mark.parametrize(("stage", "rule", "seeds"), pairs_few_or_all(SUSPENDING, FIRST, 1, 3))
def test_las_that_suspends_agrees_on_nodes(stage: Preemption, rule: Rule, seeds: int) -> None:
    """Attained service stands still with the job."""
    order = {"thresholds": ["100 GPU-s", "300 GPU-s"], "round": "20s"}
    suspended = 0
    for seed in range(seeds):
        jobs = [replace(job, gpus=min(job.gpus, 2), memory=0) for job in _jobs(seed)]
        served, preempting = las_settings(order, stage), replace(rule, preemption=stage)
        _agree(jobs, NODES, preempting, served)
        found = engine.simulate(jobs, NODES, preempting, served=served)
        suspended += sum(len(outcome.suspended) for outcome in found)
    assert suspended > 7 * seeds
