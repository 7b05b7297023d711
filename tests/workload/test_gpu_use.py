"""How much jobs of the generator use their GPUs, and what of it stands in results."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from twin.engine import columns
from twin.model import TwinJob

from simulator.engine.run import replay
from simulator.errors import InputError
from simulator.metrics.base import Undefined
from simulator.metrics.idle import UNKNOWN, idle_gpu_hours, use_of_held_gpus
from simulator.metrics.measured import Measured
from simulator.metrics.unserved import unserved
from simulator.results.reader import Tables
from simulator.rules.models import Rule
from simulator.streams import Streams
from workload.made import CLASSES, made

USE = {"idle": 0.2, "idle_most": 0.05, "least": 0.4, "most": 0.8}
MANIFEST: dict[str, Any] = {
    "rules": {"mine": ""},
    "scenario": {
        "cluster": {"kind": "pool"},
        "comparison": {
            "baseline": "mine", "metrics": [], "confidence": 0.95, "reading": "person",
            "entitlement": {}, "priority_classes": [], "warm_up": 0, "window": 3600,
        },
    },
}  # fmt: skip


def test_as_many_as_said_are_idle_and_no_other_column_changes() -> None:
    plain, _ = made(Streams(3, 0))
    jobs, _ = made(Streams(3, 0), gpu_use=USE)
    n, idle = len(jobs), jobs.gpu_use <= 50
    assert np.mean(idle) == pytest.approx(0.2, abs=5 * (0.2 / n) ** 0.5)
    assert np.mean(jobs.gpu_use[idle]) == pytest.approx(25, abs=2)
    others = jobs.gpu_use[~idle]
    assert (others.min(), others.max()) == (400, 800)
    assert np.mean(others) == pytest.approx(600, abs=10)
    for name in ("submit", "run_time", "walltime", "gpus", "user"):
        assert np.array_equal(getattr(plain, name), getattr(jobs, name))
    assert not len(plain.gpu_use)
    one = CLASSES | {"science": CLASSES["science"] | {"gpu_use": USE}}
    mixed, _ = made(Streams(3, 0), classes=one)
    science = mixed.job_class == mixed.classes.index("science")
    assert np.array_equal(mixed.gpu_use[science], jobs.gpu_use[science])
    assert np.all(mixed.gpu_use[~science] == -1)


IDLE = Rule.model_validate({"preemption": {"idle": {"below": "10%", "after": "1h"}}})
JOBS = [
    TwinJob(0, 7200, 10800, 2, use=50),
    TwinJob(0, 3600, 3600, 1, use=500),
    TwinJob(0, 3600, 3600, 1),
]


def _measured(jobs: list[TwinJob], rule: Rule) -> Measured:
    outcome = replay(columns(jobs), 4, rule)
    tables = {name: pl.DataFrame(pl.from_arrow(each)) for name, each in outcome.tables.items()}
    return Measured(Tables(**tables), MANIFEST)


def test_what_is_held_idle_and_what_is_not_served() -> None:
    """Worked by hand: 2 GPUs for 1 h at 5 %, 1 GPU for 1 h at 50 %; the third is not known."""
    measured = _measured(JOBS, IDLE)
    assert measured.jobs["gpu_use"].to_list() == [50, 500, None]
    assert idle_gpu_hours(measured) == pytest.approx(2 * 0.95 + 0.5)
    assert use_of_held_gpus(measured) == pytest.approx((2 * 0.05 + 0.5) / 3)
    # 1 h of the first job's 2 h is left, on 2 GPUs.
    assert unserved(measured).rows() == [("class0", "stopped, GPUs idle", 1, 2.0)]
    assert measured.lost_by_cause.rows() == [("idle", 1, 2.0)]


def test_nothing_is_said_where_nobody_knows() -> None:
    jobs = [TwinJob(0, 10, 10, 1)]
    measured = _measured(jobs, Rule())
    assert "gpu_use" not in measured.jobs.columns
    assert idle_gpu_hours(measured) is UNKNOWN
    assert isinstance(use_of_held_gpus(measured), Undefined)
    with pytest.raises(InputError, match="nobody knows how much"):
        replay(columns(jobs), 4, IDLE)
