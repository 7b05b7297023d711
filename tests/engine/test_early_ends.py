"""What jobs that fail or are taken back leave in the tables, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from results_factory import COMPARISON

from engine.machines import jobs, lives, machine
from simulator.cluster.outages.models import Checkpoints
from simulator.engine.run import Outcome, replay
from simulator.engine.world import Outage
from simulator.errors import InputError
from simulator.kernels.state import FAR
from simulator.metrics.measured import Measured
from simulator.metrics.registry import METRICS
from simulator.results.reader import Tables
from simulator.rules.models import Rule
from simulator.workload.columns import Jobs


def _ends(base: Jobs, **columns: list[int]) -> Jobs:
    return replace(base, **{name: np.array(value, np.int64) for name, value in columns.items()})


def _measured(found: Outcome) -> Measured:
    tables = {name: pl.DataFrame(pl.from_arrow(each)) for name, each in found.tables.items()}
    return Measured(
        Tables(**tables),
        {"scenario": {"comparison": COMPARISON, "cluster": {"kind": "pool"}}, "rules": {"r": ""}},
        0,
    )


def _interrupted(**columns: list[int]) -> Outcome:
    """One job of 100 s, saved every 30 s, on the only node, which is away from 50 until 70 s."""
    outage = Outage("failure", 50, 70, 8, FAR, False, FAR, np.zeros(1, np.int64))
    saves = Checkpoints.model_validate({"everyone": {"period": "30s"}})
    one = _ends(jobs((0, 100, 1000, 2)), **columns)
    return replay(one, machine(1), Rule(), outages=[outage], checkpoints=saves)


def test_what_was_saved_is_lost_with_a_job_that_fails() -> None:
    found = _interrupted(fails_after=[40])
    assert lives(found) == [(0, 40, "failed", "itself")]
    found = _interrupted(fails_after=[80])
    # 30 s stand; 50 s more from 70 s on. All 50 + 50 s are lost.
    assert lives(found) == [(0, 50, "requeued", "failure"), (70, 120, "failed", "itself")]
    assert found.jobs["lost_gpu_seconds"].to_pylist() == [2 * 100]
    assert found.attempts["lost_gpu_seconds"].to_pylist() == [2 * 50, 2 * 50]
    assert found.jobs["run_time"].to_pylist() == [100]


@pytest.mark.parametrize(("at", "ran"), [(60, 50), (90, 70)])
def test_what_was_saved_is_lost_with_a_job_that_is_taken_back(at: int, ran: int) -> None:
    found = _interrupted(cancelled_at=[at])
    row = found.jobs.to_pylist()[0]
    assert (row["state"], row["end"], row["lost_gpu_seconds"]) == ("cancelled", at, 2 * ran)
    assert row["queued"] == at - ran


def test_a_job_that_never_came_has_no_times() -> None:
    found = replay(_ends(jobs((5, 10, 10, 1)), cancelled_at=[3]), 4, Rule())
    row = found.jobs.to_pylist()[0]
    assert (row["state"], row["eligible"], row["start"], row["end"]) == ("cancelled", None, None, 5)
    assert row["queued"] == 0


def test_losses_are_told_by_cause_and_lower_goodput_alone() -> None:
    # Four GPUs until the last arrival at 100: 100 s × 1 well, 40 s × 1 failed, 20 s × 2 taken back.
    base = jobs((0, 100, 100, 1), (0, 90, 90, 1), (0, 50, 50, 2), (100, 1, 1, 1))
    found = replay(
        _ends(base, fails_after=[-1, 40, -1, -1], cancelled_at=[-1, -1, 20, -1]), 4, Rule()
    )
    measured = _measured(found)
    lost = {row["cause"]: row["gpu_hours"] for row in measured.lost_by_cause.to_dicts()}
    assert lost == {"itself": 40 / 3600, "user": 40 / 3600}
    assert METRICS["utilisation"].compute(measured) == pytest.approx((100 + 40 + 40) / 400)
    assert METRICS["goodput"].compute(measured) == pytest.approx(100 / 400)
    assert measured.need.tolist() == [100, 40, 50, 1]


@pytest.mark.parametrize("column", ["fails_after", "cancelled_at"])
def test_pyss_knows_nothing_of_them(column: str) -> None:
    rule: Any = Rule.model_validate({"conformance": "pyss"})
    with pytest.raises(InputError, match="pyss knows no jobs that fail by themselves"):
        replay(_ends(jobs((0, 10, 10, 1)), **{column: [5]}), 4, rule)
