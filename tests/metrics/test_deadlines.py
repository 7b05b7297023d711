"""Jobs that are needed by a time: who is late, what is not served, and what grants were cut by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from engine.machines import jobs as logged
from results_factory import application, job, write_study

from simulator.engine.run import replay
from simulator.metrics.base import Undefined
from simulator.metrics.measured import Measured
from simulator.metrics.registry import METRICS
from simulator.metrics.settings import Settings
from simulator.metrics.unserved import unserved
from simulator.rules.models import Rule
from simulator.study.measuring import chosen

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.workload.columns import Jobs

HOUR = 3600


def _measured(folder: Path, rows: list[dict[str, Any]], **study: Any) -> Measured:
    made = write_study(folder / "s", {"r": [rows]}, 8, **study)
    return Measured(made.run("r"), made.manifest)


def _met(measured: Measured) -> Any:
    return METRICS["met_deadlines"].compute(measured)


def test_who_is_late_and_under_what_it_counts(tmp_path: Path) -> None:
    def waits(number: int, gpus: int, **more: Any) -> dict[str, Any]:
        said = {"run_time": 2 * HOUR, "walltime": HOUR, **more}
        return job(number, 0, None, None, gpus, **said)

    rows = [
        job(1, 0, 0, 100, needed_by=100),
        job(2, 0, 1, 1 + HOUR, 2, needed_by=HOUR),
        job(3, 0, 1, 1 + HOUR, 2),
        # The last instant that is known is 9 h; who is needed then or later may still make it.
        job(4, 0, 0, 9 * HOUR, needed_by=9 * HOUR),
        waits(5, 4, needed_by=9 * HOUR - 1),
        waits(6, 1, needed_by=9 * HOUR),
        waits(7, 1, needed_by=5, refused_by="hours"),
        waits(8, 1, needed_by=5, state="refused", refused_by="person"),
        waits(9, 1, needed_by=5, state="cancelled"),
        # Ran in part only, and ended while it was of use: not by itself, so it never served.
        job(10, 0, 0, 50, 1, needed_by=HOUR, state="killed", run_time=HOUR, walltime=HOUR,
            attempts=[(0, 50, "killed", 0, "budget")]),
        job(11, 0, 0, 50, 3, needed_by=HOUR, state="failed", run_time=HOUR, walltime=HOUR,
            attempts=[(0, 50, "failed", 150, "preemption")]),
        job(12, 0, 0, 50, 3, needed_by=HOUR, state="failed", run_time=50,
            attempts=[(0, 50, "failed", 150, "itself")]),
        job(13, 0, 0, 50, 3, needed_by=5, state="cancelled", run_time=HOUR,
            attempts=[(0, 50, "cancelled", 150, "user")]),
    ]  # fmt: skip
    measured = _measured(tmp_path, rows)
    assert (np.flatnonzero(measured.late) + 1).tolist() == [2, 5, 7, 8, 10, 11]
    found = {row["cause"]: (row["jobs"], row["gpu_hours"]) for row in unserved(measured).to_dicts()}
    assert found == {
        "held back: hours": (1, 1.0),
        "killed, budget used up": (1, pytest.approx(1 - 50 / HOUR)),
        "later than needed": (3, pytest.approx(2 + 4 + 3)),
        "refused: person": (1, 1.0),
        "taken back, waiting": (1, 1.0),
        "unfinished": (1, 1.0),
    }
    # 1, 4 and 12 made it; six did not; 6 may still, 9 and 13 were given up.
    assert _met(measured) == pytest.approx(3 / 9)


def test_jobs_before_the_end_of_warm_up_do_not_count(tmp_path: Path) -> None:
    rows = [job(1, 0, 5, 9, needed_by=5), job(2, 10, 10, 12, needed_by=12)]
    measured = _measured(tmp_path, rows)
    assert _met(measured) == pytest.approx(1 / 2)
    measured.begin = 10
    assert _met(measured) == pytest.approx(1)
    measured.begin = 11
    assert isinstance(_met(measured), Undefined)


def test_what_grants_were_cut_by(tmp_path: Path) -> None:
    asked = [
        application("p", 0, 10, asked=5 * HOUR, granted=2 * HOUR, outcome="cut"),
        application("q", 0, 10, asked=5 * HOUR, granted=4 * HOUR, outcome="cut"),
        application("q", 0, 10, asked=5 * HOUR, granted=5 * HOUR),
        application("r", 0, 10, asked=HOUR, granted=0, outcome="refused", tier="large"),
        application("r", 0, None, asked=HOUR),
    ]
    found = unserved(_measured(tmp_path, [job(1, 0, 0, 10)], applications=asked)).rows()
    assert found == [("open", "grant cut: small", 0, 4.0), ("open", "grant refused: large", 0, 1.0)]


def test_the_metric_is_shown_where_jobs_have_deadlines() -> None:
    scenario: dict[str, Any] = {
        "comparison": {"baseline": "r", "metrics": [], "confidence": 0.95, "reading": "person",
                       "entitlement": {}, "priority_classes": [], "warm_up": 0, "window": 1},
        "cluster": {"kind": "pool"},
        "workload": {"kind": "synthetic", "classes": {"a": {}, "b": {"deadlines": {"share": 1}}}},
    }  # fmt: skip
    assert "met_deadlines" in chosen(Settings.of({"scenario": scenario}))
    del scenario["workload"]["classes"]["b"]
    assert "met_deadlines" not in chosen(Settings.of({"scenario": scenario}))


def test_results_tell_when_each_job_was_needed() -> None:
    some: Jobs = logged((0, 10, 10, 4), (0, 10, 10, 4), (0, 5, 5, 1))
    timed = replace(some, needed_by=np.array([10, 15, -1]))
    plain, known = (replay(each, 4, Rule()).jobs for each in (some, timed))
    assert known["needed_by"].to_pylist() == [10, 15, None]
    assert plain["needed_by"].null_count == 3
    assert known.drop(["needed_by"]).equals(plain.drop(["needed_by"]))
