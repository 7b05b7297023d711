"""What preemption leaves in the tables, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.machines import jobs, lives, machine
from simulator.cluster.outages.models import Checkpoints
from simulator.engine.run import Outcome, replay
from simulator.engine.world import Outage
from simulator.errors import InputError
from simulator.kernels.state import FAR
from simulator.rules.models import Rule
from simulator.workload.columns import Shapes

CLASSES = ("high", "low")


def _run(*, outages: tuple[Outage, ...] = (), **preemption: Any) -> Outcome:
    """A job of 100 s on 8 GPUs makes room at 50 s for one of 10 s on 4, on the only node."""
    two = replace(
        jobs((0, 100, 1000, 8), (50, 10, 10, 4)),
        job_class=np.array([1, 0], np.int32),
        classes=CLASSES,
    )
    rule = Rule.model_validate({"preemption": {"ranks": CLASSES, **preemption}})
    saves = Checkpoints.model_validate({"everyone": {"period": "30s", "write": "5s"}})
    return replay(two, machine(1), rule, outages=outages, checkpoints=saves)


def test_work_is_lost_to_preemption() -> None:
    found = _run()
    assert lives(found)[0] == (0, 50, "preempted", "preemption")
    assert found.attempts["lost_gpu_seconds"].to_pylist()[0] == 8 * 50
    row = found.jobs.to_pylist()[0]
    assert (row["state"], row["restarts"], row["lost_gpu_seconds"]) == ("completed", 1, 8 * 50)
    # It goes on at 60: 100 s of work and three checkpoints.
    assert (row["end"], row["eligible"], row["queued"]) == (60 + 115, 50, 10)


def test_checkpoints_save_some_of_it() -> None:
    found = _run(how="checkpoint")
    assert found.jobs["lost_gpu_seconds"].to_pylist() == [8 * 20, 0]
    assert lives(found)[1] == (60, 60 + 70 + 10, "completed", "")


def test_a_cancelled_job_has_failed() -> None:
    found = _run(how="cancel")
    assert lives(found)[0] == (0, 50, "failed", "preemption")
    assert found.jobs["state"].to_pylist() == ["failed", "completed"]
    assert found.jobs["lost_gpu_seconds"].to_pylist() == [8 * 50, 0]


def test_a_preemption_is_no_requeue_of_a_failure() -> None:
    """With one requeue allowed, the failure after a preemption is the first that counts."""
    node = np.zeros(1, np.int64)
    outage = Outage("failure", 80, 90, 8, FAR, False, 1, node)
    found = _run(outages=(outage,))
    assert [life[2] for life in lives(found)[:3]] == ["preempted", "requeued", "completed"]


def _in_grace(**run: Any) -> Outcome:
    """A job on two of 3 units is told at 5 s to stop by one that needs all 3; it stops at 15 s."""
    two = replace(
        jobs((0, 100, 100, 2), (5, 10, 10, 3), (12, 1, 1, 1)),
        job_class=np.array([1, 0, 1], np.int32),
        classes=CLASSES,
    )
    rule = Rule.model_validate({"preemption": {"ranks": CLASSES, "grace": "10s"}})
    return replay(replace(two, shape=None), 3, rule, **run)


def test_who_holds_units_waits_and_runs_on_nothing() -> None:
    found = _in_grace(snapshots=10).usage.to_pylist()
    seen = {
        row["time"]: [row[name] for name in ("running_jobs", "running_gpus", "queued_gpus")]
        for row in found
    }
    assert seen[10] == [1, 2, 3]
    assert seen[20] == [1, 3, 3]


def test_an_end_in_the_middle_of_a_grace() -> None:
    found = _in_grace(end="cut")
    assert found.jobs["state"].to_pylist() == ["unfinished"] * 3
    assert found.attempts.select(["start", "end", "reason"]).to_pylist() == [
        {"start": 0, "end": None, "reason": "unfinished"}
    ]


def test_nobody_holds_slices_of_a_gpu() -> None:
    two = jobs((0, 100, 100, 0), (5, 10, 10, 0))
    one, none = np.ones(2, np.int64), np.zeros(2, np.int64)
    shape = replace(Shapes.of(one, none), slices=one)
    rule = Rule.model_validate({"preemption": {"ranks": CLASSES, "grace": "10s"}})
    with pytest.raises(InputError, match="nobody holds slices of a GPU"):
        replay(replace(two, shape=shape), machine(1), rule)


def test_an_end_in_the_middle_of_a_grace_on_nodes() -> None:
    """Both jobs hold GPUs of the node, the one that was told and the one that waits for it."""
    two = replace(
        jobs((0, 100, 100, 6), (5, 10, 10, 4), (12, 5, 5, 1)),
        job_class=np.array([1, 0, 1], np.int32),
        classes=CLASSES,
    )
    rule = Rule.model_validate({"preemption": {"ranks": CLASSES, "grace": "10s"}})
    found = replay(two, machine(1), rule, end="cut")
    assert found.jobs["state"].to_pylist() == ["unfinished"] * 3
    assert found.jobs["start"].to_pylist() == [0, None, 12]
    assert found.attempts["gpu_masks"].to_pylist() == [[0b111111], [0b1000000]]
