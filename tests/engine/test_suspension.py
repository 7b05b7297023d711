"""What suspension leaves in the tables, by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.machines import jobs, lives, machine, settings
from simulator.cluster.machine import Machine, machine_of
from simulator.cluster.outages.models import Checkpoints
from simulator.engine.run import Outcome, replay
from simulator.engine.world import Outage
from simulator.errors import InputError
from simulator.kernels.state import FAR
from simulator.rules.models import Rule
from simulator.workload.columns import Jobs, Shapes

CLASSES = ("high", "low")
RULE = Rule.model_validate({"preemption": {"ranks": CLASSES, "how": "suspend"}})


def _machine(cpus: int = 8) -> Machine:
    node = {"count": 1, "gpus": 8, "cpus": cpus}
    return machine_of(settings(1, classes={"n": node}), Path())


def _jobs(*rows: tuple[int, int, int, int, int], low: tuple[int, ...] = (0,)) -> Jobs:
    """Jobs of (submit, run time, walltime, GPUs, CPUs); those of the rows ``low`` are so."""
    found = jobs(*(row[:4] for row in rows))
    one = np.ones(len(rows), np.int64)
    shape = Shapes.of(one, found.gpus)
    of_class = np.array([int(row in low) for row in range(len(rows))], np.int32)
    return replace(
        found,
        job_class=of_class,
        classes=CLASSES,
        shape=replace(shape, cpus=np.array([row[4] for row in rows], np.int64)),
    )


TWO = _jobs((0, 100, 1000, 4, 8), (50, 10, 10, 0, 4))
"""A job of 100 s on 4 GPUs and all CPUs, and one of 10 s that needs four CPUs at 50 s."""


def _run(table: Jobs = TWO, **more: Any) -> Outcome:
    return replay(table, _machine(), RULE, **more)


def test_one_attempt_with_the_time_that_it_stood_still() -> None:
    found = _run()
    assert lives(found) == [(0, 110, "completed", ""), (50, 60, "completed", "")]
    row = found.attempts.to_pylist()[1]
    assert (row["suspended"], row["resumed"]) == ([50], [60])
    # It holds its GPUs all the time, and is charged for it; ten seconds of that are lost.
    assert (row["gpu_seconds"], row["lost_gpu_seconds"]) == (4 * 110, 4 * 10)
    job = found.jobs.to_pylist()[0]
    assert (job["charge"], job["lost_gpu_seconds"], job["queued"]) == (4 * 110, 4 * 10, 0)
    assert (job["restarts"], job["state"]) == (0, "completed")
    assert found.attempts.to_pylist()[0]["suspended"] == []


def test_a_cut_while_it_stands_still() -> None:
    three = _jobs((0, 100, 1000, 4, 8), (50, 10, 10, 0, 4), (55, 1, 1, 0, 8))
    found = _run(three, end="cut")
    row = found.attempts.filter(found.attempts["reason"].to_numpy() == "unfinished")
    assert found.jobs["state"].to_pylist() == ["unfinished"] * 3
    low = next(each for each in row.to_pylist() if each["position"] == 0)
    assert (low["end"], low["suspended"], low["resumed"]) == (None, [50], [55])
    assert (low["gpu_seconds"], low["lost_gpu_seconds"]) == (4 * 55, 4 * 5)


def test_checkpoints_wait_too() -> None:
    """At 70 s it has run 60 s: one checkpoint of 30 s of work is whole, at 35 s."""
    saves = Checkpoints.model_validate({"everyone": {"period": "30s", "write": "5s"}})
    outage = Outage("failure", 70, 80, 8, FAR, False, FAR, np.zeros(1, np.int64))
    found = _run(checkpoints=saves, outages=(outage,))
    rows = found.attempts.filter(found.attempts["position"].to_numpy() == 0).to_pylist()
    assert [(row["start"], row["end"], row["suspended"]) for row in rows] == [
        (0, 70, [50]),
        (80, 80 + 70 + 2 * 5, []),
    ]
    # Of the first attempt all but the 30 s is lost.
    assert [row["lost_gpu_seconds"] for row in rows] == [4 * 40, 0]


def test_usage_goes_on_while_it_stands_still() -> None:
    rows = _run(snapshots=20).usage.to_pylist()
    seen = {row["time"]: (row["gpu_seconds"], row["running_gpus"]) for row in rows}
    assert seen[60] == (4 * 60, 4)


def test_more_suspensions_than_jobs() -> None:
    """Each short job suspends the twenty long ones: what the engine keeps must grow in time."""
    long = [(0, 10_000, 10_000, 0, 1)] * 20
    short = [(10 + 10 * number, 5, 5, 0, 20) for number in range(50)]
    table = _jobs(*long, *short, low=tuple(range(20)))
    found = replay(table, _machine(20), RULE)
    rows = {row["position"]: row for row in found.attempts.to_pylist()}
    for position in range(20):
        assert rows[position]["suspended"] == [10 + 10 * number for number in range(50)]
        assert rows[position]["resumed"] == [15 + 10 * number for number in range(50)]
        assert rows[position]["end"] == 10_000 + 50 * 5


def test_nothing_is_freed_without_cpus() -> None:
    with pytest.raises(InputError, match="no node counts them"):
        replay(TWO, machine(1), RULE)
    with pytest.raises(InputError, match="a job on a pool that is suspended frees nothing"):
        replay(replace(TWO, shape=None), 8, RULE)
