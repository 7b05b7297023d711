"""Applications whose rule is reformed: the engine goes on as the twin does, on nodes."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from pairs import few_or_all

from twin.limits import Bounds
from twin.nodes import engine, scenarios, twin
from twin.nodes.model import Node, Rule
from twin.nodes.reforms import crowd
from twin.nodes.test_limits import _asks
from twin.reforming import Change
from twin.test_applications import papers_of, papers_told
from twin.test_reforms_of_applications import changed, scheme

NODES = [Node(4, slices=2), Node(4, slices=2), Node(2), Node(8)]


@pytest.mark.parametrize("count", few_or_all(12, 200))
def test_reforms_of_applications_agree(count: int) -> None:
    under_way = 0
    for seed in range(count):
        random = Random(f"applications on nodes {seed}")
        jobs = [replace(job, cpus=0) for job in crowd(random, 20)]
        kind, overrun = random.choice(["none", "easy", "conservative"]), ["kill", "kill", "allow"]
        rule = Rule("fcfs", kind, overrun=random.choice(overrun))
        asks = _asks(jobs, scenarios.Small(jobs, NODES, rule))
        there, slices = sorted({each.job_class for each in asks}), engine.machine(NODES).slices
        first = scheme(random, (tuple(there), tuple(there[:1]), tuple(there[1:] or there)))
        first = replace(first, units=slices)
        at, later = random.randint(1, max(jobs[-1].submit, 1)), changed(random, first)
        stages = {"order": random.choice(["fcfs", "sjf"]), "backfill": rule.backfill}
        stages["overrun"] = random.choice(overrun)
        stages["bounds"] = Bounds((), asks, scheme=later)
        arguments = {"jobs": jobs, "nodes": NODES, "rule": rule, "changes": [Change(at, stages)]}
        bounds = Bounds((), asks, scheme=first)
        then = engine.reforms(arguments["changes"], slices, rule.overrun)
        said = {**bounds.settings(slices), "reforms": then}
        found = engine.replay(jobs, NODES, rule, served=said)
        assert engine.outcomes(found) == twin.simulate(**arguments, bounds=bounds)
        assert papers_of(found) == papers_told(bounds.papers, found.finish)
        rows = found.applications.to_pylist()
        under_way += sum(row["applied"] < at < (row["decided"] or at) for row in rows)
    assert under_way > 5
