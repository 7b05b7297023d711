"""What an interrupted job keeps, worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.machines import jobs, lives, machine
from simulator.cluster.outages.models import Checkpoints
from simulator.engine.run import Outcome, replay
from simulator.engine.world import Outage
from simulator.kernels.state import FAR
from simulator.rules.models import Rule


def _interrupted(
    at: int, back: int, *, walltime: int = 1000, requeues: int = FAR, **everyone: Any
) -> Outcome:
    """One job of 100 s on the only node, which is away from ``at`` until ``back``."""
    node = np.zeros(1, np.int64)
    outage = Outage("failure", at, back, 8, FAR, False, requeues, node)
    saves = Checkpoints.model_validate({"everyone": everyone} if everyone else {})
    one = jobs((0, 100, walltime, 2))
    return replay(one, machine(1), Rule(), outages=[outage], checkpoints=saves)


def test_without_checkpoints_all_is_done_again() -> None:
    found = _interrupted(50, 70)
    assert lives(found) == [(0, 50, "requeued", "failure"), (70, 170, "completed", "")]
    assert found.jobs["lost_gpu_seconds"].to_pylist() == [2 * 50]


def test_the_work_of_whole_checkpoints_is_kept() -> None:
    # Work 30 s, write 5 s: one checkpoint stands at 50 s. Then 10 s of reading, the 70 s left, and
    # two more checkpoints of 5 s: 90 s from 70 s on.
    found = _interrupted(50, 70, period="30s", write="5s", restart="10s")
    assert lives(found) == [(0, 50, "requeued", "failure"), (70, 160, "completed", "")]
    assert found.jobs["lost_gpu_seconds"].to_pylist() == [2 * (50 - 30)]


def test_a_checkpoint_counts_once_it_is_written() -> None:
    # At 34 s the first is not whole; at 35 s it is.
    for at, end in ((34, 70 + 115), (35, 70 + 90)):
        found = _interrupted(at, 70, period="30s", write="5s", restart="10s")
        assert lives(found)[-1][1] == end


def test_writing_takes_time_though_nothing_happens() -> None:
    # 100 s of work and three checkpoints between the pieces, none behind the last.
    found = _interrupted(500, 510, period="30s", write="5s", restart="10s")
    assert lives(found) == [(0, 115, "completed", "")]


def test_no_checkpoint_is_taken_behind_the_last_piece() -> None:
    found = _interrupted(500, 510, period="50s", write="5s")
    assert lives(found) == [(0, 105, "completed", "")]


def test_writing_counts_against_the_walltime() -> None:
    found = _interrupted(500, 510, walltime=110, period="30s", write="5s")
    assert lives(found) == [(0, 110, "killed", "")]


@pytest.mark.parametrize("requeues", [0, 1])
def test_a_job_goes_back_no_more_often_than_it_may(requeues: int) -> None:
    node = np.zeros(1, np.int64)
    outages = [Outage("failure", at, at + 10, 8, FAR, False, requeues, node) for at in (20, 60)]
    found = replay(jobs((0, 100, 200, 2)), machine(1), Rule(), outages=outages)
    expected = [(0, 20, "failed", "failure")]
    if requeues:
        expected = [(0, 20, "requeued", "failure"), (30, 60, "failed", "failure")]
    assert lives(found) == expected
    assert found.jobs["state"].to_pylist() == ["failed"]
