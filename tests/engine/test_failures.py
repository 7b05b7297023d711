"""Random failures: their times, their streams, and that no rule moves them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engine.machines import jobs, machine, settings
from simulator.engine import failures as module
from simulator.engine.run import Outcome, replay
from simulator.rules.models import Rule
from simulator.streams import Streams

DAY = 86_400
LONG = [(hour * 3600, 40_000 + 500 * (hour % 7), 90_000, 1 + hour % 8) for hour in range(400)]


def _run(count: int, rule: str, seed: int = 5, **more: Any) -> Outcome:
    model = settings(count, failures={"mtbf": "5d", "repair": {"median": "3h", "sigma": 1}, **more})
    return replay(
        jobs(*LONG),
        machine(count),
        Rule.model_validate({"ordering": rule}),
        failures=model.failures,
        streams=Streams(seed, 0),
    )


def _failures(found: Outcome, node: int | None = None) -> list[tuple[int, list[int]]]:
    rows = found.events.to_pylist()
    happened = [(row["time"], row["nodes"]) for row in rows if row["kind"] == "failure"]
    return [each for each in happened if node is None or each[1] == [node]]


def test_failures_come_at_the_same_instants_under_every_rule() -> None:
    fcfs, sjf = _failures(_run(4, "fcfs")), _failures(_run(4, "sjf"))
    common = min(len(fcfs), len(sjf))
    assert common > 10
    assert fcfs[:common] == sjf[:common]


def test_another_node_shifts_nobody() -> None:
    few, more = _failures(_run(3, "fcfs"), 1), _failures(_run(5, "fcfs"), 1)
    common = min(len(few), len(more))
    assert common > 3
    assert few[:common] == more[:common]


def test_another_seed_is_another_history() -> None:
    assert _failures(_run(4, "fcfs")) != _failures(_run(4, "fcfs", seed=6))


def test_a_leaf_fails_with_all_its_nodes() -> None:
    model = settings(4, failures={"leaf_mtbf": "5d", "repair": {"median": "3h"}})
    found = replay(jobs(*LONG), machine(4), Rule(), failures=model.failures, streams=Streams(5, 0))
    happened = _failures(found)
    assert happened
    assert {tuple(nodes) for _, nodes in happened} == {(0, 1, 2, 3)}


def test_no_job_runs_on_a_node_that_is_down() -> None:
    found = _run(4, "fcfs")
    down: list[tuple[int, int, int]] = []
    since: dict[int, int] = {}
    for row in found.events.to_pylist():
        for node in row["nodes"] or []:
            if row["kind"] == "failure":
                since[node] = row["time"]
            elif row["kind"] == "repair":
                down.append((node, since.pop(node), row["time"]))
    assert len(down) > 10
    for attempt in found.attempts.to_pylist():
        for node, start, end in down:
            if node in attempt["nodes"]:
                assert attempt["end"] <= start or attempt["start"] >= end


@pytest.mark.parametrize("shape", [0.7, 1.0, 2.0])
def test_times_to_failure_have_the_stated_mean(shape: float) -> None:
    draw = module._until_failure(np.random.default_rng(3), 10 * DAY, shape)
    drawn = np.array([draw() for _ in range(20_000)])
    assert abs(drawn.mean() - 10 * DAY) < 4 * drawn.std() / math.sqrt(len(drawn))


def test_repairs_have_the_stated_median() -> None:
    repair = settings(1, failures={"mtbf": "1d", "repair": {"median": "3h", "sigma": 0.8}})
    assert repair.failures is not None
    draw = module._until_repair(np.random.default_rng(3), repair.failures.repair)
    longer = np.mean([draw() > 3 * 3600 for _ in range(20_000)])
    assert abs(longer - 0.5) < 4 * 0.5 / math.sqrt(20_000)
