"""Metrics of small runs, worked by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from results_factory import job, write_study

from simulator.errors import InputError
from simulator.metrics import losses
from simulator.metrics.base import Undefined, Value
from simulator.metrics.groups import by_group
from simulator.metrics.measured import Measured
from simulator.metrics.registry import METRICS, metric

# Four units; C needs all of them and waits for A, D waits for C.
FOUR = [
    job(1, 0, 0, 100, 2, "u1", job_class="gov"),
    job(2, 10, 10, 60, 2, "u2", job_class="open"),
    job(3, 20, 100, 104, 4, "u1", job_class="gov"),
    job(4, 50, 104, 204, 1, "u3", job_class="open"),
]


def view(folder: Path, jobs: list[dict[str, Any]], capacity: int = 4, **settings: Any) -> Measured:
    study = write_study(folder / "s", {"r": [jobs]}, capacity, **settings)
    return Measured(study.run("r"), study.manifest)


def values(measured: Measured) -> dict[str, Value]:
    return {name: each.compute(measured) for name, each in METRICS.items()}


def test_four_jobs(tmp_path: Path) -> None:
    found = values(view(tmp_path, FOUR))
    expected = {
        "mean_wait": (0 + 0 + 80 + 54) / 4,
        "median_wait": 27,
        "p95_wait": 54 + 0.85 * 26,
        "max_wait": 80,
        "mean_bounded_slowdown": (1 + 1 + 8.4 + 1.54) / 4,
        "median_bounded_slowdown": 1.27,
        "mean_bounded_slowdown_per_processor": (1 + 1 + 2.1 + 1.54) / 4,
        "mean_turnaround": (100 + 50 + 84 + 154) / 4,
        "awrt": (200 * 100 + 100 * 50 + 16 * 84 + 100 * 154) / 416,
        "utilisation": (2 * 50 + 2 * 40) / (4 * 50),
        "goodput": 0.9,
        "offered_load": 416 / 200,
        "makespan": 204,
        "mean_queue": 30 / 50,
        "loss_of_capacity": 0,
        "jain_usage": (216 + 100 + 100) ** 2 / (3 * (216**2 + 100**2 + 100**2)),
        "gini_usage": 4 * 116 / (2 * 9 * 416 / 3),
        "hoover_usage": 216 / 416 - 1 / 3,
        "max_min_usage": 100 / 216,
        "waiting_over_1d": 0,
        "refused_jobs": 0,
        "lost_gpu_hours": 0,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    x = [1 / 4.7, 1, 1 / 1.54]
    assert found["equal_access"] == pytest.approx(sum(x) ** 2 / (3 * sum(v * v for v in x)))
    assert found["theil_usage"] == pytest.approx(
        found["theil_usage_between"] + found["theil_usage_within"]
    )


def test_priority_is_a_logarithm_of_slowdowns(tmp_path: Path) -> None:
    measured = view(tmp_path, FOUR, comparison={"priority_classes": ["gov"]})
    assert metric("priority_kept").compute(measured) == pytest.approx(math.log(4.7 / 1.27))


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [([], "names no priority"), (["moon"], "priority class moon"), (["gov", "open"], "every")],
)
def test_priority_undefined(tmp_path: Path, wanted: list[str], reason: str) -> None:
    value = metric("priority_kept").compute(
        view(tmp_path, FOUR, comparison={"priority_classes": wanted})
    )
    assert isinstance(value, Undefined)
    assert reason in value.reason


def test_warm_up_leaves_out_jobs_and_time(tmp_path: Path) -> None:
    found = values(view(tmp_path, FOUR, comparison={"warm_up": 20}))
    assert found["mean_wait"] == (80 + 54) / 2
    assert found["utilisation"] == 1.0
    assert found["mean_queue"] == 1.0
    assert found["makespan"] == 204
    assert found["jain_usage"] == pytest.approx(416**2 / (3 * (216**2 + 2 * 100**2)))


def test_warm_up_that_leaves_nothing(tmp_path: Path) -> None:
    found = values(view(tmp_path, FOUR, comparison={"warm_up": 1000}))
    for name in ("mean_wait", "awrt", "equal_access", "utilisation", "mean_queue", "share_error"):
        assert isinstance(found[name], Undefined), name
    assert not any(isinstance(v, float) and math.isnan(v) for v in found.values())


def test_loss_of_capacity_and_units_down(tmp_path: Path) -> None:
    jobs = [job(1, 0, 0, 100, 3), job(2, 10, 100, 150, 2), job(3, 60, 150, 160, 1)]
    down = [{"time": 30, "kind": "loss", "units": 1, "capacity": 3}]
    measured = view(tmp_path, jobs, events=down)
    found = values(measured)
    # One unit idle while two are asked for, from 10 until a unit fails at 30.
    assert found["loss_of_capacity"] == pytest.approx(20 / (4 * 30 + 3 * 30))
    assert found["utilisation"] == pytest.approx(3 * 60 / 210)


def test_refused_are_counted_apart_and_unfinished_with_their_wait_so_far(tmp_path: Path) -> None:
    more = [
        *FOUR,
        job(5, 60, None, None, 99, "u4", state="refused"),
        job(6, 60, None, None, 4, "u2", run_time=100, walltime=100),
        job(7, 64, 184, None, 1, "u3", run_time=60, walltime=80),
    ]
    measured = view(tmp_path, more)
    found = values(measured)
    assert measured.horizon == 204
    assert found["refused_jobs"] == 1
    assert found["unfinished_jobs"] == 2
    assert found["max_wait"] == 204 - 60
    assert found["mean_wait"] == pytest.approx((80 + 54 + 144 + 120) / 6)
    slow = 1 + 1 + 8.4 + 1.54 + (144 + 100) / 100 + (120 + 60) / 60
    assert found["mean_bounded_slowdown"] == pytest.approx(slow / 6)
    # u3 holds one unit in [104, 204) and one in [184, 204); u4 is no group at all.
    assert found["max_min_usage"] == pytest.approx(100 / 216)
    # Waiting within [0, 64]: C from 20, D from 50, the unfinished from 60.
    assert found["mean_queue"] == pytest.approx((44 + 14 + 4) / 64)


def test_a_requeued_job_waits_twice_and_loses_work(tmp_path: Path) -> None:
    history = [(0, 30, "requeued", 60), (50, 150, "completed", 0)]
    jobs = [
        job(1, 0, 0, 150, 2, "u1", run_time=100, walltime=100, attempts=history),
        job(2, 100, 100, 110, 2, "u2"),
    ]
    found = values(view(tmp_path, jobs))
    assert found["mean_wait"] == 0
    assert found["mean_bounded_slowdown"] == pytest.approx((1.5 + 1) / 2)
    assert found["mean_queue"] == pytest.approx(20 / 100)
    assert found["lost_gpu_hours"] == pytest.approx(60 / 3600)
    assert found["utilisation"] == pytest.approx((60 + 100) / 400)
    assert found["goodput"] == pytest.approx(100 / 400)
    assert found["loss_of_capacity"] == pytest.approx(2 * 20 / 400)


def test_killed_and_failed_jobs(tmp_path: Path) -> None:
    jobs = [
        job(1, 0, 10, 60, 1, "u1", state="killed", run_time=500, walltime=50),
        job(2, 0, 60, 70, 1, "u2", state="failed", run_time=100, walltime=200),
    ]
    found = values(view(tmp_path, jobs))
    # The killed one ran for its walltime; the failed one is judged by what it needed.
    assert found["mean_bounded_slowdown"] == pytest.approx((60 / 50 + 160 / 100) / 2)


def test_jobs_killed_for_their_budget_are_judged_by_what_they_needed(tmp_path: Path) -> None:
    history = [(10, 60, "killed", 0, "budget")]
    jobs = [
        job(1, 0, 10, 60, state="killed", run_time=100, walltime=200, attempts=history),
        job(2, 50, 60, 110, run_time=50, walltime=50),
    ]
    found = values(view(tmp_path, jobs))
    assert found["mean_bounded_slowdown"] == pytest.approx((110 / 100 + 60 / 50) / 2)


def test_no_job_that_can_run(tmp_path: Path) -> None:
    found = values(view(tmp_path, [job(1, 5, None, None, 99, state="refused")]))
    assert found.pop("refused_jobs") == 1
    counts = {"unfinished_jobs", "waiting_over_1d", "waiting_over_7d", "lost_gpu_hours"}
    counts |= {each.name for each in losses.METRICS} - {"lost_gpu_hours_failure"}
    assert {name: found.pop(name) for name in counts} == dict.fromkeys(counts, 0)
    assert all(isinstance(v, Undefined) for v in found.values())


def test_need_weighs_accounts_by_their_class(tmp_path: Path) -> None:
    jobs = [
        job(1, 0, 0, 100, 1, "u1", "a1", "gov"),
        job(2, 0, 0, 300, 1, "u2", "a2", "open"),
        job(3, 0, 100, 200, 1, "u3", "a3", "open"),
    ]
    settings = {"reading": "need", "entitlement": {"gov": 3.0, "open": 1.0}}
    measured = view(tmp_path, jobs, comparison=settings)
    assert measured.groups.entitlement.tolist() == pytest.approx([0.75, 0.125, 0.125])
    found = values(measured)
    weighted = 0.75 + 0.125 + 0.125 * 0.5
    squares = 0.75 + 0.125 + 0.125 * 0.25
    assert found["equal_access"] == pytest.approx(weighted**2 / squares)
    assert found["hoover_usage"] == pytest.approx(0.75 - 0.2)


def test_need_of_a_class_not_given(tmp_path: Path) -> None:
    settings = {"reading": "need", "entitlement": {"gov": 3.0}}
    value = metric("jain_usage").compute(view(tmp_path, FOUR, comparison=settings))
    assert value == Undefined("no approved need is given for the class open")


def test_tables_by_group(tmp_path: Path) -> None:
    table = by_group(view(tmp_path, FOUR), "job_class")
    assert table["group"].to_list() == ["gov", "open"]
    assert table["jobs"].to_list() == [2, 2]
    assert table["gpu_hours"].to_list() == pytest.approx([216 / 3600, 200 / 3600])
    assert table["mean_wait"].to_list() == [40, 27]
    assert table["median_wait"].to_list() == [40, 27]
    assert table["p95_wait"].to_list() == pytest.approx([76, 51.3])
    assert table["mean_bounded_slowdown"].to_list() == pytest.approx([4.7, 1.27])
    assert table["entitlement"].to_list() == pytest.approx([1 / 3, 2 / 3])


def test_group_tables_leave_entitlement_empty_where_it_is_undefined(tmp_path: Path) -> None:
    settings = {"reading": "need", "entitlement": {"gov": 3.0}}
    table = by_group(view(tmp_path, FOUR, comparison=settings), "account")
    assert table["entitlement"].to_list() == [None, None, None]


def test_every_metric_explains_itself() -> None:
    for name, each in METRICS.items():
        assert each.name == name
        assert each.title
        assert each.formula
        assert each.unfinished
        assert each.judges == (each.direction != "none")


def test_unknown_metric() -> None:
    with pytest.raises(InputError, match="did you mean 'mean_wait'"):
        metric("mean_wai")
