"""Nodes against schedules that others computed: not one start differs, nor one node."""

from __future__ import annotations

import csv
import gzip
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pairs import pairs
from twin import engine as pool
from twin.logs import capacity_of, read_log
from twin.nodes import engine, twin
from twin.nodes.model import Node, NodeJob, Rule

if TYPE_CHECKING:
    from pathlib import Path

    from twin.nodes.model import Outcome

NODES = {"mixed-16x8": 16, "mixed-64x8": 64}
RULES = {
    "easy-fcfs-best": Rule(),
    "easy-fcfs-first": Rule(placement="first"),
    "easy-fcfs-worst": Rule(placement="worst"),
    "easy-wfp3-best": Rule(order="wfp3"),
    "none-fcfs-best": Rule(backfill="none"),
    "conservative-fcfs-best": Rule(backfill="conservative"),
    "k4-fcfs-best": Rule(backfill="reservations", k=4),
}
Row = tuple[int, list[int]]
"""A start, and node numbers."""


def _jobs(shared: Path, log: str) -> list[NodeJob]:
    """The log's jobs: up to 8 processors are GPUs of one node, more are whole nodes."""
    found = read_log(shared / f"oracles/nodes/{log}.swf.gz")
    return [
        NodeJob(
            job.submit,
            job.run_time,
            job.walltime,
            nodes=max(job.size // 8, 1),
            gpus=min(job.size, 8),
        )
        for job in found
    ]


def _recorded(shared: Path, answer: str) -> list[Row]:
    path = shared / f"oracles/nodes/{answer}.csv.gz"
    with gzip.open(path, "rt", encoding="ascii", newline="") as lines:
        rows = sorted(csv.DictReader(lines), key=lambda row: int(row["submit"]))
    return [(int(row["start"]), sorted(map(int, row["nodes"].split()))) for row in rows]


def _rows(found: list[Outcome]) -> list[Row]:
    return [(outcome.attempts[0][0], outcome.attempts[0][3]) for outcome in found]


@pytest.mark.parametrize("log", NODES)
@pytest.mark.parametrize("answer", RULES)
def test_engine(shared: Path, log: str, answer: str) -> None:
    jobs = _jobs(shared, log)
    found = engine.simulate(jobs, [Node(8)] * NODES[log], RULES[answer])
    assert _rows(found) == _recorded(shared, f"{log}.{answer}")


@pytest.mark.parametrize(("answer", "log"), pairs(list(RULES), list(NODES), every=2))
def test_twin(shared: Path, log: str, answer: str) -> None:
    """The first 300 jobs: what starts before the next one comes is as with the whole log."""
    jobs = _jobs(shared, log)
    head, until = jobs[:300], jobs[300].submit
    found = _rows(twin.simulate(head, [Node(8)] * NODES[log], RULES[answer]))
    recorded = _recorded(shared, f"{log}.{answer}")[:300]
    early = [index for index, (start, _) in enumerate(recorded) if start < until]
    assert len(early) > 200
    assert [found[index] for index in early] == [recorded[index] for index in early]
    assert all(found[index][0] >= until for index in set(range(300)) - set(early))


@pytest.mark.parametrize("trace", ["kth-5000", "sdsc5k", "lublin256-5000"])
@pytest.mark.parametrize("shape", ["one large node", "nodes of one GPU"])
def test_a_pool_in_disguise(shared: Path, trace: str, shape: str) -> None:
    """Under EASY both give the pool's schedule; the engine's own, which others computed too."""
    logged = read_log(shared / f"traces/norm/{trace}.swf.gz")
    capacity = capacity_of(trace)
    jobs = [NodeJob(job.submit, job.run_time, job.walltime, gpus=job.size) for job in logged]
    nodes = [Node(capacity)]
    if shape == "nodes of one GPU":
        jobs = [replace(job, nodes=job.gpus, gpus=1) for job in jobs]
        nodes = [Node(1)] * capacity
    starts = [outcome.start for outcome in pool.simulate(logged, capacity, "fcfs", "easy")]
    assert [outcome.start for outcome in engine.simulate(jobs, nodes, Rule())] == starts
