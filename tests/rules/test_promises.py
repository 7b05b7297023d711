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


@pytest.mark.parametrize("seed", range(4))
def test_finish_time_lets_only_who_has_lost_more_pass(seed: int) -> None:
    """Whoever starts has waited for more of the walltime than all who go on waiting.

    So one that is k times as long has its turn before those that come after 1 − 1/k of its wait.
    """
    draw = np.random.default_rng(seed)
    submit, run_time = np.cumsum(draw.poisson(4.5, 300)), draw.choice([2, 5, 9], 300)
    jobs = [TwinJob(*map(int, row), 1) for row in zip(submit, run_time, run_time, strict=True)]
    starts, passed = np.array(_starts(jobs, 1, ordering="finish_time", backfill="none")), 0
    for row, now in enumerate(starts):
        waiting = np.flatnonzero((submit <= now) & (starts > now))
        lost = (now - submit) / run_time
        assert (lost[row] >= lost[waiting]).all()
        passed += int((waiting < row).sum())
    assert passed > 100


@pytest.mark.parametrize("last", [50, 400])
def test_las_starves_who_has_sunk_for_as_long_as_newcomers_fill_the_machine(last: int) -> None:
    """A job of 40 s sinks at 10; from 20 on one of 10 s comes every 10 s.

    It is stopped at 20, and begins anew when the last newcomer has ended.
    """
    jobs = [TwinJob(0, 40, 40, 1), *(TwinJob(at, 10, 10, 1) for at in range(20, last, 10))]
    las = {"kind": "las", "thresholds": ["10 GPU-s"]}
    found = replay(columns(jobs), 1, Rule.model_validate({"ordering": las, "preemption": {}}))
    attempts = found.attempts.sort_by("start").to_pylist()
    ran = [(row["start"], row["end"]) for row in attempts if row["position"] == 0]
    assert ran == [(0, 20), (last, last + 40)]
    # Without a right to stop others nobody starves.
    assert _starts(jobs, 1, ordering=las)[0] == 0
