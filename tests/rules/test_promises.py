"""What orders promise: who does not starve, and who is not held up by whom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from twin.engine import columns
from twin.model import TwinJob

from simulator.engine.run import replay
from simulator.rules.models import Rule


def _starts(jobs: list[TwinJob], capacity: int, **rule: Any) -> list[int]:
    found = replay(columns(jobs), capacity, Rule.model_validate(rule))
    assert set(found.jobs["state"].to_pylist()) == {"completed"}
    return found.jobs["start"].to_pylist()


def test_finish_time_lets_nobody_starve_whom_shortest_first_does() -> None:
    """A job of 1,000 s, and short ones that come as fast as they end, five of them always waiting.

    A short one waits some 50 s, so its ρ is 6 when it starts; the long one's is after 5,000 s.
    """
    short = [TwinJob(10 * number, 10, 10, 4, user=1) for number in range(1_500)]
    jobs = [TwinJob(0, 10, 10, 4, user=1)] * 5 + [TwinJob(0, 1_000, 1_000, 4), *short]
    assert _starts(jobs, 4, ordering="sjf", backfill="none")[5] == 15_050
    assert 4_900 < _starts(jobs, 4, ordering="finish_time", backfill="none")[5] < 5_100


@pytest.mark.parametrize("seed", range(5))
def test_nobody_in_the_first_queue_waits_for_who_has_sunk(seed: int) -> None:
    """Each job first starts when it would if all others left where they sink."""
    draw = np.random.default_rng(seed)
    submit = np.sort(draw.integers(0, 2_000, 80)).tolist()
    run_time = draw.choice([20, 60, 100, 150, 400], 80).tolist()
    pairs = list(zip(submit, run_time, strict=True))
    jobs = [TwinJob(at, long, long, 1) for at, long in pairs]
    until = [TwinJob(at, min(long, 100), min(long, 100), 1) for at, long in pairs]
    las = {"kind": "las", "thresholds": ["100 GPU-s"]}
    assert _starts(jobs, 3, ordering=las, preemption={}, backfill="none") == _starts(
        until, 3, ordering="fcfs", backfill="none"
    )
    assert _starts(jobs, 3, ordering="fcfs", backfill="none") != _starts(
        until, 3, ordering="fcfs", backfill="none"
    )


def test_size_bins_let_nobody_be_passed_by_who_came_the_largest_boost_later() -> None:
    jobs = [TwinJob(0, 300, 300, 4), TwinJob(1, 50, 50, 1)]
    jobs += [TwinJob(2 + 10 * number, 300, 300, 4) for number in range(30)]
    bins = [{"gpus": 4, "boost": "100s"}]
    starts = _starts(jobs, 4, ordering={"kind": "size_bins", "bins": bins}, backfill="none")
    passed = [job.submit for job, at in zip(jobs, starts, strict=True) if at < starts[1]]
    assert max(passed) == 92
