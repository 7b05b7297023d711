"""Metrics of machines of nodes, worked by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from results_factory import job, node, write_study

from simulator.errors import InputError
from simulator.metrics import losses
from simulator.metrics.base import Undefined, Value
from simulator.metrics.measured import Measured
from simulator.metrics.registry import metric

KWH = 3_600_000
ON_NODES = (
    "node_availability",
    "fragmentation",
    "stranded_gpus",
    "leaves_per_gang",
    "energy",
    "lost_gpu_hours_failure",
)


def view(folder: Path, jobs: list[dict[str, Any]], nodes: int = 2, **settings: Any) -> Measured:
    machine = settings.pop("machine", [node(number, gpus=4) for number in range(nodes)])
    units = settings.pop("units", sum(row["gpus"] for row in machine))
    study = write_study(folder / "s", {"r": [jobs]}, units, nodes=machine, **settings)
    return Measured(study.run("r"), study.manifest)


def value(measured: Measured, name: str) -> Value:
    return metric(name).compute(measured)


def last(time: int) -> dict[str, Any]:
    """A job that comes at the end of the time that is measured, and asks for nothing."""
    return job(99, time, time, time + 1, gpus=0, on={0: 0})


# Two nodes of four GPUs. A and B leave two idle on each until 60, so that C waits for a whole one.
SPLIT = [
    job(1, 0, 0, 100, 2, on={0: 0b0011}),
    job(2, 0, 0, 60, 2, on={1: 0b1100}),
    job(3, 20, 60, 80, 4, on={1: 0b1111}),
]


def test_idle_gpus_that_lie_on_two_nodes_strand_a_job_of_a_whole_one(tmp_path: Path) -> None:
    measured = view(tmp_path, [*SPLIT, last(100)])
    # Four idle, two on each, while a job of four waits: from 20 until 60, of 100 s.
    assert value(measured, "stranded_gpus") == pytest.approx(4 * 40 / 100)
    # Idle: 4 until 60; 2 until 80; 2 and 4 until 100. A third of the jobs asks for four.
    idle, useless = 4 * 60 + 2 * 20 + 6 * 20, (4 * 60 + 2 * 20 + 2 * 20) / 3
    assert value(measured, "fragmentation") == pytest.approx(useless / idle)


def test_a_gang_can_use_no_gpu_while_too_few_nodes_have_enough(tmp_path: Path) -> None:
    jobs = [
        job(1, 0, 0, 50, 3, on={0: 0b0111}),
        job(2, 10, 50, 60, 4, on={0: 0b0011, 1: 0b0011}),
        last(100),
    ]
    measured = view(tmp_path, jobs)
    # 2 × 2 would fit by count: five are idle, but one node alone has two.
    assert value(measured, "stranded_gpus") == pytest.approx(4 * 40 / 100)
    # Until 50, 1 × 3 lacks the GPU that is alone on its node, and 2 × 2 all five. From 50 until
    # 60, two and two are idle: no three on a node.
    useless = (1 + 5) / 2 * 50 + 4 / 2 * 10
    assert value(measured, "fragmentation") == pytest.approx(useless / (5 * 50 + 4 * 10 + 8 * 40))


def test_leaves_count_for_each_attempt_on_several_nodes(tmp_path: Path) -> None:
    jobs = [
        job(1, 0, 0, 10, 2, on={0: 1, 1: 1}),
        job(2, 0, 10, 20, 3, on={1: 1, 2: 1, 3: 1}),
        job(3, 0, 0, 10, 1, on={2: 1}),
    ]
    machine = [node(number, gpus=4) | {"leaf": leaf} for number, leaf in enumerate([0, 0, 0, 1])]
    # The first lies on one leaf, the second on two; the third is on one node.
    assert value(view(tmp_path / "x", jobs, machine=machine), "leaves_per_gang") == 1.5
    alone = view(tmp_path / "y", jobs[2:], machine=machine)
    assert value(alone, "leaves_per_gang") == Undefined("no job runs on several nodes")


def test_the_largest_job_that_placement_bars_counts_and_a_mere_lack_does_not(
    tmp_path: Path,
) -> None:
    waiting = [job(n, 10, None, None, size, nodes=1, on={0: 0}) for n, size in ((3, 3), (4, 4))]
    more = [job(5, 30, None, None, 8, nodes=2), last(100)]
    measured = view(tmp_path, [*SPLIT[:2], *waiting, *more])
    # Barred: 3 and 4 from 10 until 60; 8 GPUs are never idle. From 60 on the second node is free.
    assert value(measured, "stranded_gpus") == pytest.approx(4 * 50 / 100)


def test_a_node_that_is_down_has_no_idle_gpus(tmp_path: Path) -> None:
    down = [
        {"time": 20, "kind": "failure", "units": 4, "capacity": 4, "nodes": [1]},
        {"time": 30, "kind": "maintenance_start", "units": 0, "capacity": 4, "nodes": [1]},
        {"time": 40, "kind": "repair", "units": 0, "capacity": 4, "nodes": [1]},
        {"time": 70, "kind": "maintenance_end", "units": 4, "capacity": 8, "nodes": [1]},
    ]
    jobs = [job(1, 0, 0, 100, 2, on={0: 0b0011}), job(2, 0, None, None, 4, nodes=1), last(100)]
    measured = view(tmp_path, jobs, events=down)
    assert value(measured, "node_availability") == pytest.approx((100 + 50) / 200)
    # While the second node is down, the two idle ones are too few for the job of four anyway.
    assert value(measured, "stranded_gpus") == 0
    # Half of the jobs ask for four, and never have the two that idle beside the first.
    assert value(measured, "fragmentation") == pytest.approx(2 * 100 / 2 / (2 * 100 + 4 * 50))


def test_energy_is_linear_between_idle_and_busy_power(tmp_path: Path) -> None:
    machine = [
        node(0, gpus=4, idle_watts=100.0, busy_watts=500.0),
        node(1, gpus=8, idle_watts=200.0, busy_watts=1000.0),
        node(2, gpus=0, idle_watts=50.0, busy_watts=60.0),
    ]
    down = [{"time": 60, "kind": "failure", "units": 8, "capacity": 4, "nodes": [1]}]
    jobs = [
        job(1, 0, 0, 100, 1, on={0: 0b0100}),
        job(2, 0, 20, 60, 8, on={1: 0xFF}),
        job(3, 50, None, None, 8, nodes=1),
    ]
    measured = view(tmp_path, jobs, machine=machine, events=down)
    joules = 100 * 200 + (60 * 200 + 40 * 800) + 100 * 50
    assert value(measured, "energy") == pytest.approx(joules / KWH)


def test_energy_of_nodes_of_unknown_power_is_undefined(tmp_path: Path) -> None:
    machine = [node(0), node(1, node_class="old", busy_watts=None)]
    found = value(view(tmp_path, [job(1, 0, 0, 9, on={0: 1})], machine=machine), "energy")
    assert found == Undefined("no power is stated of the nodes of old")


def test_slices_of_one_gpu_hold_it_together(tmp_path: Path) -> None:
    """Seven slices a GPU: two jobs share GPU 1 from 0 until 80, and one comes back to it."""
    jobs = [
        job(1, 0, 0, 50, 3, on={0: 0b0010}),
        job(2, 0, 30, 80, 4, on={0: 0b0010}),
        job(3, 0, 90, 100, 1, on={0: 0b0010}),
        job(4, 0, 0, 100, 14, on={0: 0b1100}),
        last(100),
    ]
    measured = view(tmp_path, jobs, nodes=1, units=28)
    over = measured.occupancy
    idle = over.idle_in_all
    assert idle @ over.lasting(0, 100)[over.by_time] == 2 * 100 - 80 - 10
    # A slice fits wherever a GPU idles; the job of two does not where one alone does.
    assert value(measured, "fragmentation") == pytest.approx(90 / 4 / 110)


def test_rows_of_one_instant_count_by_the_last_alone(tmp_path: Path) -> None:
    """A handover within an instant, and a job of no length, leave no trace."""
    jobs = [
        job(1, 0, 0, 50, 4, on={0: 0b1111}),
        job(2, 0, 50, 90, 4, on={0: 0b1111}),
        job(3, 0, 90, 90, 4, on={0: 0b1111}),
        last(100),
    ]
    over = view(tmp_path, jobs, nodes=1).occupancy
    lasts = over.lasting(10, 100)
    assert lasts.sum() == 90
    assert {(int(time), int(idle)) for time, idle in zip(over.time[lasts > 0], over.idle[lasts > 0],
            strict=True)} == {(0, 0), (50, 0), (90, 4)}  # fmt: skip


def test_what_was_lost_is_told_by_cause(tmp_path: Path) -> None:
    history = [
        (0, 10, "requeued", 40, "failure"),
        (10, 30, "preempted", 80, "preemption", {1: 0b1111}),
        (30, 35, "requeued", 0, "maintenance"),
        (40, 50, "requeued", 40, "failure"),
        (60, 90, "failed", 120, "itself"),
    ]
    jobs = [job(1, 0, 0, 90, 4, on={0: 0b1111}, attempts=history, state="failed"), last(100)]
    measured = view(tmp_path, jobs)
    assert measured.lost_by_cause.rows() == [
        ("itself", 1, 120 / 3600),
        ("failure", 2, 80 / 3600),
        ("preemption", 1, 80 / 3600),
    ]
    assert value(measured, "lost_gpu_hours_failure") == 80 / 3600
    assert value(measured, "lost_gpu_hours_maintenance") == 0
    assert value(measured, "lost_gpu_hours_loss") == losses.NODES
    total = sum(value(measured, name) for name in losses.ON_NODES)
    assert total == pytest.approx(value(measured, "lost_gpu_hours"))
    # Useful: none of it but the five seconds whose work was saved.
    assert value(measured, "goodput") == pytest.approx(20 / 800)


def test_what_a_job_holds_while_it_is_suspended_is_lost_to_preemption(tmp_path: Path) -> None:
    on = {0: 0b1111}
    first = [(0, 50, "completed", 80, "", on, ((10, 20), (30, 40)))]
    # It stood still for 15 s, and lost the 25 s that it worked with its node.
    second = [(50, 90, "failed", 160, "failure", on, ((50, 65),))]
    jobs = [
        job(1, 0, 0, 50, 4, on=on, attempts=first),
        job(2, 0, 50, 90, 4, on=on, attempts=second, state="failed"),
        last(100),
    ]
    measured = view(tmp_path, jobs)
    assert measured.lost_by_cause.rows() == [
        ("preemption", 2, 140 / 3600),
        ("failure", 1, 100 / 3600),
    ]
    assert value(measured, "lost_gpu_hours_preemption") == 140 / 3600
    total = sum(value(measured, name) for name in losses.ON_NODES)
    assert total == pytest.approx(value(measured, "lost_gpu_hours"))


@pytest.mark.parametrize(("state", "queue"), [("unfinished", 0.5), ("failed", 0.0)])
def test_a_preempted_job_waits_again_unless_it_is_over(
    tmp_path: Path, state: str, queue: float
) -> None:
    history = [(0, 50, "preempted", 200, "preemption")]
    first = job(1, 0, 0, None, 4, on={0: 15}, attempts=history, state=state)
    assert value(view(tmp_path, [first, last(100)]), "mean_queue") == queue


def test_a_pool_loses_work_too(tmp_path: Path) -> None:
    history = [
        (0, 10, "requeued", 40, "loss"),
        (10, 30, "preempted", 80, "preemption"),
        (30, 90, "cancelled", 240, "user"),
    ]
    jobs = [job(1, 0, 0, 90, 4, attempts=history, state="cancelled"), job(2, 100, 100, 101)]
    study = write_study(tmp_path / "s", {"r": [jobs]}, 8)
    measured = Measured(study.run("r"), study.manifest)
    lost = {"loss": 40, "preemption": 80, "user": 240, "maintenance": 0, "itself": 0}
    for cause, seconds in lost.items():
        assert value(measured, f"lost_gpu_hours_{cause}") == seconds / 3600
    assert value(measured, "lost_gpu_hours") == pytest.approx(sum(lost.values()) / 3600)


@pytest.mark.parametrize("name", ON_NODES)
def test_a_pool_has_none_of_these(tmp_path: Path, name: str) -> None:
    study = write_study(tmp_path / "s", {"r": [[job(1, 0, 0, 9), job(2, 5, 5, 9)]]}, 4)
    measured = Measured(study.run("r"), study.manifest)
    assert study.nodes is None
    assert value(measured, name) == Undefined("the machine is a pool")


def test_nothing_idle_and_nothing_measured_are_undefined(tmp_path: Path) -> None:
    full = [job(1, 0, 0, 100, 8, on={0: 15, 1: 15}), last(100)]
    found = value(view(tmp_path / "a", full), "fragmentation")
    assert found == Undefined("no GPU was ever idle")
    alone = view(tmp_path / "b", full[:1])
    for name in ON_NODES[:3]:
        assert "warm-up" in str(value(alone, name))


def test_nodes_that_attempts_name_must_be_known(tmp_path: Path) -> None:
    study = write_study(tmp_path / "s", {"r": [[job(1, 0, 0, 9, on={0: 1})]]}, 4)
    with pytest.raises(InputError, match=r"no nodes\.parquet"):
        value(Measured(study.run("r"), study.manifest), "energy")


def test_against_a_count_second_by_second(tmp_path: Path) -> None:
    """Random jobs on three nodes, each GPU looked at in each second."""
    rng = np.random.default_rng(3)
    end, free_from = 300, np.zeros((3, 4), int)
    held = np.full((3, 4, end), fill_value=False)
    jobs = []
    for number in range(60):
        k, m = [(1, 1), (1, 2), (1, 4), (2, 2), (3, 1), (2, 4)][rng.integers(6)]
        submit, length = int(rng.integers(0, 250)), int(rng.integers(1, 40))
        nodes = rng.permutation(3)[:k]
        start = max(submit, *(int(np.sort(free_from[n])[m - 1]) for n in nodes))
        chosen = {int(n): np.argsort(free_from[n], kind="stable")[:m] for n in nodes}
        for n, gpus in chosen.items():
            free_from[n, gpus] = start + length
            held[n, gpus, start : start + length] = True
        masks = {n: int(sum(1 << int(gpu) for gpu in gpus)) for n, gpus in chosen.items()}
        jobs.append(job(number, submit, start, start + length, k * m, on=masks))
    jobs.sort(key=lambda row: row["submit"])
    measured = view(tmp_path, jobs, nodes=3)
    begin, until = measured.begin, measured.last_arrival
    idle, useless, stranded = 0, 0.0, 0
    for t in range(begin, until):
        free = (~held[:, :, t]).sum(axis=1)
        idle += free.sum()
        barred = [0]
        for row in jobs:
            k, m = row["nodes"], row["gpus"] // row["nodes"]
            fits = (free >= m).sum() >= k
            useless += (free[free < m].sum() if fits else free.sum()) / len(jobs)
            if row["submit"] <= t < row["start"] and row["gpus"] <= free.sum() and not fits:
                barred.append(row["gpus"])
        stranded += max(barred)
    assert value(measured, "fragmentation") == pytest.approx(useless / idle)
    assert value(measured, "stranded_gpus") == pytest.approx(stranded / (until - begin))
